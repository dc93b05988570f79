//! What wit-bindgen makes of `wit/`.
//!
//! The imports and the shared types are generated once, from the world `capabilities`; the four steps point at them with
//! `with`, so that a `Value` is the same type everywhere. With `pub_export_macro` the export of a step, and the custom
//! section that describes it, come into a component only where its export macro is written: a component that exports a
//! mapping knows nothing of the other three.
#![allow(
    missing_docs,
    clippy::all,
    reason = "generated; the contract's own documentation is carried over where it has any"
)]
#![allow(
    unsafe_code,
    reason = "generated: memory is handed across the component boundary here, and nowhere else in this crate"
)]

/// The imports and the shared types.
pub mod capabilities {
    wit_bindgen::generate!({
        path: "../../wit",
        world: "rollcall:sync/capabilities",
        additional_derives: [PartialEq],
        additional_derives_ignore: ["stream-error"],
        generate_all,
    });
}

macro_rules! step {
    ($(#[$doc:meta])* $module:ident, $world:literal, $export:literal, $path:literal) => {
        $(#[$doc])*
        pub mod $module {
            wit_bindgen::generate!({
                path: "../../wit",
                world: $world,
                pub_export_macro: true,
                export_macro_name: $export,
                default_bindings_module: $path,
                additional_derives: [PartialEq],
                with: {
                    "rollcall:sync/types@0.1.0": crate::bindings::capabilities::rollcall::sync::types,
                    "rollcall:sync/lookup@0.1.0": crate::bindings::capabilities::rollcall::sync::lookup,
                    "rollcall:sync/scheduling@0.1.0": crate::bindings::capabilities::rollcall::sync::scheduling,
                    "rollcall:sync/outbox@0.1.0": crate::bindings::capabilities::rollcall::sync::outbox,
                    "rollcall:sync/inbox@0.1.0": crate::bindings::capabilities::rollcall::sync::inbox,
                    "wasi:logging/logging@0.1.0-draft": crate::bindings::capabilities::wasi::logging::logging,
                    "wasi:keyvalue/store@0.2.0-draft2": crate::bindings::capabilities::wasi::keyvalue::store,
                    "wasi:http/outgoing-handler@0.2.12": crate::bindings::capabilities::wasi::http::outgoing_handler,
                    "wasi:http/types@0.2.12": crate::bindings::capabilities::wasi::http::types,
                    "wasi:io/error@0.2.12": crate::bindings::capabilities::wasi::io::error,
                    "wasi:io/poll@0.2.12": crate::bindings::capabilities::wasi::io::poll,
                    "wasi:io/streams@0.2.12": crate::bindings::capabilities::wasi::io::streams,
                    "wasi:clocks/monotonic-clock@0.2.12": crate::bindings::capabilities::wasi::clocks::monotonic_clock,
                },
            });
        }
    };
}

step!(
    /// The export of a source.
    source, "rollcall:sync/source-step", "export_source_step", "rollcall_sdk::bindings::source"
);
step!(
    /// The export of a mapping.
    mapping, "rollcall:sync/mapping-step", "export_mapping_step", "rollcall_sdk::bindings::mapping"
);
step!(
    /// The export of a grouping.
    grouping, "rollcall:sync/grouping-step", "export_grouping_step", "rollcall_sdk::bindings::grouping"
);
step!(
    /// The export of a target.
    target, "rollcall:sync/target-step", "export_target_step", "rollcall_sdk::bindings::target"
);

macro_rules! packed {
    ($(#[$doc:meta])* $module:ident, $world:literal, $inline:literal, $export:literal, $path:literal) => {
        $(#[$doc])*
        pub mod $module {
            wit_bindgen::generate!({
                path: "../../wit",
                inline: $inline,
                world: $world,
                pub_export_macro: true,
                export_macro_name: $export,
                default_bindings_module: $path,
                additional_derives: [PartialEq],
                with: { "rollcall:sync/types@0.1.0": crate::bindings::capabilities::rollcall::sync::types },
            });
        }
    };
}

packed!(
    /// What a mapping may export beside its step.
    packed_mapping,
    "rollcall:sdk/packed-mapping",
    "package rollcall:sdk; world packed-mapping { export rollcall:sync/packed-mapping@0.1.0; }",
    "export_packed_mapping_step",
    "rollcall_sdk::bindings::packed_mapping"
);
packed!(
    /// What a grouping may export beside its step.
    packed_grouping,
    "rollcall:sdk/packed-grouping",
    "package rollcall:sdk; world packed-grouping { export rollcall:sync/packed-grouping@0.1.0; }",
    "export_packed_grouping_step",
    "rollcall_sdk::bindings::packed_grouping"
);

//! The contract's types, as wasmtime's bindings of `wit/` have them.
//!
//! Each exported interface is bound in a world of its own that exports nothing else, and all share the one set of [`types`].

#![allow(missing_docs, reason = "generated from wit/, where everything is documented")]

pub(crate) mod imports {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "package rollcall:host;
            world imports {
                import rollcall:sync/types@0.1.0;
                import rollcall:sync/lookup@0.1.0;
                import rollcall:sync/scheduling@0.1.0;
                import rollcall:sync/outbox@0.1.0;
                import rollcall:sync/inbox@0.1.0;
                import wasi:keyvalue/store@0.2.0-draft2;
                import wasi:logging/logging@0.1.0-draft;
            }",
        world: "rollcall:host/imports",
        imports: { default: async | trappable },
        with: {
            "rollcall:sync/types@0.1.0": crate::contract::types,
            "rollcall:sync/outbox.file": crate::host::OutboxFile,
            "rollcall:sync/inbox.file": crate::host::InboxFile,
            "wasi:keyvalue/store.bucket": crate::host::Bucket,
        },
    });
}

mod words {
    wasmtime::component::bindgen!({
        path: "../../wit",
        inline: "package rollcall:host; world words { import rollcall:sync/types@0.1.0; }",
        world: "rollcall:host/words",
        additional_derives: [PartialEq],
    });
}

macro_rules! step {
    ($module:ident, $world:literal) => {
        pub(crate) mod $module {
            wasmtime::component::bindgen!({
                path: "../../wit",
                inline: $world,
                world: "rollcall:host/step",
                exports: { default: async },
                additional_derives: [PartialEq],
                with: { "rollcall:sync/types@0.1.0": crate::contract::types },
            });
        }
    };
}

pub(crate) mod steps {
    step!(source, "package rollcall:host; world step { export rollcall:sync/source@0.1.0; }");
    step!(mapping, "package rollcall:host; world step { export rollcall:sync/mapping@0.1.0; }");
    step!(grouping, "package rollcall:host; world step { export rollcall:sync/grouping@0.1.0; }");
    step!(target, "package rollcall:host; world step { export rollcall:sync/target@0.1.0; }");
    // What a component may export beside its step.
    step!(packed_mapping, "package rollcall:host; world step { export rollcall:sync/packed-mapping@0.1.0; }");
    step!(packed_grouping, "package rollcall:host; world step { export rollcall:sync/packed-grouping@0.1.0; }");
}

pub use self::steps::grouping::exports::rollcall::sync::grouping;
pub use self::steps::mapping::exports::rollcall::sync::mapping;
pub(crate) use self::steps::packed_grouping::exports::rollcall::sync::packed_grouping;
pub use self::steps::source::exports::rollcall::sync::source;
pub use self::steps::target::exports::rollcall::sync::target;
pub use self::words::rollcall::sync::types;

impl types::Pack {
    /// Nothing yet.
    pub(crate) fn empty() -> Self {
        Self { marks: Vec::new(), texts: String::new(), integers: Vec::new(), numbers: Vec::new() }
    }
}

impl grouping::Plan {
    /// Everything that an assignment says, with the keys of rules that make one group.
    ///
    /// # Errors
    /// With the position of a rule that the assignment names and that has no key in this plan.
    pub fn belongings(&self, assignment: &grouping::Assignment) -> Result<Vec<grouping::Belonging>, u32> {
        let of_rule = |rule: &u32| match self.rules.get(*rule as usize).and_then(|rule| rule.key.clone()) {
            Some(key) => Ok(grouping::Belonging { key, rule: *rule }),
            None => Err(*rule),
        };
        assignment.rules.iter().map(of_rule).chain(assignment.belongings.iter().cloned().map(Ok)).collect()
    }
}

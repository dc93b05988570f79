//! Runs steps as sandboxed WebAssembly components. This crate knows components, capabilities and limits; it knows nothing of
//! directories.
//!
//! | offers | where |
//! | --- | --- |
//! | the contract's types | [`contract`] |
//! | loading and compiling components, once | [`Sandbox`], [`Component`] |
//! | what a step may use, and how much | [`Grants`], [`Limits`] |
//! | instances of the four steps | [`SourceStep`], [`MappingStep`], [`GroupingStep`], [`TargetStep`] |
//! | what the host lends an instance | [`Capabilities`] |
//! | HTTP to the outside, with credentials that a component never sees | [`egress`], [`credentials`] |
//!
//! An instance that traps or hits a limit is gone, with its memory: nothing of it is used again. Nothing is granted by default, and what a
//! component imports beyond its grants is an error when it is linked, before anything of it runs.

mod cache;
mod call_error;
pub mod capabilities;
pub mod clock;
mod component;
pub mod contract;
pub mod credentials;
pub mod egress;
mod grants;
mod host;
mod instance;
mod limits;
mod lines;
mod meter;
mod sandbox;
mod state;
mod usage;

pub use self::call_error::CallError;
pub use self::capabilities::{Capabilities, Inbox, KeyValue, LogSink, Lookup, Outbox, Scheduling};
pub use self::component::{Component, LoadError, Loading, StepKind};
pub use self::egress::Egress;
pub use self::grants::{Grants, LinkError, OriginGrant, OriginGrantError};
pub use self::instance::{
    GroupingInstance, GroupingStep, MappingInstance, MappingStep, SourceInstance, SourceStep, TargetInstance,
    TargetStep,
};
pub use self::limits::Limits;
pub use self::sandbox::{Sandbox, SandboxOptions};
pub use self::usage::Usage;

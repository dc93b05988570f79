//! Runs steps as sandboxed WebAssembly components. This crate knows components, capabilities and limits; it knows nothing of
//! directories.
//!
//! | offers | where |
//! | --- | --- |
//! | the contract's types | [`contract`] |
//! | loading and compiling components, once | [`Sandbox`], [`Component`] |
//! | what a step may use, and how much | [`Grants`], [`Limits`] |
//! | instances of the four steps, and what a call used | [`SourceStep`], [`MappingStep`], [`GroupingStep`], [`TargetStep`], [`Usage`] |
//! | what the host lends an instance | [`Capabilities`] |
//! | HTTP to the outside, with credentials that a component never sees | [`egress`], [`credentials`] |
//! | time for waits, which a test can let pass | [`clock`] |
//!
//! An instance that traps or hits a limit is gone, with its memory: nothing of it is used again. Nothing is granted by default, and what a
//! component imports beyond its grants is an error when it is linked, before anything of it runs. WASI 0.2 is there with nothing in it: no
//! variables, arguments, files or sockets.
//!
//! ```no_run
//! use rollcall_sandbox::contract::mapping::Person;
//! use rollcall_sandbox::{Capabilities, Grants, Limits, MappingStep, Sandbox, SandboxOptions};
//!
//! # async fn map() -> Result<(), Box<dyn std::error::Error>> {
//! let mut options = SandboxOptions::default();
//! options.cache = Some("/var/cache/rollcall".into());
//! let sandbox = Sandbox::new(options)?;
//! let component = sandbox.load(&std::fs::read("mapping.wasm")?)?;
//! // Linking happens once for a tenant's step; instances are made of it as they are needed, and kept for the next batch.
//! let step = MappingStep::link(&sandbox, &component, "mapping[0]", &Grants::default(), Limits::default())?;
//! let mut mapping = step.instance(Capabilities::default()).await?;
//! let schema = mapping.configure("{}", &[]).await?.map_err(|problem| problem.message)?;
//! let object = r#"{"givenName":"Adele"}"#.to_owned();
//! let person = Person { id: "1".into(), object, inherited: vec![], exists: false };
//! let outcomes = mapping.map_people(&[person]).await?;
//! println!("{} attributes, {outcomes:?}, {:?} of computing", schema.attributes.len(), mapping.usage().computing);
//! # Ok(())
//! # }
//! ```

mod cache;
mod call_error;
pub mod capabilities;
pub mod clock;
mod component;
pub mod contract;
pub mod credentials;
mod download;
pub mod egress;
mod extension;
mod grants;
mod host;
mod instance;
mod limits;
mod lines;
mod meter;
mod packed;
mod sandbox;
mod state;
mod usage;

pub use self::call_error::CallError;
pub use self::capabilities::{Capabilities, Inbox, KeyValue, LogSink, Lookup, Outbox, Scheduling};
pub use self::component::{Component, LoadError, Loading, StepKind};
pub use self::download::download;
pub use self::egress::Egress;
pub use self::extension::{Extension, ExtensionError, Functions};
pub use self::grants::{Capability, Grants, LinkError, Need, OriginGrant, OriginGrantError};
pub use self::instance::{
    GroupingInstance, GroupingStep, MappingInstance, MappingStep, SourceInstance, SourceStep, TargetInstance,
    TargetStep,
};
pub use self::limits::Limits;
pub use self::sandbox::{Sandbox, SandboxOptions};
pub use self::usage::Usage;

//! What the author of a Rollcall step in Rust depends on.

pub mod bindings;
mod fault;
pub mod grouping;
#[doc(hidden)]
pub mod instance;
mod layout;
pub mod mapping;
pub mod settings;
pub mod source;
pub mod target;
mod value;

pub use bindings::capabilities::rollcall::sync::types::{
    Attribute, AttributeType, Failure, Fault, Problem, Retry, TraceNode, Value,
};
pub use layout::{Layout, Row, Slot};
pub use settings::NoSettings;

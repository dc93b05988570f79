//! The mapping step.
pub mod attributes;
pub mod compile;
pub mod environment;
pub mod evaluation;
pub mod language;
pub mod moment;
pub mod phone;
pub mod program;
pub mod regular;
pub mod value;

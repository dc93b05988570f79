//! Dynamic membership rules.
pub mod index;
pub mod language;
pub mod person;
pub mod trace;
pub mod trial;
pub mod value;

pub use language::{Language, Rule, RuleError};

//! The rule language: from text to a checked [`Rule`].
//!
//! | module | what |
//! | --- | --- |
//! | [`token`] | text into words, strings and brackets |
//! | [`property`] | what a rule can ask about: `user.department`, `profile.city`, `assignedPlan.service` |
//! | [`syntax`] | the checked rule as a tree |
//! | [`parser`] | tokens into the tree; types are checked on the way, so that no tree exists that cannot be evaluated |
//! | [`moment`], [`number`], [`pattern`], [`fold`] | dates, numbers, regular expressions, and "not case sensitive" |
//!
//! The language is that of Entra's dynamic membership groups (Microsoft: "Manage rules for dynamic membership groups in
//! Microsoft Entra ID"), with `profile.` beside `user.`.

pub mod error;
pub mod fold;
pub mod moment;
pub mod number;
pub mod parser;
pub mod pattern;
pub mod property;
pub mod syntax;
pub mod token;

mod check;
mod comparison;
mod dialect;
mod literal;
mod operator;
mod print;
mod whole;

pub use error::RuleError;
pub use parser::{Language, MAX_CHARACTERS};
pub use syntax::Rule;

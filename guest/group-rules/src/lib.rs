//! The grouping step: from a person to groups, by the rules of Entra's dynamic membership groups.
//!
//! An administrator can paste a rule that works in Entra. The language is an ordinary library; the component is a thin shell
//! around [`groups::Rules`], and `rollcall rules try` uses [`trial`].
//!
//! ```text
//! rule --parse, check--> tree --+--> index: thousands of rules for many people
//!                               +--> trace: one rule for one person, part by part
//! settings --> definitions, keys, names
//! ```
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`language`] | the text of rules: lexer, parser with type checks, faults with their places |
//! | [`index`] | many rules decided at once |
//! | [`trace`] | one rule decided part by part, for explanations |
//! | [`groups`] | the component's settings, the groups' keys and names, members by hand |
//! | [`person`], [`value`] | where the values of a property come from |
//! | [`trial`] | one rule on one user |
//!
//! ```
//! let user = r#"{"id": "5e3a", "displayName": "Adele Vance", "department": "Sales", "city": null}"#;
//! let trial = group_rules::trial::try_rule(r#"user.department -eq "sales" -and -not (user.city -eq "Oslo")"#, user, 0)?;
//! assert!(trial.belongs);
//! # Ok::<(), group_rules::trial::TrialError>(())
//! ```

pub mod groups;
pub mod index;
pub mod language;
pub mod person;
pub mod trace;
pub mod trial;
pub mod value;

mod explanation;

pub use language::{Language, Rule, RuleError};

#[cfg(target_arch = "wasm32")]
mod component;

//! The groups of a tenant: settings into definitions, people into keys.
//!
//! | module | what |
//! | --- | --- |
//! | [`settings`] | `[[group]]` and `[[group_by]]` as the tenant's file has them |
//! | [`key`] | how a group's key is made: what makes two groups the same |
//! | [`template`] | names made of attribute values |
//! | [`pins`] | members put in or kept out by hand |
//! | [`definition`] | checked settings |
//! | [`rules`] | all of it at work: assign, describe, explain |
//!
//! # Keys
//!
//! A group whose key stays the same is the same group, whatever its name becomes.
//!
//! * `[[group]]`: its `key`; without one, its name in lower case with `-` for whatever is no letter or digit (`Sales & Support`
//!   has the key `sales-support`). So a group without `key` becomes another when it is renamed; with one, it is renamed.
//! * `[[group_by]]`: its `key` (without one, the names of its attributes joined by `-`), a colon, and the values joined by `/`,
//!   in which `%` and `/` are written `%25` and `%2F`: `department:Sales`, `department-city:R%2FD/Oslo`. The values are those
//!   that the group's name shows: trimmed, inner white space made single, in the case that `case` asks for.

//!
//! # Names
//!
//! Two `[[group]]`s cannot have the same name under the same parent. The names of `[[group_by]]` come with the values, so what could
//! be mistaken for another group says what it is made of: `Sales (department: Sales)`, when there is a `[[group]]` called Sales;
//! when an earlier `[[group_by]]` makes names of the same form (`{department}`, then `{city}`); when a value has in it what
//! stands between two values.

pub mod definition;
pub mod key;
pub mod pins;
pub mod rules;
pub mod settings;
pub mod template;

mod assignment;
mod digest;
mod sources;

pub use rules::Rules;
pub use settings::Settings;

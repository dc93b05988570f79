//! The mapping step: from a user of the source to a profile, by Entra's expressions for attribute mappings.
//!
//! An administrator can paste an expression that works in Entra's provisioning. The language is an ordinary library; the
//! component is a thin shell around [`mapper::Mapper`], and `rollcall mapping try` uses [`trial`].
//!
//! ```text
//! expression --parse--> syntax tree --compile--> program --+
//!                                                           +--> value --> profile
//! user (JSON) --project--> the attributes that are read ---+
//! ```
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`language`] | the text of expressions: lexer, parser, catalogue of functions, faults with their places |
//! | [`compile`], [`program`] | expressions in the form in which they run |
//! | [`projection`], [`attributes`] | reading the needed attributes, and only those, from a user's JSON |
//! | [`evaluation`], [`value`], [`environment`] | running a program for one person |
//! | [`moment`], [`regular`], [`phone`] | dates, regular expressions and phone numbers as .NET and libphonenumber have them |
//! | [`settings`], [`usual`], [`graph`] | the component's settings, the attributes without any, and what Graph can track |
//! | [`mapper`] | from a user to a profile, and the explanation of it |
//! | [`trial`] | one expression on one user |

pub mod attributes;
pub mod compile;
pub mod environment;
pub mod evaluation;
pub mod graph;
pub mod language;
pub mod mapper;
pub mod moment;
pub mod phone;
pub mod program;
pub mod projection;
pub mod regular;
pub mod scan;
pub mod settings;
pub mod trial;
pub mod usual;
pub mod value;

#[cfg(target_arch = "wasm32")]
mod component;

//! The language as text: from characters to a syntax tree and back.
//!
//! | module | what it holds |
//! | --- | --- |
//! | [`lexer`] | characters to tokens, each with its place |
//! | [`syntax`] | the tree, and how it prints |
//! | [`parser`] | tokens to a tree |
//! | [`catalogue`] | every function: its name, its parameters, what it does |
//! | [`fault`] | what is wrong, where, and how that looks under the expression |

pub mod catalogue;
pub mod fault;
pub mod lexer;
pub mod parser;
pub mod syntax;

/// The longest expression that is read, in characters (Entra: attribute expressions are limited to 10,000 characters).
pub const LONGEST_EXPRESSION: usize = 10_000;

/// How deep calls may stand in one another. Every level costs stack when the expression is read and when it is evaluated,
/// and a component has half a megabyte of it; real expressions (long `IIF` chains) stay below 40.
pub const DEEPEST_NESTING: usize = 100;

//! The values of the parts of an expression, for an explanation.

use crate::program::Node;
use crate::value::Value;

/// One part that was evaluated.
#[derive(Debug, Clone)]
pub struct Step<'a> {
    /// The part.
    pub node: &'a Node,
    /// How deep it stands; the whole expression has 0.
    pub depth: u32,
    /// What it came to; null when it ended in a fault.
    pub value: Value<'a>,
    /// The property that it read, when it is an attribute.
    pub property: Option<&'a str>,
}

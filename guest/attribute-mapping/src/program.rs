//! An expression in the form in which it runs: attributes are slots, patterns and formats are read.

use std::collections::BTreeMap;

use crate::language::catalogue::Function;
use crate::language::fault::Span;
use crate::language::syntax::{CompareMethod, Comparison};
use crate::moment::exact::Styles;
use crate::moment::interval::Interval;
use crate::moment::pattern::Pattern;
use crate::regular::Regular;
use crate::regular::replacement::Replacement;
use crate::value::Value;

/// The number of an attribute among those that are read.
pub type Slot = usize;

/// The tables for `Lookup`, by name.
pub type Tables = BTreeMap<String, BTreeMap<String, String>>;

/// A compiled part of an expression.
#[derive(Debug)]
pub struct Node {
    /// What it does.
    pub kind: Kind,
    /// Where it stands in the expression.
    pub span: Span,
}

/// What a part does.
#[derive(Debug)]
pub enum Kind {
    /// An attribute; the second is read when the first is null (Entra's name for what Graph calls otherwise).
    Attribute(Slot, Option<Slot>),
    /// A fixed value.
    Constant(Value<'static>),
    /// How `InStr` compares.
    CompareMethod(CompareMethod),
    /// A date interval.
    Interval(Interval),
    /// How `FormatDateTime` reads.
    Styles(Styles),
    /// A date format.
    Format(Pattern),
    /// A regular expression.
    Regular(Box<Regular>),
    /// A regular expression's replacement.
    Replacement(Box<Replacement>),
    /// A comparison.
    Comparison(Comparison, Box<(Node, Node)>),
    /// The condition of an `IIF`: it does not hold when one of these attributes is null or empty.
    Guarded(Vec<(Slot, Option<Slot>)>, Box<Node>),
    /// A call; an argument that was left out is none.
    Call(Function, Vec<Option<Node>>),
}

impl Node {
    /// The argument at a position, if it was given.
    pub fn argument(&self, position: usize) -> Option<&Node> {
        match &self.kind {
            Kind::Call(_, arguments) => arguments.get(position).and_then(Option::as_ref),
            _ => None,
        }
    }

    /// Whether it, or a part of it, is a call of this function.
    pub fn calls(&self, function: Function) -> bool {
        match &self.kind {
            Kind::Call(called, arguments) => {
                *called == function || arguments.iter().flatten().any(|argument| argument.calls(function))
            }
            Kind::Comparison(_, sides) => sides.0.calls(function) || sides.1.calls(function),
            Kind::Guarded(_, condition) => condition.calls(function),
            _ => false,
        }
    }
}

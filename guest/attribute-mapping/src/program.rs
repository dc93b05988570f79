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

    /// The parts right below it.
    pub fn children(&self) -> Box<dyn Iterator<Item = &Node> + '_> {
        match &self.kind {
            Kind::Call(_, arguments) => Box::new(arguments.iter().flatten()),
            Kind::Comparison(_, sides) => Box::new([&sides.0, &sides.1].into_iter()),
            Kind::Guarded(_, condition) => Box::new(std::iter::once(condition.as_ref())),
            _ => Box::new(std::iter::empty()),
        }
    }

    /// Whether it, or a part of it, is a call of this function.
    pub fn calls(&self, function: Function) -> bool {
        matches!(&self.kind, Kind::Call(called, _) if *called == function)
            || self.children().any(|child| child.calls(function))
    }

    /// Whether a phone number in it takes its country from the person.
    pub fn needs_region(&self) -> bool {
        let bare = matches!(&self.kind, Kind::Call(Function::PhoneE164, arguments) if !matches!(arguments.get(1), Some(Some(_))));
        bare || self.children().any(Node::needs_region)
    }

    /// The attributes that it reads, in their order, each once.
    pub fn slots(&self, slots: &mut Vec<(Slot, Option<Slot>)>) {
        if let Kind::Attribute(slot, other) = &self.kind
            && !slots.contains(&(*slot, *other))
        {
            slots.push((*slot, *other));
        }
        self.children().for_each(|child| child.slots(slots));
    }
}

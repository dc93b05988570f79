//! The checked rule as a tree. A tree that exists can be evaluated: names are resolved, types agree, patterns compile.

use super::moment::Ticks;
use super::number::Number;
use super::pattern::Pattern;
use super::property::Property;

/// A place in the rule's text, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it begins.
    pub start: u32,
    /// Where it ends.
    pub end: u32,
}

impl Span {
    /// The part of the text.
    pub fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// A rule that was accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// The rule as it was written.
    pub text: String,
    /// What it says.
    pub root: Expression,
}

/// Part of a rule.
#[derive(Debug, Clone, PartialEq)]
pub enum Expression {
    /// A comparison of one property with a constant.
    Test(Test),
    /// `-any` and `-all`.
    Each(Each),
    /// `Direct Reports for "..."`: true for those whose manager has this (folded) id, and for the manager.
    Reports {
        /// The manager's id, folded.
        manager: Box<str>,
        /// The place in the text.
        span: Span,
    },
    /// `-not`
    Not(Box<Expression>),
    /// `-and`, two or more.
    And(Vec<Expression>),
    /// `-or`, two or more.
    Or(Vec<Expression>),
}

/// A comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Test {
    /// What is compared.
    pub property: Property,
    /// With what, and how.
    pub predicate: Predicate,
    /// True for `-ne`, `-notIn`, ...: the plain opposite, so true for null.
    pub negated: bool,
    /// The place in the text.
    pub span: Span,
}

/// A condition on the items of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Each {
    /// The collection.
    pub collection: Property,
    /// Whether one item is enough.
    pub quantifier: Quantifier,
    /// What is asked of each item; its properties are items'.
    pub body: Box<Expression>,
    /// True for a negative operator straight on a collection (`user.proxyAddresses -notContains "x"`).
    pub negated: bool,
    /// The place in the text.
    pub span: Span,
}

/// How many items must satisfy the condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantifier {
    /// At least one.
    Any,
    /// Every one; so also when there is none (Microsoft: dynamic membership rules, example 3 of multi-value properties).
    All,
}

/// What can be said about one value. Texts are folded.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Predicate {
    /// There is no value. For a collection: no item.
    Null,
    /// It is this.
    Equals(Scalar),
    /// It is one of these texts or numbers.
    In(Vec<Scalar>),
    /// It begins with this.
    StartsWith(Box<str>),
    /// It ends with this.
    EndsWith(Box<str>),
    /// It has this in it.
    Contains(Box<str>),
    /// The regular expression is found in it.
    Match(Pattern),
    /// It is this or less, or earlier.
    AtMost(Bound),
    /// It is this or more, or later.
    AtLeast(Bound),
}

/// A constant.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Scalar {
    /// Text, folded.
    Text(Box<str>),
    /// True or false.
    Boolean(bool),
    /// A number.
    Number(Number),
    /// A moment.
    Moment(Ticks),
}

/// A constant that orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// A number.
    Number(Number),
    /// A moment.
    Moment(Ticks),
    /// So much after the present moment; before it when negative.
    Now(Ticks),
}

impl Expression {
    /// Calls `visit` for each property that the expression reads, collections before what is asked of their items.
    pub fn properties<'a>(&'a self, visit: &mut impl FnMut(&'a Property)) {
        match self {
            Expression::Test(test) => visit(&test.property),
            Expression::Each(each) => {
                visit(&each.collection);
                each.body.properties(visit);
            }
            Expression::Reports { .. } => {}
            Expression::Not(inner) => inner.properties(visit),
            Expression::And(parts) | Expression::Or(parts) => parts.iter().for_each(|part| part.properties(visit)),
        }
    }
}

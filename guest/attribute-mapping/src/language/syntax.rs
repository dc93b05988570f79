//! The tree of an expression, as it was written.

use std::fmt;

use super::catalogue::Function;
use super::fault::Span;

/// A part of an expression and its place. Two are equal when they say the same, wherever they stand.
#[derive(Debug, Clone)]
pub struct Expression {
    /// What it is.
    pub node: Node,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

/// What an expression is.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `[attribute]`
    Attribute(String),
    /// `"text"`
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Number(f64),
    /// `vbTextCompare` or `vbBinaryCompare`.
    CompareMethod(CompareMethod),
    /// `Function(argument, , argument)`; an argument that was left out is none.
    Call(Call),
    /// `left = right`
    Comparison(Comparison, Box<(Expression, Expression)>),
}

/// A call of a function. Two are equal when they say the same, wherever their names stand.
#[derive(Debug, Clone)]
pub struct Call {
    /// Which.
    pub function: Function,
    /// Where its name stands.
    pub name: Span,
    /// What it is given. Trailing arguments that were left out are not kept.
    pub arguments: Vec<Option<Expression>>,
}

impl PartialEq for Call {
    fn eq(&self, other: &Self) -> bool {
        (self.function, &self.arguments) == (other.function, &other.arguments)
    }
}

/// How `InStr` compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CompareMethod {
    /// `vbTextCompare`: capital and small letters are the same.
    Text,
    /// `vbBinaryCompare`
    Binary,
}

impl CompareMethod {
    /// Its name in the language.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "vbTextCompare",
            Self::Binary => "vbBinaryCompare",
        }
    }

    /// The method of this name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Text, Self::Binary].into_iter().find(|method| method.name() == name)
    }
}

/// A comparison of two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

impl Comparison {
    /// The sign.
    pub fn sign(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "<>",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
        }
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.node.fmt(f)
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attribute(name) => write!(f, "[{name}]"),
            Self::Text(text) => write!(f, "\"{}\"", text.replace('\\', r"\\").replace('"', "\\\"")),
            Self::Integer(number) => number.fmt(f),
            // Always with a fraction, so that it reads back as what it is.
            Self::Number(number) if number.fract() == 0.0 => write!(f, "{number:.1}"),
            Self::Number(number) => number.fmt(f),
            Self::CompareMethod(method) => f.write_str(method.name()),
            Self::Call(call) => call.fmt(f),
            Self::Comparison(sign, sides) => write!(f, "{} {} {}", sides.0, sign.sign(), sides.1),
        }
    }
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(", self.function.name())?;
        for (position, argument) in self.arguments.iter().enumerate() {
            if position > 0 {
                f.write_str(", ")?;
            }
            if let Some(argument) = argument {
                argument.fmt(f)?;
            }
        }
        f.write_str(")")
    }
}

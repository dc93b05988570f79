//! A tree as text in normal form: listed names, operators with hyphens, folded constants, no superfluous parentheses.
//!
//! Two rules with the same normal form decide alike, so it is what a rule's digest is made of.

use std::fmt::{self, Display, Formatter, Write};

use super::moment;
use super::syntax::{Bound, Expression, Predicate, Quantifier, Scalar, Test};

impl Display for Expression {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Expression::Test(test) => test.fmt(f),
            Expression::Each(each) => {
                if each.negated {
                    f.write_str("-not ")?;
                }
                let quantifier = match each.quantifier {
                    Quantifier::Any => "any",
                    Quantifier::All => "all",
                };
                write!(f, "({} -{quantifier} ({}))", each.collection.full_name(), each.body)
            }
            Expression::Reports { manager, .. } => write!(f, "Direct Reports for \"{manager}\""),
            Expression::Not(inner) => {
                f.write_str("-not ")?;
                part(inner, f)
            }
            Expression::And(parts) => joined(parts, " -and ", f),
            Expression::Or(parts) => joined(parts, " -or ", f),
        }
    }
}

fn joined(parts: &[Expression], word: &str, f: &mut Formatter<'_>) -> fmt::Result {
    for (place, one) in parts.iter().enumerate() {
        if place > 0 {
            f.write_str(word)?;
        }
        part(one, f)?;
    }
    Ok(())
}

fn part(expression: &Expression, f: &mut Formatter<'_>) -> fmt::Result {
    match expression {
        Expression::And(_) | Expression::Or(_) => write!(f, "({expression})"),
        _ => expression.fmt(f),
    }
}

impl Display for Test {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let not = |positive: &'static str, negative: &'static str| if self.negated { negative } else { positive };
        self.property.write_full_name(f)?;
        f.write_str(" -")?;
        match &self.predicate {
            Predicate::Null => write!(f, "{} null", not("eq", "ne")),
            Predicate::Equals(value) => write!(f, "{} {value}", not("eq", "ne")),
            Predicate::In(values) => {
                write!(f, "{} [", not("in", "notIn"))?;
                for (place, value) in values.iter().enumerate() {
                    if place > 0 {
                        f.write_char(',')?;
                    }
                    value.fmt(f)?;
                }
                f.write_char(']')
            }
            Predicate::StartsWith(text) => write!(f, "{} {}", not("startsWith", "notStartsWith"), Quoted(text)),
            Predicate::EndsWith(text) => write!(f, "{} {}", not("endsWith", "notEndsWith"), Quoted(text)),
            Predicate::Contains(text) => write!(f, "{} {}", not("contains", "notContains"), Quoted(text)),
            Predicate::Match(pattern) => write!(f, "{} {}", not("match", "notMatch"), Quoted(pattern.source())),
            Predicate::AtMost(bound) => write!(f, "le {bound}"),
            Predicate::AtLeast(bound) => write!(f, "ge {bound}"),
        }
    }
}

impl Display for Scalar {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Scalar::Text(text) => Quoted(text).fmt(f),
            Scalar::Boolean(truth) => truth.fmt(f),
            Scalar::Number(number) => number.fmt(f),
            Scalar::Moment(ticks) => f.write_str(&moment::print(*ticks)),
        }
    }
}

impl Display for Bound {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Bound::Number(number) => number.fmt(f),
            Bound::Moment(ticks) => f.write_str(&moment::print(*ticks)),
            Bound::Now(0) => f.write_str("system.now"),
            Bound::Now(ticks) => {
                let sign = if *ticks < 0 { "minus" } else { "plus" };
                let (seconds, fraction) =
                    (ticks.unsigned_abs() / moment::SECOND as u64, ticks.unsigned_abs() % moment::SECOND as u64);
                write!(f, "system.now -{sign} PT{seconds}")?;
                if fraction != 0 {
                    write!(f, ".{fraction:07}")?;
                }
                f.write_char('S')
            }
        }
    }
}

/// A text as a rule has to write it.
struct Quoted<'a>(&'a str);

impl Display for Quoted<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        // A backtick before a double quote escapes it: a text that ends with one stands in single quotes.
        let quote = if self.0.ends_with('`') { '\'' } else { '"' };
        f.write_char(quote)?;
        for piece in self.0.split_inclusive(['"', '\'']) {
            match (piece.strip_suffix('"'), piece.strip_suffix('\'')) {
                (Some(before), _) => write!(f, "{before}`\"")?,
                (None, Some(before)) => write!(f, "{before}''")?,
                (None, None) => f.write_str(piece)?,
            }
        }
        f.write_char(quote)
    }
}

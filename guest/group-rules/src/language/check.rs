//! Whether a property, an operator and a value go together.

use super::comparison::shortened;
use super::error::Fault;
use super::fold::fold;
use super::literal::Literal;
use super::moment;
use super::number::Number;
use super::operator::{self, Operator};
use super::pattern::Pattern;
use super::property::{Kind, Property};
use super::syntax::{Bound, Predicate, Scalar};

/// A comparison that is being checked.
pub(super) struct Check<'p> {
    pub property: &'p Property,
    pub operator: Operator,
    pub negated: bool,
    /// The operator's place.
    pub from: usize,
    pub to: usize,
}

impl Check<'_> {
    fn shown(&self) -> String {
        format!("-{}", operator::name(self.operator, self.negated))
    }

    /// Whether the operator goes with the property at all.
    pub fn supported(&self) -> Result<(), Fault> {
        use Operator::{AtLeast, AtMost, Contains, EndsWith, Equals, In, Match, StartsWith};
        let kind = self.property.kind();
        let hint = match (kind, self.operator) {
            (Kind::Text, AtMost | AtLeast) => "It compares dates, such as user.employeeHireDate.",
            (Kind::Text, _) | (Kind::Boolean, Equals) => return Ok(()),
            (Kind::Boolean, _) => "Use -eq or -ne.",
            (Kind::Number, Equals | In | AtMost | AtLeast) | (Kind::Moment, Equals | AtMost | AtLeast) => return Ok(()),
            (Kind::Number, _) => "Use -eq, -ne, -in, -notIn, -le or -ge.",
            (Kind::Moment, _) => "Use -eq, -ne, -le or -ge.",
            (Kind::Texts, Equals | StartsWith | EndsWith | Contains) => return Ok(()),
            (Kind::Texts, In | Match | AtMost | AtLeast) => "Use -any (_ ...) or -all (_ ...).",
            (Kind::Plans, _) => "Use -any (assignedPlan.service ...) or -all (...).",
            (Kind::Groups, _) => "Use -any (group.objectId -in ['...']).",
        };
        let message = format!(
            "Operator isn't supported on attribute: {} can't be used with {}, which is {}. {hint}",
            self.shown(),
            self.property.full_name(),
            kind.noun()
        );
        Err(Fault::new(self.from, self.to, message))
    }

    /// Whether the value goes with both.
    pub fn predicate(&self, literal: Literal<'_>, start: usize, end: usize) -> Result<Predicate, Fault> {
        let fault = |message: String| Fault::new(start, end, message);
        let name = self.property.full_name();
        match (&literal, self.operator) {
            (Literal::Bare(word), _) => return Err(bare(word, start, end)),
            (Literal::Null, Operator::Equals) => return Ok(Predicate::Null),
            (Literal::Null, _) => {
                return Err(fault(format!("null can be compared with -eq and -ne only, not with {}.", self.shown())));
            }
            (Literal::List(_), Operator::In) => {}
            (Literal::List(_), Operator::Equals) => {
                let instead = if self.negated { "-notIn" } else { "-in" };
                return Err(Fault::new(self.from, self.to, format!("{} takes one value, not a list.", self.shown()))
                    .suggest(Some(instead)));
            }
            (Literal::List(_), _) => {
                return Err(fault(format!(
                    "Value can't be applied to property: {} takes one value, not a list.",
                    self.shown()
                )));
            }
            (_, Operator::In) => {
                return Err(fault(format!(
                    "{} takes a list in square brackets, such as [\"Sales\", \"Marketing\"].",
                    self.shown()
                )));
            }
            _ => {}
        }
        match self.property.kind() {
            Kind::Text => self.text(literal, start, end),
            Kind::Texts => match literal {
                Literal::Text(_) if self.operator != Operator::Equals => self.text(literal, start, end),
                _ => Err(fault(format!(
                    "{name} is a collection: ask about its items with -any (_ {} ...) or -all (_ {} ...).",
                    self.shown(),
                    self.shown()
                ))),
            },
            Kind::Boolean => match &literal {
                Literal::Boolean(truth) => Ok(Predicate::Equals(Scalar::Boolean(*truth))),
                Literal::Text(text) if text.eq_ignore_ascii_case("true") => {
                    Ok(Predicate::Equals(Scalar::Boolean(true)))
                }
                Literal::Text(text) if text.eq_ignore_ascii_case("false") => {
                    Ok(Predicate::Equals(Scalar::Boolean(false)))
                }
                other => Err(fault(format!("{name} is true or false; it can't be compared with {}.", other.noun()))),
            },
            Kind::Number => self.number(literal, start, end),
            Kind::Moment => self.moment(literal, start, end),
            Kind::Plans | Kind::Groups => Err(fault(format!("{name} is a collection: use -any or -all."))),
        }
    }

    fn text(&self, literal: Literal<'_>, start: usize, end: usize) -> Result<Predicate, Fault> {
        let name = self.property.full_name();
        let wrong = |literal: &Literal<'_>, start, end| {
            let message = format!("{name} is text, and this is {}: put it in double quotes.", literal.noun());
            Fault::new(start, end, message)
        };
        let text = match literal {
            Literal::Text(text) => text,
            Literal::List(items) => {
                let items: Result<Vec<Scalar>, Fault> = items
                    .into_iter()
                    .map(|(item, start, end)| match item {
                        Literal::Text(text) => Ok(Scalar::Text(fold(&text).into())),
                        Literal::Bare(word) => Err(bare(word, start, end)),
                        other => Err(wrong(&other, start, end)),
                    })
                    .collect();
                return Ok(Predicate::In(items?));
            }
            other => return Err(wrong(&other, start, end)),
        };
        let folded = || Box::<str>::from(fold(&text));
        Ok(match self.operator {
            Operator::StartsWith => Predicate::StartsWith(folded()),
            Operator::EndsWith => Predicate::EndsWith(folded()),
            Operator::Contains => Predicate::Contains(folded()),
            Operator::Match => Predicate::Match(Pattern::parse(&text).map_err(|error| {
                // Behind the opening quote. An escape before it would shift it by a little.
                let (from, to) = error
                    .range
                    .map_or((start, end), |(from, to)| ((start + 1 + from).min(end), (start + 1 + to).min(end)));
                Fault::new(
                    from,
                    to,
                    format!("Query compilation error: the regular expression is not valid: {}.", error.message),
                )
            })?),
            _ => Predicate::Equals(Scalar::Text(folded())),
        })
    }

    fn number(&self, literal: Literal<'_>, start: usize, end: usize) -> Result<Predicate, Fault> {
        let read = |literal: &Literal<'_>, start, end| match literal {
            Literal::Number(number) => Ok(*number),
            Literal::Text(text) if Number::parse(text.trim()).is_some() => {
                Ok(Number::parse(text.trim()).unwrap_or(Number::Whole(0)))
            }
            other => Err(Fault::new(
                start,
                end,
                format!("{} is a number, and this is {}.", self.property.full_name(), other.noun()),
            )),
        };
        if let Literal::List(items) = &literal {
            let items: Result<Vec<Scalar>, Fault> =
                items.iter().map(|(item, start, end)| read(item, *start, *end).map(Scalar::Number)).collect();
            return Ok(Predicate::In(items?));
        }
        let number = read(&literal, start, end)?;
        Ok(match self.operator {
            Operator::AtMost => Predicate::AtMost(Bound::Number(number)),
            Operator::AtLeast => Predicate::AtLeast(Bound::Number(number)),
            _ => Predicate::Equals(Scalar::Number(number)),
        })
    }

    fn moment(&self, literal: Literal<'_>, start: usize, end: usize) -> Result<Predicate, Fault> {
        let name = self.property.full_name();
        let ticks = match literal {
            Literal::Moment(ticks) => ticks,
            Literal::Now { offset } => {
                return match self.operator {
                    Operator::AtMost => Ok(Predicate::AtMost(Bound::Now(offset))),
                    Operator::AtLeast => Ok(Predicate::AtLeast(Bound::Now(offset))),
                    _ => Err(Fault::new(
                        start,
                        end,
                        format!("{} takes a fixed date; system.now goes with -le and -ge.", self.shown()),
                    )),
                };
            }
            Literal::Text(text) if moment::parse(&text).is_some() => moment::parse(&text).unwrap_or(0),
            other => {
                let message = format!(
                    "{name} is a date and time, such as 2020-06-10T18:13:20Z or system.now; this is {}.",
                    match other {
                        Literal::Text(_) => "none",
                        other => other.noun(),
                    }
                );
                return Err(Fault::new(start, end, message));
            }
        };
        Ok(match self.operator {
            Operator::AtMost => Predicate::AtMost(Bound::Moment(ticks)),
            Operator::AtLeast => Predicate::AtLeast(Bound::Moment(ticks)),
            _ => Predicate::Equals(Scalar::Moment(ticks)),
        })
    }
}

/// A value without quotes.
fn bare(word: &str, start: usize, end: usize) -> Fault {
    let shown = shortened(word);
    if word
        .split_once('.')
        .is_some_and(|(object, _)| ["user", "profile"].iter().any(|known| object.eq_ignore_ascii_case(known)))
    {
        return Fault::new(
            start,
            end,
            format!("A property is compared with a constant, not with another property ({shown})."),
        );
    }
    if word.eq_ignore_ascii_case("$true") || word.eq_ignore_ascii_case("$false") {
        return Fault::new(start, end, format!("{shown} is no value here."))
            .suggest(word.get(1..).map(str::to_ascii_lowercase));
    }
    let message = if word.starts_with(|c: char| c.is_ascii_digit()) {
        format!("{shown} is neither a number nor a date; a text needs double quotes.")
    } else {
        format!("A text needs double quotes around it, and {shown} has none.")
    };
    Fault::new(start, end, message).suggest(Some(format!("\"{shown}\"")))
}

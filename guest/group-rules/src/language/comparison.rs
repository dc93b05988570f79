//! One comparison: property, operator, value; and whether the three go together.

use std::borrow::Cow;

use rollcall_sdk::settings::nearest;

use super::error::Fault;
use super::fold::fold;
use super::moment::{self, Ticks};
use super::number::Number;
use super::operator::{self, Comparing, Operator, instead_of, logic};
use super::parser::Parser;
use super::pattern::Pattern;
use super::property::{self, Item, Kind, Property};
use super::syntax::{Bound, Each, Expression, Predicate, Quantifier, Scalar, Test};
use super::token::{self, Token};

/// What a comparison can be about here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The person.
    Person,
    /// An item of a collection of this kind, inside of `-any` and `-all`.
    Item(Kind),
}

/// A value as it is written.
#[derive(Debug)]
enum Literal<'a> {
    Text(Cow<'a, str>),
    Null,
    Boolean(bool),
    Number(Number),
    Moment(Ticks),
    Now {
        offset: Ticks,
    },
    List(Vec<(Literal<'a>, usize, usize)>),
    /// No value: `Sales` without quotes, or another property.
    Bare(&'a str),
}

impl Literal<'_> {
    fn noun(&self) -> &'static str {
        match self {
            Literal::Text(_) => "text",
            Literal::Null => "null",
            Literal::Boolean(_) => "true or false",
            Literal::Number(_) => "a number",
            Literal::Moment(_) | Literal::Now { .. } => "a date and time",
            Literal::List(_) => "a list",
            Literal::Bare(_) => "a word without quotes",
        }
    }
}

/// A comparison that is being checked.
struct Check<'p> {
    property: &'p Property,
    operator: Operator,
    negated: bool,
    /// The operator's place.
    from: usize,
    to: usize,
}

impl<'a> Parser<'a> {
    pub fn comparison(&mut self, scope: Scope) -> Result<Expression, Fault> {
        let start = self.peek().map_or(self.end(), |token| token.start);
        let property = self.property(scope)?;
        let word = match self.next() {
            Some(Token {
                kind: token::Kind::Word(word) | token::Kind::Hyphenated(word) | token::Kind::Symbol(word),
                ..
            }) => word,
            Some(token) => {
                let message = format!("An operator is missing between {} and its value.", property.full_name());
                return Err(Fault::new(token.start, token.end, message));
            }
            None => {
                return Err(
                    self.fault_here(format!("An operator and a value are missing after {}.", property.full_name()))
                );
            }
        };
        self.at -= 1;
        let Some(comparing) = operator::comparing(word) else { return Err(self.unknown_operator(word, &property)) };
        let (from, to) = self.peek().map_or((start, start), |token| (token.start, token.end));
        self.at += 1;
        match comparing {
            Comparing::Any | Comparing::All => {
                if !property.kind().is_collection() {
                    let message = format!(
                        "Operator isn't supported on attribute: -{} needs a collection, and {} is {}.",
                        word.to_ascii_lowercase(),
                        property.full_name(),
                        property.kind().noun()
                    );
                    return Err(Fault::new(from, to, message));
                }
                let quantifier = if comparing == Comparing::Any { Quantifier::Any } else { Quantifier::All };
                let span = self.span(start);
                self.each(Test { property, predicate: Predicate::Null, negated: false, span }, quantifier)
            }
            Comparing::Compare(operator, negated) => {
                let check = Check { property: &property, operator, negated, from, to };
                check.supported()?;
                let value_start = self.peek().map_or(to, |token| token.start);
                let literal = self.literal(&property)?;
                let predicate = check.predicate(literal, value_start, self.end())?;
                let span = self.span(start);
                if property.kind() != Kind::Texts || predicate == Predicate::Null {
                    return Ok(Expression::Test(Test { property, predicate, negated, span }));
                }
                // Straight on a collection: one item is enough (documented until 2024, then replaced by -any).
                let body =
                    Expression::Test(Test { property: Property::Item(Item::Whole), predicate, negated: false, span });
                Ok(Expression::Each(Each {
                    collection: property,
                    quantifier: Quantifier::Any,
                    body: Box::new(body),
                    negated,
                    span,
                }))
            }
        }
    }

    fn unknown_operator(&self, word: &str, property: &Property) -> Fault {
        let token = self.peek().map(|token| (token.start, token.end));
        let (start, end) = token.unwrap_or((self.end(), self.end()));
        let name = property.full_name();
        let lower = word.to_ascii_lowercase();
        let message = match lower.as_str() {
            "not" => format!(
                "Invalid operands found for operator -not: it stands before an expression and compares nothing. To ask whether {name} has a value, write {name} -ne null."
            ),
            "and" | "or" => format!("An operator and a value are missing after {name}."),
            "lt" => "-lt is not supported. -le (earlier, or the same moment) is, on dates.".to_owned(),
            "gt" => "-gt is not supported. -ge (later, or the same moment) is, on dates.".to_owned(),
            "like" | "notlike" => format!(
                "-{lower} is not supported: there are no wildcards. Use -startsWith, -endsWith, -contains or -match."
            ),
            "plus" | "minus" => format!("-{lower} goes only after system.now."),
            _ if self.peek().is_some_and(|token| matches!(token.kind, token::Kind::Symbol(_))) => {
                format!("`{word}` is no operator of this language.")
            }
            _ => format!("There is no operator `{}`.", shortened(word)),
        };
        let suggestion = if logic(word).is_some() { None } else { instead_of(word) };
        Fault::new(start, end, message).suggest(suggestion)
    }

    /// Reads the name of a property, and finds it.
    fn property(&mut self, scope: Scope) -> Result<Property, Fault> {
        let Some(token) = self.next() else { return Err(self.fault_here("A property is missing.")) };
        let fault = |message: String| Fault::new(token.start, token.end, message);
        let token::Kind::Word(word) = token.kind else {
            let shown = self.rule.get(token.start..token.end).unwrap_or("");
            return Err(fault(format!("A property such as user.department was expected, not `{shown}`.")));
        };
        if word == "_" {
            return match scope {
                Scope::Item(Kind::Texts) => Ok(Property::Item(Item::Whole)),
                Scope::Item(_) => Err(fault("`_` stands for an item that is a text; ask about assignedPlan.servicePlanId, .service or .capabilityStatus.".into())),
                Scope::Person => Err(fault("`_` stands for an item of a collection, inside of -any (...) and -all (...).".into())),
            };
        }
        let Some((object, name)) = word.split_once('.') else {
            let message = format!(
                "A property is written with its object, such as user.department; `{}` has none.",
                shortened(word)
            );
            let suggestion = property::known(word).map(|known| format!("user.{}", known.name));
            return Err(fault(message).suggest(suggestion));
        };
        let object = object.to_ascii_lowercase();
        if let Scope::Item(kind) = scope {
            return item(&object, name, kind).ok_or_else(|| {
                let expected = match kind {
                    Kind::Plans => "assignedPlan.servicePlanId, assignedPlan.service and assignedPlan.capabilityStatus",
                    Kind::Groups => "group.objectId",
                    _ => "`_`, which stands for the item",
                };
                fault(format!(
                    "Wrong property applied: inside of these parentheses only {expected} can be asked about, not {}.",
                    shortened(word)
                ))
            });
        }
        match object.as_str() {
            "user" => user(name).ok_or_else(|| {
                let fault = fault(format!("Attribute not supported: there is no `{}`.", shortened(word)));
                unknown_user_property(name, fault)
            }),
            "profile" => match self.language.profile_attribute(name) {
                Some(attribute) => Ok(Property::Profile(attribute.clone())),
                None => {
                    let near =
                        nearest(shortened(name), self.language.profile_names()).map(|near| format!("profile.{near}"));
                    let message =
                        format!("Attribute not supported: the mapping makes no attribute `{}`.", shortened(name));
                    Err(fault(message).suggest(near))
                }
            },
            "assignedplan" | "group" => Err(fault(format!(
                "Wrong property applied: {} can only be asked about inside of -any (...) and -all (...).",
                shortened(word)
            ))),
            "system" => {
                Err(fault("An expression begins with a property; system.now is a value for -le and -ge.".into()))
            }
            _ => {
                let suggestion = nearest(shortened(&object), ["user", "profile"]).map(|near| format!("{near}.{name}"));
                Err(fault(format!("There is no object `{}`: a rule asks about user. or profile.", shortened(&object)))
                    .suggest(suggestion))
            }
        }
    }

    /// Reads a value.
    fn literal(&mut self, property: &Property) -> Result<Literal<'a>, Fault> {
        let Some(token) = self.next() else {
            return Err(
                self.fault_here(format!("A value is missing at the end of the rule, for {}.", property.full_name()))
            );
        };
        match token.kind {
            token::Kind::Text(text) => Ok(Literal::Text(text)),
            token::Kind::Word(word) if word.eq_ignore_ascii_case("system.now") => self.now(),
            token::Kind::Word(word) => Ok(word_literal(word)),
            token::Kind::ListOpen => self.list(token.start),
            token::Kind::Open => match self.next() {
                Some(Token { kind: token::Kind::Word(word), .. }) if word.eq_ignore_ascii_case("system.now") => {
                    let now = self.now()?;
                    match self.next() {
                        Some(Token { kind: token::Kind::Close, .. }) => Ok(now),
                        _ => Err(Fault::new(token.start, token.end, "This parenthesis is never closed.")),
                    }
                }
                _ => Err(Fault::new(
                    token.start,
                    token.end,
                    "A value stands without parentheses; a list has square brackets.",
                )),
            },
            _ => {
                self.at -= 1;
                Err(self.fault_here(format!("A value for {} was expected here.", property.full_name())))
            }
        }
    }

    /// What follows `system.now`.
    fn now(&mut self) -> Result<Literal<'a>, Fault> {
        let Some(sign) = self.sign() else { return Ok(Literal::Now { offset: 0 }) };
        let (text, start, end) = match self.next() {
            Some(Token { kind: token::Kind::Word(word), start, end }) => (Cow::Borrowed(word), start, end),
            Some(Token { kind: token::Kind::Text(text), start, end }) => (text, start, end),
            _ => {
                self.at = self.at.saturating_sub(1);
                return Err(self.fault_here("A duration such as P7D is missing after -plus or -minus."));
            }
        };
        // About ten thousand years: the range of a moment.
        let Some(ticks) = moment::parse_duration(&text).filter(|ticks| *ticks <= 3_652_059 * 86_400 * moment::SECOND)
        else {
            let message =
                "This is no duration: write P7D for seven days, P7DT3H for three hours more, PT90M for ninety minutes.";
            return Err(Fault::new(start, end, message));
        };
        if self.sign().is_some() {
            self.at -= 1;
            return Err(self.fault_here("Only one -plus or -minus can follow system.now."));
        }
        Ok(Literal::Now { offset: sign * ticks })
    }

    fn sign(&mut self) -> Option<Ticks> {
        let sign = match self.peek()?.kind {
            token::Kind::Word(word) | token::Kind::Hyphenated(word) if word.eq_ignore_ascii_case("plus") => 1,
            token::Kind::Word(word) | token::Kind::Hyphenated(word) if word.eq_ignore_ascii_case("minus") => -1,
            _ => return None,
        };
        self.at += 1;
        Some(sign)
    }

    fn list(&mut self, open: usize) -> Result<Literal<'a>, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next() {
                Some(Token { kind: token::Kind::Text(text), start, end }) => {
                    items.push((Literal::Text(text), start, end))
                }
                Some(Token { kind: token::Kind::Word(word), start, end }) => {
                    items.push((word_literal(word), start, end))
                }
                Some(Token { kind: token::Kind::ListClose, start, end }) if items.is_empty() => {
                    return Err(Fault::new(start.min(open), end, "The list is empty."));
                }
                Some(token) => {
                    return Err(Fault::new(token.start, token.end, "A value in quotes was expected in the list."));
                }
                None => return Err(Fault::new(open, open + 1, "This list is never closed: `]` is missing.")),
            }
            match self.next() {
                Some(Token { kind: token::Kind::Comma, .. }) => {}
                Some(Token { kind: token::Kind::ListClose, .. }) => return Ok(Literal::List(items)),
                Some(token) => {
                    return Err(Fault::new(
                        token.start,
                        token.end,
                        "The values of a list are separated by commas, and `]` closes it.",
                    ));
                }
                None => return Err(Fault::new(open, open + 1, "This list is never closed: `]` is missing.")),
            }
        }
    }
}

fn word_literal(word: &str) -> Literal<'_> {
    if word.eq_ignore_ascii_case("null") || word.eq_ignore_ascii_case("$null") {
        Literal::Null
    } else if word.eq_ignore_ascii_case("true") {
        Literal::Boolean(true)
    } else if word.eq_ignore_ascii_case("false") {
        Literal::Boolean(false)
    } else if let Some(number) = Number::parse(word) {
        Literal::Number(number)
    } else if let Some(ticks) = moment::parse(word) {
        Literal::Moment(ticks)
    } else {
        Literal::Bare(word)
    }
}

fn user(name: &str) -> Option<Property> {
    if let Some(known) = property::known(name).or_else(|| property::extension_attribute(name)) {
        return Some(Property::Known(known));
    }
    property::is_directory_extension(name).then(|| Property::Extension(name.into()))
}

fn unknown_user_property(name: &str, fault: Fault) -> Fault {
    let more = if property::strip_ignoring_case(name, "extension_").is_some() {
        " A directory extension is written extension_<application ID without hyphens>_<name>."
    } else if property::strip_ignoring_case(name, "extensionAttribute").is_some() {
        " Extension attributes are numbered from 1 to 15."
    } else if name.eq_ignore_ascii_case("manager") {
        " For the people who report to a manager, the rule is Direct Reports for \"<object ID of the manager>\"."
    } else if name.to_ascii_lowercase().contains("securityattribute") {
        " Custom security attributes can't be used in rules."
    } else {
        let near = nearest(shortened(name), property::names()).map(|near| format!("user.{near}"));
        return fault.suggest(near);
    };
    Fault { message: format!("{}{more}", fault.message), ..fault }
}

fn item(object: &str, name: &str, kind: Kind) -> Option<Property> {
    let item = match (kind, object, name.to_ascii_lowercase().as_str()) {
        (Kind::Plans, "assignedplan", "serviceplanid") => Item::ServicePlanId,
        (Kind::Plans, "assignedplan", "service") => Item::Service,
        (Kind::Plans, "assignedplan", "capabilitystatus") => Item::CapabilityStatus,
        (Kind::Groups, "group", "objectid") => Item::GroupId,
        _ => return None,
    };
    Some(Property::Item(item))
}

/// Enough of a word to recognize it by.
fn shortened(word: &str) -> &str {
    match word.char_indices().nth(60) {
        Some((end, _)) => word.get(..end).unwrap_or(word),
        None => word,
    }
}

impl Check<'_> {
    fn shown(&self) -> String {
        format!("-{}", operator::name(self.operator, self.negated))
    }

    /// Whether the operator goes with the property at all.
    fn supported(&self) -> Result<(), Fault> {
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
    fn predicate(&self, literal: Literal<'_>, start: usize, end: usize) -> Result<Predicate, Fault> {
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

//! One comparison: property, operator, value.

use rollcall_sdk::settings::nearest;

use super::check::Check;
use super::error::Fault;
use super::operator::{self, Comparing, instead_of, logic};
use super::parser::Parser;
use super::property::{self, Item, Kind, Property};
use super::syntax::{Each, Expression, Predicate, Quantifier, Test};
use super::token::{self, Token};

/// What a comparison can be about here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// The person.
    Person,
    /// An item of a collection of this kind, inside of `-any` and `-all`.
    Item(Kind),
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
            if word.eq_ignore_ascii_case("direct") {
                return Err(fault(
                    "Direct Reports for must be the whole rule, without parentheses: it can't be combined with any other."
                        .into(),
                ));
            }
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
pub(super) fn shortened(word: &str) -> &str {
    match word.char_indices().nth(60) {
        Some((end, _)) => word.get(..end).unwrap_or(word),
        None => word,
    }
}

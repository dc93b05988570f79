//! One rule and one person, part by part.
//!
//! This is the evaluator that explains. It decides each part of the tree and keeps what it came to; the index
//! ([`crate::index`]) decides thousands of rules at once and keeps nothing.

use crate::language::fold::fold;
use crate::language::moment::Ticks;
use crate::language::property::{self, Item, Kind, Property};
use crate::language::syntax::{Bound, Each, Expression, Predicate, Quantifier, Rule, Scalar, Test};
use crate::person::Subject;
use crate::value::{Plan, Value};

/// What a part came to; the error says why it could not be decided.
pub type Outcome = Result<bool, String>;

/// A part of a rule with what it came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// `-and`, `-or`, `-not`, or the comparison as it is written.
    pub expression: String,
    /// What it came to.
    pub outcome: Outcome,
    /// What it read, when it reads something.
    pub read: Option<Read>,
    /// Its parts; for `-any` and `-all` the condition for each item.
    pub children: Vec<Node>,
}

/// A property and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Read {
    /// The property without its object: `department`.
    pub name: String,
    /// The same with it: `user.department`.
    pub full_name: String,
    /// The value as text; empty for null.
    pub value: String,
    /// True when there is no value.
    pub is_null: bool,
    /// True when the value must not be shown; then `value` is empty.
    pub sensitive: bool,
}

/// More items than these are decided, but not kept.
const ITEMS_SHOWN: usize = 50;

/// Decides a rule for a person at a moment.
pub fn trace(rule: &Rule, person: &dyn Subject, now: Ticks) -> Node {
    Tracer { text: &rule.text, now }.node(&rule.root, &Source::Person(person))
}

/// Where values come from.
enum Source<'a> {
    Person(&'a dyn Subject),
    Text(&'a str),
    Plan(&'a Plan<'a>),
}

impl<'a> Source<'a> {
    fn value(&self, property: &Property) -> Value<'_> {
        match (self, property) {
            (Source::Text(text), Property::Item(Item::Whole | Item::GroupId)) => Value::Text(text),
            (Source::Plan(plan), Property::Item(item)) => plan.part(*item).map_or(Value::Null, Value::Text),
            (Source::Person(person), property) => person.value(property),
            _ => Value::Null,
        }
    }
}

struct Tracer<'a> {
    text: &'a str,
    now: Ticks,
}

impl Tracer<'_> {
    fn node(&self, expression: &Expression, source: &Source<'_>) -> Node {
        match expression {
            Expression::Test(test) => self.test(test, source),
            Expression::Each(each) => self.each(each, source),
            Expression::Reports { manager, span } => {
                let is = |property: &Property| {
                    source.value(property).as_text(false).is_some_and(|id| fold(&id) == **manager)
                };
                Node {
                    expression: span.of(self.text).to_owned(),
                    outcome: Ok(is(&property::manager()) || is(&property::id())),
                    read: Some(read(&property::manager(), &source.value(&property::manager()))),
                    children: Vec::new(),
                }
            }
            Expression::Not(inner) => {
                let inner = self.node(inner, source);
                let outcome = inner.outcome.clone().map(|truth| !truth);
                Node { expression: "-not".to_owned(), outcome, read: None, children: vec![inner] }
            }
            Expression::And(parts) => self.joined("-and", parts, source, false),
            Expression::Or(parts) => self.joined("-or", parts, source, true),
        }
    }

    fn joined(&self, word: &str, parts: &[Expression], source: &Source<'_>, decisive: bool) -> Node {
        let children: Vec<Node> = parts.iter().map(|part| self.node(part, source)).collect();
        let outcome = together(children.iter().map(|child| &child.outcome), decisive);
        Node { expression: word.to_owned(), outcome, read: None, children }
    }

    fn test(&self, test: &Test, source: &Source<'_>) -> Node {
        let value = source.value(&test.property);
        let outcome = holds(&test.predicate, &test.property, &value, self.now).map(|truth| truth != test.negated);
        // The service names no value for the property that everybody has.
        let read = if test.property == property::id() { None } else { Some(read(&test.property, &value)) };
        Node { expression: test.span.of(self.text).to_owned(), outcome, read, children: Vec::new() }
    }

    fn each(&self, each: &Each, source: &Source<'_>) -> Node {
        let value = source.value(&each.collection);
        let mut children: Vec<Node> = match each.collection.kind() {
            Kind::Plans => value.as_plans().iter().map(|plan| self.node(&each.body, &Source::Plan(plan))).collect(),
            _ => value.as_texts().iter().map(|text| self.node(&each.body, &Source::Text(text))).collect(),
        };
        let outcomes = children.iter().map(|child| &child.outcome);
        let outcome = together(outcomes, each.quantifier == Quantifier::Any).map(|truth| truth != each.negated);
        children.truncate(ITEMS_SHOWN);
        let mut read = read(&each.collection, &value);
        if read.sensitive {
            children.clear();
        }
        read.is_null = read.value.is_empty();
        Node { expression: each.span.of(self.text).to_owned(), outcome, read: Some(read), children }
    }
}

/// True when one is `decisive`, whatever is not known of the others: for `-or` true decides, for `-and` false.
fn together<'a>(outcomes: impl Iterator<Item = &'a Outcome>, decisive: bool) -> Outcome {
    let mut unknown = None;
    for outcome in outcomes {
        match outcome {
            Ok(truth) if *truth == decisive => return Ok(decisive),
            Ok(_) => {}
            Err(reason) => unknown = unknown.or(Some(reason)),
        }
    }
    unknown.map_or(Ok(!decisive), |reason| Err(reason.clone()))
}

fn read(property: &Property, value: &Value<'_>) -> Read {
    let sensitive = property.is_sensitive();
    let shown = match value {
        _ if sensitive => String::new(),
        Value::Texts(_) if property.takes_first() => value.as_text(true).unwrap_or_default().into_owned(),
        Value::Json(_) if property.kind() == Kind::Plans => {
            let plans: Vec<String> = value.as_plans().iter().map(plan).collect();
            plans.join(", ")
        }
        _ => value.shown(),
    };
    Read {
        name: property.name().to_owned(),
        full_name: property.full_name().into_owned(),
        is_null: *value == Value::Null,
        value: shown,
        sensitive,
    }
}

fn plan(plan: &Plan<'_>) -> String {
    let parts = Item::PLAN.map(|item| plan.part(item).unwrap_or("null"));
    parts.join("/")
}

/// Whether a predicate is true of a value. The error says why that could not be decided.
pub fn holds(predicate: &Predicate, property: &Property, value: &Value<'_>, now: Ticks) -> Outcome {
    let first = property.takes_first();
    Ok(match property.kind() {
        Kind::Text => {
            let Some(text) = value.as_text(first) else { return Ok(*predicate == Predicate::Null) };
            let is = |scalar: &Scalar| matches!(scalar, Scalar::Text(wanted) if **wanted == *fold(&text));
            match predicate {
                Predicate::Equals(wanted) => is(wanted),
                Predicate::In(wanted) => wanted.iter().any(is),
                Predicate::StartsWith(start) => fold(&text).starts_with(&**start),
                Predicate::EndsWith(end) => fold(&text).ends_with(&**end),
                Predicate::Contains(part) => fold(&text).contains(&**part),
                Predicate::Match(pattern) => return pattern.is_match(&text),
                Predicate::Null | Predicate::AtMost(_) | Predicate::AtLeast(_) => false,
            }
        }
        Kind::Boolean => match (value.as_boolean(), predicate) {
            (None, Predicate::Null) => true,
            (Some(truth), Predicate::Equals(Scalar::Boolean(wanted))) => truth == *wanted,
            _ => false,
        },
        Kind::Number => match (value.as_number(), predicate) {
            (None, Predicate::Null) => true,
            (Some(number), Predicate::Equals(wanted)) => *wanted == Scalar::Number(number),
            (Some(number), Predicate::In(wanted)) => wanted.contains(&Scalar::Number(number)),
            (Some(number), Predicate::AtMost(Bound::Number(most))) => number <= *most,
            (Some(number), Predicate::AtLeast(Bound::Number(least))) => number >= *least,
            _ => false,
        },
        Kind::Moment => match (value.as_moment(), predicate) {
            (None, Predicate::Null) => true,
            (Some(moment), Predicate::Equals(wanted)) => *wanted == Scalar::Moment(moment),
            (Some(moment), Predicate::AtMost(bound)) => at(*bound, now).is_some_and(|bound| moment <= bound),
            (Some(moment), Predicate::AtLeast(bound)) => at(*bound, now).is_some_and(|bound| moment >= bound),
            _ => false,
        },
        Kind::Texts | Kind::Groups => *predicate == Predicate::Null && value.as_texts().is_empty(),
        Kind::Plans => *predicate == Predicate::Null && value.as_plans().is_empty(),
    })
}

fn at(bound: Bound, now: Ticks) -> Option<Ticks> {
    match bound {
        Bound::Moment(moment) => Some(moment),
        Bound::Now(offset) => Some(now.saturating_add(offset)),
        Bound::Number(_) => None,
    }
}

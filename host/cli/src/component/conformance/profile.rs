//! People who exist for the suite only.

use rollcall_sandbox::contract::target::PersonEntry;
use rollcall_sandbox::contract::types::{Attribute, AttributeType, Value};

/// A person of the suite, and what is known of the entry.
#[derive(Debug, Clone)]
pub struct Profile {
    /// The source's id.
    pub id: String,
    /// The target's id.
    pub remote: Option<String>,
    /// What the entry should hold.
    pub values: Vec<Value>,
    attributes: Vec<Attribute>,
}

impl Profile {
    /// The person with a number, with a value for each attribute.
    pub fn new(attributes: &[Attribute], number: u32) -> Self {
        let values = attributes.iter().map(|attribute| value(attribute, number)).collect();
        Self { id: format!("rollcall-conformance-{number}"), remote: None, values, attributes: attributes.to_vec() }
    }

    /// The value of the first matching attribute.
    pub fn matching(&self) -> String {
        rollcall_sync::profile::matching_text(&self.attributes, &self.values).unwrap_or_default()
    }

    /// As a new entry, whatever is known of it.
    pub fn entry(&self) -> PersonEntry {
        PersonEntry {
            person: self.id.clone(),
            remote: None,
            values: self.values.clone(),
            before: Vec::new(),
            active: true,
        }
    }

    /// As an entry that is known.
    pub fn again(&self) -> PersonEntry {
        self.changed_from(self.values.clone())
    }

    /// As an entry that is known, with other values than before.
    pub fn changed_from(&self, before: Vec<Value>) -> PersonEntry {
        PersonEntry { remote: self.remote.clone(), before, ..self.entry() }
    }

    /// Changes one attribute; answers its name.
    pub fn renamed(&mut self) -> Option<String> {
        self.set(false, |text| Value::Text(format!("{text} changed")))
    }

    /// Clears one attribute; answers its name.
    pub fn cleared(&mut self) -> Option<String> {
        self.set(true, |_| Value::Null)
    }

    /// The first or the last of the texts that identify nobody. A target may insist on the first: it is the name, usually.
    fn set(&mut self, last: bool, change: impl Fn(&str) -> Value) -> Option<String> {
        let mut free = self.attributes.iter().zip(&mut self.values).filter(|(attribute, value)| {
            attribute.matching.is_none()
                && !attribute.creation_only
                && is_free(&attribute.name)
                && matches!(value, Value::Text(_))
        });
        let (attribute, value) = if last { free.next_back() } else { free.next() }?;
        if let Value::Text(text) = &*value {
            *value = change(text);
        }
        Some(attribute.name.clone())
    }

    /// How what the target lists differs.
    pub fn differences(&self, found: &[Value]) -> Vec<String> {
        let pairs = self.attributes.iter().zip(self.values.iter().zip(found));
        let differ = |value: &Value, found: &Value| *found != Value::Keep && value != found;
        pairs
            .filter(|(_, (value, found))| differ(value, found))
            .map(|(attribute, (value, found))| {
                format!("{}: `{}` should be {value:?}, and is {found:?}", self.id, attribute.name)
            })
            .collect()
    }
}

/// Whether any text will do: an address, a number or a country must have a form.
fn is_free(name: &str) -> bool {
    !["phone", "mail", "manager", "country", "language", "locale", "time_zone", "url", "photo", "date"]
        .iter()
        .any(|form| name.contains(form))
}

fn value(attribute: &Attribute, number: u32) -> Value {
    let name = attribute.name.as_str();
    match attribute.kind {
        // Numbers that are nobody's: 206-555-01xx and the like.
        AttributeType::Text if name.contains("phone") => Value::Text(format!("+1206555{number:04}")),
        AttributeType::Text if name.contains("mail") || name == "user_name" => {
            Value::Text(format!("conformance.{number}@example.org"))
        }
        AttributeType::Text if attribute.matching.is_some() => Value::Text(format!("conformance-{number}")),
        AttributeType::Text if is_free(name) => Value::Text(format!("Conformance {name} {number}")),
        AttributeType::Boolean => Value::Boolean(true),
        AttributeType::Integer => Value::Integer(i64::from(number)),
        AttributeType::Number => Value::Number(f64::from(number) + 0.5),
        AttributeType::DateTime => Value::DateTime("2026-01-02T00:00:00Z".to_owned()),
        AttributeType::Texts if is_free(name) => Value::Texts(vec![format!("one {number}"), format!("two {number}")]),
        AttributeType::Text | AttributeType::Texts => Value::Null,
    }
}

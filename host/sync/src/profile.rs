//! Profiles at rest: values by position, with the number of the schema that gives the positions their names.
//!
//! A profile is stored as a JSON list: the schema's number, then the values. `keep` is an empty object. Numbers and texts need
//! no marks of their own, because the schema knows the types.

use rollcall_sandbox::contract::types::{Attribute, AttributeType, Value};
use serde::ser::{SerializeSeq, Serializer};

/// The number of a schema in the tenant's state.
pub type SchemaNumber = u32;

/// The values of one person, in the order of a schema.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Which schema.
    pub schema: SchemaNumber,
    /// One value for each attribute.
    pub values: Vec<Value>,
}

impl Profile {
    /// The text that is stored.
    pub fn encode(&self) -> String {
        let mut out = Vec::with_capacity(32 * self.values.len() + 8);
        let mut serializer = serde_json::Serializer::new(&mut out);
        // Writing JSON to memory cannot fail, and the bytes are UTF-8.
        let _ = self.write(&mut serializer);
        String::from_utf8(out).unwrap_or_default()
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.values.len() + 1))?;
        list.serialize_element(&self.schema)?;
        for value in &self.values {
            match value {
                Value::Null => list.serialize_element(&()),
                Value::Boolean(value) => list.serialize_element(value),
                Value::Integer(value) => list.serialize_element(value),
                Value::Number(value) => list.serialize_element(value),
                Value::Text(value) | Value::DateTime(value) | Value::Json(value) => list.serialize_element(value),
                Value::Texts(value) => list.serialize_element(value),
                Value::Keep => list.serialize_element(&serde_json::Map::new()),
            }?;
        }
        list.end()
    }

    /// Reads a stored text; none if it was not written by [`encode`](Self::encode).
    pub fn decode(text: &str, schema_of: impl Fn(SchemaNumber) -> Option<std::sync::Arc<[Attribute]>>) -> Option<Self> {
        let stored: Vec<serde_json::Value> = serde_json::from_str(text).ok()?;
        let (number, stored) = stored.split_first()?;
        let schema = u32::try_from(number.as_u64()?).ok()?;
        let attributes = schema_of(schema)?;
        if attributes.len() != stored.len() {
            return None;
        }
        let values = stored.iter().zip(attributes.iter()).map(|(json, attribute)| read(json, attribute.kind)).collect();
        Some(Self { schema, values })
    }

    /// The same values in the order of another schema, matched by name: of what the other has and this has not, nothing is known.
    pub fn in_order_of(&self, mine: &[Attribute], other: &[Attribute], number: SchemaNumber) -> Self {
        let values = other
            .iter()
            .map(|wanted| {
                let position = mine.iter().position(|attribute| attribute.name == wanted.name);
                position.and_then(|at| self.values.get(at)).cloned().unwrap_or(Value::Keep)
            })
            .collect();
        Self { schema: number, values }
    }
}

fn read(json: &serde_json::Value, kind: AttributeType) -> Value {
    match (json, kind) {
        (serde_json::Value::Null, _) => Value::Null,
        (serde_json::Value::Object(_), _) => Value::Keep,
        (serde_json::Value::Bool(value), _) => Value::Boolean(*value),
        (serde_json::Value::Number(value), AttributeType::Integer) => {
            value.as_i64().map_or(Value::Null, Value::Integer)
        }
        (serde_json::Value::Number(value), _) => value.as_f64().map_or(Value::Null, Value::Number),
        (serde_json::Value::String(value), AttributeType::DateTime) => Value::DateTime(value.clone()),
        (serde_json::Value::String(value), _) => Value::Text(value.clone()),
        (serde_json::Value::Array(values), _) => {
            Value::Texts(values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect())
        }
    }
}

/// Whether a value may stand in an attribute of this type.
pub fn fits(value: &Value, kind: AttributeType) -> bool {
    match value {
        Value::Null | Value::Keep => true,
        Value::Boolean(_) => kind == AttributeType::Boolean,
        Value::Integer(_) => kind == AttributeType::Integer,
        Value::Number(number) => kind == AttributeType::Number && number.is_finite(),
        Value::Text(_) => kind == AttributeType::Text,
        Value::DateTime(_) => kind == AttributeType::DateTime,
        Value::Texts(_) => kind == AttributeType::Texts,
        Value::Json(_) => false,
    }
}

/// A value as a person reads it in a log.
pub fn readable(value: &Value) -> serde_json::Value {
    match value {
        Value::Null | Value::Keep => serde_json::Value::Null,
        Value::Boolean(value) => (*value).into(),
        Value::Integer(value) => (*value).into(),
        Value::Number(value) => (*value).into(),
        Value::Text(value) | Value::DateTime(value) | Value::Json(value) => value.as_str().into(),
        Value::Texts(values) => values.as_slice().into(),
    }
}

/// The value of the first matching attribute as text: what a target without ids of its own knows the person by.
pub fn matching_text(attributes: &[Attribute], values: &[Value]) -> Option<String> {
    let (position, _) = attributes
        .iter()
        .enumerate()
        .filter_map(|(position, attribute)| attribute.matching.map(|precedence| (position, precedence)))
        .min_by_key(|(position, precedence)| (*precedence, *position))?;
    match values.get(position)? {
        Value::Text(text) | Value::DateTime(text) if !text.is_empty() => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn attribute(name: &str, kind: AttributeType, matching: Option<u32>) -> Attribute {
        Attribute { name: name.into(), kind, sensitive: false, creation_only: false, matching }
    }

    #[test]
    fn a_profile_reads_back_as_it_was_stored() {
        let schema: Arc<[Attribute]> = vec![
            attribute("a", AttributeType::Text, None),
            attribute("b", AttributeType::Integer, None),
            attribute("c", AttributeType::Number, None),
            attribute("d", AttributeType::DateTime, None),
            attribute("e", AttributeType::Texts, None),
            attribute("f", AttributeType::Boolean, None),
            attribute("g", AttributeType::Text, None),
            attribute("h", AttributeType::Text, None),
        ]
        .into();
        let profile = Profile {
            schema: 3,
            values: vec![
                Value::Text("ж\"\n".into()),
                Value::Integer(-4),
                Value::Number(2.0),
                Value::DateTime("2026-01-01T00:00:00Z".into()),
                Value::Texts(vec!["x".into(), String::new()]),
                Value::Boolean(true),
                Value::Null,
                Value::Keep,
            ],
        };
        let text = profile.encode();
        assert_eq!(Profile::decode(&text, |number| (number == 3).then(|| schema.clone())), Some(profile));
        assert_eq!(Profile::decode(&text, |_| None), None);
    }

    #[test]
    fn the_matching_text_is_that_of_the_lowest_precedence() {
        let schema =
            [attribute("mail", AttributeType::Text, Some(2)), attribute("phone", AttributeType::Text, Some(1))];
        let values = [Value::Text("a@b".into()), Value::Text("+911".into())];
        assert_eq!(matching_text(&schema, &values).as_deref(), Some("+911"));
        assert_eq!(matching_text(&schema, &[Value::Text("a@b".into()), Value::Null]), None);
    }
}

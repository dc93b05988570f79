//! Values and attributes as JSON, for samples and results.

use rollcall_sandbox::contract::types::{Attribute, AttributeType, Value};
use serde_json::{Map, Value as Json};

/// A size in the usual unit.
pub fn size(bytes: usize) -> String {
    if bytes < 1 << 20 {
        format!("{} KiB", bytes.div_ceil(1 << 10))
    } else {
        format!("{:.1} MiB", bytes as f64 / 1_048_576.0)
    }
}

/// The word of a type, as in the contract.
pub fn kind(kind: AttributeType) -> &'static str {
    match kind {
        AttributeType::Text => "text",
        AttributeType::Boolean => "boolean",
        AttributeType::Integer => "integer",
        AttributeType::Number => "number",
        AttributeType::DateTime => "date-time",
        AttributeType::Texts => "texts",
    }
}

/// The type that a word means.
pub fn kind_of(word: &str) -> Option<AttributeType> {
    use AttributeType::{Boolean, DateTime, Integer, Number, Text, Texts};
    [Text, Boolean, Integer, Number, DateTime, Texts].into_iter().find(|known| kind(*known) == word)
}

/// Whether a profile may hold this value in an attribute of this type: the host takes it, and a date-time is one.
pub fn fits(value: &Value, wanted: AttributeType) -> bool {
    let moment = match value {
        Value::DateTime(text) => rollcall_sync::clock::parse_rfc3339(text).is_some(),
        _ => true,
    };
    moment && rollcall_sync::profile::fits(value, wanted)
}

/// A value of a sample in the type that an attribute has; none when it does not fit.
pub fn read(json: &Json, wanted: AttributeType) -> Option<Value> {
    Some(match (json, wanted) {
        (Json::Null, _) => Value::Null,
        (Json::Bool(value), AttributeType::Boolean) => Value::Boolean(*value),
        (Json::Number(value), AttributeType::Integer) => Value::Integer(value.as_i64()?),
        (Json::Number(value), AttributeType::Number) => Value::Number(value.as_f64()?),
        (Json::String(value), AttributeType::Text) => Value::Text(value.clone()),
        (Json::String(value), AttributeType::DateTime) => Value::DateTime(value.clone()),
        (Json::Array(values), AttributeType::Texts) => {
            Value::Texts(values.iter().map(|value| value.as_str().map(str::to_owned)).collect::<Option<_>>()?)
        }
        _ => return None,
    })
}

/// A profile given by name, in the order of the attributes. Says which name or value does not fit.
pub fn row(profile: &Map<String, Json>, attributes: &[Attribute]) -> Result<Vec<Value>, String> {
    if let Some(name) = profile.keys().find(|name| !attributes.iter().any(|attribute| attribute.name == **name)) {
        return Err(format!("there is no attribute \"{name}\": declare it as [[attribute]] in component.toml"));
    }
    attributes
        .iter()
        .map(|attribute| {
            let json = profile.get(&attribute.name).unwrap_or(&Json::Null);
            read(json, attribute.kind).ok_or_else(|| {
                format!("{json} is no value for \"{}\", which is {}", attribute.name, kind(attribute.kind))
            })
        })
        .collect()
}

/// A profile by name.
pub fn named(values: &[Value], attributes: &[Attribute]) -> Map<String, Json> {
    let pairs = attributes.iter().zip(values);
    pairs.map(|(attribute, value)| (attribute.name.clone(), rollcall_sync::profile::readable(value))).collect()
}

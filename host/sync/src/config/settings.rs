//! The settings of a step, as the component gets them: JSON.

use serde_json::{Map, Number, Value};
use sha2::{Digest, Sha256};
use toml::de::DeValue;

use super::section::{Entry, Section};

/// Makes JSON of a value of the file. Dates and times become texts; infinite numbers, which JSON does not have, are refused.
pub(super) fn to_json(section: &Section<'_>, entry: &Entry<'_>) -> Value {
    convert(section, &entry.path, entry.value)
}

fn convert(section: &Section<'_>, path: &str, value: &toml::Spanned<DeValue<'_>>) -> Value {
    let refuse = |message: &str| {
        section.reader.error(&value.span(), path, message, None);
        Value::Null
    };
    match value.get_ref() {
        DeValue::String(text) => Value::String(text.clone().into_owned()),
        DeValue::Boolean(yes) => Value::Bool(*yes),
        DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
            Ok(number) => Value::Number(number.into()),
            Err(_) => refuse("the number is too large"),
        },
        DeValue::Float(number) => match number.as_str().parse().ok().and_then(Number::from_f64) {
            Some(number) => Value::Number(number),
            None => refuse("the number is neither finite nor small enough"),
        },
        DeValue::Datetime(moment) => Value::String(moment.to_string()),
        DeValue::Array(list) => {
            let each = list.iter().enumerate().map(|(index, item)| convert(section, &format!("{path}[{index}]"), item));
            Value::Array(each.collect())
        }
        DeValue::Table(table) => {
            let each = table.iter().map(|(key, item)| {
                let key = key.get_ref().clone().into_owned();
                let item = convert(section, &format!("{path}.{key}"), item);
                (key, item)
            });
            Value::Object(each.collect::<Map<_, _>>())
        }
    }
}

/// The SHA-256 of settings in one canonical form, in hexadecimal: the same settings give the same text, however they are
/// written and whatever the order of their keys.
pub(super) fn digest(settings: &Value) -> String {
    let mut canonical = String::new();
    write_canonical(settings, &mut canonical);
    let hash = Sha256::digest(canonical.as_bytes());
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Array(list) => {
            out.push('[');
            for (index, item) in list.iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                write_canonical(item, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            // Sorted here: whether the map itself is depends on a feature that any crate of a build may switch.
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                out.push_str(if index > 0 { "," } else { "" });
                out.push_str(&Value::String(key.clone()).to_string());
                out.push(':');
                write_canonical(item, out);
            }
            out.push('}');
        }
        scalar => out.push_str(&scalar.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::digest;
    use serde_json::json;

    #[test]
    fn the_digest_follows_the_content_and_not_the_order() {
        let one: serde_json::Value = serde_json::from_str(r#"{"a":1,"b":{"c":[1,2],"d":null}}"#).unwrap();
        let other: serde_json::Value = serde_json::from_str(r#"{"b":{"d":null,"c":[1,2]},"a":1}"#).unwrap();
        assert_eq!(digest(&one), digest(&other));
        assert_ne!(digest(&one), digest(&json!({"a": 1, "b": {"c": [2, 1], "d": null}})));
        assert_eq!(digest(&json!({})), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
    }
}

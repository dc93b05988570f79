//! A value as the text of a field.

use rollcall_sdk::Value;

/// The text; empty where there is no value.
pub(crate) fn text(value: &Value, list_separator: &str) -> String {
    match value {
        Value::Null | Value::Keep => String::new(),
        Value::Text(text) | Value::DateTime(text) | Value::Json(text) => text.clone(),
        Value::Boolean(truth) => truth.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Texts(texts) => texts.join(list_separator),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_has_a_text() {
        for (value, expected) in [
            (Value::Null, ""),
            (Value::Keep, ""),
            (Value::Text("Vance, A".into()), "Vance, A"),
            (Value::Boolean(true), "true"),
            (Value::Boolean(false), "false"),
            (Value::Integer(-7), "-7"),
            (Value::Number(0.5), "0.5"),
            (Value::DateTime("2026-11-23T06:30:00Z".into()), "2026-11-23T06:30:00Z"),
            (Value::Texts(vec!["a".into(), "b".into()]), "a; b"),
            (Value::Texts(vec![]), ""),
        ] {
            assert_eq!(text(&value, "; "), expected);
        }
    }
}

//! Values and attributes: making them, reading them, and to and from JSON.

use serde::{Serialize, Serializer};

use crate::{Attribute, AttributeType, Value};

impl Value {
    /// The text of a `Text` or `DateTime`.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::DateTime(text) => Some(text),
            _ => None,
        }
    }

    /// The truth of a `Boolean`.
    pub fn as_boolean(&self) -> Option<bool> {
        match self {
            Value::Boolean(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The number of an `Integer`.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The number of a `Number` or an `Integer`.
    pub fn as_number(&self) -> Option<f64> {
        match self {
            Value::Number(number) => Some(*number),
            Value::Integer(number) => Some(*number as f64),
            _ => None,
        }
    }

    /// The texts of a `Texts`.
    pub fn as_texts(&self) -> Option<&[String]> {
        match self {
            Value::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// True for `Null`: there is no value.
    pub fn is_null(&self) -> bool {
        matches!(self, Value::Null)
    }

    /// True for `Keep`: what the target has stays.
    pub fn is_keep(&self) -> bool {
        matches!(self, Value::Keep)
    }

    /// A number, or `Null` for an infinite one and for "not a number", which the contract has no place for.
    pub fn number(number: f64) -> Self {
        if number.is_finite() { Value::Number(number) } else { Value::Null }
    }

    /// The value that JSON stands for: a list of texts becomes `Texts`, an object or any other list `Json`.
    ///
    /// ```
    /// use rollcall_sdk::Value;
    /// assert_eq!(Value::from_json(serde_json::json!(["a", "b"])), Value::Texts(vec!["a".into(), "b".into()]));
    /// assert_eq!(Value::from_json(serde_json::json!({"id": 7})), Value::Json(r#"{"id":7}"#.into()));
    /// ```
    pub fn from_json(json: serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Value::Null,
            Json::Bool(truth) => Value::Boolean(truth),
            Json::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Value::Integer(whole),
                (None, Some(fraction)) => Value::number(fraction),
                (None, None) => Value::Null,
            },
            Json::String(text) => Value::Text(text),
            Json::Array(items) if items.iter().all(Json::is_string) => Value::Texts(
                items
                    .into_iter()
                    .filter_map(|item| if let Json::String(text) = item { Some(text) } else { None })
                    .collect(),
            ),
            other @ (Json::Array(_) | Json::Object(_)) => Value::Json(other.to_string()),
        }
    }

    /// The value as JSON. `Keep` has no JSON and becomes `null`, as does JSON text that cannot be read.
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Value::Null | Value::Keep => Json::Null,
            Value::Boolean(truth) => Json::Bool(*truth),
            Value::Integer(number) => Json::from(*number),
            Value::Number(number) => Json::from(*number),
            Value::Text(text) | Value::DateTime(text) => Json::from(text.as_str()),
            Value::Texts(texts) => Json::from(texts.clone()),
            Value::Json(json) => serde_json::from_str(json).unwrap_or(Json::Null),
        }
    }
}

/// The same JSON as [`Value::to_json`], written at once.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Value::Null | Value::Keep => serializer.serialize_unit(),
            Value::Boolean(truth) => serializer.serialize_bool(*truth),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Number(number) => serializer.serialize_f64(*number),
            Value::Text(text) | Value::DateTime(text) => serializer.serialize_str(text),
            Value::Texts(texts) => texts.serialize(serializer),
            Value::Json(_) => self.to_json().serialize(serializer),
        }
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Value::Boolean(truth)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Value::Integer(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Value::number(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Value::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Value::Text(text)
    }
}

impl From<Vec<String>> for Value {
    fn from(texts: Vec<String>) -> Self {
        Value::Texts(texts)
    }
}

/// None becomes `Null`.
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

impl Attribute {
    /// An attribute of this type that is neither sensitive, nor for creation only, nor matching.
    pub fn new(name: impl Into<String>, kind: AttributeType) -> Self {
        Attribute { name: name.into(), kind, sensitive: false, creation_only: false, matching: None }
    }

    /// A text attribute: `new` with the commonest type.
    pub fn text(name: impl Into<String>) -> Self {
        Attribute::new(name, AttributeType::Text)
    }

    /// Its value must not appear in logs, history or explanations.
    pub fn sensitive(self) -> Self {
        Attribute { sensitive: true, ..self }
    }

    /// Its value is given when a person is created in the target, and never changed afterwards.
    pub fn creation_only(self) -> Self {
        Attribute { creation_only: true, ..self }
    }

    /// It identifies an entry that is already in the target; the lowest precedence is tried first.
    pub fn matching(self, precedence: u32) -> Self {
        Attribute { matching: Some(precedence), ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_becomes_the_value_that_it_stands_for_and_back() {
        for (json, value) in [
            (json!(null), Value::Null),
            (json!(true), Value::Boolean(true)),
            (json!(7), Value::Integer(7)),
            (json!(-0.5), Value::Number(-0.5)),
            (json!("x"), Value::Text("x".into())),
            (json!([]), Value::Texts(vec![])),
            (json!(["a"]), Value::Texts(vec!["a".into()])),
            (json!([1]), Value::Json("[1]".into())),
        ] {
            assert_eq!(Value::from_json(json.clone()), value);
            assert_eq!(value.to_json(), json);
            assert_eq!(serde_json::to_string(&value).unwrap(), json.to_string());
        }
        assert_eq!(serde_json::to_string(&[Value::Keep, Value::Json("{".into())]).unwrap(), "[null,null]");
    }

    #[test]
    fn a_number_too_large_for_an_integer_becomes_a_number_with_a_fraction() {
        assert_eq!(Value::from_json(json!(u64::MAX)), Value::Number(u64::MAX as f64));
    }

    #[test]
    fn not_a_number_becomes_null() {
        assert_eq!(Value::from(f64::NAN), Value::Null);
        assert_eq!(Value::from(f64::INFINITY), Value::Null);
    }

    #[test]
    fn a_missing_option_becomes_null() {
        assert_eq!(Value::from(None::<&str>), Value::Null);
        assert_eq!(Value::from(Some("x")), Value::Text("x".into()));
    }
}

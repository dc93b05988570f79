//! What an expression can come to.

use std::borrow::Cow;

use crate::moment::Moment;

/// A value. Texts are borrowed from the person's JSON or from the expression where that is possible.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Value<'a> {
    /// There is none.
    #[default]
    Null,
    /// True or False.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction; never infinite and never "not a number".
    Number(f64),
    /// A text. The empty text is a value.
    Text(Cow<'a, str>),
    /// A moment.
    Moment(Moment),
    /// Several texts.
    Texts(Texts<'a>),
    /// An object, or a list of objects, as JSON text.
    Json(Cow<'a, str>),
    /// "Leave what the target has."
    Keep,
}

/// The texts of a list. (`Cow` of a slice would tie its lifetime to that of its texts.)
#[derive(Debug, Clone)]
pub enum Texts<'a> {
    /// Those of an attribute.
    Borrowed(&'a [Cow<'a, str>]),
    /// New ones.
    Owned(Vec<Cow<'a, str>>),
}

impl<'a> Texts<'a> {
    /// The texts themselves; they are copied only if the list is borrowed, and then not their letters.
    pub fn into_vec(self) -> Vec<Cow<'a, str>> {
        match self {
            Self::Owned(texts) => texts,
            Self::Borrowed(texts) => texts.iter().map(|text| Cow::Borrowed(text.as_ref())).collect(),
        }
    }
}

impl<'a> std::ops::Deref for Texts<'a> {
    type Target = [Cow<'a, str>];

    fn deref(&self) -> &Self::Target {
        match self {
            Self::Borrowed(texts) => texts,
            Self::Owned(texts) => texts,
        }
    }
}

impl PartialEq for Texts<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a> Value<'a> {
    /// A text.
    pub fn text(text: impl Into<Cow<'a, str>>) -> Self {
        Self::Text(text.into())
    }

    /// A list of texts; null when it has none.
    pub fn texts(texts: Vec<Cow<'a, str>>) -> Self {
        if texts.is_empty() { Self::Null } else { Self::Texts(Texts::Owned(texts)) }
    }

    /// A value that the host gave.
    pub fn from_contract(value: rollcall_sdk::Value) -> Value<'static> {
        use rollcall_sdk::Value as Given;
        match value {
            Given::Null => Value::Null,
            Given::Keep => Value::Keep,
            Given::Boolean(value) => Value::Boolean(value),
            Given::Integer(number) => Value::Integer(number),
            Given::Number(number) => Value::Number(number),
            Given::Text(text) | Given::DateTime(text) => Value::Text(text.into()),
            Given::Texts(texts) => Value::texts(texts.into_iter().map(Cow::Owned).collect()),
            Given::Json(json) => Value::Json(json.into()),
        }
    }

    /// The same value, borrowed.
    pub fn borrow<'b>(&'b self) -> Value<'b> {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Boolean(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Number(value) => Value::Number(*value),
            Self::Text(text) => Value::Text(Cow::Borrowed(text)),
            Self::Moment(moment) => Value::Moment(*moment),
            Self::Texts(texts) => Value::Texts(Texts::Borrowed(texts)),
            Self::Json(json) => Value::Json(Cow::Borrowed(json)),
            Self::Keep => Value::Keep,
        }
    }

    /// The same value, independent of what it was borrowed from.
    pub fn into_owned(self) -> Value<'static> {
        match self {
            Self::Null => Value::Null,
            Self::Boolean(value) => Value::Boolean(value),
            Self::Integer(value) => Value::Integer(value),
            Self::Number(value) => Value::Number(value),
            Self::Text(text) => Value::Text(Cow::Owned(text.into_owned())),
            Self::Moment(moment) => Value::Moment(moment),
            Self::Texts(texts) => {
                Value::Texts(Texts::Owned(texts.iter().map(|text| Cow::Owned(text.clone().into_owned())).collect()))
            }
            Self::Json(json) => Value::Json(Cow::Owned(json.into_owned())),
            Self::Keep => Value::Keep,
        }
    }

    /// Whether there is no value. "Leave it" counts as none wherever a value is needed.
    pub fn is_null(&self) -> bool {
        match self {
            Self::Null | Self::Keep => true,
            Self::Texts(texts) => texts.is_empty(),
            _ => false,
        }
    }

    /// Whether there is no value, or an empty text.
    pub fn is_null_or_empty(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Texts(texts) => texts.iter().all(|text| text.is_empty()),
            other => other.is_null(),
        }
    }

    /// A single value as text: numbers and dates as the language writes them. None for null, lists and objects.
    pub fn into_text(self) -> Option<Cow<'a, str>> {
        match self {
            Self::Boolean(value) => Some(Cow::Borrowed(boolean_text(value))),
            Self::Integer(number) => Some(number.to_string().into()),
            Self::Number(number) => Some(number.to_string().into()),
            Self::Text(text) => Some(text),
            Self::Moment(moment) => Some(moment.to_string().into()),
            Self::Null | Self::Keep | Self::Texts(_) | Self::Json(_) => None,
        }
    }

    /// The value as JSON: dates as the text that they read as, "leave it" as null.
    pub fn to_json(&self) -> serde_json::Value {
        match self {
            Self::Null | Self::Keep => serde_json::Value::Null,
            Self::Boolean(value) => (*value).into(),
            Self::Integer(value) => (*value).into(),
            Self::Number(value) => (*value).into(),
            Self::Text(text) => text.as_ref().into(),
            Self::Moment(moment) => moment.to_string().into(),
            Self::Texts(texts) => texts.iter().map(|text| text.as_ref()).collect(),
            Self::Json(json) => serde_json::from_str(json).unwrap_or_default(),
        }
    }

    /// What kind of value it is, for a message.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null | Self::Keep => "null",
            Self::Boolean(_) => "True or False",
            Self::Integer(_) | Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Moment(_) => "a date",
            Self::Texts(_) => "a list",
            Self::Json(_) => "an object",
        }
    }
}

/// True or False, as the language writes them.
pub fn boolean_text(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// The number that a text reads as: `12`, `-1.5`, `&HF`. Blanks beside it do no harm.
pub fn number_in(text: &str) -> Option<Numeric> {
    let text = text.trim();
    // No number that fits needs more; what is longer is an identifier.
    if text.is_empty() || text.len() > 40 {
        return None;
    }
    if let Some(digits) = text.strip_prefix("&H").or_else(|| text.strip_prefix("&h")) {
        let plain = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        return i64::from_str_radix(digits, 16).ok().filter(|_| plain).map(Numeric::Integer);
    }
    if let Ok(number) = text.parse() {
        return Some(Numeric::Integer(number));
    }
    let numeric = text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    text.parse().ok().filter(|number: &f64| numeric && number.is_finite()).map(Numeric::Number)
}

/// A whole number or one with a fraction.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Numeric {
    /// Whole.
    Integer(i64),
    /// With a fraction.
    Number(f64),
}

impl Numeric {
    /// As a whole number: halves go to the even neighbour, as in Visual Basic. None if it is too large.
    pub fn rounded(self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(number),
            Self::Number(number) => {
                let rounded = number.round_ties_even();
                // The cast is exact within these bounds.
                (rounded.abs() < 9_007_199_254_740_992.0).then_some(rounded as i64)
            }
        }
    }

    /// With a fraction.
    pub fn approximate(self) -> f64 {
        match self {
            Self::Integer(number) => number as f64,
            Self::Number(number) => number,
        }
    }
}

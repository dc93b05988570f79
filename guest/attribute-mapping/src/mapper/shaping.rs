//! A value in the type of its attribute.

use rollcall_sdk::Value as Out;

use crate::compile::shown;
use crate::moment::Moment;
use crate::settings::{Constant, Type};
use crate::value::{Value, number_in};

/// The value in the type, or why it cannot be.
pub fn shape(value: Value<'_>, kind: Type) -> Result<Out, String> {
    match (value, kind) {
        // Most values are texts for texts.
        (Value::Text(text), Type::Text) => Ok(Out::Text(text.into_owned())),
        (Value::Keep, _) => Ok(Out::Keep),
        (value, _) if value.is_null() => Ok(Out::Null),
        (Value::Json(_), _) => {
            Err("this is an object; name one of its fields, such as [employeeOrgData.division]".into())
        }
        (Value::Texts(texts), Type::List) => {
            Ok(Out::Texts(texts.into_vec().into_iter().map(|text| text.into_owned()).collect()))
        }
        (Value::Texts(texts), kind) => {
            let mut texts = texts.into_vec();
            match (texts.pop(), texts.len()) {
                (Some(only), 0) => shape(Value::Text(only), kind),
                (_, more) => Err(format!(
                    "this has {} values where one is needed; choose with Item, combine with Join, or set type = \"list\"",
                    more + 1
                )),
            }
        }
        (Value::Moment(moment), Type::DateTime) => Ok(Out::DateTime(moment.rfc3339())),
        (Value::Boolean(value), Type::YesNo) => Ok(Out::Boolean(value)),
        (Value::Integer(number), Type::WholeNumber) => Ok(Out::Integer(number)),
        (Value::Integer(number), Type::Number) => Ok(Out::Number(number as f64)),
        (Value::Number(number), Type::Number) => Ok(Out::Number(number)),
        (value, kind) => {
            let text = value.into_text().unwrap_or_default();
            from_text(text.into_owned(), kind)
        }
    }
}

fn from_text(text: String, kind: Type) -> Result<Out, String> {
    let not = |what: &str| Err(format!("\"{}\" is not {what}", shown(&text)));
    match kind {
        Type::Text => Ok(Out::Text(text)),
        Type::List => Ok(Out::Texts(vec![text])),
        _ if text.trim().is_empty() => Ok(Out::Null),
        Type::Number => match number_in(&text) {
            Some(number) => Ok(Out::Number(number.approximate())),
            None => not("a number"),
        },
        Type::WholeNumber => match number_in(&text).and_then(|number| number.rounded()) {
            Some(number) => Ok(Out::Integer(number)),
            None => not("a whole number"),
        },
        Type::YesNo => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "yes" | "1" => Ok(Out::Boolean(true)),
            "false" | "no" | "0" => Ok(Out::Boolean(false)),
            _ => not("yes or no (True, False, Yes, No, 1 or 0)"),
        },
        Type::DateTime => match Moment::read(&text) {
            Some(moment) => Ok(Out::DateTime(moment.rfc3339())),
            None => not("a date that is understood, such as 2026-11-23 or 11/23/2026"),
        },
    }
}

/// A fixed value in the type, or why it cannot be.
pub fn shape_constant(constant: &Constant, kind: Type) -> Result<Out, String> {
    let value = match constant {
        Constant::Boolean(value) => Value::Boolean(*value),
        Constant::Integer(number) => Value::Integer(*number),
        Constant::Number(number) if number.is_finite() => Value::Number(*number),
        Constant::Number(_) => return Err("this number is not finite".into()),
        Constant::Text(text) => Value::text(text.as_str()),
        Constant::Texts(texts) => Value::texts(texts.iter().map(|text| text.as_str().into()).collect()),
    };
    shape(value, kind)
}

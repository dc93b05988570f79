//! `= <> < <= > >=`.
//!
//! * Two texts are equal when they are the same, letter for letter. Which comes first is decided as numbers when both are
//!   numbers, else by their letters' code points.
//! * A number and a text are compared as numbers when the text is one (`Len([x]) = "10"` occurs in practice), else as texts.
//! * True and False equal the texts "True" and "False" in any case (`[accountEnabled] = "True"`).
//! * A date and a text are compared as dates when the text is one.
//! * Null equals null and the empty text, as in `Switch`; otherwise nothing comes before or after null.

use std::cmp::Ordering;

use crate::language::syntax::Comparison;
use crate::moment::Moment;
use crate::value::{Numeric, Value, boolean_text, number_in};

/// Whether the comparison holds, or why it cannot be made.
pub fn compare(sign: Comparison, left: &Value<'_>, right: &Value<'_>) -> Result<bool, String> {
    let ordering = order(left, right)?;
    Ok(match sign {
        Comparison::Equal => equal(left, right, ordering),
        Comparison::NotEqual => !equal(left, right, ordering),
        Comparison::Less => ordering == Some(Ordering::Less),
        Comparison::LessOrEqual => matches!(ordering, Some(Ordering::Less | Ordering::Equal)),
        Comparison::Greater => ordering == Some(Ordering::Greater),
        Comparison::GreaterOrEqual => matches!(ordering, Some(Ordering::Greater | Ordering::Equal)),
    })
}

fn equal(left: &Value<'_>, right: &Value<'_>, ordering: Option<Ordering>) -> bool {
    match (single_text(left), single_text(right)) {
        // "1.0" and "1" are different texts, although neither is the smaller number.
        (Some(left), Some(right)) => left == right,
        _ => ordering == Some(Ordering::Equal),
    }
}

fn single_text<'v>(value: &'v Value<'_>) -> Option<&'v str> {
    match value {
        Value::Text(text) => Some(text),
        Value::Texts(texts) if texts.len() == 1 => texts.first().map(|text| text.as_ref()),
        _ => None,
    }
}

fn order(left: &Value<'_>, right: &Value<'_>) -> Result<Option<Ordering>, String> {
    for value in [left, right] {
        match value {
            Value::Texts(texts) if texts.len() > 1 => {
                return Err(format!(
                    "a list with {} values cannot be compared; choose with Item or combine with Join",
                    { texts.len() }
                ));
            }
            Value::Json(_) => return Err("an object cannot be compared; name one of its fields".into()),
            _ => {}
        }
    }
    if left.is_null() || right.is_null() {
        let same = left.is_null_or_empty() && right.is_null_or_empty();
        return Ok(same.then_some(Ordering::Equal));
    }
    if let (Some(left), Some(right)) = (number(left), number(right)) {
        return Ok(match (left, right) {
            (Numeric::Integer(left), Numeric::Integer(right)) => Some(left.cmp(&right)),
            _ => left.approximate().partial_cmp(&right.approximate()),
        });
    }
    if matches!(left, Value::Moment(_)) || matches!(right, Value::Moment(_)) {
        return Ok(match (moment(left), moment(right)) {
            (Some(left), Some(right)) => Some(left.ticks().cmp(&right.ticks())),
            _ => Some(as_text(left).cmp(&as_text(right))),
        });
    }
    if let Value::Boolean(left) = left {
        return Ok(truth(right).map(|right| left.cmp(&right)));
    }
    if let Value::Boolean(right) = right {
        return Ok(truth(left).map(|left| left.cmp(right)));
    }
    Ok(Some(as_text(left).cmp(&as_text(right))))
}

fn number(value: &Value<'_>) -> Option<Numeric> {
    match value {
        Value::Integer(number) => Some(Numeric::Integer(*number)),
        Value::Number(number) => Some(Numeric::Number(*number)),
        other => number_in(single_text(other)?),
    }
}

fn moment(value: &Value<'_>) -> Option<Moment> {
    match value {
        Value::Moment(moment) => Some(*moment),
        other => Moment::read(single_text(other)?),
    }
}

fn truth(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Boolean(value) => Some(*value),
        other => {
            let text = single_text(other)?;
            [true, false].into_iter().find(|truth| text.eq_ignore_ascii_case(boolean_text(*truth)))
        }
    }
}

fn as_text(value: &Value<'_>) -> String {
    match value {
        Value::Boolean(value) => boolean_text(*value).to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Moment(moment) => moment.to_string(),
        other => single_text(other).unwrap_or_default().to_owned(),
    }
}

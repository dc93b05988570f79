//! Arguments as what a function needs.

use std::borrow::Cow;

use super::{Evaluation, LONGEST_LIST, LONGEST_TEXT};
use crate::compile::shown;
use crate::language::fault::{Fault, Span};
use crate::moment::Moment;
use crate::program::Node;
use crate::value::{Numeric, Texts, Value, boolean_text, number_in};

impl<'a> Evaluation<'a> {
    /// The value of an argument; null when it was left out.
    pub(super) fn given_value(&self, node: &'a Node, position: usize) -> Result<Value<'a>, Fault> {
        node.argument(position).map_or(Ok(Value::Null), |argument| self.value(argument))
    }

    /// An argument as text; none when it is null.
    pub(super) fn text_of(&self, node: &'a Node, position: usize) -> Result<Option<Cow<'a, str>>, Fault> {
        let value = self.given_value(node, position)?;
        self.text_from(value, self.span(node, position))
    }

    /// A value as text; none when it is null.
    pub(super) fn text_from(&self, value: Value<'a>, span: Span) -> Result<Option<Cow<'a, str>>, Fault> {
        match value {
            Value::Texts(texts) => single(texts, span),
            Value::Json(_) => {
                let message = "this is an object where a text is needed; name one of its fields, such as \
                               [employeeOrgData.division]";
                Err(Fault::at(span, message))
            }
            other => Ok(other.into_text()),
        }
    }

    /// An argument as a number; none when it is null or empty.
    pub(super) fn number_of(&self, node: &'a Node, position: usize) -> Result<Option<Numeric>, Fault> {
        let span = self.span(node, position);
        match self.given_value(node, position)? {
            Value::Integer(number) => Ok(Some(Numeric::Integer(number))),
            Value::Number(number) => Ok(Some(Numeric::Number(number))),
            Value::Boolean(value) => {
                Err(Fault::at(span, format!("a number was expected here, but this is {}", boolean_text(value))))
            }
            other => match self.text_from(other, span)? {
                None => Ok(None),
                Some(text) if text.trim().is_empty() => Ok(None),
                Some(text) => {
                    let message = || format!("a number was expected here, but this is \"{}\"", shown(&text));
                    number_in(&text).map(Some).ok_or_else(|| Fault::at(span, message()))
                }
            },
        }
    }

    /// An argument as a whole number; none when it is null or empty. A fraction is rounded, halves to even.
    pub(super) fn whole_of(&self, node: &'a Node, position: usize) -> Result<Option<i64>, Fault> {
        let Some(number) = self.number_of(node, position)? else { return Ok(None) };
        let too_large = || Fault::at(self.span(node, position), "this number is too large");
        number.rounded().map(Some).ok_or_else(too_large)
    }

    /// A whole number that must be there.
    pub(super) fn needed_whole(&self, node: &'a Node, position: usize, name: &str) -> Result<i64, Fault> {
        let missing = || Fault::at(self.span(node, position), format!("{name} has no value"));
        self.whole_of(node, position)?.ok_or_else(missing)
    }

    /// An argument as a condition. Everything that does not say True is False.
    pub(super) fn truth_of(&self, node: &'a Node, position: usize) -> Result<bool, Fault> {
        let value = self.given_value(node, position)?;
        match value {
            Value::Boolean(value) => Ok(value),
            Value::Integer(number) => Ok(number != 0),
            Value::Number(number) => Ok(number != 0.0),
            Value::Moment(_) => Ok(false),
            other => {
                let text = self.text_from(other, self.span(node, position))?.unwrap_or_default();
                let number = number_in(&text).is_some_and(|number| number.approximate() != 0.0);
                Ok(text.trim().eq_ignore_ascii_case("true") || number)
            }
        }
    }

    /// An argument as a date; none when it is null or empty. A text is read in any of the usual forms.
    pub(super) fn date_of(&self, node: &'a Node, position: usize) -> Result<Option<Moment>, Fault> {
        let span = self.span(node, position);
        let value = self.given_value(node, position)?;
        if let Value::Moment(moment) = value {
            return Ok(Some(moment));
        }
        let Some(text) = self.text_from(value, span)?.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
        let message =
            || format!("\"{}\" is no date that is understood, such as 2026-11-23 or 11/23/2026", shown(&text));
        Moment::read(&text).map(Some).ok_or_else(|| Fault::at(span, message()))
    }

    /// Changes the text of the first argument, or each text of a list.
    pub(super) fn each(
        &self,
        node: &'a Node,
        change: impl Fn(Cow<'a, str>) -> Result<Cow<'a, str>, Fault>,
    ) -> Result<Value<'a>, Fault> {
        let value = self.given_value(node, 0)?;
        self.each_in(value, node, change)
    }

    /// The same for a value that is there already.
    pub(super) fn each_in(
        &self,
        value: Value<'a>,
        node: &'a Node,
        change: impl Fn(Cow<'a, str>) -> Result<Cow<'a, str>, Fault>,
    ) -> Result<Value<'a>, Fault> {
        if let Value::Texts(texts) = value {
            let mut changed = Vec::with_capacity(texts.len());
            let mut length = 0;
            for text in texts.into_vec() {
                let text = self.sized(change(text)?, node)?;
                length += text.len();
                if length > LONGEST_LIST {
                    return Err(Fault::at(
                        node.span,
                        format!("this list is too long (more than {LONGEST_LIST} bytes)"),
                    ));
                }
                changed.push(text);
            }
            return Ok(Value::texts(changed));
        }
        match self.text_from(value, self.span(node, 0))? {
            None => Ok(Value::Null),
            Some(text) => Ok(Value::Text(self.sized(change(text)?, node)?)),
        }
    }

    /// Refuses a text that is too long.
    pub(super) fn sized(&self, text: Cow<'a, str>, node: &Node) -> Result<Cow<'a, str>, Fault> {
        if text.len() > LONGEST_TEXT { Err(too_long(node.span)) } else { Ok(text) }
    }
}

/// The fault of a text that is too long.
pub(super) fn too_long(span: Span) -> Fault {
    Fault::at(span, format!("this makes a text that is too long (more than {LONGEST_TEXT} bytes)"))
}

/// The only text of a list.
fn single(texts: Texts<'_>, span: Span) -> Result<Option<Cow<'_, str>>, Fault> {
    if texts.len() > 1 {
        let message =
            format!("this has {} values where one is needed; choose with Item or combine with Join", texts.len());
        return Err(Fault::at(span, message));
    }
    Ok(texts.into_vec().into_iter().next())
}

//! Parts of texts. Characters are Unicode scalar values: an emoji is one, a letter with a combining mark two.

use std::borrow::Cow;

use super::coercion::too_long;
use super::{Evaluation, LONGEST_TEXT};
use crate::language::fault::Fault;
use crate::language::syntax::CompareMethod;
use crate::program::{Kind, Node};
use crate::value::Value;

/// The number of characters.
pub fn length(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// The text without its spaces (U+0020).
pub fn without_spaces(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains(' ') { Cow::Owned(text.replace(' ', "")) } else { text }
}

/// A part of a text: `count` characters after the first `skip`. Nothing is copied where nothing was.
fn slice(text: Cow<'_, str>, skip: i64, count: i64) -> Cow<'_, str> {
    let offset = |text: &str, characters: i64| {
        let characters = usize::try_from(characters.max(0)).unwrap_or(usize::MAX);
        text.char_indices().nth(characters).map_or(text.len(), |(offset, _)| offset)
    };
    let start = offset(&text, skip);
    let end = start + offset(text.get(start..).unwrap_or(""), count);
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(start..end).unwrap_or("")),
        Cow::Owned(text) => Cow::Owned(text.get(start..end).unwrap_or("").to_owned()),
    }
}

impl<'a> Evaluation<'a> {
    pub(super) fn append(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let suffix = self.text_of(node, 1)?.unwrap_or_default();
        self.each(node, |text| {
            if suffix.is_empty() {
                return Ok(text);
            }
            if text.len() + suffix.len() > LONGEST_TEXT {
                return Err(too_long(node.span));
            }
            let mut joined = text.into_owned();
            joined.push_str(&suffix);
            Ok(Cow::Owned(joined))
        })
    }

    pub(super) fn left(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let source = self.given_value(node, 0)?;
        let count = self.needed_whole(node, 1, "the number of characters (numChars)")?;
        if source.is_null() {
            return Ok(Value::text(""));
        }
        self.each_in(source, node, |text| Ok(if count < 0 { text } else { slice(text, 0, count) }))
    }

    pub(super) fn mid(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let source = self.given_value(node, 0)?;
        let start = self.needed_whole(node, 1, "the start")?;
        let count = self.needed_whole(node, 2, "the length")?;
        if start < 1 {
            return Err(Fault::at(self.span(node, 1), format!("the start counts from 1; this is {start}")));
        }
        if count < 0 {
            return Err(Fault::at(self.span(node, 2), format!("the length must not be negative; this is {count}")));
        }
        if source.is_null() {
            return Ok(Value::text(""));
        }
        self.each_in(source, node, |text| Ok(slice(text, start - 1, count)))
    }

    pub(super) fn in_str(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let text = self.text_of(node, 0)?;
        let find = self.text_of(node, 1)?.unwrap_or_default();
        let start = self.whole_of(node, 2)?.unwrap_or(1);
        if start < 1 {
            return Err(Fault::at(self.span(node, 2), format!("the start counts from 1; this is {start}")));
        }
        let method = self.compare_method(node)?;
        let Some(text) = text else { return Ok(Value::Integer(0)) };
        let (text, find) = match method {
            CompareMethod::Binary => (text, find),
            CompareMethod::Text => (folded(&text), folded(&find)),
        };
        let skip = usize::try_from(start - 1).unwrap_or(usize::MAX);
        let from = match text.char_indices().map(|(offset, _)| offset).chain([text.len()]).nth(skip) {
            // Behind the last character there is nothing, not even the empty text (Visual Basic's InStr).
            Some(from) if from < text.len() => from,
            _ => return Ok(Value::Integer(0)),
        };
        let found = text.get(from..).and_then(|rest| rest.find(find.as_ref()));
        let position = found.and_then(|found| text.get(..from + found)).map_or(0, |before| length(before) + 1);
        Ok(Value::Integer(position))
    }

    fn compare_method(&self, node: &'a Node) -> Result<CompareMethod, Fault> {
        let Some(argument) = node.argument(3) else { return Ok(CompareMethod::Binary) };
        if let Kind::CompareMethod(method) = argument.kind {
            return Ok(method);
        }
        match self.text_of(node, 3)?.as_deref() {
            None | Some("" | "0") => Ok(CompareMethod::Binary),
            Some("1") => Ok(CompareMethod::Text),
            Some(name) => CompareMethod::named(name).ok_or_else(|| {
                Fault::at(argument.span, "the way to compare is vbTextCompare or vbBinaryCompare".to_owned())
            }),
        }
    }

    pub(super) fn word(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let source = self.given_value(node, 0)?;
        let number = self.needed_whole(node, 1, "the number of the word")?;
        let delimiters = self.text_of(node, 2)?.unwrap_or_default();
        if source.is_null() {
            return Ok(Value::text(""));
        }
        let skip = usize::try_from(number - 1).ok();
        self.each_in(source, node, |text| {
            let words = |text: &str| -> Option<(usize, usize)> {
                let word = text.split(|c| delimiters.contains(c)).filter(|word| !word.is_empty()).nth(skip?)?;
                let start = word.as_ptr() as usize - text.as_ptr() as usize;
                Some((start, start + word.len()))
            };
            let (start, end) = words(&text).unwrap_or((0, 0));
            Ok(match text {
                Cow::Borrowed(text) => Cow::Borrowed(text.get(start..end).unwrap_or("")),
                Cow::Owned(text) => Cow::Owned(text.get(start..end).unwrap_or("").to_owned()),
            })
        })
    }
}

/// Letters without their case, one for one, so that places stay.
fn folded(text: &str) -> Cow<'static, str> {
    text.chars().map(super::casing::invariant_upper).map(super::casing::invariant_lower).collect::<String>().into()
}

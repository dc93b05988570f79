//! Lists, and numbers of bits.

use std::borrow::Cow;
use std::collections::HashSet;

use super::coercion::too_long;
use super::{Evaluation, LONGEST_TEXT};
use crate::language::fault::Fault;
use crate::program::{Kind, Node};
use crate::value::Value;

impl<'a> Evaluation<'a> {
    /// An argument as a list; empty for null, one value for a single one.
    fn list_of(&self, node: &'a Node, position: usize) -> Result<Vec<Cow<'a, str>>, Fault> {
        match self.given_value(node, position)? {
            Value::Texts(texts) => Ok(texts.into_vec()),
            other => Ok(self.text_from(other, self.span(node, position))?.into_iter().collect()),
        }
    }

    pub(super) fn count(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let count = match self.given_value(node, 0)? {
            Value::Texts(texts) => texts.len(),
            Value::Json(json) => serde_json::from_str::<Vec<serde::de::IgnoredAny>>(&json).map_or(1, |list| list.len()),
            other => usize::from(!other.is_null()),
        };
        Ok(Value::Integer(i64::try_from(count).unwrap_or(i64::MAX)))
    }

    pub(super) fn item(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let list = self.list_of(node, 0)?;
        let index = self.needed_whole(node, 1, "the index")?;
        let place = usize::try_from(index - 1);
        let fault = |message: String| Err(Fault::at(self.span(node, 1), message));
        let Ok(place) = place else { return fault(format!("items are counted from 1; this is {index}")) };
        let count = list.len();
        match list.into_iter().nth(place) {
            Some(text) => Ok(Value::Text(text)),
            None if count == 0 => Ok(Value::Null),
            None => fault(format!("there is no item {index}: the list has {count}")),
        }
    }

    pub(super) fn join(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let separator = self.text_of(node, 0)?.unwrap_or_default();
        let Kind::Call(_, arguments) = &node.kind else { return Ok(Value::Null) };
        let mut joined: Option<Cow<'a, str>> = None;
        for position in 1..arguments.len() {
            let value = self.given_value(node, position)?;
            let mut add = |text: Cow<'a, str>| {
                if text.is_empty() {
                    return Ok(());
                }
                match &mut joined {
                    None => joined = Some(text),
                    Some(joined) => {
                        if joined.len() + separator.len() + text.len() > LONGEST_TEXT {
                            return Err(too_long(node.span));
                        }
                        let joined = joined.to_mut();
                        joined.push_str(&separator);
                        joined.push_str(&text);
                    }
                }
                Ok(())
            };
            match value {
                Value::Texts(texts) => texts.into_vec().into_iter().try_for_each(add)?,
                other => {
                    if let Some(text) = self.text_from(other, self.span(node, position))? {
                        add(text)?;
                    }
                }
            }
        }
        Ok(Value::Text(joined.unwrap_or_default()))
    }

    pub(super) fn split(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let sources = self.list_of(node, 0)?;
        let delimiter = self.text_of(node, 1)?.unwrap_or_default();
        if delimiter.is_empty() {
            return Err(Fault::at(self.span(node, 1), "the delimiter must not be empty"));
        }
        let mut parts = Vec::new();
        for source in &sources {
            for (position, part) in source.split(delimiter.as_ref()).enumerate() {
                let part = if position == 0 { part } else { part.trim_start() };
                parts.push(Cow::Owned(part.to_owned()));
            }
        }
        Ok(Value::texts(parts))
    }

    pub(super) fn remove_duplicates(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let mut seen = HashSet::new();
        let list = self.list_of(node, 0)?;
        Ok(Value::texts(list.into_iter().filter(|text| seen.insert(text.clone())).collect()))
    }

    pub(super) fn bit_and(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let (left, right) = (self.whole_of(node, 0)?, self.whole_of(node, 1)?);
        Ok(left.zip(right).map_or(Value::Null, |(left, right)| Value::Integer(left & right)))
    }
}

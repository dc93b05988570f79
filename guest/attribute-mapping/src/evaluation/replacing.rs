//! `Replace`.

use std::borrow::Cow;

use fancy_regex::Captures;

use super::coercion::too_long;
use super::{Evaluation, LONGEST_TEXT};
use crate::compile::replace::{ATTRIBUTE, GROUP, OLD, PATTERN, REPLACEMENT, TEMPLATE};
use crate::language::fault::Fault;
use crate::program::{Kind, Node};
use crate::regular::replacement::Replacement;
use crate::regular::{Regular, RegularError};
use crate::value::Value;

impl<'a> Evaluation<'a> {
    pub(super) fn replace(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        if node.argument(OLD).is_some() {
            let old = self.text_of(node, OLD)?.unwrap_or_default();
            if node.argument(TEMPLATE).is_some() {
                let template = self.text_of(node, TEMPLATE)?.unwrap_or_default();
                return self.each(node, |text| literal(template.clone(), &old, &text, node));
            }
            let new = self.text_of(node, REPLACEMENT)?.unwrap_or_default();
            return self.each(node, |text| literal(text, &old, &new, node));
        }
        let regular = match self.regular(node)? {
            Some(regular) => regular,
            // An empty pattern finds nothing.
            None => return self.given_value(node, 0),
        };
        let regular = regular.as_ref();
        if node.argument(ATTRIBUTE).is_some() {
            return self.extract(node, regular);
        }
        if node.argument(GROUP).is_some() {
            let group = self.group(node, regular)?;
            let new = self.text_of(node, REPLACEMENT)?.unwrap_or_default();
            return self.each(node, |text| {
                let part = |captures: &Captures<'_, str>| captures.get(group).map(|found| (found.start(), found.end()));
                self.rewrite(text, regular, node, part, |_, _, out| out.push_str(&new))
            });
        }
        let read;
        let replacement = match node.argument(REPLACEMENT) {
            Some(Node { kind: Kind::Replacement(replacement), .. }) => replacement,
            _ => {
                read = Replacement::new(&self.text_of(node, REPLACEMENT)?.unwrap_or_default(), regular);
                &read
            }
        };
        self.each(node, |text| {
            let part = |captures: &Captures<'_, str>| captures.get(0).map(|found| (found.start(), found.end()));
            self.rewrite(text, regular, node, part, |text, captures, out| {
                replacement.expand(text, captures, regular, out)
            })
        })
    }

    /// The source if it has a value, else the group's match in the other attribute.
    fn extract(&self, node: &'a Node, regular: &Regular) -> Result<Value<'a>, Fault> {
        let source = self.given_value(node, 0)?;
        if !source.is_null_or_empty() {
            return Ok(source);
        }
        let group = self.group(node, regular)?;
        let Some(text) = self.text_of(node, ATTRIBUTE)? else { return Ok(Value::Null) };
        let captures = regular.first(&text).map_err(|error| Fault::at(node.span, error.to_string()))?;
        let found = captures.as_ref().and_then(|captures| captures.get(group));
        Ok(found.map_or(Value::Null, |found| Value::text(found.as_str().to_owned())))
    }

    /// The regular expression: read beforehand, or now when it depends on the person.
    fn regular(&self, node: &'a Node) -> Result<Option<Held<'a>>, Fault> {
        match node.argument(PATTERN) {
            Some(Node { kind: Kind::Regular(regular), .. }) => Ok(Some(Held::Fixed(regular))),
            Some(argument) => {
                let pattern = self.text_of(node, PATTERN)?.unwrap_or_default();
                if pattern.is_empty() {
                    return Ok(None);
                }
                let regular = Regular::new(&pattern).map_err(|error| Fault::at(argument.span, error.to_string()))?;
                Ok(Some(Held::Own(Box::new(regular))))
            }
            None => Ok(None),
        }
    }

    fn group(&self, node: &'a Node, regular: &Regular) -> Result<usize, Fault> {
        let name = self.text_of(node, GROUP)?.unwrap_or_default();
        let missing = || Fault::at(self.span(node, GROUP), format!("the regular expression has no group \"{name}\""));
        regular.group(&name).ok_or_else(missing)
    }

    /// Puts something else in the place of a part of every match.
    fn rewrite(
        &self,
        text: Cow<'a, str>,
        regular: &Regular,
        node: &Node,
        part: impl Fn(&Captures<'_, str>) -> Option<(usize, usize)>,
        new: impl Fn(&str, &Captures<'_, str>, &mut String),
    ) -> Result<Cow<'a, str>, Fault> {
        let mut out: Option<String> = None;
        let mut copied = 0;
        let mut full = false;
        let mut budget = self.matches.get();
        let done = regular.for_each(&text, &mut budget, |captures, _| {
            let Some((start, end)) = part(captures).filter(|(start, _)| *start >= copied) else { return };
            let out = out.get_or_insert_with(|| String::with_capacity(text.len()));
            full |= out.len() > LONGEST_TEXT;
            if full {
                return;
            }
            out.push_str(text.get(copied..start).unwrap_or(""));
            new(&text, captures, out);
            copied = end;
        });
        self.matches.set(budget);
        done.map_err(|error: RegularError| Fault::at(node.span, error.to_string()))?;
        if full {
            return Err(too_long(node.span));
        }
        let Some(mut out) = out else { return Ok(text) };
        out.push_str(text.get(copied..).unwrap_or(""));
        Ok(Cow::Owned(out))
    }
}

enum Held<'a> {
    Fixed(&'a Regular),
    Own(Box<Regular>),
}

impl Held<'_> {
    fn as_ref(&self) -> &Regular {
        match self {
            Self::Fixed(regular) => regular,
            Self::Own(regular) => regular,
        }
    }
}

/// All places of one text with another. An empty text is found nowhere.
fn literal<'a>(text: Cow<'a, str>, old: &str, new: &str, node: &Node) -> Result<Cow<'a, str>, Fault> {
    if old.is_empty() || !text.contains(old) {
        return Ok(text);
    }
    let places = text.matches(old).count();
    let length = text.len() - places * old.len() + places.saturating_mul(new.len());
    if length > LONGEST_TEXT {
        return Err(too_long(node.span));
    }
    Ok(Cow::Owned(text.replace(old, new)))
}

//! Paths (RFC 7644 sections 3.5.2 and 3.10): `title`, `name.givenName`, `emails[type eq "work"].value`, with a URN before them or not.

use serde_json::{Map, Value};

use super::fault::Fault;
use super::filter::Filter;
use super::schema::{ENTERPRISE, Schema};

/// A path.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Path {
    /// The URN of a schema.
    pub(super) urn: Option<String>,
    pub(super) attribute: String,
    /// Which values of several.
    pub(super) choice: Option<Box<Filter>>,
    pub(super) part: Option<String>,
}

impl Path {
    /// Reads a path.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let wrong = || Fault::new(400, Some("invalidPath"), &format!("{text} is no path."));
        let (head, rest) = text.split_once('[').map_or((text, None), |(head, rest)| (head, Some(rest)));
        let (urn, head) = match head.rsplit_once(':') {
            Some((urn, name)) if urn.to_ascii_lowercase().starts_with("urn:") => (Some(urn.to_owned()), name),
            _ => (None, head),
        };
        let (attribute, choice, part) = match rest {
            None => {
                let (attribute, part) = head.split_once('.').map_or((head, None), |(name, part)| (name, Some(part)));
                (attribute, None, part)
            }
            Some(rest) => {
                let (filter, end) = rest.rsplit_once(']').ok_or_else(wrong)?;
                let part = end.strip_prefix('.');
                if part.is_none() && !end.is_empty() {
                    return Err(wrong());
                }
                (head, Some(Box::new(Filter::parse(filter)?)), part)
            }
        };
        let is_name = |name: &str| {
            !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"$-_".contains(&byte))
        };
        if !is_name(attribute) || !part.is_none_or(is_name) {
            return Err(wrong());
        }
        Ok(Self { urn, attribute: attribute.to_owned(), choice, part: part.map(str::to_owned) })
    }

    /// Whether upper and lower case are two in what it leads to.
    pub(super) fn is_exact(&self, schema: &Schema) -> Result<bool, Fault> {
        if self.urn.is_none() && self.attribute.eq_ignore_ascii_case("id") {
            return Ok(true);
        }
        let unknown = || Fault::new(400, Some("invalidFilter"), &format!("There is no attribute {}.", self.attribute));
        let attribute = schema.find(self.urn.as_deref(), &self.attribute).ok_or_else(unknown)?;
        Ok(match &self.part {
            Some(part) => attribute.part(part).ok_or_else(unknown)?.is_exact(),
            None => attribute.is_exact(),
        })
    }

    /// Where the attribute stands in a resource.
    pub(super) fn is_of_extension(&self) -> bool {
        self.urn.as_deref().is_some_and(|urn| urn.eq_ignore_ascii_case(ENTERPRISE))
    }

    /// All that it leads to.
    pub(super) fn values<'a>(&self, resource: &'a Map<String, Value>) -> Vec<&'a Value> {
        let whole =
            if self.is_of_extension() { resource.get(ENTERPRISE).and_then(Value::as_object) } else { Some(resource) };
        let found = whole.and_then(|whole| {
            whole.iter().find(|(name, _)| name.eq_ignore_ascii_case(&self.attribute)).map(|(_, value)| value)
        });
        let elements: Vec<&Value> = match found {
            Some(Value::Array(elements)) => elements.iter().collect(),
            Some(value) => vec![value],
            None => Vec::new(),
        };
        let chosen = elements.into_iter().filter(|element| self.choice.as_ref().is_none_or(|it| it.chooses(element)));
        match &self.part {
            Some(part) => chosen.filter_map(|element| field(element, part)).collect(),
            // A comparison with an attribute that has several parts means its value.
            None => chosen.map(|element| field(element, "value").unwrap_or(element)).collect(),
        }
    }
}

/// A field of an object, whatever the case of its name.
pub(super) fn field<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.as_object()?.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

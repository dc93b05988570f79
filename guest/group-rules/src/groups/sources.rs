//! Where the values of a property are in what the host passes.

use std::collections::HashMap;

use rollcall_sdk::grouping::Candidate;
use rollcall_sdk::packed;

use crate::language::property::Property;
use crate::person::Subject;
use crate::value::Value;

/// Where a value is in a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Id,
    Property(usize),
    Profile(usize),
    Nowhere,
}

/// What is read, in the order in which the host passes it.
#[derive(Debug, Default)]
pub(super) struct Sources {
    pub properties: Vec<String>,
    /// Positions in the profile.
    pub attributes: Vec<u32>,
    by_path: HashMap<String, usize>,
}

impl Sources {
    pub fn add(&mut self, property: &Property) -> Source {
        match (property.path(), property) {
            // The host passes it with every candidate.
            (Some("id"), _) => Source::Id,
            (Some(path), _) => match self.by_path.get(path) {
                Some(place) => Source::Property(*place),
                None => {
                    self.properties.push(path.to_owned());
                    self.by_path.insert(path.to_owned(), self.properties.len() - 1);
                    Source::Property(self.properties.len() - 1)
                }
            },
            (None, Property::Profile(attribute)) => {
                let position = attribute.position as u32;
                match self.attributes.iter().position(|known| *known == position) {
                    Some(place) => Source::Profile(place),
                    None => {
                        self.attributes.push(position);
                        Source::Profile(self.attributes.len() - 1)
                    }
                }
            }
            (None, _) => Source::Nowhere,
        }
    }

    /// The same without adding: for what is known to have been added.
    pub fn find(&self, property: &Property) -> Source {
        match (property.path(), property) {
            (Some("id"), _) => Source::Id,
            (Some(path), _) => self.by_path.get(path).map_or(Source::Nowhere, |place| Source::Property(*place)),
            (None, Property::Profile(attribute)) => self
                .attributes
                .iter()
                .position(|known| *known as usize == attribute.position)
                .map_or(Source::Nowhere, Source::Profile),
            (None, _) => Source::Nowhere,
        }
    }
}

impl Source {
    #[inline(always)]
    pub fn value(self, person: &impl Passed) -> Value<'_> {
        match self {
            Source::Id => Value::Text(person.id()),
            Source::Property(place) => person.property(place),
            Source::Profile(place) => person.attribute(place),
            Source::Nowhere => Value::Null,
        }
    }
}

/// A person as the host passes it.
pub(super) trait Passed {
    /// The source's id.
    fn id(&self) -> &str;
    /// The value of a property, by its place in the plan.
    fn property(&self, place: usize) -> Value<'_>;
    /// The value of an attribute, by its place in the plan.
    fn attribute(&self, place: usize) -> Value<'_>;
}

impl Passed for Candidate {
    #[inline(always)]
    fn id(&self) -> &str {
        &self.id
    }

    #[inline(always)]
    fn property(&self, place: usize) -> Value<'_> {
        self.properties.get(place).map_or(Value::Null, Value::from)
    }

    #[inline(always)]
    fn attribute(&self, place: usize) -> Value<'_> {
        self.profile.get(place).map_or(Value::Null, Value::from)
    }
}

impl Passed for packed::Candidate<'_> {
    #[inline(always)]
    fn id(&self) -> &str {
        self.id
    }

    #[inline(always)]
    fn property(&self, place: usize) -> Value<'_> {
        self.properties.get(place).map_or(Value::Null, |value| Value::from(*value))
    }

    #[inline(always)]
    fn attribute(&self, place: usize) -> Value<'_> {
        self.profile.get(place).map_or(Value::Null, |value| Value::from(*value))
    }
}

impl<'a> From<packed::Value<'a>> for Value<'a> {
    #[inline(always)]
    fn from(value: packed::Value<'a>) -> Self {
        use packed::Value as Contract;
        match value {
            Contract::Text(text) | Contract::DateTime(text) => Value::Text(text),
            Contract::Null | Contract::Keep => Value::Null,
            Contract::Boolean(truth) => Value::Boolean(truth),
            Contract::Integer(number) => Value::Integer(number),
            Contract::Number(number) => Value::Number(number),
            Contract::Texts(texts) => Value::Texts(texts.iter().map(str::to_owned).collect::<Vec<_>>().into()),
            Contract::Json(json) => Value::Json(json.into()),
        }
    }
}

impl<'a> From<&'a rollcall_sdk::Value> for Value<'a> {
    fn from(value: &'a rollcall_sdk::Value) -> Self {
        use rollcall_sdk::Value as Contract;
        match value {
            Contract::Null | Contract::Keep => Value::Null,
            Contract::Boolean(truth) => Value::Boolean(*truth),
            Contract::Integer(number) => Value::Integer(*number),
            Contract::Number(number) => Value::Number(*number),
            Contract::Text(text) | Contract::DateTime(text) => Value::Text(text),
            Contract::Texts(texts) => Value::Texts(texts.as_slice().into()),
            Contract::Json(json) => Value::Json(json.as_str().into()),
        }
    }
}

/// A candidate as the evaluator that explains sees it.
pub(super) struct Candidates<'a> {
    pub person: &'a Candidate,
    pub sources: &'a Sources,
}

impl Subject for Candidates<'_> {
    fn value(&self, property: &Property) -> Value<'_> {
        self.sources.find(property).value(self.person)
    }
}

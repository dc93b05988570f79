//! The schemas of profiles that a tenant has had. Stored profiles name theirs by number, so that what the target holds can be read
//! after the mapping has changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use rollcall_sandbox::contract::types::{Attribute, AttributeType, Value};
use serde::{Deserialize, Serialize};

use crate::profile::{Profile, SchemaNumber};
use crate::store::{Result, Store};

const SETTING: &str = "schemas";

/// Every schema that a stored profile may have.
#[derive(Debug, Clone)]
pub struct Schemas {
    /// The number of the schema in use.
    pub current: SchemaNumber,
    known: BTreeMap<SchemaNumber, Arc<[Attribute]>>,
}

#[derive(Serialize, Deserialize, PartialEq)]
struct Stored {
    name: String,
    kind: String,
    sensitive: bool,
    creation_only: bool,
    matching: Option<u32>,
}

const KINDS: [(AttributeType, &str); 6] = [
    (AttributeType::Text, "text"),
    (AttributeType::Boolean, "boolean"),
    (AttributeType::Integer, "integer"),
    (AttributeType::Number, "number"),
    (AttributeType::DateTime, "date-time"),
    (AttributeType::Texts, "texts"),
];

impl From<&Attribute> for Stored {
    fn from(attribute: &Attribute) -> Self {
        let kind = KINDS.iter().find(|(kind, _)| *kind == attribute.kind).map_or("text", |(_, name)| name);
        Self {
            name: attribute.name.clone(),
            kind: kind.to_owned(),
            sensitive: attribute.sensitive,
            creation_only: attribute.creation_only,
            matching: attribute.matching,
        }
    }
}

impl From<&Stored> for Attribute {
    fn from(stored: &Stored) -> Self {
        let kind = KINDS.iter().find(|(_, name)| *name == stored.kind).map_or(AttributeType::Text, |(kind, _)| *kind);
        Self {
            name: stored.name.clone(),
            kind,
            sensitive: stored.sensitive,
            creation_only: stored.creation_only,
            matching: stored.matching,
        }
    }
}

impl Schemas {
    /// Reads the schemas of a tenant and makes sure that `attributes` is the one in use.
    ///
    /// # Errors
    /// When the store cannot be used.
    pub fn load(store: &dyn Store, attributes: &Arc<[Attribute]>) -> Result<Self> {
        let mut stored: BTreeMap<SchemaNumber, Vec<Stored>> =
            store.setting(SETTING)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let wanted: Vec<Stored> = attributes.iter().map(Stored::from).collect();
        let current = match stored.iter().find(|(_, schema)| **schema == wanted) {
            Some((number, _)) => *number,
            None => {
                let number = stored.last_key_value().map_or(1, |(number, _)| number + 1);
                stored.insert(number, wanted);
                let text = serde_json::to_string(&stored).unwrap_or_default();
                store.set(&[(SETTING, Some(&text))])?;
                number
            }
        };
        let known =
            stored.iter().map(|(number, schema)| (*number, schema.iter().map(Attribute::from).collect())).collect();
        Ok(Self { current, known })
    }

    /// The attributes of the schema in use.
    pub fn attributes(&self) -> &[Attribute] {
        self.known.get(&self.current).map_or(&[], |attributes| attributes)
    }

    /// Reads a stored profile, in the order of the schema in use. `keep` stands for what an older schema did not have: the target may hold a
    /// value of still earlier days.
    pub fn read(&self, text: &str) -> Option<Vec<Value>> {
        let profile = Profile::decode(text, |number| self.known.get(&number).cloned())?;
        if profile.schema == self.current {
            return Some(profile.values);
        }
        let mine = self.known.get(&profile.schema)?;
        Some(profile.in_order_of(mine, self.attributes(), self.current).values)
    }

    /// The text to be stored for values in the order of the schema in use.
    pub fn write(&self, values: Vec<Value>) -> String {
        Profile { schema: self.current, values }.encode()
    }

    /// What a mapping wants, given what the target holds: `keep` and creation-only values become those that are there.
    pub fn settle(&self, wanted: Vec<Value>, applied: Option<&[Value]>) -> Vec<Value> {
        let attributes = self.attributes();
        let settle = |(position, value): (usize, Value)| {
            let there = applied.and_then(|applied| applied.get(position));
            let fixed = attributes.get(position).is_some_and(|attribute| attribute.creation_only);
            match (value, there) {
                (Value::Keep, None) => Value::Null,
                (Value::Keep, Some(there)) => there.clone(),
                (_, Some(there)) if fixed => there.clone(),
                (value, _) => value,
            }
        };
        wanted.into_iter().enumerate().map(settle).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::sqlite::SqliteStore;

    fn attribute(name: &str, creation_only: bool) -> Attribute {
        Attribute { name: name.into(), kind: AttributeType::Text, sensitive: false, creation_only, matching: None }
    }

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn a_profile_of_an_older_schema_is_read_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("s.db")).unwrap();
        let old = Schemas::load(&store, &vec![attribute("a", false), attribute("b", false)].into()).unwrap();
        let stored = old.write(vec![text("1"), text("2")]);
        let new = Schemas::load(&store, &vec![attribute("b", false), attribute("c", false)].into()).unwrap();
        assert_eq!((old.current, new.current), (1, 2));
        assert_eq!(new.read(&stored), Some(vec![text("2"), Value::Keep]), "nobody knows what the target has of c");
        let again = Schemas::load(&store, &vec![attribute("a", false), attribute("b", false)].into()).unwrap();
        assert_eq!(again.current, 1);
    }

    #[test]
    fn what_is_there_is_kept_where_the_mapping_says_so_or_may_not_change_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("s.db")).unwrap();
        let schemas = Schemas::load(&store, &vec![attribute("a", false), attribute("b", true)].into()).unwrap();
        let wanted = || vec![Value::Keep, text("new")];
        assert_eq!(schemas.settle(wanted(), None), [Value::Null, text("new")]);
        assert_eq!(schemas.settle(wanted(), Some(&[text("x"), text("y")])), [text("x"), text("y")]);
    }
}

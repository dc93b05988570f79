//! The mapping step around the behaviours.
#![allow(unsafe_code, clippy::all, missing_docs, reason = "generated")]

wit_bindgen::generate!({ path: "../../wit", world: "rollcall:sync/mapping-step", generate_all });

use self::exports::rollcall::sync::mapping::{Attribute, AttributeTrace, Guest, Outcome, Person, Problem, Schema};

struct Hostile;

impl Guest for Hostile {
    fn configure(_settings: String, _inherited: Vec<Attribute>) -> Result<Schema, Problem> {
        Ok(Schema {
            attributes: Vec::new(),
            properties: vec!["displayName".to_owned()],
            looked_up_properties: Vec::new(),
        })
    }

    fn map_people(people: Vec<Person>) -> Vec<Outcome> {
        people
            .iter()
            .map(|person| Outcome::Skip(crate::behaviours::run(&person.id, argument(&person.object))))
            .collect()
    }

    fn explain(_person: Person) -> Vec<AttributeTrace> {
        Vec::new()
    }
}

/// What is said to a behaviour: the object, or, of a user as a source tells it, the name.
fn argument(object: &str) -> &str {
    let name = object.split_once("\"displayName\":\"").and_then(|(_, rest)| rest.split('"').next());
    name.unwrap_or(object)
}

export!(Hostile);

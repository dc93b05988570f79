//! The mapping step around the behaviours.
#![allow(unsafe_code, clippy::all, missing_docs, reason = "generated")]

wit_bindgen::generate!({ path: "../../wit", world: "rollcall:sync/packed-mapping-step", generate_all });

use self::exports::rollcall::sync::mapping::{Attribute, AttributeTrace, Guest, Outcome, Person, Problem, Schema};
use self::exports::rollcall::sync::packed_mapping::Guest as Packed;
pub(crate) use self::exports::rollcall::sync::packed_mapping::Pack;

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

impl Packed for Hostile {
    /// One person at a time: the answer is a pack that breaks the contract, unless the behaviour is another.
    fn map_people(_count: u32, people: Pack) -> Pack {
        let bytes = |at: usize| people.marks.get(at).map_or(0, |mark| (mark >> 4) as usize);
        let (name, rest) = people.texts.split_at(bytes(0));
        let argument = argument(&rest[..bytes(1)]);
        if name == "break_pack" {
            return crate::behaviours::broken_pack(argument);
        }
        let texts = crate::behaviours::run(name, argument);
        Pack { marks: vec![10 + 16 * texts.len() as u32], texts, integers: Vec::new(), numbers: Vec::new() }
    }
}

/// What is said to a behaviour: the object, or, of a user as a source tells it, the name.
fn argument(object: &str) -> &str {
    let name = object.split_once("\"displayName\":\"").and_then(|(_, rest)| rest.split('"').next());
    name.unwrap_or(object)
}

export!(Hostile);

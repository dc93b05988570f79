//! A Rollcall grouping: a group for each city, and in it one for each department.

use rollcall_sdk::grouping::{Assignment, Belonging, Candidate, Explanation, Group, Grouping, Plan};
use rollcall_sdk::{Attribute, Problem, Value};
use serde::Deserialize;

/// What the tenant's file says under `settings`. A key that is not here is refused, so that a typo is found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    minimum_members: u32,
}

/// The grouping, configured.
pub struct Cities {
    minimum_members: u32,
}

/// What is read of a user, in the order in which a candidate has it.
const PROPERTIES: [&str; 2] = ["city", "department"];

impl Grouping for Cities {
    type Settings = Settings;

    fn configure(settings: Settings, _attributes: &[Attribute]) -> Result<(Self, Plan), Problem> {
        if settings.minimum_members == 0 {
            return Err(Problem::new("minimum_members", "a group has at least one member").suggest("1"));
        }
        // No rules: everybody is asked again when a setting changes.
        let plan = Plan { properties: PROPERTIES.map(Into::into).to_vec(), attributes: vec![], rules: vec![] };
        Ok((Cities { minimum_members: settings.minimum_members }, plan))
    }

    fn assign(&self, person: &Candidate, _rules: Option<&[u32]>) -> Assignment {
        let belongings = keys(person).into_iter().map(|key| Belonging { key, rule: 0 }).collect();
        Assignment { belongings, ..Assignment::nothing() }
    }

    fn describe(&self, key: &str) -> Option<Group> {
        let place = key.strip_prefix("city/")?;
        let mut group = match place.split_once('/') {
            Some((city, department)) => {
                let group = Group::new(key, format!("{} {}", capital(city), capital(department)));
                Group { parent: Some(format!("city/{city}")), ..group }
            }
            None => Group::new(key, capital(place)),
        };
        group.minimum_members = self.minimum_members;
        Some(group)
    }

    fn explain(&self, person: &Candidate, key: &str) -> Result<Explanation, Problem> {
        let [city, department] =
            [0, 1].map(|at| person.properties.get(at).and_then(Value::as_text).unwrap_or("not known"));
        Ok(Explanation {
            belongs: keys(person).iter().any(|own| own == key),
            rule: "one group for each city, and for each department in it".to_owned(),
            nodes: vec![],
            sentences: vec![format!("The city is {city}, the department {department}.")],
        })
    }
}

/// A key is what a group is known by, for ever: made of what does not change by itself.
fn keys(person: &Candidate) -> Vec<String> {
    let word = |at: usize| person.properties.get(at).and_then(Value::as_text).and_then(word);
    match (word(0), word(1)) {
        (Some(city), Some(department)) => vec![format!("city/{city}"), format!("city/{city}/{department}")],
        (Some(city), None) => vec![format!("city/{city}")],
        (None, _) => vec![],
    }
}

/// A text without the differences that people make by typing. A `/` would look like a part of a key.
fn word(text: &str) -> Option<String> {
    let word = text.trim().to_lowercase().replace('/', "-");
    (!word.is_empty()).then_some(word)
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

rollcall_sdk::export_grouping!(Cities);

#[cfg(test)]
mod tests {
    use super::*;

    fn cities() -> Cities {
        rollcall_sdk::grouping::configure::<Cities>(r#"{"minimum_members": 2}"#, &[]).unwrap().0
    }

    fn groups(properties: Vec<Value>) -> Vec<String> {
        let person = Candidate { id: "1".into(), properties, profile: vec![] };
        cities().assign(&person, None).belongings.into_iter().map(|belonging| belonging.key).collect()
    }

    #[test]
    fn a_person_belongs_to_the_city_and_to_the_department_there() {
        assert_eq!(groups(vec!["Cairo".into(), "Sales".into()]), ["city/cairo", "city/cairo/sales"]);
        assert_eq!(groups(vec![" cairo".into(), Value::Null]), ["city/cairo"]);
        assert!(groups(vec![Value::Null, "Sales".into()]).is_empty());
    }

    #[test]
    fn a_department_is_a_part_of_its_city() {
        let group = cities().describe("city/cairo/sales").unwrap();
        assert_eq!((group.name.as_str(), group.parent.as_deref()), ("Cairo Sales", Some("city/cairo")));
        assert!(cities().describe("country/egypt").is_none());
    }
}

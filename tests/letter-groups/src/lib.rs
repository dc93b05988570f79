//! A grouping that an organization made itself, for tests: one group for each first letter of the title.

use rollcall_sdk::grouping::{Assignment, Belonging, Candidate, Group, Grouping, Plan};
use rollcall_sdk::{Attribute, NoSettings, Problem, Value};

/// The grouping.
#[derive(Debug)]
pub struct Letters;

impl Grouping for Letters {
    type Settings = NoSettings;

    fn configure(_: NoSettings, _: &[Attribute]) -> Result<(Self, Plan), Problem> {
        Ok((Self, Plan { properties: vec!["jobTitle".into()], attributes: vec![], rules: vec![] }))
    }

    fn assign(&self, person: &Candidate, _: Option<&[u32]>) -> Assignment {
        let title = person.properties.first().and_then(Value::as_text);
        let letter = title.and_then(|title| title.chars().next());
        let belongings = letter.map(|letter| Belonging { key: format!("letter/{letter}"), rule: 0 });
        Assignment { belongings: belongings.into_iter().collect(), ..Assignment::nothing() }
    }

    fn describe(&self, key: &str) -> Option<Group> {
        key.strip_prefix("letter/").map(|letter| Group::new(key, format!("Letter {letter}")))
    }
}

rollcall_sdk::export_grouping!(Letters);

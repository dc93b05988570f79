//! From decided rules to the keys of groups.

use rollcall_sdk::grouping::{Assignment, Belonging, Undecided};

use super::definition::{Definition, Naming};
use super::key;
use super::sources::{Passed, Sources};
use crate::index::Decision;
use crate::language::moment;
use crate::language::property::Kind;

/// Groups of one person by one `[[group_by]]`, at most: several attributes with several values multiply.
const MAX_COMBINATIONS: usize = 64;

/// From decided rules to groups.
pub(super) struct Assigner<'a, P> {
    pub definitions: &'a [Definition],
    /// How many of them make one group; they come first.
    pub ones: u32,
    pub sources: &'a Sources,
    pub person: &'a P,
}

impl<P: Passed> Assigner<'_, P> {
    pub fn assignment(&self, decision: Decision<'_>, position: impl Fn(u32) -> u32) -> Assignment {
        let mut rules = Vec::with_capacity(decision.rules.len());
        let mut belongings = Vec::new();
        let mut undecided: Vec<Undecided> = decision
            .undecided
            .iter()
            .map(|(rule, reason)| Undecided { rule: position(*rule), reason: reason.clone() })
            .collect();
        for rule in decision.rules {
            let rule = position(*rule);
            // A definition is large and far away: those of one group each come first, and need no look.
            if rule < self.ones {
                rules.push(rule);
                continue;
            }
            let Some(definition) = self.definitions.get(rule as usize) else { continue };
            match &definition.naming {
                Naming::One { .. } => rules.push(rule),
                Naming::Each { .. } => match self.keys(definition) {
                    Ok(keys) => belongings.extend(keys.into_iter().map(|key| Belonging { key, rule })),
                    Err(reason) => undecided.push(Undecided { rule, reason }),
                },
            }
        }
        Assignment { rules, belongings, undecided, changes_at: decision.changes_at.map(moment::print) }
    }

    /// The keys that a person's values make. A person without one of the values belongs to none of the groups.
    pub fn keys(&self, definition: &Definition) -> Result<Vec<String>, String> {
        let Naming::Each { attributes, case, .. } = &definition.naming else { return Ok(Vec::new()) };
        let mut combinations: Vec<Vec<String>> = vec![Vec::new()];
        for attribute in attributes {
            let value = self.sources.find(attribute).value(self.person);
            let texts: Vec<_> = match attribute.kind() {
                Kind::Texts => value.as_texts(),
                Kind::Boolean => value
                    .as_boolean()
                    .map(|truth| if truth { "true".into() } else { "false".into() })
                    .into_iter()
                    .collect(),
                Kind::Number => value.as_number().map(|number| number.to_string().into()).into_iter().collect(),
                _ => value.as_text(attribute.takes_first()).into_iter().collect(),
            };
            if let Some(long) = texts.iter().find(|text| text.chars().count() > key::MAX_VALUE) {
                let length = long.chars().count();
                return Err(format!(
                    "A value of {} has {length} characters; at most {} can make a group.",
                    attribute.full_name(),
                    key::MAX_VALUE
                ));
            }
            let mut tidy: Vec<String> = texts.iter().filter_map(|text| key::value(text, *case)).collect();
            tidy.sort_unstable();
            tidy.dedup();
            combinations = combinations
                .iter()
                .flat_map(|begun| tidy.iter().map(|value| begun.iter().chain([value]).cloned().collect()))
                .take(MAX_COMBINATIONS + 1)
                .collect();
        }
        if combinations.len() > MAX_COMBINATIONS {
            return Err(format!("The values make more than {MAX_COMBINATIONS} combinations."));
        }
        Ok(combinations
            .iter()
            .map(|values| key::of_values(&definition.key, values.iter().map(String::as_str)))
            .collect())
    }
}

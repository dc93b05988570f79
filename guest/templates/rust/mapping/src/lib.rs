//! A Rollcall mapping: a name for people to read, made of given name and surname.

use rollcall_sdk::mapping::{Mapping, Outcome, Person, Schema};
use rollcall_sdk::{Attribute, Layout, Problem, Slot};
use serde::Deserialize;

/// What the tenant's file says under `settings`. A key that is not here is refused, so that a typo is found.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// False when the tenant's file says nothing.
    #[serde(default)]
    family_name_first: bool,
}

/// What is read of a user. Name each property in `Schema::properties` too: a person is mapped again when one of them changed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct User {
    given_name: Option<String>,
    surname: Option<String>,
}

/// The mapping, configured.
pub struct DisplayName {
    family_name_first: bool,
    layout: Layout,
    display_name: Slot,
}

impl Mapping for DisplayName {
    type Settings = Settings;

    fn configure(settings: Settings, inherited: &[Attribute]) -> Result<(Self, Schema), Problem> {
        // Everything that came from the mapping before, and one attribute more.
        let mut layout = Layout::of(inherited);
        let display_name = layout.add(Attribute::text("display_name"));
        let schema = Schema {
            attributes: layout.attributes().to_vec(),
            properties: vec!["givenName".into(), "surname".into()],
            looked_up_properties: vec![],
        };
        Ok((DisplayName { family_name_first: settings.family_name_first, layout, display_name }, schema))
    }

    fn map(&self, person: &Person) -> Outcome {
        let user: User = match person.read() {
            Ok(user) => user,
            Err(error) => return Outcome::Reject(format!("the user cannot be read: {error}")),
        };
        let Some(name) = self.name(user.given_name.as_deref(), user.surname.as_deref()) else {
            return Outcome::Skip("has no name".into());
        };
        let mut row = self.layout.row(&person.inherited);
        row.set(self.display_name, name);
        row.into()
    }
}

impl DisplayName {
    fn name(&self, given: Option<&str>, surname: Option<&str>) -> Option<String> {
        match (given, surname) {
            (Some(given), Some(surname)) if self.family_name_first => Some(format!("{} {given}", surname.to_uppercase())),
            (Some(given), Some(surname)) => Some(format!("{given} {surname}")),
            (Some(name), None) | (None, Some(name)) => Some(name.to_owned()),
            (None, None) => None,
        }
    }
}

rollcall_sdk::export_mapping!(DisplayName);

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped(settings: &str, user: &str) -> Outcome {
        let (mapping, _) = rollcall_sdk::mapping::configure::<DisplayName>(settings, &[]).unwrap();
        mapping.map(&Person { id: "1".into(), object: user.into(), inherited: vec![], exists: false })
    }

    #[test]
    fn the_family_name_comes_where_the_settings_want_it() {
        let adele = r#"{"givenName": "Adele", "surname": "Vance"}"#;
        let first = mapped(r#"{"family_name_first": true}"#, adele);
        assert_eq!(first, Outcome::Profile(vec!["VANCE Adele".into()]));
        let last = mapped(r#"{"family_name_first": false}"#, adele);
        assert_eq!(last, Outcome::Profile(vec!["Adele Vance".into()]));
    }

    #[test]
    fn who_has_no_name_is_no_person() {
        assert_eq!(mapped(r#"{"family_name_first": true}"#, "{}"), Outcome::Skip("has no name".into()));
    }

    #[test]
    fn a_misspelt_setting_is_found() {
        let problem = rollcall_sdk::mapping::configure::<DisplayName>(r#"{"family_name_frist": true}"#, &[]).err().unwrap();
        assert_eq!(problem.suggestion.as_deref(), Some("family_name_first"));
    }
}

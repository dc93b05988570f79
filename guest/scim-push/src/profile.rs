//! The attributes of the profile, and where they stand in a user of SCIM.

use rollcall_sdk::settings::nearest;
use rollcall_sdk::target::PersonEntry;
use rollcall_sdk::{Attribute, AttributeType, Problem, Value};
use serde_json::{Value as Json, json};

use crate::change::Wanted;
use crate::path::{Path, truth};
use crate::settings::Settings;

/// Where the usual attributes stand. As in Microsoft Entra ID's own provisioning, the office is the address of type `other`.
/// The manager's name stands in the reference to the manager, where most services let nobody write it (RFC 7643 section 4.3).
const USUAL: [(&str, &str); 13] = [
    ("displayName", "name"),
    ("name.formatted", "name"),
    ("phoneNumbers[type eq \"mobile\"].value", "phone_number"),
    ("addresses[type eq \"work\"].locality", "city"),
    ("emails[type eq \"work\"].value", "email"),
    ("title", "job_title"),
    ("department", "department"),
    ("addresses[type eq \"other\"].formatted", "office"),
    ("manager.displayName", "manager_name"),
    ("manager", "manager_id"),
    ("name.givenName", "first_name"),
    ("name.familyName", "last_name"),
    ("employeeNumber", "employee_id"),
];

/// What this step sets itself, and what is never set by attributes.
const RESERVED: [&str; 8] = ["userName", "externalId", "active", "id", "schemas", "meta", "groups", "password"];

/// An attribute and its place.
#[derive(Debug, Clone)]
pub(crate) struct Slot {
    pub(crate) path: Path,
    at: usize,
    kind: AttributeType,
    creation_only: bool,
}

/// The places of the attributes.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    slots: Vec<Slot>,
    user_name: usize,
    user_name_path: Path,
    names: Vec<String>,
}

/// Which values of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// All, for a new entry.
    All,
    /// All but those that are given at creation only, for an entry that was there before.
    Adopted,
    /// Those that changed.
    Changed,
}

/// The SCIM id of the entry of a person, by the source's id.
pub(crate) type EntryOf<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Profile {
    /// Finds the places: those in the settings, then the usual ones of the attributes that the profile has.
    pub(crate) fn of(attributes: &[Attribute], settings: &Settings) -> Result<Self, Problem> {
        let names: Vec<String> = attributes.iter().map(|attribute| attribute.name.clone()).collect();
        let position = |setting: &str, name: &str| {
            names.iter().position(|known| known == name).ok_or_else(|| {
                let problem = Problem::new(setting, format!("the profile has no attribute `{name}`"));
                match nearest(name, names.iter().map(String::as_str)) {
                    Some(near) => problem.suggest(near),
                    None => problem,
                }
            })
        };
        let mut places: Vec<(Path, usize)> = Vec::new();
        let mut written: Vec<Path> = Vec::new();
        for (text, name) in &settings.attributes {
            let setting = format!("attributes.{text}");
            let path = Path::parse(text).map_err(|error| Problem::new(&setting, format!("`{text}` {error}")))?;
            if path.extension.is_none() && RESERVED.iter().any(|name| name.eq_ignore_ascii_case(&path.attribute)) {
                let message = match path.attribute.to_ascii_lowercase().as_str() {
                    "username" => "`userName` is made of the attribute that the setting `user_name` names".to_owned(),
                    _ => format!("`{}` is not set from attributes", path.attribute),
                };
                return Err(Problem::new(&setting, message));
            }
            if written.contains(&path) {
                return Err(Problem::new(&setting, format!("`{path}` is set twice")));
            }
            if !name.is_empty() {
                places.push((path.clone(), position(&setting, name)?));
            }
            written.push(path);
        }
        for (text, name) in USUAL {
            let path = Path::parse(text).map_err(|error| Problem::new("attributes", format!("`{text}` {error}")))?;
            if let Some(at) = names.iter().position(|known| known == name).filter(|_| !written.contains(&path)) {
                places.push((path, at));
            }
        }
        let slot = |(path, at): (Path, usize)| {
            let attribute = attributes.get(at)?;
            Some(Slot { path, at, kind: attribute.kind, creation_only: attribute.creation_only })
        };
        let user_name = position("user_name", &settings.user_name)?;
        let user_name_path = Path { extension: None, attribute: "userName".to_owned(), choice: None, sub: None };
        Ok(Profile { slots: places.into_iter().filter_map(slot).collect(), user_name, user_name_path, names })
    }

    /// The paths that attributes are written to.
    pub(crate) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.slots.iter().map(|slot| &slot.path)
    }

    /// Leaves out what the service does not take.
    pub(crate) fn without(&self, dropped: &[String]) -> Self {
        let kept = self.slots.iter().filter(|slot| !dropped.contains(&slot.path.to_string()));
        Profile { slots: kept.cloned().collect(), ..self.clone() }
    }

    /// The name of the attribute that becomes `userName`.
    pub(crate) fn user_name_attribute(&self) -> &str {
        self.names.get(self.user_name).map_or("", String::as_str)
    }

    /// A person's `userName`.
    pub(crate) fn user_name(&self, person: &PersonEntry) -> Option<String> {
        match json_of(now(person, self.user_name)?) {
            Json::String(text) => Some(text),
            Json::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// The source's id of a person's manager, where the profile has it: as it shall be, and as it was.
    pub(crate) fn manager(&self, person: &PersonEntry) -> (Option<String>, Option<String>) {
        let Some(slot) = self.slots.iter().find(|slot| slot.path.is_manager()) else { return (None, None) };
        let id = |value: Option<&Value>| value.and_then(Value::as_text).filter(|id| !id.is_empty()).map(str::to_owned);
        (id(now(person, slot.at)), id(person.before.get(slot.at)))
    }

    /// The values that a person shall have, `userName` first.
    pub(crate) fn wanted(&self, person: &PersonEntry, which: Which, entry_of: EntryOf<'_>) -> Vec<Wanted> {
        let changed =
            |at: usize| which != Which::Changed || person.values.get(at).is_some_and(|value| !value.is_keep());
        let mut wanted = Vec::new();
        if changed(self.user_name) {
            let name = self.user_name(person).map_or(Json::Null, Json::from);
            wanted.push((self.user_name_path.clone(), name));
        }
        for slot in self.slots.iter().filter(|slot| changed(slot.at)) {
            if which == Which::Adopted && slot.creation_only {
                continue;
            }
            // A mapping that says "keep" of an entry that was there before means what is there.
            let Some(value) = now(person, slot.at) else { continue };
            wanted.push((slot.path.clone(), slot.json(value, entry_of)));
        }
        wanted
    }

    /// What the service was last known to have of a person, as far as this step writes it.
    pub(crate) fn before(&self, person: &PersonEntry, entry_of: EntryOf<'_>) -> Json {
        let mut resource = json!({});
        let user_name = person.before.get(self.user_name).map_or(Json::Null, json_of);
        self.user_name_path.set(&mut resource, user_name);
        for slot in &self.slots {
            let value = person.before.get(slot.at).map_or(Json::Null, |value| slot.json(value, entry_of));
            slot.path.set(&mut resource, value);
        }
        resource
    }

    /// The values of a resource in the order of the attributes; `keep` for what stands nowhere. `person_of` gives the source's
    /// id of the person whose entry it is.
    pub(crate) fn values(&self, resource: &Json, person_of: &dyn Fn(&str) -> Option<String>) -> Vec<Value> {
        let mut values = vec![Value::Keep; self.names.len()];
        for slot in &self.slots {
            let found = slot.path.get(resource);
            let value = match found {
                Some(Json::String(id)) if slot.path.is_manager() => person_of(id).map_or(Value::Keep, Value::Text),
                Some(found) => slot.value(found),
                None => Value::Null,
            };
            if let Some(place) = values.get_mut(slot.at).filter(|place| place.is_keep()) {
                *place = value;
            }
        }
        if let (Some(place), Some(name)) = (values.get_mut(self.user_name), self.user_name_path.get(resource))
            && place.is_keep()
        {
            *place = Value::from_json(name.clone());
        }
        values
    }
}

impl Slot {
    fn json(&self, value: &Value, entry_of: EntryOf<'_>) -> Json {
        if self.path.is_manager() {
            return value.as_text().and_then(entry_of).map_or(Json::Null, Json::from);
        }
        match value {
            Value::Texts(texts) if texts.is_empty() => Json::Null,
            // A multi-valued attribute as a whole, `roles` say.
            Value::Texts(texts) if self.path.sub.is_none() => {
                texts.iter().map(|text| json!({ "value": text })).collect()
            }
            Value::Texts(texts) => Json::from(texts.join("; ")),
            value => json_of(value),
        }
    }

    fn value(&self, found: &Json) -> Value {
        match (self.kind, found) {
            (AttributeType::Boolean, found) => truth(found).map_or(Value::Null, Value::Boolean),
            (AttributeType::Texts, Json::Array(items)) => Value::Texts(
                items
                    .iter()
                    .filter_map(|item| crate::path::text(item, "value").or(item.as_str()))
                    .map(str::to_owned)
                    .collect(),
            ),
            (AttributeType::Texts, Json::String(text)) => Value::Texts(text.split("; ").map(str::to_owned).collect()),
            (AttributeType::DateTime, Json::String(text)) => Value::DateTime(text.clone()),
            (AttributeType::Integer, Json::String(text)) => text.parse().map_or(Value::Null, Value::Integer),
            (AttributeType::Number, Json::String(text)) => text.parse().map_or(Value::Null, Value::number),
            (AttributeType::Text, Json::Number(number)) => Value::Text(number.to_string()),
            (_, found) => Value::from_json(found.clone()),
        }
    }
}

/// The value as it shall be: what is to be kept is what was there before, if that is known.
fn now(person: &PersonEntry, at: usize) -> Option<&Value> {
    match person.values.get(at) {
        Some(Value::Keep) | None => person.before.get(at).filter(|value| !value.is_keep()),
        value => value,
    }
}

/// An empty text is no value (RFC 7643 section 2.5 knows "unassigned" alone).
fn json_of(value: &Value) -> Json {
    match value.to_json() {
        Json::String(text) if text.is_empty() => Json::Null,
        json => json,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::path::ENTERPRISE;

    fn attributes() -> Vec<Attribute> {
        let names = ["name", "phone_number", "city", "email", "department", "manager_id"];
        names.iter().map(|name| Attribute::text(*name)).collect()
    }

    fn of(more: &str) -> Result<Profile, Problem> {
        let settings = format!(r#"{{"base_url": "https://a.example"{more}}}"#);
        Profile::of(&attributes(), &rollcall_sdk::settings::parse(&settings).unwrap())
    }

    fn person(values: [Value; 6], before: Vec<Value>) -> PersonEntry {
        PersonEntry { person: "1".into(), remote: None, values: values.into(), before, active: true }
    }

    fn entry_of(person: &str) -> Option<String> {
        (person == "m").then(|| "scim-m".to_owned())
    }

    fn resource(wanted: &[Wanted]) -> Json {
        let mut resource = json!({});
        wanted.iter().for_each(|(path, value)| path.set(&mut resource, value.clone()));
        resource
    }

    #[test]
    fn the_usual_attributes_stand_in_their_usual_places() {
        let profile = of("").unwrap();
        let adele =
            person(["Adele".into(), "+1".into(), "Cairo".into(), "a@x.example".into(), "".into(), "m".into()], vec![]);
        let expected = json!({
            "userName": "a@x.example",
            "displayName": "Adele",
            "name": {"formatted": "Adele"},
            "phoneNumbers": [{"type": "mobile", "value": "+1"}],
            "addresses": [{"type": "work", "locality": "Cairo"}],
            "emails": [{"type": "work", "value": "a@x.example"}],
            ENTERPRISE: {"manager": {"value": "scim-m"}},
        });
        let made = resource(&profile.wanted(&adele, Which::All, &entry_of));
        assert_eq!(made, expected);
        let person_of = |entry: &str| (entry == "scim-m").then(|| "m".to_owned());
        let values = profile.values(&made, &person_of);
        let department = Value::Null;
        assert_eq!(values, ["Adele".into(), "+1".into(), "Cairo".into(), "a@x.example".into(), department, "m".into()]);
    }

    #[test]
    fn only_what_changed_is_wanted_of_an_entry_that_is_known() {
        let profile = of("").unwrap();
        let before = vec!["Adele".into(), "+1".into(), Value::Null, "a@x.example".into(), "Sales".into(), Value::Null];
        let keep = || Value::Keep;
        let adele = person([keep(), "+2".into(), keep(), keep(), Value::Null, keep()], before);
        let wanted = profile.wanted(&adele, Which::Changed, &entry_of);
        let told: Vec<(String, Json)> = wanted.iter().map(|(path, value)| (path.to_string(), value.clone())).collect();
        let phone = ("phoneNumbers[type eq \"mobile\"].value".to_owned(), json!("+2"));
        assert_eq!(told, [phone, (format!("{ENTERPRISE}:department"), Json::Null)]);
        assert_eq!(profile.before(&adele, &entry_of)[ENTERPRISE]["department"], "Sales");
        assert_eq!(profile.user_name(&adele).as_deref(), Some("a@x.example"));
    }

    #[test]
    fn a_place_in_the_settings_comes_before_the_usual_one() {
        let profile = of(r#", "attributes": {"displayName": "", "title": "department", "nickName": "name"}"#).unwrap();
        let paths: Vec<String> = profile.paths().map(ToString::to_string).collect();
        assert!(!paths.contains(&"displayName".to_owned()));
        assert!(paths.contains(&"title".to_owned()) && paths.contains(&"nickName".to_owned()));
        let less = profile.without(&["nickName".to_owned()]);
        assert_eq!(less.paths().count(), paths.len() - 1);
    }

    #[test]
    fn wrong_places_are_refused_by_name() {
        for (more, setting, suggestion) in [
            (r#", "attributes": {"title": "departmnet"}"#, "attributes.title", Some("department")),
            (r#", "attributes": {"a b": "name"}"#, "attributes.a b", None),
            (r#", "attributes": {"userName": "email"}"#, "attributes.userName", None),
            (r#", "attributes": {"password": "name"}"#, "attributes.password", None),
            (r#", "user_name": "mail""#, "user_name", Some("email")),
        ] {
            let problem = of(more).unwrap_err();
            assert_eq!((problem.setting.as_str(), problem.suggestion.as_deref()), (setting, suggestion), "{more}");
        }
    }

    #[test]
    fn several_texts_are_the_values_of_a_whole_attribute() {
        let settings = r#"{"base_url": "https://a.example", "attributes": {"roles": "roles"}, "user_name": "roles"}"#;
        let attributes = [Attribute::new("roles", AttributeType::Texts)];
        let profile = Profile::of(&attributes, &rollcall_sdk::settings::parse(settings).unwrap()).unwrap();
        let texts = || Value::Texts(vec!["a".into(), "b".into()]);
        let one = PersonEntry { person: "1".into(), remote: None, values: vec![texts()], before: vec![], active: true };
        let made = resource(&profile.wanted(&one, Which::All, &entry_of));
        assert_eq!(made["roles"], json!([{"value": "a"}, {"value": "b"}]));
        assert_eq!(profile.values(&made, &|_| None), [texts()]);
    }
}

//! Resources as they are answered, with the service's own habits.

use serde_json::{Map, Value, json};

use super::quirks::{Names, Quirks};
use super::schema::ENTERPRISE;
use super::{Kind, Resource};

/// A resource as it is shown.
pub(super) fn resource(quirks: &Quirks, base: &str, kind: Kind, id: &str, resource: &Resource) -> Value {
    let mut shown = resource.attributes.clone();
    let mut schemas = vec![Value::from(kind.urn())];
    if shown.contains_key(ENTERPRISE) {
        schemas.push(ENTERPRISE.into());
    }
    let location = format!("{base}{}/{}", kind.place(), encoded(id));
    let mut meta = json!({"resourceType": kind.name(), "location": location});
    if let (true, Some(meta)) = (quirks.versions, meta.as_object_mut()) {
        meta.insert("version".to_owned(), version(resource).into());
    }
    shown.insert("id".to_owned(), id.into());
    shown.insert("meta".to_owned(), meta);
    shown.insert("schemas".to_owned(), schemas.into());
    habits(quirks, Value::Object(shown))
}

/// The version of a resource.
pub(super) fn version(resource: &Resource) -> String {
    format!("W/\"{}\"", resource.version)
}

/// Some of the attributes: those that are asked for, or all but those that are not wanted.
pub(super) fn part(shown: Value, only: Option<&str>, except: Option<&str>) -> Value {
    let Value::Object(fields) = shown else { return shown };
    let among = |list: &str, name: &str| list.split(',').any(|one| one.trim().eq_ignore_ascii_case(name));
    let always = |name: &str| ["id", "schemas"].iter().any(|known| known.eq_ignore_ascii_case(name));
    let keeps = |name: &str| match (only, except) {
        (Some(only), _) => always(name) || among(only, name),
        (None, Some(except)) => always(name) || !among(except, name),
        (None, None) => true,
    };
    fields.into_iter().filter(|(name, _)| keeps(name)).collect::<Map<_, _>>().into()
}

/// A list of resources (RFC 7644 section 3.4.2).
pub(super) fn list(quirks: &Quirks, all: usize, start: usize, entries: Vec<Value>) -> Value {
    let schemas = ["urn:ietf:params:scim:api:messages:2.0:ListResponse"];
    let mut list = habits(
        quirks,
        json!({"schemas": schemas, "totalResults": all, "startIndex": start, "itemsPerPage": entries.len()}),
    );
    if let Some(fields) = list.as_object_mut() {
        // The entries have these habits already.
        fields.insert("Resources".to_owned(), entries.into());
    }
    list
}

/// An answer with the service's habits.
pub(super) fn habits(quirks: &Quirks, mut answer: Value) -> Value {
    if let (true, Some(fields)) = (quirks.no_schemas, answer.as_object_mut()) {
        fields.remove("schemas");
    }
    changed(quirks, answer)
}

fn changed(quirks: &Quirks, answer: Value) -> Value {
    match answer {
        Value::Bool(truth) if quirks.text_truth => if truth { "True" } else { "False" }.into(),
        Value::Array(items) => items.into_iter().map(|item| changed(quirks, item)).collect(),
        Value::Object(fields) => {
            let named = |(name, value): (String, Value)| (renamed(quirks.names, &name), changed(quirks, value));
            fields.into_iter().map(named).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

fn renamed(names: Names, name: &str) -> String {
    match names {
        Names::Standard => name.to_owned(),
        Names::Lower => name.to_lowercase(),
        Names::Upper if name.starts_with("urn:") => name.to_owned(),
        Names::Upper => {
            let mut letters = name.chars();
            letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
        }
    }
}

/// A part of an address.
fn encoded(id: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    id.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

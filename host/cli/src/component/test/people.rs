//! People to try a component on, beside the author's sample: ordinary ones in numbers, and odd ones.

use rollcall_sandbox::contract::types::{Attribute, AttributeType, Value};
use serde_json::{Map, Value as Json, json};

use crate::component::sample::{self, Case};

/// Users of Microsoft's demonstration tenant.
const ORDINARY: &str = include_str!("../../../../../tests/data/demo-tenant-users.jsonl");

/// As many ordinary people as wanted, each with an id of their own.
pub fn ordinary(count: usize, attributes: &[Attribute]) -> Vec<Case> {
    let known = sample::parse(ORDINARY).unwrap_or_default();
    let one = |(number, case): (usize, &Case)| {
        let mut user = case.user.clone();
        user.insert("id".to_owned(), format!("{number:08}-{}", case.id()).into());
        if let Some(Json::String(manager)) = user.get("manager") {
            user.insert("manager".to_owned(), json!({ "id": manager }));
        }
        Case { profile: profile(attributes, number), ..Case::of(number, user) }
    };
    known.iter().cycle().take(count).enumerate().map(one).collect()
}

/// People as a careless directory has them: with nothing, with nulls, with values of the wrong type, with endless or strange texts.
pub fn odd(properties: &[String], attributes: &[Attribute]) -> Vec<(&'static str, Case)> {
    let long = "long ".repeat(20_000);
    let values: [(&str, Option<Json>); 10] = [
        ("who has no properties at all", None),
        ("whose properties are all null", Some(Json::Null)),
        ("whose properties are empty texts", Some("".into())),
        ("whose properties are blanks", Some(" \t\n".into())),
        ("whose properties are of 100,000 letters", Some(long.into())),
        (
            "whose properties have signs of all kinds",
            Some("\u{0}\u{7f}'\"\\<>&;%/\u{202e}\u{1f468}\u{200d}\u{1f469}e\u{301}ß".into()),
        ),
        ("whose properties are numbers", Some(json!(-1.5e300))),
        ("whose properties are lists", Some(json!([null, 1, "two", [3]]))),
        ("whose properties are objects", Some(json!({ "id": 7, "a": { "b": null } }))),
        ("whose properties are truth values", Some(json!(true))),
    ];
    let one = |(number, (name, value)): (usize, (&'static str, Option<Json>))| {
        let mut user = Map::new();
        for property in properties.iter().filter(|property| property.as_str() != "*") {
            let root = property.split('.').next().unwrap_or(property);
            if let Some(value) = &value {
                user.insert(root.to_owned(), value.clone());
            }
        }
        user.insert("id".to_owned(), format!("odd-{number}").into());
        (name, Case { profile: Map::new(), ..Case::of(number, user) })
    };
    let mut odd: Vec<(&'static str, Case)> = values.into_iter().enumerate().map(one).collect();
    let full = ordinary(1, attributes).pop().unwrap_or_default();
    odd.push(("who is there already", Case { exists: true, ..full }));
    odd
}

/// A profile with a value in each attribute.
fn profile(attributes: &[Attribute], number: usize) -> Map<String, Json> {
    let value = |attribute: &Attribute| match attribute.kind {
        AttributeType::Text => format!("{} {number}", attribute.name).into(),
        AttributeType::Boolean => (number.is_multiple_of(2)).into(),
        AttributeType::Integer => number.into(),
        AttributeType::Number => (number as f64 / 2.0).into(),
        AttributeType::DateTime => "2026-11-23T06:30:00Z".into(),
        AttributeType::Texts => json!([attribute.name.as_str()]),
    };
    attributes.iter().map(|attribute| (attribute.name.clone(), value(attribute))).collect()
}

/// Only what a step says it reads, and the id.
pub fn only(user: &Map<String, Json>, properties: &[String]) -> Map<String, Json> {
    if properties.iter().any(|property| property == "*") {
        return user.clone();
    }
    let read = |name: &str| {
        name == "id" || properties.iter().any(|property| property == name || property.split('.').next() == Some(name))
    };
    user.iter().filter(|(name, _)| read(name)).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// A value as it is shown in a comparison: short enough to read.
pub fn brief(value: &Json) -> String {
    const MOST: usize = 200;
    let text = value.to_string();
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// Two values under each other, where they differ.
pub fn difference(name: &str, expected: &str, found: &str) -> Vec<String> {
    vec![format!("  {name}"), format!("    expected {expected}"), format!("    found    {found}")]
}

/// A value as JSON, for a comparison.
pub fn shown(value: &Value) -> Json {
    if *value == Value::Keep { json!({ "keep": true }) } else { rollcall_sync::profile::readable(value) }
}

//! One user or group of a page: from Graph's JSON to what the contract knows.
//!
//! The values are not parsed: they are copied as they stand, and only annotations (names with an `@`) are looked into. Source:
//! Graph, "Use delta query", Representation of changes.

use std::borrow::Cow;
use std::fmt;

use rollcall_sdk::source::RemovalKind;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The fields of a JSON object, in their order, with their values as they stand.
struct Fields<'a>(Vec<(Cow<'a, str>, &'a RawValue)>);

/// Text that is borrowed where it can be.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a user or group, an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                // Most users have fewer properties than this.
                let mut fields = Vec::with_capacity(32);
                while let Some(Text(name)) = map.next_key()? {
                    fields.push((name, map.next_value()?));
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// One item of a page.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Item {
    /// The object's id.
    pub(crate) id: String,
    /// How the object left, if it did.
    pub(crate) removed: Option<RemovalKind>,
    /// The properties, as a JSON object without annotations.
    pub(crate) properties: String,
    /// For a group, who entered and left it.
    pub(crate) members: Vec<Member>,
}

/// A user who entered or left a group.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Member {
    /// The user's id.
    pub(crate) id: String,
    /// True when the user left.
    pub(crate) removed: bool,
}

/// An entry of `manager@delta` or `members@delta`, or a plain `manager`.
#[derive(Deserialize)]
struct Reference<'a>(#[serde(borrow)] ReferenceFields<'a>);

#[derive(Deserialize)]
struct ReferenceFields<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(rename = "@odata.type", borrow, default)]
    kind: Option<Cow<'a, str>>,
    #[serde(rename = "@removed", borrow, default)]
    removed: Option<&'a RawValue>,
}

/// `@removed` of an item.
#[derive(Deserialize)]
struct Removed<'a> {
    #[serde(borrow, default)]
    reason: Option<Cow<'a, str>>,
}

impl Item {
    /// Reads an item. The error says what is wrong with it.
    pub(crate) fn read(raw: &RawValue) -> Result<Self, String> {
        let Fields(fields) = serde_json::from_str(raw.get()).map_err(|error| error.to_string())?;
        let mut item = Item { id: String::new(), removed: None, properties: String::new(), members: Vec::new() };
        let mut manager = None;
        let mut as_it_stands = true;
        for (name, value) in &fields {
            match name.as_ref() {
                "id" => item.id = text(value)?,
                "@removed" => item.removed = Some(removal(value)?),
                "manager@delta" => manager = Some(last_manager(value)?),
                "manager" => manager = Some(plain_manager(value)?),
                "members@delta" => item.members = members(value)?,
                _ => {
                    as_it_stands &= !name.contains('@');
                    continue;
                }
            }
            as_it_stands &= name == "id";
        }
        if item.id.is_empty() {
            return Err("it has no id".to_owned());
        }
        item.properties = if as_it_stands { raw.get().to_owned() } else { write(raw, &fields, manager) };
        Ok(item)
    }

    /// The id of an item that cannot be read otherwise, for the log.
    pub(crate) fn id_of(raw: &RawValue) -> Option<String> {
        #[derive(Deserialize)]
        struct Id {
            id: String,
        }
        serde_json::from_str::<Id>(raw.get()).ok().map(|item| item.id)
    }

    /// Says that the user has no manager, unless the properties say otherwise.
    pub(crate) fn without_manager_unless_named(mut self) -> Self {
        #[derive(Deserialize)]
        struct Manager<'a> {
            #[serde(borrow)]
            manager: Option<&'a RawValue>,
        }
        let named = serde_json::from_str::<Manager<'_>>(&self.properties).is_ok_and(|item| item.manager.is_some());
        // The properties are an object that has at least the id.
        if !named && self.properties.pop() == Some('}') {
            self.properties.push_str(",\"manager\":null}");
        }
        self
    }
}

/// The object without its annotations, and with the manager if it tells of one.
fn write(raw: &RawValue, fields: &[(Cow<'_, str>, &RawValue)], manager: Option<Option<String>>) -> String {
    let mut object = String::with_capacity(raw.get().len());
    let mut add = |name: &str, value: &str| {
        object.push(if object.is_empty() { '{' } else { ',' });
        push_text(&mut object, name);
        object.push(':');
        object.push_str(value);
    };
    for (name, value) in fields.iter().filter(|(name, _)| !name.contains('@') && name != "manager") {
        add(name, value.get());
    }
    match manager {
        Some(Some(id)) => add("manager", &serde_json::json!({ "id": id }).to_string()),
        Some(None) => add("manager", "null"),
        None => {}
    }
    object.push_str(if object.is_empty() { "{}" } else { "}" });
    object
}

/// Appends a text as JSON.
fn push_text(json: &mut String, text: &str) {
    if text.bytes().all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\') {
        json.push('"');
        json.push_str(text);
        json.push('"');
    } else {
        json.push_str(&serde_json::Value::from(text).to_string());
    }
}

fn text(value: &RawValue) -> Result<String, String> {
    serde_json::from_str(value.get()).map_err(|_| "its id is no text".to_owned())
}

/// `changed` is a soft deletion. An unknown reason is taken for one too: a soft deletion is what can be undone.
fn removal(value: &RawValue) -> Result<RemovalKind, String> {
    let removed: Removed<'_> =
        serde_json::from_str(value.get()).map_err(|error| format!("its @removed cannot be read: {error}"))?;
    Ok(if removed.reason.as_deref() == Some("deleted") { RemovalKind::Final } else { RemovalKind::Soft })
}

fn references<'a>(value: &'a RawValue, name: &str) -> Result<Vec<ReferenceFields<'a>>, String> {
    let references: Option<Vec<Reference<'a>>> =
        serde_json::from_str(value.get()).map_err(|error| format!("its {name} cannot be read: {error}"))?;
    Ok(references.unwrap_or_default().into_iter().map(|Reference(fields)| fields).collect())
}

/// The manager after the changes: the last one that was not removed.
fn last_manager(value: &RawValue) -> Result<Option<String>, String> {
    let managers = references(value, "manager@delta")?;
    Ok(managers.into_iter().rfind(|manager| manager.removed.is_none()).map(|manager| manager.id.into_owned()))
}

fn plain_manager(value: &RawValue) -> Result<Option<String>, String> {
    let manager: Option<ReferenceFields<'_>> =
        serde_json::from_str(value.get()).map_err(|error| format!("its manager cannot be read: {error}"))?;
    Ok(manager.map(|manager| manager.id.into_owned()))
}

/// The members that are users: groups, devices and contacts in a group are left out. An entry without a type counts as a user.
fn members(value: &RawValue) -> Result<Vec<Member>, String> {
    let is_user = |kind: &Cow<'_, str>| kind.trim_start_matches('#').eq_ignore_ascii_case("microsoft.graph.user");
    let members =
        references(value, "members@delta")?.into_iter().filter(|member| member.kind.as_ref().is_none_or(is_user));
    Ok(members.map(|member| Member { id: member.id.into_owned(), removed: member.removed.is_some() }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Item, String> {
        Item::read(&RawValue::from_string(json.to_owned()).unwrap())
    }

    #[test]
    fn an_item_without_annotations_is_kept_as_it_stands() {
        let json = r#"{"id":"1", "displayName":"A \"B\" é", "businessPhones":[], "mail":null}"#;
        assert_eq!(read(json).unwrap().properties, json);
    }

    #[test]
    fn annotations_are_dropped_and_managers_are_normalised() {
        for (json, properties) in [
            (r##"{"@odata.type":"#microsoft.graph.user","id":"1","mail":"a"}"##, r#"{"id":"1","mail":"a"}"#),
            (r#"{"id":"1","businessPhones@odata.type":"x","a\"b":1}"#, r#"{"id":"1","a\"b":1}"#),
            (r#"{"manager@delta":[{"id":"m"}],"id":"1"}"#, r#"{"id":"1","manager":{"id":"m"}}"#),
            (r#"{"id":"1","manager@delta":[]}"#, r#"{"id":"1","manager":null}"#),
            (r#"{"id":"1","manager@delta":null}"#, r#"{"id":"1","manager":null}"#),
            (
                r#"{"id":"1","manager@delta":[{"id":"m","@removed":{"reason":"deleted"}}]}"#,
                r#"{"id":"1","manager":null}"#,
            ),
            (
                r#"{"id":"1","manager@delta":[{"id":"n"},{"id":"m","@removed":{"reason":"deleted"}}]}"#,
                r#"{"id":"1","manager":{"id":"n"}}"#,
            ),
            (
                r#"{"id":"1","manager":{"@odata.type":"x","id":"m","displayName":"M"}}"#,
                r#"{"id":"1","manager":{"id":"m"}}"#,
            ),
            (r#"{"id":"1","manager":null}"#, r#"{"id":"1","manager":null}"#),
        ] {
            assert_eq!(read(json).unwrap().properties, properties, "{json}");
        }
    }

    #[test]
    fn a_removed_object_left_softly_unless_it_was_deleted_for_good() {
        for (reason, kind) in [
            (r#"{"reason":"changed"}"#, RemovalKind::Soft),
            (r#"{"reason":"deleted"}"#, RemovalKind::Final),
            (r#"{"reason":"something new"}"#, RemovalKind::Soft),
            ("{}", RemovalKind::Soft),
        ] {
            assert_eq!(read(&format!(r#"{{"id":"1","@removed":{reason}}}"#)).unwrap().removed, Some(kind), "{reason}");
        }
    }

    #[test]
    fn only_users_count_as_members() {
        let item = read(
            r##"{"id":"g","members@delta":[{"@odata.type":"#microsoft.graph.user","id":"u"},
                {"@odata.type":"#microsoft.graph.group","id":"g2"},{"id":"v","@removed":{"reason":"deleted"}}]}"##,
        );
        let member = |id: &str, removed| Member { id: id.to_owned(), removed };
        assert_eq!(item.unwrap().members, [member("u", false), member("v", true)]);
    }

    #[test]
    fn what_is_no_item_is_refused_with_the_reason() {
        for (json, reason) in [
            ("7", "a user or group"),
            ("null", "a user or group"),
            ("[]", "a user or group"),
            ("{}", "it has no id"),
            (r#"{"id":7}"#, "its id is no text"),
            (r#"{"id":""}"#, "it has no id"),
            (r#"{"id":"1","@removed":7}"#, "its @removed cannot be read"),
            (r#"{"id":"1","manager@delta":[{}]}"#, "its manager@delta cannot be read"),
        ] {
            let error = read(json).unwrap_err();
            assert!(error.contains(reason), "{json}: {error}");
        }
    }

    #[test]
    fn a_user_whose_manager_is_not_named_has_none_when_asked_for_alone() {
        for (json, properties) in [
            (r#"{"id":"1"}"#, r#"{"id":"1","manager":null}"#),
            (r#"{"id":"1","manager":{"id":"m"}}"#, r#"{"id":"1","manager":{"id":"m"}}"#),
        ] {
            assert_eq!(read(json).unwrap().without_manager_unless_named().properties, properties);
        }
    }
}

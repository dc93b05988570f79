//! Attribute paths (RFC 7644 section 3.10), and reading and writing what they lead to.
//!
//! Three forms are known: `title`, `name.givenName` and `emails[type eq "work"].value`, each with the URN of an extension before
//! it or not. Names are compared without regard to case (RFC 7643 section 2.1).

use std::fmt;

use serde_json::{Map, Value as Json, json};

/// The schema of a user.
pub(crate) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
/// The schema of a group.
pub(crate) const GROUP: &str = "urn:ietf:params:scim:schemas:core:2.0:Group";
/// The enterprise extension of a user.
pub(crate) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// The attributes of the enterprise extension, which may be written without its URN (RFC 7643 section 4.3).
const OF_ENTERPRISE: [&str; 6] = ["employeeNumber", "costCenter", "organization", "division", "department", "manager"];

/// A path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Path {
    /// The URN of the extension; none for the schema of the resource itself.
    pub(crate) extension: Option<String>,
    pub(crate) attribute: String,
    /// Which value of a multi-valued attribute: the sub-attribute by which it is chosen, and its text.
    pub(crate) choice: Option<(String, String)>,
    pub(crate) sub: Option<String>,
}

impl Path {
    /// Reads a path. The error is a part of a sentence.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let head = text.split('[').next().unwrap_or(text);
        let (extension, rest) = match head.rfind(':') {
            Some(at) if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:")) => {
                (text.get(..at), text.get(at + 1..).unwrap_or_default())
            }
            _ => (None, text),
        };
        let (rest, choice) = match rest.split_once('[') {
            None => (rest.to_owned(), None),
            Some((attribute, rest)) => {
                let (filter, end) = rest.split_once(']').ok_or("has a `[` without a `]`")?;
                (format!("{attribute}{end}"), Some(choice(filter)?))
            }
        };
        let (attribute, sub) = match rest.split_once('.') {
            None => (rest, None),
            Some((attribute, sub)) => (attribute.to_owned(), Some(sub.to_owned())),
        };
        if !is_name(&attribute) || !sub.as_deref().is_none_or(is_name) {
            return Err("is no path of SCIM, such as `title` or `emails[type eq \"work\"].value`".to_owned());
        }
        if choice.is_some() && sub.is_none() {
            return Err("chooses a value and does not say which part of it, such as `.value`".to_owned());
        }
        let bare = extension.is_none() && OF_ENTERPRISE.iter().any(|name| name.eq_ignore_ascii_case(&attribute));
        let extension = match extension {
            Some(urn) if urn.eq_ignore_ascii_case(USER) => None,
            Some(urn) => Some(urn.to_owned()),
            None => bare.then(|| ENTERPRISE.to_owned()),
        };
        // The manager is a reference; the sync knows it by its id alone.
        let manager = extension.as_deref() == Some(ENTERPRISE) && attribute.eq_ignore_ascii_case("manager");
        let sub = if manager && sub.is_none() { Some("value".to_owned()) } else { sub };
        Ok(Path { extension, attribute, choice, sub })
    }

    /// True for the reference to the manager.
    pub(crate) fn is_manager(&self) -> bool {
        self.extension.as_deref() == Some(ENTERPRISE)
            && self.attribute.eq_ignore_ascii_case("manager")
            && self.sub.as_deref().is_some_and(|sub| sub.eq_ignore_ascii_case("value"))
    }

    /// The attribute that the path leads into, with the URN of its extension.
    pub(crate) fn container(&self) -> String {
        match &self.extension {
            Some(urn) => format!("{urn}:{}", self.attribute),
            None => self.attribute.clone(),
        }
    }

    /// The value of a multi-valued attribute that the path leads into.
    pub(crate) fn element(&self) -> Option<String> {
        let (sub, text) = self.choice.as_ref()?;
        Some(format!("{}[{sub} eq {}]", self.container(), quoted(text)))
    }

    /// True when both lead into the same value of the same attribute.
    pub(crate) fn shares_element(&self, other: &Path) -> bool {
        self.choice.is_some() && self.element() == other.element()
    }

    /// What it leads to in a resource.
    pub(crate) fn get<'a>(&self, resource: &'a Json) -> Option<&'a Json> {
        let attribute = field(self.root(resource)?, &self.attribute)?;
        let value = match &self.choice {
            Some(choice) => attribute.as_array()?.iter().find(|element| chosen(element, choice))?,
            None => attribute,
        };
        match &self.sub {
            // A server may tell a reference as a plain text.
            Some(_) if self.is_manager() && value.is_string() => Some(value),
            Some(sub) => field(value, sub),
            None => Some(value),
        }
        .filter(|value| !value.is_null())
    }

    /// True when the value of a multi-valued attribute that it leads into is there.
    pub(crate) fn has_element(&self, resource: &Json) -> bool {
        let list = self.root(resource).and_then(|root| field(root, &self.attribute)).and_then(Json::as_array);
        let Some(choice) = &self.choice else { return false };
        list.is_some_and(|list| list.iter().any(|element| chosen(element, choice)))
    }

    /// Writes a value into a resource; null removes it.
    pub(crate) fn set(&self, resource: &mut Json, value: Json) {
        if value.is_null() && self.root(resource).is_none_or(|root| field(root, &self.attribute).is_none()) {
            return;
        }
        let root = match &self.extension {
            Some(urn) => entry(resource, urn, || json!({})),
            None => resource,
        };
        let Some(sub) = &self.sub else {
            put(root, &self.attribute, value);
            return;
        };
        let Some((by, text)) = &self.choice else {
            let whole = entry(root, &self.attribute, || json!({}));
            put(whole, sub, value);
            if whole.as_object().is_some_and(Map::is_empty) {
                put(root, &self.attribute, Json::Null);
            }
            return;
        };
        let list = entry(root, &self.attribute, || json!([]));
        let Json::Array(list) = list else { return };
        let at = list.iter().position(|element| chosen(element, &(by.clone(), text.clone())));
        match at.and_then(|at| list.get_mut(at)) {
            Some(element) => put(element, sub, value),
            None if value.is_null() => {}
            None => {
                let mut element = json!({});
                put(&mut element, by, Json::from(text.as_str()));
                put(&mut element, sub, value);
                list.push(element);
            }
        }
        // A value of which nothing is left but what it was chosen by is none.
        let choice = (by.clone(), text.clone());
        let says_more = |name: &String| !name.eq_ignore_ascii_case(by) && !name.eq_ignore_ascii_case("primary");
        list.retain(|element| {
            !chosen(element, &choice) || element.as_object().is_some_and(|element| element.keys().any(says_more))
        });
    }

    /// Writes the attribute that it leads into; null removes it with all its parts.
    pub(crate) fn set_whole(&self, resource: &mut Json, value: Json) {
        Path { choice: None, sub: None, ..self.clone() }.set(resource, value);
    }

    fn root<'a>(&self, resource: &'a Json) -> Option<&'a Json> {
        match &self.extension {
            Some(urn) => field(resource, urn),
            None => Some(resource),
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.element().unwrap_or_else(|| self.container()))?;
        match &self.sub {
            Some(sub) => write!(f, ".{sub}"),
            None => Ok(()),
        }
    }
}

fn is_name(text: &str) -> bool {
    // RFC 7643 section 2.1: ATTRNAME; `$ref` is the one name with a dollar.
    text == "$ref"
        || (text.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')))
}

fn choice(filter: &str) -> Result<(String, String), String> {
    let expected = "chooses a value by something else than `name eq \"text\"`";
    let (name, rest) = filter.trim().split_once(' ').ok_or(expected)?;
    let (operator, text) = rest.trim().split_once(' ').ok_or(expected)?;
    match serde_json::from_str::<String>(text.trim()) {
        Ok(text) if operator.eq_ignore_ascii_case("eq") && is_name(name) => Ok((name.to_owned(), text)),
        _ => Err(expected.to_owned()),
    }
}

fn chosen(element: &Json, (by, text): &(String, String)) -> bool {
    field(element, by).and_then(Json::as_str).is_some_and(|found| found.eq_ignore_ascii_case(text))
}

/// A text as a filter has it: as JSON (RFC 7644 section 3.4.2.2).
pub(crate) fn quoted(text: &str) -> String {
    Json::from(text).to_string()
}

/// A field of an object, whatever the case of its name.
pub(crate) fn field<'a>(object: &'a Json, name: &str) -> Option<&'a Json> {
    let object = object.as_object()?;
    object.get(name).or_else(|| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

/// A text of an object.
pub(crate) fn text<'a>(object: &'a Json, name: &str) -> Option<&'a str> {
    field(object, name).and_then(Json::as_str).filter(|text| !text.is_empty())
}

/// Truth, also where a server writes it as a text.
pub(crate) fn truth(value: &Json) -> Option<bool> {
    match value {
        Json::Bool(truth) => Some(*truth),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// The name by which an object has a field already, so that none is there twice in two spellings.
fn known(object: &Map<String, Json>, name: &str) -> String {
    object.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned().unwrap_or_else(|| name.to_owned())
}

fn put(object: &mut Json, name: &str, value: Json) {
    if !object.is_object() {
        *object = json!({});
    }
    let Json::Object(object) = object else { return };
    let name = known(object, name);
    if value.is_null() {
        object.remove(&name);
    } else {
        object.insert(name, value);
    }
}

fn entry<'a>(object: &'a mut Json, name: &str, new: impl FnOnce() -> Json) -> &'a mut Json {
    if !object.is_object() {
        *object = json!({});
    }
    match object {
        Json::Object(object) => {
            let name = known(object, name);
            let fresh = new();
            let value = object.entry(name).or_insert(Json::Null);
            if std::mem::discriminant(value) != std::mem::discriminant(&fresh) {
                *value = fresh;
            }
            value
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path::parse(text).unwrap()
    }

    #[test]
    fn a_path_comes_back_as_it_is_sent() {
        let manager = format!("{ENTERPRISE}:manager.value");
        let department = format!("{ENTERPRISE}:department");
        for (text, expected) in [
            ("title", "title"),
            ("name.givenName", "name.givenName"),
            ("emails[type eq \"work\"].value", "emails[type eq \"work\"].value"),
            ("emails[type EQ \"work\"].value", "emails[type eq \"work\"].value"),
            ("department", department.as_str()),
            (department.as_str(), department.as_str()),
            ("manager", manager.as_str()),
            ("urn:ietf:params:scim:schemas:core:2.0:User:title", "title"),
            ("urn:example:2.0:User:shoe.size", "urn:example:2.0:User:shoe.size"),
        ] {
            assert_eq!(path(text).to_string(), expected);
        }
        assert!(path("manager").is_manager() && !path("manager.displayName").is_manager());
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "a b", "emails[type eq \"work\"]", "emails[type eq work].value", "emails[type", "a.b.c", "1a"]
        {
            assert!(Path::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_value_is_found_whatever_the_case_of_the_names() {
        let resource = json!({
            "DisplayName": "A",
            "emails": [{"Type": "home", "value": "h"}, {"type": "Work", "Value": "w"}],
            "URN:ietf:params:scim:schemas:extension:enterprise:2.0:User": {"Department": "Sales"},
        });
        for (text, expected) in [
            ("displayName", Some("A")),
            ("emails[type eq \"work\"].value", Some("w")),
            ("emails[type eq \"other\"].value", None),
            ("department", Some("Sales")),
            ("name.givenName", None),
        ] {
            assert_eq!(path(text).get(&resource).and_then(Json::as_str), expected, "{text}");
        }
    }

    #[test]
    fn writing_makes_what_is_missing_and_removing_leaves_no_empty_value() {
        let mut resource = json!({});
        for (text, value) in [
            ("title", json!("Clerk")),
            ("name.givenName", json!("A")),
            ("addresses[type eq \"work\"].locality", json!("Cairo")),
            ("addresses[type eq \"work\"].region", json!("C")),
            ("department", json!("Sales")),
            ("phoneNumbers[type eq \"mobile\"].value", Json::Null),
        ] {
            path(text).set(&mut resource, value);
        }
        let expected = json!({
            "title": "Clerk",
            "name": {"givenName": "A"},
            "addresses": [{"type": "work", "locality": "Cairo", "region": "C"}],
            ENTERPRISE: {"department": "Sales"},
        });
        assert_eq!(resource, expected);
        path("addresses[type eq \"work\"].locality").set(&mut resource, Json::Null);
        assert_eq!(resource["addresses"], json!([{"type": "work", "region": "C"}]));
        path("addresses[type eq \"work\"].region").set(&mut resource, Json::Null);
        assert_eq!(resource["addresses"], json!([]));
        let mut resource = json!({"emails": [{"value": "a"}, {"type": "work", "value": "b", "primary": true}]});
        path("emails[type eq \"work\"].value").set(&mut resource, Json::Null);
        assert_eq!(resource["emails"], json!([{"value": "a"}]));
    }

    #[test]
    fn a_text_can_be_a_truth() {
        for (value, expected) in
            [(json!(true), Some(true)), (json!("True"), Some(true)), (json!("false"), Some(false)), (json!(1), None)]
        {
            assert_eq!(truth(&value), expected);
        }
    }
}

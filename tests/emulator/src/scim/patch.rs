//! PATCH (RFC 7644 section 3.5.2), by the letter: what a path leads to must be there to be replaced, and a value must have its type.

use serde_json::{Map, Value};

use super::fault::Fault;
use super::path::{Path, field};
use super::quirks::Quirks;
use super::schema::{Attribute, ENTERPRISE, Kind, Schema};

/// The schema of the message.
const MESSAGE: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// Makes a resource what the message says. Nothing of it is done when a part of it cannot be.
pub(super) fn patched(
    quirks: &Quirks,
    schema: &Schema,
    resource: &Map<String, Value>,
    message: &Value,
) -> Result<Map<String, Value>, Fault> {
    let schemas = field(message, "schemas").and_then(Value::as_array);
    if !schemas.is_some_and(|schemas| schemas.iter().any(|urn| urn == MESSAGE)) {
        return Err(Fault::syntax("The message does not name its schema."));
    }
    let operations = field(message, "Operations").and_then(Value::as_array).filter(|list| !list.is_empty());
    let operations = operations.ok_or_else(|| Fault::syntax("The message has no operations."))?;
    let mut after = resource.clone();
    for operation in operations {
        one(quirks, schema, &mut after, operation)?;
    }
    if !after.contains_key("userName") && schema.urn == super::schema::USER {
        return Err(Fault::value("userName is required."));
    }
    Ok(after)
}

fn one(quirks: &Quirks, schema: &Schema, resource: &mut Map<String, Value>, operation: &Value) -> Result<(), Fault> {
    let verb = field(operation, "op").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
    let value = field(operation, "value");
    let path = match field(operation, "path") {
        Some(Value::String(text)) => Path::parse(text)?,
        Some(_) => return Err(Fault::new(400, Some("invalidPath"), "A path is a text.")),
        None if verb == "remove" => return Err(Fault::new(400, Some("noTarget"), "Nothing says what to remove.")),
        None => return whole(quirks, schema, resource, &verb, value),
    };
    let known = schema.find(path.urn.as_deref(), &path.attribute).ok_or_else(|| Fault::unknown(&path.attribute))?;
    let part = match &path.part {
        Some(name) => Some(known.part(name).ok_or_else(|| Fault::unknown(name))?),
        None => None,
    };
    if known.read_only || part.is_some_and(|part| part.read_only) {
        return Err(Fault::new(400, Some("mutability"), &format!("{} is read-only.", path.attribute)));
    }
    let root = if path.is_of_extension() { extension(resource) } else { &mut *resource };
    let target = Target { quirks, known, part };
    match (verb.as_str(), value) {
        ("add", Some(value)) => target.add(root, &path, value),
        ("replace", Some(value)) => target.replace(root, &path, value),
        ("remove", value) => target.remove(root, &path, value),
        ("add" | "replace", None) => Err(Fault::value("The operation has no value.")),
        _ => Err(Fault::syntax(&format!("There is no operation \"{verb}\"."))),
    }?;
    if resource.get(ENTERPRISE).and_then(Value::as_object).is_some_and(Map::is_empty) {
        resource.remove(ENTERPRISE);
    }
    Ok(())
}

fn extension(resource: &mut Map<String, Value>) -> &mut Map<String, Value> {
    let slot = resource.entry(ENTERPRISE).or_insert_with(|| Value::Object(Map::new()));
    object(slot)
}

/// What is to be an object, as one.
fn object(slot: &mut Value) -> &mut Map<String, Value> {
    match slot {
        Value::Object(fields) => fields,
        other => {
            *other = Value::Object(Map::new());
            object(other)
        }
    }
}

/// An operation without a path: its value holds attributes.
fn whole(
    quirks: &Quirks,
    schema: &Schema,
    resource: &mut Map<String, Value>,
    verb: &str,
    value: Option<&Value>,
) -> Result<(), Fault> {
    let fields = value.and_then(Value::as_object).ok_or_else(|| Fault::value("The value holds no attributes."))?;
    for (name, value) in fields {
        let operation = serde_json::json!({"op": verb, "path": name, "value": value});
        one(quirks, schema, resource, &operation)?;
    }
    Ok(())
}

/// What an operation is about.
struct Target<'a> {
    quirks: &'a Quirks,
    known: Attribute,
    part: Option<Attribute>,
}

fn no_target(path: &Path) -> Fault {
    Fault::new(400, Some("noTarget"), &format!("There is no such value of {}.", path.attribute))
}

impl Target<'_> {
    fn checked(&self, value: &Value) -> Result<Option<Value>, Fault> {
        self.part.unwrap_or(self.known).checked(value)
    }

    fn add(&self, root: &mut Map<String, Value>, path: &Path, value: &Value) -> Result<(), Fault> {
        if path.choice.is_some() || matches!(self.known.kind, Kind::Parts(_)) {
            return self.replace(root, path, value);
        }
        let Some(value) = self.checked(value)? else { return Ok(()) };
        match (value, root.get_mut(self.known.name)) {
            (Value::Array(new), Some(Value::Array(there))) => {
                for value in new {
                    let same = |known: &Value| match (field(known, "value"), field(&value, "value")) {
                        (Some(one), Some(other)) => one == other && field(known, "type") == field(&value, "type"),
                        _ => *known == value,
                    };
                    if !there.iter().any(same) {
                        there.push(value);
                    }
                }
            }
            (value, _) => {
                root.insert(self.known.name.to_owned(), value);
            }
        }
        Ok(())
    }

    fn replace(&self, root: &mut Map<String, Value>, path: &Path, value: &Value) -> Result<(), Fault> {
        let value = self.checked(value)?;
        let name = self.known.name;
        let Some(choice) = &path.choice else {
            match (self.part, self.known.kind, value) {
                (Some(part), _, value) => put(object(root.entry(name).or_insert(Value::Null)), part.name, value),
                // Parts that are not named are left as they are (section 3.5.2.3).
                (None, Kind::Parts(_), Some(Value::Object(new))) => {
                    object(root.entry(name).or_insert(Value::Null)).extend(new);
                }
                (None, _, value) => put(root, name, value),
            }
            return Ok(());
        };
        let elements = root.get_mut(name).and_then(Value::as_array_mut).ok_or_else(|| no_target(path))?;
        let mut met = false;
        for element in elements.iter_mut().filter(|element| choice.chooses(element)) {
            met = true;
            match self.part {
                Some(part) => put(object(element), part.name, value.clone()),
                None => *element = value.clone().unwrap_or_default(),
            }
        }
        if met { Ok(()) } else { Err(no_target(path)) }
    }

    fn remove(&self, root: &mut Map<String, Value>, path: &Path, value: Option<&Value>) -> Result<(), Fault> {
        let name = self.known.name;
        let Some(choice) = &path.choice else {
            match (self.part, value.and_then(Value::as_array)) {
                (Some(part), _) => {
                    if let Some(parts) = root.get_mut(name).and_then(Value::as_object_mut) {
                        parts.remove(part.name);
                    }
                }
                (None, Some(listed)) if !self.quirks.chosen_removal => self.remove_listed(root, path, listed)?,
                (None, _) => {
                    root.remove(name);
                }
            }
            return Ok(());
        };
        if !self.quirks.chosen_removal && name == "members" {
            return Err(Fault::new(400, Some("invalidPath"), "Paths with a filter are not supported."));
        }
        let Some(elements) = root.get_mut(name).and_then(Value::as_array_mut) else {
            return if self.quirks.absent_removal { Ok(()) } else { Err(no_target(path)) };
        };
        let before = elements.iter().filter(|element| choice.chooses(element)).count();
        if before == 0 && !self.quirks.absent_removal {
            return Err(no_target(path));
        }
        match self.part {
            Some(part) => {
                for element in elements.iter_mut().filter(|element| choice.chooses(element)) {
                    object(element).remove(part.name);
                }
            }
            None => elements.retain(|element| !choice.chooses(element)),
        }
        if elements.is_empty() {
            root.remove(name);
        }
        Ok(())
    }

    /// Members that stand in the value, as Microsoft's own client writes them.
    fn remove_listed(&self, root: &mut Map<String, Value>, path: &Path, listed: &[Value]) -> Result<(), Fault> {
        let Some(elements) = root.get_mut(self.known.name).and_then(Value::as_array_mut) else {
            return if self.quirks.absent_removal { Ok(()) } else { Err(no_target(path)) };
        };
        let is = |one: &Value, other: &Value| field(one, "value") == field(other, "value");
        if !self.quirks.absent_removal && listed.iter().any(|gone| !elements.iter().any(|known| is(known, gone))) {
            return Err(no_target(path));
        }
        elements.retain(|known| !listed.iter().any(|gone| is(known, gone)));
        if elements.is_empty() {
            root.remove(self.known.name);
        }
        Ok(())
    }
}

fn put(fields: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    match value {
        Some(value) => fields.insert(name.to_owned(), value),
        None => fields.remove(name),
    };
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use serde_json::json;

    use super::*;

    fn after(quirks: &Quirks, operation: Value) -> Result<Value, Fault> {
        let user =
            json!({"userName": "ann", "emails": [{"type": "work", "value": "a@x"}], "name": {"givenName": "Ann"}});
        let message = json!({"schemas": [MESSAGE], "Operations": [operation]});
        patched(quirks, &Schema::user(true), user.as_object().unwrap(), &message).map(Value::from)
    }

    #[test]
    fn operations_do_what_the_standard_says() {
        let quirks = Quirks::default();
        for (operation, pointer, expected) in [
            (json!({"op": "Replace", "path": "Title", "value": "Boss"}), "/title", json!("Boss")),
            (
                json!({"op": "replace", "path": "name", "value": {"familyName": "B"}}),
                "/name",
                json!({"givenName": "Ann", "familyName": "B"}),
            ),
            (
                json!({"op": "replace", "path": "emails[type eq \"work\"].value", "value": "b@x"}),
                "/emails/0/value",
                json!("b@x"),
            ),
            (
                json!({"op": "add", "path": "emails", "value": [{"type": "home", "value": "h"}]}),
                "/emails/1/value",
                json!("h"),
            ),
            (json!({"op": "add", "value": {"active": true}}), "/active", json!(true)),
            (json!({"op": "remove", "path": "emails[type eq \"work\"]"}), "/emails", Value::Null),
            (
                json!({"op": "add", "path": format!("{ENTERPRISE}:manager"), "value": {"value": "1"}}),
                "/name/givenName",
                json!("Ann"),
            ),
        ] {
            let made = after(&quirks, operation.clone()).unwrap();
            assert_eq!(made.pointer(pointer).cloned().unwrap_or_default(), expected, "{operation}");
        }
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_its_type() {
        let strict = Quirks { absent_removal: false, chosen_removal: true, ..Quirks::default() };
        for (operation, kind) in [
            (json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": "h"}), "noTarget"),
            (json!({"op": "remove"}), "noTarget"),
            (json!({"op": "remove", "path": "phoneNumbers[type eq \"fax\"]"}), "noTarget"),
            (json!({"op": "add", "path": "active", "value": "true"}), "invalidValue"),
            (json!({"op": "remove", "path": "userName"}), "invalidValue"),
            (json!({"op": "replace", "path": "shoeSize", "value": "9"}), "invalidPath"),
            (json!({"op": "replace", "path": "groups", "value": []}), "mutability"),
            (json!({"op": "move", "path": "title", "value": "x"}), "invalidSyntax"),
        ] {
            assert_eq!(after(&strict, operation.clone()).unwrap_err().body()["scimType"], kind, "{operation}");
        }
    }
}

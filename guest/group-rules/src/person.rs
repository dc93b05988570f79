//! People: where a rule finds the values of a property.

use std::borrow::Cow;
use std::collections::HashMap;

use serde_json::Value as Json;

use crate::language::property::Property;
use crate::value::Value;

/// Someone whom a rule is asked about.
pub trait Subject {
    /// The value of a property that is no item's.
    fn value(&self, property: &Property) -> Value<'_>;
}

/// A user as Microsoft Graph v1.0 returns it, with `manager` and `memberOf` expanded where a rule needs them.
///
/// ```
/// use group_rules::person::GraphUser;
/// let user = GraphUser::parse(r#"{"id": "5e3a", "mobilePhone": "+47 22 11 00 00"}"#)?;
/// assert_eq!(user.id(), "5e3a");
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone)]
pub struct GraphUser {
    user: serde_json::Map<String, Json>,
    /// Profile attributes by name.
    profile: HashMap<String, Json>,
}

impl GraphUser {
    /// Reads one user. The error is a sentence.
    pub fn parse(json: &str) -> Result<Self, String> {
        match serde_json::from_str(json) {
            Ok(Json::Object(user)) => Ok(GraphUser { user, profile: HashMap::new() }),
            Ok(_) => Err("A user is a JSON object, such as {\"id\": \"...\", \"department\": \"Sales\"}.".to_owned()),
            Err(error) => Err(format!("The user is not valid JSON: {error}.")),
        }
    }

    /// The same user with values for the attributes of a profile.
    pub fn with_profile(self, profile: impl IntoIterator<Item = (String, Json)>) -> Self {
        GraphUser { profile: profile.into_iter().collect(), ..self }
    }

    /// The user's id; empty when there is none.
    pub fn id(&self) -> &str {
        self.user.get("id").and_then(Json::as_str).unwrap_or("")
    }

    fn property(&self, path: &str) -> Value<'_> {
        match path {
            "manager" => match self.find("manager") {
                // Expanded, or the id alone.
                Some(Json::Object(manager)) => manager.get("id").map_or(Value::Null, value_of),
                other => other.map_or(Value::Null, value_of),
            },
            "memberOf" => match self.find("memberOf") {
                Some(Json::Array(groups)) => Value::Texts(Cow::Owned(
                    groups
                        .iter()
                        .filter_map(|group| group.as_str().or_else(|| group.get("id").and_then(Json::as_str)))
                        .map(str::to_owned)
                        .collect(),
                )),
                _ => Value::Null,
            },
            _ => match path.split_once('.') {
                Some((outer, inner)) => {
                    self.find(outer).and_then(|object| object.get(inner)).map_or(Value::Null, value_of)
                }
                None => self.find(path).map_or(Value::Null, value_of),
            },
        }
    }

    /// Graph writes its names in one case; extensions are found in any.
    fn find(&self, name: &str) -> Option<&Json> {
        self.user
            .get(name)
            .or_else(|| self.user.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
    }
}

impl Subject for GraphUser {
    fn value(&self, property: &Property) -> Value<'_> {
        match (property.path(), property) {
            (Some(path), _) => self.property(path),
            (None, Property::Profile(attribute)) => self.profile.get(&attribute.name).map_or(Value::Null, value_of),
            (None, _) => Value::Null,
        }
    }
}

/// JSON as a value of a person.
pub fn value_of(json: &Json) -> Value<'_> {
    match json {
        Json::Null => Value::Null,
        Json::Bool(truth) => Value::Boolean(*truth),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::Integer(whole),
            (None, fraction) => fraction.map_or(Value::Null, Value::Number),
        },
        Json::String(text) => Value::Text(text),
        Json::Array(items) if items.iter().all(Json::is_string) => {
            Value::Texts(Cow::Owned(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()))
        }
        other => Value::Json(Cow::Owned(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::language::syntax::Expression;

    fn value<'a>(user: &'a GraphUser, rule: &str) -> Value<'a> {
        let Expression::Test(test) = Language::default().parse(rule).unwrap().root else { panic!("{rule}") };
        user.value(&test.property)
    }

    #[test]
    fn rule_names_are_found_under_the_names_of_graph() {
        let user = GraphUser::parse(
            r#"{"id": "5e3a", "mobilePhone": "1", "officeLocation": "2", "businessPhones": ["3", "4"], "faxNumber": "5",
                "onPremisesSyncEnabled": true, "onPremisesExtensionAttributes": {"extensionAttribute7": "6"},
                "Extension_c272a57b722d4eb29bfe327874ae79cb_Room": "7"}"#,
        )
        .unwrap();
        for (property, expected) in [
            ("mobile", "1"),
            ("physicalDeliveryOfficeName", "2"),
            ("telephoneNumber", "3"),
            ("facsimileTelephoneNumber", "5"),
            ("extensionAttribute7", "6"),
            ("extension_c272a57b722d4eb29bfe327874ae79cb_room", "7"),
            ("objectId", "5e3a"),
        ] {
            let found = value(&user, &format!("user.{property} -eq \"x\""));
            assert_eq!(found.as_text(true).as_deref(), Some(expected), "{property}");
        }
        assert_eq!(value(&user, "user.dirSyncEnabled -eq true"), Value::Boolean(true));
        assert_eq!(value(&user, "user.city -eq null"), Value::Null);
    }

    #[test]
    fn what_is_no_user_is_refused() {
        assert!(GraphUser::parse("[]").unwrap_err().starts_with("A user is a JSON object"));
        assert!(GraphUser::parse("{").unwrap_err().starts_with("The user is not valid JSON"));
        assert!(GraphUser::parse(&"[".repeat(100_000)).is_err());
    }
}

//! The attributes of the profile, as Kaizala sees them: a phone number, and the rest.

use rollcall_sdk::target::PersonEntry;
use rollcall_sdk::{Attribute, Problem, Value};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json};

/// Where the phone number stands among the attributes, and what the others are called.
#[derive(Debug, Clone)]
pub(crate) struct Profile {
    names: Vec<String>,
    phone: usize,
    /// The number is not for logs.
    sensitive: bool,
}

impl Profile {
    /// The phone number is the first matching attribute: it is what Kaizala knows a person by.
    pub(crate) fn of(attributes: &[Attribute]) -> Result<Self, Problem> {
        let matching = attributes.iter().enumerate().filter_map(|(at, attribute)| Some((attribute.matching?, at)));
        let Some((_, phone)) = matching.min() else {
            let message = "Kaizala knows a person by the phone number. No attribute of the profile is marked as matching; \
                           give the attribute with the phone number `matching = 1`.";
            return Err(Problem::new("", message));
        };
        let sensitive = attributes.get(phone).is_some_and(|attribute| attribute.sensitive);
        Ok(Profile { names: attributes.iter().map(|attribute| attribute.name.clone()).collect(), phone, sensitive })
    }

    /// The names of the attributes other than the phone number.
    pub(crate) fn other_names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().enumerate().filter(|(at, _)| *at != self.phone).map(|(_, name)| name.as_str())
    }

    /// A person's phone number.
    pub(crate) fn phone<'a>(&self, person: &'a PersonEntry) -> Option<&'a str> {
        let text =
            |values: &'a [Value]| values.get(self.phone).and_then(Value::as_text).filter(|text| !text.is_empty());
        text(&person.values).or_else(|| text(&person.before))
    }

    /// What a person is called in a sentence: the number, by which the portal finds people, unless it is not for logs.
    pub(crate) fn called(&self, person: &PersonEntry) -> String {
        let number = self.phone(person).filter(|_| !self.sensitive);
        number.map_or_else(|| person.person.clone(), |number| format!("{number} ({})", person.person))
    }

    /// The values of the other attributes as texts, in order; what is to be kept is what was there before.
    pub(crate) fn other_texts(&self, person: &PersonEntry) -> Vec<String> {
        let value = |at: usize| match person.values.get(at) {
            Some(Value::Keep) | None => person.before.get(at),
            value => value,
        };
        let others = (0..self.names.len()).filter(|at| *at != self.phone);
        others.map(|at| value(at).map(text).unwrap_or_default()).collect()
    }

    /// The other attributes that are to be set, by name.
    pub(crate) fn others<'a>(&'a self, person: &'a PersonEntry) -> Others<'a> {
        Others { profile: self, values: &person.values }
    }

    /// The values that a phone number and attributes by name are, in order; `keep` where nothing is told.
    pub(crate) fn values(&self, phone: Option<&str>, attributes: &Map<String, Json>) -> Vec<Value> {
        let value = |(at, name): (usize, &String)| match attributes.get(name) {
            _ if at == self.phone => phone.map_or(Value::Keep, Value::from),
            Some(json) => Value::from_json(json.clone()),
            None => Value::Keep,
        };
        self.names.iter().enumerate().map(value).collect()
    }
}

/// Attributes that are to be set: an object of JSON.
pub(crate) struct Others<'a> {
    profile: &'a Profile,
    values: &'a [Value],
}

impl Serialize for Others<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let pairs = self.profile.names.iter().zip(self.values).enumerate();
        let set = pairs.filter(|(at, (_, value))| *at != self.profile.phone && !value.is_keep());
        serializer.collect_map(set.map(|(_, pair)| pair))
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Null | Value::Keep => String::new(),
        Value::Text(text) | Value::DateTime(text) | Value::Json(text) => text.clone(),
        Value::Boolean(true) => "Yes".to_owned(),
        Value::Boolean(false) => "No".to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Texts(texts) => texts.join("; "),
    }
}

/// The digits of a phone number, by which two spellings of it are compared.
pub(crate) fn digits(phone: &str) -> String {
    phone.chars().filter(char::is_ascii_digit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(values: Vec<Value>, before: Vec<Value>) -> PersonEntry {
        PersonEntry { person: "1".into(), remote: None, values, before, active: true }
    }

    fn profile() -> Profile {
        let phone = Attribute::text("phone").matching(1);
        Profile::of(&[Attribute::text("name"), phone, Attribute::text("mail").matching(2)]).unwrap()
    }

    #[test]
    fn the_phone_number_is_the_first_matching_attribute() {
        let adele = person(vec!["Adele".into(), "+1425".into(), "a@x.example".into()], vec![]);
        assert_eq!(profile().phone(&adele), Some("+1425"));
        assert_eq!(profile().other_names().collect::<Vec<_>>(), ["name", "mail"]);
        assert_eq!(Profile::of(&[Attribute::text("name")]).unwrap_err().setting, "");
    }

    #[test]
    fn a_phone_number_that_is_kept_is_the_one_from_before() {
        let before = vec!["Adele".into(), "+1425".into(), Value::Null];
        let adele = person(vec![Value::Keep, Value::Keep, "a@x.example".into()], before);
        assert_eq!(profile().phone(&adele), Some("+1425"));
        assert_eq!(profile().other_texts(&adele), ["Adele", "a@x.example"]);
        assert_eq!(serde_json::to_string(&profile().others(&adele)).unwrap(), r#"{"mail":"a@x.example"}"#);
    }

    #[test]
    fn digits_are_what_two_spellings_share() {
        assert_eq!(digits("+1 (425) 555-0100"), digits("14255550100"));
    }
}

//! People: values of every kind where a text asks for them.

use serde_json::{Map, Value as Json, json};

use crate::random::Random;
use crate::words::split;

/// Texts that values are made of, beside those of the rule or expression itself.
const TEXTS: [&str; 22] = [
    "",
    " ",
    "a",
    "A",
    "Sales",
    "null",
    "true",
    "007",
    "-3",
    "1.5",
    "2024-02-29",
    "2024-02-29T23:59:59.9999999+14:00",
    "3/16/2020 7:00:00 AM",
    "+1 425 555 0109",
    "SMTP:a@contoso.com",
    "e\u{301}",
    "ıİiI",
    "שלום",
    "😀",
    "\u{0}\n",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
    "f1a2b3c4-0001-4a00-9b00-000000000001",
];

/// Makes people.
pub struct People<'a> {
    /// Lots.
    pub random: &'a mut Random,
    /// The properties that are asked about, as paths.
    pub properties: Vec<String>,
    /// The constants that they are compared with.
    pub constants: Vec<String>,
}

impl<'a> People<'a> {
    /// For what a text asks about: `properties` finds it.
    pub fn of(text: &str, random: &'a mut Random, properties: impl Fn(&str) -> Option<String>) -> Self {
        let words = split(text);
        let mut properties: Vec<String> = words.iter().filter_map(|word| properties(word)).collect();
        properties.sort_unstable();
        properties.dedup();
        let quoted = words.iter().filter(|word| word.len() > 2 && word.starts_with(['"', '\'']));
        let constants = quoted.filter_map(|word| word.get(1..word.len() - 1)).map(str::to_owned).collect();
        Self { random, properties, constants }
    }

    /// One person.
    pub fn person(&mut self) -> Json {
        let mut person = Map::new();
        for path in self.properties.clone() {
            if self.random.chance(85) {
                let value = self.value(2);
                put(&mut person, &path, value);
            }
        }
        Json::Object(person)
    }

    fn text(&mut self) -> String {
        let constant = self.random.pick(&self.constants).cloned();
        let plain = self.random.pick(&TEXTS).copied().unwrap_or("");
        match (constant, self.random.below(8)) {
            (Some(constant), 0 | 1) => constant,
            (Some(constant), 2) => constant.to_uppercase(),
            (Some(constant), 3) => format!("{constant}{plain}"),
            (Some(constant), 4) => format!("{plain}{constant}"),
            (_, 5) => plain.repeat(1 << self.random.below(7)),
            _ => plain.to_owned(),
        }
    }

    fn value(&mut self, depth: usize) -> Json {
        match self.random.below(if depth == 0 { 9 } else { 14 }) {
            0 => Json::Null,
            1 => Json::Bool(self.random.chance(50)),
            2 => json!(self.random.number() as i64),
            3 => json!(self.random.below(20) as f64 / 4.0 - 1.0),
            9 | 10 => (0..self.random.below(4)).map(|_| Json::from(self.text())).collect(),
            11 => (0..self.random.below(3)).map(|_| self.value(depth - 1)).collect(),
            12 | 13 => self.object(depth - 1),
            _ => self.text().into(),
        }
    }

    /// An object with the fields that either language may look for in one.
    fn object(&mut self, depth: usize) -> Json {
        let mut object = Map::new();
        for field in
            ["id", "displayName", "servicePlanId", "service", "capabilityStatus", "value", "extensionAttribute3"]
        {
            if self.random.chance(40) {
                let value = if self.random.chance(70) { self.text().into() } else { self.value(depth) };
                object.insert(field.to_owned(), value);
            }
        }
        Json::Object(object)
    }
}

/// Puts a value where a path leads, through objects.
fn put(object: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => drop(object.insert(path.to_owned(), value)),
        Some((outer, inner)) => {
            let place = object.entry(outer).or_insert_with(|| Json::Object(Map::new()));
            match place {
                Json::Object(place) => put(place, inner, value),
                other => *other = value,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_has_values_where_the_text_asks() {
        let mut random = Random(1);
        let property = |word: &str| word.strip_prefix("user.").map(str::to_owned);
        let mut people = People::of("user.a.b -eq \"Oslo\" -or user.c -ne null", &mut random, property);
        assert_eq!(
            (people.properties.as_slice(), people.constants.as_slice()),
            (["a.b".to_owned(), "c".to_owned()].as_slice(), ["Oslo".to_owned()].as_slice())
        );
        let people: Vec<Json> = (0..200).map(|_| people.person()).collect();
        assert!(people.iter().any(|person| person["a"]["b"] == "Oslo"));
        assert!(people.iter().any(|person| person["c"].is_array()));
        assert!(people.iter().any(|person| person.get("c").is_none()));
    }
}

//! From a user's JSON text to the values of the attributes that are read, and nothing else.
//!
//! Keys are looked up in a small table; what stands under any other key is passed over without being looked into. That is several
//! times as fast as a generic JSON value, and it is most of the time that a mapping takes. What is passed over is not validated:
//! the host's mirror wrote it.

use std::borrow::Cow;
use std::fmt;

use serde::Deserializer;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};
use serde_json::Error;

use crate::attributes::Path;
use crate::program::Slot;
use crate::scan::{Quoted, Scanner};
use crate::value::{Texts, Value};

/// The attributes that are read, as a tree of keys.
#[derive(Debug, Default)]
pub struct Projection {
    root: Level,
    slots: usize,
}

/// The keys of one object that are read.
#[derive(Debug, Default)]
struct Level {
    keys: Vec<Key>,
    /// Where the keys of each length begin and end in `keys`, which is in the order of their lengths.
    lengths: Vec<(u32, u32)>,
}

#[derive(Debug)]
struct Key {
    name: String,
    /// What most other names of this length differ in.
    ends: Ends,
    /// The attribute that is this value itself.
    slot: Option<Slot>,
    /// The attributes that stand inside of this object.
    below: Option<Box<Level>>,
}

/// The first and the last eight bytes of a name: two numbers are compared faster than texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Ends(u64, u64);

impl Ends {
    #[inline(always)]
    fn of(name: &[u8]) -> Self {
        let number = |bytes: &[u8; 8]| u64::from_le_bytes(*bytes);
        match (name.first_chunk(), name.last_chunk()) {
            (Some(first), Some(last)) => Self(number(first), number(last)),
            _ => Self(name.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)), 0),
        }
    }
}

/// Whether two names of one length are the same. What compares bytes in a sandbox goes one by one.
#[inline(always)]
fn same(a: &[u8], b: &[u8]) -> bool {
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    a.iter().zip(b).all(|(a, b)| u64::from_le_bytes(*a) == u64::from_le_bytes(*b))
        && a_rest.iter().zip(b_rest).all(|(a, b)| a == b)
}

impl Projection {
    /// For these paths; the position of a path is its slot.
    pub fn new(paths: &[Path]) -> Self {
        let mut root = Level::default();
        for (slot, path) in paths.iter().enumerate() {
            root.add(&path.segments, slot);
        }
        root.arrange();
        Self { root, slots: paths.len() }
    }

    /// The values of a user, by slot. What the user does not have is null.
    pub fn read<'j>(&self, json: &'j str) -> Result<Vec<Value<'j>>, Error> {
        let mut slots: Vec<Value<'j>> = std::iter::repeat_with(|| Value::Null).take(self.slots).collect();
        self.root.read(Scanner::new(json), &mut slots)?.end()?;
        Ok(slots)
    }
}

impl Level {
    fn add(&mut self, segments: &[String], slot: Slot) {
        let Some((name, rest)) = segments.split_first() else { return };
        let place = self.keys.iter().position(|key| key.name == *name).unwrap_or_else(|| {
            self.keys.push(Key { name: name.clone(), ends: Ends::of(name.as_bytes()), slot: None, below: None });
            self.keys.len() - 1
        });
        let Some(key) = self.keys.get_mut(place) else { return };
        if rest.is_empty() {
            key.slot = Some(slot);
        } else {
            key.below.get_or_insert_default().add(rest, slot);
        }
    }

    fn arrange(&mut self) {
        self.keys.sort_by(|a, b| (a.name.len(), &a.name).cmp(&(b.name.len(), &b.name)));
        let longest = self.keys.last().map_or(0, |key| key.name.len());
        let shorter = |length: usize| self.keys.partition_point(|key| key.name.len() < length) as u32;
        self.lengths = (0..=longest).map(|length| (shorter(length), shorter(length + 1))).collect();
        for key in &mut self.keys {
            if let Some(below) = &mut key.below {
                below.arrange();
            }
        }
    }

    #[inline(always)]
    fn key(&self, name: &[u8]) -> Option<&Key> {
        let (from, to) = *self.lengths.get(name.len())?;
        let keys = self.keys.get(from as usize..to as usize).filter(|keys| !keys.is_empty())?;
        let ends = Ends::of(name);
        keys.iter().find(|key| key.ends == ends && (name.len() <= 16 || same(key.name.as_bytes(), name)))
    }

    /// Reads the object here; answers what stands behind it.
    fn read<'j>(&self, mut scanner: Scanner<'j>, slots: &mut [Value<'j>]) -> Result<Scanner<'j>, Error> {
        scanner.expect(b'{')?;
        if scanner.take(b'}') {
            return Ok(scanner);
        }
        loop {
            let name = scanner.string()?;
            let key = if name.escaped {
                self.key(unescaped(scanner, name)?.as_bytes())
            } else {
                self.key(scanner.bytes(name))
            };
            scanner.expect(b':')?;
            match key {
                None => scanner.pass()?,
                Some(key) => key.read(&mut scanner, slots)?,
            }
            if !scanner.take(b',') {
                return scanner.expect(b'}').map(|()| scanner);
            }
        }
    }
}

impl Key {
    #[inline(always)]
    fn read<'j>(&self, scanner: &mut Scanner<'j>, slots: &mut [Value<'j>]) -> Result<(), Error> {
        let value = match (scanner.peek(), &self.below) {
            (Some(b'"'), _) => {
                let text = scanner.string()?;
                match text.escaped {
                    true => Value::Text(Cow::Owned(unescaped(*scanner, text)?)),
                    false => Value::Text(Cow::Borrowed(scanner.inner(text))),
                }
            }
            (Some(b'{'), Some(below)) => {
                let start = scanner.place();
                *scanner = below.read(*scanner, slots)?;
                Value::Json(Cow::Borrowed(scanner.since(start)))
            }
            _ => {
                let (value, behind) = other(*scanner)?;
                *scanner = behind;
                value
            }
        };
        if let Some(place) = self.slot.and_then(|slot| slots.get_mut(slot)) {
            discard(std::mem::replace(place, value));
        }
        Ok(())
    }
}

/// Drops a value. Most have nothing to give back, and the code that finds that out is a call for each.
#[inline(always)]
pub fn discard(value: Value<'_>) {
    match &value {
        Value::Null | Value::Text(Cow::Borrowed(_)) | Value::Json(Cow::Borrowed(_)) => std::mem::forget(value),
        _ => drop(value),
    }
}

/// A string with its escapes resolved.
#[cold]
fn unescaped(scanner: Scanner<'_>, text: Quoted) -> Result<String, Error> {
    serde_json::from_str(scanner.whole(text))
}

/// A value that is no string, and no object that is read into.
#[inline(never)]
fn other<'j>(mut scanner: Scanner<'j>) -> Result<(Value<'j>, Scanner<'j>), Error> {
    let value = match scanner.value()? {
        "null" => Value::Null,
        object if object.starts_with('{') => Value::Json(Cow::Borrowed(object)),
        text => {
            let mut deserializer = serde_json::Deserializer::from_str(text);
            let value = ValueSeed.deserialize(&mut deserializer)?;
            deserializer.end()?;
            value
        }
    };
    Ok((value, scanner))
}

struct ValueSeed;

impl<'de> DeserializeSeed<'de> for ValueSeed {
    type Value = Value<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueSeed {
    type Value = Value<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value<'de>, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'de>, E> {
        Ok(Value::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'de>, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value<'de>, E> {
        Ok(i64::try_from(value).map_or(Value::Number(value as f64), Value::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'de>, E> {
        Ok(Value::Number(value))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_string<E>(self, text: String) -> Result<Value<'de>, E> {
        Ok(Value::Text(Cow::Owned(text)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value<'de>, A::Error> {
        let mut items = Vec::new();
        let mut objects = false;
        while let Some(item) = list.next_element_seed(ValueSeed)? {
            objects |= matches!(item, Value::Json(_) | Value::Texts(_));
            items.push(item);
        }
        if objects {
            let json: Vec<serde_json::Value> = items.iter().map(Value::to_json).collect();
            return Ok(Value::Json(serde_json::Value::from(json).to_string().into()));
        }
        let texts: Vec<Cow<'de, str>> = items.into_iter().filter_map(Value::into_text).collect();
        Ok(if texts.is_empty() { Value::Null } else { Value::Texts(Texts::Owned(texts)) })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
        let mut object = serde_json::Map::new();
        while let Some((key, value)) = map.next_entry::<String, serde_json::Value>()? {
            object.insert(key, value);
        }
        Ok(Value::Json(serde_json::Value::Object(object).to_string().into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a>(paths: &[&str], json: &'a str) -> Vec<Value<'a>> {
        let paths: Vec<Path> = paths.iter().map(|path| Path::new(path)).collect();
        Projection::new(&paths).read(json).unwrap()
    }

    #[test]
    fn only_the_named_attributes_are_read() {
        let json = r#"{"a":{"b":{"c":"deep"},"x":[1,{"y":2}]},"list":["p","q"],"n":7,"f":1.5,"t":true,"nothing":null,
            "empty":[],"o":{"k":1},"text":"caf\u00e9"}"#;
        let values =
            read(&["a.b.c", "list", "n", "f", "t", "nothing", "empty", "o", "text", "missing", "n.m", "list.k"], json);
        let shown: Vec<String> = values.iter().map(|value| value.to_json().to_string()).collect();
        let expected = [
            "\"deep\"",
            "[\"p\",\"q\"]",
            "7",
            "1.5",
            "true",
            "null",
            "null",
            "{\"k\":1}",
            "\"café\"",
            "null",
            "null",
            "null",
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn an_object_can_be_read_together_with_what_is_in_it() {
        let values = read(&["manager", "manager.displayName"], r#"{"manager":{"id":"m1","displayName":"Ana"}}"#);
        assert_eq!(values[0].to_json()["id"], "m1");
        assert_eq!(values[1], Value::text("Ana"));
    }

    #[test]
    fn a_text_without_escapes_is_not_copied() {
        let values = read(&["a"], r#"{"a":"plain"}"#);
        assert!(matches!(values[0], Value::Text(Cow::Borrowed("plain"))));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for json in ["", "[]", "1", "{", "{\"a\":}", "{} x", "\"a\""] {
            let result = Projection::new(&[Path::new("a")]).read(json);
            assert!(result.is_err(), "{json}");
        }
    }

    #[test]
    fn deeply_nested_json_is_refused_and_not_followed() {
        let json = format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(Projection::new(&[Path::new("a")]).read(&json).is_err());
        // What is not read is passed over without recursion.
        assert!(Projection::new(&[Path::new("b")]).read(&json).is_ok());
    }
}

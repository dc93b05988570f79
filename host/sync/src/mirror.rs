//! The host's copy of the source's objects: merging patches into it, and reading properties out of it.
//!
//! An object is kept as JSON text with its keys sorted and without nulls: an absent property and a null one are the same to every
//! step (Graph leaves out a property that was never set, and sends null for one that was cleared). Values are kept as the
//! source wrote them; nothing is parsed deeper than its first level until somebody asks for a path.

use std::borrow::Cow;
use std::collections::BTreeMap;

use rollcall_sandbox::contract::types::Value;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A patch or an object that is no JSON object.
#[derive(Debug, thiserror::Error)]
#[error("it is no JSON object: {0}")]
pub struct BadObject(#[from] serde_json::Error);

/// What came of merging a patch.
#[derive(Debug, PartialEq, Eq)]
pub struct Merged {
    /// The object as it is now.
    pub object: String,
    /// The names of the properties whose value is another than before; none of an object that was not there.
    pub changed: Vec<String>,
}

type Shallow<'a> = BTreeMap<Key<'a>, &'a RawValue>;

/// A property name, borrowed when it is written without escapes.
#[derive(Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Merges `patch` into `object`: absent properties stay, null ones go, nested objects are replaced as a whole.
///
/// # Errors
/// When either text is no JSON object.
pub fn merge(object: Option<&str>, patch: &str) -> Result<Merged, BadObject> {
    let patch: Shallow = serde_json::from_str(patch)?;
    let mut changed = Vec::new();
    let Some(object) = object else {
        let mut object = patch;
        object.retain(|_, raw| raw.get() != "null");
        return Ok(Merged { object: text_of(&object)?, changed });
    };
    let mut merged: Shallow = serde_json::from_str(object)?;
    for (key, raw) in patch {
        let before = merged.get(&key).map(|raw| raw.get());
        let after = Some(raw.get()).filter(|text| *text != "null");
        if before == after {
            continue;
        }
        changed.push(key.0.clone().into_owned());
        match after {
            Some(_) => merged.insert(key, raw),
            None => merged.remove(&key),
        };
    }
    Ok(Merged { object: text_of(&merged)?, changed })
}

fn text_of(object: &Shallow) -> Result<String, BadObject> {
    let length = object.iter().map(|(key, raw)| key.0.len() + raw.get().len() + 4).sum::<usize>();
    let mut text = Vec::with_capacity(64 + length);
    text.push(b'{');
    for (index, (key, raw)) in object.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        serde_json::to_writer(&mut text, &key.0)?;
        text.push(b':');
        text.extend_from_slice(raw.get().as_bytes());
    }
    text.push(b'}');
    Ok(String::from_utf8(text).map_err(<serde_json::Error as serde::de::Error>::custom)?)
}

/// Property paths to be read out of objects, in the order in which their values are wanted.
///
/// `manager` gives the manager's id. A path with dots reaches into objects, `employeeOrgData.division` say; a property whose
/// own name has a dot is found first.
#[derive(Debug, Clone, Default)]
pub struct Projection {
    /// For each first-level property, the positions that it serves, with the rest of the path.
    roots: BTreeMap<String, Vec<(usize, Option<String>)>>,
    width: usize,
}

impl Projection {
    /// Prepares reading `paths`.
    pub fn new<S: AsRef<str>>(paths: &[S]) -> Self {
        let mut roots: BTreeMap<String, Vec<(usize, Option<String>)>> = BTreeMap::new();
        for (position, path) in paths.iter().enumerate() {
            let (root, rest) = match path.as_ref().split_once('.') {
                _ if path.as_ref() == "manager" => ("manager", Some("id")),
                Some((root, rest)) => (root, Some(rest)),
                None => (path.as_ref(), None),
            };
            roots.entry(root.to_owned()).or_default().push((position, rest.map(str::to_owned)));
        }
        Self { roots, width: paths.len() }
    }

    /// The values of the paths in `object`; null for what is not there, and everywhere if the text is no JSON object.
    pub fn read(&self, object: &str) -> Vec<Value> {
        let mut values: Vec<Value> = std::iter::repeat_with(|| Value::Null).take(self.width).collect();
        let mut deserializer = serde_json::Deserializer::from_str(object);
        // A mirror object was checked when it was merged; a reader cannot do more than leave what is unreadable null.
        let _ = Reading { projection: self, values: &mut values }.deserialize(&mut deserializer);
        values
    }
}

struct Reading<'a> {
    projection: &'a Projection,
    values: &'a mut [Value],
}

impl<'de> DeserializeSeed<'de> for Reading<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Reading<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Key<'de>>()? {
            let Some(wanted) = self.projection.roots.get(key.0.as_ref()) else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            let raw: &RawValue = map.next_value()?;
            for (position, rest) in wanted {
                let value = match rest {
                    None => value_of(raw.get()),
                    Some(rest) => reach(raw.get(), rest),
                };
                if let Some(slot) = self.values.get_mut(*position) {
                    *slot = value;
                }
            }
        }
        Ok(())
    }
}

fn reach(raw: &str, path: &str) -> Value {
    let Ok(object) = serde_json::from_str::<Shallow>(raw) else { return Value::Null };
    if let Some(found) = object.get(&Key(Cow::Borrowed(path))) {
        return value_of(found.get());
    }
    let Some((head, rest)) = path.split_once('.') else { return Value::Null };
    object.get(&Key(Cow::Borrowed(head))).map_or(Value::Null, |raw| reach(raw.get(), rest))
}

/// A JSON text as a value: numbers that are whole become integers, lists of texts become texts, other structures stay JSON.
pub fn value_of(raw: &str) -> Value {
    match raw.as_bytes().first() {
        Some(b'"') => serde_json::from_str(raw).map_or(Value::Null, Value::Text),
        Some(b't') => Value::Boolean(true),
        Some(b'f') => Value::Boolean(false),
        Some(b'n') | None => Value::Null,
        Some(b'[') => serde_json::from_str(raw).map_or_else(|_| Value::Json(raw.to_owned()), Value::Texts),
        Some(b'{') => Value::Json(raw.to_owned()),
        Some(_) => serde_json::from_str(raw)
            .map(Value::Integer)
            .or_else(|_| serde_json::from_str(raw).map(Value::Number))
            .unwrap_or(Value::Null),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_changes_what_it_names_clears_nulls_and_keeps_the_rest() {
        let before = r#"{"city":"Pune","department":"Sales","tags":["a"]}"#;
        let merged = merge(Some(before), r#"{"department":"HR","city":null,"tags":["a"],"state":null}"#).unwrap();
        assert_eq!(merged.object, r#"{"department":"HR","tags":["a"]}"#);
        assert_eq!(merged.changed, ["city", "department"]);
    }

    #[test]
    fn merging_the_same_patch_twice_changes_nothing_the_second_time() {
        let patch = r#"{"b":1,"a":{"x":[1,2]},"q\"uote":"é"}"#;
        let once = merge(None, patch).unwrap();
        let twice = merge(Some(&once.object), patch).unwrap();
        assert_eq!((twice.object, twice.changed.len()), (once.object, 0));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for patch in ["", "[]", "7", "{\"a\":}"] {
            assert!(merge(None, patch).is_err(), "{patch}");
        }
    }

    #[test]
    fn properties_are_read_in_the_order_asked_for() {
        let object = r#"{"accountEnabled":true,"businessPhones":["1","2"],"employeeOrgData":{"division":"X"},
            "manager":{"id":"m1"},"n":7,"f":1.5,"plans":[{"a":1}]}"#;
        let paths = [
            "manager",
            "employeeOrgData.division",
            "n",
            "missing",
            "businessPhones",
            "f",
            "plans",
            "accountEnabled",
            "n.x",
        ];
        let values = Projection::new(&paths).read(object);
        assert_eq!(
            values,
            [
                Value::Text("m1".into()),
                Value::Text("X".into()),
                Value::Integer(7),
                Value::Null,
                Value::Texts(vec!["1".into(), "2".into()]),
                Value::Number(1.5),
                Value::Json(r#"[{"a":1}]"#.into()),
                Value::Boolean(true),
                Value::Null,
            ]
        );
    }
}

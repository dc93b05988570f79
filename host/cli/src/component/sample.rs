//! Samples: what a component is tried on, and what is expected of it.
//!
//! A sample file holds one JSON object in each line. A line is a user as the source describes it, or a case:
//!
//! | key | meaning |
//! | --- | --- |
//! | `user` | the user |
//! | `profile` | what the steps before made of it, by name |
//! | `exists` | whether the target holds this person already |
//! | `operation` | for a target: what it is to do |
//! | `expect` | what shall come of it |

use std::path::Path;

use serde_json::{Map, Value};

use crate::refusal::Refusal;

/// One line of a sample.
#[derive(Debug, Clone, Default)]
pub struct Case {
    /// The line in the file.
    pub line: usize,
    /// The user; empty where the line is about something else.
    pub user: Map<String, Value>,
    /// The profile that the steps before made.
    pub profile: Map<String, Value>,
    /// Whether the target holds the person.
    pub exists: bool,
    /// What a target is to do.
    pub operation: Option<Value>,
    /// What shall come of it.
    pub expect: Option<Map<String, Value>>,
}

impl Case {
    /// The id of the user.
    pub fn id(&self) -> &str {
        self.user.get("id").and_then(Value::as_str).unwrap_or_default()
    }

    /// A user without anything else.
    pub fn of(line: usize, user: Map<String, Value>) -> Self {
        Self { line, user, ..Self::default() }
    }
}

/// The largest sample.
const LARGEST: u64 = 64 << 20;

/// Reads a sample file: JSON lines, or one JSON list.
pub fn read(path: &Path) -> Result<Vec<Case>, Refusal> {
    let wrong = |reason: String| Refusal::wrong(format!("{}: {reason}", path.display()));
    let size = std::fs::metadata(path).map_err(|error| wrong(error.to_string()))?.len();
    if size > LARGEST {
        return Err(wrong(format!("a sample has at most {LARGEST} bytes")));
    }
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    parse(&text).map_err(wrong)
}

/// Reads a sample whose text is at hand.
pub fn parse(text: &str) -> Result<Vec<Case>, String> {
    let text = text.trim_start_matches('\u{feff}');
    if text.trim_start().starts_with('[') {
        let list: Vec<Value> = serde_json::from_str(text).map_err(|error| error.to_string())?;
        return list.into_iter().enumerate().map(|(index, value)| case(index + 1, value)).collect();
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let value = serde_json::from_str(line).map_err(|error| format!("line {}: {error}", index + 1))?;
            case(index + 1, value)
        })
        .collect()
}

fn case(line: usize, value: Value) -> Result<Case, String> {
    let Value::Object(mut object) = value else { return Err(format!("line {line}: this is no JSON object")) };
    if !["user", "operation", "expect"].iter().any(|key| object.contains_key(*key)) {
        return with_id(Case::of(line, object));
    }
    let mut take = |key: &str| match object.remove(key) {
        None => Ok(None),
        Some(Value::Object(object)) => Ok(Some(object)),
        Some(_) => Err(format!("line {line}: \"{key}\" is no JSON object")),
    };
    let (user, profile, expect) = (take("user")?, take("profile")?, take("expect")?);
    let operation = object.remove("operation");
    let exists = object.remove("exists").is_some_and(|value| value == Value::Bool(true));
    if let Some(key) = object.keys().next() {
        return Err(format!("line {line}: a case has user, profile, exists, operation and expect, and no \"{key}\""));
    }
    let is_user = user.is_some();
    let (user, profile) = (user.unwrap_or_default(), profile.unwrap_or_default());
    let case = Case { line, user, profile, exists, operation, expect };
    if is_user { with_id(case) } else { Ok(case) }
}

fn with_id(case: Case) -> Result<Case, String> {
    if case.id().is_empty() {
        return Err(format!("line {}: a user has an \"id\", which is a text", case.line));
    }
    Ok(case)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_user_or_a_case() {
        let text = "{\"id\": \"1\", \"city\": \"Pune\"}\n\n{\"user\": {\"id\": \"2\"}, \"expect\": {\"skip\": true}}\n";
        let cases = parse(text).unwrap();
        let told: Vec<_> = cases.iter().map(|case| (case.line, case.id(), case.expect.is_some())).collect();
        assert_eq!(told, [(1, "1", false), (3, "2", true)]);
        assert_eq!(parse("[{\"id\": \"1\"}]").unwrap().len(), 1);
    }

    #[test]
    fn it_returns_an_error_for_a_user_without_an_id_and_for_a_key_that_a_case_has_not() {
        for (text, expected) in [
            ("{\"city\": \"Pune\"}", "line 1: a user has an \"id\", which is a text"),
            ("\n{\"user\": 1}", "line 2: \"user\" is no JSON object"),
            (
                "{\"user\": {\"id\": \"1\"}, \"expected\": {}}",
                "line 1: a case has user, profile, exists, operation and expect, and no \"expected\"",
            ),
            ("7", "line 1: this is no JSON object"),
        ] {
            assert_eq!(parse(text).unwrap_err(), expected);
        }
    }
}

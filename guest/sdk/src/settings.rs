//! A step's settings: from JSON text to a type of the author's own, or a [`Problem`] that names the setting.
//!
//! Give the type `#[serde(deny_unknown_fields)]`: a misspelt key is then refused, with the nearest known name as a suggestion,
//! instead of being ignored. (serde's `flatten` and untagged enums forget where they are: a problem inside them names the
//! setting around them.)

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::Problem;

/// The settings of a step that has none. Any key is refused.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoSettings {}

/// Reads settings.
///
/// ```
/// use serde::Deserialize;
///
/// #[derive(Debug, Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Settings { base_url: String }
///
/// let problem = rollcall_sdk::settings::parse::<Settings>(r#"{"base_ulr": "https://hr.example"}"#).unwrap_err();
/// assert_eq!(problem.setting, "base_ulr");
/// assert_eq!(problem.suggestion.as_deref(), Some("base_url"));
/// ```
pub fn parse<T: DeserializeOwned>(json: &str) -> Result<T, Problem> {
    // Knowing the path of each value takes longer than reading it, and only a fault needs one.
    if let Ok(settings) = serde_json::from_str(json) {
        return Ok(settings);
    }
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let settings = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = match error.path().to_string() {
            // How serde_path_to_error writes the root.
            root if root == "." => String::new(),
            path => path,
        };
        problem(path, &error.into_inner())
    })?;
    deserializer.end().map_err(|error| problem(String::new(), &error))?;
    Ok(settings)
}

fn problem(path: String, error: &serde_json::Error) -> Problem {
    let message = without_location(&error.to_string());
    let names = quoted(&message);
    let unknown = ["unknown field", "unknown variant"].iter().any(|start| message.starts_with(start));
    let suggestion = match names.split_first() {
        Some((wrong, known)) if unknown => nearest(wrong, known.iter().copied()).map(str::to_owned),
        _ => None,
    };
    let setting = match names.first() {
        // serde_path_to_error sees the object around an unknown key, not always the key itself.
        Some(key) if message.starts_with("unknown field") && !ends_with_key(&path, key) => join(&path, key),
        Some(key) if message.starts_with("missing field") => join(&path, key),
        _ => path,
    };
    Problem { setting, message, position: None, suggestion }
}

fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

fn ends_with_key(path: &str, key: &str) -> bool {
    path == key || path.strip_suffix(key).is_some_and(|rest| rest.ends_with('.'))
}

/// serde_json's messages end with the line and column in the JSON text, which nobody wrote: the host knows the place in the
/// administrator's file.
fn without_location(message: &str) -> String {
    match message.rfind(" at line ") {
        Some(at) => message.get(..at).unwrap_or(message).to_owned(),
        None => message.to_owned(),
    }
}

/// What stands between back-quotes.
fn quoted(message: &str) -> Vec<&str> {
    message.split('`').skip(1).step_by(2).collect()
}

/// The known name that is nearest to a wrong one, if one is near enough to be meant: no further than a third of its letters.
///
/// ```
/// use rollcall_sdk::settings::nearest;
/// assert_eq!(nearest("departmnet", ["department", "city"]), Some("department"));
/// assert_eq!(nearest("shoe_size", ["department", "city"]), None);
/// ```
pub fn nearest<'a>(wrong: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wrong: Vec<char> = wrong.chars().flat_map(char::to_lowercase).collect();
    known
        .into_iter()
        .filter_map(|name| {
            let letters: Vec<char> = name.chars().flat_map(char::to_lowercase).collect();
            let near = (letters.len().max(wrong.len()) / 3).max(1);
            // As many letters as one has more must be inserted at least: a page of text is near to nothing, and soon told.
            if letters.len().abs_diff(wrong.len()) > near {
                return None;
            }
            Some((distance(&wrong, &letters), name)).filter(|(distance, _)| *distance <= near)
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// How many letters to insert, remove, replace or swap with their neighbour (optimal string alignment).
fn distance(a: &[char], b: &[char]) -> usize {
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let mut above: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.iter().enumerate() {
        let mut below = vec![i + 1];
        for (j, to) in b.iter().enumerate() {
            let replaced = at(&row, j) + usize::from(from != to);
            let swapped = match (i.checked_sub(1), j.checked_sub(1)) {
                (Some(i), Some(j)) if a.get(i) == Some(to) && b.get(j) == Some(from) => at(&above, j) + 1,
                _ => usize::MAX,
            };
            below.push(replaced.min(swapped).min(at(&row, j + 1) + 1).min(at(&below, j) + 1));
        }
        above = std::mem::replace(&mut row, below);
    }
    at(&row, b.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Settings {
        base_url: String,
        #[serde(default)]
        attribute: Vec<Attribute>,
        #[serde(default)]
        mode: Mode,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Attribute {
        expression: String,
    }

    #[derive(Debug, Default, Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Mode {
        #[default]
        Csv,
        Endpoint,
    }

    fn refused(json: &str) -> (String, String, Option<String>) {
        let problem = parse::<Settings>(json).unwrap_err();
        (problem.setting, problem.message, problem.suggestion)
    }

    #[test]
    fn a_problem_names_the_setting_and_suggests_the_nearest_name() {
        let cases: &[(&str, &str, &str, Option<&str>)] = &[
            (r#"{}"#, "base_url", "missing field `base_url`", None),
            (r#"{"base_url": 7}"#, "base_url", "invalid type: integer `7`, expected a string", None),
            (
                r#"{"base_url": "x", "atribute": []}"#,
                "atribute",
                "unknown field `atribute`, expected one of `base_url`, `attribute`, `mode`",
                Some("attribute"),
            ),
            (
                r#"{"base_url": "x", "attribute": [{"expression": "a"}, {"expresion": "b"}]}"#,
                "attribute[1].expresion",
                "unknown field `expresion`, expected `expression`",
                Some("expression"),
            ),
            (
                r#"{"base_url": "x", "attribute": [{"expression": null}]}"#,
                "attribute[0].expression",
                "invalid type: null, expected a string",
                None,
            ),
            (r#"{"base_url": "x", "attribute": [{}]}"#, "attribute[0].expression", "missing field `expression`", None),
            (
                r#"{"base_url": "x", "mode": "endpont"}"#,
                "mode",
                "unknown variant `endpont`, expected `csv` or `endpoint`",
                Some("endpoint"),
            ),
            (r#"[]"#, "", "invalid length 0, expected struct Settings with 3 elements", None),
        ];
        for (json, setting, message, suggestion) in cases {
            let expected = ((*setting).to_owned(), (*message).to_owned(), suggestion.map(str::to_owned));
            assert_eq!(refused(json), expected, "{json}");
        }
    }

    #[test]
    fn text_behind_the_settings_is_refused() {
        assert_eq!(refused(r#"{"base_url": "x"} x"#).1, "trailing characters");
    }

    #[test]
    fn a_step_without_settings_refuses_any_key() {
        assert_eq!(parse::<NoSettings>("{}"), Ok(NoSettings {}));
        assert_eq!(parse::<NoSettings>(r#"{"a": 1}"#).unwrap_err().setting, "a");
    }

    #[test]
    fn distance_counts_the_letters_to_change() {
        let chars = |text: &str| text.chars().collect::<Vec<_>>();
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("ab", "ba", 1),
            ("atuo", "auto", 1),
        ] {
            assert_eq!(distance(&chars(a), &chars(b)), expected, "{a} {b}");
        }
    }
}

//! From a setting, as a component names it, back to the place in the tenant's file.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::ConfigError;
use super::text::{Place, SourceText};

/// Where the settings of each step stand in the file.
///
/// It holds the file's text, with its secrets blanked out, and finds a place by reading that again: places are asked for when
/// something is wrong, and a table of all of them would be larger than the settings.
#[derive(Debug, Clone)]
pub struct Origins {
    text: SourceText,
    steps: BTreeMap<String, StepOrigin>,
}

/// Where one step's settings come from.
#[derive(Debug, Clone, Default)]
pub(super) struct StepOrigin {
    /// The path of the step's own section, such as `mapping[0]`.
    pub(super) section: String,
    /// Settings that stand elsewhere: `attribute` is the file's own `attribute`, `base_url` is in the login.
    pub(super) elsewhere: BTreeMap<String, String>,
}

impl Origins {
    pub(super) fn new(text: SourceText, steps: BTreeMap<String, StepOrigin>) -> Self {
        Self { text, steps }
    }

    /// The place of a step's setting, such as `attribute[2].expression` of step `mapping[0]`; if that is not in the file, the
    /// place where it would be. `position` counts characters of a text setting from 0.
    pub fn locate(&self, step: &str, setting: &str, position: Option<u32>) -> Place {
        self.locate_key(&self.key_of(step, setting), position)
    }

    /// The path in the file of a step's setting: `attribute[2].expression`, `mapping[0].settings.region`.
    pub fn key_of(&self, step: &str, setting: &str) -> String {
        let Some(origin) = self.steps.get(step) else { return step.to_owned() };
        if setting.is_empty() {
            return origin.section.clone();
        }
        let moved = origin.elsewhere.iter().filter_map(|(key, path)| Some((path, behind(setting, key)?)));
        match moved.min_by_key(|(_, rest)| rest.len()) {
            Some((path, rest)) => format!("{path}{rest}"),
            None => format!("{}.settings.{setting}", origin.section),
        }
    }

    /// The place of any setting by its path in the file, such as `scope.rule`.
    pub fn locate_key(&self, key: &str, position: Option<u32>) -> Place {
        let document = DeTable::parse_recoverable(self.text.text()).0;
        let found = find(document.get_ref(), key);
        self.text.place(&self.span(&found, position))
    }

    /// What a component said about its settings, as an error of the file.
    pub fn problem(
        &self,
        step: &str,
        setting: &str,
        position: Option<u32>,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) -> ConfigError {
        ConfigError::at(self.locate(step, setting, position), self.key_of(step, setting), message, suggestion)
    }

    fn span(&self, found: &Found<'_>, position: Option<u32>) -> Range<usize> {
        let Some(value) = found.value else { return found.key.clone() };
        let span = value.span();
        match (value.get_ref(), position) {
            (DeValue::String(_), Some(position)) => {
                let inside = offset_in_literal(self.text.slice(span.clone()), position);
                let start = (span.start + inside).min(span.end);
                // A caret for one character; its width in bytes is found by the text itself.
                start..start + 1
            }
            (DeValue::Table(_), _) => found.key.clone(),
            _ => span,
        }
    }
}

/// How far a path led.
struct Found<'t> {
    key: Range<usize>,
    /// The value, when the path led all the way.
    value: Option<&'t Spanned<DeValue<'t>>>,
}

/// Follows a path such as `a.b[2].c`. Keys with dots in them are found too: the longest key that fits is taken.
fn find<'t>(document: &'t DeTable<'t>, path: &str) -> Found<'t> {
    let mut at = Found { key: 0..0, value: None };
    let mut table = Some(document);
    let mut rest = path;
    while !rest.is_empty() {
        let Some((name, value, after)) = table.and_then(|table| step_into(table, rest)) else {
            return Found { value: None, ..at };
        };
        at = Found { key: name, value: Some(value) };
        rest = after;
        let mut current = value;
        while let Some((index, after)) = index_of(rest) {
            match current.get_ref() {
                DeValue::Array(list) => match list.get(index) {
                    Some(item) => current = item,
                    None => return Found { value: None, ..at },
                },
                // `[mapping]` for a chain of one is as good as `[[mapping]]`.
                DeValue::Table(_) if index == 0 => {}
                _ => return Found { value: None, ..at },
            }
            if current.get_ref().is_table() {
                at.key = if std::ptr::eq(current, value) { at.key } else { current.span() };
            }
            at.value = Some(current);
            rest = after;
        }
        rest = rest.strip_prefix('.').unwrap_or(rest);
        table = current.get_ref().as_table();
    }
    at
}

/// The entry of a table whose key begins the path, and the path behind it.
fn step_into<'t, 'p>(
    table: &'t DeTable<'t>,
    path: &'p str,
) -> Option<(Range<usize>, &'t Spanned<DeValue<'t>>, &'p str)> {
    table
        .iter()
        .filter_map(|(key, value)| behind(path, key.get_ref()).map(|after| (key.span(), value, after)))
        .min_by_key(|(_, _, after)| after.len())
}

/// What stands in a path behind a key that it begins with.
fn behind<'p>(path: &'p str, key: &str) -> Option<&'p str> {
    path.strip_prefix(key).filter(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}

/// The number of `[2].rest`, and the rest.
fn index_of(path: &str) -> Option<(usize, &str)> {
    let (number, rest) = path.strip_prefix('[')?.split_once(']')?;
    Some((number.parse().ok()?, rest))
}

/// How many bytes into a text as it is written the character stands that has this number in the text as it is meant
/// (TOML 1.1, Strings: four forms, two of them with escapes).
fn offset_in_literal(written: &str, position: u32) -> usize {
    let (quotes, escapes) = match written {
        w if w.starts_with("\"\"\"") => (3, true),
        w if w.starts_with("'''") => (3, false),
        w if w.starts_with('\'') => (1, false),
        _ => (1, true),
    };
    let mut at = quotes;
    let rest = |at: usize| written.get(at..).unwrap_or_default();
    if quotes == 3 {
        // A line break right after the opening quotation marks is no part of the text.
        at += ["\r\n", "\n"].iter().find(|newline| rest(at).starts_with(**newline)).map_or(0, |newline| newline.len());
    }
    for _ in 0..position {
        at += if escapes { skip_continuation(rest(at)) } else { 0 };
        let Some(character) = rest(at).chars().next() else { break };
        at += match character {
            '\\' if escapes => escape_length(rest(at)),
            other => other.len_utf8(),
        };
    }
    at += if escapes { skip_continuation(rest(at)) } else { 0 };
    at.min(written.len().saturating_sub(1))
}

/// A backslash at the end of a line joins it with the next: how long that is, indentation included.
fn skip_continuation(text: &str) -> usize {
    let mut length = 0;
    while let Some(behind) = text.get(length..).and_then(|text| text.strip_prefix('\\')) {
        let blank = behind.len() - behind.trim_start_matches([' ', '\t', '\r', '\n']).len();
        if !behind.get(..blank).unwrap_or_default().contains('\n') {
            break;
        }
        length += 1 + blank;
    }
    length
}

fn escape_length(text: &str) -> usize {
    let length = match text.as_bytes().get(1) {
        Some(b'x') => 4,
        Some(b'u') => 6,
        Some(b'U') => 10,
        _ => 2,
    };
    length.min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every character of the text as it is meant is found where it is written, in all four forms.
    #[test]
    fn a_position_in_a_text_is_found_behind_escapes_and_line_breaks() {
        for (written, position, expected) in [
            (r#""abc""#, 0, "abc"),
            (r#""abc""#, 2, "c"),
            ("'abc'", 1, "bc"),
            (r#""a\"b\\c""#, 1, r#"\"b\\c"#),
            (r#""a\"b\\c""#, 2, r"b\\c"),
            (r#""a\"b\\c""#, 4, "c"),
            (r#""\u00e9x""#, 1, "x"),
            (r#""\U0001F600x""#, 1, "x"),
            (r#""\x41x""#, 1, "x"),
            ("\"é😀x\"", 2, "x"),
            ("\"\"\"\nabc\"\"\"", 0, "abc"),
            ("\"\"\"a\\\n   b\"\"\"", 1, "b"),
            ("\"\"\"\\\n   b\"\"\"", 0, "b"),
            ("'''\na\nb'''", 2, "b"),
            ("'''a\\b'''", 2, "b"),
            ("\"abc\"", 99, "\""),
        ] {
            let at = offset_in_literal(written, position);
            assert!(written[at..].starts_with(expected), "{written} at {position}: {}", &written[at..]);
        }
    }
}

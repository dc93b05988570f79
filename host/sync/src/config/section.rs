//! Reading the tables of a file so that no setting goes unnoticed.
//!
//! A [`Section`] notes which settings were asked for. What is in the file and was never asked for is an error when the section
//! is finished, with the nearest known setting: a typing mistake cannot hide, and the list of known settings is the code that
//! reads them, so the two cannot differ. Mistakes are collected rather than returned, so that one look at the messages shows
//! all of them; what could not be read has its default meanwhile.

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error::{ConfigError, Severity};
use super::nearest::nearest;
use super::secret::Surroundings;
use super::text::{SourceText, quoted};

/// The most findings about one file that are kept. A person repairs some and looks again; a hostile file gets no gigabytes.
const MOST_FINDINGS: usize = 200;

/// What reading a file shares: its text, its surroundings, and what was found wrong.
pub(super) struct Reader<'d> {
    pub(super) text: &'d SourceText,
    /// The folder that relative paths start from.
    pub(super) folder: &'d Path,
    pub(super) file: &'d Path,
    pub(super) surroundings: &'d dyn Surroundings,
    findings: RefCell<Vec<(usize, ConfigError)>>,
    /// Every setting that was ever asked for, for the test that the reference file names them all.
    asked: RefCell<Vec<String>>,
}

/// A value of the wrong kind or with the wrong content.
pub(super) enum Wrong {
    /// It is of another type.
    Type,
    /// It is of the right type, but not acceptable: why, and what would be.
    Value(String, Option<String>),
}

/// What can be read from one TOML value.
pub(super) trait FromToml: Sized {
    /// What is expected, for messages: "a text", "a time span such as \"60 s\"".
    const EXPECTED: &'static str;
    fn from_toml(value: &DeValue<'_>) -> Result<Self, Wrong>;
}

/// A setting that is in the file.
#[derive(Clone)]
pub(super) struct Entry<'d> {
    /// Its whole path, such as `source.login.kind`.
    pub(super) path: String,
    pub(super) key_span: Range<usize>,
    pub(super) value: &'d Spanned<DeValue<'d>>,
}

/// A table of the file, or one that is not in the file: then every setting in it has its default.
pub(super) struct Section<'d> {
    pub(super) reader: &'d Reader<'d>,
    /// Its path, such as `source.login`; empty for the file.
    pub(super) path: String,
    table: Option<&'d DeTable<'d>>,
    /// Where to point to for what is missing in it.
    pub(super) span: Range<usize>,
    asked: RefCell<Vec<&'static str>>,
}

impl<'d> Reader<'d> {
    pub(super) fn new(text: &'d SourceText, file: &'d Path, surroundings: &'d dyn Surroundings) -> Self {
        let folder = file.parent().unwrap_or(Path::new(""));
        Self { text, folder, file, surroundings, findings: RefCell::default(), asked: RefCell::default() }
    }

    /// Notes an error.
    pub(super) fn error(
        &self,
        span: &Range<usize>,
        path: &str,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) {
        self.note(Severity::Error, span, path, message.into(), suggestion);
    }

    /// Notes a warning.
    pub(super) fn warning(
        &self,
        span: &Range<usize>,
        path: &str,
        message: impl Into<String>,
        suggestion: Option<String>,
    ) {
        self.note(Severity::Warning, span, path, message.into(), suggestion);
    }

    fn note(&self, severity: Severity, span: &Range<usize>, path: &str, message: String, suggestion: Option<String>) {
        let mut findings = self.findings.borrow_mut();
        if findings.len() < MOST_FINDINGS {
            let error = ConfigError::at(self.text.place(span), path, message, suggestion);
            findings.push((span.start, ConfigError { severity, ..error }));
        }
    }

    /// Everything that was found: the errors and the warnings, each in the order of the file.
    pub(super) fn into_findings(self) -> (Vec<ConfigError>, Vec<ConfigError>) {
        let mut findings = self.findings.into_inner();
        findings.sort_by_key(|(at, _)| *at);
        findings.into_iter().map(|(_, error)| error).partition(|error| error.severity == Severity::Error)
    }

    #[cfg(test)]
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.borrow().clone()
    }
}

impl<'d> Section<'d> {
    pub(super) fn new(
        reader: &'d Reader<'d>,
        path: String,
        table: Option<&'d DeTable<'d>>,
        span: Range<usize>,
    ) -> Self {
        Self { reader, path, table, span, asked: RefCell::default() }
    }

    /// Whether the table is in the file.
    pub(super) fn is_present(&self) -> bool {
        self.table.is_some()
    }

    /// The path of a setting in this section.
    pub(super) fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A setting, if it is in the file.
    pub(super) fn entry(&self, key: &'static str) -> Option<Entry<'d>> {
        self.asked.borrow_mut().push(key);
        if cfg!(test) {
            self.reader.asked.borrow_mut().push(self.path_of(key));
        }
        let (name, value) = self.table?.get_key_value(key)?;
        Some(Entry { path: self.path_of(key), key_span: name.span(), value })
    }

    /// The value of a setting; none when it is absent or wrong.
    pub(super) fn get<T: FromToml>(&self, key: &'static str) -> Option<T> {
        let entry = self.entry(key)?;
        self.read(&entry.path, entry.value)
    }

    /// The value of a setting, or its default.
    pub(super) fn get_or<T: FromToml>(&self, key: &'static str, default: T) -> T {
        self.get(key).unwrap_or(default)
    }

    /// The values of a list; none when it is absent or is no list. Wrong elements are left out.
    pub(super) fn list<T: FromToml>(&self, key: &'static str) -> Option<Vec<T>> {
        let entry = self.entry(key)?;
        let Some(array) = entry.value.get_ref().as_array() else {
            self.wrong_type(&entry.path, entry.value, &format!("a list of which each is {}", T::EXPECTED));
            return None;
        };
        let read =
            |(index, value): (usize, &'d Spanned<DeValue<'d>>)| self.read(&format!("{}[{index}]", entry.path), value);
        Some(array.iter().enumerate().filter_map(read).collect())
    }

    /// A table in this section.
    pub(super) fn section(&self, key: &'static str) -> Section<'d> {
        let Some(entry) = self.entry(key) else {
            return Section::new(self.reader, self.path_of(key), None, self.span.clone());
        };
        self.as_section(entry.path, &entry.key_span, entry.value, "a table")
    }

    /// A list of tables in this section; a single table counts as a list of one. None when it is absent.
    pub(super) fn sections(&self, key: &'static str) -> Option<Vec<Section<'d>>> {
        let entry = self.entry(key)?;
        let Some(array) = entry.value.get_ref().as_array() else {
            return Some(vec![self.as_section(
                entry.path,
                &entry.key_span,
                entry.value,
                "a table or a list of tables",
            )]);
        };
        let each = |(index, value): (usize, &'d Spanned<DeValue<'d>>)| {
            self.as_section(format!("{}[{index}]", entry.path), &value.span(), value, "a table")
        };
        Some(array.iter().enumerate().map(each).collect())
    }

    fn as_section(
        &self,
        path: String,
        span: &Range<usize>,
        value: &'d Spanned<DeValue<'d>>,
        expected: &str,
    ) -> Section<'d> {
        let table = value.get_ref().as_table();
        if table.is_none() {
            self.wrong_type(&path, value, expected);
        }
        Section::new(self.reader, path, table, span.clone())
    }

    /// Reads one value, and notes what is wrong with it.
    pub(super) fn read<T: FromToml>(&self, path: &str, value: &Spanned<DeValue<'_>>) -> Option<T> {
        match T::from_toml(value.get_ref()) {
            Ok(read) => Some(read),
            Err(Wrong::Type) => {
                self.wrong_type(path, value, T::EXPECTED);
                None
            }
            Err(Wrong::Value(message, suggestion)) => {
                self.reader.error(&value.span(), path, message, suggestion);
                None
            }
        }
    }

    pub(super) fn wrong_type(&self, path: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let message = format!("expected {expected}, found {}", found(value.get_ref()));
        let suggestion = match value.get_ref() {
            DeValue::Integer(_) | DeValue::Boolean(_) | DeValue::Float(_) if expected.starts_with("a text") => {
                Some("texts stand in quotation marks".to_owned())
            }
            DeValue::String(text) if matches!(&**text, "true" | "false") && expected.contains("true") => {
                Some(format!("write {text}, without quotation marks"))
            }
            _ => None,
        };
        self.reader.error(&value.span(), path, message, suggestion);
    }

    /// Notes that a setting is missing.
    pub(super) fn missing(&self, key: &str, message: impl Into<String>, suggestion: Option<String>) {
        self.reader.error(&self.span, &self.path_of(key), message, suggestion);
    }

    /// Notes an error about a setting that was read; if it is not in the file, about the section.
    pub(super) fn error(&self, key: &str, message: impl Into<String>, suggestion: Option<String>) {
        let span = match self.table.and_then(|table| table.get_key_value(key)) {
            Some((name, value)) if value.get_ref().is_table() => name.span(),
            Some((_, value)) => value.span(),
            None => self.span.clone(),
        };
        self.reader.error(&span, &self.path_of(key), message, suggestion);
    }

    /// Refuses settings that have no effect as the others are.
    pub(super) fn without_effect(&self, keys: &[&'static str], why: &str) {
        for entry in keys.iter().filter_map(|key| self.entry(key)) {
            let message = format!("this setting has no effect {why}");
            self.reader.error(&entry.key_span, &entry.path, message, Some("remove it".into()));
        }
    }

    /// Every setting of the section, whatever it is: for tables that are passed on.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'d str, Entry<'d>)> {
        self.table.into_iter().flat_map(|table| table.iter()).map(|(name, value)| {
            let key: &'d str = name.get_ref();
            (key, Entry { path: self.path_of(key), key_span: name.span(), value })
        })
    }

    /// Ends the reading: settings that nobody asked for are errors.
    pub(super) fn finish(self) {
        let mut known = self.asked.borrow().clone();
        known.sort_unstable();
        known.dedup();
        for (key, entry) in self.all().filter(|(key, _)| !known.contains(key)) {
            let suggestion = match nearest(key, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known here: {}", known.join(", ")),
            };
            let message = match entry.value.get_ref() {
                DeValue::Table(_) => format!("there is no section {}", quoted(&entry.path)),
                DeValue::Array(list) if list.iter().any(|value| value.get_ref().is_table()) => {
                    format!("there is no section {}", quoted(&entry.path))
                }
                _ => format!("there is no setting {}", quoted(key)),
            };
            self.reader.error(&entry.key_span, &entry.path, message, Some(suggestion));
        }
    }
}

/// What a value is, in a person's words.
pub(super) fn found(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(true) => "true",
        DeValue::Boolean(false) => "false",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

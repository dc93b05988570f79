//! What is wrong with a tenant's file, in a form for people and in one for programs.

use std::fmt;

use serde::Serialize;

use super::text::{Place, shown};

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The file cannot be used.
    Error,
    /// The file can be used, but somebody should look at it.
    Warning,
}

/// One thing that is wrong: where, what, and what to do about it. Its `Display` is one readable block.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ConfigError {
    /// An error or a warning.
    pub severity: Severity,
    /// The file, as it was named when it was loaded.
    pub file: String,
    /// The line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// The column in characters, from 1; 0 when the file as a whole is meant.
    pub column: usize,
    /// The setting, such as `source.login.client_secret`; empty when the file as a whole is meant.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub suggestion: Option<String>,
    /// The line with a caret below the place; empty when the file as a whole is meant.
    pub snippet: String,
}

impl ConfigError {
    /// An error at a place.
    pub fn at(place: Place, key: impl Into<String>, message: impl Into<String>, suggestion: Option<String>) -> Self {
        let Place { file, line, column, snippet } = place;
        let (key, message) = (key.into(), message.into());
        Self { severity: Severity::Error, file, line, column, key, message, suggestion, snippet }
    }

    /// An error about the file as a whole.
    pub fn whole_file(file: impl Into<String>, message: impl Into<String>, suggestion: Option<String>) -> Self {
        let place = Place { file: file.into(), line: 0, column: 0, snippet: String::new() };
        Self::at(place, "", message, suggestion)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", shown(&self.file))?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        if self.severity == Severity::Warning {
            write!(f, ": warning")?;
        }
        if !self.key.is_empty() {
            write!(f, ": {}", shown(&self.key))?;
        }
        write!(f, ": {}", shown(&self.message))?;
        if !self.snippet.is_empty() {
            write!(f, "\n{}", self.snippet)?;
        }
        if let Some(suggestion) = &self.suggestion {
            write!(f, "\n   {}", shown(suggestion))?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}

/// Everything that is wrong with a file, in the order of the file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            let separator = if index > 0 { "\n\n" } else { "" };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

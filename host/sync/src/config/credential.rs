//! Reading a secret of a tenant's file: written there, in an environment variable, or in a file of its own.

use std::ops::Range;

use toml::de::DeValue;

use super::secret::Secret;
use super::section::Section;
use super::text::quoted;

/// Reads a secret that must be there. `what` names it in messages: "the client secret".
pub(super) fn required(section: &Section<'_>, key: &'static str, what: &str) -> Option<Secret> {
    let Some(entry) = section.entry(key) else {
        section.missing(key, format!("{what} is missing"), Some(how_to_give(key)));
        return None;
    };
    let span = entry.value.span();
    let text = match entry.value.get_ref() {
        DeValue::String(text) => {
            if section.reader.surroundings.readable_by_all(section.reader.file) {
                let message = format!("{what} stands in a file that every user of this machine can read");
                section.reader.warning(&span, &entry.path, message, Some(how_to_give(key)));
            }
            text.clone().into_owned()
        }
        DeValue::Table(table) => {
            let reference = Section::new(section.reader, entry.path.clone(), Some(table), span.clone());
            referred(reference, &entry.path, what)?
        }
        _ => {
            section.wrong_type(&entry.path, entry.value, "a text, { env = \"NAME\" } or { file = \"path\" }");
            return None;
        }
    };
    checked(section, &span, &entry.path, what, &text)
}

/// The text of an environment variable or file.
fn referred(section: Section<'_>, path: &str, what: &str) -> Option<String> {
    let reader = section.reader;
    let span = section.span.clone();
    let text = match (section.get::<String>("env"), section.get::<String>("file")) {
        (Some(name), None) => {
            let value = reader.surroundings.variable(&name);
            if value.is_none() {
                let message = format!("{what}: the environment variable {} is not set", quoted(&name));
                reader.error(&span, path, message, Some("set it before Rollcall starts".into()));
            }
            value
        }
        (None, Some(file)) => {
            let file = reader.folder.join(file);
            if reader.surroundings.readable_by_all(&file) {
                let message = format!("every user of this machine can read {}", file.display());
                reader.warning(&span, path, message, Some("let its owner alone read it (chmod 600)".into()));
            }
            let read = reader.surroundings.read(&file);
            if let Err(error) = &read {
                let message = format!("{what}: {} cannot be read: {error}", file.display());
                reader.error(&span, path, message, None);
            }
            // Editors end a file with a line break, which no secret does.
            read.ok().map(|text| text.trim_end_matches(['\n', '\r']).to_owned())
        }
        (Some(_), Some(_)) => {
            reader.error(&span, path, format!("{what} is given twice"), Some("write `env` or `file`".into()));
            None
        }
        (None, None) => {
            // A wrong `env` or `file` was complained about already.
            if section.entry("env").is_none() && section.entry("file").is_none() {
                let message = format!("this does not say where {what} is");
                reader.error(&span, path, message, Some("write { env = \"NAME\" } or { file = \"path\" }".into()));
            }
            None
        }
    };
    section.finish();
    text
}

/// A secret goes into a header or a form: it must say something and hold no control characters.
fn checked(section: &Section<'_>, span: &Range<usize>, path: &str, what: &str, text: &str) -> Option<Secret> {
    let fault = if text.trim().is_empty() {
        "is empty"
    } else if text.chars().any(char::is_control) {
        "holds a line break or another control character"
    } else {
        return Some(Secret::new(text));
    };
    section.reader.error(span, path, format!("{what} {fault}"), None);
    None
}

fn how_to_give(key: &str) -> String {
    format!("write {key} = {{ env = \"NAME\" }} for an environment variable, or {key} = {{ file = \"path\" }}")
}

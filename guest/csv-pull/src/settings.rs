//! The settings of the step.

use std::collections::BTreeMap;

use rollcall_sdk::Problem;
use rollcall_sdk::http::Url;
use serde::Deserialize;

use crate::encoding::Encoding;

/// The settings of the step. Either `file` or `url` must be written; all others have defaults.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The file, from the folder of the tenant's file. Default: none.
    pub file: Option<String>,
    /// The address of the file. Default: none.
    pub url: Option<String>,
    /// The column with the id. Default: the first of the usual names that the file has.
    pub id_column: Option<String>,
    /// Property = column, before the usual headers; an empty column for a property that is not to be taken. Default: none.
    pub columns: BTreeMap<String, String>,
    /// What stands between two fields: one ASCII character. Default: `,`.
    pub delimiter: String,
    /// What stands between the items of a list. Default: `;`.
    pub list_separator: String,
    /// How letters are written as bytes. Default: `utf-8`.
    pub encoding: Encoding,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            file: None,
            url: None,
            id_column: None,
            columns: BTreeMap::new(),
            delimiter: ",".to_owned(),
            list_separator: ";".to_owned(),
            encoding: Encoding::Utf8,
        }
    }
}

/// Where the file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Place {
    /// Among the files that the step is granted.
    File(String),
    /// Behind an address.
    Address(String),
}

impl Settings {
    /// Where the file is.
    pub(crate) fn place(&self) -> Result<Place, Problem> {
        match (&self.file, &self.url) {
            (Some(file), None) if file.contains("://") => {
                Err(Problem::new("file", format!("`{file}` is an address; write it as `url`")))
            }
            (Some(file), None) if file.trim().is_empty() => Err(Problem::new("file", "the name of the file is empty")),
            (Some(file), None) => Ok(Place::File(file.clone())),
            (None, Some(url)) => match Url::parse(url) {
                Ok(_) => Ok(Place::Address(url.clone())),
                Err(error) => Err(Problem::new("url", error.to_string())),
            },
            (Some(_), Some(_)) => Err(Problem::new("url", "the file is named twice: keep either `file` or `url`")),
            (None, None) => Err(Problem::new("file", "nothing says where the file is: write `file` or `url`")),
        }
    }

    /// The delimiter, after a check of all that a type cannot say.
    pub(crate) fn delimiter(&self) -> Result<u8, Problem> {
        if self.list_separator.is_empty() {
            return Err(Problem::new("list_separator", "it is empty, so a list would have no items").suggest(";"));
        }
        match self.delimiter.as_bytes() {
            [b'"' | b'\r' | b'\n'] => {
                Err(Problem::new("delimiter", "a quote or a line break cannot stand between fields").suggest(","))
            }
            [delimiter] if delimiter.is_ascii() => Ok(*delimiter),
            _ => {
                Err(Problem::new("delimiter", format!("`{}` is not one ASCII character", self.delimiter)).suggest(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::settings::parse;

    #[test]
    fn a_file_or_an_address_is_enough() {
        let settings: Settings = parse(r#"{"file": "people.csv"}"#).unwrap();
        assert_eq!(settings.place(), Ok(Place::File("people.csv".to_owned())));
        assert_eq!(settings.delimiter(), Ok(b','));
        let settings: Settings = parse(r#"{"url": "https://hr.example/people.csv"}"#).unwrap();
        assert_eq!(settings.place(), Ok(Place::Address("https://hr.example/people.csv".to_owned())));
    }

    #[test]
    fn wrong_settings_are_refused_by_name() {
        for (json, setting) in [
            ("{}", "file"),
            (r#"{"file": " "}"#, "file"),
            (r#"{"file": "https://hr.example/people.csv"}"#, "file"),
            (r#"{"file": "a", "url": "https://hr.example/"}"#, "url"),
            (r#"{"url": "hr.example"}"#, "url"),
            (r#"{"file": "a", "delimiter": ""}"#, "delimiter"),
            (r#"{"file": "a", "delimiter": "||"}"#, "delimiter"),
            (r#"{"file": "a", "delimiter": "\""}"#, "delimiter"),
            (r#"{"file": "a", "delimiter": "é"}"#, "delimiter"),
            (r#"{"file": "a", "list_separator": ""}"#, "list_separator"),
            (r#"{"file": "a", "encoding": "latin"}"#, "encoding"),
            (r#"{"file": "a", "colums": {}}"#, "colums"),
            (r#"{"file": "a", "columns": {"mail": 1}}"#, "columns.mail"),
        ] {
            let checked = parse::<Settings>(json).and_then(|settings| {
                settings.delimiter()?;
                settings.place()
            });
            assert_eq!(checked.unwrap_err().setting, setting, "{json}");
        }
    }
}

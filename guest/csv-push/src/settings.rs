//! The settings of the step.

use rollcall_sdk::Problem;
use serde::Deserialize;

/// The settings of the step. All have defaults.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The file of people. Default: `people.csv`.
    pub people_file: String,
    /// The file of groups. Default: `groups.csv`.
    pub groups_file: String,
    /// The file of members. Default: `members.csv`.
    pub members_file: String,
    /// What stands between two fields: one character, such as `,`, `;` or a tab. Default: `,`.
    pub delimiter: String,
    /// A byte order mark at the beginning, by which Excel knows UTF-8. Default: false.
    pub bom: bool,
    /// What stands between two items of a list. Default: `; `.
    pub list_separator: String,
    /// An apostrophe before a field that a spreadsheet would take for a formula. Default: false.
    pub guard_formulas: bool,
    /// The name of a column, after `id`, that is `false` for people who are suspended. Default: none; they are left out.
    pub active_column: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            people_file: "people.csv".to_owned(),
            groups_file: "groups.csv".to_owned(),
            members_file: "members.csv".to_owned(),
            delimiter: ",".to_owned(),
            bom: false,
            list_separator: "; ".to_owned(),
            guard_formulas: false,
            active_column: None,
        }
    }
}

impl Settings {
    /// Checks what a type cannot say. Answers the delimiter.
    pub(crate) fn check(&self) -> Result<char, Problem> {
        let files = [
            ("people_file", &self.people_file),
            ("groups_file", &self.groups_file),
            ("members_file", &self.members_file),
        ];
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        for (at, (setting, name)) in files.iter().enumerate() {
            if name.is_empty() || name.starts_with('.') || !plain(name) {
                let message = format!("`{name}` is no plain file name of letters, digits, `.`, `-` and `_`");
                return Err(Problem::new(*setting, message).suggest(setting.replace("_file", ".csv")));
            }
            // A file system may not tell upper from lower case.
            let same = files.iter().take(at).find(|(_, other)| other.eq_ignore_ascii_case(name));
            if let Some((other, _)) = same {
                return Err(Problem::new(*setting, format!("`{name}` is the file of `{other}` already")));
            }
        }
        let mut letters = self.delimiter.chars();
        match (letters.next(), letters.next()) {
            (Some('"' | '\r' | '\n' | '\u{feff}'), None) => {
                Err(Problem::new("delimiter", "a quote or a line break cannot stand between fields").suggest(","))
            }
            (Some(delimiter), None) => Ok(delimiter),
            _ => Err(Problem::new("delimiter", format!("`{}` is not one character", self.delimiter)).suggest(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::settings::parse;

    #[test]
    fn the_defaults_are_right() {
        let settings: Settings = parse("{}").unwrap();
        assert_eq!(settings, Settings::default());
        assert_eq!(settings.check(), Ok(','));
    }

    #[test]
    fn wrong_settings_are_refused_by_name() {
        for (json, setting) in [
            (r#"{"people_file": "../x"}"#, "people_file"),
            (r#"{"groups_file": ".x"}"#, "groups_file"),
            (r#"{"members_file": ""}"#, "members_file"),
            (r#"{"groups_file": "People.csv"}"#, "groups_file"),
            (r#"{"members_file": "groups.csv"}"#, "members_file"),
            (r#"{"delimiter": ""}"#, "delimiter"),
            (r#"{"delimiter": ", "}"#, "delimiter"),
            (r#"{"delimiter": "\""}"#, "delimiter"),
            (r#"{"delimiter": "\n"}"#, "delimiter"),
            (r#"{"bom": "yes"}"#, "bom"),
            (r#"{"delimeter": ";"}"#, "delimeter"),
        ] {
            let problem = parse::<Settings>(json).and_then(|settings| settings.check()).unwrap_err();
            assert_eq!(problem.setting, setting, "{json}");
        }
    }

    #[test]
    fn a_tab_is_a_delimiter() {
        let settings: Settings = parse(r#"{"delimiter": "\t"}"#).unwrap();
        assert_eq!(settings.check(), Ok('\t'));
    }
}

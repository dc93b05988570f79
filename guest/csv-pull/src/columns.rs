//! Which property stands in which column.

use std::collections::BTreeSet;

use rollcall_sdk::settings::nearest;
use rollcall_sdk::{Failure, Fault, Problem};

use crate::headers::{IDS, Kind, folded, kind, usual};
use crate::settings::Settings;

/// The properties that the other steps read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wanted(Vec<String>);

impl Wanted {
    /// What can be delivered is whatever the file has; memberships of groups it cannot have.
    pub(crate) fn of(properties: &[String]) -> Result<Self, Problem> {
        let mut wanted = BTreeSet::new();
        for path in properties {
            match path.split('.').next().unwrap_or(path) {
                "memberOf" => {
                    let message =
                        "A CSV file of people tells no memberships of groups: the property `memberOf` cannot be read.";
                    return Err(Problem::new("", message));
                }
                "manager" => wanted.insert("manager".to_owned()),
                _ => wanted.insert(path.clone()),
            };
        }
        wanted.remove("id");
        wanted.remove("*");
        Ok(Wanted(wanted.into_iter().collect()))
    }
}

/// A property, and the column that it is read from, if the file has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) property: String,
    pub(crate) kind: Kind,
    pub(crate) at: Option<usize>,
}

/// Where everything stands in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Columns {
    /// How many columns the file has.
    pub(crate) count: usize,
    pub(crate) id: usize,
    pub(crate) properties: Vec<Column>,
}

impl Columns {
    /// Finds the properties that are wanted among the headers. A column that the settings name must be there.
    pub(crate) fn find(headers: &[String], wanted: &Wanted, settings: &Settings) -> Result<Self, Failure> {
        let known: Vec<String> = headers.iter().map(|header| folded(header)).collect();
        let place = |header: &str| {
            let exact = headers.iter().position(|known| known.trim() == header.trim());
            exact.or_else(|| known.iter().position(|known| *known == folded(header)))
        };
        let named = |setting: &str, header: &str| place(header).ok_or_else(|| missing(setting, header, headers));
        for (property, header) in settings.columns.iter().filter(|(_, header)| !header.is_empty()) {
            named(&format!("columns.{property}"), header)?;
        }
        let id = match &settings.id_column {
            Some(header) => named("id_column", header)?,
            None => IDS.into_iter().find_map(place).ok_or_else(|| no_id(headers))?,
        };
        let column = |property: &String| Column {
            at: match settings.columns.get(property) {
                Some(header) if header.is_empty() => None,
                Some(header) => place(header),
                None => usual(property).find_map(place),
            },
            kind: kind(property),
            property: property.clone(),
        };
        Ok(Columns { count: headers.len(), id, properties: wanted.0.iter().map(column).collect() })
    }

    /// The properties that no column has.
    pub(crate) fn absent(&self) -> impl Iterator<Item = &str> {
        self.properties.iter().filter(|column| column.at.is_none()).map(|column| column.property.as_str())
    }
}

fn missing(setting: &str, header: &str, headers: &[String]) -> Failure {
    let hint = match nearest(header, headers.iter().map(String::as_str)) {
        Some(near) => format!("did you mean \"{near}\"?"),
        None => format!("it has {}.", listed(headers)),
    };
    Failure::Failed(Fault::new(format!(
        "The file has no column \"{header}\", which the setting `{setting}` names; {hint}"
    )))
}

fn no_id(headers: &[String]) -> Failure {
    let message = format!(
        "No column of the file is known to hold the id of a person. Name it with the setting `id_column`: a value that never \
         changes and is never given to somebody else, such as a personnel number. The file has {}.",
        listed(headers)
    );
    Failure::Failed(Fault::new(message))
}

/// The first headers, for a message.
fn listed(headers: &[String]) -> String {
    const SHOWN: usize = 20;
    let shown: Vec<String> = headers.iter().take(SHOWN).map(|header| format!("\"{}\"", short(header))).collect();
    let more = headers.len().saturating_sub(SHOWN);
    if more == 0 { shown.join(", ") } else { format!("{} and {more} more", shown.join(", ")) }
}

/// A text from the file, as long as a message bears.
pub(crate) fn short(text: &str) -> String {
    const LETTERS: usize = 60;
    let plain = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    let mut short: String = plain.take(LETTERS).collect();
    if text.chars().count() > LETTERS {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(headers: &[&str], wanted: &[&str], settings: &str) -> Result<Columns, String> {
        let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        let settings = rollcall_sdk::settings::parse(settings).unwrap();
        let wanted = Wanted::of(&strings(wanted)).unwrap();
        Columns::find(&strings(headers), &wanted, &settings).map_err(|failure| failure.fault().message.clone())
    }

    fn places(headers: &[&str], wanted: &[&str], settings: &str) -> (usize, Vec<Option<usize>>) {
        let columns = find(headers, wanted, settings).unwrap();
        (columns.id, columns.properties.iter().map(|column| column.at).collect())
    }

    #[test]
    fn usual_headers_are_known_and_the_settings_come_first() {
        let headers = ["Employee ID", "Full Name", "E-Mail", "Mobile Number", "Phone", "division"];
        for (wanted, settings, id, expected) in [
            (&["displayName"] as &[&str], "{}", 0, vec![Some(1)]),
            (&["mail", "mobilePhone"], "{}", 0, vec![Some(2), Some(3)]),
            (&["mobilePhone"], r#"{"columns": {"mobilePhone": "phone"}}"#, 0, vec![Some(4)]),
            (&["mobilePhone"], r#"{"columns": {"mobilePhone": ""}}"#, 0, vec![None]),
            (&["city"], "{}", 0, vec![None]),
            (&["division"], "{}", 0, vec![Some(5)]),
            (&["employeeId"], r#"{"id_column": "e-mail"}"#, 2, vec![Some(0)]),
            (
                &["employeeOrgData.division"],
                r#"{"columns": {"employeeOrgData.division": "division"}}"#,
                0,
                vec![Some(5)],
            ),
            (&["manager.displayName", "id", "*"], "{}", 0, vec![None]),
        ] {
            assert_eq!(places(&headers, wanted, settings), (id, expected), "{wanted:?} {settings}");
        }
    }

    #[test]
    fn the_columns_that_csv_push_writes_are_known() {
        let headers = [
            "id",
            "name",
            "phone_number",
            "city",
            "email",
            "job_title",
            "department",
            "office",
            "manager_name",
            "employee_id",
        ];
        let wanted =
            ["city", "department", "displayName", "employeeId", "jobTitle", "mail", "mobilePhone", "officeLocation"];
        let expected = [3, 6, 1, 9, 5, 4, 2, 7].map(Some).to_vec();
        assert_eq!(places(&headers, &wanted, "{}"), (0, expected));
    }

    #[test]
    fn a_column_that_the_settings_name_and_the_file_has_not_is_an_error_with_the_nearest() {
        for (headers, settings, expected) in [
            (
                &["id", "Departement"] as &[&str],
                r#"{"columns": {"department": "Department"}}"#,
                "The file has no column \"Department\", which the setting `columns.department` names; did you mean \"Departement\"?",
            ),
            (
                &["a", "b"],
                r#"{"id_column": "Personnel number"}"#,
                "The file has no column \"Personnel number\", which the setting `id_column` names; it has \"a\", \"b\".",
            ),
        ] {
            assert_eq!(find(headers, &[], settings).unwrap_err(), expected);
        }
        assert!(find(&["name"], &[], "{}").unwrap_err().ends_with("The file has \"name\"."));
    }

    #[test]
    fn memberships_of_groups_cannot_be_read() {
        assert_eq!(Wanted::of(&["memberOf".to_owned()]).unwrap_err().setting, "");
    }
}

//! From a record to a person.

use rollcall_sdk::source::UserPatch;
use serde_json::{Map, Value as Json};

use crate::columns::{Column, Columns, short};
use crate::encoding::Encoding;
use crate::headers::Kind;
use crate::records::Record;

/// The longest id. Microsoft Graph's have 36 letters.
const LONGEST_ID: usize = 256;

/// How a record is read.
#[derive(Debug, Clone)]
pub(crate) struct Form {
    pub(crate) columns: Columns,
    pub(crate) encoding: Encoding,
    pub(crate) list_separator: String,
}

/// What a record is.
#[derive(Debug, PartialEq)]
pub(crate) enum Row {
    /// A person.
    Person(UserPatch),
    /// An empty line.
    Empty,
    /// It cannot be understood. The person stays as known, if the id could be read.
    Bad { id: Option<String>, reason: String },
}

impl Form {
    /// Reads a record. Every property that is wanted is in the patch, so that what has no value any more is cleared.
    pub(crate) fn read(&self, record: &Record) -> Row {
        if record.fault.is_none() && record.fields.iter().all(|field| field.trim_ascii().is_empty()) {
            return Row::Empty;
        }
        let id = match self.id(record) {
            Ok(id) => id,
            Err(reason) => return Row::Bad { id: None, reason },
        };
        match self.properties(record) {
            Ok(properties) => Row::Person(UserPatch { id, properties: Json::from(properties).to_string() }),
            Err(reason) => Row::Bad { id: Some(id), reason },
        }
    }

    fn id(&self, record: &Record) -> Result<String, String> {
        let id = match (self.text(record, self.columns.id), record.fault) {
            (Some(Ok(id)), _) => id,
            (Some(Err(reason)), _) => return Err(reason),
            (None, Some(fault)) => return Err(fault.to_owned()),
            (None, None) => return Err(self.wrong_count(record)),
        };
        if id.is_empty() {
            return Err("it has no id".to_owned());
        }
        if id.len() > LONGEST_ID || id.contains(char::is_control) {
            return Err(format!("\"{}\" cannot be an id", short(&id)));
        }
        Ok(id)
    }

    fn properties(&self, record: &Record) -> Result<Map<String, Json>, String> {
        if let Some(fault) = record.fault {
            return Err(fault.to_owned());
        }
        // Some programs write a delimiter at the end of a line.
        let more = record.fields.get(self.columns.count..).unwrap_or_default();
        if record.fields.len() < self.columns.count || more.iter().any(|field| !field.trim_ascii().is_empty()) {
            return Err(self.wrong_count(record));
        }
        let mut properties = Map::new();
        for column in &self.columns.properties {
            let text = column.at.and_then(|at| self.text(record, at)).transpose()?.unwrap_or_default();
            put(&mut properties, &column.property, self.value(column, &text)?);
        }
        Ok(properties)
    }

    fn wrong_count(&self, record: &Record) -> String {
        format!("it has {} fields, and the first line names {} columns", record.fields.len(), self.columns.count)
    }

    fn text(&self, record: &Record, at: usize) -> Option<Result<String, String>> {
        let bytes = record.fields.get(at)?;
        let text = self.encoding.decode(bytes).map(|text| text.trim().to_owned());
        Some(text.ok_or_else(|| "it is no UTF-8 (the setting `encoding` can say what it is)".to_owned()))
    }

    fn value(&self, column: &Column, text: &str) -> Result<Json, String> {
        match column.kind {
            Kind::List => {
                let items = text.split(self.list_separator.trim_end_matches(' ')).map(str::trim);
                Ok(Json::from_iter(items.filter(|item| !item.is_empty()).map(Json::from)))
            }
            _ if text.is_empty() => Ok(Json::Null),
            Kind::Text => Ok(Json::from(text)),
            Kind::Person => Ok(serde_json::json!({ "id": text })),
            Kind::Truth => match text.to_ascii_lowercase().as_str() {
                "true" | "yes" | "y" | "1" | "active" | "enabled" => Ok(Json::from(true)),
                "false" | "no" | "n" | "0" | "inactive" | "disabled" => Ok(Json::from(false)),
                _ => Err(format!("`{}` is true or false, not \"{}\"", column.property, short(text))),
            },
        }
    }
}

/// Puts a value where a path with dots leads.
fn put(object: &mut Map<String, Json>, path: &str, value: Json) {
    match path.split_once('.') {
        None => {
            object.insert(path.to_owned(), value);
        }
        Some((root, rest)) => {
            let inner = object.entry(root).or_insert_with(|| Json::Object(Map::new()));
            // A property that is wanted whole and in parts: the parts say more.
            if !inner.is_object() {
                *inner = Json::Object(Map::new());
            }
            if let Json::Object(inner) = inner {
                put(inner, rest, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::Wanted;
    use serde_json::json;

    fn form(headers: &[&str], wanted: &[&str]) -> Form {
        let strings = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<String>>();
        let wanted = Wanted::of(&strings(wanted)).unwrap();
        let settings = rollcall_sdk::settings::parse("{}").unwrap();
        let columns = Columns::find(&strings(headers), &wanted, &settings).unwrap();
        Form { columns, encoding: Encoding::Utf8, list_separator: ";".to_owned() }
    }

    fn record(fields: &[&str]) -> Record {
        Record { line: 2, fields: fields.iter().map(|field| field.as_bytes().to_vec()).collect(), fault: None }
    }

    fn read(headers: &[&str], wanted: &[&str], fields: &[&str]) -> Result<Json, (Option<String>, String)> {
        match form(headers, wanted).read(&record(fields)) {
            Row::Person(patch) => Ok(serde_json::from_str(&patch.properties).unwrap()),
            Row::Bad { id, reason } => Err((id, reason)),
            Row::Empty => panic!("not empty"),
        }
    }

    #[test]
    fn fields_become_properties_of_their_kind() {
        for (header, property, field, expected) in [
            ("name", "displayName", " Adele Vance ", json!({"displayName": "Adele Vance"})),
            ("name", "displayName", "", json!({"displayName": null})),
            ("active", "accountEnabled", "Yes", json!({"accountEnabled": true})),
            ("active", "accountEnabled", "0", json!({"accountEnabled": false})),
            ("active", "accountEnabled", "", json!({"accountEnabled": null})),
            ("telephone", "businessPhones", "1; 2;", json!({"businessPhones": ["1", "2"]})),
            ("telephone", "businessPhones", "", json!({"businessPhones": []})),
            ("Manager ID", "manager.displayName", "7", json!({"manager": {"id": "7"}})),
            ("Manager ID", "manager", "", json!({"manager": null})),
            ("x", "city", "y", json!({"city": null})),
        ] {
            assert_eq!(read(&["id", header], &[property], &["1", field]), Ok(expected), "{property} {field}");
        }
    }

    #[test]
    fn properties_with_dots_are_nested() {
        let headers = ["id", "employeeOrgData.division", "employeeOrgData.costCenter"];
        let wanted = ["employeeOrgData.costCenter", "employeeOrgData.division"];
        let expected = json!({"employeeOrgData": {"division": "West", "costCenter": null}});
        assert_eq!(read(&headers, &wanted, &["1", "West", ""]), Ok(expected));
    }

    #[test]
    fn a_bad_row_keeps_its_id_where_that_can_be_read() {
        let headers = ["id", "active"];
        let bad = |fields: &[&str]| read(&headers, &["accountEnabled"], fields).unwrap_err();
        let one = || Some("1".to_owned());
        assert_eq!(bad(&["1", "perhaps"]), (one(), "`accountEnabled` is true or false, not \"perhaps\"".to_owned()));
        assert_eq!(bad(&["1"]), (one(), "it has 1 fields, and the first line names 2 columns".to_owned()));
        assert_eq!(bad(&["1", "yes", "x"]), (one(), "it has 3 fields, and the first line names 2 columns".to_owned()));
        assert_eq!(bad(&["", "yes"]), (None, "it has no id".to_owned()));
        assert_eq!(bad(&["a\nb", "yes"]), (None, "\"a b\" cannot be an id".to_owned()));
    }

    #[test]
    fn a_delimiter_at_the_end_of_a_line_does_no_harm_and_an_empty_line_is_nobody() {
        assert_eq!(read(&["id", "city"], &["city"], &["1", "Cairo", ""]), Ok(json!({"city": "Cairo"})));
        let form = form(&["id", "city"], &["city"]);
        assert_eq!(form.read(&record(&[""])), Row::Empty);
        assert_eq!(form.read(&record(&[" ", "", ""])), Row::Empty);
    }

    #[test]
    fn what_is_no_text_is_a_bad_row() {
        let form = form(&["id", "city"], &["city"]);
        let fields = vec![b"1".to_vec(), b"M\xFCnchen".to_vec()];
        let row = form.read(&Record { line: 2, fields, fault: None });
        assert!(matches!(row, Row::Bad { id: Some(id), reason } if id == "1" && reason.starts_with("it is no UTF-8")));
    }

    #[test]
    fn a_broken_record_keeps_its_id_where_that_can_be_read() {
        let form = form(&["id", "city"], &["city"]);
        let fault = Some("a quote is never closed");
        let read = |fields: Vec<Vec<u8>>| form.read(&Record { line: 2, fields, fault });
        let bad =
            |id: Option<&str>| Row::Bad { id: id.map(str::to_owned), reason: "a quote is never closed".to_owned() };
        assert_eq!(read(vec![b"1".to_vec()]), bad(Some("1")));
        assert_eq!(read(vec![]), bad(None));
    }
}

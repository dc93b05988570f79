//! The laws of the expression language.
//!
//! * A refused expression is pointed at where it is wrong, in words.
//! * An accepted expression prints as one that reads back as the same.
//! * Whoever it is tried on, it comes to a value of bounded size or to a fault with its place, the same each time; and what is tried
//!   here comes to the same as what a sync maps.

use attribute_mapping::environment::Alone;
use attribute_mapping::evaluation::{Given, LONGEST_LIST, LONGEST_TEXT};
use attribute_mapping::language::LONGEST_EXPRESSION;
use attribute_mapping::language::fault::Fault;
use attribute_mapping::language::parser::parse;
use attribute_mapping::mapper::Mapper;
use attribute_mapping::moment::Moment;
use attribute_mapping::settings::Settings;
use attribute_mapping::trial::{Knowledge, run};
use attribute_mapping::value::Value;
use rollcall_sdk::Value as Out;
use rollcall_sdk::mapping::Outcome;
use serde_json::json;

use crate::language::{Language, Shown, pairs};
use crate::person::People;
use crate::random::Random;
use crate::words::skeleton;

/// Tables of cases to begin with.
const TABLES: [&str; 10] = [
    include_str!("../../../guest/attribute-mapping/tests/functions/conditions.txt"),
    include_str!("../../../guest/attribute-mapping/tests/functions/dates.txt"),
    include_str!("../../../guest/attribute-mapping/tests/functions/letters.txt"),
    include_str!("../../../guest/attribute-mapping/tests/functions/lists.txt"),
    include_str!("../../../guest/attribute-mapping/tests/functions/others.txt"),
    include_str!("../../../guest/attribute-mapping/tests/functions/phones.txt"),
    include_str!("../../../guest/attribute-mapping/tests/functions/reference.txt"),
    include_str!("../../../guest/attribute-mapping/tests/functions/replace.txt"),
    include_str!("../../../guest/attribute-mapping/tests/functions/texts.txt"),
    include_str!("../../../guest/attribute-mapping/tests/functions/wrong.txt"),
];

const WORDS: &[&str] = &[
    "And",
    "Append",
    "AppRoleAssignmentsComplex",
    "BitAnd",
    "CBool",
    "CDate",
    "Coalesce",
    "ConvertToBase64",
    "ConvertToUTF8Hex",
    "Count",
    "CStr",
    "DateAdd",
    "DateDiff",
    "DateFromNum",
    "DefaultDomain()",
    "FormatDateTime",
    "Guid()",
    "IgnoreFlowIfNullOrEmpty",
    "IIF",
    "InStr",
    "IsNull",
    "IsNullOrEmpty",
    "IsPresent",
    "IsString",
    "Item",
    "Join",
    "Left",
    "Len",
    "Lookup",
    "Mid",
    "NormalizeDiacritics",
    "Not",
    "Now()",
    "NumFromDate",
    "Or",
    "PCase",
    "PhoneE164",
    "RandomString",
    "Redact",
    "RemoveDuplicates",
    "Replace",
    "SelectUniqueValue",
    "SingleAppRoleAssignment",
    "Split",
    "StripSpaces",
    "Switch",
    "ToLower",
    "ToUpper",
    "Word",
    "[a]",
    "[list]",
    "[manager.displayName]",
    "[mobilePhone]",
    "[extensionAttribute3]",
    "[o.p]",
    "[usageLocation]",
    "\"\"",
    "\"x\"",
    "\"True\"",
    "\"d\"",
    "\"m\"",
    "\"yyyy-MM-dd\"",
    "\"o\"",
    "\"M/d/yyyy h:mm:ss tt\"",
    "\"tr-TR\"",
    "\"US\"",
    "\"regions\"",
    "\"(?<n>\\\\w)(\\\\d)\"",
    "\"(a|aa)+$\"",
    "\"${n}$1$_\"",
    "\"n\"",
    "0",
    "1",
    "-1",
    "2.5",
    "&HFF",
    "9223372036854775807",
    "vbTextCompare",
    " = ",
    " <> ",
    " < ",
    " >= ",
    ",",
    ", , ",
    "(",
    ")",
    " ",
];

/// The expression language.
pub struct MappingLanguage {
    knowledge: Knowledge,
    alone: Alone,
}

impl Default for MappingLanguage {
    fn default() -> Self {
        let regions = [("Pune".to_owned(), "West".to_owned())];
        let tables = [("regions".to_owned(), regions.into())].into();
        let knowledge =
            Knowledge { given: Given { tables, default_domain: Some("contoso.com".into()) }, default_region: None };
        // 2026-11-23T06:30:00Z
        Self { knowledge, alone: Alone { now: Moment::from_unix(1_795_415_400).unwrap_or_default(), seed: 42 } }
    }
}

impl Language for MappingLanguage {
    fn name(&self) -> &'static str {
        "mapping"
    }

    fn seeds(&self) -> Vec<String> {
        let lines = TABLES.iter().flat_map(|table| table.lines());
        let cases = lines.filter(|line| !line.starts_with('#') && !line.starts_with("given "));
        cases.filter_map(|line| Some(line.rsplit_once(" =")?.0.trim().to_owned())).collect()
    }

    fn dictionary(&self) -> &'static [&'static str] {
        WORDS
    }

    fn longest(&self) -> usize {
        4_000
    }

    fn judge(&mut self, text: &str, random: &mut Random) -> Result<Shown, String> {
        let expression = match parse(text) {
            Ok(expression) => expression,
            Err(fault) => return Ok(Shown { traits: vec![faulty(text, &fault)?], ..Shown::default() }),
        };
        let printed = expression.to_string();
        if printed.chars().count() <= LONGEST_EXPRESSION {
            match parse(&printed) {
                Ok(again) if again == expression && again.to_string() == printed => {}
                Ok(again) => return Err(format!("it prints as {printed}, and that reads as {again}")),
                Err(fault) => return Err(format!("what is printed is refused: {}", fault.under(&printed))),
            }
        }
        let mut traits = pairs(&skeleton(&printed));
        let mapper = self.mapper(text);
        let mut people = People::of(text, random, attribute_in(text));
        for _ in 0..3 {
            let person = people.person().to_string();
            let value = run(text, &person, &self.knowledge, &self.alone).value;
            if value != run(text, &person, &self.knowledge, &self.alone).value {
                return Err(format!("the second time it comes to something else for {person}"));
            }
            match &mapper {
                Ok(mapper) => self.maps_alike(mapper, text, &person, &value)?,
                // Whether a table is there is asked when a tenant is configured; a trial may have no need of it.
                Err(reason) if value.is_ok() && !reason.starts_with("there is no table") => {
                    return Err(format!("a tenant may not have it, yet it can be tried: {reason}"));
                }
                Err(_) => {}
            }
            traits.push(match &value {
                Ok(value) => format!("{} gives {}", skeleton(printed.split('(').next().unwrap_or("")), bounded(value)?),
                Err(fault) => faulty(text, fault)?,
            });
        }
        Ok(Shown { accepted: mapper.is_ok(), traits, people: 3 })
    }
}

impl MappingLanguage {
    fn mapper(&self, text: &str) -> Result<Mapper, String> {
        let settings = json!({
            "attribute": [{ "name": "x", "expression": text, "when": "creation" }],
            "table": { "regions": { "Pune": "West" } },
            "default_domain": "contoso.com",
            "source_attributes": "any",
        });
        let settings: Settings = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        Mapper::new(settings, &[]).map_err(|problem| problem.message)
    }

    /// A sync comes to the same as a trial; but a manager it looks up, and it wants one text.
    fn maps_alike(
        &self,
        mapper: &Mapper,
        text: &str,
        person: &str,
        tried: &Result<Value<'_>, Fault>,
    ) -> Result<(), String> {
        if text.contains("manager") {
            return Ok(());
        }
        let mapped = match mapper.map_person(person, &[], &self.alone) {
            Outcome::Profile(values) => Some(values.into_iter().next().unwrap_or(Out::Null)),
            _ => None,
        };
        let alike = match (tried, &mapped) {
            (Ok(Value::Text(tried)), Some(Out::Text(mapped))) => tried == mapped,
            (Ok(Value::Null), Some(mapped)) => *mapped == Out::Null,
            (Ok(Value::Keep), Some(mapped)) => *mapped == Out::Keep,
            (Err(_), None) | (Ok(Value::Texts(_) | Value::Json(_)), _) => true,
            (Ok(Value::Boolean(_) | Value::Integer(_) | Value::Number(_) | Value::Moment(_)), Some(Out::Text(_))) => {
                true
            }
            _ => false,
        };
        if alike { Ok(()) } else { Err(format!("tried it comes to {tried:?}, in a sync to {mapped:?}, for {person}")) }
    }
}

/// Finds the attributes of an expression among its words: those between brackets.
fn attribute_in(text: &str) -> impl Fn(&str) -> Option<String> {
    let parts = text.split('[').skip(1).filter_map(|part| part.split(']').next());
    let names: Vec<String> = parts.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect();
    move |word: &str| names.iter().find(|name| name.as_str() == word).cloned()
}

/// The kind of a value that is not too long.
fn bounded(value: &Value<'_>) -> Result<&'static str, String> {
    let (kind, length, longest) = match value {
        Value::Null => ("null", 0, 0),
        Value::Boolean(_) => ("a truth", 0, 0),
        Value::Integer(_) => ("a whole number", 0, 0),
        Value::Number(number) if !number.is_finite() => return Err(format!("it comes to {number}")),
        Value::Number(_) => ("a number", 0, 0),
        Value::Text(text) => ("a text", text.len(), LONGEST_TEXT),
        Value::Moment(_) => ("a moment", 0, 0),
        Value::Texts(texts) => ("a list", texts.iter().map(|text| text.len()).sum(), LONGEST_LIST),
        Value::Json(_) => ("an object", 0, 0),
        Value::Keep => ("nothing", 0, 0),
    };
    if length > longest { Err(format!("it comes to {kind} of {length} bytes")) } else { Ok(kind) }
}

/// The trait of a fault that has its place and its words.
fn faulty(text: &str, fault: &Fault) -> Result<String, String> {
    let length = text.chars().count();
    if fault.position(text) as usize > length
        || fault.span.end < fault.span.start
        || fault.span.end as usize > text.len()
    {
        return Err(format!("the fault lies outside of the expression of {length} characters: {fault:?}"));
    }
    if fault.message.is_empty() || !fault.under(text).to_string().contains('^') {
        return Err(format!("the fault is not shown: {fault:?}"));
    }
    Ok(format!("fault: {}", skeleton(&fault.message)))
}

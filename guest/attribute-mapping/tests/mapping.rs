//! From settings and users to profiles.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use attribute_mapping::environment::{Alone, Environment};
use attribute_mapping::mapper::Mapper;
use attribute_mapping::moment::Moment;
use attribute_mapping::settings::Settings;
use attribute_mapping::value::Value as Input;
use rollcall_sdk::mapping::{Outcome, Person};
use rollcall_sdk::testing::through_outcomes;
use rollcall_sdk::{Attribute, AttributeType, Problem, Value, settings};
use serde_json::json;

struct World {
    exists: bool,
}

impl Environment for World {
    fn now(&self) -> Moment {
        Moment::read("2026-11-23T06:30:00Z").unwrap()
    }

    fn random(&self, bytes: &mut [u8]) {
        Alone { now: self.now(), seed: 3 }.random(bytes);
    }

    fn look_up(&self, id: &str, properties: &[String]) -> Option<Vec<Input<'static>>> {
        let known = |name: &String| if name == "displayName" { Input::text("Megan Bowen") } else { Input::Null };
        (id == "m1").then(|| properties.iter().map(known).collect())
    }

    fn in_use(&self, attribute: &str, text: &str) -> bool {
        (attribute, text) == ("login", "ann")
    }

    fn target_exists(&self) -> bool {
        self.exists
    }
}

const NEW: World = World { exists: false };

fn configure(json: serde_json::Value) -> Result<Mapper, Problem> {
    Mapper::new(settings::parse::<Settings>(&json.to_string())?, &[])
}

fn mapper(json: serde_json::Value) -> Mapper {
    configure(json).unwrap_or_else(|problem| panic!("{}", problem.sentence()))
}

/// The outcome of one person, by both forms in which it can cross.
fn map(mapper: &Mapper, json: &str, inherited: &[Value], world: &World) -> Outcome {
    let outcome = mapper.map_person(json, inherited, world);
    let person =
        Person { id: "1".into(), object: json.to_owned(), inherited: inherited.to_vec(), exists: world.exists };
    let packed = through_outcomes(&[person], |people, outcomes| {
        while let Some(person) = people.next() {
            mapper.map_packed(person.object, person.inherited, world, outcomes);
        }
    });
    assert_eq!(packed, std::slice::from_ref(&outcome));
    outcome
}

fn profile(mapper: &Mapper, user: serde_json::Value) -> Vec<Value> {
    match map(mapper, &user.to_string(), &[], &NEW) {
        Outcome::Profile(values) => values,
        other => panic!("{other:?}"),
    }
}

fn one(attribute: serde_json::Value, user: serde_json::Value) -> Value {
    profile(&mapper(json!({ "attribute": [attribute] })), user).remove(0)
}

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn adele() -> serde_json::Value {
    json!({"id": "u1", "displayName": "Adele Vance", "mobilePhone": null, "businessPhones": ["+1 425 555 0109"], "city": null,
        "mail": "adele@contoso.com", "jobTitle": "Manager", "department": "Marketing", "officeLocation": "18/2111",
        "employeeId": "007", "usageLocation": "US", "manager": {"id": "m1"}})
}

#[test]
fn without_settings_the_usual_attributes_are_mapped() {
    let usual = mapper(json!({}));
    let names: Vec<String> = usual.schema().attributes.into_iter().map(|attribute| attribute.name).collect();
    let expected =
        ["name", "phone_number", "city", "email", "job_title", "department", "office", "manager_name", "employee_id"];
    assert_eq!(names, expected);
    let values = profile(&usual, adele());
    let expected = [
        text("Adele Vance"),
        text("+14255550109"),
        Value::Null,
        text("adele@contoso.com"),
        text("Manager"),
        text("Marketing"),
        text("18/2111"),
        text("Megan Bowen"),
        text("007"),
    ];
    assert_eq!(values, expected);
}

#[test]
fn the_source_is_asked_for_what_the_expressions_read_and_nothing_else() {
    let schema = mapper(json!({})).schema();
    let expected = [
        "displayName",
        "mobilePhone",
        "businessPhones",
        "city",
        "mail",
        "jobTitle",
        "department",
        "officeLocation",
        "manager",
        "employeeId",
        "usageLocation",
        "country",
    ];
    assert_eq!(schema.properties, expected);
    assert_eq!(schema.looked_up_properties, ["displayName"]);
    let schema = mapper(json!({"attribute": [{"name": "division", "expression": "[employeeOrgData.division]"},
        {"name": "third", "expression": "[extensionAttribute3]"}, {"name": "fixed", "constant": "x"}]}))
    .schema();
    let expected = ["employeeOrgData.division", "onPremisesExtensionAttributes.extensionAttribute3"];
    assert_eq!(schema.properties, expected);
    assert!(schema.looked_up_properties.is_empty());
}

#[test]
fn the_manager_is_found_in_every_form_that_a_source_writes() {
    let manager = json!({"name": "m", "expression": "[manager.displayName]"});
    for (user, expected) in [
        (json!({"manager": {"id": "m1"}}), text("Megan Bowen")),
        (json!({"manager": "m1"}), text("Megan Bowen")),
        (json!({"manager": {"id": "m1", "displayName": "Brought"}}), text("Brought")),
        (json!({"manager@delta": [{"@odata.type": "#microsoft.graph.user", "id": "m1"}]}), text("Megan Bowen")),
        (json!({"manager@delta": [{"id": "m1", "@removed": {"reason": "deleted"}}]}), Value::Null),
        (json!({"manager": {"id": "unknown"}}), Value::Null),
        (json!({"manager": null}), Value::Null),
        (json!({}), Value::Null),
    ] {
        assert_eq!(one(manager.clone(), user.clone()), expected, "{user}");
    }
    assert_eq!(one(json!({"name": "m", "expression": "[manager]"}), json!({"manager": {"id": "m1"}})), text("m1"));
}

#[test]
fn a_person_without_a_usable_phone_is_skipped_with_the_reason() {
    let usual = mapper(json!({}));
    let room = json!({"displayName": "Conf Room Adams", "businessPhones": [], "mobilePhone": null});
    let Outcome::Skip(reason) = map(&usual, &room.to_string(), &[], &NEW) else { panic!() };
    assert_eq!(reason, "`phone_number` is required and has no value (from mobilePhone, businessPhones)");
    let administrator = json!({"displayName": "MOD", "businessPhones": ["8006427676"], "mobilePhone": "5555555555"});
    let Outcome::Skip(reason) = map(&usual, &administrator.to_string(), &[], &NEW) else { panic!() };
    assert_eq!(
        reason,
        "`phone_number` is required, and no phone number can be used; \"5555555555\": it has no country code, and the \
         person's country is not known; \"8006427676\": it has no country code, and the person's country is not known"
    );
}

#[test]
fn the_default_region_makes_local_numbers_usable() {
    let usual = mapper(json!({"default_region": "United States"}));
    let administrator = json!({"displayName": "MOD", "businessPhones": ["8006427676"], "mobilePhone": "5555555555"});
    assert_eq!(profile(&usual, administrator)[1], text("+18006427676"));
}

#[test]
fn what_becomes_of_an_invalid_number_is_a_setting() {
    let user = json!({"displayName": "A", "mobilePhone": "12", "usageLocation": "US"}).to_string();
    let outcome = |setting: &str| map(&mapper(json!({"on_invalid_phone": setting})), &user, &[], &NEW);
    assert!(
        matches!(outcome("skip"), Outcome::Skip(reason) if reason.contains("\"12\": it is not a valid number for US"))
    );
    assert!(matches!(outcome("hold-back"), Outcome::Reject(_)));
    assert!(matches!(outcome("omit"), Outcome::Profile(values) if values[1] == Value::Null));
}

#[test]
fn a_value_takes_the_type_of_its_attribute() {
    let user = json!({"text": "a", "number": 7, "half": 1.5, "yes": true, "list": ["p", "q"], "single": ["p"],
        "date": "2024-02-29T10:00:00Z", "digits": "42", "none": null});
    let shaped = |expression: &str, kind: &str| {
        let settings =
            json!({"source_attributes": "any", "attribute": [{"name": "x", "expression": expression, "type": kind}]});
        map(&mapper(settings), &user.to_string(), &[], &NEW)
    };
    let is = |expression: &str, kind: &str, expected: Value| {
        let Outcome::Profile(values) = shaped(expression, kind) else { panic!("{expression} as {kind}") };
        assert_eq!(values, [expected], "{expression} as {kind}");
    };
    is("[number]", "text", text("7"));
    is("[yes]", "text", text("True"));
    is("CDate([date])", "text", text("2/29/2024 10:00:00 AM"));
    is("[single]", "text", text("p"));
    is("[number]", "number", Value::Number(7.0));
    is("[digits]", "number", Value::Number(42.0));
    is("[digits]", "whole-number", Value::Integer(42));
    is("[yes]", "yes-no", Value::Boolean(true));
    is("\"No\"", "yes-no", Value::Boolean(false));
    is("[date]", "date-time", Value::DateTime("2024-02-29T10:00:00Z".into()));
    is("DateAdd(\"d\", 1, [date])", "date-time", Value::DateTime("2024-03-01T10:00:00Z".into()));
    is("[list]", "list", Value::Texts(vec!["p".into(), "q".into()]));
    is("[text]", "list", Value::Texts(vec!["a".into()]));
    is("[none]", "whole-number", Value::Null);
    for (expression, kind, part) in [
        ("[list]", "text", "2 values"),
        ("[text]", "number", "is not a number"),
        ("[text]", "yes-no", "is not yes or no"),
        ("[text]", "date-time", "is not a date"),
    ] {
        let Outcome::Reject(reason) = shaped(expression, kind) else { panic!("{expression} as {kind}") };
        assert!(reason.starts_with("`x`: ") && reason.contains(part), "{reason}");
    }
}

#[test]
fn a_default_stands_in_for_null_and_not_for_an_empty_text() {
    let city = json!({"name": "city", "expression": "[city]", "default": "somewhere"});
    assert_eq!(one(city.clone(), json!({})), text("somewhere"));
    assert_eq!(one(city.clone(), json!({"city": ""})), text(""));
    assert_eq!(one(city, json!({"city": "Pune"})), text("Pune"));
}

#[test]
fn an_ignored_flow_leaves_what_the_target_has() {
    let city = json!({"name": "city", "expression": "IgnoreFlowIfNullOrEmpty([city])", "default": "unused"});
    assert_eq!(one(city, json!({})), Value::Keep);
}

#[test]
fn a_value_for_creation_is_given_once() {
    let mapper = mapper(json!({"attribute": [{"name": "login", "when": "creation",
        "expression": "SelectUniqueValue([mailNickname], Append([mailNickname], \"2\"))"}]}));
    let user = json!({"mailNickname": "ann"}).to_string();
    let Outcome::Profile(values) = map(&mapper, &user, &[], &NEW) else { panic!() };
    assert_eq!(values, [text("ann2")]);
    let Outcome::Profile(values) = map(&mapper, &user, &[], &World { exists: true }) else { panic!() };
    assert_eq!(values, [Value::Keep]);
}

#[test]
fn a_missing_required_value_holds_the_person_back_or_skips_it() {
    let outcome = |on_missing: &str| {
        let attribute = json!({"name": "mail", "expression": "[mail]", "required": true, "on_missing": on_missing});
        map(&mapper(json!({"attribute": [attribute]})), "{\"mail\":\" \"}", &[], &NEW)
    };
    assert!(
        matches!(outcome("hold-back"), Outcome::Reject(reason) if reason == "`mail` is required and has no value (from mail)")
    );
    assert!(matches!(outcome("skip"), Outcome::Skip(_)));
}

#[test]
fn a_failure_names_the_attribute_the_place_and_the_reason() {
    let mapper = mapper(json!({"attribute": [{"name": "first", "expression": "Left(Item([businessPhones], 3), 4)"}]}));
    let Outcome::Reject(reason) = map(&mapper, "{\"businessPhones\":[\"1\"]}", &[], &NEW) else { panic!() };
    assert_eq!(reason, "`first`: there is no item 3: the list has 1 (at character 28: 3)");
}

#[test]
fn a_sensitive_value_stands_in_no_reason_and_no_explanation() {
    for attribute in [
        json!({"name": "pay", "expression": "Left([employeeId], [employeeType])", "sensitive": true}),
        json!({"name": "pay", "expression": "Redact(Left([employeeId], [employeeType]))"}),
    ] {
        let mapper = mapper(json!({"attribute": [attribute]}));
        assert!(mapper.schema().attributes[0].sensitive);
        let user = json!({"employeeId": "secret", "employeeType": "hush"}).to_string();
        let Outcome::Reject(reason) = map(&mapper, &user, &[], &NEW) else { panic!() };
        assert!(reason.contains("no details: it is sensitive") && !reason.contains("hush"), "{reason}");
        let user = json!({"employeeId": "secret", "employeeType": "3"}).to_string();
        let shown = format!("{:?}", mapper.explain(&user, &NEW));
        assert!(!shown.contains("sec") && shown.contains("[Redact]"), "{shown}");
    }
}

#[test]
fn an_explanation_shows_every_part_that_was_evaluated() {
    let mapper =
        mapper(json!({"attribute": [{"name": "x", "expression": "IIF([city] = \"Pune\", ToUpper([city]), [state])"}]}));
    let traces = mapper.explain("{\"city\":\"Pune\"}", &NEW);
    let lines: Vec<String> = traces[0]
        .nodes
        .iter()
        .map(|node| format!("{}{} -> {}", "  ".repeat(node.depth as usize), node.expression, node.outcome.to_json()))
        .collect();
    let expected = [
        "IIF([city] = \"Pune\", ToUpper([city]), [state]) -> \"PUNE\"",
        "  [city] = \"Pune\" -> true",
        "    [city] = \"Pune\" -> true",
        "      [city] -> \"Pune\"",
        "      \"Pune\" -> \"Pune\"",
        "  ToUpper([city]) -> \"PUNE\"",
        "    [city] -> \"Pune\"",
    ];
    assert_eq!(lines, expected);
    assert_eq!(traces[0].nodes[3].property.as_deref(), Some("city"));
    assert_eq!(traces[0].fault, None);
}

#[test]
fn a_mapping_in_a_chain_passes_on_what_it_does_not_make() {
    let settings = settings::parse(r#"{"attribute":[{"name":"city","expression":"ToUpper([city])"}]}"#).unwrap();
    let inherited = [Attribute::text("name"), Attribute::text("city")];
    let mapper = Mapper::new(settings, &inherited).unwrap();
    let before = [text("Ann"), text("Pune")];
    let Outcome::Profile(values) = map(&mapper, "{\"city\":\"Pune\"}", &before, &NEW) else { panic!() };
    assert_eq!(values, [text("Ann"), text("PUNE")]);
}

#[test]
fn the_schema_carries_what_the_settings_say() {
    let schema = mapper(json!({"attribute": [{"name": "id", "expression": "[id]", "matching": 2, "when": "creation",
        "sensitive": true, "type": "whole-number"}]}))
    .schema();
    let id = &schema.attributes[0];
    assert_eq!((id.kind, id.matching, id.creation_only, id.sensitive), (AttributeType::Integer, Some(2), true, true));
}

#[test]
fn wrong_settings_are_refused_with_setting_place_and_suggestion() {
    let attribute = |fields: serde_json::Value| json!({ "attribute": [fields] });
    let cases: Vec<(serde_json::Value, &str, &str)> = vec![
        (json!({"default_regoin": "IN"}), "default_regoin", "did you mean `default_region`"),
        (json!({"default_region": "Atlantis"}), "default_region", "is no country"),
        (json!({"default_domain": "a@b"}), "default_domain", "is no domain"),
        (json!({"on_invalid_phone": "skipp"}), "on_invalid_phone", "did you mean `skip`"),
        (attribute(json!({"expression": "[city]"})), "attribute[0].name", "missing field"),
        (attribute(json!({"name": "City", "expression": "[city]"})), "attribute[0].name", "lower-case letters"),
        (attribute(json!({"name": "city"})), "attribute[0].expression", "did you mean `[city]`"),
        (
            attribute(json!({"name": "city", "expression": "[city]", "constant": "x"})),
            "attribute[0].constant",
            "not both",
        ),
        (
            attribute(json!({"name": "city", "expresion": "[city]"})),
            "attribute[0].expresion",
            "did you mean `expression`",
        ),
        (
            attribute(json!({"name": "city", "expression": "[city]", "type": "txt"})),
            "attribute[0].type",
            "did you mean `text`",
        ),
        (attribute(json!({"name": "n", "constant": "x", "type": "number"})), "attribute[0].constant", "not a number"),
        (
            attribute(json!({"name": "n", "expression": "[city]", "type": "yes-no", "default": "x"})),
            "attribute[0].default",
            "yes or no",
        ),
        (
            attribute(json!({"name": "city", "expression": "ToLowr([city])"})),
            "attribute[0].expression",
            "did you mean `ToLower`",
        ),
        (
            attribute(json!({"name": "city", "expression": "[ctiy]"})),
            "attribute[0].expression",
            "did you mean `[city]`",
        ),
        (
            attribute(json!({"name": "s", "expression": "Join(\",\", [skills])"})),
            "attribute[0].expression",
            "cannot track `skills`",
        ),
        (attribute(json!({"name": "d", "expression": "DefaultDomain()"})), "attribute[0].expression", "default_domain"),
        (
            attribute(json!({"name": "l", "expression": "Lookup(\"x\", [city])"})),
            "attribute[0].expression",
            "no table x",
        ),
        (
            attribute(json!({"name": "u", "expression": "SelectUniqueValue([a], [b])"})),
            "attribute[0].expression",
            "creation",
        ),
        (
            attribute(
                json!({"name": "u", "expression": "SelectUniqueValue([mail], [id])", "when": "creation", "matching": 1}),
            ),
            "attribute[0].expression",
            "finds existing entries",
        ),
        (
            json!({"attribute": [{"name": "a", "constant": 1}, {"name": "a", "constant": 2}]}),
            "attribute[1].name",
            "another attribute `a`",
        ),
    ];
    for (settings, place, part) in cases {
        let problem = configure(settings.clone()).err().unwrap_or_else(|| panic!("{settings} is accepted"));
        assert_eq!(problem.setting, place, "{}", problem.sentence());
        assert!(problem.sentence().contains(part), "{} does not say {part}", problem.sentence());
    }
    let problem = configure(attribute(json!({"name": "c", "expression": "Join(\"é\", Lenn([city]))"}))).unwrap_err();
    assert_eq!(problem.position, Some(10));
}

#[test]
fn a_user_that_is_no_object_is_held_back() {
    for json in ["", "[]", "{\"displayName\":", "null"] {
        assert!(matches!(map(&mapper(json!({})), json, &[], &NEW), Outcome::Reject(_)), "{json}");
    }
}

//! Groups by rule and groups by value: keys, names, pins, what is refused, and what is explained.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a test that breaks fails")]

use group_rules::groups::{Rules, Settings};
use rollcall_sdk::grouping::{Assignment, Candidate};
use rollcall_sdk::testing::through_assignments;
use rollcall_sdk::{Attribute, AttributeType, Problem, Value};
use serde_json::{Value as Json, json};

/// 2026-11-23T06:30:00Z
const NOW: i64 = 17_954_154_000_000_000;

fn profile() -> Vec<Attribute> {
    vec![
        Attribute::text("name"),
        Attribute { matching: Some(1), ..Attribute::text("phone") },
        Attribute::text("city"),
        Attribute::text("salary_band").sensitive(),
        Attribute::new("skills", AttributeType::Texts),
        Attribute::new("level", AttributeType::Integer),
    ]
}

fn rules(settings: Json) -> Rules {
    let settings: Settings = serde_json::from_value(settings).unwrap();
    Rules::compile(&settings, &profile()).unwrap()
}

fn problems(settings: Json) -> Vec<Problem> {
    let settings: Settings = serde_json::from_value(settings).unwrap();
    Rules::compile(&settings, &profile()).unwrap_err()
}

/// A candidate for these rules, from properties and profile by name.
fn candidate(rules: &Rules, id: &str, user: Json, mapped: Json) -> Candidate {
    let plan = rules.plan();
    let profile = profile();
    Candidate {
        id: id.to_owned(),
        properties: plan.properties.iter().map(|name| Value::from_json(user[name].clone())).collect(),
        profile: plan
            .attributes
            .iter()
            .map(|place| Value::from_json(mapped[&profile[*place as usize].name].clone()))
            .collect(),
    }
}

/// The assignment of one person, by both forms in which it can cross.
fn assign(rules: &mut Rules, person: &Candidate, only: Option<&[u32]>) -> Assignment {
    let assignment = rules.assign(person, NOW, only);
    let packed = through_assignments(std::slice::from_ref(person), |people, assignments| {
        while let Some(person) = people.next() {
            rules.assign_packed(&person, NOW, only, assignments);
        }
    });
    assert_eq!(packed, std::slice::from_ref(&assignment));
    assignment
}

fn keys(rules: &mut Rules, id: &str, user: Json, mapped: Json) -> Vec<String> {
    let candidate = candidate(rules, id, user, mapped);
    let assignment = assign(rules, &candidate, None);
    assert_eq!(assignment.undecided, []);
    rules.plan().belongings(&assignment).into_iter().map(|belonging| belonging.key).collect()
}

#[test]
fn a_key_stays_when_it_was_chosen_and_follows_the_name_otherwise() {
    let rules = rules(json!({"group": [
        {"name": "Sales & Support", "rule": "user.city -eq \"Oslo\""},
        {"key": "hq", "name": "Headquarters", "rule": "user.city -eq \"Oslo\""},
    ]}));
    let ids: Vec<&str> = rules.plan().rules.iter().map(|rule| rule.id.as_str()).collect();
    assert_eq!(ids, ["sales-support", "hq"]);
    assert_eq!(rules.describe("hq").unwrap().name, "Headquarters");
    assert_eq!(rules.describe("sales"), None);
}

#[test]
fn a_group_for_each_value_is_described_by_its_key_alone() {
    let mut rules = rules(json!({
        "group": [{"name": "Everyone", "rule": "user.objectId -ne null"}],
        "group_by": [{
            "attributes": ["department", "profile.city"], "name": "{department} in {city}", "parent": "everyone",
            "welcome_message": "Welcome to {department}!", "minimum_members": 3, "when_empty": "remove",
            "rule": "user.accountEnabled -eq true", "admins": ["+47 22 11 00 00"]
        }]
    }));
    assert_eq!(rules.plan().properties, ["accountEnabled", "department"]);
    let user = json!({"department": " R/D  50% ", "accountEnabled": true});
    let found = keys(&mut rules, "1", user.clone(), json!({"city": "Oslo"}));
    assert_eq!(found, ["everyone", "department-city:R%2FD 50%25/Oslo"]);
    let group = rules.describe(&found[1]).unwrap();
    assert_eq!((group.name.as_str(), group.parent.as_deref()), ("R/D 50% in Oslo", Some("everyone")));
    assert_eq!(group.welcome_message.as_deref(), Some("Welcome to R/D 50%!"));
    assert_eq!((group.minimum_members, group.admins.as_slice()), (3, ["+47 22 11 00 00".to_owned()].as_slice()));
    // Without one of the values, or filtered out, a person belongs to none of them.
    assert_eq!(keys(&mut rules, "1", user.clone(), json!({"city": null})), ["everyone"]);
    assert_eq!(
        keys(&mut rules, "1", json!({"department": "A", "accountEnabled": false}), json!({"city": "Oslo"})),
        ["everyone"]
    );
    for strange in [
        "department-city:a",
        "department-city: a/b",
        "department-city:a/b/c",
        "department-city",
        "department-city:/b",
        "x:a/b",
    ] {
        assert_eq!(rules.describe(strange), None, "{strange}");
    }
}

#[test]
fn an_attribute_with_several_values_makes_a_group_for_each() {
    let mut rules = rules(
        json!({"group_by": [{"attributes": "skills"}, {"attributes": ["level", "department"], "case": "upper"}]}),
    );
    let found =
        keys(&mut rules, "1", json!({"department": "sales"}), json!({"skills": ["Rust", "Go", "Rust"], "level": 7}));
    assert_eq!(found, ["skills:Go", "skills:Rust", "level-department:7/SALES"]);
    assert_eq!(rules.describe("level-department:7/SALES").unwrap().name, "7, SALES");
}

#[test]
fn too_many_combinations_and_too_long_values_are_undecided_with_the_reason() {
    let mut rules =
        rules(json!({"group_by": [{"attributes": ["skills", "user.otherMails"]}, {"attributes": "department"}]}));
    let many: Vec<String> = (0..10).map(|number| number.to_string()).collect();
    let user = json!({"otherMails": many, "department": "x".repeat(300)});
    let candidate = candidate(&rules, "1", user, json!({"skills": many}));
    let assignment = assign(&mut rules, &candidate, None);
    let reasons: Vec<(u32, &str)> =
        assignment.undecided.iter().map(|undecided| (undecided.rule, undecided.reason.as_str())).collect();
    assert_eq!(
        reasons,
        [
            (0, "The values make more than 64 combinations."),
            (1, "A value of user.department has 300 characters; at most 256 can make a group."),
        ]
    );
}

#[test]
fn members_are_pinned_by_id_mail_and_phone() {
    let mut rules = rules(json!({"group": [{
        "name": "Sales", "rule": "user.department -eq \"Sales\"",
        "include": ["id-1", "Boss@contoso.com", "+47 22 11 00 00"], "exclude": ["id-2", "out@contoso.com"],
    }, {"name": "By hand", "include": ["id-9"]}]}));
    let sales = json!({"department": "Sales"});
    for (id, user, mapped, expected) in [
        ("id-0", sales.clone(), json!({}), vec!["sales"]),
        ("ID-1", json!({}), json!({}), vec!["sales"]),
        ("id-2", sales.clone(), json!({}), vec![]),
        ("id-3", json!({"mail": "boss@contoso.com"}), json!({}), vec!["sales"]),
        ("id-4", json!({"userPrincipalName": "BOSS@contoso.com"}), json!({}), vec!["sales"]),
        ("id-5", json!({}), json!({"phone": "+4722110000"}), vec!["sales"]),
        ("id-6", json!({"department": "Sales", "mail": "OUT@contoso.com"}), json!({}), vec![]),
        ("id-9", json!({}), json!({}), vec!["by-hand"]),
    ] {
        assert_eq!(keys(&mut rules, id, user.clone(), mapped), expected, "{id} {user}");
    }
}

#[test]
fn rules_asked_alone_answer_as_they_do_with_the_others() {
    let mut rules = rules(json!({
        "group": [
            {"name": "A", "rule": "user.department -eq \"Sales\""},
            {"name": "B", "rule": "user.city -eq \"Oslo\""},
            {"name": "C", "rule": "user.city -ne \"Oslo\""},
        ],
        "group_by": [{"attributes": "department"}]
    }));
    let person = candidate(&rules, "1", json!({"department": "Sales", "city": "Oslo"}), json!({}));
    for (only, expected) in
        [(vec![1], vec![("b", 1)]), (vec![3, 2, 0], vec![("a", 0), ("department:Sales", 3)]), (vec![], vec![])]
    {
        let assignment = assign(&mut rules, &person, Some(&only));
        let belongings = rules.plan().belongings(&assignment);
        let found: Vec<(&str, u32)> =
            belongings.iter().map(|belonging| (belonging.key.as_str(), belonging.rule)).collect();
        assert_eq!(found, expected, "{only:?}");
    }
}

#[test]
fn a_digest_changes_when_and_only_when_the_rule_may_answer_otherwise() {
    let digest = |group: Json| rules(json!({"group": [group]})).plan().rules[0].digest.clone();
    let rule = |rule: &str| digest(json!({"name": "A", "rule": rule}));
    let base = rule("user.department -eq \"Sales\"");
    assert_eq!(rule("( USER.Department  EQ 'SALES' ) "), base);
    assert_eq!(
        digest(
            json!({"name": "A new name", "rule": "user.department -eq \"Sales\"", "admins": ["x"], "welcome_message": "Hi"})
        ),
        base
    );
    for other in [
        digest(json!({"name": "A", "rule": "user.department -eq \"Sale\""})),
        digest(json!({"name": "A", "rule": "user.department -ne \"Sales\""})),
        digest(json!({"name": "A", "rule": "user.department -eq \"Sales\"", "exclude": ["x"]})),
        digest(json!({"name": "A", "rule": "user.department -eq \"Sales\"", "include": ["x"]})),
    ] {
        assert_ne!(other, base);
    }
    let by = |by: Json| rules(json!({"group_by": [by]})).plan().rules[0].digest.clone();
    assert_ne!(by(json!({"attributes": "department", "case": "upper"})), by(json!({"attributes": "department"})));
    assert_ne!(by(json!({"key": "k", "attributes": "city"})), by(json!({"key": "k", "attributes": "department"})));
}

#[test]
fn what_is_wrong_with_groups_is_told_all_at_once() {
    let found = problems(json!({
        "group": [
            {"name": "Sales", "rule": "user.departmnet -eq \"Sales\""},
            {"name": "sales", "parent": "Slaes", "key": "other"},
            {"name": "Sales!"},
            {"name": "Loop", "parent": "Pool"},
            {"name": "Pool", "parent": "loop"},
            {"name": "Spaces", "key": "a b", "admins": [" "]},
        ],
        "group_by": [
            {"attributes": ["departmnet"]},
            {"attributes": ["city", "department"], "name": "{city}"},
            {"attributes": "country", "name": "{contry}"},
            {"attributes": "state"},
            {"attributes": "officeLocation", "rule": "user.city -eq Oslo"},
            {"attributes": ["employeeHireDate"]},
            {"attributes": []},
        ]
    }));
    let shown: Vec<String> = found
        .iter()
        .map(|problem| {
            let suggestion = problem.suggestion.as_ref().map(|suggestion| format!(" (did you mean `{suggestion}`?)"));
            format!("{}: {}{}", problem.setting, problem.message, suggestion.unwrap_or_default())
        })
        .collect();
    let expected = [
        "group[2].key: The key `sales` is that of group[0] too: give one of them another `key`.",
        "group[5].admins[0]: An id, a mail address or a phone number was expected.",
        "group[5].key: A key has no white space and none of the characters `:`, `/` and `%`.",
        "group_by[0].attributes[0]: There is no attribute `departmnet`. (did you mean `user.department`?)",
        "group_by[1].name: Groups of different values would have the same name: it must have {department} in it.",
        "group_by[2].name: There is no attribute `contry` among `attributes`. (did you mean `{country}`?)",
        "group_by[5].attributes[0]: `employeeHireDate` is a date and time: groups are made of texts, numbers and truths.",
        "group_by[6].attributes: One to four attributes are needed.",
        "group[1].parent: There is no group with the key or name `Slaes`. (did you mean `sales`?)",
        "group[3].parent: The group would be a part of itself.",
        "group[4].parent: The group would be a part of itself.",
        "group[0].rule: Attribute not supported: there is no `user.departmnet`. (did you mean `user.department`?)",
        "group_by[4].rule: A text needs double quotes around it, and Oslo has none. (did you mean `\"Oslo\"`?)",
    ];
    for expected in expected {
        assert!(shown.iter().any(|shown| shown == expected), "missing: {expected}\n{}", shown.join("\n"));
    }
    assert_eq!(shown.len(), expected.len(), "{}", shown.join("\n"));
}

#[test]
fn a_name_that_another_group_has_says_where_it_comes_from() {
    let rules = rules(json!({
        "group": [{"name": "Sales", "key": "all-sales"}],
        "group_by": [{"attributes": ["department"]}, {"attributes": ["department", "city"], "name": "{department} in {city}"}, {"attributes": "city"}]
    }));
    let name = |key: &str| rules.describe(key).unwrap().name;
    assert_eq!(name("department:SALES"), "SALES (department: SALES)");
    assert_eq!(name("department:Legal"), "Legal");
    assert_eq!(name("city:Oslo"), "Oslo (city: Oslo)");
    assert_eq!(name("department-city:Legal/Oslo"), "Legal in Oslo");
    assert_eq!(
        name("department-city:Legal in Oslo/Pune"),
        "Legal in Oslo in Pune (department: Legal in Oslo, city: Pune)"
    );
}

#[test]
fn a_pattern_that_takes_too_long_leaves_its_rule_undecided_for_that_person_only() {
    let mut rules = rules(json!({"group": [
        {"name": "Hostile", "rule": "user.city -match \"^(a|aa)+(?!x)$\""},
        {"name": "Decided anyway", "rule": "user.city -match \"^(a|aa)+(?!x)$\" -or user.department -eq \"Sales\""},
        {"name": "Decided too", "rule": "user.city -match \"^(a|aa)+(?!x)$\" -and user.department -eq \"HR\""},
        {"name": "Sales", "rule": "user.department -eq \"Sales\""},
    ]}));
    let hostile = json!({"department": "Sales", "city": format!("{}!", "a".repeat(60))});
    for _ in 0..2 {
        let person = candidate(&rules, "1", hostile.clone(), json!({}));
        let assignment = assign(&mut rules, &person, None);
        let belongings = rules.plan().belongings(&assignment);
        let found: Vec<&str> = belongings.iter().map(|belonging| belonging.key.as_str()).collect();
        assert_eq!(found, ["decided-anyway", "sales"]);
        assert_eq!(assignment.undecided.len(), 1);
        assert_eq!(assignment.undecided[0].rule, 0);
        assert!(assignment.undecided[0].reason.contains("took too long"));
    }
    assert_eq!(keys(&mut rules, "2", json!({"city": "aaa"}), json!({})), ["hostile", "decided-anyway"]);
    assert_eq!(keys(&mut rules, "3", json!({"city": "b"}), json!({})), Vec::<String>::new());
}

#[test]
fn a_pattern_that_always_takes_too_long_is_not_tried_for_ever() {
    let mut rules = rules(json!({"group": [{"name": "Hostile", "rule": "user.city -match \"^(a|aa)+(?!x)$\""}]}));
    let begin = std::time::Instant::now();
    for number in 0..20_000 {
        let user = json!({"city": format!("{}!{number}", "a".repeat(60))});
        let person = candidate(&rules, "1", user, json!({}));
        assert_eq!(assign(&mut rules, &person, None).undecided.len(), 1);
    }
    assert!(begin.elapsed() < std::time::Duration::from_secs(8), "{:?}", begin.elapsed());
}

#[test]
fn rules_about_more_properties_than_a_directory_has_are_refused() {
    let groups: Vec<Json> = (0..1_200)
        .map(|number| json!({"name": format!("g{number}"), "rule": format!("user.extension_c272a57b722d4eb29bfe327874ae79cb_x{number} -eq \"a\"")}))
        .collect();
    assert!(problems(json!({"group": groups}))[0].message.contains("1200 properties; at most 1000"));
}

#[test]
fn the_next_moment_of_change_is_told() {
    let mut rules =
        rules(json!({"group": [{"name": "Starting", "rule": "user.employeeHireDate -le system.now -plus P7D"}]}));
    let person = candidate(&rules, "1", json!({"employeeHireDate": "2026-12-24T00:00:00Z"}), json!({}));
    assert_eq!(assign(&mut rules, &person, None).changes_at.as_deref(), Some("2026-12-17T00:00:00Z"));
    let person = candidate(&rules, "1", json!({"employeeHireDate": "2026-11-24T00:00:00Z"}), json!({}));
    let assignment = assign(&mut rules, &person, None);
    assert_eq!((assignment.rules.len(), assignment.changes_at), (1, None));
}

#[test]
fn an_explanation_says_what_decided() {
    let rules = rules(json!({
        "group": [{
            "name": "Sales", "exclude": ["id-2"],
            "rule": "user.department -eq \"Sales\" -and (user.city -eq \"Oslo\" -or profile.salary_band -eq \"9\")",
        }],
        "group_by": [{"attributes": "department"}]
    }));
    let explain = |id: &str, user: Json, mapped: Json, key: &str| {
        let person = candidate(&rules, id, user, mapped);
        let explanation = rules.explain(&person, key, NOW).unwrap();
        (explanation.belongs, explanation.sentences.join("\n"), explanation.nodes)
    };
    let (belongs, text, nodes) =
        explain("1", json!({"department": "SALES", "city": null}), json!({"salary_band": "9"}), "sales");
    assert!(belongs);
    assert_eq!(
        text,
        "The person belongs to the group.\n\
         `user.department -eq \"Sales\"` is true: user.department is \"SALES\".\n\
         `profile.salary_band -eq \"9\"` is true: the value of profile.salary_band is not shown."
    );
    assert_eq!(nodes.iter().map(|node| node.depth).collect::<Vec<_>>(), [0, 1, 1, 2, 2]);
    assert!(nodes.iter().all(|node| node.property_value != Some(Value::from("9"))));
    let (belongs, text, _) = explain("1", json!({"department": "Legal"}), json!({}), "sales");
    assert!(
        !belongs && text.contains("user.department is \"Legal\"") && text.contains("user.city has no value"),
        "{text}"
    );
    let (belongs, text, _) = explain("id-2", json!({"department": "Sales", "city": "Oslo"}), json!({}), "sales");
    assert!(!belongs && text.contains("`exclude` names this person (id-2)"), "{text}");
    let (belongs, text, _) = explain("1", json!({"department": "Sales"}), json!({}), "department:Sales");
    assert!(belongs && text.contains("This person's values are those of the group: Sales."), "{text}");
    let person = candidate(&rules, "1", json!({}), json!({}));
    assert!(rules.explain(&person, "nonsense", NOW).is_err());
}

#[test]
fn fifteen_thousand_groups_and_no_people_compile() {
    let groups: Vec<Json> = (0..15_000)
        .map(|number| json!({"name": format!("g{number}"), "rule": format!("user.department -eq \"d{number}\"")}))
        .collect();
    let mut rules = rules(json!({"group": groups}));
    assert_eq!(keys(&mut rules, "1", json!({"department": "D14999"}), json!({})), ["g14999"]);
}

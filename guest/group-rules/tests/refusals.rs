//! What the language refuses, and with which words; and that nothing makes it panic.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a test that breaks fails")]

use std::time::{Duration, Instant};

use group_rules::Language;
use group_rules::trial::{TrialError, try_rule};
use proptest::prelude::*;

const USER: &str =
    r#"{"id": "5e3a", "department": "Sales", "otherMails": ["a@x"], "employeeHireDate": "2026-01-01T00:00:00Z"}"#;

/// Rule, position, words of the message, suggestion.
const REFUSED: &[(&str, usize, &str, &str)] = &[
    ("", 0, "The rule is empty.", ""),
    ("   ", 0, "The rule is empty.", ""),
    ("user.departmnet -eq \"x\"", 0, "Attribute not supported", "user.department"),
    ("user.extensionAttribute16 -eq \"x\"", 0, "numbered from 1 to 15", ""),
    ("user.extension_abc -eq \"x\"", 0, "extension_<application ID", ""),
    ("user.manager -eq \"x\"", 0, "Direct Reports for", ""),
    ("user.customSecurityAttributes.a.b -eq \"x\"", 0, "Custom security attributes", ""),
    ("profile.city -eq \"x\"", 0, "the mapping makes no attribute", ""),
    ("department -eq \"x\"", 0, "written with its object", "user.department"),
    ("usr.department -eq \"x\"", 0, "There is no object `usr`", "user.department"),
    ("user.department = \"x\"", 16, "no operator of this language", "-eq"),
    ("user.department == \"x\"", 16, "no operator of this language", "-eq"),
    ("user.department != \"x\"", 16, "no operator of this language", "-ne"),
    ("user.department -qe \"x\"", 16, "There is no operator `qe`", "-eq"),
    ("user.department -startWith \"x\"", 16, "There is no operator `startWith`", "-startsWith"),
    ("user.employeeHireDate -lt system.now", 22, "-lt is not supported", "-le"),
    ("user.employeeHireDate -gt system.now", 22, "-gt is not supported", "-ge"),
    ("user.department -like \"Sa*\"", 16, "no wildcards", "-startsWith"),
    ("user.department -eq Sales", 20, "needs double quotes", "\"Sales\""),
    ("user.department -eq 50001", 20, "is text, and this is a number", ""),
    ("user.department -eq true", 20, "is text, and this is true or false", ""),
    ("user.department -eq user.city", 20, "not with another property", ""),
    ("user.department -eq", 19, "A value is missing", ""),
    ("user.department", 15, "An operator and a value are missing", ""),
    ("user.department \"Sales\"", 16, "An operator is missing", ""),
    ("user.department -eq \"Sales", 20, "no closing quote", ""),
    ("user.department -eq “Sales”", 20, "curly quote", "\""),
    ("user.department -eq \\\"Sales\\\"", 20, "Invalid characters found in the rule: \\", ""),
    ("user.department -eq `\"Sales`\"", 20, "a backtick stands outside", ""),
    ("user.department -eq (\"Sales\")", 20, "A value stands without parentheses", ""),
    ("user.department -eq [\"a\"]", 16, "takes one value, not a list", "-in"),
    ("user.department -ne [\"a\"]", 16, "takes one value, not a list", "-notIn"),
    ("user.department -in \"a\"", 20, "takes a list in square brackets", ""),
    ("user.department -in []", 20, "The list is empty", ""),
    ("user.department -in [\"a\",]", 25, "A value in quotes was expected", ""),
    ("user.department -in [\"a\" \"b\"]", 25, "separated by commas", ""),
    ("user.department -in [\"a\"", 20, "never closed", ""),
    ("user.department -in [a]", 21, "needs double quotes", "\"a\""),
    ("user.department -in [\"a\", null]", 26, "is text, and this is null", ""),
    ("user.department -in null", 20, "null can be compared with -eq and -ne only", ""),
    ("user.department -startsWith null", 28, "null can be compared with -eq and -ne only", ""),
    ("user.department -match \"a(b\"", 25, "the regular expression is not valid: unclosed group", ""),
    ("user.department -match \"*x\"", 24, "repetition operator missing expression", ""),
    ("user.department -match [\"a\"]", 23, "Value can't be applied to property", ""),
    ("user.department -ge \"M\"", 16, "Operator isn't supported on attribute", ""),
    ("user.accountEnabled -contains true", 20, "Operator isn't supported on attribute", ""),
    ("user.accountEnabled -eq \"yes\"", 24, "is true or false; it can't be compared with text", ""),
    ("user.accountEnabled -eq 1", 24, "is true or false; it can't be compared with a number", ""),
    ("user.accountEnabled -eq $true", 24, "is no value here", "true"),
    ("user.accountEnabled -in [true]", 20, "Operator isn't supported on attribute", ""),
    ("user.employeeHireDate -contains \"2020\"", 22, "Operator isn't supported on attribute", ""),
    ("user.employeeHireDate -eq system.now", 26, "takes a fixed date", ""),
    ("user.employeeHireDate -le system.now -plus 7", 43, "This is no duration", ""),
    ("user.employeeHireDate -le system.now -plus", 42, "A duration such as P7D is missing", ""),
    ("user.employeeHireDate -le system.now -plus P1D -plus P1D", 47, "Only one -plus or -minus", ""),
    ("user.employeeHireDate -le (system.now -plus P1D", 26, "never closed", ""),
    ("user.employeeHireDate -le \"soon\"", 26, "is a date and time", ""),
    ("user.employeeHireDate -le 2020-13-01", 26, "neither a number nor a date", "\"2020-13-01\""),
    ("user.department -plus P1D", 16, "goes only after system.now", ""),
    ("system.now -ge user.employeeHireDate", 0, "An expression begins with a property", ""),
    ("\"Sales\" -eq user.department", 0, "the order is property, operator, value", ""),
    ("user.mail -not null", 10, "Invalid operands found for operator -not", ""),
    ("user.city -eq \"a\" user.city -eq \"b\"", 18, "-and or -or is missing", ""),
    ("user.city -eq \"a\" -not user.city -eq \"b\"", 18, "-and or -or is missing", ""),
    ("user.city -eq \"a\" && user.city -eq \"b\"", 18, "`&&` is no operator", "-and"),
    ("user.city -eq \"a\" || user.city -eq \"b\"", 18, "`||` is no operator", "-or"),
    ("user.city -eq \"a\" -and", 22, "An expression is missing at the end", ""),
    ("-or user.city -eq \"a\"", 0, "An expression is missing before -or", ""),
    ("()", 0, "no expression in these parentheses", ""),
    ("(user.city -eq \"a\"", 0, "never closed", ""),
    ("(", 0, "never closed", ""),
    ("user.city -eq \"a\")", 17, "has no opening one", ""),
    ("-not", 4, "An expression is missing at the end", ""),
    ("- eq", 0, "A hyphen must be followed by an operator", ""),
    ("user.city -any (_ -eq \"a\")", 10, "-any needs a collection", ""),
    ("_ -eq \"a\"", 0, "stands for an item of a collection", ""),
    ("user.otherMails -any", 20, "Invalid operands found for operator", ""),
    ("user.otherMails -any (user.city -eq \"a\")", 22, "Wrong property applied", ""),
    ("user.otherMails -any (_ -any (_ -eq \"a\"))", 24, "-any needs a collection", ""),
    ("user.otherMails -any (_ -eq \"a\"", 21, "never closed", ""),
    ("user.otherMails -eq \"a\"", 20, "is a collection: ask about its items", ""),
    ("user.otherMails -match \"a\"", 16, "Use -any (_ ...)", ""),
    ("user.assignedPlans -eq \"a\"", 19, "Use -any (assignedPlan", ""),
    ("user.assignedPlans -any (_ -eq \"a\")", 25, "ask about assignedPlan.servicePlanId", ""),
    ("user.assignedPlans -any (assignedPlan.name -eq \"a\")", 25, "Wrong property applied", ""),
    ("assignedPlan.service -eq \"a\"", 0, "only be asked about inside", ""),
    ("user.memberOf -any (group.objectId -eq 'a')", 0, "memberOf has one form", ""),
    ("user.memberOf -all (group.objectId -in ['a'])", 0, "memberOf has one form", ""),
    ("-not (user.memberOf -any (group.objectId -in ['a']))", 6, "must be the whole rule", ""),
    ("user.city -eq \"a\" -or user.memberOf -any (group.objectId -in ['a'])", 22, "must be the whole rule", ""),
    ("Direct Reports for \"Adele\"", 19, "takes the object ID of the manager", ""),
    ("Direct Reports \"aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb\"", 15, "The rule for direct reports is", ""),
    ("Direct Reports for", 18, "object ID of the manager must follow", ""),
    (
        "Direct Reports for \"aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb\" -and user.city -eq \"a\"",
        58,
        "can't be combined",
        "",
    ),
    ("device.deviceOSType -eq \"iOS\"", 0, "this is a rule for devices", ""),
    ("user.city -eq \"a\" -and device.isRooted -eq true", 23, "users and devices at the same time", ""),
    ("user.city -eq \"a\"; user.city", 17, "Invalid characters found in the rule: ;", ""),
    ("user.city -eq \"ü\" -nad user.city -eq \"b\"", 18, "-and or -or is missing", ""),
];

#[test]
fn each_wrong_rule_is_refused_at_its_place_in_the_right_words() {
    let mut wrong = Vec::new();
    for (rule, position, words, suggestion) in REFUSED {
        match Language::default().parse(rule) {
            Ok(_) => wrong.push(format!("{rule}: was accepted")),
            Err(error) => {
                let found = (error.position, error.suggestion.as_deref().unwrap_or(""));
                if found != (*position, *suggestion) || !error.message.contains(words) {
                    wrong.push(format!(
                        "{rule}: expected {position} {words:?} {suggestion:?}\n{}  at {}",
                        error.render(rule),
                        error.position
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn ten_thousand_parentheses_are_a_clear_error_and_those_that_fit_are_fine() {
    for depth in [10_000, 100_000] {
        let rule = format!("{}user.city -eq \"a\"{}", "(".repeat(depth), ")".repeat(depth));
        let error = Language::default().parse(&rule).unwrap_err();
        assert!(error.message.contains("at most 3072 are allowed"), "{}", error.message);
        let error = Language::default().parse(&"(".repeat(depth)).unwrap_err();
        assert!(error.message.contains("3072"), "{}", error.message);
    }
    let rule = format!("{}user.city -eq \"a\"{}", "(".repeat(1_500), ")".repeat(1_500));
    assert!(Language::default().parse(&rule).is_ok());
    let deep = format!("{}user.city -eq \"a\"", "-not ".repeat(600));
    assert!(Language::default().parse(&deep).unwrap_err().message.contains("200 levels"));
    let fine = format!("{}user.department -eq \"a\"", "-not ".repeat(198));
    assert!(!try_rule(&fine, USER, 0).unwrap().belongs);
}

#[test]
fn the_normal_form_of_the_deepest_rule_is_a_rule() {
    let rule = |nots: usize| format!("{}user.proxyAddresses -notContains \"a\"", "-not ".repeat(nots));
    let deepest = Language::default().parse(&rule(198)).unwrap().root.to_string();
    assert_eq!(Language::default().parse(&deepest).unwrap().root.to_string(), deepest);
    assert!(Language::default().parse(&rule(199)).unwrap_err().message.contains("200 levels"));
}

#[test]
fn more_groups_than_a_member_of_rule_may_name_are_refused() {
    let rule = |count: usize| {
        let groups: Vec<String> = (0..count).map(|number| format!("'g{number}'")).collect();
        Language::default().parse(&format!("user.memberOf -any (group.objectId -in [{}])", groups.join(",")))
    };
    assert!(rule(50).is_ok());
    assert!(rule(51).unwrap_err().message.contains("at most 50"));
}

#[test]
fn a_length_is_counted_in_characters() {
    let rule = |length: usize| format!("user.city -eq \"{}\"", "営".repeat(length - 16));
    assert!(Language::default().parse(&rule(3_072)).is_ok());
    assert_eq!(Language::default().parse(&rule(3_073)).unwrap_err().position, 3_072);
}

#[test]
fn a_refusal_is_answered_as_json_with_message_and_position() {
    let error = try_rule("user.department -eq Sales", USER, 0).unwrap_err().to_json();
    assert_eq!(error["error"]["position"], 20);
    assert!(error["error"]["message"].as_str().unwrap().ends_with("Did you mean `\"Sales\"`?"));
    assert_eq!(
        try_rule("user.city -eq null", "7", 0).unwrap_err().to_json()["error"]["position"],
        serde_json::Value::Null
    );
}

/// Pieces of rules, right and wrong.
const PIECES: &[&str] = &[
    "user.department",
    "user.city",
    "profile.x",
    "device.a",
    "user.otherMails",
    "user.assignedPlans",
    "user.memberOf",
    "_",
    "assignedPlan.service",
    "group.objectId",
    "user.employeeHireDate",
    "user.accountEnabled",
    "system.now",
    " -plus ",
    "minus",
    "P1D",
    "-eq",
    " eq ",
    "–ne",
    "-in",
    "-match",
    "-any",
    "-all",
    "-not",
    "-and",
    "or",
    "(",
    ")",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "`",
    "\"Sales\"",
    "'a'",
    "null",
    "$null",
    "true",
    "2020-01-01",
    "7",
    "-",
    "=",
    "&&",
    "\\",
    "“",
    "\u{0}",
    "\u{FEFF}",
    "\n",
    " ",
    "Direct",
    " Reports for ",
    "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb",
    "\"(?=a)*\"",
    "\"[a\"",
    "ﬀ",
    "İ",
    "🚀",
    "é",
];

fn try_anything(rule: &str) {
    match try_rule(rule, USER, 0) {
        Err(TrialError::Rule(error)) => {
            assert!(error.position <= rule.chars().count(), "{rule:?}");
            assert!(!error.message.is_empty() && !error.render(rule).is_empty());
        }
        Ok(trial) => assert!(trial.to_json()["membershipRuleEvaluationResult"].is_boolean()),
        Err(_) => {}
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_makes_the_language_panic(rule in "\\PC{0,60}") {
        try_anything(&rule);
    }

    #[test]
    fn no_mix_of_pieces_makes_the_language_panic(pieces in proptest::collection::vec(proptest::sample::select(PIECES), 0..25), tight: bool) {
        try_anything(&pieces.join(if tight { "" } else { " " }));
    }

    #[test]
    fn no_mutation_of_a_wrong_rule_makes_the_language_panic(which in 0..REFUSED.len(), at in 0..80_usize, piece in proptest::sample::select(PIECES), cut in 0..6_usize) {
        let rule: Vec<char> = REFUSED[which].0.chars().collect();
        let at = at.min(rule.len());
        let mutated: String = rule[..at].iter().copied().chain(piece.chars()).chain(rule[(at + cut).min(rule.len())..].iter().copied()).collect();
        try_anything(&mutated);
    }

    #[test]
    fn no_user_makes_a_rule_panic(user in "\\PC{0,60}") {
        let _ = try_rule("user.department -eq \"x\" -or user.assignedPlans -any (assignedPlan.service -eq \"y\")", &user, 0);
        let quoted = serde_json::json!({"department": user, "assignedPlans": user, "otherMails": [1, null, {"a": user}], "employeeHireDate": user, "manager": [user]});
        for rule in ["user.department -match \"a*\"", "user.assignedPlans -all (assignedPlan.service -eq null)", "user.otherMails -any (_ -eq \"x\")", "user.employeeHireDate -le system.now", "Direct Reports for \"aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb\""] {
            prop_assert!(try_rule(rule, &quoted.to_string(), 0).is_ok());
        }
    }
}

#[test]
fn a_hostile_pattern_ends_soon_and_says_so() {
    let begin = Instant::now();
    let user = serde_json::json!({"city": format!("{}!", "a".repeat(2_000))}).to_string();
    let error = try_rule("user.city -match \"^(a|aa)+(?!x)$\"", &user, 0).unwrap_err();
    assert_eq!(
        error.to_json()["error"]["message"],
        "The regular expression \"^(a|aa)+(?!x)$\" took too long and was stopped."
    );
    for pattern in ["(a+)+$", "^(a|a?)+$", "(.*a){20}$", "^(([a-z])+.)+[A-Z]([a-z])+$"] {
        assert!(try_rule(&format!("user.city -match \"{pattern}\""), &user, 0).is_ok(), "{pattern}");
    }
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

//! The language case by case, by the tables in `tests/rules`.
//!
//! A line `given {...}` says the user for the lines below it. `RULE => true` or `false` says what the rule comes to, and
//! `RULE =! PART` a part of the message with which it is refused. `#` begins a comment. What the tables say was written down from
//! Microsoft's documentation ("Manage rules for dynamic membership groups in Microsoft Entra ID") before it was tried.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that breaks fails")]

use group_rules::trial::{TrialError, try_rule};

/// 2026-11-23T06:30:00Z
const NOW: i64 = 17_954_154_000_000_000;

fn check(table: &str) {
    let mut user = "";
    let mut wrong = Vec::new();
    let mut cases = 0;
    for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(given) = line.strip_prefix("given ") {
            user = given;
            continue;
        }
        cases += 1;
        let (rule, expected, is_refused) = match (line.rsplit_once(" => "), line.rsplit_once(" =! ")) {
            (_, Some((rule, part))) => (rule, part, true),
            (Some((rule, truth)), None) => (rule, truth, false),
            _ => panic!("this line says nothing: {line}"),
        };
        let (right, found) = match try_rule(rule, user, NOW) {
            Ok(trial) => (!is_refused && trial.belongs.to_string() == expected, trial.to_text()),
            Err(TrialError::Rule(error)) => {
                (is_refused && error.to_string().contains(expected.trim()), error.render(rule))
            }
            Err(error) => (false, error.to_string()),
        };
        if !right {
            wrong.push(format!("{line}\n    {}", found.replace('\n', "\n    ")));
        }
    }
    assert!(cases > 0);
    assert!(wrong.is_empty(), "{} of {cases} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! tables {
    ($($name:ident $file:literal;)*) => {
        $(#[test] fn $name() { check(include_str!(concat!("rules/", $file))); })*
    };
}

tables! {
    operators_bind_as_documented_in_every_spelling "operators.txt";
    values_are_compared_as_what_they_are "values.txt";
    conditions_are_asked_of_each_item "collections.txt";
    wrong_rules_are_refused "refused.txt";
}

//! The given cases of the rule language (`tests/data/rule-cases.jsonl`): a rule, a user, and what must come out.
#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a test that breaks fails")]

use group_rules::trial::{TrialError, try_rule};

/// 2026-11-23T06:30:00Z
const NOW: i64 = 17_954_154_000_000_000;

#[test]
fn every_given_case_comes_out_as_expected() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/data/rule-cases.jsonl");
    let cases = std::fs::read_to_string(path).unwrap();
    let mut wrong = Vec::new();
    for line in cases.lines() {
        let case: serde_json::Value = serde_json::from_str(line).unwrap();
        let rule = case["rule"].as_str().unwrap();
        let outcome = match try_rule(rule, &case["user"].to_string(), NOW) {
            Ok(trial) => trial.belongs.to_string(),
            Err(TrialError::Rule(_)) => "error".to_owned(),
            Err(other) => format!("{other:?}"),
        };
        let expected = case["expect"].as_bool().map_or("error".to_owned(), |expected| expected.to_string());
        if outcome != expected {
            wrong.push(format!("{}: {rule}\n  expected {expected}, came to {outcome}", case["name"]));
        }
    }
    assert!(cases.lines().count() >= 196);
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

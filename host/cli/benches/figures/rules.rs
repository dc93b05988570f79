//! Fifteen thousand rules in the sandbox: texts in, group keys out. What the index itself does natively is measured by `cargo bench -p
//! group-rules`, over the same rules and people.

use std::hint::black_box;
use std::time::Instant;

use group_rules::groups::Rules;
use rollcall_emulator::population::{people, rules, value};
use rollcall_sandbox::contract::grouping::Candidate;
use rollcall_sandbox::contract::types::Value;
use rollcall_sandbox::{Capabilities, Grants, GroupingStep, Limits};
use rollcall_sdk::grouping;
use tokio::runtime::Runtime;

use crate::{Report, fastest_batches, loaded};

const RULES: usize = 15_000;
const PEOPLE: usize = 20_000;
const BATCH: usize = 500;
const ROUNDS: usize = 11;

fn contract(value: Option<&str>) -> Value {
    match value {
        None => Value::Null,
        Some("true") => Value::Boolean(true),
        Some("false") => Value::Boolean(false),
        Some(text) => Value::Text(text.to_owned()),
    }
}

fn native(value: Option<&str>) -> rollcall_sdk::Value {
    match value {
        None => rollcall_sdk::Value::Null,
        Some("true") => rollcall_sdk::Value::Boolean(true),
        Some("false") => rollcall_sdk::Value::Boolean(false),
        Some(text) => text.into(),
    }
}

pub fn run(runtime: &Runtime, report: &mut Report) {
    let groups: Vec<serde_json::Value> = rules(RULES, 2)
        .iter()
        .enumerate()
        .map(|(at, rule)| serde_json::json!({"key": format!("g{at}"), "name": format!("Group {at}"), "rule": rule}))
        .collect();
    let settings = serde_json::json!({ "group": groups }).to_string();
    let (sandbox, component) = loaded("group-rules");
    let grants = Grants { lookup: true, scheduling: true, storage: true, ..Grants::default() };
    let step = GroupingStep::link(&sandbox, &component, "grouping", &grants, Limits::default()).unwrap();
    let mut instance = runtime.block_on(step.instance(Capabilities::default())).unwrap();
    let begin = Instant::now();
    let plan = runtime.block_on(instance.configure(&settings, &[])).unwrap().unwrap();
    report.add("rules: 15,000 read and compiled, sandboxed", begin.elapsed().as_secs_f64() * 1e3, "ms");
    let everybody = people(PEOPLE, 1);
    let candidates: Vec<Candidate> = everybody
        .iter()
        .enumerate()
        .map(|(at, person)| Candidate {
            id: at.to_string(),
            properties: plan.properties.iter().map(|name| contract(value(person, name))).collect(),
            profile: vec![],
        })
        .collect();
    let mut belongings = 0;
    let inside = fastest_batches(ROUNDS, &candidates, BATCH, |batch| {
        let assignments = runtime.block_on(instance.assign(black_box(batch), None)).unwrap();
        belongings += assignments.iter().map(|assignment| assignment.rules.len()).sum::<usize>();
    });
    let belongings = belongings / ROUNDS;
    let mut natively = Rules::compile(&serde_json::from_str(&settings).unwrap(), &[]).unwrap();
    let candidates: Vec<grouping::Candidate> = everybody
        .iter()
        .enumerate()
        .map(|(at, person)| grouping::Candidate {
            id: at.to_string(),
            properties: plan.properties.iter().map(|name| native(value(person, name))).collect(),
            profile: vec![],
        })
        .collect();
    let mut found = 0;
    let outside = fastest_batches(ROUNDS, &candidates, BATCH, |batch| {
        for person in batch {
            found += black_box(natively.assign(black_box(person), 0, None)).rules.len();
        }
    });
    assert_eq!(found / ROUNDS, belongings, "the same answers in the sandbox and natively");
    assert!(belongings > PEOPLE, "the rules have members");
    report.add("rules: 15,000, sandboxed", PEOPLE as f64 / inside.as_secs_f64(), "people/s");
    report.add("rules: 15,000, natively", PEOPLE as f64 / outside.as_secs_f64(), "people/s");
    report.add("rules: 15,000, ratio", inside.as_secs_f64() / outside.as_secs_f64(), "x");
    report.add("rules: 15,000, groups of a person", belongings as f64 / PEOPLE as f64, "groups");
    report.add("rules: 15,000, memory of the instance", instance.peak_memory() as f64 / f64::from(1 << 20), "MiB");
}

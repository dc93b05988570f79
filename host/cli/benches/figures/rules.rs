//! Fifteen thousand rules in the sandbox: texts in, group keys out. What the index itself does natively is measured by `cargo bench -p
//! group-rules`, over the same rules and people.

use std::hint::black_box;
use std::time::Instant;

use group_rules::value::Value as RuleValue;
use rollcall_sandbox::contract::grouping::Candidate;
use rollcall_sandbox::contract::types::Value;
use rollcall_sandbox::{Capabilities, Grants, GroupingStep, Limits};
use tokio::runtime::Runtime;

use crate::population::{people, rules, value};
use crate::{Report, fastest, loaded};

const RULES: usize = 15_000;
const PEOPLE: usize = 20_000;
const BATCH: usize = 500;
const ROUNDS: usize = 5;

fn contract(value: RuleValue<'_>) -> Value {
    match value {
        RuleValue::Boolean(value) => Value::Boolean(value),
        RuleValue::Text(text) => Value::Text(text.to_owned()),
        _ => Value::Null,
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
    let candidates: Vec<Candidate> = people(PEOPLE, 1)
        .iter()
        .enumerate()
        .map(|(at, person)| Candidate {
            id: at.to_string(),
            properties: plan.properties.iter().map(|name| contract(value(person, name))).collect(),
            profile: vec![],
        })
        .collect();
    let mut belongings = 0;
    let inside = fastest(ROUNDS, || {
        belongings = 0;
        for batch in candidates.chunks(BATCH) {
            let assignments = runtime.block_on(instance.assign(black_box(batch), None)).unwrap();
            belongings += assignments.iter().map(|assignment| assignment.rules.len()).sum::<usize>();
        }
    });
    assert!(belongings > PEOPLE, "the rules have members");
    report.add("rules: 15,000, sandboxed", PEOPLE as f64 / inside.as_secs_f64(), "people/s");
    report.add("rules: 15,000, groups of a person", belongings as f64 / PEOPLE as f64, "groups");
    report.add("rules: 15,000, memory of the instance", instance.peak_memory() as f64 / f64::from(1 << 20), "MiB");
}

//! How fast many rules are decided: the index beside the evaluation of each rule, in one run, with the same answers.
//!
//! `cargo bench -p group-rules` prints a table, and the same as JSON in its last line.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a benchmark that breaks ends")]

mod population;

use std::hint::black_box;
use std::time::{Duration, Instant};

use group_rules::index::Index;
use group_rules::language::moment::Ticks;
use group_rules::language::property::Property;
use group_rules::language::syntax::Expression;
use group_rules::trace::holds;
use group_rules::value::Value;
use group_rules::{Language, Rule};
use population::{Person, people, rules, value};
use serde_json::json;

const NOW: Ticks = 0;

/// Evaluates a rule as it stands.
fn each(expression: &Expression, person: &Person) -> bool {
    match expression {
        Expression::Test(test) => {
            let path = test.property.path().unwrap_or("");
            holds(&test.predicate, &test.property, &value(person, path), NOW) == Ok(!test.negated)
        }
        Expression::Not(inner) => !each(inner, person),
        Expression::And(parts) => parts.iter().all(|part| each(part, person)),
        Expression::Or(parts) => parts.iter().any(|part| each(part, person)),
        Expression::Each(_) | Expression::Reports { .. } => false,
    }
}

/// The fastest of several runs: what disturbs a run only makes it slower.
fn fastest<T>(runs: usize, mut run: impl FnMut() -> T) -> Duration {
    (0..runs)
        .map(|_| {
            let begin = Instant::now();
            black_box(run());
            begin.elapsed()
        })
        .min()
        .unwrap_or_default()
}

fn micros(duration: Duration, count: usize) -> f64 {
    duration.as_secs_f64() * 1e6 / count as f64
}

fn main() {
    let everybody = people(100_000, 1);
    let mut report = Vec::new();
    println!(
        "{:>7} {:>10} {:>9} {:>9} {:>12} {:>11} {:>8} {:>13} {:>9}",
        "rules", "compile ms", "matches", "index us", "people/s", "each us", "ratio", "ns per match", "MiB"
    );
    let counts: Vec<usize> = std::env::var("RULES")
        .ok()
        .and_then(|count| count.parse().ok())
        .map_or(vec![1_000, 5_000, 15_000, 50_000], |count| vec![count]);
    for count in counts {
        let texts = rules(count, 2);
        let language = Language::default();
        let compile = || -> Index {
            Index::compile(
                texts
                    .iter()
                    .map(|text| language.parse(text).unwrap_or_else(|error| panic!("{}", error.render(text))).root),
            )
        };
        let compiling = fastest(5, compile);
        let mut index = compile();
        let places: Vec<Vec<Value<'_>>> = {
            let properties: Vec<Property> = index.properties().cloned().collect();
            everybody
                .iter()
                .map(|person| properties.iter().map(|property| value(person, property.path().unwrap_or(""))).collect())
                .collect()
        };
        let decide_all = |index: &mut Index| -> usize {
            places.iter().map(|values| index.decide(|place, _| values[place].clone(), NOW).rules.len()).sum()
        };
        let cold = fastest(1, || decide_all(&mut index));
        let matches = decide_all(&mut index);
        let warm = fastest(if std::env::var("ONLY").is_ok() { 30 } else { 5 }, || decide_all(&mut index));

        let parsed: Vec<Rule> =
            texts.iter().map(|text| language.parse(text).unwrap_or_else(|_| unreachable!())).collect();
        let sample = if std::env::var("ONLY").is_ok() { 1 } else { (6_000_000 / count).min(2_000) };
        let slow = fastest(3, || {
            everybody
                .iter()
                .take(sample)
                .map(|person| parsed.iter().filter(|rule| each(&rule.root, person)).count())
                .sum::<usize>()
        });
        for (person, values) in everybody.iter().zip(&places).take(sample.min(500)) {
            let found = index.decide(|place, _| values[place].clone(), NOW).rules.to_vec();
            let expected: Vec<u32> =
                (0..count as u32).filter(|rule| each(&parsed[*rule as usize].root, person)).collect();
            assert_eq!(found, expected, "the index and the rules disagree on {person:?}");
        }

        let (index_us, each_us) = (micros(warm, places.len()), micros(slow, sample));
        let average = matches as f64 / places.len() as f64;
        let mib = index.bytes() as f64 / (1 << 20) as f64;
        println!(
            "{count:>7} {:>10.1} {average:>9.2} {index_us:>9.2} {:>12.0} {each_us:>11.1} {:>8.0} {:>13.0} {mib:>9.1}",
            compiling.as_secs_f64() * 1e3,
            1e6 / index_us,
            each_us / index_us,
            index_us * 1e3 / average,
        );
        report.push(json!({
            "rules": count, "compile_ms": compiling.as_secs_f64() * 1e3, "matches_per_person": average, "index_us": index_us,
            "index_cold_us": micros(cold, places.len()), "each_us": each_us, "ratio": each_us / index_us,
            "ns_per_match": index_us * 1e3 / average, "mebibytes": mib,
        }));
    }
    println!("{}", json!({"bench": "rules", "people": everybody.len(), "results": report}));
}

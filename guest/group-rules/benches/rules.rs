//! How fast many rules are decided: the index beside the evaluation of each rule, in one run, with the same answers.
//!
//! `cargo bench -p group-rules` prints a table, and the same as JSON in its last line.

#![allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::panic, reason = "a benchmark that breaks ends")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use group_rules::index::Index;
use group_rules::language::moment::Ticks;
use group_rules::language::property::Property;
use group_rules::language::syntax::Expression;
use group_rules::trace::holds;
use group_rules::value::Value;
use group_rules::{Language, Rule};
use rollcall_emulator::population::{self, Person, people, rules};
use serde_json::json;

const NOW: Ticks = 0;
const RUNS: usize = 8;

/// A value as the host passes it.
fn value<'a>(person: &'a Person, property: &str) -> Value<'a> {
    match population::value(person, property) {
        None => Value::Null,
        Some("true") => Value::Boolean(true),
        Some("false") => Value::Boolean(false),
        Some(text) => Value::Text(text),
    }
}

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

/// How long it takes to do something for everybody: each part of the people is done several times, and the fastest time of
/// each part counts. Whatever else the machine does only makes a part slower.
fn fastest<P>(runs: usize, people: &[P], mut run: impl FnMut(&[P])) -> Duration {
    const PART: usize = 500;
    let mut best = vec![Duration::MAX; people.len().div_ceil(PART)];
    for _ in 0..runs {
        for (part, best) in people.chunks(PART).zip(&mut best) {
            let begin = Instant::now();
            run(black_box(part));
            *best = begin.elapsed().min(*best);
        }
    }
    best.iter().sum()
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
        let compiling = fastest(10, &[()], |_| {
            black_box(compile());
        });
        let mut index = compile();
        let places: Vec<Vec<Value<'_>>> = {
            let properties: Vec<Property> = index.properties().cloned().collect();
            everybody
                .iter()
                .map(|person| properties.iter().map(|property| value(person, property.path().unwrap_or(""))).collect())
                .collect()
        };
        let decide = |index: &mut Index, people: &[Vec<Value<'_>>]| -> usize {
            people.iter().map(|values| index.decide(|place, _| values[place].clone(), NOW).rules.len()).sum()
        };
        let cold = fastest(1, &places, |people| {
            black_box(decide(&mut index, people));
        });
        let matches = decide(&mut index, &places);
        let warm = fastest(RUNS, &places, |people| {
            black_box(decide(&mut index, people));
        });

        let parsed: Vec<Rule> =
            texts.iter().map(|text| language.parse(text).unwrap_or_else(|_| unreachable!())).collect();
        let sample = (6_000_000 / count).min(2_000);
        let slow = fastest(3, &everybody[..sample], |people| {
            black_box(
                people
                    .iter()
                    .map(|person| parsed.iter().filter(|rule| each(&rule.root, person)).count())
                    .sum::<usize>(),
            );
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

//! `rollcall component test`: a component in the real sandbox, looked at as the host relies on it.
//!
//! | question | why |
//! | --- | --- |
//! | are its settings checked? | a misspelt setting must not go unnoticed |
//! | does the sample come out as expected? | the author's own cases |
//! | is the answer the same alone, in another order, in another instance? | the host batches, retries and restarts as it likes |
//! | does it read only what it says it reads? | a person is mapped again only when one of those properties changed |
//! | does it stand odd people? | a directory is full of them, and a trap costs the whole batch |
//! | what do 1,000 people take? | time and memory, against the limits of a tenant |

mod grouping;
mod mapping;
mod people;
pub mod report;
mod source;
pub mod target;

use rollcall_sandbox::{Capability, StepKind, Usage};
use serde_json::{Value, json};

use self::report::Report;
use super::args::Try;
use super::bench::Bench;
use super::conformance;
use super::inspect::{Needs, word};
use super::run::know;
use super::{sample, values};
use crate::refusal::{FAILED, Refusal, say};

pub async fn run(wish: &Try, json: bool) -> Result<u8, Refusal> {
    if let Some(tenant) = &wish.tenant {
        return conformance::run(tenant, json).await;
    }
    let mut bench = Bench::of(&wish.component, &wish.given).await?;
    let cases = match wish.sample.clone().or_else(|| bench.sample()) {
        Some(path) => sample::read(&path)?,
        None => Vec::new(),
    };
    know(&mut bench, &cases);
    let mut report = Report::default();
    grants(&bench, &mut report)?;
    match bench.kind {
        StepKind::Mapping => mapping::test(&bench, &cases, &mut report).await?,
        StepKind::Grouping => grouping::test(&bench, &cases, &mut report).await?,
        StepKind::Source => source::test(&bench, &cases, &mut report).await?,
        StepKind::Target => target::test(&bench, &cases, &mut report).await?,
    }
    if json {
        let (component, step) = (&bench.name, bench.kind.as_str());
        say(&json!({ "component": component, "step": step, "passed": report.passed(), "checks": report.json() })
            .to_string());
    } else {
        say(&format!("{}: {}, {}", bench.name, bench.kind.as_str(), values::size(bench.component.size)));
        for line in report.lines() {
            say(&line);
        }
    }
    Ok(if report.passed() { 0 } else { FAILED })
}

/// What is asked for and not granted ends everything; what is granted and not asked for is worth a word.
fn grants(bench: &Bench, report: &mut Report) -> Result<(), Refusal> {
    let step = bench.kind.as_str();
    bench.grants.check(step, &bench.component).map_err(|error| bench.refused(error))?;
    let needs = Needs::of(&bench.component).grants;
    let all = [
        Capability::Http,
        Capability::Storage,
        Capability::Lookup,
        Capability::Scheduling,
        Capability::Outbox,
        Capability::Files,
    ];
    let idle: Vec<&str> =
        all.into_iter().filter(|grant| bench.grants.has(*grant) && !needs.contains(grant)).map(word).collect();
    if idle.is_empty() {
        let names: Vec<&str> = needs.iter().map(|grant| word(*grant)).collect();
        let told = if names.is_empty() { "none needed".to_owned() } else { names.join(", ") };
        report.check("grants", Ok(told));
    } else {
        report.note("grants", format!("granted, but not asked for: {}", idle.join(", ")));
    }
    Ok(())
}

/// Whether a key that nobody knows is refused. A component that takes any settings hides every typo.
fn unknown_key(answer: Result<(), String>, report: &mut Report) {
    match answer {
        Err(setting) if setting.contains(UNKNOWN) => {
            report.check("unknown setting", Ok("refused by its name".to_owned()))
        }
        Err(setting) => {
            let place = if setting.is_empty() { "the settings as a whole".to_owned() } else { format!("`{setting}`") };
            report.note("unknown setting", format!("refused, but the problem names {place} and not the setting"));
        }
        Ok(()) => report
            .note("unknown setting", "taken without a word: a typo in a tenant's file will go unnoticed".to_owned()),
    }
}

/// A setting that no component has.
const UNKNOWN: &str = "no_such_setting";

/// The settings with one more that nobody knows.
fn with_unknown(bench: &Bench) -> String {
    let mut settings = bench.settings.clone();
    settings.insert(UNKNOWN.to_owned(), Value::from(1));
    Value::Object(settings).to_string()
}

/// What a batch took, in words, or why it is too much.
fn cost(count: usize, what: &str, usage: Usage, bench: &Bench) -> Result<String, Vec<String>> {
    let seconds = usage.computing.as_secs_f64();
    let speed = if seconds > 0.0 { count as f64 / seconds } else { 0.0 };
    let memory = values::size(usize::try_from(usage.peak_memory).unwrap_or(usize::MAX));
    let told = format!(
        "{count} {what} in {:.1} ms of computing ({speed:.0} a second), {:.1} ms by the clock, {memory} of memory",
        seconds * 1_000.0,
        usage.wall.as_secs_f64() * 1_000.0,
    );
    // A batch in a tenant has as many people; a busy machine is slower than this one.
    if usage.computing * 4 > bench.limits.cpu {
        let limit = bench.limits.cpu.as_secs();
        return Err(vec![
            told,
            format!("a call may compute for {limit} s, on a busy machine too: it needs to be faster"),
        ]);
    }
    Ok(told)
}

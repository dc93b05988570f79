//! `rollcall component run`: one batch, with what came of it on standard output and what was done beside it on standard error.

pub mod grouping;
pub mod mapping;
pub mod source;
pub mod target;

use rollcall_sandbox::{CallError, StepKind, contract::types::Problem};
use serde_json::Value;

use super::args::Batch;
use super::bench::{Bench, Memory};
use super::sample::{self, Case};
use crate::refusal::{Refusal, say};

pub async fn run(wish: &Batch) -> Result<u8, Refusal> {
    let mut bench = Bench::of(&wish.component, &wish.given).await?;
    let cases = match (&wish.input, bench.sample()) {
        (Some(path), _) => sample::read(path)?,
        (None, Some(path)) => sample::read(&path)?,
        (None, None) if bench.kind == StepKind::Source => Vec::new(),
        (None, None) => {
            return Err(Refusal::wrong("give the batch with --input: a file with a JSON object in each line"));
        }
    };
    know(&mut bench, &cases);
    let memory = bench.memory();
    let lines = match bench.kind {
        StepKind::Mapping => mapping::lines(&bench, &memory, &cases).await,
        StepKind::Grouping => grouping::lines(&bench, &memory, &cases).await,
        StepKind::Source => {
            let recorded = bench.project.as_ref().and_then(|project| project.cursor.as_deref());
            source::lines(&bench, &memory, wish.cursor.as_deref().or(recorded)).await
        }
        StepKind::Target => target::lines(&bench, &memory, &cases).await,
    };
    beside(&memory);
    for line in lines? {
        say(&line.to_string());
    }
    Ok(0)
}

/// Lets look-ups find the users of a sample.
pub fn know(bench: &mut Bench, cases: &[Case]) {
    let users = cases.iter().filter(|case| !case.user.is_empty());
    bench.know(users.map(|case| (case.id().to_owned(), Value::Object(case.user.clone()).to_string())).collect());
}

/// Tells what the component did beside its answers.
fn beside(memory: &Memory) {
    let done = memory.taken();
    for (level, line) in &done.lines {
        eprintln!("{level}: {line}");
    }
    for call in &done.calls {
        eprintln!("called {call}");
    }
    for key in &done.written {
        eprintln!("stored {key}");
    }
    for (subject, at) in &done.wakes {
        eprintln!("asked to be called at {at} for {}", if subject.is_empty() { "everybody" } else { subject });
    }
    for (name, text) in &done.files {
        eprintln!("wrote {name}:\n{text}");
    }
}

/// A call that did not come back.
pub fn ended(error: CallError) -> Refusal {
    Refusal::failed(error.to_string())
}

/// Settings that were refused.
pub fn refused(problem: &Problem) -> Refusal {
    Refusal::wrong(words(problem))
}

/// A problem as a sentence.
pub fn words(problem: &Problem) -> String {
    let place =
        if problem.setting.is_empty() { "settings".to_owned() } else { format!("setting `{}`", problem.setting) };
    let position = problem.position.map(|position| format!(", at character {position}")).unwrap_or_default();
    let hint = problem.suggestion.as_ref().map(|hint| format!(" (did you mean {hint}?)")).unwrap_or_default();
    format!("{place}{position}: {}{hint}", problem.message)
}

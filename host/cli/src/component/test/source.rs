//! The questions to a source.

use std::collections::BTreeMap;
use std::time::Duration;

use rollcall_sandbox::contract::source::{Change, Next, Page};
use rollcall_sandbox::{SourceInstance, Usage};
use rollcall_sync::mirror;
use serde_json::{Map, Value};

use super::people::{brief, difference};
use super::report::Report;
use super::{cost, unknown_key, with_unknown};
use crate::component::bench::Bench;
use crate::component::run::ended;
use crate::component::run::source::{configured, words};
use crate::component::sample::Case;
use crate::refusal::Refusal;

/// The most pages of a round that are read: a test's directory is small, and an endless round would not end.
const PAGES: usize = 1_000;

/// The most changes of one page.
const PAGE: usize = 1_000;

/// What a whole round brought.
#[derive(Default)]
struct Round {
    /// The cursor of each page, and what it holds.
    pages: Vec<(Option<String>, Page)>,
    /// The users at the end.
    users: BTreeMap<String, String>,
    /// The cursor of the next round.
    last: Option<String>,
    usage: Usage,
}

pub async fn test(bench: &Bench, cases: &[Case], report: &mut Report) -> Result<(), Refusal> {
    let mut instance = configured(bench, &bench.memory()).await?;
    report.check("settings", Ok("accepted".to_owned()));
    let mut second = bench.source(&bench.memory()).await?;
    let answer = second.configure(&with_unknown(bench), &[]).await.map_err(ended)?;
    unknown_key(answer.map_err(|problem| problem.setting), report);

    let round = match round(&mut instance, None).await? {
        Ok(round) => round,
        Err(reason) => {
            report.check("round", Err(vec![reason]));
            return Ok(());
        }
    };
    let changes: usize = round.pages.iter().map(|(_, page)| page.changes.len()).sum();
    report.check("round", Ok(format!("{} pages, {changes} changes, {} users", round.pages.len(), round.users.len())));
    report.check("changes", well_formed(&round));
    if cases.iter().any(|case| case.expect.is_some()) {
        report.check("sample", sample(cases, &round.users));
    }
    report.check("pages again", again(bench, &round).await?);
    if let Some(cursor) = &round.last {
        let next = self::round(&mut instance, Some(cursor.clone())).await?;
        report
            .check("next round", next.map(|next| format!("{} pages", next.pages.len())).map_err(|reason| vec![reason]));
    }
    report.check("one user", fetched(&mut instance, &round).await?);
    if changes > 0 {
        report.check("cost", cost(changes, "changes", round.usage, bench));
    }
    Ok(())
}

/// Pulls until the round is complete.
async fn round(instance: &mut SourceInstance, from: Option<String>) -> Result<Result<Round, String>, Refusal> {
    let mut round = Round::default();
    let mut cursor = from;
    for _ in 0..PAGES {
        let page = match instance.pull(cursor.as_deref()).await.map_err(ended)? {
            Ok(page) => page,
            Err(failure) => return Ok(Err(words(&failure))),
        };
        add(&mut round.usage, instance.usage());
        for change in &page.changes {
            match change {
                Change::User(patch) => {
                    let known = round.users.get(&patch.id).map(String::as_str);
                    if let Ok(merged) = mirror::merge(known, &patch.properties) {
                        round.users.insert(patch.id.clone(), merged.object);
                    }
                }
                Change::Removed(removal) => {
                    round.users.remove(&removal.id);
                }
                Change::Group(_) | Change::Membership(_) => {}
            }
        }
        let next = page.next.clone();
        round.pages.push((cursor.take(), page));
        match next {
            Next::Complete(last) => {
                round.last = last;
                return Ok(Ok(round));
            }
            Next::More(more) if round.pages.iter().any(|(known, _)| known.as_ref() == Some(&more)) => {
                return Ok(Err(format!("the round does not end: the cursor {} came twice", brief(&more.into()))));
            }
            Next::More(more) => cursor = Some(more),
        }
    }
    Ok(Err(format!("the round does not end: {PAGES} pages and still more")))
}

fn add(sum: &mut Usage, usage: Usage) {
    sum.computing += usage.computing;
    sum.wall += usage.wall.max(Duration::ZERO);
    sum.peak_memory = sum.peak_memory.max(usage.peak_memory);
}

/// What the host needs of every change.
fn well_formed(round: &Round) -> Result<String, Vec<String>> {
    let mut wrong = Vec::new();
    for (number, (_, page)) in round.pages.iter().enumerate() {
        let place = format!("page {}", number + 1);
        if page.changes.len() > PAGE {
            wrong.push(format!("{place}: {} changes; a page has at most {PAGE}", page.changes.len()));
        }
        for change in &page.changes {
            let (what, id, properties) = match change {
                Change::User(patch) => ("a user", &patch.id, Some(&patch.properties)),
                Change::Removed(removal) => ("a removal", &removal.id, None),
                Change::Group(group) => ("a group", &group.id, (!group.removed).then_some(&group.properties)),
                Change::Membership(member) => ("a membership", &member.user, None),
            };
            if id.is_empty() {
                wrong.push(format!("{place}: {what} has an empty id"));
            }
            if let Some(properties) = properties
                && let Err(error) = mirror::merge(None, properties)
            {
                wrong.push(format!("{place}: {what} {id}: {error}"));
            }
        }
    }
    if wrong.is_empty() { Ok("each has an id, properties are JSON objects".to_owned()) } else { Err(wrong) }
}

/// What the author expects of users, after the whole round.
fn sample(cases: &[Case], users: &BTreeMap<String, String>) -> Result<String, Vec<String>> {
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for case in cases {
        let Some(expect) = &case.expect else { continue };
        asked += 1;
        let id = expect.get("id").and_then(Value::as_str).unwrap_or_default();
        let Some(object) = users.get(id) else {
            wrong.push(format!("line {} of the sample: user {id} did not come", case.line));
            continue;
        };
        let found: Map<String, Value> = serde_json::from_str(object).unwrap_or_default();
        let Some(Value::Object(wanted)) = expect.get("properties") else { continue };
        for (name, wanted) in wanted {
            // Null and absent are the same to every step.
            let found = found.get(name).unwrap_or(&Value::Null);
            if found != wanted {
                wrong.push(format!("line {} of the sample, user {id}:", case.line));
                wrong.extend(difference(name, &brief(wanted), &brief(found)));
            }
        }
    }
    if wrong.is_empty() { Ok(format!("{asked} of {asked} as expected")) } else { Err(wrong) }
}

/// After a crash a page is asked for again, by another instance.
async fn again(bench: &Bench, round: &Round) -> Result<Result<String, Vec<String>>, Refusal> {
    let mut wrong = Vec::new();
    for (number, (cursor, page)) in round.pages.iter().enumerate().take(8) {
        let mut instance = configured(bench, &bench.memory()).await?;
        match instance.pull(cursor.as_deref()).await.map_err(ended)? {
            Ok(second) if second == *page => {}
            Ok(second) => {
                let (first, second) = (page.changes.len(), second.changes.len());
                wrong.push(format!(
                    "page {} asked for again by another instance is another page ({first} changes, then {second})",
                    number + 1
                ));
            }
            Err(failure) => wrong.push(format!("page {} asked for again: {}", number + 1, words(&failure))),
        }
    }
    Ok(if wrong.is_empty() { Ok("the same, by another instance".to_owned()) } else { Err(wrong) })
}

/// One user by its id, and nobody by an id that nobody has.
async fn fetched(instance: &mut SourceInstance, round: &Round) -> Result<Result<String, Vec<String>>, Refusal> {
    let mut wrong = Vec::new();
    let (mut found, mut known) = (0, 0);
    for id in round.users.keys().take(4) {
        known += 1;
        match instance.fetch(id).await.map_err(ended)? {
            Ok(Some(patch)) if patch.id == *id => found += 1,
            Ok(Some(patch)) => wrong.push(format!("asked for {id}, it answers {}", patch.id)),
            Ok(None) => {}
            Err(failure) => wrong.push(format!("asked for {id}: {}", words(&failure))),
        }
    }
    match instance.fetch("nobody-has-this-id").await.map_err(ended)? {
        Ok(None) => {}
        Ok(Some(patch)) => wrong.push(format!("asked for an id that nobody has, it answers {}", patch.id)),
        Err(failure) => {
            wrong.push(format!("asked for an id that nobody has, it fails instead of saying so: {}", words(&failure)))
        }
    }
    let told = format!("{found} of {known} by their ids, and nobody by an id that nobody has");
    Ok(if wrong.is_empty() { Ok(told) } else { Err(wrong) })
}

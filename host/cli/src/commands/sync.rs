//! `rollcall sync` and `rollcall plan`.

use std::path::Path;
use std::sync::Arc;

use rollcall_sync::config::TenantConfig;
use rollcall_sync::run::{Counts, Report, Status, Wish};
use rollcall_sync::run_log::Event;
use serde_json::json;

use crate::args::Sync;
use crate::component::record::Records;
use crate::components::Unpinned;
use crate::progress;
use crate::refusal::{FAILED, HELD, Refusal, WAITING, say};
use crate::setup::{self, Ready};

pub async fn run(wish: &Sync, json: bool) -> Result<u8, Refusal> {
    if wish.plan {
        return plan(&wish.tenant, &wish.replace, &wish.record, json).await;
    }
    let config = setup::config(&wish.tenant, &wish.replace)?;
    let records = records(&config, &wish.record)?;
    // What only takes the place of another for once is not pinned.
    let unpinned = if wish.replace.is_empty() { Unpinned::Pin } else { Unpinned::Use };
    let ready = setup::prepare(&config, unpinned, records.clone()).await?;
    let (person, confirm_deletions) = (wish.person.clone(), wish.confirm_deletions);
    let wish = Wish { person, confirm_deletions, ..Wish::default() };
    let report = execute(&ready, &wish, json).await?;
    print(&config.name, &report, json);
    told(records.as_deref())?;
    Ok(code(report.status))
}

/// Who keeps calls of steps, where that is wished for.
fn records(config: &TenantConfig, wishes: &[String]) -> Result<Option<Arc<Records>>, Refusal> {
    if wishes.is_empty() {
        return Ok(None);
    }
    Records::of(config, wishes).map(|records| Some(Arc::new(records)))
}

/// Tells what was recorded, beside the report.
fn told(records: Option<&Records>) -> Result<(), Refusal> {
    if let Some(records) = records {
        records.told()?.iter().for_each(|line| eprintln!("{line}"));
    }
    Ok(())
}

/// Runs a sync with a bar.
pub async fn execute(ready: &Ready, wish: &Wish, json: bool) -> Result<Report, Refusal> {
    Ok(ready.sync(wish, progress::shown(json)).await?)
}

/// The exit code of a run.
pub fn code(status: Status) -> u8 {
    match status {
        Status::Success => 0,
        Status::Partial | Status::Held => HELD,
        Status::Waiting => WAITING,
        Status::Failure => FAILED,
    }
}

/// Prints what a run came to.
pub fn print(tenant: &str, report: &Report, json: bool) {
    if json {
        say(&serde_json::to_value(report).unwrap_or_default().to_string());
        return;
    }
    say(&format!("{tenant}: run {} ({}): {}", report.run, report.kind, report.status.word()));
    if let Some(message) = &report.message {
        say(&format!("  {message}"));
    }
    for line in lines(&report.counts) {
        say(&format!("  {line}"));
    }
    if matches!(report.status, Status::Partial | Status::Failure) {
        say(&format!("  `rollcall log {tenant}.toml {} --failed` shows why", report.run));
    }
}

/// The counts as a person reads them; what is nought is left out.
pub fn lines(counts: &Counts) -> Vec<String> {
    let list = |what: &str, numbers: &[(u64, &str)]| {
        let parts: Vec<String> =
            numbers.iter().filter(|(number, _)| *number > 0).map(|(number, word)| format!("{number} {word}")).collect();
        (!parts.is_empty()).then(|| format!("{what}: {}", parts.join(", ")))
    };
    let people = [
        (counts.people_created, "created"),
        (counts.people_adopted, "adopted"),
        (counts.people_updated, "updated"),
        (counts.people_removed, "removed"),
        (counts.people_skipped, "skipped"),
    ];
    let groups =
        [(counts.groups_created, "created"), (counts.groups_updated, "updated"), (counts.groups_removed, "removed")];
    let members = [(counts.members_added, "added"), (counts.members_removed, "removed")];
    let held = [
        (counts.held_back, "objects held back"),
        (counts.deletions_held, "removals held"),
        (counts.groups_held, "groups held"),
    ];
    let found = [(counts.differences, "found")];
    let calls = [(counts.calls, "made"), (counts.calls_failed, "failed")];
    [
        list("people", &people),
        list("groups", &groups),
        list("members", &members),
        list("waiting", &held),
        list("differences", &found),
        list("calls", &calls),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Shows what a sync would change.
pub async fn plan(tenant: &Path, replace: &[String], record: &[String], json: bool) -> Result<u8, Refusal> {
    let config = setup::config(tenant, replace)?;
    let records = records(&config, record)?;
    let ready = setup::prepare(&config, Unpinned::Use, records.clone()).await?;
    let report = execute(&ready, &Wish { dry: true, ..Wish::default() }, json).await?;
    told(records.as_deref())?;
    let changes = ready.tenant.log(report.run)?.filter(|entry| {
        matches!(entry.event, Event::Person { .. } | Event::Group { .. } | Event::Members { .. } | Event::Note { .. })
    });
    if json {
        let changes: Vec<_> = changes.map(|entry| entry.event).collect();
        say(&json!({ "report": report, "changes": changes }).to_string());
        return Ok(code(report.status));
    }
    if report.status == Status::Failure {
        print(&config.name, &report, json);
        return Ok(code(report.status));
    }
    let mut any = false;
    for entry in changes {
        any = true;
        let text = entry.text();
        say(text.split_once("  ").map_or(text.as_str(), |(_, what)| what));
    }
    if !any {
        say(&format!("{}: nothing would change.", config.name));
    }
    Ok(0)
}

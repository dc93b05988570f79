//! `rollcall history`.

use std::path::Path;

use rollcall_sync::run::Counts;
use rollcall_sync::run_log::{Deed, Entry, Event};
use rollcall_sync::store::RunRecord;
use rollcall_sync::tenant::Tenant;
use serde_json::json;

use super::sync::lines;
use crate::refusal::{Refusal, say};
use crate::setup;

/// How many held-back objects are listed.
const LISTED: u32 = 20;

pub fn run(path: &Path, limit: u32, json: bool) -> Result<u8, Refusal> {
    let config = setup::config(path, &[])?;
    let tenant = Tenant::open(&config)?;
    let runs = tenant.runs(limit)?;
    let (held_back, quarantine) = (tenant.held_back(1_000)?, tenant.quarantine()?);
    let awaiting = awaiting(&tenant, &runs);
    if json {
        let answer = json!({
            "tenant": config.name, "runs": runs, "awaiting": awaiting, "held_back": held_back, "quarantine": quarantine,
        });
        say(&answer.to_string());
        return Ok(0);
    }
    if runs.is_empty() {
        say(&format!("{}: no run yet.", config.name));
    }
    for run in &runs {
        let counts: Counts = serde_json::from_value(run.counts.clone()).unwrap_or_default();
        let what = lines(&counts).join("; ");
        say(&format!("{:>4}  {}  {:<11}  {:<8}  {what}", run.number, run.started, run.kind, run.status));
        if let Some(message) = &run.message {
            say(&format!("      {message}"));
        }
    }
    if !awaiting.is_empty() {
        say("waiting for a confirmation:");
    }
    for entry in awaiting.iter().take(LISTED as usize) {
        // The line without its time, which is that of the run.
        let text = entry.text();
        say(&format!("      {}", text.split_once("  ").map_or(text.as_str(), |(_, what)| what)));
    }
    if awaiting.len() > LISTED as usize {
        say(&format!("      and {} more (--json lists them)", awaiting.len() - LISTED as usize));
    }
    if !held_back.is_empty() {
        say("held back:");
    }
    for held in held_back.iter().take(LISTED as usize) {
        let group = held.group.as_ref().map(|group| format!(" in {group}")).unwrap_or_default();
        say(&format!("      {} {}{group}: {}", held.kind, held.id, held.reason));
    }
    if held_back.len() > LISTED as usize {
        say(&format!("      and {} more (--json lists them)", held_back.len() - LISTED as usize));
    }
    Ok(0)
}

/// What the newest run holds until it is confirmed, as its log tells it.
fn awaiting(tenant: &Tenant, runs: &[RunRecord]) -> Vec<Entry> {
    let newest = runs.iter().find(|run| run.kind != "plan").filter(|run| run.status == "Held");
    let held =
        |entry: &Entry| matches!(entry.event, Event::GroupHeld { .. } | Event::Person { deed: Deed::RemovalHeld, .. });
    // A log that was removed has nothing to tell; how many are held stands in the history itself.
    let entries = newest.and_then(|run| tenant.log(run.number).ok());
    entries.map(|entries| entries.filter(held).collect()).unwrap_or_default()
}

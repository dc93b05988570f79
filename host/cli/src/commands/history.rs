//! `rollcall history`.

use std::path::Path;

use rollcall_sync::run::Counts;
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
    if json {
        say(&json!({ "tenant": config.name, "runs": runs, "held_back": held_back, "quarantine": quarantine })
            .to_string());
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

//! `rollcall run`: keeps a tenant in step on its schedule.

use std::path::Path;
use std::time::Duration;

use rollcall_server::schedule::{Cause, next_start};
use rollcall_sync::clock::rfc3339;
use rollcall_sync::run::Wish;
use rollcall_sync::tenant::Quarantine;
use serde_json::json;

use super::sync;
use crate::refusal::{Refusal, say};
use crate::setup;

/// The clock of a machine may jump; looking at it this often is enough for a schedule of days.
const LONGEST_SLEEP: Duration = Duration::from_secs(30);

pub async fn run(path: &Path, json: bool) -> Result<u8, Refusal> {
    let config = setup::config(path, &[])?;
    let ready = setup::ready_to_run(&config).await?;
    let since = ready.clock.now();
    let mut told = None;
    let mut last = 0;
    loop {
        let now = ready.clock.now();
        let runs = ready.tenant.runs(64)?;
        let due = ready.tenant.next_due(now)?;
        let Some(start) = next_start(&config.schedule, &runs, due, since, now) else { return Ok(last) };
        if start.at > now {
            if told != Some(start.at) {
                told = Some(start.at);
                wait(&config.name, start.at, start.cause, Quarantine::of(&runs), json);
            }
            let left = Duration::from_millis(u64::try_from(start.at - now).unwrap_or(0)).min(LONGEST_SLEEP);
            tokio::select! {
                () = tokio::time::sleep(left) => continue,
                _ = tokio::signal::ctrl_c() => return Ok(last),
            }
        }
        let report = sync::execute(&ready, &Wish::default(), json).await?;
        sync::print(&config.name, &report, json);
        last = sync::code(report.status);
    }
}

fn wait(tenant: &str, at: i64, cause: Cause, quarantine: Option<Quarantine>, json: bool) {
    let until = rfc3339(at);
    let reason = match (&quarantine, cause) {
        (Some(held), _) if held.until >= at => {
            format!("{} runs failed one after the other, the last because: {}", held.failures, held.reason)
        }
        (_, Cause::Schedule) => "as scheduled".to_owned(),
        (_, Cause::Due) => "something is to be tried again or changes by time".to_owned(),
    };
    if json {
        say(&json!({ "waiting": { "until": until, "reason": reason, "quarantine": quarantine } }).to_string());
    } else {
        say(&format!("{tenant}: the next run starts at {until} ({reason})"));
    }
}

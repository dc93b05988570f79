//! `rollcall verify`: what somebody changed at the target by hand.

use std::path::Path;

use rollcall_sync::run::{Verify, Wish};
use rollcall_sync::run_log::Event;
use serde_json::json;

use super::sync::{code, execute, print};
use crate::refusal::{Refusal, say};
use crate::setup;

pub async fn run(tenant: &Path, repair: bool, json: bool) -> Result<u8, Refusal> {
    let config = setup::config(tenant, &[])?;
    let ready = setup::ready(&config).await?;
    let verify = Some(if repair { Verify::Repair } else { Verify::Report });
    let report = execute(&ready, &Wish { verify, ..Wish::default() }, json).await?;
    let told = |event: &Event| matches!(event, Event::Difference { .. } | Event::Note { .. });
    let differences = ready.tenant.log(report.run)?.filter(|entry| told(&entry.event));
    if json {
        let differences: Vec<_> = differences.map(|entry| entry.event).collect();
        say(&json!({ "report": report, "differences": differences }).to_string());
        return Ok(code(report.status));
    }
    for entry in differences {
        let text = entry.text();
        say(text.split_once("  ").map_or(text.as_str(), |(_, what)| what));
    }
    print(&config.name, &report, false);
    Ok(code(report.status))
}

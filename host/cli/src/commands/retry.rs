//! `rollcall retry`.

use rollcall_sync::tenant::Tenant;
use serde_json::json;

use crate::args::Retry;
use crate::refusal::{Refusal, say};
use crate::setup;

pub fn run(wish: &Retry, json: bool) -> Result<u8, Refusal> {
    let config = setup::config(&wish.tenant, &[])?;
    let count = Tenant::open(&config)?.retry(wish.person.as_deref(), wish.group.as_deref())?;
    if json {
        say(&json!({ "retried": count }).to_string());
    } else {
        say(&format!("{}: {count} objects are tried again in the next run.", config.name));
    }
    Ok(0)
}

//! `rollcall reset`.

use std::path::Path;

use rollcall_sync::tenant::Tenant;
use serde_json::json;

use crate::refusal::{Refusal, say};
use crate::setup;

pub fn run(path: &Path, json: bool) -> Result<u8, Refusal> {
    let config = setup::config(path, &[])?;
    Tenant::open(&config)?.reset()?;
    if json {
        say(&json!({ "reset": true }).to_string());
    } else {
        say(&format!("{}: the next run reads everything again. Nothing at the target was touched.", config.name));
    }
    Ok(0)
}

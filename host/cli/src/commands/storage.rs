//! `rollcall storage`: what a step keeps between runs.

use std::io::Write;
use std::path::Path;

use rollcall_sync::clock::{Clock, SystemClock};
use rollcall_sync::config::{StepKind, TenantConfig};
use rollcall_sync::steps::sandboxed::STORAGE_QUOTA;
use rollcall_sync::store::{Effects, Store};
use rollcall_sync::tenant::{Tenant, TenantError};
use serde_json::json;

use crate::args::Storage;
use crate::refusal::{Refusal, say};
use crate::setup;

/// How many keys are read at once.
const PAGE: u32 = 1_000;

pub fn run(wish: &Storage, json: bool) -> Result<u8, Refusal> {
    let config = setup::config(&wish.tenant, &[])?;
    let kind = kind_of(&config, &wish.step)?;
    let tenant = Tenant::open(&config)?;
    let (store, step) = (tenant.store(), wish.step.as_str());
    if let Some(key) = &wish.get {
        let Some(value) = store.key_value(step, key).map_err(TenantError::from)? else {
            return Err(Refusal::failed(format!("{step} holds no `{key}`: without --get, the keys are listed")));
        };
        return std::io::stdout().write_all(&value).map(|()| 0).map_err(Refusal::from);
    }
    let change = match (&wish.set, &wish.remove) {
        (Some(wanted), _) => {
            let (key, value) = wanted.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
                Refusal::wrong(format!("--set {wanted}: write KEY=FILE, such as schedule=shifts.json"))
            })?;
            Some((key, Some(read(Path::new(value), store.as_ref(), step)?)))
        }
        (None, Some(key)) => Some((key.as_str(), None)),
        (None, None) => None,
    };
    match change {
        Some((key, value)) => put(store.as_ref(), step, kind, key, value, json),
        None => list(store.as_ref(), step, json),
    }
}

/// What a step of the tenant does.
fn kind_of(config: &TenantConfig, name: &str) -> Result<StepKind, Refusal> {
    let known = config.steps().find(|step| step.name == name);
    known.map(|step| step.kind).ok_or_else(|| {
        let names: Vec<&str> = config.steps().map(|step| step.name.as_str()).collect();
        Refusal::wrong(format!("{} has no step \"{name}\"; there are: {}", config.name, names.join(", ")))
    })
}

fn read(path: &Path, store: &dyn Store, step: &str) -> Result<Vec<u8>, Refusal> {
    let wrong = |error: std::io::Error| Refusal::wrong(format!("{} cannot be read: {error}", path.display()));
    let size = std::fs::metadata(path).map_err(wrong)?.len();
    let held = store.stored_bytes(step).map_err(TenantError::from)?;
    if held.saturating_add(size) > STORAGE_QUOTA {
        let message = format!("{} is too large: a step holds {STORAGE_QUOTA} bytes, and {step} {held}", path.display());
        return Err(Refusal::wrong(message));
    }
    std::fs::read(path).map_err(wrong)
}

/// Changes a value. Who is mapped or grouped with it is asked for again by the next run.
fn put(
    store: &dyn Store,
    step: &str,
    kind: StepKind,
    key: &str,
    value: Option<Vec<u8>>,
    json: bool,
) -> Result<u8, Refusal> {
    let asked_again = matches!(kind, StepKind::Mapping | StepKind::Grouping);
    let size = value.as_ref().map(Vec::len);
    let wakes = if asked_again { vec![(step.to_owned(), String::new(), SystemClock.now())] } else { Vec::new() };
    let effects = Effects { key_values: vec![(step.to_owned(), key.to_owned(), value)], wakes };
    store.record(&[], &effects, &[]).map_err(TenantError::from)?;
    if json {
        say(&json!({ "step": step, "key": key, "bytes": size }).to_string());
        return Ok(0);
    }
    let done = size.map_or_else(|| "removed".to_owned(), |size| format!("{size} bytes"));
    let next = if asked_again { "; the next run asks for everybody again" } else { "" };
    say(&format!("{step}: {key}: {done}{next}"));
    Ok(0)
}

fn list(store: &dyn Store, step: &str, json: bool) -> Result<u8, Refusal> {
    let (mut keys, mut after) = (Vec::new(), String::new());
    loop {
        let page = store.keys(step, &after, PAGE).map_err(TenantError::from)?;
        let Some(last) = page.last() else { break };
        after.clone_from(last);
        keys.extend(page);
    }
    if json {
        let held = store.stored_bytes(step).map_err(TenantError::from)?;
        say(&json!({ "step": step, "keys": keys, "bytes": held }).to_string());
        return Ok(0);
    }
    if keys.is_empty() {
        say(&format!("{step} holds nothing."));
    }
    keys.iter().for_each(|key| say(key));
    Ok(0)
}

//! `rollcall check`: everything that can be wrong with a tenant's file, found without the network.

use std::path::Path;

use rollcall_sync::steps::Steps;
use serde_json::json;

use crate::refusal::{Refusal, say};
use crate::setup;

pub async fn run(tenant: &Path, json: bool) -> Result<u8, Refusal> {
    let config = setup::config(tenant, &[])?;
    let ready = setup::ready(&config).await?;
    let shape = ready.steps.shape();
    if json {
        let attributes: Vec<&str> = shape.attributes.iter().map(|attribute| attribute.name.as_str()).collect();
        say(&json!({
            "tenant": config.name,
            "attributes": attributes,
            "properties": shape.source_properties(),
            "rules": shape.rules.len(),
            "components": ready.steps.digests(),
            "warnings": config.warnings,
        })
        .to_string());
        return Ok(0);
    }
    let (attributes, rules) = (shape.attributes.len(), shape.rules.len());
    say(&format!("{}: the configuration is right ({attributes} attributes, {rules} rules).", config.name));
    Ok(0)
}

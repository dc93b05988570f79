//! `rollcall component inspect`: what a component is and what it takes to use it.

use rollcall_sandbox::{Capability, Component, Need};
use serde_json::json;

use super::{file, values};
use crate::refusal::{Refusal, say};
use crate::setup;

pub async fn run(component: &str, json: bool) -> Result<u8, Refusal> {
    let loaded = file::load(&setup::sandbox()?, component).await?;
    let needs = Needs::of(&loaded);
    if json {
        let steps: Vec<_> =
            loaded.steps.iter().map(|(step, version)| json!({ "step": step.as_str(), "contract": version })).collect();
        say(&json!({
            "component": component,
            "size": loaded.size,
            "digest": format!("sha256:{}", loaded.digest),
            "steps": steps,
            "exports": loaded.exports,
            "imports": loaded.imports,
            "grants": needs.grants.iter().map(|grant| word(*grant)).collect::<Vec<_>>(),
            "refused": needs.refused,
        })
        .to_string());
        return Ok(0);
    }
    for line in text(component, &loaded, &needs) {
        say(&line);
    }
    Ok(0)
}

/// What a component needs.
pub struct Needs {
    /// Must be granted.
    pub grants: Vec<Capability>,
    /// Imports that no step gets: such a component cannot be used.
    pub refused: Vec<String>,
}

impl Needs {
    pub fn of(component: &Component) -> Self {
        let mut grants: Vec<Capability> = Vec::new();
        let mut refused = Vec::new();
        for import in &component.imports {
            match Need::of(import) {
                Need::Nothing => {}
                Need::Grant(capability) if grants.contains(&capability) => {}
                Need::Grant(capability) => grants.push(capability),
                Need::Never => refused.push(import.clone()),
            }
        }
        grants.sort_unstable();
        Self { grants, refused }
    }
}

/// The key of a grant in a tenant's file.
pub fn word(capability: Capability) -> &'static str {
    capability.setting().split(' ').next().unwrap_or_default()
}

fn text(name: &str, component: &Component, needs: &Needs) -> Vec<String> {
    let step = component.steps.first().map_or("mapping", |(step, _)| step.as_str());
    let steps: Vec<String> = component
        .steps
        .iter()
        .map(|(step, version)| format!("{} (contract rollcall:sync {version})", step.as_str()))
        .collect();
    let mut lines = vec![
        name.to_owned(),
        format!("  step     {}", steps.join(", ")),
        format!("  size     {} ({} bytes)", values::size(component.size), component.size),
        format!("  digest   sha256:{}", component.digest),
    ];
    let mut list = |title: &str, interfaces: &[String]| {
        for (index, interface) in interfaces.iter().enumerate() {
            lines.push(format!("  {:8} {interface}", if index == 0 { title } else { "" }));
        }
    };
    list("exports", &component.exports);
    list("imports", &component.imports);
    if let [.., _] = needs.refused.as_slice() {
        lines.push(format!("\nIt cannot be used: no step gets {}.", needs.refused.join(", ")));
        return lines;
    }
    if needs.grants.is_empty() {
        lines.push("\nIt needs no grants.".to_owned());
        return lines;
    }
    let section = if step == "mapping" { "[mapping.grants]" } else { &format!("[{step}.grants]") };
    lines.push(format!("\nIt needs these grants in a tenant's file:\n\n  {section}"));
    lines.extend(needs.grants.iter().map(|grant| format!("  {}", grant.setting())));
    if needs.grants.contains(&Capability::Http) && needs.grants.contains(&Capability::Files) {
        lines.push("\nEither of `http` and `files` is enough: it does with what it gets.".to_owned());
    }
    lines
}

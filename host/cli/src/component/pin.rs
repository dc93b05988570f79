//! `rollcall component pin`: looks at the components of a tenant that do not come with Rollcall, tells what is different from what was pinned,
//! and pins them as they are.

use std::collections::BTreeSet;
use std::path::Path;

use rollcall_sandbox::{Component, Sandbox};
use rollcall_sync::config::ComponentRef;
use serde_json::{Value, json};

use super::inspect::{Needs, word};
use crate::components::{LARGEST, read};
use crate::pins::{Pin, Pins, short};
use crate::refusal::{Refusal, say};
use crate::setup;

/// One component and what was known of it.
struct Looked {
    now: Pin,
    before: Option<Pin>,
    refused: Vec<String>,
}

pub async fn run(tenant: &Path, show: bool, json: bool) -> Result<u8, Refusal> {
    let config = setup::config(tenant, &[])?;
    let sandbox = setup::sandbox()?;
    let mut pins = Pins::of(&config)?;
    let (mut all, mut names) = (Vec::new(), BTreeSet::new());
    for component in config.steps().map(|step| &step.component) {
        let Some(name) = pins.name(component) else { continue };
        if names.insert(name.clone()) {
            all.push(look(&sandbox, &pins, component, name).await?);
        }
    }
    for looked in &all {
        pins.put(looked.now.clone());
    }
    let gone = pins.keep(&names);
    if !show {
        pins.save().map_err(Refusal::failed)?;
    }
    if json {
        let components: Vec<Value> = all.iter().map(Looked::json).collect();
        say(&json!({ "file": pins.file(), "written": !show, "components": components, "forgotten": gone }).to_string());
        return Ok(0);
    }
    if all.is_empty() && gone.is_empty() {
        say(&format!("{}: every component comes with Rollcall; there is nothing to pin", config.name));
        return Ok(0);
    }
    for looked in &all {
        looked.tell();
    }
    for name in &gone {
        say(&format!("{name}: not used any more, forgotten"));
    }
    let done = if show { "not written (--show)" } else { "written" };
    say(&format!("{}: {done}", pins.file().display()));
    Ok(0)
}

async fn look(sandbox: &Sandbox, pins: &Pins, component: &ComponentRef, name: String) -> Result<Looked, Refusal> {
    let bytes = match component {
        ComponentRef::Url(url) => rollcall_sandbox::download(url, LARGEST).await,
        ComponentRef::Path(path) => read(path),
        ComponentRef::BuiltIn(built_in) => Err(format!("{} comes with Rollcall", built_in.name())),
    };
    let bytes = bytes.map_err(Refusal::failed)?;
    let loader = sandbox.clone();
    let loaded = tokio::task::spawn_blocking(move || loader.load(&bytes)).await;
    let loaded: Component = loaded
        .map_err(|error| Refusal::failed(error.to_string()))?
        .map_err(|error| Refusal::wrong(format!("{name} cannot be used: {error}")))?;
    let needs = Needs::of(&loaded);
    let now = Pin {
        from: name.clone(),
        sha256: loaded.digest,
        imports: loaded.imports.into_iter().collect(),
        grants: needs.grants.iter().map(|grant| word(*grant).to_owned()).collect(),
    };
    Ok(Looked { now, before: pins.get(&name).cloned(), refused: needs.refused })
}

impl Looked {
    fn word(&self) -> &'static str {
        match &self.before {
            None => "new",
            Some(before) if before.sha256 == self.now.sha256 => "unchanged",
            Some(_) => "changed",
        }
    }

    /// What it imports or needs now and did not, and the reverse.
    fn differences(&self) -> [(&'static str, Vec<String>, Vec<String>); 2] {
        let empty = BTreeSet::new();
        let (imports, grants) = match &self.before {
            // Pinned by being used: nobody wrote down what it imported.
            Some(before) if before.imports.is_empty() && before.grants.is_empty() => {
                (&self.now.imports, &self.now.grants)
            }
            Some(before) => (&before.imports, &before.grants),
            None => (&empty, &empty),
        };
        let both = |name, before: &BTreeSet<String>, now: &BTreeSet<String>| {
            (name, now.difference(before).cloned().collect(), before.difference(now).cloned().collect())
        };
        [both("imports", imports, &self.now.imports), both("grants", grants, &self.now.grants)]
    }

    fn tell(&self) {
        let Pin { from, sha256, .. } = &self.now;
        match (&self.before, self.word()) {
            (Some(before), "changed") => {
                say(&format!("{from}: changed, sha256 {} -> {}", short(&before.sha256), short(sha256)));
            }
            (_, word) => say(&format!("{from}: {word}, sha256 {}", short(sha256))),
        }
        for (name, more, less) in self.differences() {
            more.iter().for_each(|entry| say(&format!("  {name:8} + {entry}")));
            less.iter().for_each(|entry| say(&format!("  {name:8} - {entry}")));
        }
        for import in &self.refused {
            say(&format!("  cannot be used: no step gets {import}"));
        }
    }

    fn json(&self) -> Value {
        let [(_, imports, imports_gone), (_, grants, grants_gone)] = self.differences();
        json!({
            "component": self.now.from, "state": self.word(), "sha256": self.now.sha256,
            "before": self.before.as_ref().map(|before| &before.sha256),
            "imports": { "added": imports, "removed": imports_gone },
            "grants": { "added": grants, "removed": grants_gone },
            "refused": self.refused,
        })
    }
}

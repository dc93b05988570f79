//! Two tenants inside another tokio application, one of them with a mapping that asks this application for something of its own.
//!
//! ```sh
//! cargo run --example embedding -- badge_mapping.wasm
//! ```
//!
//! The application has a register of badges. It offers it to the second mapping of each tenant as the interface `contoso:hr/badges`; no other
//! step can import that. The component is `tests/badge-mapping`. An emulator stands in for Microsoft Graph and Kaizala.
#![allow(clippy::print_stdout, reason = "that is what an example does")]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use rollcall_emulator::{Emulator, Options, generator};
use rollcall_sandbox::{Extension, Sandbox, SandboxOptions};
use rollcall_sync::config::{ComponentRef, TenantConfig};
use rollcall_sync::host::Host;
use rollcall_sync::run::{Report, Wish};
use rollcall_sync::run_log::Event;
use rollcall_sync::steps::sandboxed::{Bytes, Components};

include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// Where this application takes components from: its own, and files. It trusts both; one that does not would compare digests here.
pub struct Shelf;

impl Components for Shelf {
    fn bytes<'a>(&'a self, component: &'a ComponentRef) -> Bytes<'a> {
        Box::pin(async move {
            match component {
                ComponentRef::BuiltIn(wanted) => {
                    let found = BUILT_IN.iter().find(|(name, _)| *name == wanted.name());
                    found.map(|(_, bytes)| Cow::Borrowed(*bytes)).ok_or_else(|| "not on the shelf".to_owned())
                }
                ComponentRef::Path(path) => {
                    tokio::fs::read(path).await.map(Cow::Owned).map_err(|error| error.to_string())
                }
                ComponentRef::Url(url) => Err(format!("{url}: this application downloads nothing")),
            }
        })
    }
}

/// What the application knows and components may ask.
pub fn badges(register: BTreeMap<String, String>) -> Extension {
    let register = Arc::new(register);
    Extension::new("contoso:hr/badges@1.0.0", move |functions| {
        let register = Arc::clone(&register);
        functions.add("badge-of", move |(person,): (String,)| (register.get(&person).cloned(),))
    })
}

/// Writes the file of a tenant whose directory is this emulator.
fn write(folder: &Path, name: &str, emulator: &Emulator, mappings: &str) -> std::io::Result<TenantConfig> {
    let (graph, kaizala) = (&emulator.graph_url, &emulator.kaizala_url);
    let text = format!(
        "[source.login]\ntenant_id = \"{name}\"\nclient_id = \"{}\"\nclient_secret = \"{}\"\nlogin_url = \"{graph}\"\n\
         graph_url = \"{graph}\"\n[target.login]\nurl = \"{kaizala}\"\napplication_id = \"{}\"\napplication_secret = \"{}\"\n\
         refresh_token = \"{}\"\n[target.settings]\ndirectory = \"endpoint\"\n{mappings}",
        rollcall_emulator::CLIENT_ID,
        rollcall_emulator::CLIENT_SECRET,
        rollcall_emulator::APPLICATION_ID,
        rollcall_emulator::APPLICATION_SECRET,
        rollcall_emulator::REFRESH_TOKEN,
    );
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, text)?;
    TenantConfig::load(&file).map_err(|errors| std::io::Error::other(errors.to_string()))
}

/// Hosts both tenants; answers their reports and the badges that arrived.
pub async fn run(folder: &Path, component: &Path) -> Result<(Vec<Report>, Vec<String>), Box<dyn Error>> {
    let emulator = async |seed| {
        Emulator::start(Options { users: generator::users(20, seed), kaizala_limit: None, ..Options::default() }).await
    };
    let (contoso_directory, fabrikam_directory) = (emulator(1).await?, emulator(2).await?);
    let with_badges = format!("[[mapping]]\n[[mapping]]\ncomponent = {:?}\n", component.display().to_string());
    let contoso = write(folder, "contoso", &contoso_directory, &with_badges)?;
    let fabrikam = write(folder, "fabrikam", &fabrikam_directory, "")?;

    let register = (0..20).map(|number| (generator::id(number), format!("B-{number:03}"))).collect();
    let host = Host::new(Sandbox::new(SandboxOptions::default())?, Arc::new(Shelf))
        .with_extension("mapping[1]", badges(register));
    let mut runs = Vec::new();
    for config in [contoso, fabrikam] {
        let name = config.name.clone();
        runs.push((name, host.open(config).await?.start(Wish::default())));
    }
    let mut reports = Vec::new();
    for (name, mut run) in runs {
        while let Some(entry) = run.next().await {
            if let Event::RunStarted { .. } | Event::RunEnded { .. } = entry.event {
                println!("{name}: {}", entry.text());
            }
        }
        reports.push(run.end().await?);
    }
    let people = &contoso_directory.shared().kaizala.people;
    let badges = people.values().filter_map(|entry| entry.attributes.get("badge")?.as_str().map(str::to_owned));
    Ok((reports, badges.collect()))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let component = std::env::args().nth(1).ok_or("give the component that tests/badge-mapping makes")?;
    let folder = std::env::temp_dir().join(format!("embedding-{}", std::process::id()));
    std::fs::create_dir_all(&folder)?;
    let ended = run(&folder, &Path::new(&component).canonicalize()?).await;
    std::fs::remove_dir_all(&folder)?;
    let (reports, badges) = ended?;
    for report in reports {
        println!("run {}: {}, {} people created", report.run, report.status.word(), report.counts.people_created);
    }
    println!("{} people have their badge, such as {:?}", badges.len(), badges.first());
    Ok(())
}

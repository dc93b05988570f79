//! `rollcall component build`: calls the tools of the project's language the right way, and looks at what they made.

mod c;
mod javascript;
mod python;
mod rust;
mod tool;

use std::path::Path;
use std::time::Instant;

use serde_json::json;

use super::args::Language;
use super::inspect::{Needs, word};
use super::project::{FILE, Project};
use super::{file, values};
use crate::refusal::{Refusal, say};
use crate::setup;

pub async fn run(folder: &Path, json: bool) -> Result<u8, Refusal> {
    let project = Project::load(folder)?;
    let started = Instant::now();
    match project.language {
        Some(Language::Rust) => rust::build(&project)?,
        Some(Language::Python) => python::build(&project)?,
        Some(Language::JavaScript) => javascript::build(&project, "step.js")?,
        Some(Language::C) => c::build(&project)?,
        Some(Language::TypeScript) => javascript::build_checked(&project)?,
        None => return Err(Refusal::wrong(format!("{FILE} names no `language`: there is nothing to build"))),
    }
    let made = project.component();
    let built = started.elapsed();
    let component = file::load(&setup::sandbox()?, &made.display().to_string()).await?;
    let needs = Needs::of(&component);
    if !component.does(project.step.kind()) {
        let message = format!("{} exports no {}, as component.toml says", made.display(), project.step.as_str());
        return Err(Refusal::wrong(message));
    }
    if !needs.refused.is_empty() {
        let message = format!("{} cannot be used: no step gets {}", made.display(), needs.refused.join(", "));
        return Err(Refusal::wrong(message));
    }
    let grants: Vec<&str> = needs.grants.iter().map(|grant| word(*grant)).collect();
    if json {
        say(&json!({
            "component": made,
            "size": component.size,
            "digest": format!("sha256:{}", component.digest),
            "grants": grants,
            "seconds": built.as_secs_f64(),
        })
        .to_string());
        return Ok(0);
    }
    let needed = if grants.is_empty() { "no grants needed".to_owned() } else { format!("needs {}", grants.join(", ")) };
    let size = values::size(component.size);
    say(&format!("{}: {size}, {needed}, built in {:.1} s", made.display(), built.as_secs_f64()));
    Ok(0)
}

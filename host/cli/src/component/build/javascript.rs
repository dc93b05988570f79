//! A project in JavaScript: componentize-qjs puts QuickJS and the project into one component. TypeScript is checked and translated first.
//!
//! `--sync` makes a component without asynchronous functions of the component model, which the contract does not use.

use std::path::PathBuf;
use std::process::Command;

use super::tool;
use crate::component::project::Project;
use crate::refusal::Refusal;

const REMEDY: &str = "Node.js 18 or newer is needed, with npm (https://nodejs.org)";

/// Where the compiler puts what it made of TypeScript, as tsconfig.json says.
const TRANSLATED: &str = "build/step.js";

/// A project in TypeScript.
pub fn build_checked(project: &Project) -> Result<(), Refusal> {
    let folder = installed(project)?;
    let mut check = Command::new(folder.join("node_modules/.bin/tsc"));
    tool::run(check.current_dir(&folder), "what is wrong with the project's files stands above")?;
    build(project, TRANSLATED)
}

pub fn build(project: &Project, entry: &str) -> Result<(), Refusal> {
    let folder = installed(project)?;
    let made = project.component();
    let mut build = Command::new(folder.join("node_modules/.bin/componentize-qjs"));
    build
        .current_dir(&folder)
        .args(["--sync", "--wit", "wit", "--world", "step", "--js", entry, "--output"])
        .arg(made.file_name().unwrap_or_default());
    tool::run(&mut build, &format!("what is wrong with {entry} stands above"))
}

/// The project's folder, with the tools that its package.json names.
fn installed(project: &Project) -> Result<PathBuf, Refusal> {
    let folder = std::path::absolute(&project.folder).map_err(Refusal::from)?;
    if !folder.join("node_modules/componentize-qjs/cli.mjs").exists() {
        eprintln!("installing what package.json names into {}: once", folder.join("node_modules").display());
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let mut install = Command::new(npm);
        install.current_dir(&folder).args(["install", "--no-audit", "--no-fund", "--loglevel", "error"]);
        tool::run(&mut install, REMEDY)?;
    }
    Ok(folder)
}

//! A project in JavaScript: componentize-qjs puts QuickJS and the project into one component.
//!
//! `--sync` makes a component without asynchronous functions of the component model, which the contract does not use.

use std::process::Command;

use super::tool;
use crate::component::project::Project;
use crate::refusal::Refusal;

const REMEDY: &str = "Node.js 18 or newer is needed, with npm (https://nodejs.org)";

pub fn build(project: &Project) -> Result<(), Refusal> {
    let folder = std::path::absolute(&project.folder).map_err(Refusal::from)?;
    let tool = folder.join("node_modules/componentize-qjs/cli.mjs");
    if !tool.exists() {
        eprintln!("installing what package.json names into {}: once", folder.join("node_modules").display());
        let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
        let mut install = Command::new(npm);
        install.current_dir(&folder).args(["install", "--no-audit", "--no-fund", "--loglevel", "error"]);
        tool::run(&mut install, REMEDY)?;
    }
    let made = project.component();
    let mut build = Command::new(folder.join("node_modules/.bin/componentize-qjs"));
    build
        .current_dir(&folder)
        .args(["--sync", "--wit", "wit", "--world", "step", "--js", "step.js", "--output"])
        .arg(made.file_name().unwrap_or_default());
    tool::run(&mut build, "what is wrong with step.js stands above")
}

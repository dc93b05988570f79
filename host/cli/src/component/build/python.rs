//! A project in Python: componentize-py, in an environment of the project's own, puts Python and the project into one component.
//!
//! It is not told to stub WASI: that would take the log and the storage away too, which are packages of WASI, and would give every instance
//! the same random numbers. What Python's own library imports is there in the sandbox, with nothing in it.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::tool;
use crate::component::project::Project;
use crate::refusal::Refusal;

const REMEDY: &str = "Python 3.10 or newer is needed, with pip and venv (Debian: apt-get install python3-venv)";

/// Where the environment is, unless one is active already.
const ENVIRONMENT: &str = ".venv";

pub fn build(project: &Project) -> Result<(), Refusal> {
    let tool = componentize(&project.folder)?;
    let bindings = project.folder.join("bindings");
    // They are for editors and unit tests only; old ones would stay beside the new.
    let _ = std::fs::remove_dir_all(&bindings);
    let made = project.component();
    let name = made.file_name().unwrap_or_default();
    let mut generate = Command::new(&tool);
    generate.current_dir(&project.folder).args(["-d", "wit", "-w", "step", "bindings", "bindings"]);
    tool::run(&mut generate, "the worlds are in the folder wit")?;
    let mut build = Command::new(&tool);
    build.current_dir(&project.folder).args(["-d", "wit", "-w", "step", "componentize", "app", "-o"]).arg(name);
    tool::run(&mut build, "what is wrong with app.py stands above")
}

/// The tool, installed if it is not there.
fn componentize(folder: &Path) -> Result<PathBuf, Refusal> {
    let active = std::env::var_os("VIRTUAL_ENV").map(PathBuf::from);
    let folder = std::path::absolute(folder).map_err(Refusal::from)?;
    let environment = active.unwrap_or_else(|| folder.join(ENVIRONMENT));
    let binaries = environment.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let tool = binaries.join("componentize-py");
    if tool.exists() {
        return Ok(tool);
    }
    eprintln!("installing what requirements.txt names into {}: once", environment.display());
    if !environment.exists() {
        tool::run(Command::new("python3").args(["-m", "venv"]).arg(&environment), REMEDY)?;
    }
    let mut install = Command::new(binaries.join("python"));
    install.args(["-m", "pip", "install", "--quiet", "--requirement"]).arg(folder.join("requirements.txt"));
    tool::run(&mut install, REMEDY)?;
    if tool.exists() { Ok(tool) } else { Err(Refusal::failed("requirements.txt names no componentize-py")) }
}

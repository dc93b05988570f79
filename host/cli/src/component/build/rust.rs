//! A project in Rust: cargo makes a component by itself for the target wasm32-wasip2.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::tool;
use crate::component::project::Project;
use crate::refusal::Refusal;

const REMEDY: &str = "Rust comes from https://rustup.rs, and the target with: rustup target add wasm32-wasip2";

pub fn build(project: &Project) -> Result<(), Refusal> {
    let mut command = Command::new("cargo");
    command
        .args([
            "build",
            "--release",
            "--lib",
            "--target",
            "wasm32-wasip2",
            "--message-format",
            "json-render-diagnostics",
        ])
        .current_dir(&project.folder)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let output = command.output().map_err(|error| tool::missing("cargo", &error, REMEDY))?;
    if !output.status.success() {
        return Err(Refusal::failed(format!("cargo did not succeed; {REMEDY}")));
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let name = project.name.replace('-', "_");
    let Some(made) = said.lines().rev().find_map(|line| artifact(line, &name)) else {
        let message = "cargo made no component: Cargo.toml needs [lib] with crate-type = [\"cdylib\", \"rlib\"]";
        return Err(Refusal::failed(message));
    };
    let to = project.component();
    std::fs::copy(&made, &to)
        .map(|_| ())
        .map_err(|error| Refusal::failed(format!("{} cannot be written: {error}", to.display())))
}

/// The component in one of cargo's messages: the target folder may be anywhere.
fn artifact(line: &str, name: &str) -> Option<PathBuf> {
    let message: Value = serde_json::from_str(line).ok()?;
    let ours = message.get("reason")? == "compiler-artifact" && message.get("target")?.get("name")? == name;
    let files = message.get("filenames")?.as_array()?;
    files.iter().filter(|_| ours).filter_map(Value::as_str).find(|file| file.ends_with(".wasm")).map(PathBuf::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_component_is_found_in_what_cargo_says() {
        let line = r#"{"reason":"compiler-artifact","target":{"name":"pay_roll"},"filenames":["/t/libpay_roll.rlib","/t/pay_roll.wasm"]}"#;
        assert_eq!(artifact(line, "pay_roll"), Some(PathBuf::from("/t/pay_roll.wasm")));
        assert_eq!(artifact(line, "other"), None);
        assert_eq!(artifact(r#"{"reason":"build-finished"}"#, "pay_roll"), None);
    }
}

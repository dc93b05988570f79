//! Calling a tool of somebody else.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::refusal::Refusal;

/// Runs a tool. What it says goes to standard error, so that standard output stays ours.
pub fn run(command: &mut Command, remedy: &str) -> Result<(), Refusal> {
    let name = Path::new(command.get_program()).display().to_string();
    let status = command.stdin(Stdio::null()).stdout(Stdio::from(std::io::stderr())).status();
    let status = status.map_err(|error| missing(&name, &error, remedy))?;
    if status.success() { Ok(()) } else { Err(Refusal::failed(format!("{name} did not succeed ({status}); {remedy}"))) }
}

/// A tool that does not start.
pub fn missing(name: &str, error: &std::io::Error, remedy: &str) -> Refusal {
    match error.kind() {
        std::io::ErrorKind::NotFound => Refusal::failed(format!("{name} is not there; {remedy}")),
        _ => Refusal::failed(format!("{name} cannot be started: {error}; {remedy}")),
    }
}

//! Saying what went wrong: one readable message with the cause, and an exit code.

use std::io::Write;
use std::process::ExitCode;

use rollcall_sync::config::{ConfigError, ConfigErrors};
use rollcall_sync::steps::sandboxed::Problems;
use rollcall_sync::tenant::TenantError;
use serde_json::json;

/// The command could not be done.
#[derive(Debug)]
pub struct Refusal {
    code: u8,
    message: String,
    errors: Vec<ConfigError>,
}

/// Something failed.
pub const FAILED: u8 = 1;
/// The command line or the configuration is wrong.
pub const WRONG: u8 = 2;
/// Done, but something is held back.
pub const HELD: u8 = 3;
/// Waiting for another system.
pub const WAITING: u8 = 4;
/// Another run is under way.
pub const BUSY: u8 = 5;

impl Refusal {
    pub fn failed(message: impl Into<String>) -> Self {
        Self { code: FAILED, message: message.into(), errors: Vec::new() }
    }

    pub fn wrong(message: impl Into<String>) -> Self {
        Self { code: WRONG, message: message.into(), errors: Vec::new() }
    }

    pub fn code(&self) -> u8 {
        self.code
    }

    pub fn is_about_configuration(&self) -> bool {
        !self.errors.is_empty()
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl From<ConfigErrors> for Refusal {
    fn from(errors: ConfigErrors) -> Self {
        Self { code: WRONG, message: String::new(), errors: errors.0 }
    }
}

impl From<Problems> for Refusal {
    fn from(problems: Problems) -> Self {
        Self { code: WRONG, message: String::new(), errors: problems.0 }
    }
}

impl From<TenantError> for Refusal {
    fn from(error: TenantError) -> Self {
        let code = if matches!(error, TenantError::Busy(_)) { BUSY } else { FAILED };
        Self { code, message: error.to_string(), errors: Vec::new() }
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self::failed(error.to_string())
    }
}

/// Prints it, as text on standard error or as JSON on standard output.
pub fn print(refusal: &Refusal, json: bool) -> ExitCode {
    if json {
        let errors = if refusal.errors.is_empty() {
            json!([{ "message": refusal.message }])
        } else {
            serde_json::to_value(&refusal.errors).unwrap_or_default()
        };
        say(&json!({ "errors": errors }).to_string());
    } else {
        let mut text = String::new();
        for error in &refusal.errors {
            text += &format!("{error}\n\n");
        }
        if !refusal.message.is_empty() {
            text += &format!("rollcall: {}\n", refusal.message);
        }
        let _ = std::io::stderr().write_all(text.trim_end().as_bytes());
        let _ = std::io::stderr().write_all(b"\n");
    }
    ExitCode::from(refusal.code)
}

/// Prints a line. A reader who has gone away (`rollcall log | head`) is no error.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(line.as_bytes()).and_then(|()| out.write_all(b"\n")).is_err() {
        std::process::exit(0);
    }
}

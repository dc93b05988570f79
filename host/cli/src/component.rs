//! `rollcall component`: for who replaces a step with a component of their own.

mod file;
mod inspect;

use clap::Subcommand;

use crate::refusal::Refusal;

/// What can be written behind `rollcall component`.
#[derive(Debug, Subcommand)]
pub enum Component {
    /// Tell what a component exports, imports and needs to be granted
    Inspect {
        /// A component, or the name of one that comes with Rollcall
        component: String,
    },
}

/// Runs one of the commands.
pub async fn run(command: &Component, json: bool) -> Result<u8, Refusal> {
    match command {
        Component::Inspect { component } => inspect::run(component, json).await,
    }
}

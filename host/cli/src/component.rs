//! `rollcall component`: everything for who replaces a step with a component of their own.
//!
//! | command | what it does | where |
//! | --- | --- | --- |
//! | `new` | a project that builds and passes its test as it is | [`mod@new`], [`template`] |
//! | `build` | the project's own tools, called the right way | [`mod@build`] |
//! | `inspect` | what a component exports, imports and needs | [`mod@inspect`] |
//! | `test` | a component tried as the host relies on it | [`mod@test`] |
//! | `test --tenant` | a target tried against a directory for tests | [`mod@conformance`] |
//! | `pin` | a tenant's components as somebody looked at them, in its lock file | [`mod@pin`] |
//! | `sync --record` | calls of a step, to be made again by `run` and `test` | [`mod@record`] |
//! | `reference` | the contract, made from its WIT when this program was built | [`mod@template`] |
//! | `run` | one batch, with its result on standard output | [`mod@run`] |
//!
//! `test` and `run` need neither a tenant nor a network: [`mod@bench`] lends the component what its project file grants, out of memory.

pub mod args;
mod bench;
mod build;
mod conformance;
mod file;
mod inspect;
mod new;
mod pin;
mod project;
pub mod record;
mod run;
mod sample;
mod server;
mod template;
mod test;
mod values;

use self::args::{Component, Form};
use crate::refusal::{Refusal, say};

/// Runs one of the commands.
pub async fn run(command: &Component, json: bool) -> Result<u8, Refusal> {
    match command {
        Component::New(wish) => new::run(wish, json),
        Component::Build { project } => build::run(project, json).await,
        Component::Inspect { component } => inspect::run(component, json).await,
        Component::Test(wish) => test::run(wish, json).await,
        Component::Run(wish) => run::run(wish).await,
        Component::Reference { form: Form::Markdown } => print(template::PAGE),
        Component::Reference { form: Form::Typescript } => print(template::TYPES),
        Component::Pin { tenant, show } => pin::run(tenant, *show, json).await,
    }
}

fn print(text: &str) -> Result<u8, Refusal> {
    say(text.trim_end());
    Ok(0)
}

//! The `rollcall` command: see `rollcall --help`.

mod args;
mod commands;
mod component;
mod components;
mod pins;
mod progress;
mod refusal;
mod setup;

use std::process::ExitCode;

use clap::Parser;

use crate::args::{Args, Command};
use crate::refusal::Refusal;

/// Texts come and go by the million in a first sync, and are freed by other threads than those that made them.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    let args = Args::parse();
    let json = args.json;
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            return refusal::print(&Refusal::failed(format!("this machine cannot start threads: {error}")), json);
        }
    };
    match runtime.block_on(run(args)) {
        Ok(code) => ExitCode::from(code),
        Err(refused) => refusal::print(&refused, json),
    }
}

async fn run(args: Args) -> Result<u8, Refusal> {
    let json = args.json;
    match args.command {
        Command::Init(wish) => commands::init::run(&wish),
        Command::Check { tenant } => commands::check::run(&tenant, json).await,
        Command::Sync(wish) => commands::sync::run(&wish, json).await,
        Command::Plan { tenant, replace } => commands::sync::plan(&tenant, &replace, &[], json).await,
        Command::Verify { tenant, repair } => commands::verify::run(&tenant, repair, json).await,
        Command::Run { tenant } => commands::run::run(&tenant, json).await,
        Command::History { tenant, limit } => commands::history::run(&tenant, limit, json),
        Command::Log(wish) => commands::log::run(&wish, json),
        Command::Reset { tenant } => commands::reset::run(&tenant, json),
        Command::Retry(wish) => commands::retry::run(&wish, json),
        Command::Storage(wish) => commands::storage::run(&wish, json),
        Command::Mapping { command } => commands::mapping::run(&command, json).await,
        Command::Rules { command } => commands::rules::run(&command, json).await,
        Command::Why(wish) => commands::why::run(&wish, json).await,
        Command::Component { command } => component::run(&command, json).await,
    }
}

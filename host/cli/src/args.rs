//! What can be written on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

/// Keeps a directory and its groups in step with Microsoft Entra ID.
#[derive(Debug, Parser)]
#[command(
    name = "rollcall",
    version,
    after_help = "Exit codes: 0 done; 1 the run failed; 2 wrong command line or configuration; 3 done, but objects or removals \
                  are held back; 4 waiting for another system; 5 another run is under way."
)]
pub struct Args {
    /// Answer with JSON on standard output
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Print a tenant's file to start with
    Init(Init),
    /// Check a tenant's file, without any call to the network
    Check {
        /// The tenant's file
        tenant: PathBuf,
    },
    /// Bring the target in step, once
    Sync(Sync),
    /// Show what a sync would change, and why
    Plan {
        /// The tenant's file
        tenant: PathBuf,
        /// Try another component for a step: mapping=./mine.wasm
        #[arg(long = "use", value_name = "STEP=COMPONENT")]
        replace: Vec<String>,
    },
    /// Read the target back, and tell what somebody changed there by hand
    Verify {
        /// The tenant's file
        tenant: PathBuf,
        /// Repair it too
        #[arg(long)]
        repair: bool,
    },
    /// Keep going on the tenant's schedule
    Run {
        /// The tenant's file
        tenant: PathBuf,
    },
    /// List the runs
    History {
        /// The tenant's file
        tenant: PathBuf,
        /// How many
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Show the log of a run
    Log(Log),
    /// Let the next run read everything again ("Reset sync")
    Reset {
        /// The tenant's file
        tenant: PathBuf,
    },
    /// Let what is held back be tried again in the next run
    Retry(Retry),
    /// Show or change what a step keeps between runs
    Storage(Storage),
    /// Try attribute mappings
    Mapping {
        #[command(subcommand)]
        command: Mapping,
    },
    /// Try group rules
    Rules {
        #[command(subcommand)]
        command: Rules,
    },
    /// Explain why a person belongs to a group, or does not
    Why(Why),
    /// Make, look at and try components of your own
    Component {
        #[command(subcommand)]
        command: crate::component::args::Component,
    },
}

#[derive(Debug, clap::Args)]
pub struct Init {
    /// What to sync to: kaizala, scim or csv
    #[arg(long, default_value = "kaizala")]
    pub target: String,
    /// Print every setting with its default instead
    #[arg(long)]
    pub reference: bool,
}

#[derive(Debug, clap::Args)]
pub struct Sync {
    /// The tenant's file
    pub tenant: PathBuf,
    /// Only this person (the source's id)
    #[arg(long, value_name = "ID")]
    pub person: Option<String>,
    /// Let the removals go that this run held
    #[arg(long, value_name = "RUN")]
    pub confirm_deletions: Option<i64>,
    /// Stop before anything is pushed, and show what would be
    #[arg(long)]
    pub plan: bool,
    /// Use another component for a step: mapping=./mine.wasm
    #[arg(long = "use", value_name = "STEP=COMPONENT")]
    pub replace: Vec<String>,
    /// Keep every call of a step, with the data of people, for `rollcall component run --recorded`: `mapping[1]=./recorded`
    #[arg(long, value_name = "STEP=FOLDER")]
    pub record: Vec<String>,
}

#[derive(Debug, clap::Args)]
pub struct Log {
    /// The tenant's file
    pub tenant: PathBuf,
    /// The run's number; the newest if it is left out
    pub run: Option<i64>,
    /// Only what concerns this person
    #[arg(long, value_name = "ID")]
    pub person: Option<String>,
    /// Only what did not go as wished
    #[arg(long)]
    pub failed: bool,
    /// Write to a file instead
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Retry {
    /// The tenant's file
    pub tenant: PathBuf,
    /// Only this person
    #[arg(long, value_name = "ID")]
    pub person: Option<String>,
    /// Only this group
    #[arg(long, value_name = "KEY", conflicts_with = "person")]
    pub group: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct Storage {
    /// The tenant's file
    pub tenant: PathBuf,
    /// The step, such as grouping or `mapping[1]`
    pub step: String,
    /// Write a value to standard output, as it is
    #[arg(long, value_name = "KEY", group = "what")]
    pub get: Option<String>,
    /// Put a file's content there
    #[arg(long, value_name = "KEY=FILE", group = "what")]
    pub set: Option<String>,
    /// Take a key away
    #[arg(long, value_name = "KEY", group = "what")]
    pub remove: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum Mapping {
    /// Show how a user is mapped
    Try(TryMapping),
}

#[derive(Debug, clap::Args)]
pub struct TryMapping {
    /// The tenant's file
    #[arg(required_unless_present = "expression")]
    pub tenant: Option<PathBuf>,
    /// One expression, without a tenant
    #[arg(long, value_name = "EXPR", allow_hyphen_values = true, conflicts_with = "tenant")]
    pub expression: Option<String>,
    /// A file with a Graph user as JSON (- for standard input), or with a tenant the id of a user
    #[arg(long, value_name = "FILE|ID")]
    pub user: String,
    /// Show the value of each part of the expressions
    #[arg(long)]
    pub explain: bool,
}

#[derive(Debug, Subcommand)]
pub enum Rules {
    /// Show whether a rule holds for a user, part by part
    Try(TryRule),
}

#[derive(Debug, clap::Args)]
pub struct TryRule {
    /// The rule
    #[arg(allow_hyphen_values = true)]
    pub rule: String,
    /// A file with a Graph user as JSON (- for standard input), or with --tenant the id of a user
    #[arg(long, value_name = "FILE|ID")]
    pub user: String,
    /// The tenant's file, where the user is given by its id or the rule asks about the profile
    #[arg(long)]
    pub tenant: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Why {
    /// The tenant's file
    pub tenant: PathBuf,
    /// The person (the source's id)
    pub person: String,
    /// The group's key or name
    pub group: String,
}

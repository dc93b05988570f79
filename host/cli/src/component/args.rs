//! What can be written behind `rollcall component`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use serde::{Deserialize, Serialize};

#[derive(Debug, Subcommand)]
pub enum Component {
    /// Start a project for a component of your own
    New(New),
    /// Build the component of a project
    Build {
        /// The folder of the project
        #[arg(default_value = ".")]
        project: PathBuf,
    },
    /// Tell what a component exports, imports and needs to be granted
    Inspect {
        /// A component, or the name of one that comes with Rollcall
        component: String,
    },
    /// Try a component in the sandbox as the host relies on it
    Test(Try),
    /// Run one batch in the sandbox and print what comes of it
    Run(Batch),
    /// Print the contract of this host, item by item
    Reference {
        /// As what
        #[arg(long, value_enum, default_value = "markdown")]
        form: Form,
    },
    /// Look at the components of a tenant that do not come with Rollcall, show what changed, and pin them as they are
    Pin {
        /// The tenant's file; its lock file stands beside it
        tenant: PathBuf,
        /// Show what is different and renew nothing
        #[arg(long)]
        show: bool,
    },
}

#[derive(Debug, clap::Args)]
pub struct New {
    /// What it shall be called: lower-case letters, digits and -
    pub name: String,
    /// Which step it does
    #[arg(long, value_enum, required_unless_present = "example")]
    pub step: Option<Step>,
    /// What it is written in
    #[arg(long, value_enum, default_value = "rust")]
    pub lang: Language,
    /// Start with one of the examples instead: hr-service, local-names, shift-groups, scim-pull or chat-notices
    #[arg(long, value_name = "EXAMPLE", conflicts_with_all = ["step", "lang"])]
    pub example: Option<String>,
    /// Where the folder of the project is made
    #[arg(long, value_name = "FOLDER", default_value = ".")]
    pub within: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Batch {
    /// A component, the name of one that comes with Rollcall, or the folder of a project
    #[arg(default_value = ".")]
    pub component: String,
    /// The batch, as JSON lines (or a JSON list): users, or for a target operations. Default: the project's sample.jsonl
    #[arg(long, value_name = "FILE")]
    pub input: Option<PathBuf>,
    /// Where a source goes on
    #[arg(long, value_name = "TEXT")]
    pub cursor: Option<String>,
    #[command(flatten)]
    pub given: Given,
}

#[derive(Debug, clap::Args)]
pub struct Try {
    /// A component, the name of one that comes with Rollcall, or the folder of a project
    #[arg(default_value = ".")]
    pub component: String,
    /// What it is tried on, with what is expected. Default: the project's sample.jsonl
    #[arg(long, value_name = "FILE")]
    pub sample: Option<PathBuf>,
    /// Instead: run the conformance suite for targets against the directory that this tenant's target leads to. It makes,
    /// changes and removes entries and groups there: give it a directory for tests
    #[arg(long, value_name = "TENANT.toml", conflicts_with_all = ["sample", "component", "step", "settings", "recorded", "grant"])]
    pub tenant: Option<PathBuf>,
    #[command(flatten)]
    pub given: Given,
}

/// What a component is given. A project file (component.toml) says it once and for all.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Given {
    /// The step, where a component does several
    #[arg(long, value_enum)]
    pub step: Option<Step>,
    /// Its settings: a JSON or TOML file. Default: `settings` of the component.toml beside it
    #[arg(long, value_name = "FILE")]
    pub settings: Option<PathBuf>,
    /// Give it what a recorded call was given: a folder that `rollcall sync --record` made
    #[arg(long, value_name = "FOLDER")]
    pub recorded: Option<PathBuf>,
    /// Grant something: storage, lookup, scheduling, outbox, http=ORIGIN or files=PATH
    #[arg(long, value_name = "GRANT")]
    pub grant: Vec<String>,
}

/// The forms of the contract's reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A page to read
    Markdown,
    /// Types for TypeScript, and for JavaScript that is checked
    Typescript,
}

/// The four steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// Where people come from
    Source,
    /// From a user to a profile
    Mapping,
    /// From a person to groups
    Grouping,
    /// The directory that is kept in step
    Target,
}

impl Step {
    /// The same in the sandbox's words.
    pub fn kind(self) -> rollcall_sandbox::StepKind {
        match self {
            Self::Source => rollcall_sandbox::StepKind::Source,
            Self::Mapping => rollcall_sandbox::StepKind::Mapping,
            Self::Grouping => rollcall_sandbox::StepKind::Grouping,
            Self::Target => rollcall_sandbox::StepKind::Target,
        }
    }

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        self.kind().as_str()
    }
}

/// The languages that there are templates for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Rust,
    Python,
    #[value(name = "javascript")]
    JavaScript,
    #[value(name = "typescript")]
    TypeScript,
    C,
}

impl Language {
    /// The word for it, which is also the folder of its templates.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Rust => "rust",
            Self::Python => "python",
            Self::JavaScript => "javascript",
            Self::TypeScript => "typescript",
            Self::C => "c",
        }
    }
}

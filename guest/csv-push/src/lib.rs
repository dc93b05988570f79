//! A Rollcall target: people, groups and members as CSV files in the tenant's outbox.
//!
//! The simplest way to try Rollcall, to migrate, and to hand people and groups over to a system that imports files. Whenever
//! anything changed, the files are written whole; each takes the place of the one before it only when it is complete.
//!
//! | file | columns |
//! | --- | --- |
//! | `people.csv` | `id` (the source's), then one for each attribute of the profile, by its name |
//! | `groups.csv` | `key`, `name`, `parent` (the parent's key), `welcome_message` |
//! | `members.csv` | `group` (its key), `person` (the id), `role` (`member` or `admin`) |
//!
//! UTF-8, lines that end with CR LF, quoting as RFC 4180 has it. A list is joined by `; `. Truth is `true` or `false`, a moment is
//! RFC 3339 text, and what has no value is empty. A person who is suspended is left out, unless `active_column` names a column
//! that tells who is active.
//!
//! **Formulas.** A spreadsheet takes a field that begins with `=`, `+`, `-` or `@` for a formula, and a name comes from whoever
//! may edit a profile. `guard_formulas = true` puts an apostrophe before such a field. It is off by default, because a program
//! that imports the file would take the apostrophe for a part of the name, and every phone number begins with `+`. Turn it on
//! when people open the files in a spreadsheet.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `settings` | the settings of the step |
//! | `table` | a CSV file while it is being written |
//! | `text` | a value as the text of a field |
//! | `files` | operations, and the three files that they become |

mod files;
mod settings;
mod table;
mod text;

pub use files::Files;
use rollcall_sdk::target::{Operation, Outcome, Target, TargetLimits};
use rollcall_sdk::{Attribute, Failure, Host, Problem};
pub use settings::Settings;

/// The target.
#[derive(Debug)]
pub struct CsvPush(Files<Host>);

impl Target for CsvPush {
    type Settings = Settings;

    fn configure(settings: Settings, attributes: &[Attribute]) -> Result<Self, Problem> {
        Files::new(Host, settings, attributes).map(CsvPush)
    }

    fn limits(&self) -> Result<TargetLimits, Failure> {
        Ok(self.0.limits())
    }

    fn push(&self, operations: Vec<Operation>) -> Vec<Outcome> {
        self.0.push(&operations)
    }
}

rollcall_sdk::export_target!(CsvPush);

//! A Rollcall source: people from a CSV file, local or behind an https address.
//!
//! ```toml
//! [source]
//! component = "csv-pull"
//! settings.file = "people.csv"                 # or settings.url = "https://hr.example.org/people.csv"
//! settings.id_column = "Personnel number"
//! settings.columns = { mobilePhone = "Mobile", department = "Org unit" }
//! ```
//!
//! The first line names the columns. Each line below is a person, whose id (one column) must never change and never be given to
//! somebody else. The columns become the properties that Microsoft Graph has for users, so that mappings and rules are the same
//! as with Entra ID: usual headers are known (`E-mail`, `Job title`, and so on), others are named in `columns`. A manager is
//! named by the manager's id.
//!
//! | settings | |
//! | --- | --- |
//! | `file` or `url` | where the file is; exactly one |
//! | `id_column` | the column with the id; otherwise one of the usual names (`id`, `Object id`, `Employee id` ...) |
//! | `columns` | property = column; `""` for a property that is not to be taken from any |
//! | `delimiter` | default: `,` |
//! | `list_separator` | what stands between the items of a list (`businessPhones`); default: `;` |
//! | `encoding` | `utf-8` (default; a byte order mark is tolerated) or `windows-1252` |
//!
//! **Every round lists everything**, a page at a time, and the host removes the people whom a whole round did not mention, within
//! its limits for deletions. So a line that cannot be understood must not look like somebody who left: where its id can be read,
//! the person stays as known, and the log names the line and the reason.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `settings` | the settings of the step |
//! | `content` | the bytes, from a file or downloaded |
//! | `encoding` | from bytes to text |
//! | `records` | from bytes to records (RFC 4180) |
//! | `headers` | the usual headers of properties |
//! | `columns` | which property stands in which column |
//! | `person` | from a record to a person |
//! | `cursor` | how far a round has come |
//! | `reading` | pages |

mod columns;
mod content;
mod cursor;
mod encoding;
mod headers;
mod person;
mod reading;
mod records;
mod settings;

pub use encoding::Encoding;
pub use reading::Csv;
use rollcall_sdk::source::{Page, Source, UserPatch};
use rollcall_sdk::{Failure, Host, Problem};
pub use settings::Settings;

/// The source.
#[derive(Debug)]
pub struct CsvPull(Csv<Host, Host>);

impl Source for CsvPull {
    type Settings = Settings;

    fn configure(settings: Settings, properties: &[String]) -> Result<Self, Problem> {
        Csv::new(Host, Host, settings, properties).map(CsvPull)
    }

    fn pull(&self, cursor: Option<&str>) -> Result<Page, Failure> {
        self.0.pull(cursor)
    }

    fn fetch(&self, id: &str) -> Result<Option<UserPatch>, Failure> {
        self.0.fetch(id)
    }
}

rollcall_sdk::export_source!(CsvPull);

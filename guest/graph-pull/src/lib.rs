//! A Rollcall source: the users of Microsoft Entra ID, by the delta queries of Microsoft Graph.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `settings` | the settings of the step |
//! | `selection` | from the properties that the other steps read to `$select` |
//! | `cursor` | how far a round has come |
//! | `page` | from a page of Graph to changes |
//! | `item` | one user or group of a page |
//! | `answer` | what Graph's errors mean |
//! | `graph` | the calls |
//!
//! Tokens are the host's business: it attaches them, and renews one that Graph refuses. The component sees none.
//!
//! Sources: Microsoft Graph documentation, "Use delta query to track changes", "user: delta", "group: delta", "Microsoft Graph
//! throttling guidance", "Microsoft Graph error responses".

mod answer;
mod cursor;
mod graph;
mod item;
mod page;
mod selection;
mod settings;

pub use graph::Graph;
use rollcall_sdk::source::{Page, Source, UserPatch};
use rollcall_sdk::{Failure, Host, Problem};
pub use settings::{Groups, Settings};

/// The source.
#[derive(Debug)]
pub struct GraphPull(Graph<Host>);

impl Source for GraphPull {
    type Settings = Settings;

    fn configure(settings: Settings, properties: &[String]) -> Result<Self, Problem> {
        Graph::new(Host, settings, properties).map(GraphPull)
    }

    fn pull(&self, cursor: Option<&str>) -> Result<Page, Failure> {
        self.0.pull(cursor)
    }

    fn fetch(&self, id: &str) -> Result<Option<UserPatch>, Failure> {
        self.0.fetch(id)
    }
}

rollcall_sdk::export_source!(GraphPull);

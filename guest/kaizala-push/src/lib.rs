//! A Rollcall target: the directory and groups of Microsoft Kaizala, as its documented API has them.
//!
//! Kaizala was retired on 31 August 2023. This component speaks the API that Microsoft documented until then.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `settings` | the settings of the step |
//! | `profile` | the phone number among the attributes |
//! | `reply` | what answers mean |
//! | `api` | the documented calls |
//! | `memory` | what must not be forgotten, so that nothing is created twice |
//! | `kaizala` | what Kaizala can do, and a batch of operations |
//! | `groups`, `members` | creating groups; letting people in and out |
//! | `directory`, `import` | people by an endpoint of our own invention; people by a file for the portal |
//! | `reading` | reading back |
//!
//! A connector may send 100 calls a minute, so calls are the cost: a group is created with its first members, members are
//! added 100 at a time, and nothing is read that is known.

mod api;
mod directory;
#[cfg(test)]
mod fake;
mod groups;
mod import;
mod kaizala;
mod members;
mod memory;
mod profile;
mod reading;
mod reply;
mod settings;
#[cfg(test)]
mod tests;

pub use kaizala::Kaizala;
use rollcall_sdk::target::{FoundPage, Listing, Operation, Outcome, Target, TargetLimits};
use rollcall_sdk::{Attribute, Failure, Host, Problem};
pub use settings::{Directory, GroupType, Settings, SubgroupForm};

/// The target.
#[derive(Debug)]
pub struct KaizalaPush(Kaizala<Host, Host, Host>);

impl Target for KaizalaPush {
    type Settings = Settings;

    fn configure(settings: Settings, attributes: &[Attribute]) -> Result<Self, Problem> {
        Kaizala::new(Host, Host, Host, settings, attributes).map(KaizalaPush)
    }

    fn limits(&self) -> Result<TargetLimits, Failure> {
        Ok(self.0.limits())
    }

    fn push(&self, operations: Vec<Operation>) -> Vec<Outcome> {
        self.0.push(&operations)
    }

    fn read(&self, what: Listing, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        self.0.read(&what, cursor)
    }
}

rollcall_sdk::export_target!(KaizalaPush);

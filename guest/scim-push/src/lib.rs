//! A Rollcall target: the users and groups of a SCIM 2.0 service (RFC 7643, RFC 7644).
//!
//! ```toml
//! [target]
//! component = "scim-push"
//! settings.base_url = "https://directory.example.org/scim/v2"
//! settings.attributes = { "name.honorificPrefix" = "salutation", nickName = "name" }
//! ```
//!
//! A person's `externalId` is the source's id, `userName` the attribute that the setting `user_name` names, and the other attributes
//! stand where `attributes` says (SCIM path = attribute of the profile) or in their usual places:
//!
//! | attribute | path |
//! | --- | --- |
//! | `name` | `displayName`, `name.formatted` |
//! | `phone_number` | `phoneNumbers[type eq "mobile"].value` |
//! | `email` | `emails[type eq "work"].value` |
//! | `city`, `office` | `addresses[type eq "work"].locality`, `addresses[type eq "other"].formatted` |
//! | `job_title`, `department`, `employee_id` | `title`, `department`, `employeeNumber` |
//! | `first_name`, `last_name` | `name.givenName`, `name.familyName` |
//! | `manager_id` | `manager`, see below |
//! | `manager_name` | `manager.displayName`, where the service lets it be written |
//!
//! Attributes of the enterprise extension may be written without its URN. `manager` takes an attribute that holds the manager's
//! *source* id (`[manager.id]`), and becomes a reference to the manager's own entry as soon as both have one.
//!
//! * **What the service can do** it says itself: PATCH or PUT, filters, bulk requests, the size of pages, the attributes that it
//!   has. One that says nothing is taken to do what almost all do.
//! * **Nothing is created twice**: before creating, an entry is looked for by `externalId`, then by `userName` (a group by
//!   `displayName`), and taken over. Several that match are held back with their ids.
//! * **Versions** (ETags), where the service gives them: a change names the version that it is meant for, and an entry that somebody else
//!   changed meanwhile is read again. Versions that a service tells and then refuses are not used.
//! * **Suspended** people have `active: false`.
//! * **Groups** have their key as `externalId`, their name, and members. SCIM has no place for parents, greetings and
//!   administrators.
//! * **Quirks** that are put up with: answers without `schemas`, truth as text, 200 or 204 to a PATCH, any case of names, a
//!   creation that tells nothing but its `Location`, filters without `or`, 404 where nothing is found, members that can be removed only
//!   by writing the others.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `settings` | the settings of the step |
//! | `path` | attribute paths, and what they lead to |
//! | `profile` | the attributes of the profile and their places |
//! | `change` | from what is there and what is wanted to a PATCH |
//! | `api` | requests, and what answers mean |
//! | `service` | discovery |
//! | `memory` | whose entry is whose, and who waits for a manager |
//! | `directory` | finding entries |
//! | `entry` | changing one entry |
//! | `people`, `bulk`, `managers`, `groups`, `members` | operations |
//! | `scim` | what the service can do, and a batch |
//! | `reading` | reading back |

mod api;
mod bulk;
mod change;
mod directory;
mod entry;
mod groups;
mod managers;
mod members;
mod memory;
mod path;
mod people;
mod profile;
mod reading;
mod scim;
mod service;
mod settings;

use rollcall_sdk::target::{FoundPage, Listing, Operation, Outcome, Target, TargetLimits};
use rollcall_sdk::{Attribute, Failure, Host, Problem};
pub use scim::Scim;
pub use settings::{Bulk, Settings};

/// The target.
#[derive(Debug)]
pub struct ScimPush(Scim<Host, Host>);

impl Target for ScimPush {
    type Settings = Settings;

    fn configure(settings: Settings, attributes: &[Attribute]) -> Result<Self, Problem> {
        Scim::new(Host, Host, settings, attributes).map(ScimPush)
    }

    fn limits(&self) -> Result<TargetLimits, Failure> {
        self.0.limits()
    }

    fn push(&self, operations: Vec<Operation>) -> Vec<Outcome> {
        self.0.push(&operations)
    }

    fn read(&self, what: Listing, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        self.0.read(&what, cursor)
    }
}

rollcall_sdk::export_target!(ScimPush);

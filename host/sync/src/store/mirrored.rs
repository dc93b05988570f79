//! What goes into the mirror and what is read of it: pages, and people to be decided about.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::{Fate, Millis, Row};

/// Names of first-level source properties.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Names {
    /// Every property.
    All,
    /// These.
    Only(BTreeSet<String>),
}

impl Names {
    /// The first-level names of property paths; `*` is every property.
    pub fn of_paths<S: AsRef<str>>(paths: impl IntoIterator<Item = S>) -> Self {
        let mut names = BTreeSet::new();
        for path in paths {
            let path = path.as_ref();
            if path == "*" {
                return Self::All;
            }
            names.insert(path.split('.').next().unwrap_or(path).to_owned());
            // A property whose own name has a dot.
            names.insert(path.to_owned());
        }
        Self::Only(names)
    }

    /// Whether one of `changed` is among them.
    pub fn touch(&self, changed: &[String]) -> bool {
        match self {
            Self::All => !changed.is_empty(),
            Self::Only(names) => changed.iter().any(|name| names.contains(name)),
        }
    }
}

/// Which changes of an object matter to whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interest {
    /// Properties that mapping, scope and deprovisioning read.
    pub mapping: Names,
    /// Properties that grouping reads.
    pub grouping: Names,
    /// Properties that are read of others.
    pub looked_up: Names,
}

/// What a step did beside its answer; it is committed with the page or batch in which it was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Effects {
    /// Writes to key-value storage: step, key, value (none deletes).
    pub key_values: Vec<(String, String, Option<Vec<u8>>)>,
    /// Wake-ups: step, subject, when.
    pub wakes: Vec<(String, String, Millis)>,
}

impl Effects {
    /// Adds what was done after this.
    pub fn append(&mut self, mut later: Self) {
        self.key_values.append(&mut later.key_values);
        self.wakes.append(&mut later.wakes);
    }
}

/// One change of the source, already checked to be readable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceChange {
    /// A patch of a user: id and JSON object.
    User(String, String),
    /// A user that is gone.
    Removed(String),
    /// A patch of a group of the source.
    Group(String, String),
    /// A group of the source that is gone.
    GroupRemoved(String),
    /// Group, user, whether the user left.
    Membership(String, String, bool),
}

impl SourceChange {
    /// The user whose object it changes.
    pub fn user(&self) -> Option<&str> {
        match self {
            Self::User(id, _) | Self::Removed(id) => Some(id),
            Self::Group(..) | Self::GroupRemoved(_) | Self::Membership(..) => None,
        }
    }
}

/// What changed in the mirror since a version of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MirrorChanges {
    /// The version now: another one after every page and sweep of this process, 0 before the first.
    pub version: u64,
    /// The ids of users whose objects changed, page by page; none when that was too long ago to tell.
    pub users: Option<Vec<Arc<[String]>>>,
}

/// A page to be merged, with everything that must be committed with it.
#[derive(Debug)]
pub struct PageCommit<'a> {
    /// The changes, in their order.
    pub changes: &'a [SourceChange],
    /// Whether this round lists everything, so that what it does not mention is to be swept.
    pub full: bool,
    /// Which changes matter.
    pub interest: &'a Interest,
    /// Settings to write: the cursor, the round.
    pub settings: &'a [(&'a str, Option<&'a str>)],
    /// What the source did beside.
    pub effects: &'a Effects,
}

/// What a page came to.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct PageReceipt {
    /// Users never seen before (or seen again after a removal).
    pub new: u64,
    /// Users with a property that changed.
    pub changed: u64,
    /// Users removed.
    pub removed: u64,
    /// Users that were mentioned and had not changed.
    pub unchanged: u64,
    /// Objects that could not be merged: id and reason.
    pub bad: Vec<(String, String)>,
}

/// A person to be mapped or grouped.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// The person.
    pub row: Row,
    /// The source's id.
    pub id: String,
    /// The mirrored object; none when the user was removed.
    pub object: Option<String>,
    /// What was decided before.
    pub fate: Fate,
    /// Why.
    pub reason: Option<String>,
    /// The profile decided before.
    pub profile: Option<String>,
    /// What the target holds.
    pub applied: Option<String>,
    /// When it is to be mapped.
    pub map_due: Option<Millis>,
    /// When it is to be grouped.
    pub group_due: Option<Millis>,
    /// The ids of the source's groups that the user is in; empty unless asked for.
    pub member_of: Vec<String>,
}

/// Which jobs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// To be mapped (and then grouped).
    Map,
    /// To be grouped only.
    Group,
    /// Everybody who is present, one after the other: to be asked about rules that changed.
    Rescan,
}

/// Where to go on reading a queue.
pub type QueueCursor = Option<(Millis, Row)>;

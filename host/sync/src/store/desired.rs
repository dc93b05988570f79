//! What is decided about people and groups.

use std::collections::BTreeSet;

use super::{Failed, Fate, Millis, Row};

/// The groups of a person, as decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Belongings {
    /// Group key and rule id.
    pub keys: Vec<(String, String)>,
    /// The rules that were asked; none means all.
    pub asked: Option<BTreeSet<String>>,
    /// Rules among them that could not be decided: nothing changes by them.
    pub undecided: BTreeSet<String>,
}

/// What was decided about a person.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// The person.
    pub row: Row,
    /// What the target should hold. `Held` leaves profile and groups as they are.
    pub fate: Fate,
    /// Why, if it is not simply present.
    pub reason: Option<String>,
    /// The profile (encoded), for Present and Suspended.
    pub profile: Option<String>,
    /// The value of the first matching attribute.
    pub matching: Option<String>,
    /// Whether what the target holds differs from `profile` (the caller compares; see `plan`).
    pub differs: bool,
    /// Groups, when they were asked for.
    pub belongings: Option<Belongings>,
    /// Ids of the users that were looked up; none when the person was not mapped.
    pub looked_up: Option<BTreeSet<String>>,
    /// When to map again.
    pub map_due: Option<Millis>,
    /// When to group again.
    pub group_due: Option<Millis>,
    /// A step broke at this person; when it is tried again stands in `map_due`.
    pub failure: Option<Failed>,
}

/// Two people with one matching value: the second was held back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// Who was held back.
    pub id: String,
    /// Who has the value.
    pub holder: String,
    /// The value.
    pub value: String,
}

/// A group's description as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamDescription {
    /// The key.
    pub key: String,
    /// The definition as JSON (what the target is told); none when no rule makes this group any more.
    pub definition: Option<String>,
    /// The parent's key.
    pub parent: Option<String>,
    /// Members before it is made.
    pub minimum: u32,
    /// Whether it stays when it is empty.
    pub keep_empty: bool,
    /// The source's ids of its admins.
    pub admins: Vec<String>,
}

//! What is to be pushed, what was handed out, and what became of it.

use super::{Doubt, Fate, Millis, Row, Standing};

/// Which people to push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PeoplePhase {
    /// Entries in the way of others: their matching value belongs to somebody else now, or (when the target knows people by it
    /// alone) they have another one now.
    Displaced {
        /// The target knows people by the matching value alone.
        matching_is_identity: bool,
        /// Only entries that are in no group any more.
        alone: bool,
    },
    /// Entries that stand in the way of others and have another matching value now, at a target with ids of its own: before the
    /// rest of `In`.
    InFirst,
    /// New and changed entries.
    In {
        /// The target knows people by the matching value alone: nobody is put where another still is.
        matching_is_identity: bool,
    },
    /// Entries to be removed.
    Out {
        /// Only those whose removal was confirmed.
        confirmed_only: bool,
        /// Only entries that are in no group any more.
        alone: bool,
    },
}

/// Limits a push to one person, for a run on demand.
pub type Only = Option<Row>;

/// A person to be pushed.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonWork {
    /// The person.
    pub row: Row,
    /// The source's id.
    pub id: String,
    /// What is wanted.
    pub fate: Fate,
    /// Why, if there is a reason.
    pub reason: Option<String>,
    /// The wanted profile.
    pub profile: Option<String>,
    /// What the target holds.
    pub applied: Option<String>,
    /// Whether the entry is active.
    pub applied_active: bool,
    /// Whether its removal was confirmed.
    pub confirmed: bool,
    /// The wanted matching value.
    pub matching: Option<String>,
    /// The matching value that the target holds.
    pub applied_match: Option<String>,
    /// The target's id.
    pub remote: Option<String>,
    /// What is not known about the entry.
    pub doubt: Doubt,
}

/// A group to be pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamWork {
    /// The group.
    pub row: Row,
    /// Its key.
    pub key: String,
    /// Its rule's id.
    pub rule: String,
    /// Its definition, as JSON.
    pub definition: Option<String>,
    /// What the target holds, as JSON.
    pub applied: Option<String>,
    /// The target's id.
    pub remote: Option<String>,
    /// The target's id of the parent.
    pub parent_remote: Option<String>,
    /// How many members are wanted.
    pub members: i64,
    /// How many members the target holds.
    pub applied_members: i64,
    /// What is not known about it.
    pub doubt: Doubt,
    /// Its changes are too many to be made without somebody's word.
    pub held: bool,
}

/// A large group that would lose or gain too many members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeldTeam {
    /// Its key.
    pub key: String,
    /// Its definition, as JSON.
    pub definition: Option<String>,
    /// How many members it had when it was last in step.
    pub members: u64,
    /// Who would enter.
    pub entering: u64,
    /// Who would leave.
    pub leaving: u64,
}

/// From what on the changes of a group are too many.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TooMany {
    /// Smaller groups may change as they like.
    pub members: u32,
    /// The share of the members that may leave.
    pub loss: f64,
    /// The share of the members that may enter.
    pub growth: f64,
}

/// Which way members go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into the group (or to another role).
    In {
        /// The target knows people by the matching value alone: nobody enters where another with it still is.
        matching_is_identity: bool,
    },
    /// Out of the group.
    Out {
        /// Members whose whole entry is going to be removed need not be taken out one by one.
        leave_to_people_out: bool,
        /// Members whose entry's removal is held stay.
        confirmed_only: bool,
    },
}

/// A member to be pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberWork {
    /// The person.
    pub row: Row,
    /// The source's id.
    pub id: String,
    /// The target's id of the entry.
    pub remote: Option<String>,
    /// The target's id of the membership.
    pub membership: Option<String>,
    /// The matching value that the target holds.
    pub matching: String,
    /// True for an admin.
    pub admin: bool,
    /// What the target holds.
    pub standing: Standing,
    /// Whether that is known.
    pub doubt: bool,
}

/// Something that is about to be asked of the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// An entry is made or changed.
    PersonIn(Row),
    /// An entry is removed, and its memberships with it when `memberships` says so.
    PersonOut {
        /// The person.
        row: Row,
        /// Its memberships end too.
        memberships: bool,
    },
    /// A group is made or changed.
    TeamIn(Row),
    /// A group is removed.
    TeamOut(Row),
    /// People enter, or get another role.
    MembersIn {
        /// The group.
        team: Row,
        /// Who.
        members: Vec<Row>,
    },
    /// People leave.
    MembersOut {
        /// The group.
        team: Row,
        /// Who.
        members: Vec<Row>,
    },
}

/// Something that happened at the target.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// The entry is there now with these values.
    PersonIn {
        /// The person.
        row: Row,
        /// The values, encoded.
        profile: String,
        /// The matching value.
        matching: Option<String>,
        /// Whether the entry is active.
        active: bool,
        /// The target's id.
        remote: Option<String>,
    },
    /// The entry is gone, and its memberships with it when `memberships` says so.
    PersonOut {
        /// The person.
        row: Row,
        /// Its memberships ended too.
        memberships: bool,
    },
    /// The group is there now.
    TeamIn {
        /// The group.
        row: Row,
        /// Its definition.
        definition: String,
        /// The target's id.
        remote: Option<String>,
    },
    /// The group is gone, or has been emptied and is left.
    TeamOut {
        /// The group.
        row: Row,
        /// It could not be removed: it stays, empty.
        left: bool,
    },
    /// These people are members now: person, membership id, admin.
    MembersIn {
        /// The group.
        team: Row,
        /// Who.
        members: Vec<(Row, Option<String>, bool)>,
    },
    /// Somebody was found in a group, wanted there or not.
    MemberFound {
        /// The group.
        team: Row,
        /// Who.
        person: Row,
        /// The target's id of the membership.
        membership: Option<String>,
        /// Whether as an admin.
        admin: bool,
    },
    /// These people are no members now.
    MembersOut {
        /// The group.
        team: Row,
        /// Who.
        members: Vec<Row>,
    },
    /// The ids of memberships that were learned by the way: person (source id) and membership id.
    MembershipIds {
        /// The group.
        team: Row,
        /// Who.
        ids: Vec<(String, String)>,
    },
    /// Nothing was done, for certain, and nothing was in doubt before: the entry is as it was.
    PersonAsBefore(Row),
    /// The same of a group.
    TeamAsBefore(Row),
    /// The same of members, with what they were.
    MembersAsBefore {
        /// The group.
        team: Row,
        /// Who.
        members: Vec<(Row, Standing)>,
    },
    /// It did not succeed.
    Failed(Failed),
}

/// What a failure is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A person's entry.
    Person(Row),
    /// A group.
    Team(Row),
    /// A membership: group, person.
    Member(Row, Row),
    /// Mapping or grouping a person.
    Decision(Row),
}

/// A failure of one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// What.
    pub subject: Subject,
    /// Attempts so far, with this one.
    pub attempts: u32,
    /// When to try again; [`NEVER`](super::NEVER) when it is parked.
    pub next: Millis,
    /// Why.
    pub reason: String,
    /// HTTP status.
    pub status: Option<u16>,
    /// The provider's code.
    pub code: Option<String>,
    /// The provider's request id.
    pub request_id: Option<String>,
}

/// How much is pending, by kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Pending {
    /// Entries to be created.
    pub people_created: u64,
    /// Entries to be changed.
    pub people_updated: u64,
    /// Entries to be removed.
    pub people_removed: u64,
    /// Groups to be created.
    pub groups_created: u64,
    /// Groups to be changed.
    pub groups_updated: u64,
    /// Groups to be removed.
    pub groups_removed: u64,
    /// Members to be added.
    pub members_added: u64,
    /// Members to be removed.
    pub members_removed: u64,
    /// Objects that wait for another attempt or are parked.
    pub held_back: u64,
}

impl Pending {
    /// Whether there is nothing to push.
    pub fn is_empty(&self) -> bool {
        Self { held_back: 0, ..*self } == Self::default()
    }
}

/// A run in the history.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RunRecord {
    /// The number, from 1.
    pub number: i64,
    /// `initial`, `incremental`, `full`, `person` or `plan`.
    pub kind: String,
    /// `Running`, `Success`, `Partial`, `Failure`, `Waiting` or `Held`.
    pub status: String,
    /// RFC 3339.
    pub started: String,
    /// RFC 3339.
    pub ended: Option<String>,
    /// What to know about it.
    pub message: Option<String>,
    /// Counts, as JSON.
    pub counts: serde_json::Value,
}

/// A listed object with its failure, for `history` and `retry`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct HeldBack {
    /// `person`, `group` or `membership`.
    pub kind: &'static str,
    /// The person's id or the group's key.
    pub id: String,
    /// For a membership, the group's key.
    pub group: Option<String>,
    /// Why.
    pub reason: String,
    /// Attempts so far.
    pub attempts: u32,
    /// When it is tried again; none when it is parked or waits for a change.
    pub next: Option<Millis>,
}

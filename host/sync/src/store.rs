//! Where a tenant's state lives: the [`Store`] trait and the values that go in and out of it.
//!
//! The trait is written in the sync's own words (commit a page, commit decisions, record outcomes), each a transaction of a page or
//! a batch, so that an implementation for another database can pass the same tests. [`sqlite`] is the embedded one.
//!
//! | picture | written by | read by |
//! | --- | --- | --- |
//! | mirror | [`Store::commit_page`], [`Store::sweep`] | [`Store::jobs`], look-ups |
//! | desired | [`Store::commit_decisions`], [`Store::describe_teams`] | the push queries |
//! | applied | [`Store::record`] | the push queries |

pub mod sqlite;

use std::collections::BTreeSet;

/// A number that the store gives a person or a group.
pub type Row = i64;

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type Millis = i64;

/// Never: the due time of what is parked.
pub const NEVER: Millis = i64::MAX;

/// What a store can fail with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The database refused: disk full, file damaged, no permission.
    #[error("the state of this tenant cannot be used: {0}")]
    Database(String),
    /// The state was written by a newer Rollcall.
    #[error(
        "the state was written by a newer version of Rollcall (schema {found}, this one knows {known}): use that version"
    )]
    TooNew {
        /// The schema's version in the file.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
}

/// Short for results of a store.
pub type Result<T, E = StoreError> = std::result::Result<T, E>;

/// What the target should hold of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Not decided yet.
    Unknown,
    /// An entry, and its groups.
    Present,
    /// An inactive entry and no group.
    Suspended,
    /// Nothing.
    Absent,
    /// Whatever it holds now: the person could not be mapped.
    Held,
}

/// What is not known about something at the target: it was handed out, and no answer came or none was recorded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Doubt {
    /// Nothing.
    #[default]
    None,
    /// Whether it was made. What may be there counts as applied.
    Made,
    /// Whether it was changed.
    Changed,
    /// Whether it was removed.
    Removed,
}

/// What somebody is in a group, as the target is known (or feared) to hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// No member.
    Out,
    /// A member.
    Member,
    /// An admin.
    Admin,
}

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
    /// When to try again; [`NEVER`] when it is parked.
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

/// The state of one tenant.
///
/// Every method is one transaction. Methods block: call them from a thread that may.
pub trait Store: Send + Sync {
    /// A setting.
    fn setting(&self, name: &str) -> Result<Option<String>>;
    /// Writes settings; none deletes.
    fn set(&self, settings: &[(&str, Option<&str>)]) -> Result<()>;

    /// Forgets what the last full round saw, before the first page of another.
    fn start_full_round(&self) -> Result<()>;
    /// Merges a page.
    fn commit_page(&self, page: &PageCommit<'_>) -> Result<PageReceipt>;
    /// Removes up to `limit` users that the full round did not see; answers their ids. Empty when there are none left.
    fn sweep(&self, limit: u32) -> Result<Vec<String>>;
    /// How many users the mirror holds, and how many of them the full round has seen.
    fn mirrored(&self) -> Result<(u64, u64)>;

    /// Up to `limit` people whose stage is due at `now`, behind `after`, with the cursor to go on.
    fn jobs(
        &self,
        stage: Stage,
        now: Millis,
        after: QueueCursor,
        limit: u32,
        member_of: bool,
    ) -> Result<(Vec<Job>, QueueCursor)>;
    /// How many people have work of this stage.
    fn jobs_due(&self, stage: Stage, now: Millis) -> Result<u64>;
    /// Gives everybody (or those who depend on these rules' groups) work of this stage.
    fn mark_all(&self, stage: Stage) -> Result<()>;
    /// How many removals are due that nobody has confirmed.
    fn unconfirmed_removals(&self, now: Millis) -> Result<u64>;
    /// Gives one person work.
    fn mark(&self, stage: Stage, id: &str) -> Result<()>;
    /// Writes decisions; answers who was held back because another has the matching value.
    fn commit_decisions(&self, decisions: &[Decision], effects: &Effects) -> Result<Vec<Conflict>>;
    /// A number that is another one after every page and sweep of this process.
    fn mirror_version(&self) -> u64;
    /// Those of these users of whom the mirror knows nothing.
    fn unknown(&self, ids: &BTreeSet<String>) -> Result<BTreeSet<String>>;
    /// The mirrored object of a user.
    fn object(&self, id: &str) -> Result<Option<String>>;
    /// The ids of the source's groups that a user is in.
    fn member_of(&self, id: &str) -> Result<Vec<String>>;
    /// The person with this id.
    fn person(&self, id: &str) -> Result<Option<PersonWork>>;

    /// Keys of groups that have no description yet.
    fn undescribed_teams(&self, limit: u32) -> Result<Vec<String>>;
    /// The key of the group with this key or name.
    fn team_key(&self, key_or_name: &str) -> Result<Option<String>>;
    /// Entries that the target holds, in the order of their rows.
    fn applied_entries(&self, after: Row, limit: u32) -> Result<Vec<PersonWork>>;
    /// Groups that the target holds.
    fn applied_teams(&self, after: Row, limit: u32) -> Result<Vec<TeamWork>>;
    /// Members that a group has at the target.
    fn applied_members(&self, team: Row, after: Row, limit: u32) -> Result<Vec<MemberWork>>;
    /// The keys of the groups that somebody belongs to or still is in, sorted.
    fn groups_of(&self, person: Row) -> Result<Vec<String>>;
    /// Keys of all groups, behind `after`.
    fn team_keys(&self, after: &str, limit: u32) -> Result<Vec<String>>;
    /// Writes descriptions.
    fn describe_teams(&self, teams: &[TeamDescription]) -> Result<()>;
    /// Ends every membership that came from a rule that is not among `rules`.
    fn retire_rules(&self, rules: &BTreeSet<String>) -> Result<()>;

    /// What is pending at `now`.
    fn pending(&self, now: Millis) -> Result<Pending>;
    /// How many entries the target holds.
    fn applied_people(&self) -> Result<u64>;
    /// People to be pushed.
    fn people(&self, phase: PeoplePhase, now: Millis, after: Row, limit: u32, only: Only) -> Result<Vec<PersonWork>>;
    /// Every person that the target should hold, behind `after`: for targets that want everything. Where the matching value is all that says
    /// who somebody is, nobody is listed in the place of another.
    fn all_people(&self, matching_is_identity: bool, after: Row, limit: u32) -> Result<Vec<PersonWork>>;
    /// Groups to be created or changed; only those whose parent the target holds.
    fn teams_in(&self, now: Millis, after: Row, limit: u32) -> Result<Vec<TeamWork>>;
    /// Groups to be removed.
    fn teams_out(&self, now: Millis, after: Row, limit: u32) -> Result<Vec<TeamWork>>;
    /// Groups that the target should hold, behind `after`.
    fn all_teams(&self, after: Row, limit: u32) -> Result<Vec<TeamWork>>;
    /// Groups with members to be pushed in this direction, behind `after`.
    fn teams_with_members(
        &self,
        direction: Direction,
        now: Millis,
        after: Row,
        limit: u32,
        only: Only,
    ) -> Result<Vec<TeamWork>>;
    /// Members of a group to be pushed, behind `after`.
    fn members(
        &self,
        team: Row,
        direction: Direction,
        now: Millis,
        after: Row,
        limit: u32,
        only: Only,
    ) -> Result<Vec<MemberWork>>;
    /// The groups that the target has a person in, each with the membership.
    fn applied_memberships(&self, person: Row) -> Result<Vec<(TeamWork, MemberWork)>>;
    /// Groups whose members differ from what the target holds, whatever stands in the way of pushing them now.
    fn teams_due(&self, now: Millis, limit: u32) -> Result<Vec<TeamWork>>;
    /// The members of such a group who would enter or leave.
    fn members_due(&self, team: Row, direction: Direction, now: Millis, limit: u32) -> Result<Vec<MemberWork>>;
    /// When the next attempt at something that failed is due, after `now`.
    fn next_attempt(&self, now: Millis) -> Result<Option<Millis>>;
    /// Every member that a group should have, behind `after`; with `keep_unconfirmed` also those whose removal is held. Of a group whose
    /// changes are held, every member that it has.
    fn all_members(&self, team: Row, after: Row, limit: u32, keep_unconfirmed: bool) -> Result<Vec<MemberWork>>;
    /// How often something failed already.
    fn attempts(&self, subject: Subject) -> Result<u32>;
    /// Notes what is about to be asked of the target, before it is: until an outcome is recorded, it is in doubt and stays due.
    fn hand_out(&self, attempts: &[Attempt]) -> Result<()>;
    /// Records what happened at the target.
    fn record(&self, applied: &[Applied], effects: &Effects) -> Result<()>;

    /// Lets objects be tried again now: everything, one person or one group. Answers how many.
    fn retry(&self, person: Option<&str>, team: Option<&str>) -> Result<u64>;
    /// What is held back, for a listing.
    fn held_back(&self, limit: u32) -> Result<Vec<HeldBack>>;

    /// Remembers that a run holds these removals.
    fn hold(&self, run: i64, now: Millis) -> Result<u64>;
    /// Holds the changes of large groups that are too many, unless somebody let them go, and frees those that are not any more.
    fn hold_teams(&self, run: i64, now: Millis, too_many: TooMany) -> Result<Vec<HeldTeam>>;
    /// Notes the size of every group that is in step, for [`hold_teams`](Self::hold_teams) to compare with.
    fn settle_teams(&self) -> Result<()>;
    /// Confirms what a run holds; answers how many.
    fn confirm(&self, run: i64) -> Result<u64>;
    /// People whose removal a run holds, behind `after`.
    fn held(&self, run: i64, after: Row, limit: u32) -> Result<Vec<PersonWork>>;

    /// Due wake-ups of a step.
    fn due_wakes(&self, step: &str, now: Millis) -> Result<Vec<String>>;
    /// Forgets wake-ups that were honoured.
    fn clear_wakes(&self, step: &str, now: Millis) -> Result<()>;
    /// The next moment at which something is due by itself.
    fn next_due(&self, now: Millis) -> Result<Option<Millis>>;
    /// Whether another person than `except` has, or is to have, this text at a position of the profile.
    fn in_use(&self, position: usize, text: &str, except: &str) -> Result<bool>;
    /// A value of key-value storage.
    fn key_value(&self, step: &str, key: &str) -> Result<Option<Vec<u8>>>;
    /// Keys of key-value storage behind `after`.
    fn keys(&self, step: &str, after: &str, limit: u32) -> Result<Vec<String>>;
    /// Bytes that a step's storage holds.
    fn stored_bytes(&self, step: &str) -> Result<u64>;

    /// Starts a run in the history; answers its number. A run that never ended is marked as interrupted.
    fn start_run(&self, kind: &str, started: &str) -> Result<i64>;
    /// Ends it.
    fn end_run(&self, run: &RunRecord) -> Result<()>;
    /// The newest runs first.
    fn runs(&self, limit: u32) -> Result<Vec<RunRecord>>;
    /// Forgets old runs; answers the numbers that are gone.
    fn forget_runs(&self, keep: u32, before: &str) -> Result<Vec<i64>>;

    /// Forgets the source's cursor so that the next run lists everything.
    fn reset(&self) -> Result<()>;
}

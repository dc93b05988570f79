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

mod applied;
mod desired;
mod mirrored;
pub mod sqlite;

use std::collections::BTreeSet;

pub use self::applied::*;
pub use self::desired::*;
pub use self::mirrored::*;

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
    /// What changed in the mirror since this process saw `since` of it, the version that the last answer had.
    fn mirror_changes(&self, since: u64) -> MirrorChanges;
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
    /// Records what happened at the target, and what is about to be asked of it next: until an outcome of that is recorded, it is in doubt
    /// and stays due. Before it is asked, [`flush`](Self::flush) must have returned.
    fn record(&self, applied: &[Applied], effects: &Effects, next: &[Attempt]) -> Result<()>;
    /// Waits until all that was written is on the disk; others go on writing meanwhile.
    fn flush(&self) -> Result<()>;

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

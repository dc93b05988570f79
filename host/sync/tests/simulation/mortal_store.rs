//! The real store, in a process that may die before or after any transaction.

use std::collections::BTreeSet;
use std::sync::Arc;

use rollcall_sync::store::sqlite::SqliteStore;
use rollcall_sync::store::*;

use crate::chaos::{Chaos, Fortune};

/// A store that the process takes with it when it dies. The file stays.
pub struct MortalStore {
    file: SqliteStore,
    chaos: Arc<Chaos>,
}

fn dead<T>() -> Result<T> {
    Err(StoreError::Database("the process is dead".into()))
}

impl MortalStore {
    /// The store of a process.
    pub fn new(file: SqliteStore, chaos: Arc<Chaos>) -> Self {
        Self { file, chaos }
    }

    fn reading<T>(&self, read: impl FnOnce(&SqliteStore) -> Result<T>) -> Result<T> {
        if self.chaos.dead() { dead() } else { read(&self.file) }
    }

    fn writing<T>(&self, what: &str, write: impl FnOnce(&SqliteStore) -> Result<T>) -> Result<T> {
        match self.chaos.step(what) {
            Fortune::Lives => write(&self.file),
            Fortune::DiesBefore | Fortune::Dead => dead(),
            Fortune::DiesAfter => {
                write(&self.file)?;
                dead()
            }
        }
    }
}

macro_rules! delegate {
    ($($kind:ident $name:ident($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {
        impl Store for MortalStore {
            fn mirror_changes(&self, since: u64) -> MirrorChanges {
                self.file.mirror_changes(since)
            }
            $(delegate!(@ $kind $name($($argument: $type),*) -> $answer);)*
        }
    };
    (@ read $name:ident($($argument:ident: $type:ty),*) -> $answer:ty) => {
        fn $name(&self, $($argument: $type),*) -> Result<$answer> {
            self.reading(|file| file.$name($($argument),*))
        }
    };
    (@ write $name:ident($($argument:ident: $type:ty),*) -> $answer:ty) => {
        fn $name(&self, $($argument: $type),*) -> Result<$answer> {
            self.writing(stringify!($name), |file| file.$name($($argument),*))
        }
    };
}

delegate! {
    read setting(name: &str) -> Option<String>;
    write set(settings: &[(&str, Option<&str>)]) -> ();
    write start_full_round() -> ();
    write commit_page(page: &PageCommit<'_>) -> PageReceipt;
    write sweep(limit: u32) -> Vec<String>;
    read mirrored() -> (u64, u64);
    read jobs(stage: Stage, now: Millis, after: QueueCursor, limit: u32, member_of: bool) -> (Vec<Job>, QueueCursor);
    read jobs_due(stage: Stage, now: Millis) -> u64;
    write mark_all(stage: Stage) -> ();
    read unconfirmed_removals(now: Millis) -> u64;
    write mark(stage: Stage, id: &str) -> ();
    write commit_decisions(decisions: &[Decision], effects: &Effects) -> Vec<Conflict>;
    read unknown(ids: &BTreeSet<String>) -> BTreeSet<String>;
    read object(id: &str) -> Option<String>;
    read member_of(id: &str) -> Vec<String>;
    read person(id: &str) -> Option<PersonWork>;
    read undescribed_teams(limit: u32) -> Vec<String>;
    read team_key(key_or_name: &str) -> Option<String>;
    read applied_entries(after: Row, limit: u32) -> Vec<PersonWork>;
    read applied_teams(after: Row, limit: u32) -> Vec<TeamWork>;
    read applied_members(team: Row, after: Row, limit: u32) -> Vec<MemberWork>;
    read groups_of(person: Row) -> Vec<String>;
    read team_keys(after: &str, limit: u32) -> Vec<String>;
    write describe_teams(teams: &[TeamDescription]) -> ();
    write retire_rules(rules: &BTreeSet<String>) -> ();
    read pending(now: Millis) -> Pending;
    read applied_people() -> u64;
    read people(phase: PeoplePhase, now: Millis, after: Row, limit: u32, only: Only) -> Vec<PersonWork>;
    read all_people(matching_is_identity: bool, after: Row, limit: u32) -> Vec<PersonWork>;
    read teams_in(now: Millis, after: Row, limit: u32) -> Vec<TeamWork>;
    read teams_out(now: Millis, after: Row, limit: u32) -> Vec<TeamWork>;
    read all_teams(after: Row, limit: u32) -> Vec<TeamWork>;
    read teams_with_members(direction: Direction, now: Millis, after: Row, limit: u32, only: Only) -> Vec<TeamWork>;
    read members(team: Row, direction: Direction, now: Millis, after: Row, limit: u32, only: Only) -> Vec<MemberWork>;
    read applied_memberships(person: Row) -> Vec<(TeamWork, MemberWork)>;
    read teams_due(now: Millis, limit: u32) -> Vec<TeamWork>;
    read members_due(team: Row, direction: Direction, now: Millis, limit: u32) -> Vec<MemberWork>;
    read next_attempt(now: Millis) -> Option<Millis>;
    read all_members(team: Row, after: Row, limit: u32, keep_unconfirmed: bool) -> Vec<MemberWork>;
    read attempts(subject: Subject) -> u32;
    write record(applied: &[Applied], effects: &Effects, next: &[Attempt]) -> ();
    write flush() -> ();
    write retry(person: Option<&str>, team: Option<&str>) -> u64;
    read held_back(limit: u32) -> Vec<HeldBack>;
    write hold(run: i64, now: Millis) -> u64;
    write hold_teams(run: i64, now: Millis, too_many: TooMany) -> Vec<HeldTeam>;
    write settle_teams() -> ();
    write confirm(run: i64) -> u64;
    read held(run: i64, after: Row, limit: u32) -> Vec<PersonWork>;
    read due_wakes(step: &str, now: Millis) -> Vec<String>;
    write clear_wakes(step: &str, now: Millis) -> ();
    read next_due(now: Millis) -> Option<Millis>;
    read in_use(position: usize, text: &str, except: &str) -> bool;
    read key_value(step: &str, key: &str) -> Option<Vec<u8>>;
    read keys(step: &str, after: &str, limit: u32) -> Vec<String>;
    read stored_bytes(step: &str) -> u64;
    write start_run(kind: &str, started: &str) -> i64;
    write end_run(run: &RunRecord) -> ();
    read runs(limit: u32) -> Vec<RunRecord>;
    write forget_runs(keep: u32, before: &str) -> Vec<i64>;
    write reset() -> ();
}

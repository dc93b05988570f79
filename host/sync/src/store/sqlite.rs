//! The embedded store: one SQLite database for each tenant.
//!
//! One connection writes; a few read beside it (WAL lets them). What an administrator was told is on the disk when the transaction is done
//! (`synchronous = full`). Pages, decisions and outcomes are not waited for (`normal`): the log is written in order, so a power cut takes
//! away the last of them and nothing between, as if the process had died a moment earlier; and the next commit that is waited for brings
//! all before it to the disk (SQLite, "PRAGMA synchronous", and "Write-Ahead Logging", Performance Considerations). What is handed to the
//! target is brought there before the call, by a flush of its own: the disk takes a while, and others can write meanwhile. Batches are sorted
//! by key before they are applied, which matters more than anything else for inserts into a table with random keys.

#[cfg(test)]
mod tests;

mod changes;
mod checkpoints;
mod decide;
mod flushes;
mod hand_out;
mod history;
mod hold;
mod pull;
mod push;
mod record;
mod storage;
mod teams;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use self::checkpoints::Checkpoints;
use self::flushes::Flushes;
use super::*;

const MIGRATIONS: &[&str] = &[include_str!("sqlite/schema-1.sql"), include_str!("sqlite/schema-2.sql")];

/// How long a connection waits for another.
const BUSY: Duration = Duration::from_secs(10);

/// Statements that stay prepared: every query of the store has its place in the cache.
const CACHED_STATEMENTS: usize = 128;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(error.to_string())
    }
}

/// A tenant's state in a SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    writer: Mutex<Writer>,
    readers: Mutex<Vec<Connection>>,
    mirrored: changes::Changes,
    flushes: Flushes,
    checkpoints: Checkpoints,
    path: std::path::PathBuf,
}

#[derive(Debug)]
struct Writer {
    connection: Connection,
    /// How the last transaction was written.
    flush: Flush,
}

/// Whether a transaction is on the disk when it is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flush {
    Now,
    Later,
}

impl SqliteStore {
    /// Opens the state in `path`, making it if it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened or was written by a newer version.
    pub fn open(path: &Path) -> Result<Self> {
        let mut writer = Connection::open(path)?;
        writer.busy_timeout(BUSY)?;
        writer.execute_batch(
            "pragma page_size = 8192; pragma journal_mode = wal; pragma synchronous = full; pragma foreign_keys = off;
             pragma cache_size = -65536; pragma wal_autocheckpoint = 8000; pragma temp_store = memory;",
        )?;
        keep_statements(&writer)?;
        migrate(&mut writer)?;
        Ok(Self {
            writer: Mutex::new(Writer { connection: writer, flush: Flush::Now }),
            readers: Mutex::default(),
            mirrored: changes::Changes::default(),
            flushes: Flushes::of(path),
            checkpoints: Checkpoints::of(path),
            path: path.to_owned(),
        })
    }

    /// Copies the state as it is now to another file, for trying something out.
    ///
    /// # Errors
    /// When the copy cannot be written.
    pub fn copy_to(&self, path: &Path) -> Result<()> {
        // A connection of its own: those that read refuse to write, also to another file.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.execute("vacuum into ?1", [path.to_string_lossy()])?;
        Ok(())
    }

    fn read<T>(&self, query: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T> {
        let pooled = lock(&self.readers).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => {
                let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(&self.path, flags)?;
                connection.execute_batch("pragma query_only = on; pragma cache_size = -8192;")?;
                keep_statements(&connection)?;
                connection.busy_timeout(BUSY)?;
                connection
            }
        };
        let answer = query(&connection);
        lock(&self.readers).push(connection);
        Ok(answer?)
    }

    /// Changes the state, and waits until the change is on the disk.
    fn write<T>(&self, change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        self.transact(Flush::Now, change)
    }

    /// Changes the state in a way that can be done again: see the module's text.
    fn write_soon<T>(&self, change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        self.transact(Flush::Later, change)
    }

    fn transact<T>(&self, flush: Flush, change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<T>) -> Result<T> {
        let mut writer = lock(&self.writer);
        if writer.flush != flush {
            let level = if flush == Flush::Now { "full" } else { "normal" };
            writer.connection.execute_batch(&format!("pragma synchronous = {level}"))?;
            writer.flush = flush;
        }
        let transaction = writer.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let answer = change(&transaction)?;
        transaction.commit()?;
        drop(writer);
        self.flushes.written();
        self.checkpoints.written();
        Ok(answer)
    }
}

/// Lets prepared statements be used again. Without the plan's stability, every statement over a table with a partial index is compiled anew
/// whenever a parameter changes, because the parameter might imply the index's condition (SQLite, "Query Planner Stability Guarantee").
fn keep_statements(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    Ok(())
}

/// A panic of another thread does not harm a connection: its transaction was rolled back.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn migrate(connection: &mut Connection) -> Result<()> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    let version = |connection: &Connection| connection.query_row("pragma user_version", [], |row| row.get(0));
    if version(connection)? == known {
        return Ok(());
    }
    // Another process may be at it at this moment: whoever comes second waits, and finds it done.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = version(&transaction)?;
    if found > known {
        return Err(StoreError::TooNew { found, known });
    }
    for migration in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", known)?;
    Ok(transaction.commit()?)
}

fn fate_of(number: i64) -> Fate {
    match number {
        1 => Fate::Present,
        2 => Fate::Suspended,
        3 => Fate::Absent,
        4 => Fate::Held,
        _ => Fate::Unknown,
    }
}

const fn number_of(fate: Fate) -> i64 {
    match fate {
        Fate::Unknown => 0,
        Fate::Present => 1,
        Fate::Suspended => 2,
        Fate::Absent => 3,
        Fate::Held => 4,
    }
}

fn doubt_of(number: i64) -> Doubt {
    match number {
        1 => Doubt::Made,
        2 => Doubt::Changed,
        3 => Doubt::Removed,
        _ => Doubt::None,
    }
}

fn standing_of(number: i64) -> Standing {
    match number {
        0 => Standing::Out,
        2 => Standing::Admin,
        _ => Standing::Member,
    }
}

const fn number_of_standing(standing: Standing) -> i64 {
    match standing {
        Standing::Out => 0,
        Standing::Member => 1,
        Standing::Admin => 2,
    }
}

const fn subject_key(subject: Subject) -> (i64, Row, Row) {
    match subject {
        Subject::Person(row) => (1, row, 0),
        Subject::Team(row) => (2, row, 0),
        Subject::Member(team, person) => (3, team, person),
        Subject::Decision(row) => (4, row, 0),
    }
}

fn apply_effects(tx: &Transaction<'_>, effects: &Effects) -> rusqlite::Result<()> {
    for (step, key, value) in &effects.key_values {
        match value {
            Some(value) => tx
                .prepare_cached(
                    "insert into key_value values (?1, ?2, ?3) on conflict do update set value = excluded.value",
                )?
                .execute((step, key, value))?,
            None => tx.prepare_cached("delete from key_value where step = ?1 and key = ?2")?.execute((step, key))?,
        };
    }
    for (step, subject, at) in &effects.wakes {
        tx.prepare_cached("insert into wake values (?1, ?2, ?3) on conflict do update set at = excluded.at")?
            .execute((step, subject, at))?;
    }
    Ok(())
}

fn write_settings(tx: &Transaction<'_>, settings: &[(&str, Option<&str>)]) -> rusqlite::Result<()> {
    for (name, value) in settings {
        match value {
            Some(value) => tx
                .prepare_cached("insert into setting values (?1, ?2) on conflict do update set value = excluded.value")?
                .execute((name, value))?,
            None => tx.prepare_cached("delete from setting where name = ?1")?.execute([name])?,
        };
    }
    Ok(())
}

fn collect<T, P: rusqlite::Params>(
    connection: &Connection,
    sql: &str,
    params: P,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(params, read)?.collect()
}

fn count<P: rusqlite::Params>(connection: &Connection, sql: &str, params: P) -> rusqlite::Result<u64> {
    let number: i64 = connection.prepare_cached(sql)?.query_row(params, |row| row.get(0))?;
    Ok(u64::try_from(number).unwrap_or(0))
}

fn optional<T, P: rusqlite::Params>(
    connection: &Connection,
    sql: &str,
    params: P,
    read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Option<T>> {
    use rusqlite::OptionalExtension;
    connection.prepare_cached(sql)?.query_row(params, read).optional()
}

impl Store for SqliteStore {
    fn setting(&self, name: &str) -> Result<Option<String>> {
        self.read(|c| optional(c, "select value from setting where name = ?1", [name], |row| row.get(0)))
    }
    fn set(&self, settings: &[(&str, Option<&str>)]) -> Result<()> {
        self.write(|tx| write_settings(tx, settings))
    }

    fn start_full_round(&self) -> Result<()> {
        self.write(|tx| {
            tx.execute("delete from seen", [])?;
            tx.execute("update source_member set seen = 0", []).map(|_| ())
        })
    }
    fn commit_page(&self, page: &PageCommit<'_>) -> Result<PageReceipt> {
        let receipt = self.write_soon(|tx| pull::commit_page(tx, page));
        self.mirrored.note(page.changes.iter().filter_map(SourceChange::user).map(str::to_owned));
        receipt
    }
    fn sweep(&self, limit: u32) -> Result<Vec<String>> {
        let swept = self.write_soon(|tx| pull::sweep(tx, limit));
        self.mirrored.note(swept.iter().flatten().cloned());
        swept
    }
    fn mirrored(&self) -> Result<(u64, u64)> {
        self.read(|c| Ok((count(c, "select count(*) from mirror", [])?, count(c, "select count(*) from seen", [])?)))
    }

    fn jobs(
        &self,
        stage: Stage,
        now: Millis,
        after: QueueCursor,
        limit: u32,
        member_of: bool,
    ) -> Result<(Vec<Job>, QueueCursor)> {
        self.read(|c| decide::jobs(c, stage, now, after, limit, member_of))
    }
    fn jobs_due(&self, stage: Stage, now: Millis) -> Result<u64> {
        self.read(|c| decide::jobs_due(c, stage, now))
    }
    fn mark_all(&self, stage: Stage) -> Result<()> {
        self.write(|tx| decide::mark_all(tx, stage))
    }
    fn unconfirmed_removals(&self, now: Millis) -> Result<u64> {
        self.read(|c| push::unconfirmed_removals(c, now))
    }
    fn mark(&self, stage: Stage, id: &str) -> Result<()> {
        self.write(|tx| decide::mark(tx, stage, id))
    }
    fn commit_decisions(&self, decisions: &[Decision], effects: &Effects) -> Result<Vec<Conflict>> {
        self.write_soon(|tx| decide::commit_decisions(tx, decisions, effects))
    }
    fn mirror_changes(&self, since: u64) -> MirrorChanges {
        self.mirrored.since(since)
    }
    fn unknown(&self, ids: &BTreeSet<String>) -> Result<BTreeSet<String>> {
        self.read(|c| pull::unknown(c, ids))
    }
    fn object(&self, id: &str) -> Result<Option<String>> {
        self.read(|c| {
            optional(c, "select object from mirror join person using (row) where id = ?1", [id], |row| row.get(0))
        })
    }
    fn member_of(&self, id: &str) -> Result<Vec<String>> {
        self.read(|c| decide::member_of(c, id))
    }
    fn person(&self, id: &str) -> Result<Option<PersonWork>> {
        self.read(|c| push::person(c, id))
    }

    fn undescribed_teams(&self, limit: u32) -> Result<Vec<String>> {
        self.read(|c| teams::undescribed(c, limit))
    }
    fn team_key(&self, key_or_name: &str) -> Result<Option<String>> {
        let sql = "select key from team where key = ?1 or json_extract(definition, '$.name') = ?1
                   order by key <> ?1 limit 1";
        self.read(|c| optional(c, sql, [key_or_name], |row| row.get(0)))
    }
    fn applied_entries(&self, after: Row, limit: u32) -> Result<Vec<PersonWork>> {
        self.read(|c| push::applied_entries(c, after, limit))
    }
    fn applied_teams(&self, after: Row, limit: u32) -> Result<Vec<TeamWork>> {
        self.read(|c| push::applied_teams(c, after, limit))
    }
    fn applied_members(&self, team: Row, after: Row, limit: u32) -> Result<Vec<MemberWork>> {
        self.read(|c| push::applied_members(c, team, after, limit))
    }
    fn groups_of(&self, person: Row) -> Result<Vec<String>> {
        let sql = "select key from member join team on team.row = member.team
                   where person = ?1 and (desired > 0 or member.applied > 0) order by key";
        self.read(|c| collect(c, sql, [person], |row| row.get(0)))
    }
    fn team_keys(&self, after: &str, limit: u32) -> Result<Vec<String>> {
        self.read(|c| {
            collect(c, "select key from team where key > ?1 order by key limit ?2", (after, limit), |row| row.get(0))
        })
    }
    fn describe_teams(&self, teams: &[TeamDescription]) -> Result<()> {
        self.write_soon(|tx| teams::describe(tx, teams))
    }
    fn retire_rules(&self, rules: &BTreeSet<String>) -> Result<()> {
        self.write(|tx| teams::retire_rules(tx, rules))
    }

    fn pending(&self, now: Millis) -> Result<Pending> {
        self.read(|c| push::pending(c, now))
    }
    fn applied_people(&self) -> Result<u64> {
        self.read(|c| count(c, "select count(*) from person where applied is not null", []))
    }
    fn people(&self, phase: PeoplePhase, now: Millis, after: Row, limit: u32, only: Only) -> Result<Vec<PersonWork>> {
        self.read(|c| push::people(c, phase, now, after, limit, only))
    }
    fn all_people(&self, matching_is_identity: bool, after: Row, limit: u32) -> Result<Vec<PersonWork>> {
        self.read(|c| push::all_people(c, matching_is_identity, after, limit))
    }
    fn teams_in(&self, now: Millis, after: Row, limit: u32) -> Result<Vec<TeamWork>> {
        self.read(|c| push::teams_in(c, now, after, limit))
    }
    fn teams_out(&self, now: Millis, after: Row, limit: u32) -> Result<Vec<TeamWork>> {
        self.read(|c| push::teams_out(c, now, after, limit))
    }
    fn all_teams(&self, after: Row, limit: u32) -> Result<Vec<TeamWork>> {
        self.read(|c| push::all_teams(c, after, limit))
    }
    fn teams_with_members(
        &self,
        direction: Direction,
        now: Millis,
        after: Row,
        limit: u32,
        only: Only,
    ) -> Result<Vec<TeamWork>> {
        self.read(|c| push::teams_with_members(c, direction, now, after, limit, only))
    }
    fn members(
        &self,
        team: Row,
        direction: Direction,
        now: Millis,
        after: Row,
        limit: u32,
        only: Only,
    ) -> Result<Vec<MemberWork>> {
        self.read(|c| push::members(c, team, direction, now, after, limit, only))
    }
    fn applied_memberships(&self, person: Row) -> Result<Vec<(TeamWork, MemberWork)>> {
        self.read(|c| push::applied_memberships(c, person))
    }
    fn teams_due(&self, now: Millis, limit: u32) -> Result<Vec<TeamWork>> {
        self.read(|c| push::teams_due(c, now, limit))
    }
    fn members_due(&self, team: Row, direction: Direction, now: Millis, limit: u32) -> Result<Vec<MemberWork>> {
        self.read(|c| push::members_due(c, team, direction, now, limit))
    }
    fn next_attempt(&self, now: Millis) -> Result<Option<Millis>> {
        let sql = "select min(next) from failure where next > ?1 and parked = 0 and kind <> 4";
        self.read(|c| Ok(optional(c, sql, [now], |row| row.get(0))?.flatten()))
    }
    fn all_members(&self, team: Row, after: Row, limit: u32, keep_unconfirmed: bool) -> Result<Vec<MemberWork>> {
        self.read(|c| push::all_members(c, team, after, limit, keep_unconfirmed))
    }
    fn attempts(&self, subject: Subject) -> Result<u32> {
        let (kind, a, b) = subject_key(subject);
        let sql = "select attempts from failure where kind = ?1 and a = ?2 and b = ?3";
        self.read(|c| Ok(optional(c, sql, (kind, a, b), |row| row.get(0))?.unwrap_or(0)))
    }
    fn record(&self, applied: &[Applied], effects: &Effects, next: &[Attempt]) -> Result<()> {
        self.write_soon(|tx| {
            record::record(tx, applied, effects)?;
            hand_out::hand_out(tx, next)
        })
    }
    fn flush(&self) -> Result<()> {
        self.flushes.flush()
    }

    fn retry(&self, person: Option<&str>, team: Option<&str>) -> Result<u64> {
        self.write(|tx| record::retry(tx, person, team))
    }
    fn held_back(&self, limit: u32) -> Result<Vec<HeldBack>> {
        self.read(|c| history::held_back(c, limit))
    }
    fn hold(&self, run: i64, now: Millis) -> Result<u64> {
        self.write(|tx| hold::hold(tx, run, now))
    }
    fn hold_teams(&self, run: i64, now: Millis, too_many: TooMany) -> Result<Vec<HeldTeam>> {
        self.write(|tx| hold::hold_teams(tx, run, now, too_many))
    }
    fn settle_teams(&self) -> Result<()> {
        self.write_soon(hold::settle_teams)
    }
    fn confirm(&self, run: i64) -> Result<u64> {
        self.write(|tx| hold::confirm(tx, run))
    }
    fn held(&self, run: i64, after: Row, limit: u32) -> Result<Vec<PersonWork>> {
        self.read(|c| push::held(c, run, after, limit))
    }

    fn due_wakes(&self, step: &str, now: Millis) -> Result<Vec<String>> {
        let sql = "select subject from wake where step = ?1 and at <= ?2 order by subject";
        self.read(|c| collect(c, sql, (step, now), |row| row.get(0)))
    }
    fn clear_wakes(&self, step: &str, now: Millis) -> Result<()> {
        self.write(|tx| tx.execute("delete from wake where step = ?1 and at <= ?2", (step, now)).map(|_| ()))
    }
    fn next_due(&self, now: Millis) -> Result<Option<Millis>> {
        self.read(|c| history::next_due(c, now))
    }
    fn in_use(&self, position: usize, text: &str, except: &str) -> Result<bool> {
        // The first element of a stored profile is its schema's number.
        let path = format!("$[{}]", position + 1);
        let sql = "select count(*) from (select 1 from person where id <> ?3
                     and (json_extract(profile, ?1) = ?2 or json_extract(applied, ?1) = ?2) limit 1)";
        self.read(|c| Ok(count(c, sql, (&path, text, except))? > 0))
    }
    fn key_value(&self, step: &str, key: &str) -> Result<Option<Vec<u8>>> {
        self.read(|c| storage::get(c, step, key))
    }
    fn keys(&self, step: &str, after: &str, limit: u32) -> Result<Vec<String>> {
        self.read(|c| storage::keys(c, step, after, limit))
    }
    fn stored_bytes(&self, step: &str) -> Result<u64> {
        self.read(|c| storage::bytes(c, step))
    }

    fn start_run(&self, kind: &str, started: &str) -> Result<i64> {
        self.write(|tx| history::start_run(tx, kind, started))
    }
    fn end_run(&self, run: &RunRecord) -> Result<()> {
        self.write(|tx| history::end_run(tx, run))
    }
    fn runs(&self, limit: u32) -> Result<Vec<RunRecord>> {
        self.read(|c| history::runs(c, limit))
    }
    fn forget_runs(&self, keep: u32, before: &str) -> Result<Vec<i64>> {
        self.write(|tx| history::forget_runs(tx, keep, before))
    }
    fn reset(&self) -> Result<()> {
        self.write(|tx| {
            tx.execute("delete from setting where name in ('cursor', 'round', 'waiting_for_reset')", [])?;
            tx.execute("delete from seen", []).map(|_| ())
        })
    }
}

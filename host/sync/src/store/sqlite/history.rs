//! Runs, what they hold, and what is held back.

use rusqlite::{Connection, Transaction};

use super::{collect, optional};
use crate::store::{HeldBack, Millis, NEVER, RunRecord};

pub(super) fn start_run(tx: &Transaction<'_>, kind: &str, started: &str) -> rusqlite::Result<i64> {
    tx.execute(
        "update run set status = 'Failure', ended = ?1,
           message = 'The run was interrupted (the process ended); the next run went on from there.'
         where status = 'Running'",
        [started],
    )?;
    tx.execute("insert into run (kind, status, started, counts) values (?1, 'Running', ?2, '{}')", (kind, started))?;
    Ok(tx.last_insert_rowid())
}

pub(super) fn end_run(tx: &Transaction<'_>, run: &RunRecord) -> rusqlite::Result<()> {
    let sql = "update run set kind = ?2, status = ?3, ended = ?4, message = ?5, counts = ?6 where number = ?1";
    tx.execute(sql, (run.number, &run.kind, &run.status, &run.ended, &run.message, run.counts.to_string())).map(|_| ())
}

pub(super) fn runs(connection: &Connection, limit: u32) -> rusqlite::Result<Vec<RunRecord>> {
    let sql = "select number, kind, status, started, ended, message, counts from run order by number desc limit ?1";
    collect(connection, sql, [limit], |row| {
        Ok(RunRecord {
            number: row.get(0)?,
            kind: row.get(1)?,
            status: row.get(2)?,
            started: row.get(3)?,
            ended: row.get(4)?,
            message: row.get(5)?,
            counts: serde_json::from_str(&row.get::<_, String>(6)?).unwrap_or_default(),
        })
    })
}

pub(super) fn forget_runs(tx: &Transaction<'_>, keep: u32, before: &str) -> rusqlite::Result<Vec<i64>> {
    let sql = "select number from run where status <> 'Running' and (started < ?2
                 or number <= (select coalesce(max(number), 0) from run) - ?1)";
    let gone: Vec<i64> = collect(tx, sql, (keep, before), |row| row.get(0))?;
    for number in &gone {
        tx.prepare_cached("delete from run where number = ?1")?.execute([number])?;
        tx.prepare_cached("delete from held where run = ?1")?.execute([number])?;
    }
    Ok(gone)
}

pub(super) fn held_back(connection: &Connection, limit: u32) -> rusqlite::Result<Vec<HeldBack>> {
    let sql = "select 'person' as kind, id, null, person.reason, coalesce(attempts, 0), next
                 from person left join failure on kind = 4 and a = row and b = 0 where fate = 4
               union all
               select 'person', id, null, failure.reason, attempts, next from failure join person on row = a where kind = 1
               union all
               select 'group', key, null, reason, attempts, next from failure join team on row = a where kind = 2
               union all
               select 'membership', id, key, failure.reason, attempts, next
                 from failure join team on team.row = a join person on person.row = b where kind = 3
               limit ?1";
    collect(connection, sql, [limit], |row| {
        Ok(HeldBack {
            kind: match row.get::<_, String>(0)?.as_str() {
                "person" => "person",
                "group" => "group",
                _ => "membership",
            },
            id: row.get(1)?,
            group: row.get(2)?,
            reason: row.get::<_, Option<String>>(3)?.unwrap_or_default(),
            attempts: row.get(4)?,
            next: row.get::<_, Option<Millis>>(5)?.filter(|next| *next != NEVER),
        })
    })
}

pub(super) fn next_due(connection: &Connection, now: Millis) -> rusqlite::Result<Option<Millis>> {
    let sql = "select min(due) from (
                 select min(map_due) as due from person where map_due > ?1
                 union all select min(group_due) from person where group_due > ?1
                 union all select min(next) from failure where next > ?1
                 union all select min(at) from wake where at > ?1)";
    let due: Option<Option<Millis>> = optional(connection, sql, [now], |row| row.get(0))?;
    Ok(due.flatten().filter(|due| *due != NEVER))
}

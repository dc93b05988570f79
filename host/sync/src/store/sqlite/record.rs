//! Recording what happened at the target.

use rusqlite::Transaction;

use super::{apply_effects, hand_out, subject_key, teams};
use crate::store::{Applied, Effects, Failed, Row, Subject};

pub(super) fn record(tx: &Transaction<'_>, applied: &[Applied], effects: &Effects) -> rusqlite::Result<()> {
    // A failure that is recorded now is of something else than what was done now.
    let failures = any(tx, "failure")?;
    for event in applied {
        match event {
            Applied::PersonIn { row, profile, matching, active, remote } => {
                // What is wanted may have changed since it was handed out; then it stays due.
                let sql = "update person set applied = ?2, applied_match = ?3, applied_active = ?4,
                             remote = coalesce(?5, remote), displaced = 0, doubt = 0,
                             push_due = case when (profile is ?2 and fate = ?6) or fate = 4 then null else 0 end
                           where row = ?1";
                let fate = if *active { 1 } else { 2 };
                tx.prepare_cached(sql)?.execute((row, profile, matching, active, remote, fate))?;
                if failures {
                    forget(tx, Subject::Person(*row))?;
                }
            }
            Applied::PersonOut { row, memberships } => person_out(tx, *row, *memberships)?,
            Applied::TeamIn { row, definition, remote } => {
                let sql = "update team set applied = ?2, remote = coalesce(?3, remote), abandoned = 0, doubt = 0,
                             push_due = case when definition is ?2 and wanted = 1 then null else 0 end
                           where row = ?1";
                tx.prepare_cached(sql)?.execute((row, definition, remote))?;
                forget(tx, Subject::Team(*row))?;
            }
            Applied::TeamOut { row, left } => {
                let sql = if *left {
                    "update team set abandoned = 1, doubt = 0, push_due = null where row = ?1"
                } else {
                    "update team set applied = null, remote = null, doubt = 0, push_due = case when wanted = 1 then 0 end where row = ?1"
                };
                tx.prepare_cached(sql)?.execute([row])?;
                if !left {
                    let sql =
                        "update member set applied = 0, membership = null, doubt = 0, push_due = case when desired > 0 then 0 end
                               where team = ?1";
                    tx.prepare_cached(sql)?.execute([row])?;
                    tx.prepare_cached("update team set applied_members = 0 where row = ?1")?.execute([row])?;
                }
                forget(tx, Subject::Team(*row))?;
            }
            Applied::MembersIn { team, members } => members_in(tx, *team, members, failures)?,
            Applied::MemberFound { team, person, membership, admin } => {
                let sql = "insert or ignore into member (team, person) values (?1, ?2)";
                tx.prepare_cached(sql)?.execute((team, person))?;
                members_in(tx, *team, &[(*person, membership.clone(), *admin)], failures)?;
            }
            Applied::MembersOut { team, members } => members_out(tx, *team, members)?,
            Applied::MembershipIds { team, ids } => {
                let sql = "update member set membership = ?3
                           where team = ?1 and person = (select row from person where id = ?2)";
                for (person, membership) in ids {
                    tx.prepare_cached(sql)?.execute((team, person, membership))?;
                }
            }
            Applied::PersonAsBefore(row) => hand_out::person_as_before(tx, *row)?,
            Applied::TeamAsBefore(row) => hand_out::team_as_before(tx, *row)?,
            Applied::MembersAsBefore { team, members } => hand_out::members_as_before(tx, *team, members)?,
            Applied::Failed(failed) => write_failure(tx, failed)?,
        }
    }
    apply_effects(tx, effects)
}

fn person_out(tx: &Transaction<'_>, row: Row, memberships: bool) -> rusqlite::Result<()> {
    let sql = "update person set applied = null, applied_match = null, remote = null, displaced = 0, confirmed = 0, doubt = 0,
                 push_due = case when fate in (1, 2) then 0 end where row = ?1";
    tx.prepare_cached(sql)?.execute([row])?;
    forget(tx, Subject::Person(row))?;
    if memberships {
        let sql = "update team set applied_members = applied_members - 1
                   where row in (select team from member where person = ?1 and applied > 0)";
        tx.prepare_cached(sql)?.execute([row])?;
        let sql =
            "update member set applied = 0, membership = null, doubt = 0, push_due = case when desired > 0 then 0 end
                   where person = ?1 and applied > 0";
        tx.prepare_cached(sql)?.execute([row])?;
    }
    teams::leave_if_held(tx, row)?;
    // Nothing of a removed user is kept once the target has let it go.
    let sql = "delete from member where person = ?1 and desired = 0 and applied = 0 and by_rule = 0 and by_admin = 0";
    tx.prepare_cached(sql)?.execute([row])?;
    Ok(())
}

fn members_in(
    tx: &Transaction<'_>,
    team: Row,
    members: &[(Row, Option<String>, bool)],
    failures: bool,
) -> rusqlite::Result<()> {
    let mut entered = 0;
    for (person, membership, admin) in members {
        let role = if *admin { 2 } else { 1 };
        // Those who were handed out count as applied already.
        let known = "update member set applied = ?3, membership = coalesce(?4, membership), doubt = 0,
                       push_due = case when desired <> ?3 then 0 end
                     where team = ?1 and person = ?2 and applied > 0";
        if tx.prepare_cached(known)?.execute((team, person, role, membership))? == 0 {
            let new = "update member set applied = ?3, membership = coalesce(?4, membership), doubt = 0,
                         push_due = case when desired <> ?3 then 0 end
                       where team = ?1 and person = ?2";
            entered += tx.prepare_cached(new)?.execute((team, person, role, membership))?;
        }
        if failures {
            forget(tx, Subject::Member(team, *person))?;
        }
    }
    hand_out::count_members(tx, team, i64::try_from(entered).unwrap_or(0))
}

fn members_out(tx: &Transaction<'_>, team: Row, members: &[Row]) -> rusqlite::Result<()> {
    for person in members {
        let sql = "update team set applied_members = applied_members - 1 where row = ?1
                   and exists (select 1 from member where team = ?1 and person = ?2 and applied > 0)";
        tx.prepare_cached(sql)?.execute((team, person))?;
        let sql =
            "update member set applied = 0, membership = null, doubt = 0, push_due = case when desired > 0 then 0 end
                   where team = ?1 and person = ?2";
        tx.prepare_cached(sql)?.execute((team, person))?;
        let sql = "delete from member where team = ?1 and person = ?2 and desired = 0 and by_rule = 0 and by_admin = 0";
        tx.prepare_cached(sql)?.execute((team, person))?;
        forget(tx, Subject::Member(team, *person))?;
    }
    Ok(())
}

pub(super) fn forget(tx: &Transaction<'_>, subject: Subject) -> rusqlite::Result<()> {
    let (kind, a, b) = subject_key(subject);
    tx.prepare_cached("delete from failure where kind = ?1 and a = ?2 and b = ?3")?.execute((kind, a, b))?;
    Ok(())
}

/// Whether anything is in a table (or a part of it) that is mostly empty: then one question spares one for each person of a batch.
pub(super) fn any(tx: &Transaction<'_>, table: &str) -> rusqlite::Result<bool> {
    tx.prepare_cached(&format!("select exists (select 1 from {table})"))?.query_row([], |row| row.get(0))
}

pub(super) fn write_failure(tx: &Transaction<'_>, failed: &Failed) -> rusqlite::Result<()> {
    let (kind, a, b) = subject_key(failed.subject);
    let sql = "insert into failure (kind, a, b, attempts, next, parked, reason, status, code, request_id)
               values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
               on conflict do update set attempts = excluded.attempts, next = excluded.next, parked = excluded.parked,
                 reason = excluded.reason, status = excluded.status, code = excluded.code, request_id = excluded.request_id";
    tx.prepare_cached(sql)?.execute((
        kind,
        a,
        b,
        failed.attempts,
        failed.next,
        failed.next == crate::store::NEVER,
        &failed.reason,
        failed.status,
        &failed.code,
        &failed.request_id,
    ))?;
    match failed.subject {
        Subject::Person(row) => {
            tx.prepare_cached("update person set push_due = ?2 where row = ?1")?.execute((row, failed.next))?;
        }
        Subject::Team(row) => {
            tx.prepare_cached("update team set push_due = ?2 where row = ?1")?.execute((row, failed.next))?;
        }
        Subject::Member(team, person) => {
            let sql = "update member set push_due = ?3 where team = ?1 and person = ?2";
            tx.prepare_cached(sql)?.execute((team, person, failed.next))?;
        }
        // When it is mapped again stands in the decision.
        Subject::Decision(_) => {}
    }
    Ok(())
}

pub(super) fn retry(tx: &Transaction<'_>, person: Option<&str>, team: Option<&str>) -> rusqlite::Result<u64> {
    let people = "update person set push_due = 0 where push_due > 0
                    and row in (select a from failure where kind = 1) and ((?1 is null and ?2 is null) or id = ?1)";
    let teams = "update team set push_due = 0 where push_due > 0
                   and row in (select a from failure where kind = 2) and ((?1 is null and ?2 is null) or key = ?2)";
    let members = "update member set push_due = 0 where push_due > 0
                     and ((?1 is null and ?2 is null) or person = (select row from person where id = ?1)
                          or team = (select row from team where key = ?2))";
    let mut changed = 0;
    for sql in [people, teams, members] {
        changed += tx.execute(sql, (person, team))?;
    }
    tx.execute(
        "update failure set next = 0, parked = 0, attempts = 0
        where (?1 is null and ?2 is null)
           or (kind in (1, 4) and a = (select row from person where id = ?1))
           or (kind = 2 and a = (select row from team where key = ?2))
           or (kind = 3 and (b = (select row from person where id = ?1) or a = (select row from team where key = ?2)))",
        (person, team),
    )?;
    let held = "update person set map_due = 0 where fate = 4 and ((?1 is null and ?2 is null) or id = ?1)";
    changed += tx.execute(held, (person, team))?;
    Ok(u64::try_from(changed).unwrap_or(u64::MAX))
}

//! What is handed to the target is in doubt until an answer is recorded.

use rusqlite::Transaction;

use super::{number_of_standing, teams};
use crate::store::{Attempt, Row, Standing};

/// Notes doubts. What may be made by this counts as applied, so that it is found and removed if it is not wanted any more.
pub(super) fn hand_out(tx: &Transaction<'_>, attempts: &[Attempt]) -> rusqlite::Result<()> {
    for attempt in attempts {
        match attempt {
            Attempt::PersonIn(row) => {
                let sql = "update person set doubt = case when applied is null or doubt = 1 then 1 when doubt = 3 then 3 else 2 end,
                             applied_match = case when applied is null then match else applied_match end,
                             applied = coalesce(applied, profile)
                           where row = ?1";
                tx.prepare_cached(sql)?.execute([row])?;
            }
            Attempt::PersonOut { row, memberships } => {
                tx.prepare_cached("update person set doubt = 3 where row = ?1")?.execute([row])?;
                if *memberships {
                    doubt_members(tx, "person", *row)?;
                }
            }
            Attempt::TeamIn(row) => {
                let sql = "update team set doubt = case when applied is null or doubt = 1 then 1 when doubt = 3 then 3 else 2 end,
                             applied = coalesce(applied, definition)
                           where row = ?1";
                tx.prepare_cached(sql)?.execute([row])?;
            }
            Attempt::TeamOut(row) => {
                tx.prepare_cached("update team set doubt = 3 where row = ?1")?.execute([row])?;
                doubt_members(tx, "team", *row)?;
            }
            Attempt::MembersIn { team, members } => {
                let enter =
                    "update member set applied = desired, doubt = 1 where team = ?1 and person = ?2 and applied = 0";
                let mut entered = 0;
                for person in members {
                    match tx.prepare_cached(enter)?.execute((team, person))? {
                        0 => doubt(tx, *team, &[*person])?,
                        new => entered += new,
                    }
                }
                count_members(tx, *team, i64::try_from(entered).unwrap_or(0))?;
            }
            Attempt::MembersOut { team, members } => doubt(tx, *team, members)?,
        }
    }
    Ok(())
}

fn doubt(tx: &Transaction<'_>, team: Row, members: &[Row]) -> rusqlite::Result<()> {
    for person in members {
        tx.prepare_cached("update member set doubt = 1 where team = ?1 and person = ?2")?.execute((team, person))?;
    }
    Ok(())
}

/// Members of something that is being removed may be out already.
fn doubt_members(tx: &Transaction<'_>, column: &str, row: Row) -> rusqlite::Result<()> {
    let sql =
        format!("update member set doubt = 1, push_due = coalesce(push_due, 0) where {column} = ?1 and applied > 0");
    tx.prepare_cached(&sql)?.execute([row])?;
    Ok(())
}

pub(super) fn count_members(tx: &Transaction<'_>, team: Row, change: i64) -> rusqlite::Result<()> {
    if change != 0 {
        let sql = "update team set applied_members = applied_members + ?2 where row = ?1";
        tx.prepare_cached(sql)?.execute((team, change))?;
    }
    Ok(())
}

/// The entry is as it was before it was handed out.
pub(super) fn person_as_before(tx: &Transaction<'_>, row: Row) -> rusqlite::Result<()> {
    let sql = "update person set applied = case when doubt = 1 then null else applied end,
                 applied_match = case when doubt = 1 then null else applied_match end,
                 displaced = case when doubt = 1 then 0 else displaced end, doubt = 0
               where row = ?1";
    tx.prepare_cached(sql)?.execute([row])?;
    teams::leave_if_held(tx, row)
}

/// The group is as it was.
pub(super) fn team_as_before(tx: &Transaction<'_>, row: Row) -> rusqlite::Result<()> {
    let sql = "update team set applied = case when doubt = 1 then null else applied end, doubt = 0 where row = ?1";
    tx.prepare_cached(sql)?.execute([row])?;
    Ok(())
}

/// The members are as they were.
pub(super) fn members_as_before(tx: &Transaction<'_>, team: Row, members: &[(Row, Standing)]) -> rusqlite::Result<()> {
    let mut entered = 0;
    for (person, standing) in members {
        let sql = "update member set applied = ?3, doubt = 0 where team = ?1 and person = ?2 and doubt = 1";
        let restored = tx.prepare_cached(sql)?.execute((team, person, number_of_standing(*standing)))?;
        if restored > 0 && *standing == Standing::Out {
            entered += 1;
            teams::leave_if_held(tx, *person)?;
        }
    }
    count_members(tx, team, -entered)
}

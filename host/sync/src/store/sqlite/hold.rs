//! Changes that are too many to be made without somebody's word.

use rusqlite::Transaction;

use super::collect;
use crate::store::{HeldTeam, Millis, Row, TooMany};

/// Remembers which removals of people a run holds.
pub(super) fn hold(tx: &Transaction<'_>, run: i64, now: Millis) -> rusqlite::Result<u64> {
    let sql = "insert or ignore into held select ?1, 1, row from person indexed by person_push
               where push_due <= ?2 and fate = 3 and applied is not null and confirmed = 0 and displaced = 0";
    Ok(u64::try_from(tx.execute(sql, (run, now))?).unwrap_or(0))
}

/// How a group's members are to change: the group, whether it was let go, its settled size, and how many enter and leave.
type Change = (Row, i64, i64, i64, i64);

/// Holds large groups that would change too much. Those who leave because their whole entry goes are not counted: removals of people are
/// held by a rule of their own.
pub(super) fn hold_teams(
    tx: &Transaction<'_>,
    run: i64,
    now: Millis,
    too_many: TooMany,
) -> rusqlite::Result<Vec<HeldTeam>> {
    let sql = "select team.row, team.held, team.settled, sum(member.desired > 0 and member.applied = 0),
                      sum(member.desired = 0 and member.applied > 0 and person.fate = 1)
               from member indexed by member_push cross join person on person.row = member.person
                 cross join team on team.row = member.team
               where member.push_due <= ?1 group by member.team";
    let changes: Vec<Change> =
        collect(tx, sql, [now], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
    let mut held = Vec::new();
    for (row, state, members, entering, leaving) in changes {
        let share = |share: f64| (members as f64 * share).floor() as i64;
        let over = members >= i64::from(too_many.members)
            && (leaving > share(too_many.loss) || entering > share(too_many.growth));
        let next = match (over, state) {
            (false, _) => 0,
            (true, 2) => 2,
            (true, _) => 1,
        };
        if next != state {
            tx.prepare_cached("update team set held = ?2 where row = ?1")?.execute((row, next))?;
        }
        if next == 1 {
            tx.prepare_cached("insert or ignore into held values (?1, 2, ?2)")?.execute((run, row))?;
            let sql = "select key, coalesce(definition, applied) from team where row = ?1";
            let (key, definition) = tx.prepare_cached(sql)?.query_row([row], |row| Ok((row.get(0)?, row.get(1)?)))?;
            let count = |number: i64| u64::try_from(number).unwrap_or(0);
            let (members, entering, leaving) = (count(members), count(entering), count(leaving));
            held.push(HeldTeam { key, definition, members, entering, leaving });
        }
    }
    Ok(held)
}

/// Groups whose members have nothing to do are in step, and this is their size to compare with. One that is still growing for the first
/// time has none yet.
pub(super) fn settle_teams(tx: &Transaction<'_>) -> rusqlite::Result<()> {
    let sql = "update team set settled = applied_members, held = 0 where (settled <> applied_members or held <> 0)
                 and row not in (select team from member indexed by member_push where push_due is not null)";
    tx.execute(sql, []).map(|_| ())
}

/// Lets go what a run holds.
pub(super) fn confirm(tx: &Transaction<'_>, run: i64) -> rusqlite::Result<u64> {
    let people = "update person set confirmed = 1, push_due = 0
                  where row in (select row from held where run = ?1 and kind = 1) and fate = 3 and applied is not null";
    let teams = "update team set held = 2 where held = 1 and row in (select row from held where run = ?1 and kind = 2)";
    Ok(u64::try_from(tx.execute(people, [run])? + tx.execute(teams, [run])?).unwrap_or(0))
}

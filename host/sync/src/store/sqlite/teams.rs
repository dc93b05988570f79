//! Groups (teams, in SQL, where "group" is a word of the language) and who is wanted in them.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{Connection, Transaction};

use super::{collect, number_of, optional};
use crate::store::{Fate, Row, TeamDescription};

pub(super) fn undescribed(connection: &Connection, limit: u32) -> rusqlite::Result<Vec<String>> {
    let sql = "select key from team where definition is null and members > 0 order by key limit ?1";
    collect(connection, sql, [limit], |row| row.get(0))
}

/// The group with this key. It is made when it is new, and belongs to the rule that names it last.
pub(super) fn row_of(tx: &Transaction<'_>, key: &str, rule: &str) -> rusqlite::Result<Row> {
    let known: Option<(Row, String)> =
        optional(tx, "select row, rule from team where key = ?1", [key], |row| Ok((row.get(0)?, row.get(1)?)))?;
    match known {
        Some((row, by)) if by == rule => Ok(row),
        Some((row, _)) => {
            tx.prepare_cached("update team set rule = ?2 where row = ?1")?.execute((row, rule))?;
            Ok(row)
        }
        None => {
            tx.prepare_cached("insert into team (key, rule) values (?1, ?2)")?.execute((key, rule))?;
            Ok(tx.last_insert_rowid())
        }
    }
}

/// What is wanted of a membership, from the rule, the list of admins and the person's fate.
const DESIRED: &str = "case when ?1 <> 1 then 0 when by_admin = 1 then 2 else by_rule end";

/// Brings `desired` and `push_due` of a person's memberships up to date, and notes how the numbers of members change.
pub(super) fn refresh_members_of(
    tx: &Transaction<'_>,
    person: Row,
    fate: Fate,
    touched: &mut BTreeMap<Row, i64>,
) -> rusqlite::Result<()> {
    // Whoever is held stays in the groups where the target has them, and enters none; without an entry they are nowhere.
    let which = match fate {
        Fate::Held => "person = ?2 and (applied = 0 or (select applied is null from person where row = ?2))",
        _ => "person = ?2",
    };
    refresh(tx, which, number_of(fate), person, touched)
}

fn refresh(
    tx: &Transaction<'_>,
    which: &str,
    fate: i64,
    parameter: Row,
    touched: &mut BTreeMap<Row, i64>,
) -> rusqlite::Result<()> {
    let sql =
        format!("select team, person, desired, {DESIRED} as now, applied from member where {which} and desired <> now");
    let changes: Vec<(Row, Row, i64, i64, i64)> = collect(tx, &sql, (fate, parameter), |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
    })?;
    for (team, person, before, now, applied) in changes {
        write_desired(tx, team, person, now, applied)?;
        *touched.entry(team).or_default() += i64::from(now > 0) - i64::from(before > 0);
    }
    Ok(())
}

fn write_desired(tx: &Transaction<'_>, team: Row, person: Row, now: i64, applied: i64) -> rusqlite::Result<()> {
    if now == 0 && applied == 0 {
        let sql = "delete from member where team = ?1 and person = ?2 and by_rule = 0 and by_admin = 0";
        tx.prepare_cached(sql)?.execute((team, person))?;
    }
    let sql = "update member set desired = ?3, push_due = case when ?3 <> applied or doubt = 1 then 0 end
               where team = ?1 and person = ?2";
    tx.prepare_cached(sql)?.execute((team, person, now))?;
    tx.prepare_cached("delete from failure where kind = 3 and a = ?1 and b = ?2")?.execute((team, person))?;
    Ok(())
}

/// The target turned out not to have somebody's entry or membership: if they are held, nothing keeps their place in groups.
pub(super) fn leave_if_held(tx: &Transaction<'_>, person: Row) -> rusqlite::Result<()> {
    let sql = "select 1 from person where row = ?1 and fate = 4";
    if optional(tx, sql, [person], |_| Ok(()))?.is_some() {
        let mut touched = BTreeMap::new();
        refresh_members_of(tx, person, Fate::Held, &mut touched)?;
        count_members(tx, &touched)?;
    }
    Ok(())
}

/// Adds the changes to the numbers of members, and sees whether each group is wanted now.
pub(super) fn count_members(tx: &Transaction<'_>, touched: &BTreeMap<Row, i64>) -> rusqlite::Result<()> {
    for (team, change) in touched {
        if *change != 0 {
            tx.prepare_cached("update team set members = members + ?2 where row = ?1")?.execute((team, change))?;
            refresh_wanted(tx, *team, 0)?;
        }
    }
    Ok(())
}

/// A group may have ancestors; more of them than this is a circle.
const DEEPEST: u32 = 64;

fn refresh_wanted(tx: &Transaction<'_>, team: Row, depth: u32) -> rusqlite::Result<()> {
    let sql = "select wanted, parent, definition is not null and (members >= minimum
                 or (applied is not null and (members > 0 or keep_empty = 1))
                 or exists (select 1 from team child where child.parent = team.key and child.wanted = 1))
               from team where row = ?1";
    let (before, parent, wanted): (bool, Option<String>, bool) =
        tx.prepare_cached(sql)?.query_row([team], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let sql = "update team set wanted = ?2, push_due =
                 case when ?2 and (applied is null or applied <> definition or doubt <> 0) then coalesce(push_due, 0)
                      when not ?2 and applied is not null and abandoned = 0 then coalesce(push_due, 0) end
               where row = ?1";
    tx.prepare_cached(sql)?.execute((team, wanted))?;
    let Some(parent) = parent.filter(|_| before != wanted && depth < DEEPEST) else { return Ok(()) };
    match optional(tx, "select row from team where key = ?1", [&parent], |row| row.get(0))? {
        Some(row) => refresh_wanted(tx, row, depth + 1),
        None => Ok(()),
    }
}

pub(super) fn describe(tx: &Transaction<'_>, teams: &[TeamDescription]) -> rusqlite::Result<()> {
    let mut touched = BTreeMap::new();
    for team in teams {
        let row = match &team.definition {
            Some(_) => row_of_described(tx, team)?,
            None => match optional(tx, "select row from team where key = ?1", [&team.key], |row| row.get(0))? {
                Some(row) => row,
                None => continue,
            },
        };
        let sql = "update team set definition = ?2, parent = ?3, minimum = ?4, keep_empty = ?5,
                   abandoned = case when ?2 is null then abandoned else 0 end where row = ?1";
        tx.prepare_cached(sql)?.execute((row, &team.definition, &team.parent, team.minimum, team.keep_empty))?;
        write_admins(tx, row, &team.admins, &mut touched)?;
        touched.entry(row).or_default();
    }
    for (team, change) in &touched {
        tx.prepare_cached("update team set members = members + ?2 where row = ?1")?.execute((team, change))?;
    }
    for team in touched.keys() {
        refresh_wanted(tx, *team, 0)?;
    }
    Ok(())
}

fn row_of_described(tx: &Transaction<'_>, team: &TeamDescription) -> rusqlite::Result<Row> {
    match optional(tx, "select row from team where key = ?1", [&team.key], |row| row.get(0))? {
        Some(row) => Ok(row),
        // A parent that no rule has put anybody into.
        None => row_of(tx, &team.key, ""),
    }
}

fn write_admins(
    tx: &Transaction<'_>,
    team: Row,
    admins: &[String],
    touched: &mut BTreeMap<Row, i64>,
) -> rusqlite::Result<()> {
    let mut wanted = BTreeSet::new();
    for id in admins {
        let row = match optional(tx, "select row from person where id = ?1", [id], |row| row.get::<_, Row>(0))? {
            Some(row) => row,
            // The source has not told of this user yet, or never will.
            None => {
                tx.prepare_cached("insert into person (id) values (?1)")?.execute([id])?;
                tx.last_insert_rowid()
            }
        };
        wanted.insert(row);
    }
    let sql = "select person from member where team = ?1 and by_admin = 1";
    let before: BTreeSet<Row> = collect(tx, sql, [team], |row| row.get(0))?.into_iter().collect();
    for person in before.symmetric_difference(&wanted) {
        let sql = "insert into member (team, person, by_admin) values (?1, ?2, ?3)
                   on conflict do update set by_admin = excluded.by_admin";
        tx.prepare_cached(sql)?.execute((team, person, wanted.contains(person)))?;
        let fate: i64 =
            tx.prepare_cached("select fate from person where row = ?1")?.query_row([person], |row| row.get(0))?;
        if fate != number_of(Fate::Held) {
            refresh(tx, "person = ?2", fate, *person, touched)?;
        }
    }
    Ok(())
}

pub(super) fn retire_rules(tx: &Transaction<'_>, rules: &BTreeSet<String>) -> rusqlite::Result<()> {
    let known: Vec<(Row, String)> =
        collect(tx, "select row, rule from team", [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    for (team, _) in known.into_iter().filter(|(_, rule)| !rules.contains(rule)) {
        let mut touched = BTreeMap::from([(team, 0)]);
        tx.execute("update member set by_rule = 0 where team = ?1 and by_rule = 1", [team])?;
        let sql =
            "select team, person, desired, case when fate <> 1 then 0 when by_admin = 1 then 2 else by_rule end as now,
                          member.applied
                   from member join person on person.row = member.person
                   where team = ?1 and fate <> 4 and desired <> now";
        let changes: Vec<(Row, Row, i64, i64, i64)> =
            collect(tx, sql, [team], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))?;
        for (team, person, before, now, applied) in changes {
            write_desired(tx, team, person, now, applied)?;
            *touched.entry(team).or_default() += i64::from(now > 0) - i64::from(before > 0);
        }
        for (team, change) in &touched {
            tx.execute("update team set members = members + ?2 where row = ?1", (team, change))?;
            refresh_wanted(tx, *team, 0)?;
        }
    }
    Ok(())
}

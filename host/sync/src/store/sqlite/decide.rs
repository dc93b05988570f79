//! From the mirror to what is desired: reading the queues of mapping and grouping, and writing decisions.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use rusqlite::{Connection, Transaction};

use super::{apply_effects, collect, count, fate_of, number_of, record, teams};
use crate::store::{Belongings, Conflict, Decision, Effects, Fate, Job, Millis, QueueCursor, Row, Stage, Subject};

/// The queue of a stage. Both are partial indexes, so reading them costs what is in them.
const fn column(stage: Stage) -> &'static str {
    match stage {
        Stage::Map => "map_due",
        Stage::Group => "group_due",
        // Everybody present has the same place in this queue.
        Stage::Rescan => "(fate - 1)",
    }
}

/// Those who are due at the same time as the last one who was read: a range of the index. For `(due, row) > (?, ?)` SQLite would read
/// everybody of that time again for each batch.
fn rest_of(due: &str) -> String {
    format!("where {due} = ?1 and row > ?2 order by row limit ?3")
}

pub(super) fn jobs(
    connection: &Connection,
    stage: Stage,
    now: Millis,
    after: QueueCursor,
    limit: u32,
    member_of: bool,
) -> rusqlite::Result<(Vec<Job>, QueueCursor)> {
    let due = column(stage);
    let select = format!(
        "select {due}, row, id, object, fate, reason, profile, applied, map_due, group_due from person left join mirror using (row)"
    );
    let (after_due, after_row) = after.unwrap_or((Millis::MIN, Row::MIN));
    let mut next = None;
    let mut job = |row: &rusqlite::Row<'_>| {
        next = Some((row.get(0)?, row.get(1)?));
        Ok(Job {
            row: row.get(1)?,
            id: row.get(2)?,
            object: row.get(3)?,
            fate: fate_of(row.get(4)?),
            reason: row.get(5)?,
            profile: row.get(6)?,
            applied: row.get(7)?,
            map_due: row.get(8)?,
            group_due: row.get(9)?,
            member_of: Vec::new(),
        })
    };
    let mut jobs = match stage {
        Stage::Rescan => {
            let sql = format!("{select} where fate = 1 and row > ?1 order by row limit ?2");
            collect(connection, &sql, (after_row, limit), &mut job)?
        }
        Stage::Map | Stage::Group => {
            let mut jobs = match after {
                Some(_) => {
                    collect(connection, &format!("{select} {}", rest_of(due)), (after_due, after_row, limit), &mut job)?
                }
                None => Vec::new(),
            };
            let missing = limit.saturating_sub(u32::try_from(jobs.len()).unwrap_or(limit));
            if missing > 0 {
                let later = format!("{select} where {due} > ?1 and {due} <= ?2 order by {due}, row limit ?3");
                jobs.extend(collect(connection, &later, (after_due, now, missing), &mut job)?);
            }
            jobs
        }
    };
    if member_of {
        for job in &mut jobs {
            job.member_of = self::member_of(connection, &job.id)?;
        }
    }
    Ok((jobs, next))
}

pub(super) fn jobs_due(connection: &Connection, stage: Stage, now: Millis) -> rusqlite::Result<u64> {
    match stage {
        Stage::Rescan => count(connection, "select count(*) from person where fate = 1", []),
        _ => count(connection, &format!("select count(*) from person where {} <= ?1", column(stage)), [now]),
    }
}

pub(super) fn member_of(connection: &Connection, id: &str) -> rusqlite::Result<Vec<String>> {
    let sql = "select source_group from source_member where user = ?1 order by source_group";
    collect(connection, sql, [id], |row| row.get(0))
}

pub(super) fn mark_all(tx: &Transaction<'_>, stage: Stage) -> rusqlite::Result<()> {
    // People who are gone stay gone whatever the mapping says.
    let who = match stage {
        Stage::Map => "exists (select 1 from mirror where mirror.row = person.row)",
        Stage::Group | Stage::Rescan => "fate = 1",
    };
    let stage = if stage == Stage::Map { Stage::Map } else { Stage::Group };
    tx.execute(&format!("update person set {} = 0 where {who}", column(stage)), []).map(|_| ())
}

pub(super) fn mark(tx: &Transaction<'_>, stage: Stage, id: &str) -> rusqlite::Result<()> {
    let due = if stage == Stage::Map { "map_due" } else { "group_due" };
    tx.execute(&format!("update person set {due} = 0 where id = ?1"), [id]).map(|_| ())
}

// A statement that changes whatever a question finds costs a table of its own for what it finds, and a journal of its own (SQLite,
// "Temporary Files Used By SQLite", statement journals). Where mostly nothing is found, asking first and changing row by row is several
// times as fast; so is asking for a value afterwards instead of `returning`.

/// What the decisions of a transaction share. Tables that are mostly empty are asked once whether they are.
struct Batch {
    /// Something failed before.
    failures: bool,
    /// Somebody waits for a matching value.
    waiting: bool,
    /// Somebody is an admin of a group.
    admins: bool,
    /// Nobody has decided about the person before whom it is about now: of such a person nothing is stored but the mirror, and whether they
    /// are an admin.
    first: bool,
    /// The groups that were named, with the rule that named each last.
    teams: HashMap<String, (Row, String)>,
    /// How the numbers of members change.
    touched: BTreeMap<Row, i64>,
}

pub(super) fn commit_decisions(
    tx: &Transaction<'_>,
    decisions: &[Decision],
    effects: &Effects,
) -> rusqlite::Result<Vec<Conflict>> {
    let mut conflicts = Vec::new();
    let mut batch = Batch {
        failures: record::any(tx, "failure")?,
        waiting: record::any(tx, "waiting")?,
        admins: record::any(tx, "member indexed by member_admin where by_admin = 1")?,
        first: false,
        teams: HashMap::new(),
        touched: BTreeMap::new(),
    };
    for decision in decisions {
        let sql = "select fate from person where row = ?1";
        let before: i64 = tx.prepare_cached(sql)?.query_row([decision.row], |row| row.get(0))?;
        batch.first = fate_of(before) == Fate::Unknown;
        let conflict = claim(tx, decision, &mut batch)?;
        let refused = conflict.as_ref().map(|conflict| {
            format!("{} is already the entry of {}: one of the two must change", conflict.value, conflict.holder)
        });
        let fate = if refused.is_some() { Fate::Held } else { decision.fate };
        write_person(tx, decision, fate, refused.as_deref().or(decision.reason.as_deref()), batch.failures)?;
        if let Some(looked_up) = &decision.looked_up {
            write_dependencies(tx, decision.row, looked_up, batch.first)?;
        }
        match &decision.belongings {
            Some(belongings) if fate == Fate::Present => write_belongings(tx, decision.row, belongings, &mut batch)?,
            _ if matches!(fate, Fate::Suspended | Fate::Absent) => {
                write_belongings(tx, decision.row, &Belongings::default(), &mut batch)?;
            }
            _ => {}
        }
        // What a first decision wants of groups is written with the memberships; only admins have one before.
        if !batch.first || batch.admins {
            teams::refresh_members_of(tx, decision.row, fate, &mut batch.touched)?;
        }
        conflicts.extend(conflict);
    }
    teams::count_members(tx, &batch.touched)?;
    apply_effects(tx, effects)?;
    Ok(conflicts)
}

/// Gives the person its matching value, unless somebody else has it. What it had before and has no more becomes free, and those
/// who wait for that are mapped again.
fn claim(tx: &Transaction<'_>, decision: &Decision, batch: &mut Batch) -> rusqlite::Result<Option<Conflict>> {
    let wanted = match decision.fate {
        Fate::Present | Fate::Suspended => decision.matching.clone(),
        // Whoever is held keeps what the target holds.
        Fate::Held if !batch.first => tx
            .prepare_cached("select applied_match from person where row = ?1")?
            .query_row([decision.row], |row| row.get(0))?,
        Fate::Held | Fate::Absent | Fate::Unknown => None,
    };
    let wanted = wanted.as_deref();
    let held = match batch.first {
        true => Vec::new(),
        false => {
            collect(tx, "select value from claim where person = ?1", [decision.row], |row| row.get::<_, String>(0))?
        }
    };
    for value in held.iter().filter(|value| Some(value.as_str()) != wanted) {
        tx.prepare_cached("delete from claim where value = ?1")?.execute([value])?;
        let sql = "update person set map_due = 0 where row in (select person from waiting where value = ?1)";
        tx.prepare_cached(sql)?.execute([value])?;
        tx.prepare_cached("delete from waiting where value = ?1")?.execute([value])?;
    }
    if batch.waiting {
        tx.prepare_cached("delete from waiting where person = ?1 and value is not ?2")?
            .execute((decision.row, wanted))?;
    }
    let Some(wanted) = wanted else { return Ok(None) };
    if held.iter().any(|value| value == wanted) {
        return Ok(None);
    }
    let sql = "insert into claim values (?1, ?2) on conflict do nothing";
    if tx.prepare_cached(sql)?.execute((wanted, decision.row))? > 0 {
        // Whoever is still at the target with this value is in the way.
        let sql = "select row from person where applied_match = ?1 and row <> ?2";
        for row in collect(tx, sql, (wanted, decision.row), |row| row.get::<_, Row>(0))? {
            tx.prepare_cached("update person set displaced = 1, push_due = 0 where row = ?1")?.execute([row])?;
        }
        return Ok(None);
    }
    if decision.fate == Fate::Held {
        return Ok(None);
    }
    batch.waiting = true;
    tx.prepare_cached("insert or ignore into waiting values (?1, ?2)")?.execute((wanted, decision.row))?;
    let sql = "select id from person join claim on claim.person = person.row where value = ?1";
    let holder = tx.prepare_cached(sql)?.query_row([wanted], |row| row.get(0))?;
    let id = tx.prepare_cached("select id from person where row = ?1")?.query_row([decision.row], |row| row.get(0))?;
    Ok(Some(Conflict { id, holder, value: wanted.to_owned() }))
}

fn write_person(
    tx: &Transaction<'_>,
    decision: &Decision,
    fate: Fate,
    reason: Option<&str>,
    failures: bool,
) -> rusqlite::Result<()> {
    // Held leaves the profile as it is, and what was to be pushed of it with it.
    if fate == Fate::Held {
        let sql = "update person set fate = 4, reason = ?2, map_due = ?3, group_due = null,
                   push_due = case when displaced = 1 or doubt = 1 then 0 end where row = ?1";
        tx.prepare_cached(sql)?.execute((decision.row, reason, decision.map_due))?;
        return match &decision.failure {
            Some(failure) => record::write_failure(tx, failure),
            None if failures => record::forget(tx, Subject::Decision(decision.row)),
            None => Ok(()),
        };
    }
    let sql = "update person set
        reason = ?3, profile = ?4, match = ?5, map_due = ?6, group_due = ?7,
        push_due = case
          when displaced = 1 then 0
          when ?2 = 3 then case when applied is null then null when fate = 3 then push_due else 0 end
          when not ?8 and applied is not null and applied_active = (?2 = 1) and doubt = 0 then null
          when profile is ?4 and fate = ?2 and push_due is not null then push_due
          else 0 end,
        confirmed = case when ?2 = 3 then confirmed else 0 end,
        fate = ?2
        where row = ?1";
    tx.prepare_cached(sql)?.execute((
        decision.row,
        number_of(fate),
        reason,
        &decision.profile,
        &decision.matching,
        decision.map_due,
        decision.group_due,
        decision.differs,
    ))?;
    if !failures {
        return Ok(());
    }
    let sql = "select push_due from person where row = ?1";
    let due: Option<Millis> = tx.prepare_cached(sql)?.query_row([decision.row], |row| row.get(0))?;
    if due.is_none_or(|due| due == 0) {
        record::forget(tx, Subject::Person(decision.row))?;
    }
    record::forget(tx, Subject::Decision(decision.row))
}

fn write_dependencies(
    tx: &Transaction<'_>,
    person: Row,
    looked_up: &BTreeSet<String>,
    first: bool,
) -> rusqlite::Result<()> {
    let mut before = BTreeSet::new();
    if !first {
        let sql = "select subject from dependency where person = ?1";
        before.extend(collect(tx, sql, [person], |row| row.get::<_, String>(0))?);
    }
    for subject in before.difference(looked_up) {
        let sql = "delete from dependency where subject = ?1 and person = ?2";
        tx.prepare_cached(sql)?.execute((subject, person))?;
    }
    for subject in looked_up.difference(&before) {
        tx.prepare_cached("insert into dependency values (?1, ?2)")?.execute((subject, person))?;
    }
    Ok(())
}

fn write_belongings(
    tx: &Transaction<'_>,
    person: Row,
    belongings: &Belongings,
    batch: &mut Batch,
) -> rusqlite::Result<()> {
    let mut before: Vec<(Row, String, String)> = Vec::new();
    if !batch.first {
        let sql = "select team.row, key, rule from member join team on team.row = member.team where person = ?1 and by_rule = 1";
        before = collect(tx, sql, [person], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    }
    let wanted: BTreeMap<&str, &str> =
        belongings.keys.iter().map(|(key, rule)| (key.as_str(), rule.as_str())).collect();
    for (team, key, rule) in &before {
        let asked = belongings.asked.as_ref().is_none_or(|asked| asked.contains(rule));
        if asked && !belongings.undecided.contains(rule) && !wanted.contains_key(key.as_str()) {
            let sql = "update member set by_rule = 0 where team = ?1 and person = ?2";
            tx.prepare_cached(sql)?.execute((team, person))?;
            batch.touched.entry(*team).or_default();
        }
    }
    for (key, rule) in wanted {
        if before.iter().any(|(_, known, by)| known == key && by == rule) {
            continue;
        }
        let team = match batch.teams.get(key) {
            Some((team, by)) if by == rule => *team,
            _ => {
                let team = teams::row_of(tx, key, rule)?;
                batch.teams.insert(key.to_owned(), (team, rule.to_owned()));
                team
            }
        };
        // Who enters a group is present, so the membership is wanted as soon as it is there.
        let sql = "insert into member (team, person, by_rule, desired, push_due) values (?1, ?2, 1, 1, 0)
                   on conflict do nothing";
        let entered = tx.prepare_cached(sql)?.execute((team, person))?;
        *batch.touched.entry(team).or_default() += i64::try_from(entered).unwrap_or(0);
        if entered == 0 {
            tx.prepare_cached("update member set by_rule = 1 where team = ?1 and person = ?2")?
                .execute((team, person))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_on_in_a_queue_costs_what_is_read() {
        let connection = Connection::open_in_memory().unwrap();
        super::super::MIGRATIONS.iter().for_each(|migration| connection.execute_batch(migration).unwrap());
        for due in ["map_due", "group_due"] {
            let sql = format!("explain query plan select row from person {}", rest_of(due));
            let plan: String = connection.query_row(&sql, (0, 0, 1), |row| row.get(3)).unwrap();
            assert!(plan.contains(&format!("({due}=? AND rowid>?)")), "{plan}");
        }
    }
}

//! Finding what is to be pushed: desired minus applied, read from the partial indexes of what is due.

use rusqlite::{Connection, Row as SqlRow};

use super::{collect, count, doubt_of, fate_of, optional, standing_of};
use crate::store::{Direction, Doubt, MemberWork, Millis, Only, Pending, PeoplePhase, PersonWork, Row, TeamWork};

const PERSON: &str = "select row, id, fate, reason, profile, applied, applied_active, match, applied_match, remote, confirmed, doubt from person";

fn person_work(row: &SqlRow<'_>) -> rusqlite::Result<PersonWork> {
    Ok(PersonWork {
        row: row.get(0)?,
        id: row.get(1)?,
        fate: fate_of(row.get(2)?),
        reason: row.get(3)?,
        profile: row.get(4)?,
        applied: row.get(5)?,
        applied_active: row.get(6)?,
        matching: row.get(7)?,
        applied_match: row.get(8)?,
        remote: row.get(9)?,
        confirmed: row.get(10)?,
        doubt: doubt_of(row.get(11)?),
    })
}

pub(super) fn person(connection: &Connection, id: &str) -> rusqlite::Result<Option<PersonWork>> {
    optional(connection, &format!("{PERSON} where id = ?1"), [id], person_work)
}

/// Entries in the way. Where people are known by their matching value alone (?5), that is also the entry of somebody who has another
/// value now; elsewhere only the entries of people who are to leave.
const DISPLACED: &str = "applied is not null and case
    when ?5 then displaced = 1
        or (fate in (1, 2) and match is not null and applied_match is not null and match <> applied_match)
    else displaced = 1 and fate = 3 end";

/// Wanted entries, and those of held people that may have been made: what was begun is finished, so that it is known what is there. Where ?5,
/// only those whose place is free.
const WANTED: &str = "(fate in (1, 2) or (fate = 4 and doubt = 1)) and not (?5 and (
    (applied is not null and (displaced = 1 or (match is not null and applied_match is not null and match <> applied_match)))
    or exists (select 1 from person other where other.applied_match = person.match and other.row <> person.row)))";

pub(super) fn people(
    connection: &Connection,
    phase: PeoplePhase,
    now: Millis,
    after: Row,
    limit: u32,
    only: Only,
) -> rusqlite::Result<Vec<PersonWork>> {
    let (which, flag, alone) = match phase {
        PeoplePhase::Displaced { matching_is_identity, alone } => (DISPLACED, matching_is_identity, alone),
        PeoplePhase::InFirst => ("fate in (1, 2) and displaced = 1 and ?5", true, false),
        PeoplePhase::In { matching_is_identity } => (WANTED, matching_is_identity, false),
        PeoplePhase::Out { confirmed_only, alone } => {
            ("fate = 3 and applied is not null and (not ?5 or confirmed = 1)", confirmed_only, alone)
        }
    };
    let sql = format!(
        "{PERSON} indexed by person_push where push_due <= ?1 and row > ?2 and (?4 is null or row = ?4) and {which}
           and not (?6 and exists (select 1 from member where member.person = person.row and member.applied > 0))
         order by row limit ?3"
    );
    collect(connection, &sql, (now, after, limit, only, flag, alone), person_work)
}

/// People whose removal a run holds.
pub(super) fn held(connection: &Connection, run: i64, after: Row, limit: u32) -> rusqlite::Result<Vec<PersonWork>> {
    let sql = format!(
        "{PERSON} where row in (select row from held where run = ?1 and kind = 1 and row > ?2 order by row limit ?3)
         order by row"
    );
    collect(connection, &sql, (run, after, limit), person_work)
}

/// The groups that the target has a person in.
pub(super) fn applied_memberships(
    connection: &Connection,
    person: Row,
) -> rusqlite::Result<Vec<(TeamWork, MemberWork)>> {
    let sql =
        "select person.row, id, person.remote, membership, coalesce(applied_match, match, ''), desired, member.applied,
                      member.doubt, member.team
               from member join person on person.row = member.person where member.person = ?1 and member.applied > 0";
    let members: Vec<(Row, MemberWork)> =
        collect(connection, sql, [person], |row| Ok((row.get(8)?, member_work(row)?)))?;
    let mut memberships = Vec::with_capacity(members.len());
    for (team, member) in members {
        let team = optional(connection, &format!("{TEAM} where team.row = ?1"), [team], team_work)?;
        // Of a group that may not be there (yet, or any more) nobody can be taken out.
        let there = |team: &TeamWork| !matches!(team.doubt, Doubt::Made | Doubt::Removed);
        memberships.extend(team.filter(there).map(|team| (team, member)));
    }
    Ok(memberships)
}

pub(super) fn all_people(
    connection: &Connection,
    identity: bool,
    after: Row,
    limit: u32,
) -> rusqlite::Result<Vec<PersonWork>> {
    let sql = format!(
        "{PERSON} where row > ?1 and (fate in (1, 2) or (applied is not null and not (?3 and displaced = 1)))
         order by row limit ?2"
    );
    collect(connection, &sql, (after, limit, identity), person_work)
}

const TEAM: &str = "select team.row, team.key, team.rule, team.definition, team.applied, team.remote, parent.remote,
    team.members, team.applied_members, team.doubt, team.held = 1
    from team left join team parent on parent.key = team.parent";

fn team_work(row: &SqlRow<'_>) -> rusqlite::Result<TeamWork> {
    Ok(TeamWork {
        row: row.get(0)?,
        key: row.get(1)?,
        rule: row.get(2)?,
        definition: row.get(3)?,
        applied: row.get(4)?,
        remote: row.get(5)?,
        parent_remote: row.get(6)?,
        members: row.get(7)?,
        applied_members: row.get(8)?,
        doubt: doubt_of(row.get(9)?),
        held: row.get(10)?,
    })
}

pub(super) fn teams_in(
    connection: &Connection,
    now: Millis,
    after: Row,
    limit: u32,
) -> rusqlite::Result<Vec<TeamWork>> {
    let sql = format!(
        "{TEAM} where team.push_due <= ?1 and (team.wanted = 1 or team.doubt = 1) and team.row > ?2
           and (team.parent is null or parent.row is null or (parent.applied is not null and parent.doubt <> 1))
         order by team.row limit ?3"
    );
    collect(connection, &sql, (now, after, limit), team_work)
}

pub(super) fn teams_out(
    connection: &Connection,
    now: Millis,
    after: Row,
    limit: u32,
) -> rusqlite::Result<Vec<TeamWork>> {
    let sql = format!(
        "{TEAM} where team.push_due <= ?1 and team.wanted = 0 and team.applied is not null and team.row > ?2
           and team.doubt <> 1 and team.held <> 1
           and not exists (select 1 from team child where child.parent = team.key and child.applied is not null and child.abandoned = 0)
         order by team.row limit ?3"
    );
    collect(connection, &sql, (now, after, limit), team_work)
}

pub(super) fn all_teams(connection: &Connection, after: Row, limit: u32) -> rusqlite::Result<Vec<TeamWork>> {
    let sql = format!(
        "{TEAM} where (team.wanted = 1 or (team.held = 1 and team.applied is not null)) and team.row > ?1
         order by team.row limit ?2"
    );
    collect(connection, &sql, (after, limit), team_work)
}

/// Which members go this way. ?1 is the time; the two flags are written in.
fn members_condition(direction: Direction) -> String {
    match direction {
        Direction::In { matching_is_identity } => {
            let free = "and person.displaced = 0 and person.applied_match = person.match and not exists (
                select 1 from person holder cross join member place on place.person = holder.row and place.team = member.team
                where holder.applied_match = person.applied_match and holder.row <> person.row and place.applied > 0)";
            // What was begun for somebody who is held now is finished, so that it is known what is there. Where the matching value says who
            // somebody is, an entry in the way is removed, and its memberships with it.
            let begun = "and (person.displaced = 0 or (person.fate = 4 and member.doubt = 1))";
            format!(
                "member.push_due <= ?1 and member.desired > 0 and person.applied is not null
                 and person.doubt <> 1 and person.doubt <> 3 {}",
                if matching_is_identity { free } else { begun }
            )
        }
        Direction::Out { leave_to_people_out, confirmed_only } => format!(
            "member.push_due <= ?1 and member.desired = 0 and member.applied > 0
             and not (person.fate = 3 and person.applied is not null and person.displaced = 0
                      and ({} or ({} and person.confirmed = 0)))",
            leave_to_people_out, confirmed_only
        ),
    }
}

pub(super) fn teams_with_members(
    connection: &Connection,
    direction: Direction,
    now: Millis,
    after: Row,
    limit: u32,
    only: Only,
) -> rusqlite::Result<Vec<TeamWork>> {
    let condition = members_condition(direction);
    let sql = format!(
        "{TEAM} where team.row in (
           select member.team from member indexed by member_push cross join person on person.row = member.person
             cross join team known on known.row = member.team
           where {condition} and member.team > ?2 and (?4 is null or member.person = ?4)
             and known.applied is not null and known.doubt <> 1 and known.doubt <> 3
             and (known.held <> 1 or person.fate <> 1)
           group by member.team order by member.team limit ?3)
         order by team.row"
    );
    collect(connection, &sql, (now, after, limit, only), team_work)
}

pub(super) fn members(
    connection: &Connection,
    team: Row,
    direction: Direction,
    now: Millis,
    after: Row,
    limit: u32,
    only: Only,
) -> rusqlite::Result<Vec<MemberWork>> {
    let condition = members_condition(direction);
    let sql = format!(
        "select person.row, id, person.remote, membership, coalesce(applied_match, match, ''), desired, member.applied, member.doubt
         from member indexed by member_push join person on person.row = member.person
         where {condition} and team = ?5 and person > ?2 and (?4 is null or member.person = ?4)
           and (person.fate <> 1 or (select held from team where team.row = ?5) <> 1)
         order by person limit ?3"
    );
    collect(connection, &sql, (now, after, limit, only, team), member_work)
}

pub(super) fn all_members(
    connection: &Connection,
    team: Row,
    after: Row,
    limit: u32,
    keep_unconfirmed: bool,
) -> rusqlite::Result<Vec<MemberWork>> {
    let sql = "select person.row, id, person.remote, membership, coalesce(match, applied_match, ''),
                 case when desired > 0 and team.held <> 1 then desired else member.applied end, member.applied, member.doubt
               from member join person on person.row = member.person join team on team.row = member.team
               where member.team = ?1 and person > ?2
                 and (case when team.held = 1 and fate in (1, 4) then member.applied > 0 else desired > 0 end
                   or (?4 and member.applied > 0 and fate = 3 and person.applied is not null and person.confirmed = 0))
               order by person limit ?3";
    collect(connection, sql, (team, after, limit, keep_unconfirmed), member_work)
}

pub(super) fn applied_entries(connection: &Connection, after: Row, limit: u32) -> rusqlite::Result<Vec<PersonWork>> {
    let sql = format!("{PERSON} where applied is not null and row > ?1 order by row limit ?2");
    collect(connection, &sql, (after, limit), person_work)
}

pub(super) fn applied_teams(connection: &Connection, after: Row, limit: u32) -> rusqlite::Result<Vec<TeamWork>> {
    let sql = format!(
        "{TEAM} where team.applied is not null and team.abandoned = 0 and team.row > ?1 order by team.row limit ?2"
    );
    collect(connection, &sql, (after, limit), team_work)
}

pub(super) fn applied_members(
    connection: &Connection,
    team: Row,
    after: Row,
    limit: u32,
) -> rusqlite::Result<Vec<MemberWork>> {
    let sql =
        "select person.row, id, person.remote, membership, coalesce(applied_match, match, ''), desired, member.applied,
                 member.doubt
               from member join person on person.row = member.person
               where team = ?1 and member.applied > 0 and person > ?2 order by person limit ?3";
    collect(connection, sql, (team, after, limit), member_work)
}

fn member_work(row: &SqlRow<'_>) -> rusqlite::Result<MemberWork> {
    Ok(MemberWork {
        row: row.get(0)?,
        id: row.get(1)?,
        remote: row.get(2)?,
        membership: row.get(3)?,
        matching: row.get(4)?,
        admin: row.get::<_, i64>(5)? == 2,
        standing: standing_of(row.get(6)?),
        doubt: row.get(7)?,
    })
}

pub(super) fn pending(connection: &Connection, now: Millis) -> rusqlite::Result<Pending> {
    let person = |which: &str| {
        let sql = format!("select count(*) from person indexed by person_push where push_due <= ?1 and {which}");
        count(connection, &sql, [now])
    };
    let team = |which: &str| {
        count(connection, &format!("select count(*) from team where push_due <= ?1 and ({which})"), [now])
    };
    let member = |which: &str| {
        let sql = format!(
            "select count(*) from member indexed by member_push join person on person.row = member.person
             where member.push_due <= ?1 and {which}"
        );
        count(connection, &sql, [now])
    };
    Ok(Pending {
        people_created: person("((fate in (1, 2) and applied is null) or (fate in (1, 2, 4) and doubt = 1))")?,
        people_updated: person("fate in (1, 2) and applied is not null and doubt <> 1")?,
        people_removed: person("(fate = 3 or (displaced = 1 and fate = 4)) and applied is not null")?,
        groups_created: team("(wanted = 1 and applied is null) or doubt = 1")?,
        groups_updated: team("wanted = 1 and applied is not null and doubt <> 1")?,
        groups_removed: team("wanted = 0 and applied is not null and doubt <> 1")?,
        members_added: member("desired > 0 and (person.applied is not null or person.fate = 1)")?,
        members_removed: member("desired = 0 and member.applied > 0")?,
        held_back: count(connection, "select count(*) from failure where next > ?1 and kind <> 4", [now])?
            + count(connection, "select count(*) from person where fate = 4", [])?,
    })
}

pub(super) fn unconfirmed_removals(connection: &Connection, now: Millis) -> rusqlite::Result<u64> {
    let sql = "select count(*) from person indexed by person_push
               where push_due <= ?1 and fate = 3 and applied is not null and confirmed = 0 and displaced = 0";
    count(connection, sql, [now])
}

pub(super) fn teams_due(connection: &Connection, now: Millis, limit: u32) -> rusqlite::Result<Vec<TeamWork>> {
    let sql = format!(
        "{TEAM} where team.row in (select team from member indexed by member_push where push_due <= ?1 limit ?2)
         order by team.row"
    );
    collect(connection, &sql, (now, limit), team_work)
}

pub(super) fn members_due(
    connection: &Connection,
    team: Row,
    direction: Direction,
    now: Millis,
    limit: u32,
) -> rusqlite::Result<Vec<MemberWork>> {
    let sql =
        "select person.row, id, person.remote, membership, coalesce(match, applied_match, ''), desired, member.applied,
                      member.doubt
               from member indexed by member_push join person on person.row = member.person
               where team = ?1 and member.push_due <= ?2 and (desired > 0) = ?4 order by person limit ?3";
    collect(connection, sql, (team, now, limit, matches!(direction, Direction::In { .. })), member_work)
}

//! What a run would push, told as the log would tell it.

use super::context::Context;
use super::describe::name_in;
use super::push::name_of;
use crate::run_log::{Deed, Event, changes};
use crate::store::{Direction, Fate, PeoplePhase, Result, TeamWork};

/// Up to `limit` lines, people before groups before members.
///
/// # Errors
/// When the state cannot be read.
pub fn preview(context: &Context, limit: u32) -> Result<Vec<Event>> {
    let (store, now) = (&context.store, context.clock.now());
    let mut events = Vec::new();
    let read = |text: &Option<String>| text.as_deref().and_then(|text| context.schemas.read(text));
    for work in store.people(PeoplePhase::In { matching_is_identity: false }, now, 0, limit, None)? {
        let (before, after) = (read(&work.applied), read(&work.profile).unwrap_or_default());
        let deed = match (work.fate, &before) {
            (Fate::Suspended, _) => Deed::Suspended,
            (_, None) => Deed::Created,
            (_, Some(_)) => Deed::Updated,
        };
        let changes = changes(context.schemas.attributes(), before.as_deref().unwrap_or_default(), &after);
        events.push(Event::Person {
            deed,
            name: name_of(context, &after),
            person: work.id,
            changes,
            reason: work.reason,
        });
    }
    for work in store.people(PeoplePhase::Out { confirmed_only: false, alone: false }, now, 0, limit, None)? {
        let before = read(&work.applied).unwrap_or_default();
        let name = name_of(context, &before);
        events.push(Event::Person {
            deed: Deed::Removed,
            name,
            person: work.id,
            changes: Vec::new(),
            reason: work.reason,
        });
    }
    for team in store.teams_in(now, 0, limit)? {
        let deed = if team.applied.is_some() { Deed::Updated } else { Deed::Created };
        events.push(Event::Group { deed, name: team_name(&team), group: team.key, reason: None });
    }
    for team in store.teams_out(now, 0, limit)? {
        let reason = Some("no rule makes it any more, or nobody is in it".to_owned());
        events.push(Event::Group { deed: Deed::Removed, name: team_name(&team), group: team.key, reason });
    }
    events.extend(members(context, limit)?);
    events.truncate(limit as usize);
    Ok(events)
}

/// Members who would enter or leave, also of groups and people that are not at the target yet.
fn members(context: &Context, limit: u32) -> Result<Vec<Event>> {
    let (store, now) = (&context.store, context.clock.now());
    let mut events = Vec::new();
    for team in store.teams_due(now, limit)? {
        let leave = Direction::Out { leave_to_people_out: false, confirmed_only: false };
        let ids = |direction| -> Result<Vec<String>> {
            let members = store.members_due(team.row, direction, now, limit)?;
            Ok(members.into_iter().map(|member| member.id).collect())
        };
        let (added, removed) = (ids(Direction::In { matching_is_identity: false })?, ids(leave)?);
        let name = team_name(&team);
        events.push(Event::Members { name, added, removed, group: team.key, rule: team.rule });
    }
    Ok(events)
}

fn team_name(team: &TeamWork) -> String {
    let text = team.definition.as_deref().or(team.applied.as_deref());
    name_in(text).unwrap_or_else(|| team.key.clone())
}

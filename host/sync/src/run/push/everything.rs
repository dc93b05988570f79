//! Targets that want everything whenever anything changed: files that are written whole.
//!
//! One instance gets all of it in order and `finish` at the end; only then is anything recorded as applied. A crash before that leaves the
//! work due, and the file that was there in its place. An instance that refused something holds a part of it and is thrown away.

use rollcall_sandbox::contract::target::{Delivery, Operation, Outcome, Part, Receipt};

use super::feed::{Feed, Phase};
use super::outcome::{Planned, Recorder, definition, planned_person};
use super::{Plan, STEP, Targets};
use crate::run::Stop;
use crate::run::context::{Context, step_error};
use crate::steps::Target;
use crate::store::{Direction, Effects, Fate, PeoplePhase, Row, TeamWork};

/// Hands out all people, if anything about one of them is due.
pub(super) async fn people(
    context: &Context,
    targets: &mut Targets,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<(), Stop> {
    let phases = [
        Phase::PeopleIn(PeoplePhase::In { matching_is_identity: false }),
        Phase::PeopleOut(PeoplePhase::Out { confirmed_only: plan.confirmed_only }),
    ];
    if !any_due(context, targets, plan, &phases).await? {
        return Ok(());
    }
    let mut refused = None;
    if targets.limits.people == Delivery::Everything {
        let mut target = targets.take(context).await?;
        refused = hand_out_people(context, target.as_mut(), plan, targets.limits.operations).await?;
        if refused.is_none() {
            targets.idle.push(target);
        }
    }
    settle(context, targets, plan, &phases, refused, recorder).await
}

/// Hands out all groups with all their members, if anything about one of them is due.
pub(super) async fn groups(
    context: &Context,
    targets: &mut Targets,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<(), Stop> {
    let out = Direction::Out { leave_to_people_out: false, confirmed_only: plan.confirmed_only };
    let phases = [Phase::TeamsIn, Phase::Members(Direction::In), Phase::Members(out), Phase::TeamsOut];
    if !any_due(context, targets, plan, &phases).await? {
        return Ok(());
    }
    let mut refused = None;
    if targets.limits.groups == Delivery::Everything {
        let mut target = targets.take(context).await?;
        refused = hand_out_groups(context, target.as_mut(), plan, targets.limits.members.max(1)).await?;
        if refused.is_none() {
            targets.idle.push(target);
        }
    }
    settle(context, targets, plan, &phases, refused, recorder).await
}

async fn any_due(context: &Context, targets: &Targets, plan: &Plan, phases: &[Phase]) -> Result<bool, Stop> {
    for phase in phases {
        if !Feed::new(context, *plan, *phase, &targets.limits).next().await?.is_empty() {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn hand_out_people(
    context: &Context,
    target: &mut dyn Target,
    plan: &Plan,
    limit: u32,
) -> Result<Option<Outcome>, Stop> {
    let mut after: Row = 0;
    loop {
        let works = context.blocking(move |store| store.all_people(after, limit.clamp(1, 1_000))).await?;
        let Some(last) = works.last() else { return finish(target, Part::People).await };
        after = last.row;
        let operations: Vec<Operation> = works
            .into_iter()
            .filter_map(|mut work| {
                match work.fate {
                    // What is held, or could not be mapped, stays as the target has it.
                    Fate::Absent if !plan.confirmed_only || work.confirmed => return None,
                    Fate::Absent | Fate::Held | Fate::Unknown => {
                        work.profile = Some(work.applied.take()?);
                        work.fate = if work.applied_active { Fate::Present } else { Fate::Suspended };
                    }
                    Fate::Present | Fate::Suspended => work.applied = None,
                }
                Some(planned_person(context, work, false).operation())
            })
            .collect();
        if let Some(refused) = push(target, operations).await? {
            return Ok(Some(refused));
        }
    }
}

async fn hand_out_groups(
    context: &Context,
    target: &mut dyn Target,
    plan: &Plan,
    limit: u32,
) -> Result<Option<Outcome>, Stop> {
    let mut after: Row = 0;
    loop {
        let teams = context.blocking(move |store| store.all_teams(after, 100)).await?;
        let Some(last) = teams.last() else { return finish(target, Part::Groups).await };
        after = last.row;
        for team in teams {
            if let Some(refused) = hand_out_group(context, target, plan, limit, team).await? {
                return Ok(Some(refused));
            }
        }
    }
}

async fn hand_out_group(
    context: &Context,
    target: &mut dyn Target,
    plan: &Plan,
    limit: u32,
    team: TeamWork,
) -> Result<Option<Outcome>, Stop> {
    let (row, keep) = (team.row, plan.confirmed_only);
    // What is written whole has no ids of its own: there a group is known by its key.
    let team = TeamWork { parent_remote: definition(&team).parent, ..team };
    let mut after: Row = 0;
    let mut first = true;
    loop {
        let members = context.blocking(move |store| store.all_members(row, after, limit, keep)).await?;
        let more = members.last().map(|last| last.row);
        if more.is_none() && !first {
            return Ok(None);
        }
        let planned = if first {
            Planned::Team { team: team.clone(), members }
        } else {
            Planned::Members { team: team.clone(), members, leave: false }
        };
        first = false;
        if let Some(refused) = push(target, vec![planned.operation()]).await? {
            return Ok(Some(refused));
        }
        match more {
            Some(row) => after = row,
            None => return Ok(None),
        }
    }
}

async fn finish(target: &mut dyn Target, part: Part) -> Result<Option<Outcome>, Stop> {
    push(target, vec![Operation::Finish(part)]).await
}

/// Pushes operations; answers the first outcome that is not well.
async fn push(target: &mut dyn Target, operations: Vec<Operation>) -> Result<Option<Outcome>, Stop> {
    if operations.is_empty() {
        return Ok(None);
    }
    let (outcomes, _) = target.push(operations).await.map_err(step_error(STEP))?;
    Ok(outcomes.into_iter().find(|outcome| !matches!(outcome, Outcome::Done(_) | Outcome::Unsupported(_))))
}

/// Gives everything that was due the outcome of the whole.
async fn settle(
    context: &Context,
    targets: &Targets,
    plan: &Plan,
    phases: &[Phase],
    refused: Option<Outcome>,
    recorder: &mut Recorder<'_>,
) -> Result<(), Stop> {
    for phase in phases {
        loop {
            // From the start each time: what was recorded is not due any more.
            let batch = Feed::new(context, *plan, *phase, &targets.limits).next().await?;
            if batch.is_empty() {
                break;
            }
            let outcomes = batch.iter().map(|_| refused.clone().unwrap_or_else(done)).collect();
            recorder.record(batch, outcomes, Effects::default()).await?;
        }
    }
    Ok(())
}

fn done() -> Outcome {
    Outcome::Done(Receipt { remote: None, members: Vec::new(), adopted: false, note: None })
}

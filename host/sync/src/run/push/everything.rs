//! Targets that want everything whenever anything changed: files that are written whole.
//!
//! One instance gets all of it in order and `finish` at the end; only then is anything recorded as applied. A crash before that leaves the
//! work due, and the file that was there in its place. When nobody knows whether the last word arrived, a setting says so, and everything is
//! handed out again. An instance that refused something holds a part of it and is thrown away.
//!
//! Whoever is not listed any more is gone with that. Where the list is imported by a directory that removes nobody for it, the target is
//! told of each, so that it can say what somebody has to do there.

use rollcall_sandbox::contract::target::{Abilities, Delivery, Operation, Outcome, Part, Receipt, TargetLimits};

use super::feed::{Feed, Phase};
use super::outcome::{Planned, Recorder, definition, planned_person};
use super::{Plan, STEP, Targets, attempts, drive};
use crate::run::Stop;
use crate::run::context::{Context, step_error};
use crate::steps::Target;
use crate::store::{Direction, Effects, Fate, Row, TeamWork};

/// Hands out all people, if anything about one of them is due; answers whether those who are gone are still to be recorded by
/// [`people_out`]: where memberships do not end with an entry, once they are in no group any more.
pub(super) async fn people(
    context: &Context,
    targets: &mut Targets,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<bool, Stop> {
    if plan.identity {
        // They are listed under another value, or not at all: what is known of the old one ends with this list.
        let displaced = Phase::PeopleOut(plan.displaced(plan.alone));
        if stays(&targets.limits) {
            drive(context, targets, plan, displaced, recorder).await?;
        } else {
            settle(context, &targets.limits, plan, &[displaced], None, recorder).await?;
        }
    }
    let phases = [Phase::PeopleIn(plan.people_in()), Phase::PeopleOut(plan.people_out(false))];
    if recorder.told_to_wait().is_some() || !any_due(context, &targets.limits, plan, &phases, PEOPLE).await? {
        return Ok(false);
    }
    let (before, mut refused) = (context.store.setting(PEOPLE)?.is_some(), None);
    if targets.limits.people == Delivery::Everything {
        doubt_memberships(context, &targets.limits, plan).await?;
        let mut target = targets.take(context).await?;
        refused = hand_out_people(context, target.as_mut(), plan, targets.limits.operations).await?;
        if refused.is_none() {
            targets.idle.push(target);
        }
    }
    let delivered = refused.is_none();
    let by_itself = !plan.alone && !stays(&targets.limits);
    let settled = if by_itself { &phases[..] } else { &phases[..1] };
    settle(context, &targets.limits, plan, settled, refused.clone(), recorder).await?;
    settle_doubt(context, PEOPLE, before, refused.as_ref())?;
    Ok(delivered && !by_itself)
}

/// Whether an entry stays where it is when it is listed no more.
fn stays(limits: &TargetLimits) -> bool {
    limits.people == Delivery::Everything && !limits.can.contains(Abilities::REMOVE_PEOPLE)
}

/// Has everything handed out again, whatever is due; false for a target that wants nothing whole.
pub(in crate::run) fn again(context: &Context, limits: &TargetLimits) -> Result<bool, Stop> {
    let parts = [(limits.people, PEOPLE), (limits.groups, GROUPS)];
    let whole: Vec<_> = parts.iter().filter(|(how, _)| *how == Delivery::Everything).collect();
    context.store.set(&whole.iter().map(|(_, setting)| (*setting, Some("yes"))).collect::<Vec<_>>())?;
    Ok(!whole.is_empty())
}

/// Those who are not listed any more lose their memberships with the last word, whether its answer arrives or not.
async fn doubt_memberships(context: &Context, limits: &TargetLimits, plan: &Plan) -> Result<(), Stop> {
    if !plan.ends {
        return Ok(());
    }
    let mut feed = Feed::new(context, *plan, Phase::PeopleOut(plan.people_out(false)), limits);
    loop {
        let batch = feed.next().await?;
        if batch.is_empty() {
            return context.blocking(|store| store.flush()).await;
        }
        let attempts = attempts(&batch, true);
        context.blocking(move |store| store.record(&[], &Effects::default(), &attempts)).await?;
    }
}

/// Records that those are gone who are in no group any more.
pub(super) async fn people_out(
    context: &Context,
    targets: &mut Targets,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<(), Stop> {
    let gone = Phase::PeopleOut(plan.people_out(plan.alone));
    if stays(&targets.limits) {
        return drive(context, targets, plan, gone, recorder).await.map(drop);
    }
    settle(context, &targets.limits, plan, &[gone], None, recorder).await
}

/// Hands out all groups with all their members, if anything about one of them is due.
pub(super) async fn groups(
    context: &Context,
    targets: &mut Targets,
    plan: &Plan,
    recorder: &mut Recorder<'_>,
) -> Result<(), Stop> {
    let out = Direction::Out { leave_to_people_out: false, confirmed_only: plan.confirmed_only };
    let phases = [
        Phase::TeamsIn,
        Phase::Members(Direction::In { matching_is_identity: false }),
        Phase::Members(out),
        Phase::TeamsOut,
    ];
    if recorder.told_to_wait().is_some() || !any_due(context, &targets.limits, plan, &phases, GROUPS).await? {
        return Ok(());
    }
    let (before, mut refused) = (context.store.setting(GROUPS)?.is_some(), None);
    if targets.limits.groups == Delivery::Everything {
        let mut target = targets.take(context).await?;
        refused = hand_out_groups(context, target.as_mut(), plan, targets.limits.members.max(1)).await?;
        if refused.is_none() {
            targets.idle.push(target);
        }
    }
    settle(context, &targets.limits, plan, &phases, refused.clone(), recorder).await?;
    settle_doubt(context, GROUPS, before, refused.as_ref())
}

/// The settings that say of people and of groups that nobody knows whether the last word arrived.
const PEOPLE: &str = "people_in_doubt";
const GROUPS: &str = "groups_in_doubt";

/// Whether anything has to be handed out again although nothing is due.
pub(super) fn in_doubt(context: &Context) -> Result<bool, Stop> {
    Ok(context.store.setting(PEOPLE)?.is_some() || context.store.setting(GROUPS)?.is_some())
}

/// Once the outcome is recorded, nothing is in doubt. A target that refused did nothing, so what was in doubt before still is; one that wants to be asked again may have done it.
fn settle_doubt(context: &Context, part: &str, before: bool, refused: Option<&Outcome>) -> Result<(), Stop> {
    match refused {
        Some(Outcome::Retry(_)) => Ok(()),
        Some(_) if before => Ok(()),
        _ => Ok(context.store.set(&[(part, None)])?),
    }
}

async fn any_due(
    context: &Context,
    limits: &TargetLimits,
    plan: &Plan,
    phases: &[Phase],
    part: &str,
) -> Result<bool, Stop> {
    if context.store.setting(part)?.is_some() {
        return Ok(true);
    }
    for phase in phases {
        if !Feed::new(context, *plan, *phase, limits).next().await?.is_empty() {
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
        let (identity, limit) = (plan.identity, limit.clamp(1, 1_000));
        let works = context.blocking(move |store| store.all_people(identity, after, limit)).await?;
        let Some(last) = works.last() else { return finish(context, target, Part::People).await };
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
        let Some(last) = teams.last() else { return finish(context, target, Part::Groups).await };
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

async fn finish(context: &Context, target: &mut dyn Target, part: Part) -> Result<Option<Outcome>, Stop> {
    let setting = if part == Part::People { PEOPLE } else { GROUPS };
    context.store.set(&[(setting, Some("yes"))])?;
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
    limits: &TargetLimits,
    plan: &Plan,
    phases: &[Phase],
    refused: Option<Outcome>,
    recorder: &mut Recorder<'_>,
) -> Result<(), Stop> {
    for phase in phases {
        // A child is due only when its parent is done, so there are as many rounds as levels; what was refused is not due again at once.
        loop {
            let mut feed = Feed::new(context, *plan, *phase, limits).whenever(refused.is_none());
            let mut count = 0;
            loop {
                let batch = feed.next().await?;
                if batch.is_empty() {
                    break;
                }
                count += batch.len();
                let outcomes = batch.iter().map(|_| refused.clone().unwrap_or_else(done)).collect();
                let told = recorder.understand(&batch, outcomes, Effects::default())?;
                recorder.store(told, Vec::new()).await?;
            }
            if count == 0 || refused.is_some() {
                break;
            }
        }
    }
    Ok(())
}

fn done() -> Outcome {
    Outcome::Done(Receipt { remote: None, members: Vec::new(), adopted: false, note: None })
}

//! Bringing the target in step: operations in ordered phases, several at a time, each outcome recorded before more is handed out.
//!
//! | phase | why there |
//! | --- | --- |
//! | entries in the way | a phone number that belongs to somebody else now must be free first |
//! | people in | before they can be members |
//! | groups in | parents before children, each with its first members |
//! | members in, members out | |
//! | groups out | after they are empty |
//! | people out | last, when nothing refers to them |
//!
//! What did not succeed is recorded with its next attempt. If that is soon, another pass follows in the same run.

pub(super) mod everything;
mod feed;
mod outcome;

use std::sync::Arc;
use std::time::Duration;

use rollcall_sandbox::contract::target::{Abilities, Delivery, Outcome, TargetLimits};
use tokio::sync::watch;
use tokio::task::JoinSet;

use self::feed::{Feed, Phase};
pub(super) use self::outcome::name_of;
use self::outcome::{Planned, Recorder, Told};
use super::Stop;
use super::context::{Context, blocking, step_error};
use super::describe;
use super::overlap::{Lead, Overlap};
use crate::progress::Part;
use crate::run_log::{Deed, Event};
use crate::steps::{StepError, Target};
use crate::store::{Attempt, Direction, Effects, HeldTeam, Only, PeoplePhase, TooMany};

/// The step's name in logs.
const STEP: &str = "target";

/// A wait that is worth staying for when nobody asked for one: the second and third attempt come within it.
const SHORT_WAIT: Duration = Duration::from_secs(10);

/// How many held removals are read at a time.
const HELD_LISTED: u32 = 500;

/// More passes than this mean that a target answers "later" for ever.
const PASSES: usize = 100;

/// What is safe to do in this run.
#[derive(Debug, Clone, Copy)]
struct Plan {
    /// The target knows people by the matching value alone.
    identity: bool,
    /// The target ends memberships when it removes an entry.
    ends: bool,
    /// It does not, so an entry goes only after its memberships.
    alone: bool,
    /// Removals that nobody has confirmed are held.
    confirmed_only: bool,
    only: Only,
}

impl Plan {
    /// Everything that a target with these limits can take.
    fn at(limits: &TargetLimits) -> Self {
        // A list of groups does not change when an entry goes, and nobody is removed from where nobody is listed.
        let ends = limits.can.contains(Abilities::REMOVAL_ENDS_MEMBERSHIPS)
            && limits.people != Delivery::Nothing
            && limits.groups == Delivery::Changes;
        Self {
            identity: limits.can.contains(Abilities::MATCHING_IS_IDENTITY),
            ends,
            alone: !ends && limits.groups == Delivery::Changes,
            confirmed_only: false,
            only: None,
        }
    }

    fn people_in(&self) -> PeoplePhase {
        PeoplePhase::In { matching_is_identity: self.identity }
    }

    /// Entries in the way.
    fn displaced(&self, alone: bool) -> PeoplePhase {
        PeoplePhase::Displaced { matching_is_identity: self.identity, alone }
    }

    fn people_out(&self, alone: bool) -> PeoplePhase {
        PeoplePhase::Out { confirmed_only: self.confirmed_only, alone }
    }

    fn members_in(&self) -> Direction {
        Direction::In { matching_is_identity: self.identity }
    }
}

/// Pushes everything that is due.
pub(super) async fn push(context: &Context, only: Only) -> Result<(), Stop> {
    let now = context.clock.now();
    let pending = context.store.pending(now)?;
    if pending.is_empty() && !everything::in_doubt(context)? {
        return Ok(());
    }
    let total = pending.people_created
        + pending.people_updated
        + pending.people_removed
        + pending.groups_created
        + pending.groups_updated
        + pending.groups_removed
        + pending.members_added
        + pending.members_removed;
    context.progress.begin(Part::Push, Some(total));
    let mut targets = Targets::open(context).await?;
    let plan = Plan { confirmed_only: hold_removals(context, only)?, only, ..Plan::at(&targets.limits) };
    if only.is_none() {
        hold_teams(context)?;
    }
    passes(context, &mut targets, &plan).await?;
    Ok(context.store.settle_teams()?)
}

/// Makes the entries of a first sync while people are still being decided about, in whole batches: nobody is at the target yet who could be in the
/// way, and nobody is removed. What is left over is the push's, and so is telling about a target that cannot be used.
pub(super) async fn ahead(context: &Context, overlap: &Overlap) {
    let mut decided = overlap.deciding();
    if decided.wait_for(|lead| lead.over || lead.stored > 0).await.is_ok_and(|lead| !lead.over) {
        // Whatever ends it is found again by the push.
        let _ = make_entries(context, decided).await;
    }
}

async fn make_entries(context: &Context, mut decided: watch::Receiver<Lead>) -> Result<(), Stop> {
    if context.store.applied_people()? > 0 {
        return Ok(());
    }
    let mut targets = Targets::open(context).await?;
    if targets.limits.people != Delivery::Changes {
        return Ok(());
    }
    let plan = Plan::at(&targets.limits);
    let mut recorder = Recorder::new(context, plan.ends);
    let mut feed = Feed::new(context, plan, Phase::PeopleIn(plan.people_in()), &targets.limits).whole_batches(true);
    loop {
        let over = decided.borrow_and_update().over;
        let made = drive_feed(context, &mut targets, &plan, &mut feed, &mut recorder).await?;
        let stopped = recorder.told_to_wait().is_some();
        if stopped || over || (made == 0 && decided.changed().await.is_err()) {
            return Ok(());
        }
    }
}

/// Passes until nothing is due soon.
async fn passes(context: &Context, targets: &mut Targets, plan: &Plan) -> Result<(), Stop> {
    for _ in 0..PASSES {
        let mut recorder = Recorder::new(context, plan.ends);
        pass(context, targets, plan, &mut recorder).await?;
        if let Some((until, reason)) = recorder.told_to_wait() {
            return Err(Stop::Waiting { until, reason });
        }
        if recorder.asked_again {
            // The target did its share of a batch and wants the rest in another call.
            continue;
        }
        recorder.pause().await;
        let now = context.clock.now();
        let Some(next) = context.store.next_attempt(now)? else { return Ok(()) };
        let wait = Duration::from_millis(u64::try_from(next - now).unwrap_or(0));
        if wait > SHORT_WAIT {
            return Ok(());
        }
        context.clock.sleep(wait).await;
    }
    Ok(())
}

/// Whether the removals of this run are too many to be done without somebody's word.
fn hold_removals(context: &Context, only: Only) -> Result<bool, Stop> {
    if only.is_some() {
        return Ok(false);
    }
    let now = context.clock.now();
    let removals = context.store.unconfirmed_removals(now)?;
    if removals == 0 {
        return Ok(false);
    }
    let people = context.store.applied_people()?;
    let safety = context.policy.safety;
    // One removal must be possible in the smallest directory.
    let share = (people as f64 * safety.max_deletion_share.value()).floor().max(1.0) as u64;
    let limit = share.min(safety.max_deletions.into());
    if removals <= limit {
        return Ok(false);
    }
    let held = context.store.hold(context.run, now)?;
    context.log.write(Event::DeletionsHeld { count: held, limit });
    context.counts.add(|counts| counts.deletions_held = held);
    let mut after = 0;
    loop {
        let people = context.store.held(context.run, after, HELD_LISTED)?;
        let Some(last) = people.last() else { return Ok(true) };
        after = last.row;
        for work in people {
            let before = work.applied.as_deref().and_then(|text| context.schemas.read(text));
            context.log.write(Event::Person {
                deed: Deed::RemovalHeld,
                person: work.id,
                name: name_of(context, &before.unwrap_or_default()),
                changes: Vec::new(),
                reason: work.reason,
            });
        }
    }
}

/// Holds large groups that would lose or gain too many members.
fn hold_teams(context: &Context) -> Result<(), Stop> {
    let safety = context.policy.safety;
    let too_many = TooMany {
        members: safety.large_group,
        loss: safety.max_group_loss_share.value(),
        growth: safety.max_group_growth_share.value(),
    };
    let held = context.store.hold_teams(context.run, context.clock.now(), too_many)?;
    context.counts.add(|counts| counts.groups_held = held.len() as u64);
    for team in held {
        let name = describe::name_in(team.definition.as_deref()).unwrap_or_else(|| team.key.clone());
        let HeldTeam { key: group, members, entering, leaving, .. } = team;
        context.log.write(Event::GroupHeld { group, name, members, entering, leaving });
    }
    Ok(())
}

/// One pass through all phases.
async fn pass(context: &Context, targets: &mut Targets, plan: &Plan, recorder: &mut Recorder<'_>) -> Result<(), Stop> {
    let members_out = Direction::Out { leave_to_people_out: plan.ends, confirmed_only: plan.confirmed_only };
    let (people, groups) = (targets.limits.people, targets.limits.groups);
    let mut some_left = false;
    if plan.alone {
        drive(context, targets, plan, Phase::MembershipsOf(plan.displaced(false)), recorder).await?;
    }
    if people == Delivery::Changes {
        drive(context, targets, plan, Phase::PeopleOut(plan.displaced(plan.alone)), recorder).await?;
        if !plan.identity {
            drive(context, targets, plan, Phase::PeopleIn(PeoplePhase::InFirst), recorder).await?;
        }
        drive(context, targets, plan, Phase::PeopleIn(plan.people_in()), recorder).await?;
    } else {
        some_left = everything::people(context, targets, plan, recorder).await?;
    }
    if groups == Delivery::Changes {
        drive_levels(context, targets, plan, Phase::TeamsIn, recorder).await?;
        // Where a phone number is all that says who somebody is, its last owner leaves a group before the next one enters.
        let members_in = plan.members_in();
        let order = if plan.identity { [members_out, members_in] } else { [members_in, members_out] };
        for direction in order {
            drive(context, targets, plan, Phase::Members(direction), recorder).await?;
        }
        drive_levels(context, targets, plan, Phase::TeamsOut, recorder).await?;
    } else {
        everything::groups(context, targets, plan, recorder).await?;
    }
    if people == Delivery::Changes {
        drive(context, targets, plan, Phase::PeopleOut(plan.people_out(plan.alone)), recorder).await?;
    } else if some_left {
        everything::people_out(context, targets, plan, recorder).await?;
    }
    Ok(())
}

/// Instances of the target, kept from batch to batch.
struct Targets {
    limits: TargetLimits,
    idle: Vec<Box<dyn Target>>,
}

impl Targets {
    async fn open(context: &Context) -> Result<Self, Stop> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            let mut target = context.steps.target().await.map_err(step_error(STEP))?;
            match target.limits().await.map_err(step_error(STEP))? {
                Ok(limits) => return Ok(Self { limits, idle: vec![target] }),
                Err(failure) => context.wait(STEP, failure, attempt).await?,
            }
        }
    }

    async fn take(&mut self, context: &Context) -> Result<Box<dyn Target>, Stop> {
        match self.idle.pop() {
            Some(target) => Ok(target),
            None => context.steps.target().await.map_err(step_error(STEP)),
        }
    }
}

/// What came back from a call.
type Pushed = (Vec<Planned>, Result<(Vec<Outcome>, Effects), StepError>, Box<dyn Target>);

/// Hands out a phase until nothing comes any more: a child group waits for its parent's id, and a parent goes after its children.
async fn drive_levels(
    context: &Context,
    targets: &mut Targets,
    plan: &Plan,
    phase: Phase,
    recorder: &mut Recorder<'_>,
) -> Result<(), Stop> {
    for _ in 0..PASSES {
        if drive(context, targets, plan, phase, recorder).await? == 0 {
            break;
        }
    }
    Ok(())
}

/// Hands out a phase, as many calls at a time as the target allows; answers how many operations there were.
async fn drive(
    context: &Context,
    targets: &mut Targets,
    plan: &Plan,
    phase: Phase,
    recorder: &mut Recorder<'_>,
) -> Result<usize, Stop> {
    let mut feed = Feed::new(context, *plan, phase, &targets.limits);
    drive_feed(context, targets, plan, &mut feed, recorder).await
}

/// Hands out what a feed has now. What came of one batch is stored together with what is handed out next, in one transaction, and while that is
/// being written the batch after it is read. The disk is waited for beside that, by each call before it begins.
async fn drive_feed(
    context: &Context,
    targets: &mut Targets,
    plan: &Plan,
    feed: &mut Feed<'_>,
    recorder: &mut Recorder<'_>,
) -> Result<usize, Stop> {
    let mut calls: JoinSet<Result<Pushed, Stop>> = JoinSet::new();
    let concurrency = targets.limits.concurrency.clamp(1, 64) as usize;
    let mut handed = 0;
    let mut ready = Vec::new();
    loop {
        if calls.len() < concurrency && recorder.told_to_wait().is_none() {
            recorder.pause().await;
            if ready.is_empty() {
                ready = feed.next().await?;
            }
            if !ready.is_empty() {
                let batch = std::mem::take(&mut ready);
                handed += batch.len();
                let target = targets.take(context).await?;
                recorder.store(Told::default(), attempts(&batch, plan.ends)).await?;
                start(context, &mut calls, target, batch);
                continue;
            }
        } else if ready.is_empty() && recorder.may_go_on() {
            ready = feed.next().await?;
        }
        let Some(joined) = calls.join_next().await else { return Ok(handed) };
        let (batch, answer, target) = joined.map_err(|error| Stop::Internal(error.to_string()))??;
        let told = match answer {
            Ok((outcomes, effects)) if outcomes.len() == batch.len() => {
                targets.idle.push(target);
                recorder.understand(&batch, outcomes, effects)?
            }
            Ok((outcomes, _)) => {
                let reason = format!("the target answered {} outcomes for {} operations", outcomes.len(), batch.len());
                recorder.broken(&batch, &reason)?
            }
            Err(StepError::Broken(reason)) if batch.len() > 1 => {
                // Half of it at a time, until the culprit is alone.
                context.log.write(Event::Component {
                    step: STEP.to_owned(),
                    level: "error".to_owned(),
                    message: reason,
                });
                // What the broken call did of it before it broke, nobody knows.
                let mut first: Vec<Planned> = batch.into_iter().map(Planned::doubted).collect();
                let second = first.split_off(first.len() / 2);
                for half in [first, second] {
                    let target = targets.take(context).await?;
                    recorder.store(Told::default(), attempts(&half, plan.ends)).await?;
                    start(context, &mut calls, target, half);
                }
                continue;
            }
            Err(StepError::Broken(reason)) => recorder.broken(&batch, &reason)?,
            Err(error) => return Err(step_error(STEP)(error)),
        };
        if ready.is_empty() || calls.len() >= concurrency || !recorder.may_go_on() {
            recorder.store(told, Vec::new()).await?;
            continue;
        }
        let batch = std::mem::take(&mut ready);
        handed += batch.len();
        let target = targets.take(context).await?;
        let stored = recorder.store(told, attempts(&batch, plan.ends));
        let (stored, next) = tokio::join!(stored, feed.next());
        stored?;
        start(context, &mut calls, target, batch);
        ready = next?;
    }
}

/// What is in doubt once this batch is handed out.
fn attempts(batch: &[Planned], ends: bool) -> Vec<Attempt> {
    batch.iter().flat_map(|planned| planned.attempts(ends)).collect()
}

/// Hands out a batch that is written down as in doubt, once that is on the disk.
fn start(
    context: &Context,
    calls: &mut JoinSet<Result<Pushed, Stop>>,
    mut target: Box<dyn Target>,
    batch: Vec<Planned>,
) {
    let operations = batch.iter().map(Planned::operation).collect();
    let store = Arc::clone(&context.store);
    calls.spawn(async move {
        blocking(store, |store| store.flush()).await?;
        let answer = target.push(operations).await;
        Ok((batch, answer, target))
    });
}

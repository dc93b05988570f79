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

mod everything;
mod feed;
mod outcome;

use std::time::Duration;

use rollcall_sandbox::contract::target::{Abilities, Delivery, TargetLimits};
use tokio::task::JoinSet;

use self::feed::{Feed, Phase};
pub(super) use self::outcome::name_of;
use self::outcome::{Planned, Recorder};
use super::Stop;
use super::context::{Context, step_error};
use crate::progress::Part;
use crate::run_log::Event;
use crate::steps::{StepError, Target};
use crate::store::{Direction, Effects, Only, PeoplePhase};

/// The step's name in logs.
const STEP: &str = "target";

/// A wait that is worth staying for when nobody asked for one: the second and third attempt come within it.
const SHORT_WAIT: Duration = Duration::from_secs(10);

/// More passes than this mean that a target answers "later" for ever.
const PASSES: usize = 100;

/// What is safe to do in this run.
#[derive(Debug, Clone, Copy)]
struct Plan {
    abilities: Abilities,
    /// Removals that nobody has confirmed are held.
    confirmed_only: bool,
    only: Only,
}

impl Plan {
    fn can(&self, ability: Abilities) -> bool {
        self.abilities.contains(ability)
    }
}

/// Pushes everything that is due.
pub(super) async fn push(context: &Context, only: Only) -> Result<(), Stop> {
    let now = context.clock.now();
    let pending = context.store.pending(now)?;
    if pending.is_empty() {
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
    let plan = Plan { abilities: targets.limits.can, confirmed_only: hold_removals(context, only)?, only };
    for _ in 0..PASSES {
        let throttled = pass(context, &mut targets, &plan).await?;
        let now = context.clock.now();
        let Some(next) = context.store.next_attempt(now)? else { return Ok(()) };
        let wait = Duration::from_millis(u64::try_from(next - now).unwrap_or(0));
        if wait > SHORT_WAIT && throttled.is_none() {
            return Ok(());
        }
        if wait > context.policy.failure.longest_throttle_wait {
            return match throttled {
                Some(reason) => Err(Stop::Waiting { until: next, reason }),
                None => Ok(()),
            };
        }
        if let Some(reason) = &throttled {
            context.log.write(Event::Waiting {
                step: STEP.to_owned(),
                seconds: wait.as_secs(),
                reason: reason.clone(),
            });
            context.progress.waiting(STEP, wait, reason);
            context.counts.add(|counts| counts.seconds_waited += wait.as_secs());
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
    Ok(true)
}

/// One pass through all phases; answers the reason if the target asked for a wait.
async fn pass(context: &Context, targets: &mut Targets, plan: &Plan) -> Result<Option<String>, Stop> {
    let identity = plan.can(Abilities::MATCHING_IS_IDENTITY);
    let ends = plan.can(Abilities::REMOVAL_ENDS_MEMBERSHIPS);
    let members_out = Direction::Out { leave_to_people_out: ends, confirmed_only: plan.confirmed_only };
    let displaced = PeoplePhase::Displaced { matching_is_identity: identity };
    let mut recorder = Recorder::new(context, ends);
    let (people, groups) = (targets.limits.people, targets.limits.groups);
    if people == Delivery::Changes {
        if !ends && groups == Delivery::Changes {
            drive(context, targets, plan, Phase::MembershipsOf(displaced), &mut recorder).await?;
        }
        drive(context, targets, plan, Phase::PeopleOut(displaced), &mut recorder).await?;
        if !identity {
            drive(context, targets, plan, Phase::PeopleIn(PeoplePhase::InFirst), &mut recorder).await?;
        }
        let wanted = PeoplePhase::In { matching_is_identity: identity };
        drive(context, targets, plan, Phase::PeopleIn(wanted), &mut recorder).await?;
    } else {
        everything::people(context, targets, plan, &mut recorder).await?;
    }
    if groups == Delivery::Changes {
        // A child group waits for its parent's id, so there are as many rounds as levels.
        while drive(context, targets, plan, Phase::TeamsIn, &mut recorder).await? > 0 {}
        drive(context, targets, plan, Phase::Members(Direction::In), &mut recorder).await?;
        drive(context, targets, plan, Phase::Members(members_out), &mut recorder).await?;
        drive(context, targets, plan, Phase::TeamsOut, &mut recorder).await?;
    } else {
        everything::groups(context, targets, plan, &mut recorder).await?;
    }
    if people == Delivery::Changes {
        let out = PeoplePhase::Out { confirmed_only: plan.confirmed_only };
        drive(context, targets, plan, Phase::PeopleOut(out), &mut recorder).await?;
    }
    Ok(recorder.throttled)
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
type Pushed =
    (Vec<Planned>, Result<(Vec<rollcall_sandbox::contract::target::Outcome>, Effects), StepError>, Box<dyn Target>);

/// Hands out a phase, as many calls at a time as the target allows; answers how many operations there were.
async fn drive(
    context: &Context,
    targets: &mut Targets,
    plan: &Plan,
    phase: Phase,
    recorder: &mut Recorder<'_>,
) -> Result<usize, Stop> {
    let mut feed = Feed::new(context, *plan, phase, &targets.limits);
    let mut calls: JoinSet<Pushed> = JoinSet::new();
    let concurrency = targets.limits.concurrency.clamp(1, 64) as usize;
    let mut handed = 0;
    loop {
        while calls.len() < concurrency {
            recorder.pause().await;
            let batch = feed.next().await?;
            if batch.is_empty() {
                break;
            }
            handed += batch.len();
            start(&mut calls, targets.take(context).await?, batch);
        }
        let Some(joined) = calls.join_next().await else { return Ok(handed) };
        let (batch, answer, target) = joined.map_err(|error| Stop::Internal(error.to_string()))?;
        match answer {
            Ok((outcomes, effects)) if outcomes.len() == batch.len() => {
                targets.idle.push(target);
                recorder.record(batch, outcomes, effects).await?;
            }
            Ok((outcomes, _)) => {
                let reason = format!("the target answered {} outcomes for {} operations", outcomes.len(), batch.len());
                recorder.broken(batch, &reason).await?;
            }
            Err(StepError::Broken(reason)) if batch.len() > 1 => {
                // Half of it at a time, until the culprit is alone.
                context.log.write(Event::Component {
                    step: STEP.to_owned(),
                    level: "error".to_owned(),
                    message: reason,
                });
                let mut first = batch;
                let second = first.split_off(first.len() / 2);
                for half in [first, second] {
                    start(&mut calls, targets.take(context).await?, half);
                }
            }
            Err(StepError::Broken(reason)) => recorder.broken(batch, &reason).await?,
            Err(error) => return Err(step_error(STEP)(error)),
        }
    }
}

fn start(calls: &mut JoinSet<Pushed>, mut target: Box<dyn Target>, batch: Vec<Planned>) {
    let operations = batch.iter().map(Planned::operation).collect();
    calls.spawn(async move {
        let answer = target.push(operations).await;
        (batch, answer, target)
    });
}

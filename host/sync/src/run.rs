//! One run: pull, map, group, plan and push, each from what the one before left in the store.
//!
//! | stage | reads | writes, a page or a batch in one transaction |
//! | --- | --- | --- |
//! | `pull` | the source | mirror, cursor |
//! | `decide` | people that are due | profiles, memberships, what is to be pushed |
//! | `push` | what is to be pushed | what was pushed |
//!
//! The stages overlap: people are decided about while the source is being read, and the entries of a first sync are made while others are
//! being decided about (`overlap` says what that takes). Groups and their members come last.
//!
//! A run may end anywhere, by a crash or a power cut: what is due stays due, and the next run goes on from the last transaction.
//! Because the plan is the difference between what is desired and what is applied, a lost event heals itself.

mod context;
mod counts;
mod decide;
mod describe;
mod overlap;
mod person;
mod preview;
mod pull;
mod push;
mod verify;

use std::sync::Arc;

pub use self::context::{Context, Policy};
pub use self::counts::{Counts, Tally};
use self::decide::Decider;
pub(crate) use self::describe::mapping_digest;
use self::overlap::Overlap;
pub use self::person::candidate;
pub use self::preview::preview;
use crate::clock::rfc3339;
use crate::run_log::Event;
use crate::store::{Millis, RunRecord, Stage, StoreError};

/// What is wanted of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// Stop before anything is pushed.
    pub dry: bool,
    /// Only this person (the source's id).
    pub person: Option<String>,
    /// Read the target back instead of syncing.
    pub verify: Option<Verify>,
    /// Let the deletions go that this run held.
    pub confirm_deletions: Option<i64>,
}

/// What is done about differences between the target and what it was brought to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verify {
    /// They are told.
    Report,
    /// They are told and repaired.
    Repair,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Status {
    /// Everything is as it should be.
    Success,
    /// Some objects are held back; the others are as they should be.
    Partial,
    /// The run could not go on.
    Failure,
    /// Another system wants to be left alone for a while; a later run goes on.
    Waiting,
    /// Removals wait for a confirmation; everything else is as it should be.
    Held,
}

impl Status {
    /// The word in the history.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Success => "Success",
            Self::Partial => "Partial",
            Self::Failure => "Failure",
            Self::Waiting => "Waiting",
            Self::Held => "Held",
        }
    }
}

/// Why a run could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Stop {
    /// Another system is to be left alone until then.
    #[error("{reason}")]
    Waiting {
        /// When to go on.
        until: Millis,
        /// In the other system's words.
        reason: String,
    },
    /// The source does not know the cursor any more, and the tenant's settings say that an administrator decides.
    #[error("{0}")]
    Expired(String),
    /// A step could not do its work.
    #[error("{step}: {reason}")]
    Step {
        /// Which.
        step: String,
        /// Why.
        reason: String,
    },
    /// The state could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A part of this program ended unexpectedly.
    #[error("internal error: {0}")]
    Internal(String),
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct Report {
    /// The run's number.
    pub run: i64,
    /// `initial`, `incremental`, `full`, `person`, `verify` or `plan`.
    pub kind: String,
    /// How it ended.
    pub status: Status,
    /// What to know about it.
    pub message: Option<String>,
    /// RFC 3339.
    pub started: String,
    /// RFC 3339.
    pub ended: String,
    /// What was done.
    pub counts: Counts,
    /// When something is due by itself.
    pub next: Option<String>,
}

/// Executes a run from its first page to its last outcome. It always ends with a report that is in the history too.
///
/// # Errors
/// Only when the state cannot be used at all, so that there is no history to write to.
pub async fn execute(context: &Context, kind: &str, started: Millis, wish: &Wish) -> Result<Report, StoreError> {
    context.log.write(Event::RunStarted { run: context.run, kind: kind.to_owned() });
    let ended = stages(context, wish).await;
    let counts = context.counts.snapshot();
    let held_back = context.store.pending(context.clock.now()).map(|pending| pending.held_back).unwrap_or(0);
    let (status, message) = match ended {
        Ok(()) if wish.dry => (Status::Success, None),
        Ok(()) if counts.deletions_held + counts.groups_held > 0 => {
            let text = format!(
                "{} wait for a confirmation: `rollcall sync --confirm-deletions {}` lets them go",
                held_words(&counts),
                context.run
            );
            (Status::Held, Some(text))
        }
        Ok(()) if counts.differences > 0 && wish.verify == Some(Verify::Report) => {
            let text = format!("{} differences: `rollcall verify --repair` repairs what is ours", counts.differences);
            (Status::Partial, Some(text))
        }
        Ok(()) if held_back > 0 => (Status::Partial, Some(format!("{held_back} objects are held back"))),
        Ok(()) => (Status::Success, None),
        Err(Stop::Waiting { until, reason }) => {
            (Status::Waiting, Some(format!("waiting until {}: {reason}", rfc3339(until))))
        }
        Err(stop) => (Status::Failure, Some(stop.to_string())),
    };
    let ended = rfc3339(context.clock.now());
    context.log.write(Event::RunEnded { status: status.word().to_owned(), message: message.clone() });
    let unwritten = context.log.flush().err().map(|error| format!("the log could not be written whole: {error}"));
    let message = match (message, unwritten) {
        (Some(message), Some(trouble)) => Some(format!("{message}; {trouble}")),
        (message, trouble) => message.or(trouble),
    };
    let report = Report {
        run: context.run,
        kind: kind.to_owned(),
        status,
        message,
        started: rfc3339(started),
        ended,
        counts: Counts { held_back, ..counts },
        next: context.store.next_due(context.clock.now())?.map(rfc3339),
    };
    context.store.end_run(&RunRecord {
        number: report.run,
        kind: report.kind.clone(),
        status: status.word().to_owned(),
        started: report.started.clone(),
        ended: Some(report.ended.clone()),
        message: report.message.clone(),
        counts: serde_json::to_value(report.counts).unwrap_or_default(),
    })?;
    Ok(report)
}

fn held_words(counts: &Counts) -> String {
    match (counts.deletions_held, counts.groups_held) {
        (people, 0) => format!("{people} removals"),
        (0, groups) => format!("the changes of {groups} large groups"),
        (people, groups) => format!("{people} removals and the changes of {groups} large groups"),
    }
}

async fn stages(context: &Context, wish: &Wish) -> Result<(), Stop> {
    if let Some(run) = wish.confirm_deletions {
        let confirmed = context.store.confirm(run)?;
        let message = format!("{confirmed} removals and changes of groups that run {run} held are confirmed");
        context.log.write(Event::Note { message });
    }
    if let Some(wanted) = wish.verify {
        verify::verify(context, wanted == Verify::Repair).await?;
        return if wanted == Verify::Repair { push::push(context, None).await } else { Ok(()) };
    }
    describe::note_changes(context)?;
    honour_wakes(context)?;
    let mut deciders = decide::deciders(context);
    match &wish.person {
        None => {
            let overlap = Overlap::new();
            let deciding = async {
                let decided = gather(context, &overlap, &mut deciders).await;
                overlap.end_of_deciding();
                decided
            };
            if wish.dry {
                deciding.await?;
            } else {
                let (decided, ()) = tokio::join!(deciding, push::ahead(context, &overlap));
                decided?;
            }
        }
        Some(id) => {
            pull::fetch(context, id).await?;
            decide::decide(context, &mut deciders).await?;
        }
    }
    describe::describe(context).await?;
    let only = match &wish.person {
        None => None,
        Some(id) => {
            person::explain_mapping(context, id).await?;
            person::explain_groups(context, id).await?;
            Some(person::row(context, id)?)
        }
    };
    if !wish.dry {
        push::push(context, only).await?;
    }
    Ok(())
}

/// Reads the source and decides about everybody who is due.
async fn gather(context: &Context, overlap: &Overlap, deciders: &mut Vec<Decider>) -> Result<(), Stop> {
    let reading = async {
        let read = pull::pull(context, overlap).await;
        overlap.end_of_reading();
        read
    };
    tokio::try_join!(reading, decide::follow(context, overlap, deciders))?;
    decide::decide(context, deciders).await
}

/// Gives work to the people whom steps asked to see again by now.
fn honour_wakes(context: &Context) -> Result<(), Stop> {
    let now = context.clock.now();
    for step in &context.step_names {
        let due = context.store.due_wakes(step, now)?;
        for subject in &due {
            let stage = if step == "grouping" { Stage::Group } else { Stage::Map };
            match (step.as_str(), subject.as_str()) {
                // A source or target is called in every run anyway, and reads its own subjects.
                ("source" | "target", _) => {}
                (_, "") => context.store.mark_all(stage)?,
                (_, person) => context.store.mark(stage, person)?,
            }
        }
        if !due.is_empty() {
            context.store.clear_wakes(step, now)?;
        }
    }
    Ok(())
}

/// The kind of the run that would start now.
///
/// # Errors
/// When the state cannot be read.
pub fn kind_of(context_store: &Arc<dyn crate::store::Store>, wish: &Wish) -> Result<&'static str, StoreError> {
    if wish.dry {
        return Ok("plan");
    }
    if wish.verify.is_some() {
        return Ok("verify");
    }
    if wish.person.is_some() {
        return Ok("person");
    }
    Ok(match (context_store.setting("cursor")?, context_store.setting("completed")?) {
        (Some(_), Some(_)) => "incremental",
        (_, None) => "initial",
        (None, Some(_)) => "full",
    })
}

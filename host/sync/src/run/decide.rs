//! From the mirror to what is desired: mapping and grouping, a batch at a time.
//!
//! Batches are read and written one after the other and mapped side by side. A component that fails in a batch gets it back in halves
//! until the culprit is alone; that person is held back, and the others go on.

mod decider;
mod draft;
mod queue;

use std::collections::{BTreeSet, HashSet};

pub(super) use self::decider::Decider;
use self::queue::Queue;
use super::Stop;
use super::context::Context;
use super::overlap::{Overlap, Seen, looked_up};
use crate::progress::Part;
use crate::run_log::{Deed, Event};
use crate::store::{Decision, Effects, NEVER, Stage};

/// The setting that lists rules which changed since everybody was asked about them.
pub(super) const CHANGED_RULES: &str = "changed_rules";

/// Instances of the steps that decide, for one run.
pub(super) fn deciders(context: &Context) -> Vec<Decider> {
    (0..context.workers.max(1)).map(|_| Decider::new(context)).collect()
}

/// Maps and groups whom pages bring, while more of them come: whole batches, and nobody whom a page has changed meanwhile. Who is left
/// over is due for [`decide`].
pub(super) async fn follow(context: &Context, overlap: &Overlap, idle: &mut Vec<Decider>) -> Result<(), Stop> {
    let mut pages = overlap.reading();
    let mut queue = Queue::new(context, Stage::Map).behind(overlap);
    loop {
        // Before the queue is read: a page that comes while it is being read is another reason to read it.
        let over = pages.borrow_and_update().over;
        if queue.drain(idle).await? > 0 {
            continue;
        }
        if over || pages.changed().await.is_err() {
            return Ok(());
        }
    }
}

/// Maps and groups everybody who is due.
pub(super) async fn decide(context: &Context, idle: &mut Vec<Decider>) -> Result<(), Stop> {
    let now = context.clock.now();
    let due = context.store.jobs_due(Stage::Map, now)? + context.store.jobs_due(Stage::Group, now)?;
    if due > 0 {
        context.progress.begin(Part::Decide, Some(due));
    }
    rescan(context, idle).await?;
    // Deciding about one person may give work to another: who waits for a phone number, say.
    loop {
        let mapped = Queue::new(context, Stage::Map).drain(idle).await?;
        let grouped = Queue::new(context, Stage::Group).drain(idle).await?;
        if mapped + grouped == 0 {
            return Ok(());
        }
    }
}

/// Asks everybody about the rules that changed, and about no others. A run that ends half-way leaves the list for the next.
async fn rescan(context: &Context, idle: &mut Vec<Decider>) -> Result<(), Stop> {
    let Some(text) = context.store.setting(CHANGED_RULES)? else { return Ok(()) };
    let changed: BTreeSet<String> = serde_json::from_str(&text).unwrap_or_default();
    let rules = context.shape().rules.iter().zip(0u32..);
    let asked: Vec<u32> = rules.filter(|(rule, _)| changed.contains(&rule.id)).map(|(_, at)| at).collect();
    if !asked.is_empty() {
        context.progress.begin(Part::Decide, Some(context.store.jobs_due(Stage::Rescan, 0)?));
        idle.iter_mut().for_each(|decider| decider.asked = Some(asked.clone()));
        Queue::new(context, Stage::Rescan).drain(idle).await?;
        idle.iter_mut().for_each(|decider| decider.asked = None);
    }
    Ok(context.store.set(&[(CHANGED_RULES, None)])?)
}

/// A batch that was decided.
#[derive(Debug, Default)]
struct Decided {
    /// The source's ids of those who were decided about.
    ids: Vec<String>,
    decisions: Vec<Decision>,
    effects: Effects,
    events: Vec<Event>,
    mapped: u64,
    skipped: u64,
}

impl Decided {
    /// Drops what is not to be stored, and what was to be told about it.
    fn retain(&mut self, keep: impl Fn(&str, &Decision) -> bool) {
        let kept: Vec<bool> = self.ids.iter().zip(&self.decisions).map(|(id, decision)| keep(id, decision)).collect();
        let dropped: BTreeSet<&str> =
            self.ids.iter().zip(&kept).filter(|(_, kept)| !**kept).map(|(id, _)| id.as_str()).collect();
        if dropped.is_empty() {
            return;
        }
        self.events.retain(|event| !matches!(event, Event::Person { person, .. } if dropped.contains(person.as_str())));
        self.mapped = self.mapped.saturating_sub(dropped.len() as u64);
        let mut kept = kept.into_iter();
        self.decisions.retain(|_| kept.next().unwrap_or(true));
    }
}

/// Stores what was decided while pages came, but for what they have overtaken.
async fn commit_behind(
    context: &Context,
    overlap: &Overlap,
    seen: Seen,
    known: &HashSet<String>,
    mut decided: Decided,
) -> Result<(), Stop> {
    let mut recent = overlap.alone().await;
    let mut subjects = looked_up(&decided.decisions);
    subjects.retain(|subject| !known.contains(subject));
    let unknown = if subjects.is_empty() { BTreeSet::new() } else { context.store.unknown(&subjects)? };
    decided.retain(|id, decision| {
        let waits = decision.looked_up.iter().flatten().any(|subject| unknown.contains(subject));
        !waits && !recent.overtakes(seen, id, decision)
    });
    recent.forget(seen);
    commit(context, decided).await?;
    overlap.decided();
    Ok(())
}

async fn commit(context: &Context, decided: Decided) -> Result<(), Stop> {
    let Decided { ids: _, mut decisions, effects, events, mapped, skipped } = decided;
    for decision in &mut decisions {
        if let Some(failure) = &mut decision.failure {
            let now = context.clock.now();
            failure.attempts = context.store.attempts(failure.subject)? + 1;
            failure.next = context.policy.next_attempt(failure.subject, failure.attempts, now);
            decision.map_due = Some(failure.next).filter(|next| *next != NEVER);
        }
    }
    let count = decisions.len() as u64;
    let conflicts = context.blocking(move |store| store.commit_decisions(&decisions, &effects)).await?;
    for event in events {
        context.log.write(event);
    }
    for conflict in conflicts {
        context.log.write(Event::Person {
            deed: Deed::HeldBack,
            person: conflict.id,
            name: None,
            changes: Vec::new(),
            reason: Some(format!("{} is already used by {}", conflict.value, conflict.holder)),
        });
    }
    context.counts.add(|counts| {
        counts.people_mapped += mapped;
        counts.people_skipped += skipped;
    });
    context.progress.advance(Part::Decide, count);
    Ok(())
}

//! Reading the source: pages into the mirror, each with its cursor in one transaction.
//!
//! While pages are being stored the next ones are being fetched; those that came meanwhile are stored together. A crash re-reads what was not
//! stored and never loses a page: merging one twice changes nothing the second time.

use rollcall_sandbox::contract::source::{Change, Next, Page};
use rollcall_sandbox::contract::types::Failure;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::Stop;
use super::context::{Context, step_error};
use super::overlap::{Concerned, Overlap};
use crate::progress::Part;
use crate::run_log::{Deed, Event};
use crate::store::{Effects, PageCommit, SourceChange};

/// The step's name in logs.
const STEP: &str = "source";

/// How many pages may wait to be stored.
const PAGES: usize = 8;

/// Pages that wait are stored together up to about this many changes.
const TOGETHER: usize = 1_000;

/// How many users are swept in one transaction.
const SWEEP: u32 = 5_000;

/// A round that is under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Round {
    /// It lists everything.
    full: bool,
    /// The properties that it asks for.
    properties: Vec<String>,
    /// Some of its pages are stored, and not the last.
    #[serde(default)]
    begun: bool,
}

/// What the task that fetches sends to the one that stores.
enum Fetched {
    Page(Page, Effects),
    Expired(String),
    Stopped(Stop),
}

/// Brings the mirror up to date with the source.
pub(super) async fn pull(context: &Context, overlap: &Overlap) -> Result<(), Stop> {
    if let Some(reason) = context.store.setting("waiting_for_reset")?.filter(|_| !context.policy.resets()) {
        return Err(expired(&reason));
    }
    context.progress.begin(Part::Pull, None);
    let mut round = open_round(context)?;
    loop {
        match read_round(context, overlap, &round).await? {
            // It tells what was so when an earlier run began it: what came since then is in another.
            Ended::Complete if round.begun => round = open_round(context)?,
            Ended::Complete => return Ok(()),
            Ended::Expired(reason) if context.policy.resets() && context.store.setting("cursor")?.is_some() => {
                let message =
                    format!("the source does not accept the stored cursor: {reason}; starting over with a full round");
                context.log.write(Event::Note { message });
                context.store.reset()?;
                round = open_round(context)?;
            }
            Ended::Expired(reason) => {
                context.store.set(&[("waiting_for_reset", Some(&reason))])?;
                return Err(expired(&reason));
            }
        }
    }
}

/// The provider's own text, and what to do.
fn expired(reason: &str) -> Stop {
    Stop::Expired(format!("{reason} (`rollcall reset` starts over with a full round)"))
}

/// The round to go on with, or a new one.
fn open_round(context: &Context) -> Result<Round, Stop> {
    let properties = context.shape().source_properties();
    let open = context.store.setting("round")?.and_then(|text| serde_json::from_str::<Round>(&text).ok());
    let cursor = context.store.setting("cursor")?;
    match open {
        Some(round) if cursor.is_some() && round.properties == properties => return Ok(round),
        // The source encodes the properties that it was asked for in its links, so others need another round.
        Some(_) if cursor.is_some() => {
            let message = "other properties are wanted of the source now: reading everything again".to_owned();
            context.log.write(Event::Note { message });
        }
        _ => {}
    }
    let round = Round { full: true, properties, begun: false };
    context.store.start_full_round()?;
    context.store.set(&[("cursor", None), ("round", Some(&text_of(&round)))])?;
    Ok(round)
}

fn text_of(round: &Round) -> String {
    serde_json::to_string(round).unwrap_or_default()
}

enum Ended {
    Complete,
    Expired(String),
}

async fn read_round(context: &Context, overlap: &Overlap, round: &Round) -> Result<Ended, Stop> {
    let cursor = context.store.setting("cursor")?;
    let (sender, mut receiver) = mpsc::channel(PAGES);
    let fetching = fetch_pages(context, cursor, sender);
    // It takes the receiver with it when it ends, or the other would wait for ever to hand over its next page.
    let storing = async move {
        let mut listed = 0;
        // What came after pages that were stored together.
        let mut after = None;
        loop {
            let fetched = match after.take() {
                Some(fetched) => fetched,
                None => match receiver.recv().await {
                    Some(fetched) => fetched,
                    None => return Err(Stop::Internal("the source ended without a last page".into())),
                },
            };
            match fetched {
                Fetched::Page(mut page, mut effects) => {
                    while page.changes.len() < TOGETHER && matches!(page.next, Next::More(_)) {
                        match receiver.try_recv() {
                            Ok(Fetched::Page(more, others)) => {
                                page.changes.extend(more.changes);
                                page.next = more.next;
                                effects.append(others);
                            }
                            Ok(end) => {
                                after = Some(end);
                                break;
                            }
                            Err(_) => break,
                        }
                    }
                    listed += page.changes.len();
                    let next = page.next.clone();
                    store_page(context, overlap, round, page, effects).await?;
                    if let Next::Complete(cursor) = next {
                        finish_round(context, overlap, round, cursor, listed).await?;
                        return Ok(Ended::Complete);
                    }
                }
                Fetched::Expired(reason) => return Ok(Ended::Expired(reason)),
                Fetched::Stopped(stop) => return Err(stop),
            }
        }
    };
    let (_, ended) = tokio::join!(fetching, storing);
    ended
}

/// Fetches page after page until the round is complete or nobody takes them any more.
async fn fetch_pages(context: &Context, mut cursor: Option<String>, pages: mpsc::Sender<Fetched>) {
    let mut source = None;
    let mut attempt = 0;
    loop {
        attempt += 1;
        let fetched = match fetch_page(context, &mut source, cursor.clone(), attempt).await {
            Ok(Some((page, effects))) => Fetched::Page(page, effects),
            Ok(None) => continue,
            Err(Stop::Expired(reason)) => Fetched::Expired(reason),
            Err(stop) => Fetched::Stopped(stop),
        };
        attempt = 0;
        let next = match &fetched {
            Fetched::Page(page, _) => match &page.next {
                Next::More(next) => Some(next.clone()),
                Next::Complete(_) => None,
            },
            _ => None,
        };
        if pages.send(fetched).await.is_err() || next.is_none() {
            return;
        }
        cursor = next;
    }
}

/// One page; none when it is to be asked for again, after the wait that was asked for.
async fn fetch_page(
    context: &Context,
    source: &mut Option<Box<dyn crate::steps::Source>>,
    cursor: Option<String>,
    attempt: u32,
) -> Result<Option<(Page, Effects)>, Stop> {
    let mut instance = match source.take() {
        Some(instance) => instance,
        None => context.steps.source().await.map_err(step_error(STEP))?,
    };
    // A task of its own: while the component reads one page, this one stores another.
    let mut pulling = JoinSet::new();
    pulling.spawn(async move {
        let answer = instance.pull(cursor).await;
        (instance, answer)
    });
    let pulled = pulling.join_next().await.ok_or_else(|| Stop::Internal("a task is gone".into()))?;
    let (instance, answer) = pulled.map_err(|error| Stop::Internal(error.to_string()))?;
    if answer.is_ok() {
        *source = Some(instance);
    }
    match answer {
        Ok((Ok(page), effects)) => Ok(Some((page, effects))),
        Ok((Err(failure), _)) => context.wait(STEP, failure, attempt).await.map(|()| None),
        Err(error) => {
            let fault = rollcall_sandbox::contract::types::Fault {
                message: error.to_string(),
                status: None,
                code: None,
                request_id: None,
            };
            let retry = rollcall_sandbox::contract::types::Retry { after_seconds: None, fault };
            context.wait(STEP, Failure::Retry(retry), attempt).await.map(|()| None)
        }
    }
}

fn source_change(change: Change) -> Vec<SourceChange> {
    match change {
        Change::User(patch) => vec![SourceChange::User(patch.id, patch.properties)],
        Change::Removed(removal) => vec![SourceChange::Removed(removal.id)],
        Change::Group(patch) if patch.removed => vec![SourceChange::GroupRemoved(patch.id)],
        Change::Group(patch) => vec![SourceChange::Group(patch.id, patch.properties)],
        Change::Membership(change) => vec![SourceChange::Membership(change.group, change.user, change.removed)],
    }
}

async fn store_page(
    context: &Context,
    overlap: &Overlap,
    round: &Round,
    page: Page,
    effects: Effects,
) -> Result<(), Stop> {
    let changes: Vec<SourceChange> = page.changes.into_iter().flat_map(source_change).collect();
    let count = changes.len();
    let begun = text_of(&Round { begun: true, ..round.clone() });
    let settings = match page.next {
        Next::More(cursor) => vec![("cursor", cursor), ("round", begun)],
        // The cursor of the last page is stored by `finish_round`, after the sweep: a crash before that reads this page again.
        Next::Complete(_) => Vec::new(),
    };
    let (full, interest) = (round.full, context.interest());
    let concerned = Concerned::by(&changes);
    let mut recent = overlap.alone().await;
    let receipt = context
        .blocking(move |store| {
            let settings: Vec<(&str, Option<&str>)> =
                settings.iter().map(|(name, value)| (*name, Some(value.as_str()))).collect();
            store.commit_page(&PageCommit {
                changes: &changes,
                full,
                interest: &interest,
                settings: &settings,
                effects: &effects,
            })
        })
        .await?;
    overlap.stored(&mut recent, concerned);
    drop(recent);
    for (id, reason) in &receipt.bad {
        context.log.write(Event::Person {
            deed: Deed::HeldBack,
            person: id.clone(),
            name: None,
            changes: Vec::new(),
            reason: Some(format!("the source's object cannot be read: {reason}")),
        });
    }
    context.counts.add(|counts| counts.changes_read += count as u64);
    context.progress.advance(Part::Pull, count as u64);
    if count > 0 {
        context.log.write(Event::Page {
            changes: count,
            new: receipt.new,
            changed: receipt.changed,
            removed: receipt.removed,
        });
    }
    Ok(())
}

/// Sweeps what a full round did not mention, then stores the cursor for the next one.
async fn finish_round(
    context: &Context,
    overlap: &Overlap,
    round: &Round,
    cursor: Option<String>,
    listed: usize,
) -> Result<(), Stop> {
    if round.full {
        let (mirrored, seen) = context.store.mirrored()?;
        if seen == 0 && mirrored > 0 && listed == 0 {
            return Err(Stop::Step {
                step: STEP.to_owned(),
                reason: format!(
                    "the source listed nobody, although {mirrored} people were known before: nothing was removed. If it is really \
                     empty, remove the tenant's state; otherwise look at the source's permissions and filters"
                ),
            });
        }
        loop {
            let mut recent = overlap.alone().await;
            let swept = context.blocking(|store| store.sweep(SWEEP)).await?;
            overlap.stored(&mut recent, Concerned::Users(swept.iter().cloned().collect()));
            if swept.is_empty() {
                break;
            }
            context.log.write(Event::Note { message: format!("{} users are not in the source any more", swept.len()) });
        }
    }
    // Without a cursor every round lists everything: the next one begins like this one.
    let next = Round { full: cursor.is_none(), begun: false, ..round.clone() };
    let text = text_of(&next);
    context.store.set(&[
        ("cursor", cursor.as_deref()),
        ("round", cursor.is_some().then_some(text.as_str())),
        ("completed", Some("yes")),
        ("waiting_for_reset", None),
    ])?;
    Ok(())
}

/// Reads one person as it is now.
pub(super) async fn fetch(context: &Context, id: &str) -> Result<(), Stop> {
    let mut attempt = 0;
    let patch = loop {
        attempt += 1;
        let mut source = context.steps.source().await.map_err(step_error(STEP))?;
        match source.fetch(id.to_owned()).await.map_err(step_error(STEP))? {
            Ok(patch) => break patch,
            Err(failure) => context.wait(STEP, failure, attempt).await?,
        }
    };
    let change = match patch {
        Some(patch) => SourceChange::User(patch.id, patch.properties),
        None if context.store.person(id)?.is_some() => SourceChange::Removed(id.to_owned()),
        None => {
            let reason = format!("the source has no user {id}, and none was known before");
            return Err(Stop::Step { step: STEP.to_owned(), reason });
        }
    };
    let interest = context.interest();
    context
        .blocking(move |store| {
            let changes = [change];
            let effects = Effects::default();
            store.commit_page(&PageCommit {
                changes: &changes,
                full: false,
                interest: &interest,
                settings: &[],
                effects: &effects,
            })
        })
        .await?;
    context.store.mark(crate::store::Stage::Map, id)?;
    Ok(())
}

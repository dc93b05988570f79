//! What the rules say about groups themselves, and noticing that rules, mappings or components have changed.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_sandbox::contract::grouping::{Group, WhenEmpty};

use super::Stop;
use super::context::{Context, Policy, step_error};
use super::decide::CHANGED_RULES;
use crate::run_log::Event;
use crate::steps::{Grouping, Shape};
use crate::store::{Millis, Stage, TeamDescription};

/// Groups in a batch.
const BATCH: u32 = 500;

/// Compares what the steps say of themselves with what the last run knew, and gives work to those whom a change concerns. No
/// pull is needed for it: the mirror has everything.
pub(super) fn note_changes(context: &Context) -> Result<(), Stop> {
    note_clock(context)?;
    let shape = context.shape();
    let schema = context.schemas.current.to_string();
    let mapping = mapping_digest(shape, &schema, &context.policy);
    let store = context.store.as_ref();
    let known = store.setting("mapping_digest")?;
    if known.as_deref() != Some(&mapping) {
        if known.is_some() {
            note(context, "the mapping changed: everybody is mapped again");
        }
        store.mark_all(Stage::Map)?;
        store.set(&[("mapping_digest", Some(&mapping))])?;
    }
    if store.setting("grouping_digest")?.as_deref() == Some(&shape.grouping_digest) {
        return Ok(());
    }
    let rules: BTreeMap<&str, &str> = shape.rules.iter().map(|rule| (rule.id.as_str(), rule.digest.as_str())).collect();
    let before: Option<BTreeMap<String, String>> =
        store.setting("rules")?.and_then(|text| serde_json::from_str(&text).ok());
    let changed: BTreeSet<&str> = rules
        .iter()
        .filter(|(id, digest)| before.as_ref().and_then(|before| before.get(**id)).is_none_or(|known| known != *digest))
        .map(|(id, _)| *id)
        .collect();
    match &before {
        Some(before) if !rules.is_empty() && !before.is_empty() => {
            let mut open: BTreeSet<String> =
                store.setting(CHANGED_RULES)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
            open.extend(changed.iter().map(|id| (*id).to_owned()));
            note(
                context,
                &format!("{} of {} rules changed: everybody is asked about those", changed.len(), rules.len()),
            );
            let text = serde_json::to_string(&open).unwrap_or_default();
            store.set(&[(CHANGED_RULES, Some(&text))])?;
        }
        Some(_) => {
            note(context, "the grouping changed: everybody is grouped again");
            store.mark_all(Stage::Group)?;
        }
        None => store.mark_all(Stage::Group)?,
    }
    let mut ids: BTreeSet<String> = rules.keys().map(|id| (*id).to_owned()).collect();
    if rules.is_empty() {
        ids.insert(crate::steps::WHOLE.to_owned());
    }
    store.retire_rules(&ids)?;
    let text = serde_json::to_string(&rules).unwrap_or_default();
    // Names and parents of groups may have changed without their members.
    store.set(&[
        ("rules", Some(&text)),
        ("describe_all", Some("yes")),
        ("grouping_digest", Some(&shape.grouping_digest)),
    ])?;
    Ok(())
}

/// A clock that goes back is nothing to worry about within this time.
const CLOCK_SLACK: Millis = 60_000;

/// What was decided and postponed by a clock that was ahead is looked at again once it was set right.
fn note_clock(context: &Context) -> Result<(), Stop> {
    let (store, now) = (context.store.as_ref(), context.clock.now());
    let before = store.setting("clock")?.and_then(|text| text.parse::<Millis>().ok());
    if before.is_some_and(|before| now + CLOCK_SLACK < before) {
        note(
            context,
            "the clock was set back since the last run: everybody is mapped again, and what failed is tried again",
        );
        store.mark_all(Stage::Map)?;
        store.retry(None, None)?;
    }
    Ok(store.set(&[("clock", Some(&now.to_string()))])?)
}

/// Changes when everybody is to be mapped again.
pub(crate) fn mapping_digest(shape: &Shape, schema: &str, policy: &Policy) -> String {
    format!("{} {schema} {}", shape.mapping_digest, policy.digest())
}

fn note(context: &Context, message: &str) {
    context.log.write(Event::Note { message: message.to_owned() });
}

/// Asks for the descriptions of groups that have none, or of all after a change.
pub(super) async fn describe(context: &Context) -> Result<(), Stop> {
    let all = context.store.setting("describe_all")?.is_some();
    let mut after = String::new();
    let mut grouping = None;
    loop {
        let keys =
            if all { context.store.team_keys(&after, BATCH)? } else { context.store.undescribed_teams(BATCH)? };
        let Some(last) = keys.last() else { break };
        after.clone_from(last);
        let instance = match &mut grouping {
            Some(instance) => instance,
            None => grouping.insert(context.steps.grouping().await.map_err(step_error("grouping"))?),
        };
        let described = with_parents(context, instance.as_mut(), keys).await?;
        context.blocking(move |store| store.describe_teams(&described)).await?;
        if !all && context.store.undescribed_teams(1)?.first().is_some_and(|first| *first <= after) {
            // A key that the grouping does not describe has no members any more after this; nothing to come back for.
            break;
        }
    }
    Ok(context.store.set(&[("describe_all", None)])?)
}

/// The descriptions of groups, their parents before them.
async fn with_parents(
    context: &Context,
    grouping: &mut dyn Grouping,
    keys: Vec<String>,
) -> Result<Vec<TeamDescription>, Stop> {
    let mut levels = Vec::new();
    let mut known: BTreeSet<String> = keys.iter().cloned().collect();
    let mut wanted = keys;
    while !wanted.is_empty() {
        let groups = grouping.describe(wanted.clone()).await.map_err(step_error("grouping"))?;
        let mut parents = Vec::new();
        let mut level = Vec::new();
        for (key, group) in wanted.into_iter().zip(groups) {
            let parent = group.as_ref().and_then(|group| group.parent.clone());
            parents.extend(parent.filter(|parent| known.insert(parent.clone())));
            if group.is_none() {
                note(context, &format!("no rule makes the group {key} any more"));
            }
            level.push(description(key, group));
        }
        levels.push(level);
        wanted = parents;
    }
    Ok(levels.into_iter().rev().flatten().collect())
}

/// What the target is told of a group, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) struct Definition {
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub welcome_message: Option<String>,
}

/// The name in a definition as it is stored.
pub(super) fn name_in(definition: Option<&str>) -> Option<String> {
    serde_json::from_str(definition?).ok().map(|definition: Definition| definition.name)
}

fn description(key: String, group: Option<Group>) -> TeamDescription {
    let Some(group) = group else {
        return TeamDescription {
            key,
            definition: None,
            parent: None,
            minimum: 1,
            keep_empty: false,
            admins: Vec::new(),
        };
    };
    let parent = group.parent.clone();
    let definition = Definition { name: group.name, parent: group.parent, welcome_message: group.welcome_message };
    TeamDescription {
        key,
        definition: serde_json::to_string(&definition).ok(),
        parent,
        minimum: group.minimum_members.max(1),
        keep_empty: group.when_empty == WhenEmpty::Keep,
        admins: group.admins,
    }
}

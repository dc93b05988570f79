//! `rollcall mapping try`: how a user is mapped.
//!
//! One expression runs here, with the language's own library; a tenant's whole mapping runs in the sandbox, as a sync would run it.

use std::time::{SystemTime, UNIX_EPOCH};

use attribute_mapping::environment::Alone;
use attribute_mapping::moment::Moment;
use attribute_mapping::trial::{self, Knowledge};
use rollcall_sandbox::contract::mapping::{AttributeTrace, Outcome, Person};
use rollcall_sync::profile::readable;
use rollcall_sync::steps::Steps;
use serde_json::json;

use super::user;
use crate::args::{Mapping, TryMapping};
use crate::refusal::{Refusal, WRONG, say};
use crate::setup;

pub async fn run(command: &Mapping, json: bool) -> Result<u8, Refusal> {
    let Mapping::Try(wish) = command;
    match (&wish.expression, &wish.tenant) {
        (Some(expression), _) => try_expression(expression, wish, json),
        (None, Some(_)) => try_tenant(wish, json).await,
        (None, None) => Err(Refusal::wrong("give a tenant's file or --expression")),
    }
}

/// A world with nothing in it but the time; a manager that stands in the user's own JSON is read from there.
fn alone() -> Alone {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = Moment::from_unix(i64::try_from(since.as_secs()).unwrap_or(0)).unwrap_or_default();
    Alone { now, seed: u64::from(since.subsec_nanos()) ^ since.as_secs() }
}

fn try_expression(expression: &str, wish: &TryMapping, json: bool) -> Result<u8, Refusal> {
    let user = match user::load(&wish.user, None) {
        Ok(user) => user,
        Err(refused) => return user::not_tried(refused, json),
    };
    let tried = trial::run(expression, &user, &Knowledge::default(), &alone());
    let code = if tried.value.is_ok() { 0 } else { WRONG };
    if json {
        say(&tried.to_json(expression).to_string());
        return Ok(code);
    }
    if wish.explain {
        for part in &tried.parts {
            let indent = "  ".repeat(part.depth as usize);
            say(&format!("{indent}{} = {}", part.expression, part.value.to_json()));
        }
    }
    match &tried.value {
        Ok(value) => say(&value.to_json().to_string()),
        Err(fault) => eprintln!("{}", fault.under(expression)),
    }
    Ok(code)
}

/// A user as a mapping gets it, by the id in it or the one that was given.
pub fn person(object: String, named: &str) -> Person {
    let id = serde_json::from_str::<serde_json::Value>(&object)
        .ok()
        .and_then(|user| user.get("id").and_then(|id| id.as_str()).map(str::to_owned))
        .unwrap_or_else(|| named.to_owned());
    Person { id, object, inherited: Vec::new(), exists: false }
}

async fn try_tenant(wish: &TryMapping, json: bool) -> Result<u8, Refusal> {
    let Some(path) = &wish.tenant else { return Err(Refusal::wrong("give a tenant's file")) };
    let object = match user::load(&wish.user, Some(path)) {
        Ok(object) => object,
        Err(refused) => return user::not_tried(refused, json),
    };
    let config = setup::config(path, &[])?;
    let ready = setup::ready(&config).await?;
    let failed = |error: rollcall_sync::steps::StepError| Refusal::failed(error.to_string());
    let mut mapping = ready.steps.mapping().await.map_err(failed)?;
    let person = person(object, &wish.user);
    let traces = mapping.explain(person.clone()).await.map_err(failed)?;
    let outcome = mapping.map_people(vec![person]).await.map_err(failed)?.outcomes.pop();
    let attributes = &ready.steps.shape().attributes;
    if json {
        let traces: Vec<_> = traces.iter().map(|trace| trace_json(trace, wish.explain)).collect();
        let outcome = match &outcome {
            Some(Outcome::Profile(values)) => {
                let profile: serde_json::Map<_, _> = attributes
                    .iter()
                    .zip(values)
                    .map(|(attribute, value)| (attribute.name.clone(), readable(value)))
                    .collect();
                json!({ "profile": profile })
            }
            Some(Outcome::Skip(reason)) => json!({ "skip": reason }),
            Some(Outcome::Reject(reason)) => json!({ "reject": reason }),
            None => json!(null),
        };
        say(&json!({ "attributes": traces, "outcome": outcome }).to_string());
        return Ok(0);
    }
    for trace in &traces {
        show(trace, wish.explain);
    }
    match &outcome {
        Some(Outcome::Profile(values)) => {
            for (attribute, value) in attributes.iter().zip(values).filter(|_| traces.is_empty()) {
                say(&format!("{}: {}", attribute.name, readable(value)));
            }
            say("This user becomes a person of the directory.");
        }
        Some(Outcome::Skip(reason)) => say(&format!("This user is skipped: {reason}")),
        Some(Outcome::Reject(reason)) => say(&format!("This user is held back: {reason}")),
        None => {}
    }
    Ok(0)
}

fn trace_json(trace: &AttributeTrace, explain: bool) -> serde_json::Value {
    let root = trace.nodes.first();
    let mut shown = json!({
        "attribute": trace.attribute,
        "expression": root.map(|root| root.expression.as_str()),
        "value": root.map(|root| readable(&root.outcome)),
        "inputs": trace.nodes.iter().filter_map(|node| {
            Some(json!({ "property": node.property.as_ref()?, "value": node.property_value.as_ref().map(readable) }))
        }).collect::<Vec<_>>(),
        "fault": trace.fault,
    });
    if let (true, Some(object)) = (explain, shown.as_object_mut()) {
        let parts = trace.nodes.iter().map(
            |node| json!({ "depth": node.depth, "expression": node.expression, "value": readable(&node.outcome) }),
        );
        object.insert("parts".to_owned(), parts.collect());
    }
    shown
}

fn show(trace: &AttributeTrace, explain: bool) {
    let Some(root) = trace.nodes.first() else {
        let fault = trace.fault.as_deref().unwrap_or("no value");
        say(&format!("{}: {fault}", trace.attribute));
        return;
    };
    say(&format!("{} = {}", trace.attribute, readable(&root.outcome)));
    say(&format!("    {}", root.expression));
    for node in &trace.nodes {
        if let (Some(property), Some(value)) = (&node.property, &node.property_value) {
            say(&format!("    [{property}] is {}", readable(value)));
        }
    }
    if let Some(fault) = &trace.fault {
        say(&format!("    {fault}"));
    }
    if explain {
        for node in &trace.nodes {
            let indent = "  ".repeat(node.depth as usize);
            say(&format!("    {indent}{} = {}", node.expression, readable(&node.outcome)));
        }
    }
}

//! `rollcall why`: why a person belongs to a group, or does not, as the tenant's own grouping explains it.

use rollcall_sandbox::contract::grouping::Explanation;
use rollcall_sandbox::contract::types::{TraceNode, Value};
use rollcall_sync::profile::readable;
use rollcall_sync::run::candidate;
use rollcall_sync::schemas::Schemas;
use rollcall_sync::steps::Steps;
use rollcall_sync::store::{Fate, StoreError};
use serde_json::{Value as Json, json};

use crate::args::Why;
use crate::refusal::{Refusal, WRONG, say};
use crate::setup;

pub async fn run(wish: &Why, json: bool) -> Result<u8, Refusal> {
    let config = setup::config(&wish.tenant, &[])?;
    let ready = setup::ready(&config).await?;
    let store = ready.tenant.store();
    let failed = |error: StoreError| Refusal::failed(error.to_string());
    let unknown = || Refusal::wrong(format!("{} has no person {}", config.name, wish.person));
    let person = store.person(&wish.person).map_err(failed)?.ok_or_else(unknown)?;
    let shape = ready.steps.shape();
    let schemas = Schemas::load(store.as_ref(), &shape.attributes).map_err(failed)?;
    let found = candidate(store.as_ref(), shape, &schemas, &wish.person).map_err(failed)?;
    let Some(candidate) = found else {
        let reason = person.reason.unwrap_or_else(|| "not mapped yet".to_owned());
        return Err(Refusal::failed(format!(
            "{} is in no group, because it is no person of the directory: {reason}",
            wish.person
        )));
    };
    let step = |error: rollcall_sync::steps::StepError| Refusal::failed(error.to_string());
    let mut grouping = ready.steps.grouping().await.map_err(step)?;
    let key = store.team_key(&wish.group).map_err(failed)?.unwrap_or_else(|| wish.group.clone());
    match grouping.explain(candidate, key).await.map_err(step)? {
        Ok(explanation) => {
            print(&explanation, person.fate, json);
            Ok(0)
        }
        Err(problem) if json => {
            say(&json!({ "error": { "message": problem.message, "position": problem.position } }).to_string());
            Ok(WRONG)
        }
        Err(problem) => Err(Refusal::wrong(problem.message)),
    }
}

fn print(explanation: &Explanation, fate: Fate, json: bool) {
    if json {
        let mut nodes = explanation.nodes.iter().peekable();
        let details = tree(&mut nodes);
        say(&json!({
            "membershipRule": explanation.rule,
            "membershipRuleEvaluationResult": explanation.belongs,
            "membershipRuleEvaluationDetails": details,
        })
        .to_string());
        return;
    }
    for sentence in &explanation.sentences {
        say(sentence);
    }
    for node in &explanation.nodes {
        let indent = "  ".repeat(node.depth as usize + 1);
        say(&format!("{indent}{}  {}", readable(&node.outcome), node.expression));
    }
    if fate == Fate::Suspended {
        say("The account is disabled, so the person is in no group at present.");
    }
}

/// The tree of a list that was written depth first, in the shape of Graph's evaluateDynamicMembership: names without their object,
/// values as text, and the empty text for null.
fn tree<'a>(nodes: &mut std::iter::Peekable<impl Iterator<Item = &'a TraceNode>>) -> Json {
    let Some(node) = nodes.next() else { return Json::Null };
    let truth = match node.outcome {
        Value::Boolean(truth) => Json::Bool(truth),
        _ => Json::Null,
    };
    let mut shown = json!({ "expressionResult": truth, "expression": node.expression });
    let mut children = Vec::new();
    while nodes.peek().is_some_and(|next| next.depth > node.depth) {
        children.push(tree(nodes));
    }
    if let Some(object) = shown.as_object_mut() {
        if let Some(name) = &node.property {
            let short = ["user.", "profile."].iter().find_map(|start| name.strip_prefix(start)).unwrap_or(name);
            let value = match node.property_value.as_ref().map(readable) {
                None | Some(Json::Null) => String::new(),
                Some(Json::String(text)) => text,
                Some(other) => other.to_string(),
            };
            object.insert("propertyToEvaluate".to_owned(), json!({ "propertyName": short, "propertyValue": value }));
        }
        if !children.is_empty() {
            object.insert("expressionEvaluationDetails".to_owned(), children.into());
        }
    }
    shown
}

//! A page of a source.

use std::sync::Arc;

use rollcall_sandbox::SourceInstance;
use rollcall_sandbox::contract::source::{Change, Next, RemovalKind, UserPatch};
use rollcall_sandbox::contract::types::{Failure, Fault};
use serde_json::{Value, json};

use super::{ended, refused};
use crate::component::bench::{Bench, Memory};
use crate::refusal::Refusal;

/// An instance that has its settings.
pub async fn configured(bench: &Bench, memory: &Arc<Memory>) -> Result<SourceInstance, Refusal> {
    let mut instance = bench.source(memory).await?;
    let properties = bench.project.as_ref().map(|project| project.properties.clone()).unwrap_or_default();
    let answer = instance.configure(&bench.settings(), &properties).await.map_err(ended)?;
    answer.map_err(|problem| refused(&problem))?;
    Ok(instance)
}

/// A failure as a sentence.
pub fn words(failure: &Failure) -> String {
    let said = |fault: &Fault| {
        let status = fault.status.map(|status| format!(" (status {status})")).unwrap_or_default();
        format!("{}{status}", fault.message)
    };
    match failure {
        Failure::Retry(retry) => format!("not now: {}", said(&retry.fault)),
        Failure::CursorExpired(fault) => format!("the cursor has expired: {}", said(fault)),
        Failure::Failed(fault) => said(fault),
    }
}

/// A patch as JSON.
pub fn patch(patch: &UserPatch) -> Value {
    let properties: Value = serde_json::from_str(&patch.properties).unwrap_or_else(|_| patch.properties.clone().into());
    json!({ "id": patch.id, "properties": properties })
}

fn change(change: &Change) -> Value {
    let object = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text));
    match change {
        Change::User(user) => json!({ "user": patch(user) }),
        Change::Removed(removal) => {
            let kind = if removal.kind == RemovalKind::Soft { "soft" } else { "final" };
            json!({ "removed": removal.id, "kind": kind })
        }
        Change::Group(group) => {
            json!({ "group": { "id": group.id, "properties": object(&group.properties), "removed": group.removed } })
        }
        Change::Membership(member) => {
            json!({ "membership": { "group": member.group, "user": member.user, "removed": member.removed } })
        }
    }
}

/// One line for each change of a page, and one that says what comes after it.
pub async fn lines(bench: &Bench, memory: &Arc<Memory>, cursor: Option<&str>) -> Result<Vec<Value>, Refusal> {
    let mut instance = configured(bench, memory).await?;
    let page = instance.pull(cursor).await.map_err(ended)?.map_err(|failure| Refusal::failed(words(&failure)))?;
    let next = match &page.next {
        Next::More(cursor) => json!({ "more": cursor }),
        Next::Complete(cursor) => json!({ "complete": cursor }),
    };
    Ok(page.changes.iter().map(change).chain([next]).collect())
}

//! A run for one person: showing how it is mapped and grouped.

use rollcall_sandbox::contract::grouping::Candidate;
use rollcall_sandbox::contract::mapping::Person;
use rollcall_sandbox::contract::types::Value;

use super::Stop;
use super::context::{Context, step_error};
use crate::mirror::Projection;
use crate::run_log::Event;
use crate::schemas::Schemas;
use crate::steps::Shape;
use crate::store::{Row, Store, StoreError};

pub(super) fn row(context: &Context, id: &str) -> Result<Row, Stop> {
    match context.store.person(id)? {
        Some(work) => Ok(work.row),
        None => Err(Stop::Step { step: "source".to_owned(), reason: format!("there is no user {id}") }),
    }
}

/// Writes down how the person is mapped.
pub(super) async fn explain_mapping(context: &Context, id: &str) -> Result<(), Stop> {
    let Some(object) = context.store.object(id)? else { return Ok(()) };
    let exists = context.store.person(id)?.is_some_and(|work| work.applied.is_some());
    let mut mapping = context.steps.mapping().await.map_err(step_error("mapping"))?;
    let person = Person { id: id.to_owned(), object, inherited: Vec::new(), exists };
    for trace in mapping.explain(person).await.map_err(step_error("mapping"))? {
        let value = trace.nodes.first().map(|node| crate::profile::readable(&node.outcome)).unwrap_or_default();
        let sensitive = context
            .schemas
            .attributes()
            .iter()
            .any(|attribute| attribute.name == trace.attribute && attribute.sensitive);
        let shown = if sensitive { crate::run_log::REDACTED.into() } else { value };
        let expression = trace.nodes.first().map(|node| node.expression.as_str()).unwrap_or_default();
        let fault = trace.fault.map(|fault| format!(" ({fault})")).unwrap_or_default();
        context.log.write(Event::Note { message: format!("{}: {expression} = {shown}{fault}", trace.attribute) });
    }
    Ok(())
}

/// Writes down the groups that the person belongs to or just left, each with what the rules say about it.
pub(super) async fn explain_groups(context: &Context, id: &str) -> Result<(), Stop> {
    let Some(candidate) = candidate(context.store.as_ref(), context.shape(), &context.schemas, id)? else {
        return Ok(());
    };
    let keys = context.store.groups_of(row(context, id)?)?;
    if keys.is_empty() {
        context.log.write(Event::Note { message: "belongs to no group".to_owned() });
        return Ok(());
    }
    let mut grouping = context.steps.grouping().await.map_err(step_error("grouping"))?;
    for key in keys {
        let message = match grouping.explain(candidate.clone(), key.clone()).await.map_err(step_error("grouping"))? {
            Ok(explained) => {
                // Not the values: some may be sensitive, and a log is kept. `rollcall why` shows them.
                let verdict = if explained.belongs { "belongs" } else { "does not belong" };
                format!("group {key}: {verdict}, by the rule {}", explained.rule)
            }
            Err(problem) => format!("group {key}: {}", problem.message),
        };
        context.log.write(Event::Note { message });
    }
    Ok(())
}

/// A person as the rules see it, from what the last run stored; none for somebody who is not mapped or not known.
///
/// # Errors
/// When the state cannot be read.
pub fn candidate(
    store: &dyn Store,
    shape: &Shape,
    schemas: &Schemas,
    id: &str,
) -> Result<Option<Candidate>, StoreError> {
    let profile = store.person(id)?.and_then(|person| person.profile);
    let Some(profile) = profile.as_deref().and_then(|text| schemas.read(text)) else { return Ok(None) };
    let object = store.object(id)?.unwrap_or_default();
    let mut properties = Projection::new(&shape.grouping_properties).read(&object);
    for (value, name) in properties.iter_mut().zip(&shape.grouping_properties) {
        if name == "memberOf" {
            *value = Value::Texts(store.member_of(id)?);
        }
    }
    let read = |at: &u32| profile.get(*at as usize).cloned().unwrap_or(Value::Null);
    let profile = shape.grouping_attributes.iter().map(read).collect();
    Ok(Some(Candidate { id: id.to_owned(), properties, profile }))
}

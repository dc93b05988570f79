//! A run for one person: showing how it is mapped and grouped.

use rollcall_sandbox::contract::mapping::Person;

use super::Stop;
use super::context::{Context, step_error};
use crate::run_log::Event;
use crate::store::Row;

pub(super) fn row(context: &Context, id: &str) -> Result<Row, Stop> {
    match context.store.person(id)? {
        Some(work) => Ok(work.row),
        None => Err(Stop::Step { step: "source".to_owned(), reason: format!("there is no user {id}") }),
    }
}

/// Writes down how the person is mapped.
pub(super) async fn explain(context: &Context, id: &str) -> Result<(), Stop> {
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

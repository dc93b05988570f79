//! How each attribute got its value.

use rollcall_sdk::mapping::{AttributeTrace, Outcome};
use rollcall_sdk::{TraceNode, Value as Out};

use super::{Mapped, Mapper};
use crate::environment::Environment;
use crate::evaluation::Evaluation;
use crate::evaluation::trace::Step;
use crate::value::Value;

/// What stands in place of a value that is not shown.
const REDACTED: &str = "[Redact]";

/// A trace for each attribute; when the user cannot be read at all, each says so.
pub fn explain(mapper: &Mapper, json: &str, environment: &dyn Environment) -> Vec<AttributeTrace> {
    let slots = match mapper.slots(json, environment) {
        Ok(slots) => slots,
        Err(reason) => {
            let trace = |mapped: &Mapped| AttributeTrace {
                attribute: mapped.name.clone(),
                nodes: Vec::new(),
                fault: Some(reason.clone()),
            };
            return mapper.mapped.iter().map(trace).collect();
        }
    };
    let evaluation = Evaluation::new(mapper.ground(&slots, environment)).traced();
    let trace = |mapped| trace(mapper, mapped, &evaluation, environment);
    mapper.mapped.iter().map(trace).collect()
}

fn trace<'a>(
    mapper: &'a Mapper,
    mapped: &'a Mapped,
    evaluation: &Evaluation<'a>,
    environment: &dyn Environment,
) -> AttributeTrace {
    let outcome = mapper.attribute(mapped, evaluation, environment);
    let steps = evaluation.take_steps();
    let (value, fault) = match outcome {
        Ok(value) => (Some(value), None),
        Err(Outcome::Skip(reason) | Outcome::Reject(reason)) => (None, Some(reason)),
        Err(Outcome::Profile(_)) => (None, None),
    };
    let mut nodes: Vec<TraceNode> = steps.iter().map(|step| node(step, mapped)).collect();
    if nodes.is_empty() {
        // The expression was not run: the person exists already, and the value is given at creation only.
        nodes.push(TraceNode {
            depth: 0,
            expression: mapped.source.clone(),
            outcome: Out::Keep,
            property: None,
            property_value: None,
        });
    }
    if let (Some(root), Some(value)) = (nodes.first_mut(), value) {
        root.outcome = if mapped.sensitive && !matches!(value, Out::Null | Out::Keep) { hidden() } else { value };
    }
    AttributeTrace { attribute: mapped.name.clone(), nodes, fault }
}

fn node(step: &Step<'_>, mapped: &Mapped) -> TraceNode {
    let hide = mapped.sensitive && !step.value.is_null();
    let outcome = if hide { hidden() } else { out(step.value.borrow()) };
    TraceNode {
        depth: step.depth,
        expression: step.node.span.of(&mapped.source).to_owned(),
        property: step.property.map(str::to_owned),
        property_value: step.property.map(|_| outcome.clone()),
        outcome,
    }
}

fn hidden() -> Out {
    Out::Text(REDACTED.to_owned())
}

/// A value as the contract has it.
pub fn out(value: Value<'_>) -> Out {
    match value {
        Value::Null => Out::Null,
        Value::Keep => Out::Keep,
        Value::Boolean(value) => Out::Boolean(value),
        Value::Integer(number) => Out::Integer(number),
        Value::Number(number) => Out::Number(number),
        Value::Text(text) => Out::Text(text.into_owned()),
        Value::Moment(moment) => Out::Text(moment.to_string()),
        Value::Texts(texts) => Out::Texts(texts.into_vec().into_iter().map(|text| text.into_owned()).collect()),
        Value::Json(json) => Out::Json(json.into_owned()),
    }
}

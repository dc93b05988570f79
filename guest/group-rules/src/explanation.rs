//! A decided rule in plain sentences, and as the lines of the contract.

use rollcall_sdk::{TraceNode, Value};

use crate::trace::{Node, Read};

/// The tree depth first, as the contract has it.
pub(crate) fn lines(node: &Node) -> Vec<TraceNode> {
    let mut lines = Vec::new();
    add(node, 0, &mut lines);
    lines
}

fn add(node: &Node, depth: u32, lines: &mut Vec<TraceNode>) {
    lines.push(TraceNode {
        depth,
        expression: node.expression.clone(),
        outcome: node
            .outcome
            .as_ref()
            .map_or_else(|reason| Value::Text(reason.clone()), |truth| Value::Boolean(*truth)),
        property: node.read.as_ref().map(|read| read.full_name.clone()),
        property_value: node.read.as_ref().map(|read| match read {
            Read { sensitive: true, .. } => Value::Text("(not shown)".to_owned()),
            Read { is_null: true, .. } => Value::Null,
            Read { value, .. } => Value::Text(value.clone()),
        }),
    });
    node.children.iter().for_each(|child| add(child, depth + 1, lines));
}

/// More reasons than these help nobody.
const MAX_REASONS: usize = 20;

/// Why the rule came out as it did: the comparisons that decided it.
///
/// For what is true of all its parts, each is a reason; for what is false, the parts that are.
pub(crate) fn reasons(node: &Node) -> Vec<String> {
    let mut sentences = Vec::new();
    decide(node, &mut sentences);
    let more = sentences.len().saturating_sub(MAX_REASONS);
    sentences.truncate(MAX_REASONS);
    if more > 0 {
        sentences.push(format!("And {more} more reasons."));
    }
    sentences
}

fn decide(node: &Node, sentences: &mut Vec<String>) {
    match node.expression.as_str() {
        "-and" | "-or" | "-not" if node.read.is_none() && !node.children.is_empty() => {
            let same: Vec<&Node> = match (node.expression.as_str(), &node.outcome) {
                ("-not", _) | (_, Err(_)) => node.children.iter().collect(),
                (_, outcome) => node.children.iter().filter(|child| child.outcome == *outcome).collect(),
            };
            same.into_iter().for_each(|child| decide(child, sentences));
        }
        _ => sentences.push(sentence(node)),
    }
}

fn sentence(node: &Node) -> String {
    let verdict = match &node.outcome {
        Ok(true) => "is true",
        Ok(false) => "is false",
        Err(reason) => return format!("`{}` could not be decided: {reason}", node.expression),
    };
    match &node.read {
        None => format!("`{}` {verdict}.", node.expression),
        Some(Read { sensitive: true, full_name, .. }) => {
            format!("`{}` {verdict}: the value of {full_name} is not shown.", node.expression)
        }
        Some(Read { is_null: true, full_name, .. }) => {
            format!("`{}` {verdict}: {full_name} has no value.", node.expression)
        }
        Some(Read { value, full_name, .. }) => format!("`{}` {verdict}: {full_name} is \"{value}\".", node.expression),
    }
}

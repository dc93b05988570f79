//! A batch of people through a grouping.

use std::collections::BTreeSet;
use std::sync::Arc;

use rollcall_sandbox::GroupingInstance;
use rollcall_sandbox::contract::grouping::{Assignment, Candidate, Plan};
use rollcall_sync::mirror::Projection;
use serde_json::{Map, Value, json};

use super::{ended, refused};
use crate::component::bench::{Bench, Memory};
use crate::component::sample::Case;
use crate::component::values;
use crate::refusal::Refusal;

/// An instance that has its settings, and the plan that it answered.
pub async fn configured(bench: &Bench, memory: &Arc<Memory>) -> Result<(GroupingInstance, Plan), Refusal> {
    let mut instance = bench.grouping(memory).await?;
    let answer = instance.configure(&bench.settings(), &bench.attributes).await.map_err(ended)?;
    Ok((instance, answer.map_err(|problem| refused(&problem))?))
}

/// The people of a sample, with what the plan reads of them.
pub fn candidates(bench: &Bench, plan: &Plan, cases: &[Case]) -> Result<Vec<Candidate>, Refusal> {
    let projection = Projection::new(&plan.properties);
    let candidate = |case: &Case| {
        let row = values::row(&case.profile, &bench.attributes)
            .map_err(|reason| Refusal::wrong(format!("line {} of the sample: {reason}", case.line)))?;
        let wanted = plan.attributes.iter().map(|at| row.get(*at as usize).cloned());
        let profile = wanted.collect::<Option<Vec<_>>>().ok_or_else(|| {
            let count = bench.attributes.len();
            Refusal::failed(format!("the plan names an attribute by a position that is not there (there are {count})"))
        })?;
        let object = Value::Object(case.user.clone()).to_string();
        Ok(Candidate { id: case.id().to_owned(), properties: projection.read(&object), profile })
    };
    cases.iter().filter(|case| !case.user.is_empty()).map(candidate).collect()
}

/// The keys of an assignment, sorted.
pub fn keys(plan: &Plan, assignment: &Assignment) -> Result<BTreeSet<String>, Refusal> {
    let belongings = plan
        .belongings(assignment)
        .map_err(|rule| Refusal::failed(format!("the assignment names rule {rule}, which has no `key` in the plan")))?;
    Ok(belongings.into_iter().map(|belonging| belonging.key).collect())
}

/// One line for each person, and one for each group.
pub async fn lines(bench: &Bench, memory: &Arc<Memory>, cases: &[Case]) -> Result<Vec<Value>, Refusal> {
    let (mut instance, plan) = configured(bench, memory).await?;
    let candidates = candidates(bench, &plan, cases)?;
    let assignments = instance.assign(&candidates, None).await.map_err(ended)?;
    let (mut lines, mut all) = (Vec::new(), BTreeSet::new());
    for (candidate, assignment) in candidates.iter().zip(&assignments) {
        let mut line = Map::new();
        line.insert("id".to_owned(), candidate.id.clone().into());
        let keys = keys(&plan, assignment)?;
        line.insert("groups".to_owned(), keys.iter().cloned().collect());
        all.extend(keys);
        if let Some(at) = &assignment.changes_at {
            line.insert("changes_at".to_owned(), at.clone().into());
        }
        if !assignment.undecided.is_empty() {
            let reasons = assignment.undecided.iter().map(|rule| json!({ "rule": rule.rule, "reason": rule.reason }));
            line.insert("undecided".to_owned(), reasons.collect());
        }
        lines.push(line.into());
    }
    let all: Vec<String> = all.into_iter().collect();
    for (key, group) in all.iter().zip(instance.describe(&all).await.map_err(ended)?) {
        lines.push(match group {
            Some(group) => json!({
                "group": key, "name": group.name, "parent": group.parent, "admins": group.admins,
                "minimum_members": group.minimum_members,
            }),
            None => json!({ "group": key, "name": null }),
        });
    }
    Ok(lines)
}

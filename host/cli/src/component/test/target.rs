//! The questions to a target. What it does to a directory over a whole sync is tried against that directory; here the project's own server
//! answers.

use rollcall_sandbox::contract::target::{Delivery, Operation, Outcome, TargetLimits};
use serde_json::{Map, Value};

use super::people::{brief, difference};
use super::report::Report;
use super::{cost, unknown_key, with_unknown};
use crate::component::bench::Bench;
use crate::component::run::ended;
use crate::component::run::source::words;
use crate::component::run::target::{configured, operations, shown};
use crate::component::sample::Case;
use crate::refusal::Refusal;

/// Operations that are measured.
const MEASURED: usize = 1_000;

pub async fn test(bench: &Bench, cases: &[Case], report: &mut Report) -> Result<(), Refusal> {
    let mut instance = configured(bench, &bench.memory()).await?;
    report.check("settings", Ok("accepted".to_owned()));
    let mut second = bench.target(&bench.memory()).await?;
    let answer = second.configure(&with_unknown(bench), &bench.attributes).await.map_err(ended)?;
    unknown_key(answer.map_err(|problem| problem.setting), report);
    let limits = match instance.limits().await.map_err(ended)? {
        Ok(limits) => limits,
        Err(failure) => {
            report.check("limits", Err(vec![words(&failure)]));
            return Ok(());
        }
    };
    report.check("limits", limited(&limits));
    let operations = operations(bench, cases)?;
    report.check("operations", pushed(bench, &operations, &limits).await?);
    report.check("nothing", nothing(bench).await?);
    if let Some((_, template)) = operations.iter().find(|(case, operation)| {
        matches!(operation, Operation::PutPerson(_))
            && case.expect.as_ref().is_some_and(|expect| expect.contains_key("done"))
    }) {
        let batch = usize::try_from(limits.operations).unwrap_or(MEASURED).clamp(1, MEASURED);
        let many: Vec<Operation> = (0..batch).map(|number| numbered(template, number)).collect();
        instance.push(&many).await.map_err(ended)?;
        report.check("cost", cost(many.len(), "entries", instance.usage(), bench));
    }
    Ok(())
}

pub fn limited(limits: &TargetLimits) -> Result<String, Vec<String>> {
    let mut wrong = Vec::new();
    if !(1..=1_000).contains(&limits.operations) {
        wrong.push(format!("operations is {}, and should be 1 to 1,000", limits.operations));
    }
    if !(1..=10_000).contains(&limits.members) {
        wrong.push(format!("members is {}, and should be 1 to 10,000", limits.members));
    }
    if limits.concurrency == 0 {
        wrong.push("concurrency is 0: nothing could ever be pushed".to_owned());
    }
    if limits.requests_per_minute == Some(0) {
        wrong.push("no request a minute is allowed: nothing could ever be pushed".to_owned());
    }
    if limits.people == Delivery::Nothing && limits.groups == Delivery::Nothing {
        wrong.push("it wants neither people nor groups".to_owned());
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let rate = limits.requests_per_minute.map_or_else(|| "any number of".to_owned(), |rate| rate.to_string());
    let (operations, at_once) = (limits.operations, limits.concurrency);
    Ok(format!("{operations} operations a call, {at_once} calls at once, {rate} requests a minute"))
}

/// What the author expects of each operation; and once more, as after a crash.
async fn pushed(
    bench: &Bench,
    operations: &[(&Case, Operation)],
    limits: &TargetLimits,
) -> Result<Result<String, Vec<String>>, Refusal> {
    let memory = bench.memory();
    let (mut wrong, mut asked) = (Vec::new(), 0);
    // A target that wants everything has it in one instance; the others may get a new one for each call.
    let whole = [&limits.people, &limits.groups].contains(&&Delivery::Everything);
    for time in ["", " once more, by another instance"] {
        let mut instance = configured(bench, &memory).await?;
        for (case, operation) in operations {
            if !whole {
                instance = configured(bench, &memory).await?;
            }
            let outcomes = instance.push(std::slice::from_ref(operation)).await.map_err(ended)?;
            let [outcome] = outcomes.as_slice() else {
                wrong.push(format!("line {} of the sample: {} outcomes for one operation", case.line, outcomes.len()));
                continue;
            };
            let Some(expected) = &case.expect else { continue };
            asked += 1;
            let found = compare(expected, outcome);
            if !found.is_empty() {
                wrong.push(format!("line {} of the sample{time}:", case.line));
                wrong.extend(found);
            }
        }
    }
    let told = format!("{asked} as expected, each also when it is pushed once more by another instance");
    Ok(if wrong.is_empty() { Ok(told) } else { Err(wrong) })
}

/// The differences between what was expected and what came: what is not named may be anything.
fn compare(expected: &Map<String, Value>, outcome: &Outcome) -> Vec<String> {
    let found = shown(outcome);
    let agree = expected.iter().all(|(key, wanted)| match (wanted, found.get(key)) {
        (_, None) => false,
        (Value::Bool(true), Some(_)) => true,
        (Value::Object(wanted), Some(found)) => wanted.iter().all(|(key, wanted)| found.get(key) == Some(wanted)),
        (wanted, Some(found)) => wanted == found,
    });
    if agree { Vec::new() } else { difference("outcome", &brief(&Value::Object(expected.clone())), &brief(&found)) }
}

/// A batch of nothing is answered with nothing.
async fn nothing(bench: &Bench) -> Result<Result<String, Vec<String>>, Refusal> {
    let mut instance = configured(bench, &bench.memory()).await?;
    let outcomes = instance.push(&[]).await.map_err(ended)?;
    Ok(if outcomes.is_empty() {
        Ok("no outcome for no operation".to_owned())
    } else {
        Err(vec![format!("{} outcomes for no operation", outcomes.len())])
    })
}

/// The same operation for somebody else.
fn numbered(operation: &Operation, number: usize) -> Operation {
    match operation {
        Operation::PutPerson(person) => {
            let mut person = person.clone();
            person.person = format!("{}-{number}", person.person);
            Operation::PutPerson(person)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sandbox::contract::types::Fault;
    use serde_json::json;

    #[test]
    fn an_outcome_is_compared_by_what_is_expected_of_it() {
        let fault = Fault { message: "no".into(), status: Some(422), code: None, request_id: None };
        let rejected = Outcome::Rejected(fault);
        let differs = |expected: Value| !compare(expected.as_object().unwrap(), &rejected).is_empty();
        assert!(!differs(json!({ "rejected": true })));
        assert!(!differs(json!({ "rejected": { "status": 422 } })));
        assert!(differs(json!({ "rejected": { "status": 400 } })));
        assert!(differs(json!({ "done": true })));
    }
}

//! The questions to a grouping.

use std::collections::BTreeSet;

use rollcall_sandbox::GroupingInstance;
use rollcall_sandbox::contract::grouping::{Assignment, Candidate, Plan};
use serde_json::Value;

use super::people::{difference, odd, ordinary};
use super::report::Report;
use super::{cost, unknown_key, with_unknown};
use crate::component::bench::Bench;
use crate::component::run::grouping::{candidates, configured};
use crate::component::run::{ended, refused};
use crate::component::sample::Case;
use crate::refusal::Refusal;

/// People in the measured batch.
const BATCH: usize = 1_000;

/// A key that no grouping makes.
const UNKNOWN_KEY: &str = "no such group \u{1f6ab}";

pub async fn test(bench: &Bench, cases: &[Case], report: &mut Report) -> Result<(), Refusal> {
    let (mut instance, plan) = configured(bench, &bench.memory()).await?;
    let reads = if plan.properties.is_empty() { "nothing of a user".to_owned() } else { plan.properties.join(", ") };
    report.check("settings", Ok(format!("accepted; reads {reads}; {} rules", plan.rules.len())));
    let mut second = bench.grouping(&bench.memory()).await?;
    let answer = second.configure(&with_unknown(bench), &bench.attributes).await.map_err(ended)?;
    unknown_key(answer.map(|_| ()).map_err(|problem| problem.setting), report);
    report.check("plan", planned(bench, &plan));

    let people = candidates(bench, &plan, cases)?;
    if !people.is_empty() {
        let assignments = instance.assign(&people, None).await.map_err(ended)?;
        report.check("sample", sample(cases, &plan, &assignments));
    }
    let many = candidates(bench, &plan, &ordinary(BATCH, &bench.attributes))?;
    let crowd: Vec<Candidate> = people.iter().chain(many.iter().take(32)).cloned().collect();
    report.check("batches", batches(bench, &crowd, &plan).await?);
    report.check("rules", rules(&mut instance, &crowd, &plan).await?);
    report.check("groups", described(&mut instance, &plan, &crowd).await?);
    match explained(&mut instance, &plan, &crowd).await? {
        Explained::Compared(came) => report.check("explanations", came),
        Explained::Never(said) => report.note("explanations", format!("`rollcall why` has no answer: {said}")),
    }
    report.check("odd people", strange(bench, &plan).await?);
    if let Some(came) = packed(bench, &crowd, &plan).await? {
        report.check("packed", came);
    }

    instance.assign(&many, None).await.map_err(ended)?;
    instance.assign(&many, None).await.map_err(ended)?;
    report.check("cost", cost(many.len(), "people", instance.usage(), bench));
    Ok(())
}

fn planned(bench: &Bench, plan: &Plan) -> Result<String, Vec<String>> {
    let count = bench.attributes.len();
    let outside = plan.attributes.iter().filter(|at| **at as usize >= count);
    let mut wrong: Vec<String> =
        outside.map(|at| format!("it reads the attribute at position {at}, and there are {count}")).collect();
    for (at, rule) in plan.rules.iter().enumerate() {
        if plan.rules.iter().take(at).any(|other| other.id == rule.id) {
            wrong.push(format!("two rules have the id \"{}\"", rule.id));
        }
    }
    if wrong.is_empty() { Ok("positions and rules are in order".to_owned()) } else { Err(wrong) }
}

/// What the author expects.
fn sample(cases: &[Case], plan: &Plan, assignments: &[Assignment]) -> Result<String, Vec<String>> {
    let users = cases.iter().filter(|case| !case.user.is_empty());
    let (mut wrong, mut asked) = (Vec::new(), 0);
    for (case, assignment) in users.zip(assignments) {
        let Some(Value::Array(wanted)) = case.expect.as_ref().and_then(|expect| expect.get("groups")) else { continue };
        asked += 1;
        let wanted: BTreeSet<String> = wanted.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let found = keys(plan, assignment);
        if wanted != found {
            wrong.push(format!("line {} of the sample, user {}:", case.line, case.id()));
            wrong.extend(wanted.difference(&found).map(|key| format!("  is not in    {key}")));
            wrong.extend(found.difference(&wanted).map(|key| format!("  should not be in {key}")));
        }
    }
    if wrong.is_empty() { Ok(format!("{asked} of {asked} as expected")) } else { Err(wrong) }
}

/// The keys of an assignment, sorted. Rules without a key are the business of [`rules`].
fn keys(plan: &Plan, assignment: &Assignment) -> BTreeSet<String> {
    plan.belongings(assignment).unwrap_or_default().into_iter().map(|belonging| belonging.key).collect()
}

fn texts(plan: &Plan, assignment: &Assignment) -> String {
    keys(plan, assignment).into_iter().collect::<Vec<_>>().join(", ")
}

/// The same answers alone, backwards and in another instance.
async fn batches(bench: &Bench, people: &[Candidate], plan: &Plan) -> Result<Result<String, Vec<String>>, Refusal> {
    let (mut instance, _) = configured(bench, &bench.memory()).await?;
    let together = instance.assign(people, None).await.map_err(ended)?;
    let mut wrong = Vec::new();
    if together.len() != people.len() {
        wrong.push(format!("{} assignments for {} people", together.len(), people.len()));
    }
    let mut alone = Vec::new();
    for person in people {
        alone.extend(instance.assign(std::slice::from_ref(person), None).await.map_err(ended)?);
    }
    let backwards: Vec<Candidate> = people.iter().rev().cloned().collect();
    let mut backwards = instance.assign(&backwards, None).await.map_err(ended)?;
    backwards.reverse();
    let (mut other, again) = configured(bench, &bench.memory()).await?;
    if again != *plan {
        wrong.push("another instance with the same settings answers another plan".to_owned());
    }
    let elsewhere = other.assign(people, None).await.map_err(ended)?;
    if !other.assign(&[], None).await.map_err(ended)?.is_empty() {
        wrong.push("an empty batch has assignments".to_owned());
    }
    for (what, answers) in [("alone", alone), ("in another order", backwards), ("in another instance", elsewhere)] {
        for ((person, first), second) in people.iter().zip(&together).zip(&answers).filter(|((_, a), b)| a != b) {
            wrong.push(format!("user {} {what}:", person.id));
            wrong.extend(difference("groups", &texts(plan, first), &texts(plan, second)));
        }
    }
    let told = "the same alone, in another order and in another instance".to_owned();
    Ok(if wrong.is_empty() { Ok(told) } else { Err(wrong) })
}

/// The same answers in packed form and value by value; nothing when there is no packed form.
async fn packed(
    bench: &Bench,
    people: &[Candidate],
    plan: &Plan,
) -> Result<Option<Result<String, Vec<String>>>, Refusal> {
    let Some(mut plain) = bench.unpacked_grouping(&bench.memory()).await? else { return Ok(None) };
    let answer = plain.configure(&bench.settings(), &bench.attributes).await.map_err(ended)?;
    answer.map_err(|problem| refused(&problem))?;
    let odd = odd(&plan.properties, &bench.attributes).into_iter().map(|(_, case)| case).collect::<Vec<_>>();
    let people: Vec<Candidate> = people.iter().cloned().chain(candidates(bench, plan, &odd)?).collect();
    let (mut packed, _) = configured(bench, &bench.memory()).await?;
    let mut wrong = Vec::new();
    let some: Vec<u32> =
        (0..plan.rules.len()).step_by(2).filter_map(|rule| u32::try_from(rule).ok()).take(50).collect();
    for rules in [None, Some(some.as_slice())] {
        let (first, second) = match (plain.assign(&people, rules).await, packed.assign(&people, rules).await) {
            (Ok(first), Ok(second)) => (first, second),
            // Somebody odd ended a call, which has been told already.
            (Err(_), Err(_)) => return Ok(None),
            (Err(error), _) => return Ok(Some(Err(vec![format!("value by value: {error}")]))),
            (_, Err(error)) => return Ok(Some(Err(vec![format!("in packed form: {error}")]))),
        };
        if first.len() != second.len() {
            wrong.push(format!("{} assignments value by value, and {} in packed form", first.len(), second.len()));
        }
        for ((person, first), second) in people.iter().zip(&first).zip(&second).filter(|((_, a), b)| a != b) {
            wrong.push(format!("user {} in packed form:", person.id));
            wrong.extend(difference("groups", &format!("{first:?}"), &format!("{second:?}")));
        }
    }
    let told = "the same value by value and in packed form".to_owned();
    Ok(Some(if wrong.is_empty() { Ok(told) } else { Err(wrong) }))
}

/// A rule that is asked alone says what it says among the others.
async fn rules(
    instance: &mut GroupingInstance,
    people: &[Candidate],
    plan: &Plan,
) -> Result<Result<String, Vec<String>>, Refusal> {
    let all = instance.assign(people, None).await.map_err(ended)?;
    let count = u32::try_from(plan.rules.len()).unwrap_or(u32::MAX);
    let mut wrong = Vec::new();
    for (person, assignment) in people.iter().zip(&all) {
        if let Err(rule) = plan.belongings(assignment) {
            wrong.push(format!("user {}: rule {rule} holds, and has no `key` in the plan", person.id));
        }
        let beyond = assignment.belongings.iter().filter(|belonging| belonging.rule >= count.max(1));
        wrong.extend(beyond.map(|belonging| {
            format!("user {}: {} by rule {}, and there are {count}", person.id, belonging.key, belonging.rule)
        }));
    }
    // A handful is enough: what a rule answers alone does not depend on its number.
    for rule in 0..count.min(16) {
        let alone = instance.assign(people, Some(&[rule])).await.map_err(ended)?;
        for ((person, all), alone) in people.iter().zip(&all).zip(&alone) {
            let of_rule = |assignment: &Assignment| -> BTreeSet<String> {
                let all = plan.belongings(assignment).unwrap_or_default();
                all.into_iter().filter(|belonging| belonging.rule == rule).map(|belonging| belonging.key).collect()
            };
            let (all, alone) = (of_rule(all), keys(plan, alone));
            if all != alone {
                wrong.push(format!("user {}, rule {rule} asked alone:", person.id));
                wrong.extend(difference("groups", &format!("{all:?}"), &format!("{alone:?}")));
            }
        }
    }
    let told =
        if count == 0 { "none: everybody is asked whole".to_owned() } else { "the same alone and together".to_owned() };
    Ok(if wrong.is_empty() { Ok(told) } else { Err(wrong) })
}

/// Every key that is given has a description, and no other.
async fn described(
    instance: &mut GroupingInstance,
    plan: &Plan,
    people: &[Candidate],
) -> Result<Result<String, Vec<String>>, Refusal> {
    let assignments = instance.assign(people, None).await.map_err(ended)?;
    let all: BTreeSet<String> = assignments.iter().flat_map(|assignment| keys(plan, assignment)).collect();
    let mut wrong: Vec<String> =
        all.iter().filter(|key| key.trim().is_empty()).map(|_| "a group has an empty key".to_owned()).collect();
    let asked: Vec<String> = all.iter().cloned().chain([UNKNOWN_KEY.to_owned()]).collect();
    let groups = instance.describe(&asked).await.map_err(ended)?;
    if groups.len() != asked.len() {
        wrong.push(format!("{} descriptions for {} keys", groups.len(), asked.len()));
    }
    for (key, group) in asked.iter().zip(&groups) {
        match group {
            None if key == UNKNOWN_KEY => {}
            None => wrong.push(format!("people belong to {key}, which `describe` does not know")),
            Some(_) if key == UNKNOWN_KEY => wrong.push(format!("`describe` knows \"{key}\", a key that nobody made")),
            Some(group) if group.key != *key => wrong.push(format!("`describe` answers {} for {key}", group.key)),
            Some(group) if group.name.trim().is_empty() => wrong.push(format!("the group {key} has no name")),
            Some(group) if group.parent.as_ref() == Some(key) => {
                wrong.push(format!("the group {key} is a part of itself"))
            }
            Some(_) => {}
        }
    }
    Ok(if wrong.is_empty() { Ok(format!("{} of the people tried, each described", all.len())) } else { Err(wrong) })
}

/// What came of asking for explanations.
enum Explained {
    /// They were compared with the assignments.
    Compared(Result<String, Vec<String>>),
    /// The component explains nobody, in its own words.
    Never(String),
}

/// What `explain` says is what `assign` does.
async fn explained(instance: &mut GroupingInstance, plan: &Plan, people: &[Candidate]) -> Result<Explained, Refusal> {
    let assignments = instance.assign(people, None).await.map_err(ended)?;
    let all: BTreeSet<String> = assignments.iter().flat_map(|assignment| keys(plan, assignment)).collect();
    let (mut wrong, mut asked) = (Vec::new(), 0);
    let mut refused = Vec::new();
    for (person, assignment) in people.iter().zip(&assignments).take(8) {
        let own = keys(plan, assignment);
        for key in all.iter().take(8) {
            asked += 1;
            match instance.explain(person, key).await.map_err(ended)? {
                Ok(explanation) if explanation.belongs == own.contains(key) => {}
                Ok(explanation) => {
                    let (said, done) = (explanation.belongs, own.contains(key));
                    wrong.push(format!("user {} and {key}: `explain` says {said}, `assign` says {done}", person.id));
                }
                Err(problem) => refused.push((format!("user {} and {key}", person.id), problem.message)),
            }
        }
    }
    if let Some((_, said)) = refused.first().filter(|_| refused.len() == asked) {
        return Ok(Explained::Never(said.clone()));
    }
    wrong.extend(refused.into_iter().map(|(whom, said)| format!("{whom}: {said}")));
    let came = if wrong.is_empty() { Ok(format!("{asked} agree with the assignments")) } else { Err(wrong) };
    Ok(Explained::Compared(came))
}

/// Odd people may be undecided, and must not end the call.
async fn strange(bench: &Bench, plan: &Plan) -> Result<Result<String, Vec<String>>, Refusal> {
    let odd = odd(&plan.properties, &bench.attributes);
    let mut wrong = Vec::new();
    for (what, case) in &odd {
        let person = candidates(bench, plan, std::slice::from_ref(case))?;
        let (mut instance, _) = configured(bench, &bench.memory()).await?;
        match instance.assign(&person, None).await {
            Ok(assignments) => {
                let keys: Vec<String> = assignments.iter().flat_map(|assignment| keys(plan, assignment)).collect();
                match instance.describe(&keys).await {
                    Ok(groups) if groups.iter().all(Option::is_some) => {}
                    Ok(_) => wrong.push(format!("somebody {what} belongs to a group that `describe` does not know")),
                    Err(error) => wrong.push(format!("the groups of somebody {what}: {error}")),
                }
            }
            Err(error) => wrong.push(format!("somebody {what}: {error}")),
        }
    }
    Ok(if wrong.is_empty() { Ok(format!("{} kinds", odd.len())) } else { Err(wrong) })
}

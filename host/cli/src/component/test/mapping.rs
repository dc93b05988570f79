//! The questions to a mapping.

use rollcall_sandbox::contract::mapping::{Outcome, Person, Schema};
use rollcall_sandbox::contract::types::Attribute;
use serde_json::{Map, Value, json};

use super::people::{brief, difference, odd, only, ordinary, shown};
use super::report::Report;
use super::{cost, unknown_key, with_unknown};
use crate::component::bench::Bench;
use crate::component::run::mapping::{self, configured};
use crate::component::run::{ended, refused};
use crate::component::sample::Case;
use crate::component::values;
use crate::refusal::Refusal;

/// People in the measured batch.
const BATCH: usize = 1_000;

pub async fn test(bench: &Bench, cases: &[Case], report: &mut Report) -> Result<(), Refusal> {
    let (mut instance, schema) = configured(bench, &bench.memory()).await?;
    report.check("settings", Ok(format!("accepted; reads {}", list(&schema.properties))));
    let mut second = bench.mapping(&bench.memory()).await?;
    let answer = second.configure(&with_unknown(bench), &bench.attributes).await.map_err(ended)?;
    unknown_key(answer.map(|_| ()).map_err(|problem| problem.setting), report);
    report.check("schema", names(&schema));

    let people = mapping::people(bench, cases)?;
    if !people.is_empty() {
        let outcomes = instance.map_people(&people).await.map_err(ended)?;
        report.check("sample", sample(cases, &outcomes, &schema));
    }
    let many = ordinary(BATCH, &bench.attributes);
    let crowd: Vec<Person> =
        people.iter().cloned().chain(mapping::people(bench, many.get(..32).unwrap_or_default())?).collect();
    report.check("values", fitting(bench, &crowd, &schema).await?);
    report.check("batches", batches(bench, &crowd, &schema).await?);
    let whole: Vec<Case> = cases.iter().chain(many.get(..32).unwrap_or_default()).cloned().collect();
    report.check("properties", declared(bench, &whole, &schema).await?);
    report.check("odd people", strange(bench, &schema).await?);
    if let Some(came) = packed(bench, &crowd, &schema).await? {
        report.check("packed", came);
    }

    let many = mapping::people(bench, &many)?;
    instance.map_people(&many).await.map_err(ended)?;
    instance.map_people(&many).await.map_err(ended)?;
    report.check("cost", cost(many.len(), "people", instance.usage(), bench));
    Ok(())
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "nothing of a user".to_owned() } else { names.join(", ") }
}

/// Names of attributes as the host takes them.
pub fn names(schema: &Schema) -> Result<String, Vec<String>> {
    let mut wrong = Vec::new();
    for (at, Attribute { name, .. }) in schema.attributes.iter().enumerate() {
        let plain = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !plain || name.is_empty() {
            wrong.push(format!("\"{name}\" is no name of an attribute: lower-case letters, digits and _"));
        }
        if schema.attributes.iter().take(at).any(|other| other.name == *name) {
            wrong.push(format!("\"{name}\" is there twice"));
        }
    }
    if wrong.is_empty() {
        let told =
            schema.attributes.iter().map(|attribute| format!("{} ({})", attribute.name, values::kind(attribute.kind)));
        Ok(told.collect::<Vec<_>>().join(", "))
    } else {
        Err(wrong)
    }
}

/// What the author expects.
fn sample(cases: &[Case], outcomes: &[Outcome], schema: &Schema) -> Result<String, Vec<String>> {
    let users: Vec<&Case> = cases.iter().filter(|case| !case.user.is_empty()).collect();
    let (mut wrong, mut right, mut asked) = (Vec::new(), 0, 0);
    for (case, outcome) in users.iter().zip(outcomes) {
        let Some(expected) = &case.expect else { continue };
        asked += 1;
        let found = compare(expected, outcome, &schema.attributes);
        if found.is_empty() {
            right += 1;
        } else {
            wrong.push(format!("line {} of the sample, user {}:", case.line, case.id()));
            wrong.extend(found);
        }
    }
    if wrong.is_empty() { Ok(format!("{right} of {asked} as expected")) } else { Err(wrong) }
}

/// The differences between what was expected and what came. Attributes that are not named may be anything.
fn compare(expected: &Map<String, Value>, outcome: &Outcome, attributes: &[Attribute]) -> Vec<String> {
    let found = mapping::shown(outcome, attributes);
    match (expected.get("profile"), outcome) {
        (Some(Value::Object(wanted)), Outcome::Profile(values)) => {
            let mut differences = Vec::new();
            for (name, wanted) in wanted {
                let position = attributes.iter().position(|attribute| attribute.name == *name);
                let found = position.and_then(|at| values.get(at)).map(shown);
                if found.as_ref() != Some(wanted) {
                    let found = found.as_ref().map_or_else(|| "no such attribute".to_owned(), brief);
                    differences.extend(difference(name, &brief(wanted), &found));
                }
            }
            differences
        }
        _ => {
            let agree = |key: &str| match (expected.get(key), found.get(key)) {
                (Some(Value::Bool(true)), Some(_)) => true,
                (Some(wanted), Some(found)) => wanted == found,
                _ => false,
            };
            if agree("skip") || agree("reject") {
                return Vec::new();
            }
            difference("outcome", &brief(&Value::Object(expected.clone())), &brief(&found))
        }
    }
}

/// One outcome for each person, with a value of the right type for each attribute.
async fn fitting(bench: &Bench, people: &[Person], schema: &Schema) -> Result<Result<String, Vec<String>>, Refusal> {
    let (mut instance, _) = configured(bench, &bench.memory()).await?;
    let outcomes = instance.map_people(people).await.map_err(ended)?;
    let mut wrong = Vec::new();
    if outcomes.len() != people.len() {
        wrong.push(format!("{} outcomes for {} people", outcomes.len(), people.len()));
    }
    for (person, outcome) in people.iter().zip(&outcomes) {
        match outcome {
            Outcome::Profile(row) if row.len() != schema.attributes.len() => wrong.push(format!(
                "user {}: {} values for {} attributes",
                person.id,
                row.len(),
                schema.attributes.len()
            )),
            Outcome::Profile(row) => {
                let misfits = row
                    .iter()
                    .zip(&schema.attributes)
                    .filter(|(value, attribute)| !values::fits(value, attribute.kind));
                wrong.extend(misfits.map(|(value, attribute)| {
                    let (name, kind) = (&attribute.name, values::kind(attribute.kind));
                    format!("user {}: {name} is {kind}, and the value is {value:?}", person.id)
                }));
            }
            Outcome::Skip(reason) | Outcome::Reject(reason) if reason.trim().is_empty() => {
                wrong.push(format!("user {}: skipped or rejected without a reason", person.id));
            }
            Outcome::Skip(_) | Outcome::Reject(_) => {}
        }
    }
    Ok(if wrong.is_empty() { Ok("one outcome for each person, each value of its type".to_owned()) } else { Err(wrong) })
}

/// The same answers alone, backwards, again and in another instance.
async fn batches(bench: &Bench, people: &[Person], schema: &Schema) -> Result<Result<String, Vec<String>>, Refusal> {
    let (mut instance, _) = configured(bench, &bench.memory()).await?;
    let together = instance.map_people(people).await.map_err(ended)?;
    let mut alone = Vec::new();
    for person in people {
        alone.extend(instance.map_people(std::slice::from_ref(person)).await.map_err(ended)?);
    }
    let backwards: Vec<Person> = people.iter().rev().cloned().collect();
    let mut backwards = instance.map_people(&backwards).await.map_err(ended)?;
    backwards.reverse();
    let (mut other, again) = configured(bench, &bench.memory()).await?;
    let elsewhere = other.map_people(people).await.map_err(ended)?;
    let nobody = other.map_people(&[]).await.map_err(ended)?;
    let mut wrong = Vec::new();
    if again != *schema {
        wrong.push("another instance with the same settings answers another schema".to_owned());
    }
    if !nobody.is_empty() {
        wrong.push(format!("{} outcomes for an empty batch", nobody.len()));
    }
    for (what, answers) in [("alone", alone), ("in another order", backwards), ("in another instance", elsewhere)] {
        for ((person, first), second) in people.iter().zip(&together).zip(&answers).filter(|((_, a), b)| a != b) {
            let text = |outcome| brief(&mapping::shown(outcome, &schema.attributes));
            wrong.push(format!("user {} {what}:", person.id));
            wrong.extend(difference("outcome", &text(first), &text(second)));
        }
    }
    let told = "the same alone, in another order and in another instance".to_owned();
    Ok(if wrong.is_empty() { Ok(told) } else { Err(wrong) })
}

/// The same answers in packed form and value by value; nothing when there is no packed form.
async fn packed(
    bench: &Bench,
    people: &[Person],
    schema: &Schema,
) -> Result<Option<Result<String, Vec<String>>>, Refusal> {
    let Some(mut plain) = bench.unpacked_mapping(&bench.memory()).await? else { return Ok(None) };
    let answer = plain.configure(&bench.settings(), &bench.attributes).await.map_err(ended)?;
    answer.map_err(|problem| refused(&problem))?;
    let odd = odd(&schema.properties, &bench.attributes).into_iter().map(|(_, case)| case).collect::<Vec<_>>();
    let people: Vec<Person> = people.iter().cloned().chain(mapping::people(bench, &odd)?).collect();
    let (mut packed, _) = configured(bench, &bench.memory()).await?;
    let mut wrong = Vec::new();
    let (first, second) = match (plain.map_people(&people).await, packed.map_people(&people).await) {
        (Ok(first), Ok(second)) => (first, second),
        // Somebody odd ended a call, which has been told already.
        (Err(_), Err(_)) => return Ok(None),
        (Err(error), _) => return Ok(Some(Err(vec![format!("value by value: {error}")]))),
        (_, Err(error)) => return Ok(Some(Err(vec![format!("in packed form: {error}")]))),
    };
    if first.len() != second.len() {
        wrong.push(format!("{} outcomes value by value, and {} in packed form", first.len(), second.len()));
    }
    for ((person, first), second) in people.iter().zip(&first).zip(&second).filter(|((_, a), b)| a != b) {
        let text = |outcome| brief(&mapping::shown(outcome, &schema.attributes));
        wrong.push(format!("user {} in packed form:", person.id));
        wrong.extend(difference("outcome", &text(first), &text(second)));
    }
    let told = "the same value by value and in packed form".to_owned();
    Ok(Some(if wrong.is_empty() { Ok(told) } else { Err(wrong) }))
}

/// A property that is read without being named would leave old values in the target.
async fn declared(bench: &Bench, cases: &[Case], schema: &Schema) -> Result<Result<String, Vec<String>>, Refusal> {
    let (mut instance, _) = configured(bench, &bench.memory()).await?;
    let whole = mapping::people(bench, cases)?;
    let bare: Vec<Case> =
        cases.iter().map(|case| Case { user: only(&case.user, &schema.properties), ..case.clone() }).collect();
    let with = instance.map_people(&whole).await.map_err(ended)?;
    let without = instance.map_people(&mapping::people(bench, &bare)?).await.map_err(ended)?;
    let mut wrong = Vec::new();
    for ((person, with), without) in whole.iter().zip(&with).zip(&without).filter(|((_, a), b)| a != b) {
        let text = |outcome| brief(&mapping::shown(outcome, &schema.attributes));
        wrong.push(format!("user {} with only the properties that the schema names:", person.id));
        wrong.extend(difference("outcome", &text(with), &text(without)));
    }
    if wrong.is_empty() {
        return Ok(Ok("reads none that its schema does not name".to_owned()));
    }
    wrong.insert(0, "it reads a property that its schema does not name: a change of it would go unnoticed".to_owned());
    Ok(Err(wrong))
}

/// Odd people may be rejected, and must not end the call.
async fn strange(bench: &Bench, schema: &Schema) -> Result<Result<String, Vec<String>>, Refusal> {
    let odd = odd(&schema.properties, &bench.attributes);
    let (mut wrong, mut rejected) = (Vec::new(), 0);
    for (what, case) in &odd {
        let person = mapping::people(bench, std::slice::from_ref(case))?;
        let (mut instance, _) = configured(bench, &bench.memory()).await?;
        match instance.map_people(&person).await {
            Ok(outcomes) => match outcomes.as_slice() {
                [Outcome::Reject(_)] => rejected += 1,
                [Outcome::Profile(values)] => {
                    let explained = instance.explain(&person.first().cloned().unwrap_or_else(nobody)).await;
                    if let Err(error) = explained {
                        wrong.push(format!("somebody {what} cannot be explained: {error}"));
                    }
                    let fits =
                        values.iter().zip(&schema.attributes).all(|(value, wanted)| values::fits(value, wanted.kind));
                    if !fits {
                        wrong.push(format!("somebody {what}: a value is not of its attribute's type: {values:?}"));
                    }
                }
                _ => {}
            },
            Err(error) => wrong.push(format!("somebody {what}: {error}")),
        }
    }
    let told = format!("{} kinds, {rejected} of them rejected", odd.len());
    Ok(if wrong.is_empty() { Ok(told) } else { Err(wrong) })
}

fn nobody() -> Person {
    Person { id: String::new(), object: json!({}).to_string(), inherited: Vec::new(), exists: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differences(expected: Value, outcome: Outcome) -> Vec<String> {
        let attributes = [Attribute {
            name: "name".into(),
            kind: rollcall_sandbox::contract::types::AttributeType::Text,
            sensitive: false,
            creation_only: false,
            matching: None,
        }];
        compare(expected.as_object().unwrap(), &outcome, &attributes)
    }

    #[test]
    fn what_is_as_expected_has_no_differences() {
        let adele = || Outcome::Profile(vec![rollcall_sandbox::contract::types::Value::Text("Adele".into())]);
        assert!(differences(json!({ "profile": { "name": "Adele" } }), adele()).is_empty());
        assert!(differences(json!({ "skip": true }), Outcome::Skip("no name".into())).is_empty());
        assert!(differences(json!({ "skip": "no name" }), Outcome::Skip("no name".into())).is_empty());
    }

    #[test]
    fn a_difference_shows_both_values_under_each_other() {
        let adele = || Outcome::Profile(vec![rollcall_sandbox::contract::types::Value::Text("Adele".into())]);
        let found = differences(json!({ "profile": { "name": "ADELE" } }), adele());
        assert_eq!(found, ["  name", "    expected \"ADELE\"", "    found    \"Adele\""]);
        let found = differences(json!({ "skip": true }), adele());
        assert_eq!(found[2], "    found    {\"profile\":{\"name\":\"Adele\"}}");
    }
}

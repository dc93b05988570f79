//! A batch of people through a mapping.

use rollcall_sandbox::MappingInstance;
use rollcall_sandbox::contract::mapping::{Outcome, Person, Schema};
use rollcall_sandbox::contract::types::Attribute;
use serde_json::{Value, json};
use std::sync::Arc;

use super::{ended, refused};
use crate::component::bench::{Bench, Memory};
use crate::component::sample::Case;
use crate::component::values;
use crate::refusal::Refusal;

/// An instance that has its settings, and the schema that it answered.
pub async fn configured(bench: &Bench, memory: &Arc<Memory>) -> Result<(MappingInstance, Schema), Refusal> {
    let mut instance = bench.mapping(memory).await?;
    let answer = instance.configure(&bench.settings(), &bench.attributes).await.map_err(ended)?;
    Ok((instance, answer.map_err(|problem| refused(&problem))?))
}

/// The people of a sample.
pub fn people(bench: &Bench, cases: &[Case]) -> Result<Vec<Person>, Refusal> {
    let person = |case: &Case| {
        let inherited = values::row(&case.profile, &bench.attributes)
            .map_err(|reason| Refusal::wrong(format!("line {} of the sample: {reason}", case.line)))?;
        let object = Value::Object(case.user.clone()).to_string();
        Ok(Person { id: case.id().to_owned(), object, inherited, exists: case.exists })
    };
    cases.iter().filter(|case| !case.user.is_empty()).map(person).collect()
}

/// An outcome as JSON.
pub fn shown(outcome: &Outcome, attributes: &[Attribute]) -> Value {
    match outcome {
        Outcome::Profile(values) => json!({ "profile": values::named(values, attributes) }),
        Outcome::Skip(reason) => json!({ "skip": reason }),
        Outcome::Reject(reason) => json!({ "reject": reason }),
    }
}

/// One line for each person.
pub async fn lines(bench: &Bench, memory: &Arc<Memory>, cases: &[Case]) -> Result<Vec<Value>, Refusal> {
    let (mut instance, schema) = configured(bench, memory).await?;
    let people = people(bench, cases)?;
    let outcomes = instance.map_people(&people).await.map_err(ended)?;
    let line = |(person, outcome): (&Person, &Outcome)| {
        let mut line = shown(outcome, &schema.attributes);
        if let Some(object) = line.as_object_mut() {
            object.insert("id".to_owned(), person.id.clone().into());
        }
        line
    };
    Ok(people.iter().zip(&outcomes).map(line).collect())
}

//! A batch of operations for a target.

use std::sync::Arc;

use rollcall_sandbox::TargetInstance;
use rollcall_sandbox::contract::target::{
    GroupEntry, GroupWithMembers, Member, Operation, Outcome, Part, PersonEntry, Role,
};
use rollcall_sandbox::contract::types::Attribute;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{ended, refused};
use crate::component::bench::{Bench, Memory};
use crate::component::sample::Case;
use crate::component::values;
use crate::refusal::Refusal;

/// An operation as a sample writes it, such as `{"put_person": {"person": "7", "values": {"name": "Adele"}}}`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Written {
    PutPerson(WrittenPerson),
    RemovePerson(WrittenPerson),
    PutGroup(WrittenGroup),
    AddMembers(WrittenGroup),
    RemoveMembers(WrittenGroup),
    RemoveGroup(WrittenGroup),
    Finish(WrittenPart),
}

#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenPart {
    People,
    Groups,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenPerson {
    person: String,
    remote: Option<String>,
    #[serde(default)]
    values: Map<String, Value>,
    /// Attributes that are to stay as they are.
    #[serde(default)]
    keep: Vec<String>,
    #[serde(default)]
    before: Map<String, Value>,
    #[serde(default = "yes")]
    active: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenGroup {
    key: String,
    remote: Option<String>,
    #[serde(default)]
    name: String,
    parent: Option<String>,
    welcome_message: Option<String>,
    #[serde(default)]
    members: Vec<WrittenMember>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMember {
    person: String,
    remote: Option<String>,
    membership: Option<String>,
    #[serde(default)]
    matching: String,
    #[serde(default)]
    admin: bool,
}

fn yes() -> bool {
    true
}

/// An instance that has its settings.
pub async fn configured(bench: &Bench, memory: &Arc<Memory>) -> Result<TargetInstance, Refusal> {
    let mut instance = bench.target(memory).await?;
    let answer = instance.configure(&bench.settings(), &bench.attributes).await.map_err(ended)?;
    answer.map_err(|problem| refused(&problem))?;
    Ok(instance)
}

/// The operations of a sample, each with its case.
pub fn operations<'a>(bench: &Bench, cases: &'a [Case]) -> Result<Vec<(&'a Case, Operation)>, Refusal> {
    let mut operations = Vec::new();
    for case in cases {
        let Some(written) = &case.operation else { continue };
        let wrong = |reason: String| Refusal::wrong(format!("line {} of the sample: {reason}", case.line));
        let written: Written = serde_json::from_value(written.clone()).map_err(|error| wrong(error.to_string()))?;
        operations.push((case, operation(written, &bench.attributes).map_err(wrong)?));
    }
    Ok(operations)
}

fn operation(written: Written, attributes: &[Attribute]) -> Result<Operation, String> {
    Ok(match written {
        Written::PutPerson(person) => Operation::PutPerson(entry(person, attributes)?),
        Written::RemovePerson(person) => Operation::RemovePerson(entry(person, attributes)?),
        Written::PutGroup(group) => Operation::PutGroup(members(group)),
        Written::AddMembers(group) => Operation::AddMembers(members(group)),
        Written::RemoveMembers(group) => Operation::RemoveMembers(members(group)),
        Written::RemoveGroup(group) => Operation::RemoveGroup(members(group).group),
        Written::Finish(WrittenPart::People) => Operation::Finish(Part::People),
        Written::Finish(WrittenPart::Groups) => Operation::Finish(Part::Groups),
    })
}

fn entry(person: WrittenPerson, attributes: &[Attribute]) -> Result<PersonEntry, String> {
    let mut values = values::row(&person.values, attributes)?;
    for (value, attribute) in values.iter_mut().zip(attributes) {
        if person.keep.contains(&attribute.name) {
            *value = rollcall_sandbox::contract::types::Value::Keep;
        }
    }
    let before = if person.before.is_empty() { Vec::new() } else { values::row(&person.before, attributes)? };
    Ok(PersonEntry { person: person.person, remote: person.remote, values, before, active: person.active })
}

fn members(group: WrittenGroup) -> GroupWithMembers {
    let member = |member: WrittenMember| Member {
        person: member.person,
        remote: member.remote,
        membership: member.membership,
        matching: member.matching,
        role: if member.admin { Role::Admin } else { Role::Member },
    };
    let members = group.members.into_iter().map(member).collect();
    let WrittenGroup { key, remote, name, parent, welcome_message, .. } = group;
    GroupWithMembers { group: GroupEntry { key, remote, name, parent, welcome_message }, members }
}

/// An outcome as JSON.
pub fn shown(outcome: &Outcome) -> Value {
    match outcome {
        Outcome::Done(receipt) => {
            let mut done = json!({ "remote": receipt.remote, "adopted": receipt.adopted });
            if let (Some(note), Some(object)) = (&receipt.note, done.as_object_mut()) {
                object.insert("note".to_owned(), note.clone().into());
            }
            json!({ "done": done })
        }
        Outcome::Retry(retry) => {
            json!({ "retry": { "after_seconds": retry.after_seconds, "reason": retry.fault.message } })
        }
        Outcome::Rejected(fault) => json!({ "rejected": { "reason": fault.message, "status": fault.status } }),
        Outcome::Unsupported(reason) => json!({ "unsupported": reason }),
    }
}

/// One line for each operation.
pub async fn lines(bench: &Bench, memory: &Arc<Memory>, cases: &[Case]) -> Result<Vec<Value>, Refusal> {
    let mut instance = configured(bench, memory).await?;
    let (_, operations): (Vec<&Case>, Vec<Operation>) = operations(bench, cases)?.into_iter().unzip();
    let outcomes = instance.push(&operations).await.map_err(ended)?;
    Ok(outcomes.iter().map(shown).collect())
}

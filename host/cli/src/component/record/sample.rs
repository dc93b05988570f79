//! The batch of a call as a sample, with what came of it.

use rollcall_sandbox::contract::grouping::{Candidate, Plan};
use rollcall_sandbox::contract::mapping::Person;
use rollcall_sandbox::contract::source::Change;
use rollcall_sandbox::contract::target::{GroupEntry, GroupWithMembers, Member, Operation, Part, PersonEntry, Role};
use rollcall_sandbox::contract::types::{Attribute, Value};
use rollcall_sync::profile::readable;
use rollcall_sync::steps::sandboxed::{Answered, Asked, Recorded};
use serde_json::{Map, Value as Json, json};

use crate::component::run::{grouping, mapping, source, target};
use crate::component::values;

/// The sample of a call: JSON lines.
pub fn lines(call: &Recorded) -> String {
    let lines: Vec<Json> = match (&call.asked, &call.answered) {
        (Asked::Map(people), answered) => {
            people.iter().enumerate().map(|(at, one)| mapped(call, one, at, answered)).collect()
        }
        (Asked::Group { people, plan, .. }, Ok(Answered::Grouped(assignments))) => {
            let keys = |at: usize| grouping::keys(plan, assignments.get(at)?).ok();
            let line = |(at, person)| grouped(call, person, plan, keys(at).map(|keys| json!({ "groups": keys })));
            people.iter().enumerate().map(line).collect()
        }
        (Asked::Group { people, plan, .. }, _) => {
            people.iter().map(|person| grouped(call, person, plan, None)).collect()
        }
        (Asked::Pull { .. }, Ok(Answered::Pulled(Ok(page)))) => {
            let users = page
                .changes
                .iter()
                .filter_map(|change| if let Change::User(user) = change { Some(user) } else { None });
            users.map(|user| json!({ "expect": source::patch(user) })).collect()
        }
        (Asked::Push(operations), answered) => {
            let outcomes = if let Ok(Answered::Pushed(outcomes)) = answered { outcomes.as_slice() } else { &[] };
            let line = |(at, operation)| {
                let expect = outcomes.get(at).map(target::shown);
                with_expected(json!({ "operation": operation_of(operation, &call.attributes) }), expect)
            };
            operations.iter().enumerate().map(line).collect()
        }
        _ => Vec::new(),
    };
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn with_expected(mut line: Json, expect: Option<Json>) -> Json {
    if let (Some(object), Some(expect)) = (line.as_object_mut(), expect) {
        object.insert("expect".to_owned(), expect);
    }
    line
}

fn mapped(call: &Recorded, person: &Person, at: usize, answered: &Result<Answered, String>) -> Json {
    let expect = match answered {
        Ok(Answered::Mapped { outcomes, attributes }) => {
            outcomes.get(at).map(|outcome| mapping::shown(outcome, attributes))
        }
        _ => None,
    };
    let mut user: Map<String, Json> = serde_json::from_str(&person.object).unwrap_or_default();
    user.insert("id".to_owned(), person.id.clone().into());
    let profile = values::named(&person.inherited, &call.attributes);
    with_expected(json!({ "user": user, "profile": profile, "exists": person.exists }), expect)
}

fn grouped(call: &Recorded, person: &Candidate, plan: &Plan, expect: Option<Json>) -> Json {
    let mut user = Map::new();
    for (path, value) in plan.properties.iter().zip(&person.properties) {
        put(&mut user, path, value);
    }
    user.insert("id".to_owned(), person.id.clone().into());
    let read = plan
        .attributes
        .iter()
        .zip(&person.profile)
        .filter_map(|(at, value)| Some((call.attributes.get(*at as usize)?.name.clone(), readable(value))));
    with_expected(json!({ "user": user, "profile": read.collect::<Map<_, _>>() }), expect)
}

/// Puts a property where its path leads.
fn put(user: &mut Map<String, Json>, path: &str, value: &Value) {
    let json = match value {
        Value::Null => return,
        Value::Json(text) => serde_json::from_str(text).unwrap_or_default(),
        other => readable(other),
    };
    let mut steps: Vec<&str> = if path == "manager" { vec!["manager", "id"] } else { path.split('.').collect() };
    let Some(last) = steps.pop() else { return };
    let mut place = user;
    for step in steps {
        let next = place.entry(step).or_insert_with(|| Json::Object(Map::new()));
        let Some(next) = next.as_object_mut() else { return };
        place = next;
    }
    place.insert(last.to_owned(), json);
}

fn operation_of(operation: &Operation, attributes: &[Attribute]) -> Json {
    match operation {
        Operation::PutPerson(person) => json!({ "put_person": entry(person, attributes) }),
        Operation::RemovePerson(person) => json!({ "remove_person": entry(person, attributes) }),
        Operation::PutGroup(put) => json!({ "put_group": with_members(put) }),
        Operation::AddMembers(put) => json!({ "add_members": with_members(put) }),
        Operation::RemoveMembers(put) => json!({ "remove_members": with_members(put) }),
        Operation::RemoveGroup(entry) => json!({ "remove_group": group(entry) }),
        Operation::Finish(Part::People) => json!({ "finish": "people" }),
        Operation::Finish(Part::Groups) => json!({ "finish": "groups" }),
    }
}

fn entry(person: &PersonEntry, attributes: &[Attribute]) -> Json {
    let kept = attributes.iter().zip(&person.values).filter(|(_, value)| matches!(value, Value::Keep));
    json!({
        "person": person.person, "remote": person.remote, "values": values::named(&person.values, attributes),
        "keep": kept.map(|(attribute, _)| &attribute.name).collect::<Vec<_>>(),
        "before": values::named(&person.before, attributes), "active": person.active,
    })
}

fn with_members(put: &GroupWithMembers) -> Json {
    let member = |member: &Member| {
        json!({
            "person": member.person, "remote": member.remote, "membership": member.membership,
            "matching": member.matching, "admin": member.role == Role::Admin,
        })
    };
    let mut written = group(&put.group);
    if let Some(object) = written.as_object_mut() {
        object.insert("members".to_owned(), put.members.iter().map(member).collect());
    }
    written
}

fn group(entry: &GroupEntry) -> Json {
    json!({
        "key": entry.key, "remote": entry.remote, "name": entry.name, "parent": entry.parent,
        "welcome_message": entry.welcome_message,
    })
}

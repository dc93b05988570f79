//! Members of groups, and subscribers of public ones.

use axum::response::Response;
use serde_json::{Map, Value, json};

use super::{Kaizala, LOGIN, Member, invalid, is_phone, missing};
use crate::Asked;
use crate::reply::json as answer_json;

/// Subscribers of a page: the default and the most (kaizala-docs, Subscribers).
const PAGE: usize = 50;

/// Texts in a list of the body.
pub(super) fn phones(body: &Value, field: &str) -> Vec<String> {
    let list = body.get(field).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|phone| phone.as_str().map(str::to_owned)).collect()
}

/// Lets numbers into a group; answers whether all of them are in it.
pub(super) fn join(kaizala: &mut Kaizala, id: &str, phones: Vec<String>) -> bool {
    let mut all = true;
    for phone in phones {
        if !is_phone(&phone) {
            all = false;
            continue;
        }
        let number = kaizala.next_number();
        let member = Member { id: format!("00000000-0000-4000-9000-{number:012x}"), role: "Member".to_owned() };
        if let Some(group) = kaizala.groups.get_mut(id) {
            group.members.entry(phone).or_insert(member);
        }
    }
    all
}

pub(super) fn list(kaizala: &mut Kaizala, id: &str) -> Response {
    let Some(group) = kaizala.groups.get(id) else { return missing("group") };
    let shown = |id: &str, role: &str, phone: &str| {
        // A number that was added and has not registered yet is a member all the same.
        let mut member = json!({"id": id, "role": role, "isProvisioned": !phone.ends_with('7')});
        if let (false, Some(member)) = (kaizala.manners.hides_numbers, member.as_object_mut()) {
            member.insert("mobileNumber".to_owned(), phone.into());
        }
        member
    };
    let mut members = vec![shown("00000000-0000-4000-9000-000000000000", "Admin", LOGIN)];
    members.extend(group.members.iter().map(|(phone, member)| shown(&member.id, &member.role, phone)));
    let told: Vec<String> = group.members.values().map(|member| member.id.clone()).collect();
    kaizala.told.extend(told);
    answer_json(200, &json!({"members": members}))
}

pub(super) fn add(kaizala: &mut Kaizala, asked: &Asked, id: &str) -> Response {
    if !kaizala.groups.contains_key(id) {
        return missing("group");
    }
    let members = phones(&asked.json().unwrap_or_default(), "members");
    let all = join(kaizala, id, members);
    answer_json(200, &json!({"result": kaizala.manners.truth(all)}))
}

pub(super) fn set_role(kaizala: &mut Kaizala, asked: &Asked, id: &str, member: &str) -> Response {
    let role = asked.json().and_then(|body| body.get("role").and_then(Value::as_str).map(str::to_owned));
    let truth = kaizala.manners.truth(true);
    let Some(group) = kaizala.groups.get_mut(id) else { return missing("group") };
    match (group.members.values_mut().find(|known| known.id == member), role) {
        (Some(known), Some(role)) => {
            known.role = role;
            answer_json(200, &json!({ "result": truth }))
        }
        (None, _) => missing("member"),
        (_, None) => invalid("A role is needed."),
    }
}

pub(super) fn remove(kaizala: &mut Kaizala, id: &str, member: &str) -> Response {
    let truth = kaizala.manners.truth(true);
    let Some(group) = kaizala.groups.get_mut(id) else { return missing("group") };
    let before = group.members.len();
    group.members.retain(|_, known| known.id != member);
    if group.members.len() == before { missing("member") } else { answer_json(200, &json!({ "result": truth })) }
}

pub(super) fn subscribe(kaizala: &mut Kaizala, asked: &Asked, id: &str) -> Response {
    let numbers = phones(&asked.json().unwrap_or_default(), "subscribers");
    if !kaizala.groups.get(id).is_some_and(|group| group.public) {
        return missing("public group");
    }
    let mut results = Map::new();
    for phone in numbers {
        let result = if is_phone(&phone) {
            let number = kaizala.next_number();
            if let Some(group) = kaizala.groups.get_mut(id) {
                let subscriber = || format!("00000000-0000-4000-a000-{number:012x}");
                group.subscribers.entry(phone.clone()).or_insert_with(subscriber);
            }
            json!({ "isAdded": true })
        } else {
            json!({"isAdded": false, "message": "The mobile number is not valid."})
        };
        results.insert(phone, result);
    }
    answer_json(200, &json!({ "result": results }))
}

pub(super) fn unsubscribe(kaizala: &mut Kaizala, asked: &Asked, id: &str) -> Response {
    let numbers = phones(&asked.json().unwrap_or_default(), "subscribers");
    let Some(group) = kaizala.groups.get_mut(id).filter(|group| group.public) else { return missing("public group") };
    let mut results = Map::new();
    for phone in numbers {
        group.subscribers.remove(&phone);
        results.insert(phone, json!({ "isRemoved": true }));
    }
    answer_json(200, &json!({ "result": results }))
}

pub(super) fn list_subscribers(kaizala: &Kaizala, asked: &Asked, id: &str) -> Response {
    let Some(group) = kaizala.groups.get(id).filter(|group| group.public) else { return missing("public group") };
    let body = asked.json().unwrap_or_default();
    let count = body.get("count").and_then(Value::as_u64).map_or(PAGE, |count| usize::try_from(count).unwrap_or(PAGE));
    let after = body.get("cursor").and_then(Value::as_str).unwrap_or_default();
    let mut rest = group.subscribers.iter().skip_while(|(phone, _)| phone.as_str() <= after);
    let page: Vec<_> = rest.by_ref().take(count.min(PAGE)).collect();
    let subscribers: Vec<Value> =
        page.iter().map(|(phone, id)| json!({"id": id, "mobileNumber": phone, "isProvisioned": true})).collect();
    let mut answer = json!({ "subscribers": subscribers });
    // Present only if there is another page.
    if let (Some((last, _)), Some(_), Some(answer)) = (page.last(), rest.next(), answer.as_object_mut()) {
        answer.insert("cursor".to_owned(), last.as_str().into());
    }
    answer_json(200, &answer)
}

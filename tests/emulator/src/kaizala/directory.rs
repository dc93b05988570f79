//! The directory: **an invention of ours**, no call for it was ever documented.

use axum::response::Response;
use serde_json::{Value, json};

use super::{Entry, Kaizala, invalid, is_phone};
use crate::Asked;
use crate::reply::json as answer_json;

/// Entries of a directory call.
const BATCH: usize = 100;

#[allow(clippy::result_large_err, reason = "the error is the answer itself")]
fn entries(asked: &Asked) -> Result<Vec<Value>, Response> {
    match asked.json() {
        Some(Value::Array(entries)) if entries.len() <= BATCH => Ok(entries),
        Some(Value::Array(_)) => Err(invalid("At most 100 entries.")),
        _ => Err(invalid("The body is a list of entries.")),
    }
}

fn text<'a>(entry: &'a Value, field: &str) -> &'a str {
    entry.get(field).and_then(Value::as_str).unwrap_or_default()
}

pub(super) fn put(kaizala: &mut Kaizala, asked: &Asked) -> Response {
    let entries = match entries(asked) {
        Ok(entries) => entries,
        Err(refused) => return refused,
    };
    let mut refused = Vec::new();
    for entry in &entries {
        let (id, phone) = (text(entry, "id"), text(entry, "mobileNumber"));
        if id.is_empty() || !is_phone(phone) {
            refused.push(
                json!({"id": id, "message": "The mobile number is not valid.", "errorCode": "InvalidParameters"}),
            );
            continue;
        }
        let known = kaizala.people.entry(id.to_owned()).or_default();
        known.phone = phone.to_owned();
        for (name, value) in entry.get("attributes").and_then(Value::as_object).into_iter().flatten() {
            if value.is_null() {
                known.attributes.remove(name);
            } else {
                known.attributes.insert(name.clone(), value.clone());
            }
        }
    }
    verdict(&refused)
}

fn verdict(refused: &[Value]) -> Response {
    if refused.is_empty() {
        return answer_json(200, &json!({"result": true}));
    }
    answer_json(200, &json!({"result": false, "refused": refused}))
}

pub(super) fn remove(kaizala: &mut Kaizala, asked: &Asked) -> Response {
    let entries = match entries(asked) {
        Ok(entries) => entries,
        Err(refused) => return refused,
    };
    for entry in &entries {
        let Some(gone) = kaizala.people.remove(text(entry, "id")) else { continue };
        // Deleting from the directory removes from all organization groups (Kaizala admin documentation, delete users).
        for group in kaizala.groups.values_mut() {
            group.members.remove(&gone.phone);
            group.subscribers.remove(&gone.phone);
        }
    }
    verdict(&[])
}

pub(super) fn list(kaizala: &Kaizala, asked: &Asked) -> Response {
    let after = asked.parameter("cursor").unwrap_or_default().to_owned();
    let page: Vec<(&String, &Entry)> =
        kaizala.people.range((std::ops::Bound::Excluded(after), std::ops::Bound::Unbounded)).take(BATCH).collect();
    let users: Vec<Value> = page
        .iter()
        .map(|(id, entry)| json!({"id": id, "mobileNumber": entry.phone, "attributes": entry.attributes}))
        .collect();
    let mut answer = json!({"users": users});
    if let (Some((last, _)), Some(answer)) = (page.last().filter(|_| page.len() == BATCH), answer.as_object_mut()) {
        answer.insert("cursor".into(), last.as_str().into());
    }
    answer_json(200, &answer)
}

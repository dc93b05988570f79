//! Microsoft Graph: `users/delta`, `groups/delta` and `users/{id}` (facts: Graph documentation, "delta query overview", "user: delta").

use std::collections::HashSet;

use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::reply::{graph_error, json as answer_json, json_text};
use crate::world::{Group, User};
use crate::{Asked, Shared};

/// What a link carries: the round, and where in it the page begins. It is opaque to clients.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Token {
    /// Selected properties; empty for the usual ones.
    select: Vec<String>,
    /// Changes after this version.
    since: u64,
    /// Up to this one.
    upto: u64,
    /// The last id of the page before.
    after: String,
}

/// What a user has without `$select` (Graph: user resource type, default properties).
const USUAL: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
    "id",
];

/// Properties that are kept outside of the directory: selecting one in a delta query is not implemented.
const ELSEWHERE: [&str; 8] =
    ["skills", "aboutMe", "birthday", "interests", "mySite", "pastProjects", "responsibilities", "schools"];

fn encode(token: &Token) -> String {
    serde_json::to_vec(token).unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode(text: &str) -> Option<Token> {
    let bytes: Option<Vec<u8>> =
        (0..text.len() / 2).map(|at| u8::from_str_radix(text.get(at * 2..at * 2 + 2)?, 16).ok()).collect();
    serde_json::from_slice(&bytes?).ok()
}

pub(crate) fn answer(shared: &mut Shared, asked: &Asked) -> Response {
    let number = shared.record.count;
    let token = asked.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
    if !token.is_some_and(|token| shared.world.knows(token)) {
        return graph_error(401, "InvalidAuthenticationToken", "Access token is empty, expired or not valid.", number);
    }
    match asked.path.as_str() {
        "/v1.0/users/delta" => delta(shared, asked, users_page),
        "/v1.0/groups/delta" => delta(shared, asked, groups_page),
        path => match path.strip_prefix("/v1.0/users/") {
            Some(id) => one_user(shared, asked, id),
            None => {
                graph_error(404, "ResourceNotFound", &format!("Resource not found for the segment '{path}'."), number)
            }
        },
    }
}

type PageOf = fn(&Shared, &Token, bool) -> (String, Option<String>);

fn delta(shared: &mut Shared, asked: &Asked, page_of: PageOf) -> Response {
    let number = shared.record.count;
    for refused in ["$expand", "$top", "$orderby"] {
        if asked.parameter(refused).is_some() {
            let message = format!("The query option '{refused}' is not supported for delta queries.");
            return graph_error(400, "Request_UnsupportedQuery", &message, number);
        }
    }
    let version = shared.world.version;
    let given = asked.parameter("$skiptoken").or_else(|| asked.parameter("$deltatoken"));
    let token = match given {
        Some("latest") => Token { select: select(asked), since: version, upto: version, after: String::new() },
        Some(text) if !text.is_empty() => match decode(text) {
            // A delta link begins a round that ends with what is known now.
            Some(token) if asked.parameter("$deltatoken").is_some() => Token { upto: version, ..token },
            Some(token) => token,
            None => return graph_error(400, "BadRequest", "The token is not valid.", number),
        },
        _ => Token { select: select(asked), since: 0, upto: version, after: String::new() },
    };
    if let Some(name) = token.select.iter().find(|name| ELSEWHERE.contains(&name.as_str())) {
        return graph_error(
            501,
            "NotImplemented",
            &format!("The property '{name}' is not supported in delta queries."),
            number,
        );
    }
    let minimal = asked.header("prefer").is_some_and(|value| value.contains("return=minimal"));
    let (value, after) = page_of(shared, &token, minimal);
    let (name, link) = match after {
        Some(after) => ("@odata.nextLink", ("$skiptoken", Token { after, ..token })),
        None => ("@odata.deltaLink", ("$deltatoken", Token { since: token.upto, after: String::new(), ..token })),
    };
    let url = format!("{}{}?{}={}", shared.graph_url, asked.path, link.0, encode(&link.1));
    let context = format!("{}/v1.0/$metadata#users", shared.graph_url);
    json_text(
        200,
        format!("{{\"@odata.context\":{},\"{name}\":{},\"value\":[{value}]}}", Value::from(context), Value::from(url)),
    )
}

fn select(asked: &Asked) -> Vec<String> {
    let text = asked.parameter("$select").unwrap_or_default();
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

fn users_page(shared: &Shared, token: &Token, minimal: bool) -> (String, Option<String>) {
    let world = &shared.world;
    let selected: HashSet<&str> = match token.select.as_slice() {
        [] => USUAL.iter().copied().collect(),
        select => select.iter().map(String::as_str).collect(),
    };
    let mut items = Vec::new();
    let mut count = 0;
    let mut last = None;
    let mut more = false;
    let mut tell = |id: &String, user: &User| {
        if count == world.page_size {
            more = true;
            return false;
        }
        count += 1;
        last = Some(id.clone());
        let times = if world.repeat_every > 0 && count % world.repeat_every == 0 { 2 } else { 1 };
        for _ in 0..times {
            if !items.is_empty() {
                items.push(b',');
            }
            item(&mut items, id, user, token, &selected, minimal);
        }
        true
    };
    if token.since == 0 {
        let from = (std::ops::Bound::Excluded(token.after.clone()), std::ops::Bound::Unbounded);
        for (id, user) in world.users.range(from).filter(|(_, user)| user.deleted.is_none()) {
            if !tell(id, user) {
                break;
            }
        }
    } else {
        let changes = (std::ops::Bound::Excluded(token.since), std::ops::Bound::Included(token.upto.max(token.since)));
        let mut ids: Vec<&String> = world.by_version.range(changes).map(|(_, id)| id).collect();
        ids.sort();
        for id in ids.into_iter().filter(|id| **id > token.after) {
            let Some(user) = world.users.get(id) else { continue };
            if !tell(id, user) {
                break;
            }
        }
    }
    (String::from_utf8(items).unwrap_or_default(), last.filter(|_| more))
}

/// Writes a user as a page tells of it. By hand: an object in between would cost more than all else that the emulator does.
fn item(out: &mut Vec<u8>, id: &str, user: &User, token: &Token, selected: &HashSet<&str>, minimal: bool) {
    // Writing to memory does not fail.
    let write = |out: &mut Vec<u8>, name: &str, value: &Value| {
        out.push(b',');
        let _ = serde_json::to_writer(&mut *out, name);
        out.push(b':');
        let _ = serde_json::to_writer(out, value);
    };
    out.extend_from_slice(b"{\"id\":");
    let _ = serde_json::to_writer(&mut *out, id);
    if let Some(for_good) = user.deleted {
        write(out, "@removed", &json!({"reason": if for_good { "deleted" } else { "changed" }}));
        out.push(b'}');
        return;
    }
    let told = |name: &str| {
        !minimal || token.since == 0 || user.changed.get(name).is_some_and(|version| *version > token.since)
    };
    for (name, value) in &user.properties {
        // A property that was never set is absent; one that was cleared is null.
        let is_set = !(value.is_null() && token.since == 0);
        if is_set && name != "id" && selected.contains(name.as_str()) && told(name) {
            write(out, name, value);
        }
    }
    if token.select.iter().any(|name| name == "manager") {
        let changed = user.changed.get("manager").is_some_and(|version| *version > token.since);
        match &user.manager {
            Some(manager) if told("manager") => {
                write(out, "manager@delta", &json!([{"@odata.type": "#microsoft.graph.user", "id": manager}]));
            }
            None if changed && token.since > 0 => {
                let nobody = json!([{"@odata.type": "#microsoft.graph.user", "id": "00000000-0000-0000-0000-000000000000",
                    "@removed": {"reason": "deleted"}}]);
                write(out, "manager@delta", &nobody);
            }
            _ => {}
        }
    }
    out.push(b'}');
}

/// Members of a group that are told in one item; larger groups are spread over several.
const MEMBERS: usize = 20;

fn groups_page(shared: &Shared, token: &Token, _: bool) -> (String, Option<String>) {
    let mut items = Vec::new();
    for (id, group) in
        shared.world.groups.iter().filter(|(_, group)| group.version > token.since && group.version <= token.upto)
    {
        group_items(id, group, token, &mut items);
    }
    (items.join(","), None)
}

fn group_items(id: &str, group: &Group, token: &Token, items: &mut Vec<String>) {
    if group.deleted {
        items.push(json!({"id": id, "@removed": {"reason": "deleted"}}).to_string());
        return;
    }
    let changed: Vec<(&String, bool)> = group
        .changed
        .iter()
        .filter(|(_, version)| **version > token.since)
        .map(|(user, _)| (user, group.members.contains(user)))
        .filter(|(_, member)| *member || token.since > 0)
        .collect();
    if changed.is_empty() {
        items.push(json!({"id": id, "displayName": group.name}).to_string());
    }
    for part in changed.chunks(MEMBERS) {
        let members: Vec<Value> = part
            .iter()
            .map(|(user, member)| {
                let mut entry = json!({"@odata.type": "#microsoft.graph.user", "id": user});
                if let (false, Some(entry)) = (*member, entry.as_object_mut()) {
                    entry.insert("@removed".into(), json!({"reason": "deleted"}));
                }
                entry
            })
            .collect();
        items.push(json!({"id": id, "displayName": group.name, "members@delta": members}).to_string());
    }
}

fn one_user(shared: &Shared, asked: &Asked, id: &str) -> Response {
    let Some(user) = shared.world.users.get(id).filter(|user| user.deleted.is_none()) else {
        let message =
            format!("Resource '{id}' does not exist or one of its queried reference-property objects are not present.");
        return graph_error(404, "Request_ResourceNotFound", &message, shared.record.count);
    };
    let selected = select(asked);
    let mut shown = Map::new();
    shown.insert("id".into(), id.into());
    for name in selected.iter().map(String::as_str).chain(if selected.is_empty() { USUAL.to_vec() } else { Vec::new() })
    {
        if name != "id" && name != "manager" {
            shown.insert(name.to_owned(), user.properties.get(name).cloned().unwrap_or_default());
        }
    }
    if let (Some(manager), true) =
        (&user.manager, asked.parameter("$expand").is_some_and(|text| text.contains("manager")))
    {
        shown.insert("manager".into(), json!({"@odata.type": "#microsoft.graph.user", "id": manager}));
    }
    answer_json(200, &Value::Object(shown))
}

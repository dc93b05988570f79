//! Groups and their parents.

use std::collections::BTreeMap;

use axum::response::Response;
use serde_json::{Value, json};

use super::members::{join, phones};
use super::{Group, Kaizala, invalid, missing};
use crate::Asked;
use crate::reply::json as answer_json;

/// Numbers in a request that creates a group.
const FIRST_MEMBERS: usize = 100;

pub(super) fn create(kaizala: &mut Kaizala, asked: &Asked, parent: Option<&str>) -> Response {
    let Some(body) = asked.json() else { return invalid("The body is no JSON.") };
    let name = body.get("name").or_else(|| body.get("groupName")).and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() || body.get("welcomeMessage").and_then(Value::as_str).is_none() {
        return invalid("A group needs a name and a welcome message.");
    }
    let public = match body.get("groupType").and_then(Value::as_str) {
        None | Some("Group") => false,
        Some("ConnectGroup") => true,
        Some(_) => return invalid("There is no such type of groups."),
    };
    let members = phones(&body, "members");
    if members.len() > FIRST_MEMBERS {
        return invalid("At most 100 mobile numbers.");
    }
    if parent.is_some_and(|parent| !kaizala.groups.contains_key(parent)) {
        return missing("group");
    }
    let number = kaizala.next_number();
    let id = format!("00000000-0000-4000-8000-{number:012x}@1");
    let parents = parent.map(str::to_owned).into_iter().collect();
    kaizala.groups.insert(id.clone(), Group { name: name.to_owned(), parents, public, ..Group::default() });
    kaizala.created += 1;
    let all = join(kaizala, &id, members);
    answer_json(200, &json!({"groupId": id, "groupName": name, "membersAdded": all}))
}

fn shown(groups: &BTreeMap<String, Group>, id: &str, group: &Group) -> Value {
    let children = groups.values().any(|other| other.parents.iter().any(|parent| parent == id));
    let kind = if group.public { "ConnectGroup" } else { "Group" };
    // The login's own membership counts.
    let users = group.members.len() + 1;
    json!({"groupName": group.name, "groupId": id, "groupImageUrl": "", "hasSubGroups": children,
        "hasParentGroups": !group.parents.is_empty(), "callerRole": "Admin", "userCount": users,
        "currentLevelUserCount": users, "isMappedToTenant": !group.private, "groupType": kind, "isEditable": true})
}

pub(super) fn list(kaizala: &Kaizala, one: Option<&str>) -> Response {
    let groups: Vec<Value> = kaizala
        .groups
        .iter()
        .filter(|(id, _)| one.is_none_or(|one| one == id.as_str()))
        .map(|(id, group)| shown(&kaizala.groups, id, group))
        .collect();
    if one.is_some() && groups.is_empty() {
        return missing("group");
    }
    answer_json(200, &kaizala.manners.groups(groups))
}

/// A group may be a part of several.
pub(super) fn attach(kaizala: &mut Kaizala, asked: &Asked, parent: &str) -> Response {
    let children = phones(&asked.json().unwrap_or_default(), "subGroups");
    if !kaizala.groups.contains_key(parent) || children.iter().any(|child| !kaizala.groups.contains_key(child)) {
        return missing("group");
    }
    for child in &children {
        if let Some(group) = kaizala.groups.get_mut(child).filter(|group| !group.parents.iter().any(|it| it == parent))
        {
            group.parents.push(parent.to_owned());
        }
    }
    answer_json(200, &json!({"result": kaizala.manners.truth(true)}))
}

pub(super) fn detach(kaizala: &mut Kaizala, parent: &str, child: &str) -> Response {
    let Some(group) = kaizala.groups.get_mut(child) else { return missing("group") };
    let before = group.parents.len();
    group.parents.retain(|known| known != parent);
    if group.parents.len() == before {
        return missing("subgroup");
    }
    answer_json(200, &json!({"result": kaizala.manners.truth(true)}))
}

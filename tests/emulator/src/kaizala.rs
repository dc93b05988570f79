//! Kaizala's connector API (facts: kaizala-docs, Tokens, groups, members, subGroups; statuses of errors are ours, none are documented),
//! and a directory endpoint that is an invention of ours.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::reply::{json as answer_json, kaizala_error, with_header};
use crate::{APPLICATION_ID, APPLICATION_SECRET, Asked, REFRESH_TOKEN, Shared};

/// Milliseconds that an access token lives.
const LIFE: u64 = 24 * 3_600 * 1_000;
/// Numbers in a request that creates a group.
const FIRST_MEMBERS: usize = 100;

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Member {
    /// The membership's id.
    pub id: String,
    /// Admin or Member.
    pub role: String,
}

/// A group.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Group {
    /// The name.
    pub name: String,
    /// Members by phone number.
    pub members: BTreeMap<String, Member>,
    /// The groups that it is a part of.
    pub parents: Vec<String>,
}

/// An entry of the directory.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Entry {
    /// The phone number.
    pub phone: String,
    /// The attributes.
    pub attributes: Map<String, Value>,
}

/// What Kaizala holds.
#[derive(Debug, Default)]
pub struct Kaizala {
    /// Groups by id.
    pub groups: BTreeMap<String, Group>,
    /// The directory by the caller's id.
    pub people: BTreeMap<String, Entry>,
    /// Calls a minute; none for no limit.
    pub limit: Option<usize>,
    /// Whether the next token answer brings another refresh token.
    pub rotate: bool,
    /// Every call to the first address is answered with 308 and the other one.
    pub moved: bool,
    /// Ids of members that some answer told.
    pub told: BTreeSet<String>,
    /// How many groups were ever created.
    pub created: usize,
    refresh_token: String,
    access_token: String,
    issued: u64,
    numbers: u64,
    recent: VecDeque<Instant>,
}

impl Kaizala {
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self { limit, refresh_token: REFRESH_TOKEN.to_owned(), ..Self::default() }
    }

    /// Lets the access token end now.
    pub fn end_token(&mut self) {
        self.access_token.clear();
    }

    /// Groups as names with the phone numbers of their members: what a test compares.
    pub fn membership(&self) -> BTreeMap<String, Vec<String>> {
        self.groups.values().map(|group| (group.name.clone(), group.members.keys().cloned().collect())).collect()
    }

    fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn throttled(&mut self) -> Option<u64> {
        let limit = self.limit?;
        let now = Instant::now();
        while self.recent.front().is_some_and(|first| now.duration_since(*first) >= Duration::from_secs(60)) {
            self.recent.pop_front();
        }
        if self.recent.len() < limit {
            self.recent.push_back(now);
            return None;
        }
        self.recent.front().map(|first| 60u64.saturating_sub(now.duration_since(*first).as_secs()).max(1))
    }
}

fn invalid(message: &str) -> Response {
    kaizala_error(400, "InvalidParameters", "BadRequest", message)
}

fn missing(what: &str) -> Response {
    kaizala_error(404, "NotFound", "NotFound", &format!("There is no {what} with this id."))
}

/// `+`, country code and digits; anything else is refused (our reading of "well-formatted").
fn is_phone(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (7..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0')
}

pub(crate) fn answer(shared: &mut Shared, asked: &Asked) -> Response {
    if let Some(seconds) = shared.kaizala.throttled() {
        let response = kaizala_error(429, "TooManyRequests", "Throttled", "Too many requests for this connector.");
        return with_header(response, "retry-after", &seconds.to_string());
    }
    if asked.path == "/v1/accessToken" {
        return access_token(shared, asked);
    }
    let token = asked.header("accesstoken").unwrap_or_default();
    if token.is_empty() || token != shared.kaizala.access_token {
        let message = "Invalid token. Failure reason:Token validation failed due to unknown reason!";
        return kaizala_error(401, "InvalidToken", "AuthException", message);
    }
    let parts: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    let kaizala = &mut shared.kaizala;
    match (asked.method.as_str(), parts.as_slice()) {
        ("POST", ["v1", "groups"]) => create_group(kaizala, asked, None),
        ("GET", ["v1", "groups"]) => list_groups(kaizala, None),
        ("GET", ["v1", "groups", id]) => list_groups(kaizala, Some(id)),
        ("POST", ["v1", "groups", id, "subGroups" | "subgroups"]) => create_group(kaizala, asked, Some(id)),
        ("PUT", ["v1", "groups", id, "subGroups" | "subgroups"]) => attach(kaizala, asked, id),
        ("GET", ["v1", "groups", id, "members"]) => list_members(kaizala, id),
        ("PUT", ["v1", "groups", id, "members"]) => add_members(kaizala, asked, id),
        ("PUT", ["v1", "groups", id, "members", member]) => set_role(kaizala, asked, id, member),
        ("DELETE", ["v1", "groups", id, "members", member]) => remove_member(kaizala, id, member),
        ("PUT", ["v1", "directory", "users"]) => put_people(kaizala, asked),
        ("POST", ["v1", "directory", "users", "remove"]) => remove_people(kaizala, asked),
        ("GET", ["v1", "directory", "users"]) => list_people(kaizala, asked),
        _ => kaizala_error(404, "NotFound", "NotFound", "There is no such operation."),
    }
}

fn access_token(shared: &mut Shared, asked: &Asked) -> Response {
    if asked.header("applicationid") != Some(APPLICATION_ID)
        || asked.header("applicationsecret") != Some(APPLICATION_SECRET)
    {
        return kaizala_error(
            401,
            "Unauthenticated",
            "AuthException",
            "Dont have correct applicationId and secret in header!",
        );
    }
    let url = format!("{}/", shared.kaizala_url);
    let kaizala = &mut shared.kaizala;
    if asked.header("refreshtoken") != Some(&kaizala.refresh_token) {
        return kaizala_error(401, "InvalidToken", "AuthException", "Invalid refresh token.");
    }
    kaizala.issued += 1;
    kaizala.access_token = format!("emulated-access-token-{}", kaizala.issued);
    let mut renewed = String::new();
    if std::mem::take(&mut kaizala.rotate) {
        kaizala.refresh_token = format!("emulated-refresh-token-{}", kaizala.issued);
        renewed.clone_from(&kaizala.refresh_token);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let expiry = u64::try_from(now.as_millis()).unwrap_or(0) + LIFE;
    answer_json(
        200,
        &json!({"accessToken": kaizala.access_token, "endpointUrl": url, "accessTokenExpiry": expiry,
        "refreshToken": renewed, "scope": "token.write"}),
    )
}

fn phones(body: &Value, field: &str) -> Vec<String> {
    let list = body.get(field).and_then(Value::as_array);
    list.into_iter().flatten().filter_map(|phone| phone.as_str().map(str::to_owned)).collect()
}

fn join(kaizala: &mut Kaizala, id: &str, phones: Vec<String>) -> bool {
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

fn create_group(kaizala: &mut Kaizala, asked: &Asked, parent: Option<&str>) -> Response {
    let Some(body) = asked.json() else { return invalid("The body is no JSON.") };
    let name = body.get("name").or_else(|| body.get("groupName")).and_then(Value::as_str).unwrap_or_default();
    if name.is_empty() || body.get("welcomeMessage").and_then(Value::as_str).is_none() {
        return invalid("A group needs a name and a welcome message.");
    }
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
    kaizala.groups.insert(id.clone(), Group { name: name.to_owned(), members: BTreeMap::new(), parents });
    kaizala.created += 1;
    let all = join(kaizala, &id, members);
    answer_json(200, &json!({"groupId": id, "groupName": name, "membersAdded": all}))
}

fn shown(kaizala: &Kaizala, id: &str, group: &Group) -> Value {
    let children = kaizala.groups.values().any(|other| other.parents.iter().any(|parent| parent == id));
    json!({"groupName": group.name, "groupId": id, "groupImageUrl": "", "hasSubGroups": children,
        "hasParentGroups": !group.parents.is_empty(), "callerRole": "Admin", "userCount": group.members.len(),
        "currentLevelUserCount": group.members.len(), "isMappedToTenant": true, "groupType": "Group", "isEditable": true})
}

fn list_groups(kaizala: &Kaizala, one: Option<&str>) -> Response {
    let groups: Vec<Value> = kaizala
        .groups
        .iter()
        .filter(|(id, _)| one.is_none_or(|one| one == id.as_str()))
        .map(|(id, group)| shown(kaizala, id, group))
        .collect();
    if one.is_some() && groups.is_empty() {
        return missing("group");
    }
    answer_json(200, &json!({"groups": groups}))
}

fn attach(kaizala: &mut Kaizala, asked: &Asked, parent: &str) -> Response {
    let children = phones(&asked.json().unwrap_or_default(), "subGroups");
    for child in &children {
        if let Some(group) = kaizala.groups.get_mut(child) {
            group.parents = vec![parent.to_owned()];
        }
    }
    answer_json(200, &json!({"result": true}))
}

fn list_members(kaizala: &mut Kaizala, id: &str) -> Response {
    let Some(group) = kaizala.groups.get(id) else { return missing("group") };
    let members: Vec<Value> = group
        .members
        .iter()
        .map(|(phone, member)| json!({"id": member.id, "role": member.role, "mobileNumber": phone, "isProvisioned": true}))
        .collect();
    let told: Vec<String> = group.members.values().map(|member| member.id.clone()).collect();
    kaizala.told.extend(told);
    answer_json(200, &json!({"members": members}))
}

fn add_members(kaizala: &mut Kaizala, asked: &Asked, id: &str) -> Response {
    if !kaizala.groups.contains_key(id) {
        return missing("group");
    }
    let members = phones(&asked.json().unwrap_or_default(), "members");
    let all = join(kaizala, id, members);
    // The documentation says Boolean and shows a text.
    answer_json(200, &json!({"result": if all { "true" } else { "false" }}))
}

fn set_role(kaizala: &mut Kaizala, asked: &Asked, id: &str, member: &str) -> Response {
    let role = asked.json().and_then(|body| body.get("role").and_then(Value::as_str).map(str::to_owned));
    let Some(group) = kaizala.groups.get_mut(id) else { return missing("group") };
    match (group.members.values_mut().find(|known| known.id == member), role) {
        (Some(known), Some(role)) => {
            known.role = role;
            answer_json(200, &json!({"result": "true"}))
        }
        (None, _) => missing("member"),
        (_, None) => invalid("A role is needed."),
    }
}

fn remove_member(kaizala: &mut Kaizala, id: &str, member: &str) -> Response {
    let Some(group) = kaizala.groups.get_mut(id) else { return missing("group") };
    let before = group.members.len();
    group.members.retain(|_, known| known.id != member);
    if group.members.len() == before { missing("member") } else { answer_json(200, &json!({"result": "true"})) }
}

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

fn put_people(kaizala: &mut Kaizala, asked: &Asked) -> Response {
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

fn remove_people(kaizala: &mut Kaizala, asked: &Asked) -> Response {
    let entries = match entries(asked) {
        Ok(entries) => entries,
        Err(refused) => return refused,
    };
    for entry in &entries {
        let Some(gone) = kaizala.people.remove(text(entry, "id")) else { continue };
        // Deleting from the directory removes from all organization groups (Kaizala admin documentation, delete users).
        for group in kaizala.groups.values_mut() {
            group.members.remove(&gone.phone);
        }
    }
    verdict(&[])
}

fn list_people(kaizala: &Kaizala, asked: &Asked) -> Response {
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

//! Kaizala's connector API (facts: kaizala-docs, Tokens, groups, members, subGroups, subscribers; statuses of errors are ours, none are
//! documented), and a directory endpoint that is an invention of ours.
//!
//! The user whose login it is becomes an administrator of every group that is created, as at Kaizala: a member whom nobody added.

mod directory;
mod groups;
mod manners;
mod members;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value, json};

pub use self::manners::Manners;
use crate::reply::{json as answer_json, kaizala_error, with_header};
use crate::{APPLICATION_ID, APPLICATION_SECRET, Asked, REFRESH_TOKEN, Shared};

/// Milliseconds that an access token lives.
const LIFE: u64 = 24 * 3_600 * 1_000;

/// The number of the user whose login it is.
pub const LOGIN: &str = "+19995550100";

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
    /// Members by phone number, but for the login's own. In a public group: those of the hub.
    pub members: BTreeMap<String, Member>,
    /// Who subscribes to a public group: ids by phone number.
    pub subscribers: BTreeMap<String, String>,
    /// The groups that it is a part of.
    pub parents: Vec<String>,
    /// A managed public group (`ConnectGroup`).
    pub public: bool,
    /// Somebody's own group: it is no group of the organization.
    pub private: bool,
}

/// An entry of the directory.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Entry {
    /// The phone number.
    pub phone: String,
    /// The attributes.
    pub attributes: Map<String, Value>,
}

/// What the minutes of the limit go by.
#[derive(Clone)]
pub struct Pace(Arc<dyn Fn() -> Duration + Send + Sync>);

impl Pace {
    /// Goes by a clock of the caller's: the time since some moment that stays the same.
    pub fn of(elapsed: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self(Arc::new(elapsed))
    }
}

impl Default for Pace {
    /// The machine's clock.
    fn default() -> Self {
        let start = Instant::now();
        Self::of(move || start.elapsed())
    }
}

impl std::fmt::Debug for Pace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_tuple("Pace").field(&(self.0)()).finish()
    }
}

/// What Kaizala holds.
#[derive(Debug, Default)]
pub struct Kaizala {
    /// Groups by id.
    pub groups: BTreeMap<String, Group>,
    /// The directory by the caller's id.
    pub people: BTreeMap<String, Entry>,
    /// How the answers are written.
    pub manners: Manners,
    /// Calls a minute; none for no limit.
    pub limit: Option<usize>,
    /// What the limit's minutes go by.
    pub pace: Pace,
    /// How many calls the limit refused.
    pub refused: usize,
    /// Whether the next token answer brings another refresh token.
    pub rotate: bool,
    /// Every call to the first address is answered with 308 and the other one.
    pub moved: bool,
    /// Ids of members that some answer told.
    pub told: BTreeSet<String>,
    /// How many groups were ever created.
    pub created: usize,
    refresh_token: String,
    /// Every one that was given out lives its day, so that several programs can share a connector.
    access_tokens: BTreeSet<String>,
    issued: u64,
    numbers: u64,
    recent: VecDeque<Duration>,
}

impl Kaizala {
    pub(crate) fn new(limit: Option<usize>) -> Self {
        Self { limit, refresh_token: REFRESH_TOKEN.to_owned(), ..Self::default() }
    }

    /// Lets the access tokens end now.
    pub fn end_token(&mut self) {
        self.access_tokens.clear();
    }

    /// Groups as names with the phone numbers of their members: what a test compares.
    pub fn membership(&self) -> BTreeMap<String, Vec<String>> {
        self.groups.values().map(|group| (group.name.clone(), group.everybody().cloned().collect())).collect()
    }

    fn next_number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    fn throttled(&mut self) -> Option<u64> {
        let limit = self.limit?;
        let now = (self.pace.0)();
        while self.recent.front().is_some_and(|first| now.saturating_sub(*first) >= Duration::from_secs(60)) {
            self.recent.pop_front();
        }
        if self.recent.len() < limit {
            self.recent.push_back(now);
            return None;
        }
        self.refused += 1;
        self.recent.front().map(|first| 60u64.saturating_sub(now.saturating_sub(*first).as_secs()).max(1))
    }
}

impl Group {
    /// Members and subscribers by phone number.
    pub fn everybody(&self) -> impl Iterator<Item = &String> {
        self.members.keys().chain(self.subscribers.keys())
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
    let response = respond(shared, asked);
    match shared.kaizala.manners.status_of_errors {
        // What is wrong is said in the body; the status was never documented.
        Some(status) if matches!(response.status().as_u16(), 400..=428) => manners::with_status(response, status),
        _ => response,
    }
}

fn respond(shared: &mut Shared, asked: &Asked) -> Response {
    if let Some(seconds) = shared.kaizala.throttled() {
        let response = kaizala_error(429, "TooManyRequests", "Throttled", "Too many requests for this connector.");
        return with_header(response, "retry-after", &seconds.to_string());
    }
    if asked.path == "/v1/accessToken" {
        return access_token(shared, asked);
    }
    let token = asked.header("accesstoken").unwrap_or_default();
    if !shared.kaizala.access_tokens.contains(token) {
        let message = "Invalid token. Failure reason:Token validation failed due to unknown reason!";
        return kaizala_error(401, "InvalidToken", "AuthException", message);
    }
    let parts: Vec<&str> = asked.path.trim_start_matches('/').split('/').collect();
    let kaizala = &mut shared.kaizala;
    match (asked.method.as_str(), parts.as_slice()) {
        ("POST", ["v1", "groups"]) => groups::create(kaizala, asked, None),
        ("GET", ["v1", "groups"]) => groups::list(kaizala, None),
        ("GET", ["v1", "groups", id]) => groups::list(kaizala, Some(id)),
        ("POST", ["v1", "groups", id, "subGroups" | "subgroups"]) => groups::create(kaizala, asked, Some(id)),
        ("PUT", ["v1", "groups", id, "subGroups" | "subgroups"]) => groups::attach(kaizala, asked, id),
        ("DELETE", ["v1", "groups", id, "subGroups" | "subgroups", child]) => groups::detach(kaizala, id, child),
        ("GET", ["v1", "groups", id, "members"]) => members::list(kaizala, id),
        ("PUT", ["v1", "groups", id, "members"]) => members::add(kaizala, asked, id),
        ("PUT", ["v1", "groups", id, "members", member]) => members::set_role(kaizala, asked, id, member),
        ("DELETE", ["v1", "groups", id, "members", member]) => members::remove(kaizala, id, member),
        ("PUT", ["v1", "groups", id, "subscribers", "add"]) => members::subscribe(kaizala, asked, id),
        ("PUT", ["v1", "groups", id, "subscribers", "remove"]) => members::unsubscribe(kaizala, asked, id),
        ("POST", ["v1", "groups", id, "subscribers"]) => members::list_subscribers(kaizala, asked, id),
        ("PUT", ["v1", "directory", "users"]) => directory::put(kaizala, asked),
        ("POST", ["v1", "directory", "users", "remove"]) => directory::remove(kaizala, asked),
        ("GET", ["v1", "directory", "users"]) => directory::list(kaizala, asked),
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
    let slash = if shared.kaizala.manners.no_slash { "" } else { "/" };
    let url = format!("{}{slash}", shared.kaizala_url);
    let kaizala = &mut shared.kaizala;
    if asked.header("refreshtoken") != Some(&kaizala.refresh_token) {
        return kaizala_error(401, "InvalidToken", "AuthException", "Invalid refresh token.");
    }
    kaizala.issued += 1;
    let token = format!("emulated-access-token-{}", kaizala.issued);
    kaizala.access_tokens.insert(token.clone());
    let mut renewed = String::new();
    if std::mem::take(&mut kaizala.rotate) {
        kaizala.refresh_token = format!("emulated-refresh-token-{}", kaizala.issued);
        renewed.clone_from(&kaizala.refresh_token);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let expiry = u64::try_from(now.as_millis()).unwrap_or(0) + LIFE;
    answer_json(
        200,
        &json!({"accessToken": token, "endpointUrl": url, "accessTokenExpiry": expiry,
        "refreshToken": renewed, "scope": "token.write"}),
    )
}

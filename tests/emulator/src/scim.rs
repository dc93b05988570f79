//! A SCIM 2.0 service (RFC 7643, RFC 7644) that takes the standard by the letter, and has the habits that real ones have.
//!
//! | path below `/scim/v2` | what it does |
//! | --- | --- |
//! | `ServiceProviderConfig`, `ResourceTypes`, `Schemas` | what the service can do |
//! | `Users`, `Groups` | listing with filters and pages, making |
//! | `Users/{id}`, `Groups/{id}` | reading, PUT, PATCH, removing |
//! | `Bulk` | several of these in one request |
//!
//! What the standard leaves to a service, and what services do in spite of it, is switched by [`Quirks`]. What is sent is checked: an
//! attribute that no schema has, a value of the wrong type, a member or manager who is not there, and a name that is taken are refused.

mod bulk;
mod discovery;
mod fault;
mod filter;
mod patch;
mod path;
mod quirks;
mod schema;
mod shown;

use std::collections::BTreeMap;

use axum::response::Response;
use serde::Serialize;
use serde_json::{Map, Value};

use self::fault::Fault;
use self::filter::Filter;
pub use self::quirks::{Names, Quirks};
use self::schema::Schema;
pub use self::schema::{ENTERPRISE, GROUP, USER};
use crate::reply::{json as answer_json, json_text, with_header};
use crate::{Asked, Shared};

/// The token that is accepted.
pub const TOKEN: &str = "emulated-scim-token";

/// What stands before every path.
pub const BASE: &str = "/scim/v2";

/// A user or a group.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Resource {
    /// What it has, in the names of the standard, without `id`, `meta` and `schemas`.
    pub attributes: Map<String, Value>,
    /// Grows with every change.
    pub version: u64,
}

/// What the service holds.
#[derive(Debug, Default)]
pub struct Scim {
    /// How it differs from others.
    pub quirks: Quirks,
    /// Users by id.
    pub users: BTreeMap<String, Resource>,
    /// Groups by id.
    pub groups: BTreeMap<String, Resource>,
    /// So many conditional changes find that somebody else was faster.
    pub races: u32,
    numbers: u64,
}

/// Users or groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    User,
    Group,
}

impl Kind {
    fn of(place: &str) -> Option<Self> {
        match place {
            "Users" => Some(Self::User),
            "Groups" => Some(Self::Group),
            _ => None,
        }
    }

    fn name(self) -> &'static str {
        if self == Self::User { "User" } else { "Group" }
    }

    fn place(self) -> &'static str {
        if self == Self::User { "/Users" } else { "/Groups" }
    }

    fn urn(self) -> &'static str {
        if self == Self::User { USER } else { GROUP }
    }
}

/// An answer before it is sent.
struct Reply {
    status: u16,
    body: Value,
    location: Option<String>,
    version: Option<String>,
}

impl Reply {
    fn of(body: Value) -> Self {
        Self { status: 200, body, location: None, version: None }
    }
}

/// What is asked, by whomever: over HTTP, or as a part of a bulk request.
struct Wish<'a> {
    method: &'a str,
    path: &'a str,
    parameters: &'a [(String, String)],
    body: Option<Value>,
    if_match: Option<&'a str>,
}

impl Wish<'_> {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<usize> {
        self.parameter(name).and_then(|text| text.parse().ok())
    }
}

pub(crate) fn answer(shared: &mut Shared, asked: &Asked) -> Response {
    let base = format!("{}{BASE}", shared.scim_url);
    let scim = &mut shared.scim;
    let refused = |fault: &Fault, quirks: &Quirks| answer_json(fault.status, &shown::habits(quirks, fault.body()));
    if asked.header("authorization") != Some(&format!("Bearer {TOKEN}")) {
        return refused(&Fault::new(401, None, "The token is not valid."), &scim.quirks);
    }
    let Some(path) = asked.path.strip_prefix(BASE) else { return refused(&Fault::missing(), &scim.quirks) };
    let has_body = !asked.body.is_empty();
    let media = asked.header("content-type").unwrap_or_default();
    if has_body && !["application/scim+json", "application/json"].iter().any(|known| media.starts_with(known)) {
        return refused(&Fault::new(415, None, "The body must be application/scim+json."), &scim.quirks);
    }
    let body = asked.json();
    if has_body && body.is_none() {
        return refused(&Fault::syntax("The body is no JSON."), &scim.quirks);
    }
    let wish = Wish { method: &asked.method, path, parameters: &asked.query, body, if_match: asked.header("if-match") };
    match scim.grant(&base, &wish) {
        Err(fault) => refused(&fault, &scim.quirks),
        Ok(reply) => sent(&scim.quirks, &wish, reply),
    }
}

/// A reply, with the habits that are not of its body.
fn sent(quirks: &Quirks, wish: &Wish<'_>, reply: Reply) -> Response {
    let changed = matches!(wish.method, "PATCH" | "PUT");
    let mut response = match (reply.status, wish.method) {
        (_, "DELETE") => json_text(204, String::new()),
        (200, _) if quirks.silent && changed => json_text(204, String::new()),
        (201, _) if quirks.only_location => json_text(201, String::new()),
        (status, _) => answer_json(status, &reply.body),
    };
    if let Some(location) = &reply.location {
        response = with_header(response, "location", location);
    }
    if let Some(version) = &reply.version {
        response = with_header(response, "etag", version);
    }
    response
}

impl Scim {
    pub(crate) fn new(quirks: Quirks) -> Self {
        Self { quirks, ..Self::default() }
    }

    fn schema(&self, kind: Kind) -> Schema {
        match kind {
            Kind::User => Schema::user(self.quirks.wide_schema),
            Kind::Group => Schema::group(),
        }
    }

    fn held(&mut self, kind: Kind) -> &mut BTreeMap<String, Resource> {
        match kind {
            Kind::User => &mut self.users,
            Kind::Group => &mut self.groups,
        }
    }

    fn of(&self, kind: Kind) -> &BTreeMap<String, Resource> {
        match kind {
            Kind::User => &self.users,
            Kind::Group => &self.groups,
        }
    }

    fn grant(&mut self, base: &str, wish: &Wish<'_>) -> Result<Reply, Fault> {
        let (place, id) = wish
            .path
            .trim_start_matches('/')
            .split_once('/')
            .map_or_else(|| (wish.path.trim_start_matches('/'), None), |(place, id)| (place, Some(id)));
        let discovery = self.quirks.discovery && wish.method == "GET";
        match (place, id) {
            ("ServiceProviderConfig", None) if discovery => return Ok(Reply::of(discovery::config(&self.quirks))),
            ("ResourceTypes", None) if discovery => return Ok(Reply::of(discovery::kinds(&self.quirks))),
            ("Schemas", None) if discovery => return Ok(Reply::of(discovery::schemas(&self.quirks))),
            ("Bulk", None) if wish.method == "POST" && self.quirks.bulk.is_some() => return self.bulk(base, wish),
            _ => {}
        }
        let kind =
            Kind::of(place).filter(|kind| *kind == Kind::User || self.quirks.groups).ok_or_else(Fault::missing)?;
        let unable = |status| Fault::new(status, None, "The service does not do this.");
        match (wish.method, id) {
            ("GET", None) => self.list(base, kind, wish),
            ("POST", None) => self.create(base, kind, wish),
            ("GET", Some(id)) => self.read(base, kind, id, wish),
            ("PUT", Some(id)) => self.change(base, kind, id, wish, false),
            ("PATCH", Some(id)) if self.quirks.patch => self.change(base, kind, id, wish, true),
            ("DELETE", Some(_)) if kind == Kind::User && !self.quirks.removes_users => Err(unable(405)),
            ("DELETE", Some(_)) if kind == Kind::Group && !self.quirks.removes_groups => Err(unable(501)),
            ("DELETE", Some(id)) => self.remove(kind, id, wish),
            _ => Err(unable(501)),
        }
    }

    fn shown(&self, base: &str, kind: Kind, id: &str, status: u16) -> Result<Reply, Fault> {
        let resource = self.of(kind).get(id).ok_or_else(Fault::missing)?;
        let body = shown::resource(&self.quirks, base, kind, id, resource);
        let meta = path::field(&body, "meta");
        let location = meta.and_then(|meta| path::field(meta, "location")).and_then(Value::as_str).map(str::to_owned);
        let version = self.quirks.versions.then(|| shown::version(resource));
        Ok(Reply { status, location: location.filter(|_| status == 201), version, body })
    }

    fn read(&self, base: &str, kind: Kind, id: &str, wish: &Wish<'_>) -> Result<Reply, Fault> {
        let reply = self.shown(base, kind, id, 200)?;
        let body = shown::part(reply.body, wish.parameter("attributes"), wish.parameter("excludedAttributes"));
        Ok(Reply { body, ..reply })
    }

    fn list(&self, base: &str, kind: Kind, wish: &Wish<'_>) -> Result<Reply, Fault> {
        let schema = self.schema(kind);
        let filter = match wish.parameter("filter") {
            Some(_) if !self.quirks.filter => {
                return Err(Fault::new(400, Some("invalidFilter"), "There are no filters."));
            }
            Some(text) => Some(Filter::parse(text)?),
            None => None,
        };
        if filter.as_ref().is_some_and(|filter| !self.quirks.or && filter.has_or()) {
            return Err(Fault::new(400, Some("invalidFilter"), "A filter is one comparison."));
        }
        if filter.as_ref().is_some_and(|filter| !self.quirks.key_filter && filter.is_about("externalId")) {
            return Err(Fault::new(400, Some("invalidFilter"), "externalId cannot be searched for."));
        }
        let mut found = Vec::new();
        for (id, resource) in self.of(kind) {
            if filter.as_ref().map_or(Ok(true), |filter| filter.passes(&schema, &resource.attributes))? {
                found.push((id, resource));
            }
        }
        if found.is_empty() && filter.is_some() && self.quirks.nothing_is_404 {
            return Err(Fault::missing());
        }
        let start = wish.number("startIndex").unwrap_or(1).max(1);
        let count = wish.number("count").unwrap_or(self.quirks.largest_page).min(self.quirks.largest_page);
        let page: Vec<Value> = found
            .iter()
            .skip(start - 1)
            .take(count)
            .map(|(id, resource)| {
                let shown = shown::resource(&self.quirks, base, kind, id, resource);
                let shown = if self.quirks.short_lists { shown::part(shown, None, Some("members")) } else { shown };
                shown::part(shown, wish.parameter("attributes"), wish.parameter("excludedAttributes"))
            })
            .collect();
        Ok(Reply::of(shown::list(&self.quirks, found.len(), start, page)))
    }

    fn create(&mut self, base: &str, kind: Kind, wish: &Wish<'_>) -> Result<Reply, Fault> {
        let sent = wish.body.as_ref().ok_or_else(|| Fault::syntax("There is no body."))?;
        let attributes = self.schema(kind).checked(sent)?;
        self.few(attributes.get("members").and_then(Value::as_array).map_or(0, Vec::len))?;
        let attributes = self.allowed(kind, None, attributes)?;
        self.numbers += 1;
        let id = if self.quirks.odd_ids {
            format!("{}/{} @é?{}", kind.name(), self.numbers, self.numbers)
        } else {
            format!("00000000-0000-4000-a000-{:012x}", self.numbers)
        };
        self.held(kind).insert(id.clone(), Resource { attributes, version: 1 });
        self.shown(base, kind, &id, 201)
    }

    fn change(&mut self, base: &str, kind: Kind, id: &str, wish: &Wish<'_>, part: bool) -> Result<Reply, Fault> {
        self.meets(kind, id, wish)?;
        let sent = wish.body.as_ref().ok_or_else(|| Fault::syntax("There is no body."))?;
        let schema = self.schema(kind);
        let before = self.of(kind).get(id).ok_or_else(Fault::missing)?.clone();
        let attributes = match part {
            true => {
                if kind == Kind::Group {
                    self.few_members(sent)?;
                }
                patch::patched(&self.quirks, &schema, &before.attributes, sent)?
            }
            false => schema.checked(sent)?,
        };
        let attributes = self.allowed(kind, Some(id), attributes)?;
        // A change that changes nothing is none.
        let version = if attributes == before.attributes { before.version } else { before.version + 1 };
        self.held(kind).insert(id.to_owned(), Resource { attributes, version });
        self.shown(base, kind, id, 200)
    }

    fn remove(&mut self, kind: Kind, id: &str, wish: &Wish<'_>) -> Result<Reply, Fault> {
        self.meets(kind, id, wish)?;
        self.held(kind).remove(id).ok_or_else(Fault::missing)?;
        if kind == Kind::User && self.quirks.ends_memberships {
            for group in self.groups.values_mut() {
                let members = group.attributes.get_mut("members").and_then(Value::as_array_mut);
                members
                    .into_iter()
                    .for_each(|members| members.retain(|one| path::field(one, "value") != Some(&id.into())));
            }
        }
        Ok(Reply { status: 204, ..Reply::of(Value::Null) })
    }

    /// Whether the version is the one that the request names (RFC 7644 section 3.14).
    fn meets(&mut self, kind: Kind, id: &str, wish: &Wish<'_>) -> Result<(), Fault> {
        let Some(wanted) = wish.if_match.filter(|_| self.quirks.versions) else { return Ok(()) };
        let raced = self.races > 0;
        let resource = self.held(kind).get_mut(id).ok_or_else(Fault::missing)?;
        if raced {
            resource.version += 1;
        }
        let version = shown::version(resource);
        self.races -= u32::from(raced);
        let met = wanted == version && !self.quirks.strict_versions;
        if met { Ok(()) } else { Err(Fault::new(412, None, "The version is another by now.")) }
    }

    fn few_members(&self, message: &Value) -> Result<(), Fault> {
        let operations = path::field(message, "Operations").and_then(Value::as_array);
        let members = |operation: &Value| match path::field(operation, "value") {
            Some(Value::Array(list)) => list.len(),
            _ => 1,
        };
        self.few(operations.into_iter().flatten().map(members).sum())
    }

    fn few(&self, count: usize) -> Result<(), Fault> {
        match self.quirks.most_members {
            Some(most) if count > most => Err(Fault::new(413, None, &format!("At most {most} members at a time."))),
            _ => Ok(()),
        }
    }

    /// What no schema says: a name is nobody else's, and who is referred to is there.
    fn allowed(
        &self,
        kind: Kind,
        id: Option<&str>,
        mut attributes: Map<String, Value>,
    ) -> Result<Map<String, Value>, Fault> {
        let there = |reference: Option<&Value>| match reference.and_then(Value::as_str) {
            Some(id) if self.users.contains_key(id) => Ok(()),
            other => Err(Fault::value(&format!("There is no user {}.", other.unwrap_or("without an id")))),
        };
        match kind {
            Kind::User => {
                let name = attributes.get("userName").and_then(Value::as_str).filter(|name| !name.is_empty());
                let name = name.ok_or_else(|| Fault::value("userName is required."))?;
                let same = |(known, other): (&String, &Resource)| {
                    let other = other.attributes.get("userName").and_then(Value::as_str);
                    id != Some(known) && other.is_some_and(|other| other.to_lowercase() == name.to_lowercase())
                };
                if self.users.iter().any(same) {
                    return Err(Fault::new(409, Some("uniqueness"), &format!("The userName {name} is taken.")));
                }
                let extension = attributes.get(ENTERPRISE);
                if let Some(manager) = extension.and_then(|extension| extension.get("manager")) {
                    there(manager.get("value"))?;
                }
            }
            Kind::Group => {
                if !attributes.get("displayName").is_some_and(Value::is_string) {
                    return Err(Fault::value("displayName is required."));
                }
                let before = id.and_then(|id| self.groups.get(id)).and_then(|group| group.attributes.get("members"));
                let before = before.and_then(Value::as_array);
                for member in attributes.get("members").and_then(Value::as_array).into_iter().flatten() {
                    // Who was there before may be gone by now.
                    if !before.is_some_and(|before| before.contains(member)) {
                        there(member.get("value"))?;
                    }
                }
                if !self.quirks.group_keys {
                    attributes.remove("externalId");
                }
            }
        }
        Ok(attributes)
    }
}

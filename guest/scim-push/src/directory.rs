//! Finding an entry that is there already (RFC 7644 section 3.4.2): by the key that was kept with it, then by its name.
//!
//! A service that cannot filter is listed once by an instance, and what matters is remembered.

use std::collections::HashMap;

use rollcall_sdk::Fault;
use rollcall_sdk::http::{Client, Method, encode_segment};
use rollcall_sdk::storage::Storage;
use serde_json::Value as Json;

use crate::api::{Reply, Trouble};
use crate::path::{field, quoted, text};
use crate::scim::{Ready, Scim};

/// The kind of entries, and by which attribute people know them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// By `userName`.
    User,
    /// By `displayName`.
    Group,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::User => "userName",
            Kind::Group => "displayName",
        }
    }
}

/// What to look for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sought<'a> {
    pub(crate) kind: Kind,
    /// What stands before the id.
    pub(crate) place: &'a str,
    /// What was kept as `externalId`: the source's id of a person, the key of a group.
    pub(crate) key: &'a str,
    pub(crate) name: &'a str,
}

/// What was listed.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    by_key: HashMap<String, Vec<String>>,
    by_name: HashMap<String, Vec<String>>,
}

impl Directory {
    fn add(&mut self, kind: Kind, entry: &Json) {
        let Some(id) = text(entry, "id") else { return };
        if let Some(key) = text(entry, "externalId") {
            self.by_key.entry(key.to_owned()).or_default().push(id.to_owned());
        }
        if let Some(name) = text(entry, kind.name()) {
            self.by_name.entry(name.to_lowercase()).or_default().push(id.to_owned());
        }
    }
}

impl<C: Client, S: Storage> Scim<C, S> {
    /// The one entry that matches, if there is one. Several are refused, with their ids.
    pub(crate) fn find(&self, ready: &Ready, sought: Sought<'_>) -> Result<Option<Reply>, Trouble> {
        if !ready.service.filter {
            return self.find_listed(ready, sought);
        }
        let by_key = format!("externalId eq {}", quoted(sought.key));
        let by_name = format!("{} eq {}", sought.kind.name(), quoted(sought.name));
        if !self.plain_filters.get() {
            match self.filtered(sought.place, &format!("{by_key} or {by_name}")) {
                Ok(entries) => return one(sought, entries),
                Err(trouble) if trouble.is_bad_request() || trouble.is_unable() => self.plain_filters.set(true),
                Err(trouble) => return Err(trouble),
            }
        }
        let mut entries = match self.filtered(sought.place, &by_key) {
            Ok(entries) => entries,
            // A service may not keep `externalId` with groups, or not let it be searched for.
            Err(trouble) if trouble.is_bad_request() || trouble.is_unable() => Vec::new(),
            Err(trouble) => return Err(trouble),
        };
        if !entries.iter().any(|entry| text(entry, "externalId") == Some(sought.key)) {
            entries.extend(self.filtered(sought.place, &by_name)?);
        }
        one(sought, entries)
    }

    fn filtered(&self, place: &str, filter: &str) -> Result<Vec<Json>, Trouble> {
        match self.api.call(Method::Get, &format!("{place}?filter={}", encode_segment(filter)), None) {
            Ok(reply) => Ok(entries(&reply.body)),
            // Some answer like this when nothing matches.
            Err(trouble) if trouble.is_missing() => Ok(Vec::new()),
            Err(trouble) => Err(trouble),
        }
    }

    fn find_listed(&self, ready: &Ready, sought: Sought<'_>) -> Result<Option<Reply>, Trouble> {
        let listed = match sought.kind {
            Kind::User => &self.users,
            Kind::Group => &self.groups,
        };
        if listed.borrow().is_none() {
            let mut directory = Directory::default();
            let mut start = 1;
            loop {
                let attributes = format!("&attributes=externalId,{}", sought.kind.name());
                let page = self.page(ready, sought.place, start, &attributes)?;
                page.entries.iter().for_each(|entry| directory.add(sought.kind, entry));
                match page.next {
                    Some(next) => start = next,
                    None => break,
                }
            }
            listed.replace(Some(directory));
        }
        let ids = listed.borrow().as_ref().map_or_else(Vec::new, |directory| {
            let named = || directory.by_name.get(&sought.name.to_lowercase());
            directory.by_key.get(sought.key).or_else(named).cloned().unwrap_or_default()
        });
        match ids.as_slice() {
            [] => Ok(None),
            [id] => match self.api.call(Method::Get, &at(sought.place, id), None) {
                Ok(reply) => Ok(Some(reply)),
                Err(trouble) if trouble.is_missing() => Ok(None),
                Err(trouble) => Err(trouble),
            },
            _ => Err(ambiguous(sought, &ids)),
        }
    }

    /// A new entry, so that a listing that was made before knows it.
    pub(crate) fn note(&self, kind: Kind, entry: &Json) {
        let listed = match kind {
            Kind::User => &self.users,
            Kind::Group => &self.groups,
        };
        if let Some(directory) = listed.borrow_mut().as_mut() {
            directory.add(kind, entry);
        }
    }

    /// A page of entries from a start index.
    pub(crate) fn page(&self, ready: &Ready, place: &str, start: u64, more: &str) -> Result<Listed, Trouble> {
        let count =
            ready.service.largest_page.map_or(self.settings.page_size, |most| most.min(self.settings.page_size));
        let reply = self.api.call(Method::Get, &format!("{place}?startIndex={start}&count={count}{more}"), None)?;
        let entries = entries(&reply.body);
        let total = field(&reply.body, "totalResults").and_then(Json::as_u64).unwrap_or(0);
        let after = start + entries.len() as u64;
        // A service may answer fewer than were asked for, and does not end for that (section 3.4.2.4).
        let next = (!entries.is_empty() && after <= total).then_some(after);
        Ok(Listed { entries, next })
    }
}

/// A page of entries, and where the next one starts.
pub(crate) struct Listed {
    pub(crate) entries: Vec<Json>,
    pub(crate) next: Option<u64>,
}

/// The path of one entry.
pub(crate) fn at(place: &str, id: &str) -> String {
    format!("{place}/{}", encode_segment(id))
}

fn entries(body: &Json) -> Vec<Json> {
    match body {
        Json::Array(list) => list.clone(),
        _ => field(body, "Resources").and_then(Json::as_array).cloned().unwrap_or_default(),
    }
}

/// The one that matches: a service may answer more than it was asked for.
fn one(sought: Sought<'_>, entries: Vec<Json>) -> Result<Option<Reply>, Trouble> {
    let with_key = |entry: &Json| text(entry, "externalId") == Some(sought.key);
    let with_name = |entry: &Json| {
        text(entry, sought.kind.name()).is_some_and(|name| name.to_lowercase() == sought.name.to_lowercase())
    };
    let (mut keyed, others): (Vec<Json>, Vec<Json>) = entries.into_iter().partition(with_key);
    if keyed.is_empty() {
        keyed = others.into_iter().filter(with_name).collect();
    }
    if keyed.len() > 1 {
        let ids: Vec<String> = keyed.iter().filter_map(|entry| text(entry, "id")).map(str::to_owned).collect();
        return Err(ambiguous(sought, &ids));
    }
    Ok(keyed.pop().map(|entry| Reply::new(entry, None)))
}

fn ambiguous(sought: Sought<'_>, ids: &[String]) -> Trouble {
    const SHOWN: usize = 10;
    let shown: Vec<&str> = ids.iter().take(SHOWN).map(String::as_str).collect();
    Trouble::Refused(Fault::new(format!(
        "{} entries of the service could be this one ({} \"{}\"), and nothing says which: {}. Remove all but one of them, or set \
         the `externalId` of the right one to \"{}\".",
        ids.len(),
        sought.kind.name(),
        sought.name,
        shown.join(", "),
        sought.key
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(entries: Vec<Json>) -> Result<Option<String>, String> {
        let sought = Sought { kind: Kind::User, place: "/Users", key: "k", name: "a@x.example" };
        match one(sought, entries) {
            Ok(reply) => Ok(reply.and_then(|reply| reply.id())),
            Err(Trouble::Refused(fault)) => Err(fault.message),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_key_comes_before_the_name_and_what_was_not_asked_for_does_not_count() {
        let entry = |id: &str, key: &str, name: &str| json!({"id": id, "externalId": key, "userName": name});
        for (entries, expected) in [
            (vec![], None),
            (vec![entry("1", "other", "b@x.example")], None),
            (vec![entry("1", "other", "A@X.example")], Some("1")),
            (vec![entry("1", "", "a@x.example"), entry("2", "k", "old@x.example")], Some("2")),
        ] {
            assert_eq!(found(entries), Ok(expected.map(str::to_owned)));
        }
    }

    #[test]
    fn several_that_match_are_refused_with_their_ids() {
        let twin = |id: &str| json!({"id": id, "userName": "a@x.example"});
        let message = found(vec![twin("1"), twin("2")]).unwrap_err();
        assert!(
            message.starts_with("2 entries of the service could be this one (userName \"a@x.example\")"),
            "{message}"
        );
        assert!(message.contains(": 1, 2."), "{message}");
    }
}

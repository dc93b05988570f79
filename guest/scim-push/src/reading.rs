//! Reading back what the service holds.

use rollcall_sdk::Failure;
use rollcall_sdk::http::{Client, Method};
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::{Found, FoundGroup, FoundMember, FoundPage, FoundPerson, Listing, Role};
use serde_json::Value as Json;

use crate::directory::{Listed, at};
use crate::groups::place;
use crate::members::members_of;
use crate::path::{field, text, truth};
use crate::scim::{Ready, Scim};

impl<C: Client, S: Storage> Scim<C, S> {
    /// A page of a listing. The cursor is the index of the first entry of the page (RFC 7644 section 3.4.2.4).
    pub fn read(&self, what: &Listing, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        let ready = self.ready()?;
        let start = cursor.and_then(|cursor| cursor.parse().ok()).unwrap_or(1);
        match what {
            Listing::People => {
                let listed = self.page(&ready, &ready.service.users, start, "")?;
                Ok(found(listed, |entry| self.person(&ready, entry)))
            }
            Listing::Groups => {
                let Some(groups) = &ready.service.groups else { return Ok(FoundPage { entries: vec![], next: None }) };
                // Members are asked for one group at a time.
                let listed = self.page(&ready, groups, start, "&excludedAttributes=members")?;
                Ok(found(listed, group))
            }
            Listing::Members(group) => {
                let reply = self.api.call(Method::Get, &at(place(&ready)?, group), None)?;
                let entries = members_of(&reply).iter().filter_map(member).collect();
                Ok(FoundPage { entries, next: None })
            }
        }
    }

    fn person(&self, ready: &Ready, entry: &Json) -> Option<Found> {
        let remote = text(entry, "id")?.to_owned();
        let person_of = |entry: &str| self.memory.person_of(entry).ok().flatten();
        Some(Found::Person(FoundPerson {
            person: text(entry, "externalId").map(str::to_owned),
            values: ready.profile.values(entry, &person_of),
            // Without the attribute an entry is active.
            active: field(entry, "active").and_then(truth).unwrap_or(true),
            remote,
        }))
    }
}

fn found(listed: Listed, of: impl Fn(&Json) -> Option<Found>) -> FoundPage {
    let entries = listed.entries.iter().filter_map(of).collect();
    FoundPage { entries, next: listed.next.map(|next| next.to_string()) }
}

fn group(entry: &Json) -> Option<Found> {
    Some(Found::Group(FoundGroup {
        remote: text(entry, "id")?.to_owned(),
        key: text(entry, "externalId").map(str::to_owned),
        name: text(entry, "displayName").unwrap_or_default().to_owned(),
        parent: None,
    }))
}

fn member(entry: &Json) -> Option<Found> {
    // A group in a group is no member of ours.
    if text(entry, "type").is_some_and(|kind| kind.eq_ignore_ascii_case("Group")) {
        return None;
    }
    let remote = Some(text(entry, "value")?.to_owned());
    Some(Found::Member(FoundMember { membership: None, remote, matching: None, role: Role::Member }))
}

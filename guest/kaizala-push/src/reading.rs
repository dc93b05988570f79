//! Reading back what Kaizala holds.

use rollcall_sdk::http::{Client, Method, encode_segment};
use rollcall_sdk::outbox::Outbox;
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::{Found, FoundGroup, FoundMember, FoundPage, FoundPerson, Listing, Role};
use rollcall_sdk::{Failure, Fault};
use serde_json::Value as Json;

use crate::api::{Member, list};
use crate::kaizala::Kaizala;
use crate::profile::digits;
use crate::reply::text;
use crate::settings::{Directory, GroupType};

/// Cursors of subscribers begin with this; the pages of a public group begin with its hub, which has no cursor.
const SUBSCRIBERS: &str = "subscribers:";

impl<C: Client, S: Storage + Clone, O: Outbox> Kaizala<C, S, O> {
    /// A page of a listing.
    pub fn read(&self, what: &Listing, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        match what {
            Listing::People => self.read_people(cursor),
            Listing::Groups => self.read_groups(),
            Listing::Members(group) => self.read_members(group, cursor),
        }
    }

    fn read_people(&self, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        if self.settings.directory != Directory::Endpoint {
            let message =
                "Kaizala has no call that lists the people in the directory; export them in the management portal.";
            return Err(Failure::Failed(Fault::new(message)));
        }
        let path = match cursor {
            Some(cursor) => format!("/v1/directory/users?cursor={}", encode_segment(cursor)),
            None => "/v1/directory/users".to_owned(),
        };
        let answer = self.api.ask(Method::Get, &path)?;
        let person = |json: &Json| {
            let phone = text(json, "mobileNumber");
            let attributes = json.get("attributes").and_then(Json::as_object).cloned().unwrap_or_default();
            Some(Found::Person(FoundPerson {
                remote: phone.or_else(|| text(json, "id"))?.to_owned(),
                person: text(json, "id").map(str::to_owned),
                values: self.profile.values(phone, &attributes),
                active: true,
            }))
        };
        let entries = list(&answer, "users")?.iter().filter_map(person).collect();
        Ok(FoundPage { entries, next: text(&answer, "cursor").map(str::to_owned) })
    }

    /// Organization groups, and those that we know to be ours: somebody's private groups are nobody else's business.
    fn read_groups(&self) -> Result<FoundPage, Failure> {
        let mut entries = Vec::new();
        for group in self.api.groups()? {
            let failed = |error: rollcall_sdk::storage::Error| Failure::Failed(Fault::new(error.to_string()));
            let key = self.memory.key_of(&group.id).map_err(failed)?;
            if key.is_some() || group.of_organization != Some(false) {
                entries.push(Found::Group(FoundGroup { remote: group.id, key, name: group.name, parent: None }));
            }
        }
        Ok(FoundPage { entries, next: None })
    }

    fn read_members(&self, group: &str, cursor: Option<&str>) -> Result<FoundPage, Failure> {
        let found = |member: Member, membership: bool| {
            Found::Member(FoundMember {
                membership: membership.then_some(member.id),
                remote: member.phone.clone(),
                matching: member.phone,
                role: if member.admin { Role::Admin } else { Role::Member },
            })
        };
        let own = self.settings.own_number.as_deref().map(digits);
        let is_own = |member: &Member| own.is_some() && member.phone.as_deref().map(digits) == own;
        match cursor {
            None => {
                let members = self.api.members(group)?.into_iter().filter(|member| !is_own(member));
                let entries = members.map(|member| found(member, true)).collect();
                let public = self.settings.group_type == GroupType::Public;
                Ok(FoundPage { entries, next: public.then(|| SUBSCRIBERS.to_owned()) })
            }
            Some(cursor) => {
                let cursor = cursor.strip_prefix(SUBSCRIBERS).filter(|cursor| !cursor.is_empty());
                let (subscribers, next) = self.api.subscribers(group, cursor)?;
                let entries = subscribers.into_iter().map(|subscriber| found(subscriber, false)).collect();
                Ok(FoundPage { entries, next: next.map(|next| format!("{SUBSCRIBERS}{next}")) })
            }
        }
    }
}

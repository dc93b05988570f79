//! Groups: finding, creating, renaming, removing.
//!
//! A group's key is kept as its `externalId`. SCIM has no place for its parent, its greeting and its administrators.

use rollcall_sdk::Fault;
use rollcall_sdk::http::{Client, Method};
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::{GroupEntry, GroupWithMembers, Outcome, Receipt};
use serde_json::{Value as Json, json};

use crate::api::{Reply, Trouble};
use crate::directory::{Kind, Sought, at};
use crate::path::{GROUP, Path};
use crate::scim::{Ready, Scim};

impl<C: Client, S: Storage> Scim<C, S> {
    /// Creates a group with its first members, or gives it its name.
    pub(crate) fn put_group(&self, ready: &Ready, entry: &GroupWithMembers) -> Result<Receipt, Trouble> {
        let place = place(ready)?;
        let group = &entry.group;
        if let Some(id) = &group.remote {
            match self.change(ready, &at(place, id), &names(group)) {
                Ok(_) => {
                    let receipt = self.add_to(ready, id, &entry.members)?;
                    return Ok(Receipt { remote: Some(id.clone()), ..receipt });
                }
                // Removed by somebody else, or by a request of ours that got no answer: it is made again.
                Err(trouble) if trouble.is_missing() => {}
                Err(trouble) => return Err(trouble),
            }
        }
        match self.find_group(ready, group)? {
            Some(found) => self.adopt_group(ready, entry, found),
            None => self.create_group(ready, entry),
        }
    }

    fn find_group(&self, ready: &Ready, group: &GroupEntry) -> Result<Option<Reply>, Trouble> {
        let place = place(ready)?;
        self.find(ready, Sought { kind: Kind::Group, place, key: &group.key, name: &group.name })
    }

    fn create_group(&self, ready: &Ready, entry: &GroupWithMembers) -> Result<Receipt, Trouble> {
        let (place, group) = (place(ready)?, &entry.group);
        let (references, unknown) = self.references(&entry.members)?;
        let mut body = json!({"schemas": [GROUP], "externalId": group.key, "displayName": group.name});
        if !references.is_empty() {
            let members: Vec<Json> = references.iter().map(|(_, id)| json!({ "value": id })).collect();
            plain("members").set(&mut body, Json::from(members));
        }
        let created = match self.api.call(Method::Post, place, Some(&body)) {
            // One member that is not there, or too many, must not keep the group from being made.
            Err(trouble) if trouble.is_too_much() && !references.is_empty() => {
                let empty = GroupWithMembers { group: group.clone(), members: Vec::new() };
                let receipt = self.create_group(ready, &empty)?;
                let Some(id) = receipt.remote.clone() else { return Err(trouble) };
                let members = self.add_to(ready, &id, &entry.members)?;
                return Ok(Receipt { members: members.members, ..receipt });
            }
            Err(Trouble::Refused(fault)) if fault.status == Some(409) => match self.find_group(ready, group)? {
                Some(found) => return self.adopt_group(ready, entry, found),
                None => return Err(Trouble::Refused(fault)),
            },
            created => created?,
        };
        let id = match created.id() {
            Some(id) => id,
            None => self.find_group(ready, group)?.and_then(|found| found.id()).ok_or_else(|| {
                let message = "The service created a group, told no id of it, and does not find it.";
                Trouble::Later(Fault::new(message).retry(None))
            })?,
        };
        plain("id").set(&mut body, Json::from(id.as_str()));
        self.note(Kind::Group, &body);
        Ok(Receipt { members: unknown, ..Receipt::of(id) })
    }

    fn adopt_group(&self, ready: &Ready, entry: &GroupWithMembers, found: Reply) -> Result<Receipt, Trouble> {
        let group = &entry.group;
        let Some(id) = found.id() else {
            return Err(Trouble::Refused(Fault::new("The service has a group of this name and tells no id of it.")));
        };
        // A group of the same name that carries another key of ours is another group.
        if let Some(key) = crate::path::text(&found.body, "externalId").filter(|key| *key != group.key) {
            return Err(Trouble::Refused(Fault::new(format!(
                "The service has a group \"{}\" ({id}) already, which belongs to something else (externalId \"{key}\"). Give one of \
                 the two another name.",
                group.name
            ))));
        }
        let path = at(place(ready)?, &id);
        self.change_from(ready, &path, found, &names(group))?;
        let receipt = self.add_to(ready, &id, &entry.members)?;
        Ok(Receipt { remote: Some(id), adopted: true, ..receipt })
    }

    /// Removes a group. One that is not there is done.
    pub(crate) fn remove_group(&self, ready: &Ready, group: &GroupEntry) -> Result<Outcome, Trouble> {
        let id = match &group.remote {
            Some(id) => Some(id.clone()),
            None => self.find_group(ready, group)?.and_then(|found| found.id()),
        };
        let Some(id) = id else { return Ok(Outcome::Done(Receipt::plain())) };
        match self.api.call(Method::Delete, &at(place(ready)?, &id), None) {
            Err(trouble) if trouble.is_unable() => Ok(Outcome::Unsupported(format!(
                "The service removes no groups. The group \"{}\" has no members any more and stays.",
                group.name
            ))),
            Err(trouble) if !trouble.is_missing() => Err(trouble),
            _ => Ok(Outcome::Done(Receipt::plain())),
        }
    }
}

/// Where groups are.
pub(crate) fn place(ready: &Ready) -> Result<&str, Trouble> {
    ready.service.groups.as_deref().ok_or_else(|| Trouble::Refused(Fault::new("The service has no groups.")))
}

fn names(group: &GroupEntry) -> Vec<(Path, Json)> {
    vec![(plain("displayName"), Json::from(group.name.as_str())), (plain("externalId"), Json::from(group.key.as_str()))]
}

fn plain(name: &str) -> Path {
    Path { extension: None, attribute: name.to_owned(), choice: None, sub: None }
}

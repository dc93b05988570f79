//! Members of groups, many in one request.

use rollcall_sdk::Fault;
use rollcall_sdk::http::{Client, Method};
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::{GroupWithMembers, Member, MemberReceipt, Receipt};
use serde_json::{Value as Json, json};

use crate::api::{Reply, Trouble};
use crate::directory::at;
use crate::entry::patch;
use crate::groups::place;
use crate::path::{field, quoted, text};
use crate::scim::{Ready, Scim};

/// A member by the source's id and the id of the entry.
pub(crate) type Reference = (String, String);

impl<C: Client, S: Storage> Scim<C, S> {
    /// Lets people into a group.
    pub(crate) fn add_members(&self, ready: &Ready, entry: &GroupWithMembers) -> Result<Receipt, Trouble> {
        self.add_to(ready, group_id(entry)?, &entry.members)
    }

    pub(crate) fn add_to(&self, ready: &Ready, group: &str, members: &[Member]) -> Result<Receipt, Trouble> {
        let (references, mut told) = self.references(members)?;
        if !references.is_empty() {
            told.extend(self.add_references(ready, group, &references)?);
        }
        Ok(Receipt { members: told, ..Receipt::plain() })
    }

    /// Adds them; a request that is refused as a whole is halved until the culprit is alone.
    fn add_references(
        &self,
        ready: &Ready,
        group: &str,
        references: &[Reference],
    ) -> Result<Vec<MemberReceipt>, Trouble> {
        let path = at(place(ready)?, group);
        let added = if ready.service.patch {
            let values: Vec<Json> = references.iter().map(|(_, id)| json!({ "value": id })).collect();
            let operation = json!({"op": "add", "path": "members", "value": values});
            self.api.call(Method::Patch, &path, Some(&patch(vec![operation]))).map(drop)
        } else {
            self.replace_members(ready, &path, |members| {
                let missing: Vec<&Reference> = references.iter().filter(|(_, id)| !has(members, id)).collect();
                members.extend(missing.iter().map(|(_, id)| json!({ "value": id })));
                !missing.is_empty()
            })
        };
        match added {
            Ok(()) => Ok(Vec::new()),
            Err(trouble) if !trouble.is_too_much() => Err(trouble),
            Err(Trouble::Refused(fault)) if references.len() == 1 => {
                let refused = |(person, _): &Reference| MemberReceipt {
                    person: person.clone(),
                    membership: None,
                    refused: Some(fault.sentence()),
                };
                Ok(references.iter().map(refused).collect())
            }
            Err(_) => {
                let (first, second) = references.split_at(references.len() / 2);
                let mut told = self.add_references(ready, group, first)?;
                told.extend(self.add_references(ready, group, second)?);
                Ok(told)
            }
        }
    }

    /// Lets people leave a group. Whoever is not in it has left.
    pub(crate) fn remove_members(&self, ready: &Ready, entry: &GroupWithMembers) -> Result<Receipt, Trouble> {
        let path = at(place(ready)?, group_id(entry)?);
        // An entry that is gone, or was never there, is in no group.
        let (references, _) = self.references(&entry.members)?;
        if references.is_empty() {
            return Ok(Receipt::plain());
        }
        let removed = if ready.service.patch && !self.whole_members.get() {
            self.remove_references(ready, &path, &references)
        } else {
            self.put_without(ready, &path, &references)
        };
        match removed {
            // With the group its memberships are gone.
            Err(trouble) if trouble.is_missing() => Ok(Receipt::plain()),
            removed => removed.map(|()| Receipt::plain()),
        }
    }

    fn remove_references(&self, ready: &Ready, path: &str, references: &[Reference]) -> Result<(), Trouble> {
        match self.api.call(Method::Patch, path, Some(&removal(references))) {
            Err(trouble) if trouble.is_bad_request() => self.remove_present(ready, path, references),
            Err(trouble) if trouble.is_too_much() && references.len() > 1 => {
                let (first, second) = references.split_at(references.len() / 2);
                self.remove_references(ready, path, first)?;
                self.remove_references(ready, path, second)
            }
            removed => removed.map(drop),
        }
    }

    /// A service may refuse to remove somebody who is not there: it is looked who is. One that does not take a removal by a chosen
    /// value gets the group without them; to write them beside the path, as some clients do, would empty the group of a service that
    /// goes by the standard (RFC 7644 section 3.5.2.2).
    fn remove_present(&self, ready: &Ready, path: &str, references: &[Reference]) -> Result<(), Trouble> {
        let group = self.api.call(Method::Get, path, None)?;
        let members = members_of(&group);
        let present: Vec<Reference> = references.iter().filter(|(_, id)| has(&members, id)).cloned().collect();
        if present.is_empty() {
            return Ok(());
        }
        match self.api.call(Method::Patch, path, Some(&removal(&present))) {
            Err(trouble) if trouble.is_bad_request() => {
                self.put_without(ready, path, &present)?;
                self.whole_members.set(true);
                Ok(())
            }
            removed => removed.map(drop),
        }
    }

    fn put_without(&self, ready: &Ready, path: &str, references: &[Reference]) -> Result<(), Trouble> {
        self.replace_members(ready, path, |members| {
            let before = members.len();
            members.retain(|member| !references.iter().any(|(_, id)| text(member, "value") == Some(id)));
            members.len() < before
        })
    }

    /// Reads the group, changes its members, and puts it back, unless somebody else was faster.
    fn replace_members(
        &self,
        ready: &Ready,
        path: &str,
        change: impl Fn(&mut Vec<Json>) -> bool,
    ) -> Result<(), Trouble> {
        let group = self.api.call(Method::Get, path, None)?;
        self.unless_outdated(path, group, |group| {
            let mut members = members_of(group);
            if !change(&mut members) {
                return Ok(());
            }
            let mut whole = group.body.clone();
            if let Json::Object(whole) = &mut whole {
                whole.retain(|name, _| !name.eq_ignore_ascii_case("members"));
                whole.insert("members".to_owned(), Json::from(members));
            }
            self.put_whole(path, whole, self.condition(ready, group.version())).map(drop)
        })
    }

    /// The entries of members, and a receipt for each who has none.
    pub(crate) fn references(&self, members: &[Member]) -> Result<(Vec<Reference>, Vec<MemberReceipt>), Trouble> {
        let (mut references, mut unknown) = (Vec::new(), Vec::new());
        for member in members {
            let entry = match &member.remote {
                Some(id) => Some(id.clone()),
                None => self.memory.entry_of(&member.person)?,
            };
            match entry {
                Some(id) => references.push((member.person.clone(), id)),
                None => unknown.push(MemberReceipt {
                    person: member.person.clone(),
                    membership: None,
                    refused: Some("This person has no entry at the service.".to_owned()),
                }),
            }
        }
        Ok((references, unknown))
    }
}

/// One removal for each: the standard knows no list of them (RFC 7644 section 3.5.2.2).
fn removal(references: &[Reference]) -> Json {
    let one = |(_, id): &Reference| json!({"op": "remove", "path": format!("members[value eq {}]", quoted(id))});
    patch(references.iter().map(one).collect())
}

fn group_id(entry: &GroupWithMembers) -> Result<&str, Trouble> {
    entry.group.remote.as_deref().ok_or_else(|| {
        let message = format!("The group \"{}\" is not at the service yet.", entry.group.name);
        Trouble::Later(Fault::new(message).retry(None))
    })
}

/// The members of a group as it was read.
pub(crate) fn members_of(group: &Reply) -> Vec<Json> {
    field(&group.body, "members").and_then(Json::as_array).cloned().unwrap_or_default()
}

fn has(members: &[Json], id: &str) -> bool {
    members.iter().any(|member| text(member, "value") == Some(id))
}

//! Creating groups, each only once.

use rollcall_sdk::Fault;
use rollcall_sdk::http::Client;
use rollcall_sdk::outbox::Outbox;
use rollcall_sdk::storage::{Error, Storage};
use rollcall_sdk::target::{GroupWithMembers, Outcome, Receipt, Role};

use crate::api::{Group, NewGroup};
use crate::kaizala::Batch;
use crate::members::Added;
use crate::memory::{Intent, lost};
use crate::profile::digits;
use crate::reply::Trouble;
use crate::settings::GroupType;

/// How many members a group may have that it was not created with and still count as the one that a lost call created: the
/// login itself, which Kaizala makes an administrator of every group that it creates.
const THE_LOGIN: usize = 1;

impl<C: Client, S: Storage + Clone, O: Outbox> Batch<'_, C, S, O> {
    /// Creates a group with its members, or moves one under another parent.
    pub(crate) fn put_group(&mut self, entry: &GroupWithMembers) -> Result<Outcome, Trouble> {
        match &entry.group.remote {
            Some(remote) => self.change_group(entry, remote),
            None => match self.kaizala.memory.intent(&entry.group.key) {
                Ok(intent) => self.create_group(entry, intent),
                Err(error) => Ok(lost(error)),
            },
        }
    }

    /// Kaizala can make a group a part of another, and no part of it any more. It cannot rename one.
    fn change_group(&mut self, entry: &GroupWithMembers, remote: &str) -> Result<Outcome, Trouble> {
        let name = &entry.group.name;
        let parent = entry.group.parent.as_deref();
        let before = match self.kaizala.memory.parent_of(remote) {
            Ok(before) => before,
            Err(error) => return Ok(lost(error)),
        };
        if before.as_deref() == parent {
            return Ok(Outcome::Unsupported(format!(
                "Kaizala has no call that renames a group or changes its greeting. The group that should now be \"{name}\" keeps \
                 what it has; change it in the Kaizala app or in the management portal."
            )));
        }
        if let Some(parent) = parent {
            self.kaizala.api.attach(parent, remote)?;
        }
        if let Some(before) = before {
            match self.kaizala.api.detach(&before, remote) {
                Ok(()) | Err(Trouble::Gone(_)) => {}
                // It may have been no part of it already: what is answered then was never documented.
                Err(Trouble::Refused(fault)) => {
                    rollcall_sdk::warn!(
                        "\"{name}\" may still be a part of its former parent group: {}",
                        fault.sentence()
                    );
                }
                Err(trouble) => return Err(trouble),
            }
        }
        if let Err(error) = self.kaizala.memory.set_parent(remote, parent) {
            return Ok(lost(error));
        }
        let moved =
            if parent.is_some() { "a part of its parent group now" } else { "no part of another group any more" };
        let note =
            format!("\"{name}\" is {moved}. If it was renamed, rename it in the Kaizala app: there is no call for it.");
        Ok(Outcome::Done(Receipt { note: Some(note), ..Receipt::of(remote) }))
    }

    fn create_group(&mut self, entry: &GroupWithMembers, intent: Option<Intent>) -> Result<Outcome, Trouble> {
        let key = &entry.group.key;
        match intent {
            None => self.create_new(entry),
            Some(Intent { id: None, .. }) => match self.find_lost(entry)? {
                Some(id) => match self.kaizala.memory.created(key, &id) {
                    Ok(()) => self.go_on(entry, &id),
                    Err(error) => Ok(lost(error)),
                },
                None => self.create_new(entry),
            },
            Some(Intent { id: Some(id), .. }) => match self.go_on(entry, &id) {
                // Somebody has deleted it meanwhile.
                Err(Trouble::Gone(_)) => match self.kaizala.memory.forget(key) {
                    Ok(()) => self.create_new(entry),
                    Err(error) => Ok(lost(error)),
                },
                outcome => outcome,
            },
        }
    }

    fn create_new(&mut self, entry: &GroupWithMembers) -> Result<Outcome, Trouble> {
        let (group, kaizala) = (&entry.group, self.kaizala);
        if let Some(id) = self.find_existing(entry)? {
            return self.adopt(entry, &id);
        }
        if let Err(error) = kaizala.memory.intend(&group.key, &group.name) {
            return Ok(lost(error));
        }
        // In a public group only administrators are members; the others subscribe.
        let public = kaizala.settings.group_type == GroupType::Public;
        let numbers: Vec<&str> = entry
            .members
            .iter()
            .filter(|member| !public || member.role == Role::Admin)
            .map(|member| member.matching.as_str())
            .collect();
        let created = kaizala.api.create_group(
            NewGroup {
                name: &group.name,
                welcome: group.welcome_message.as_deref().unwrap_or(&kaizala.settings.welcome_message),
                parent: group.parent.as_deref(),
                numbers: &numbers,
            },
            &kaizala.settings,
        );
        let created = match created {
            Ok(created) => created,
            Err(trouble) => {
                if !trouble.may_be_done() {
                    forgotten(kaizala.memory.forget(&group.key));
                }
                return Err(trouble);
            }
        };
        if let Err(error) = kaizala.memory.created(&group.key, &created.id) {
            // The host learns the id from the receipt, so this only matters if it does not get it.
            rollcall_sdk::warn!("The id of the new group \"{}\" could not be kept: {error}.", group.name);
        }
        self.remember_parent(entry, &created.id);
        let added = if created.all_added { Added::All } else { Added::NotAll };
        let members = self.after_creation(&created.id, &entry.members, added)?;
        Ok(Outcome::Done(Receipt { members, ..Receipt::of(created.id) }))
    }

    /// A group that an earlier attempt created, of which the host never learned.
    fn go_on(&mut self, entry: &GroupWithMembers, id: &str) -> Result<Outcome, Trouble> {
        self.remember_parent(entry, id);
        let members = self.let_in(id, &entry.members)?;
        let note = "An earlier attempt had created the group already.".to_owned();
        Ok(Outcome::Done(Receipt { members, note: Some(note), ..Receipt::of(id) }))
    }

    /// A group is made a part of its parent when it is created. Without the note it may stay a part of it when it moves.
    fn remember_parent(&self, entry: &GroupWithMembers, id: &str) {
        if let Some(parent) = &entry.group.parent
            && let Err(error) = self.kaizala.memory.set_parent(id, Some(parent))
        {
            rollcall_sdk::warn!("The parent of the group \"{}\" could not be kept: {error}.", entry.group.name);
        }
    }

    /// The organization's group of this name that was there before and is none of ours. The groups are asked for once, by an instance
    /// that has one to create.
    fn find_existing(&self, entry: &GroupWithMembers) -> Result<Option<String>, Trouble> {
        let (kaizala, group) = (self.kaizala, &entry.group);
        if !kaizala.settings.adopt_groups {
            return Ok(None);
        }
        if kaizala.existing.borrow().is_none() {
            kaizala.existing.replace(Some(kaizala.api.groups()?));
        }
        let unclear = |error: Error| Trouble::Unclear(Fault::new(error.to_string()));
        let mut found = Vec::new();
        let existing = kaizala.existing.borrow();
        // A private group is somebody's own, and one of which nothing is told could be.
        let is_like = |known: &&Group| known.name == group.name && known.of_organization == Some(true);
        for known in existing.iter().flatten().filter(is_like) {
            if kaizala.memory.key_of(&known.id).map_err(unclear)?.is_none() {
                found.push(known.id.as_str());
            }
        }
        match found.as_slice() {
            [] => Ok(None),
            // Another instance may be creating its own group of this name, and this may be it.
            _ if kaizala.memory.is_intended(&group.name, &group.key).map_err(unclear)? => Ok(None),
            [id] => Ok(Some((*id).to_owned())),
            several => {
                let message = format!(
                    "The organization has {} groups called \"{}\", and nothing says which is meant: {}. Rename or delete those that it is \
                     not, or set `adopt_groups = false` to create another one.",
                    several.len(),
                    group.name,
                    several.join(", ")
                );
                Err(Trouble::Refused(Fault::new(message)))
            }
        }
    }

    /// Takes a group over. Who is in it already stays.
    fn adopt(&mut self, entry: &GroupWithMembers, id: &str) -> Result<Outcome, Trouble> {
        let group = &entry.group;
        if let Some(parent) = &group.parent {
            self.kaizala.api.attach(parent, id)?;
        }
        if let Err(error) = self.kaizala.memory.created(&group.key, id) {
            return Ok(lost(error));
        }
        self.remember_parent(entry, id);
        let members = self.let_in(id, &entry.members)?;
        let note = "The organization had a group of this name; its other members stay.".to_owned();
        Ok(Outcome::Done(Receipt { members, adopted: true, note: Some(note), ..Receipt::of(id) }))
    }

    /// Looks for the group that a call created whose answer was lost: one of that name that is not known to be another, and
    /// with no members but those it was to be created with. Somebody else's group of the same name is left alone.
    fn find_lost(&mut self, entry: &GroupWithMembers) -> Result<Option<String>, Trouble> {
        let name = &entry.group.name;
        let wanted: Vec<String> = entry.members.iter().map(|member| digits(&member.matching)).collect();
        let mut candidates = Vec::new();
        for group in self.kaizala.api.groups()?.into_iter().filter(|group| group.name == *name) {
            match self.kaizala.memory.key_of(&group.id) {
                Ok(Some(_)) => continue,
                Ok(None) => {}
                Err(error) => return Err(Trouble::Unclear(Fault::new(error.to_string()))),
            }
            let members = self.kaizala.api.members(&group.id)?;
            let stranger = |phone: &Option<String>| phone.as_ref().is_none_or(|phone| !wanted.contains(&digits(phone)));
            if members.iter().filter(|member| stranger(&member.phone)).count() <= THE_LOGIN {
                candidates.push(group.id);
            }
        }
        match candidates.as_slice() {
            [] => Ok(None),
            [id] => Ok(Some(id.clone())),
            several => {
                let message = format!(
                    "An earlier attempt to create the group \"{name}\" may have succeeded, and Kaizala has several groups that it could \
                     be: {}. Delete or rename those that it is not.",
                    several.join(", ")
                );
                Err(Trouble::Refused(Fault::new(message)))
            }
        }
    }
}

/// An intent that stays costs a look before the next attempt, no more.
fn forgotten(result: Result<(), Error>) {
    if let Err(error) = result {
        rollcall_sdk::debug!("An intent could not be forgotten: {error}.");
    }
}

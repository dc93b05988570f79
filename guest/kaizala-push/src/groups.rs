//! Creating groups, each only once.

use rollcall_sdk::Fault;
use rollcall_sdk::http::Client;
use rollcall_sdk::outbox::Outbox;
use rollcall_sdk::storage::{Error, Storage};
use rollcall_sdk::target::{GroupWithMembers, Outcome, Receipt, Role};

use crate::api::NewGroup;
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

    /// Kaizala can attach a group to a parent. It cannot rename one.
    fn change_group(&mut self, entry: &GroupWithMembers, remote: &str) -> Result<Outcome, Trouble> {
        let name = &entry.group.name;
        let Some(parent) = &entry.group.parent else {
            return Ok(Outcome::Unsupported(format!(
                "Kaizala has no call that renames a group or changes its greeting. The group that should now be \"{name}\" keeps \
                 what it has; change it in the Kaizala app or in the management portal."
            )));
        };
        self.kaizala.api.attach(parent, remote)?;
        let note = format!(
            "\"{name}\" is a part of its parent group now. If it was renamed, rename it in the Kaizala app: there is no call for it."
        );
        Ok(Outcome::Done(Receipt { note: Some(note), ..Receipt::of(remote) }))
    }

    fn create_group(&mut self, entry: &GroupWithMembers, intent: Option<Intent>) -> Result<Outcome, Trouble> {
        let key = &entry.group.key;
        match intent {
            None => self.create_new(entry),
            Some(Intent { id: None }) => match self.find_lost(entry)? {
                Some(id) => match self.kaizala.memory.created(key, &id) {
                    Ok(()) => self.go_on(entry, &id),
                    Err(error) => Ok(lost(error)),
                },
                None => self.create_new(entry),
            },
            Some(Intent { id: Some(id) }) => match self.go_on(entry, &id) {
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
        if let Err(error) = kaizala.memory.intend(&group.key) {
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
        let added = if created.all_added { Added::All } else { Added::NotAll };
        let members = self.after_creation(&created.id, &entry.members, added)?;
        Ok(Outcome::Done(Receipt { members, ..Receipt::of(created.id) }))
    }

    /// A group that an earlier attempt created, of which the host never learned.
    fn go_on(&mut self, entry: &GroupWithMembers, id: &str) -> Result<Outcome, Trouble> {
        let members = self.let_in(id, &entry.members)?;
        let note = "An earlier attempt had created the group already.".to_owned();
        Ok(Outcome::Done(Receipt { members, note: Some(note), ..Receipt::of(id) }))
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

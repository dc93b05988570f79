//! Letting people into groups and out of them.
//!
//! Kaizala adds by phone number, many in a call, and tells only whether *all* were added. It removes by member id, one in a call.
//! Ids are told only by reading the members, so that is done once for a group, and again only if an id is missing, somebody was
//! refused, or somebody becomes an administrator. What is learned of those who are concerned goes to the host; the ids of all others
//! are kept in storage, for the day on which they leave.

use std::collections::{BTreeMap, HashMap};

use rollcall_sdk::Fault;
use rollcall_sdk::http::Client;
use rollcall_sdk::outbox::Outbox;
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::{GroupWithMembers, Member, MemberReceipt, Outcome, Receipt, Role};

use crate::api::{self, Change, NUMBERS};
use crate::kaizala::Batch;
use crate::profile::digits;
use crate::reply::Trouble;
use crate::settings::GroupType;

/// What Kaizala told of numbers that were to be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    All,
    NotAll,
}

const NOT_ADDED: &str = "Kaizala did not add this phone number and gave no reason; it may not be a valid one.";
const NOT_PROMOTED: &str = "This person is a member now, but Kaizala did not make them an administrator of the group.";
const NOT_REMOVED: &str = "Kaizala did not remove this member.";
const NAMELESS: &str = "Kaizala lists members of this group without their phone numbers, so it cannot be told whether this person is one \
                        of them. Look in the Kaizala app.";
const OWN: &str =
    "This is the number of the login itself (`own_number`), without which the group could not be managed any more.";

fn learned(member: &Member, membership: &str) -> MemberReceipt {
    MemberReceipt { person: member.person.clone(), membership: Some(membership.to_owned()), refused: None }
}

fn refused(member: &Member, membership: Option<&str>, why: impl Into<String>) -> MemberReceipt {
    MemberReceipt {
        person: member.person.clone(),
        membership: membership.map(str::to_owned),
        refused: Some(why.into()),
    }
}

fn done(members: Vec<MemberReceipt>) -> Outcome {
    Outcome::Done(Receipt { members, ..Receipt::plain() })
}

fn remote(entry: &GroupWithMembers) -> Result<&str, Trouble> {
    let unknown =
        || Trouble::Refused(Fault::new(format!("Kaizala's id of the group \"{}\" is not known.", entry.group.name)));
    entry.group.remote.as_deref().ok_or_else(unknown)
}

impl<C: Client, S: Storage + Clone, O: Outbox> Batch<'_, C, S, O> {
    /// Lets people in, or changes their role.
    pub(crate) fn add_members(&mut self, entry: &GroupWithMembers) -> Result<Outcome, Trouble> {
        let group = remote(entry)?;
        self.let_in(group, &entry.members).map(done)
    }

    /// Lets people leave.
    pub(crate) fn remove_members(&mut self, entry: &GroupWithMembers) -> Result<Outcome, Trouble> {
        let group = remote(entry)?;
        let public = self.kaizala.settings.group_type == GroupType::Public;
        let subscribes = |member: &&Member| public && member.role == Role::Member && member.membership.is_none();
        let (subscribers, members): (Vec<&Member>, Vec<&Member>) = entry.members.iter().partition(subscribes);
        let mut receipts = self.change_subscribers(group, Change::Remove, &subscribers)?;
        receipts.extend(self.let_out(group, &members)?);
        Ok(done(receipts))
    }

    /// Lets people in, or changes the role of those who are in.
    pub(crate) fn let_in(&mut self, group: &str, members: &[Member]) -> Result<Vec<MemberReceipt>, Trouble> {
        if self.kaizala.settings.group_type == GroupType::Public {
            return self.let_in_public(group, members);
        }
        let members: Vec<&Member> = members.iter().collect();
        self.let_in_plain(group, &members)
    }

    /// What is left to do after a group was created with its members.
    pub(crate) fn after_creation(
        &mut self,
        group: &str,
        members: &[Member],
        added: Added,
    ) -> Result<Vec<MemberReceipt>, Trouble> {
        let public = self.kaizala.settings.group_type == GroupType::Public;
        let (hub, others): (Vec<&Member>, Vec<&Member>) =
            members.iter().partition(|member| !public || member.role == Role::Admin);
        let mut receipts = self.settle(group, &hub, added)?;
        receipts.extend(self.change_subscribers(group, Change::Add, &others)?);
        Ok(receipts)
    }

    fn let_in_plain(&mut self, group: &str, members: &[&Member]) -> Result<Vec<MemberReceipt>, Trouble> {
        let (known, mut new): (Vec<&Member>, Vec<&Member>) =
            members.iter().partition(|member| member.membership.is_some());
        let mut receipts = Vec::new();
        for member in known {
            match self.change_role(group, member)? {
                None => {}
                Some(Refusal::NotThere) => new.push(member),
                Some(Refusal::Told(why)) => receipts.push(refused(member, member.membership.as_deref(), why)),
            }
        }
        if new.is_empty() {
            return Ok(receipts);
        }
        let numbers: Vec<&str> = new.iter().map(|member| member.matching.as_str()).collect();
        let mut added = Added::All;
        for some in numbers.chunks(NUMBERS) {
            if !self.kaizala.api.add_members(group, some)? {
                added = Added::NotAll;
            }
        }
        self.rosters.remove(group);
        receipts.extend(self.settle(group, &new, added)?);
        Ok(receipts)
    }

    /// Administrators are members of the hub, everybody else subscribes.
    fn let_in_public(&mut self, group: &str, members: &[Member]) -> Result<Vec<MemberReceipt>, Trouble> {
        let (admins, others): (Vec<&Member>, Vec<&Member>) =
            members.iter().partition(|member| member.role == Role::Admin);
        let were_admins: Vec<&Member> = others.iter().filter(|member| member.membership.is_some()).copied().collect();
        let mut receipts = if admins.is_empty() { Vec::new() } else { self.let_in_plain(group, &admins)? };
        // Whoever subscribed before is in the hub now, and nowhere else.
        let may_subscribe: Vec<&Member> = admins.into_iter().filter(|member| member.membership.is_none()).collect();
        self.change_subscribers(group, Change::Remove, &may_subscribe)?;
        receipts.extend(self.let_out(group, &were_admins)?);
        receipts.extend(self.change_subscribers(group, Change::Add, &others)?);
        Ok(receipts)
    }

    fn change_subscribers(
        &mut self,
        group: &str,
        change: Change,
        members: &[&Member],
    ) -> Result<Vec<MemberReceipt>, Trouble> {
        let mut receipts = Vec::new();
        for some in members.chunks(NUMBERS) {
            let numbers: Vec<&str> = some.iter().map(|member| member.matching.as_str()).collect();
            let refusals = self.kaizala.api.change_subscribers(group, change, &numbers)?;
            let refusals: HashMap<String, String> =
                refusals.into_iter().map(|(number, why)| (digits(&number), why)).collect();
            receipts.extend(
                some.iter().filter_map(|member| Some(refused(member, None, refusals.get(&digits(&member.matching))?))),
            );
        }
        Ok(receipts)
    }

    /// After numbers were added: finds out who was refused, and makes administrators. Reads the members only for these.
    fn settle(&mut self, group: &str, members: &[&Member], added: Added) -> Result<Vec<MemberReceipt>, Trouble> {
        if added == Added::All && !members.iter().any(|member| member.role == Role::Admin) {
            return Ok(Vec::new());
        }
        let roster = self.roster(group)?.clone();
        let mut receipts = Vec::new();
        for member in members {
            match (roster.get(&digits(&member.matching)), member.role) {
                (Some(found), Role::Admin) if !found.admin => {
                    let promoted = match self.kaizala.api.set_role(group, &found.id, true) {
                        Err(Trouble::Refused(fault) | Trouble::Gone(fault)) => Err(fault.message),
                        other => {
                            if other? {
                                Ok(())
                            } else {
                                Err(NOT_PROMOTED.to_owned())
                            }
                        }
                    };
                    receipts.push(match promoted {
                        Ok(()) => learned(member, &found.id),
                        Err(why) => refused(member, Some(&found.id), why),
                    });
                }
                (Some(found), _) => receipts.push(learned(member, &found.id)),
                // Members may be listed without their numbers, so not being found says something only if not all were added.
                (None, Role::Member) if added == Added::All => {}
                (None, Role::Admin) if added == Added::All => receipts.push(refused(member, None, NOT_PROMOTED)),
                (None, _) => receipts.push(refused(member, None, NOT_ADDED)),
            }
        }
        Ok(receipts)
    }

    fn change_role(&mut self, group: &str, member: &Member) -> Result<Option<Refusal>, Trouble> {
        let Some(id) = &member.membership else { return Ok(Some(Refusal::NotThere)) };
        let why = match self.kaizala.api.set_role(group, id, member.role == Role::Admin) {
            Ok(true) => return Ok(None),
            Err(Trouble::Gone(_)) => return Ok(Some(Refusal::NotThere)),
            Ok(false) => "Kaizala did not change the role of this member.".to_owned(),
            Err(Trouble::Refused(fault)) => fault.message,
            Err(trouble) => return Err(trouble),
        };
        // What Kaizala answers about an id that it does not have was never documented.
        let there = self.roster(group)?.values().any(|found| found.id == *id);
        Ok(Some(if there { Refusal::Told(why) } else { Refusal::NotThere }))
    }

    /// Removes members one by one. What is done before a halt is kept, so that it is not done again.
    fn let_out(&mut self, group: &str, members: &[&Member]) -> Result<Vec<MemberReceipt>, Trouble> {
        if members.is_empty() {
            return Ok(Vec::new());
        }
        let forgetful = |error: rollcall_sdk::storage::Error| Trouble::Unclear(Fault::new(error.to_string()));
        let before = self.kaizala.memory.left(group).map_err(forgetful)?;
        let mut left = before.clone();
        let mut doubtful = Vec::new();
        let mut receipts = Vec::new();
        for member in members {
            if self.is_own(&member.matching) {
                receipts.push(refused(member, None, OWN));
                continue;
            }
            let id = match self.whereabouts(group, member)? {
                Whereabouts::Inside(id) => id,
                Whereabouts::Outside => continue,
                Whereabouts::Unknown => {
                    receipts.push(refused(member, None, NAMELESS));
                    continue;
                }
            };
            if left.contains(&id) {
                continue;
            }
            let first = left.len() == before.len() && doubtful.is_empty();
            let removed = if first { Ok(()) } else { self.check_share() };
            match removed.and_then(|()| self.kaizala.api.remove_member(group, &id)) {
                Ok(true) => left.push(id),
                // Perhaps the person has left; perhaps the group has the person under another id by now.
                Err(Trouble::Gone(fault)) => doubtful.push((*member, id, fault.message)),
                Ok(false) => doubtful.push((*member, id, NOT_REMOVED.to_owned())),
                Err(Trouble::Refused(fault)) => doubtful.push((*member, id, fault.message)),
                Err(trouble) => {
                    if left.len() > before.len() {
                        self.kaizala.memory.set_left(group, &left).map_err(forgetful)?;
                    }
                    return Err(trouble);
                }
            }
        }
        receipts.extend(self.check_doubtful(group, doubtful)?);
        self.forget_members(group, &left);
        if !before.is_empty() {
            self.kaizala.memory.set_left(group, &[]).map_err(forgetful)?;
        }
        Ok(receipts)
    }

    /// Members whose removal was refused: perhaps they had left already, perhaps they came back under another id.
    fn check_doubtful(
        &mut self,
        group: &str,
        doubtful: Vec<(&Member, String, String)>,
    ) -> Result<Vec<MemberReceipt>, Trouble> {
        let mut receipts = Vec::new();
        if doubtful.is_empty() {
            return Ok(receipts);
        }
        self.rosters.remove(group);
        let roster = match self.roster(group) {
            Ok(roster) => roster.clone(),
            // With the group its memberships are gone.
            Err(Trouble::Gone(_)) => return Ok(receipts),
            Err(trouble) => return Err(trouble),
        };
        for (member, id, why) in doubtful {
            let found = roster.get(&digits(&member.matching));
            match found {
                Some(found) if found.id != id => {
                    let gone = match self.kaizala.api.remove_member(group, &found.id) {
                        Err(Trouble::Gone(_)) => true,
                        Err(Trouble::Refused(_)) => false,
                        other => other?,
                    };
                    if !gone {
                        receipts.push(refused(member, Some(&found.id), why));
                    }
                }
                Some(_) => receipts.push(refused(member, Some(&id), why)),
                None if roster.values().any(|other| other.id == id) => receipts.push(refused(member, Some(&id), why)),
                None => {}
            }
        }
        Ok(receipts)
    }

    /// Whether somebody is a member, and under which id: as the host knows it, as it was read some day, or as it is read now.
    fn whereabouts(&mut self, group: &str, member: &Member) -> Result<Whereabouts, Trouble> {
        if let Some(id) = &member.membership {
            return Ok(Whereabouts::Inside(id.clone()));
        }
        let number = digits(&member.matching);
        if !self.rosters.contains_key(group)
            && let Some(id) = self.kaizala.memory.members(group).unwrap_or_default().remove(&number)
        {
            return Ok(Whereabouts::Inside(id));
        }
        let roster = match self.roster(group) {
            Err(Trouble::Gone(_)) => {
                // With the group its memberships are gone.
                self.rosters.insert(group.to_owned(), HashMap::new());
                return Ok(Whereabouts::Outside);
            }
            roster => roster?,
        };
        Ok(match roster.get(&number) {
            Some(found) => Whereabouts::Inside(found.id.clone()),
            None if roster.values().any(|found| found.phone.is_none()) => Whereabouts::Unknown,
            None => Whereabouts::Outside,
        })
    }

    fn is_own(&self, number: &str) -> bool {
        self.kaizala.settings.own_number.as_ref().is_some_and(|own| digits(own) == digits(number))
    }

    /// Those who have left have another id when they come back.
    fn forget_members(&self, group: &str, left: &[String]) {
        let Ok(mut known) = self.kaizala.memory.members(group) else { return };
        let before = known.len();
        known.retain(|_, id| !left.contains(id));
        if known.len() < before {
            self.remember_members(group, &known);
        }
    }

    /// Without this note the members are read again.
    fn remember_members(&self, group: &str, ids: &BTreeMap<String, String>) {
        if let Err(error) = self.kaizala.memory.set_members(group, ids) {
            rollcall_sdk::debug!("The ids of the members of a group could not be kept: {error}.");
        }
    }

    /// The members of a group, read once for a batch.
    fn roster(&mut self, group: &str) -> Result<&HashMap<String, api::Member>, Trouble> {
        if !self.rosters.contains_key(group) {
            let members = self.kaizala.api.members(group)?;
            let numbered = |member: &api::Member| Some((digits(member.phone.as_deref()?), member.id.clone()));
            self.remember_members(group, &members.iter().filter_map(numbered).collect());
            let by_number = |member: api::Member| {
                (member.phone.as_deref().map_or_else(|| format!("id {}", member.id), digits), member)
            };
            self.rosters.insert(group.to_owned(), members.into_iter().map(by_number).collect());
        }
        Ok(self.rosters.entry(group.to_owned()).or_default())
    }
}

/// Whether somebody is a member.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Whereabouts {
    /// Under this id.
    Inside(String),
    Outside,
    /// Nothing says.
    Unknown,
}

/// Why a role was not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Refusal {
    NotThere,
    Told(String),
}

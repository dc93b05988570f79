//! The directory that is kept in step, and what must never be done to it.
//!
//! It comes in two flavours: one knows people by their phone number alone (Kaizala), one by ids of its own (SCIM). In both somebody
//! else keeps entries and groups too. Each operation is checked when it is done; what is there in the end is compared with what the
//! directory says by [`crate::expectation`].

use std::collections::{BTreeMap, BTreeSet};

use rollcall_sandbox::contract::target::{Abilities, Delivery, Role, TargetLimits};

use crate::directory::Directory;
use crate::rng::Rng;

/// Whose an entry or a group is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// Somebody else's.
    Foreign,
    /// Ours: the source's id of the person, or the group's key.
    Ours(String),
}

/// A person's entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub owner: Owner,
    pub phone: String,
    pub values: BTreeMap<String, Option<String>>,
    pub active: bool,
}

/// A member of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    pub id: String,
    /// The source's id of the person.
    pub person: String,
    pub admin: bool,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetGroup {
    pub owner: Owner,
    pub name: String,
    pub parent: Option<String>,
    /// By the id of the entry.
    pub members: BTreeMap<String, Membership>,
}

/// What the target is like.
#[derive(Debug, Clone)]
pub struct Flavour {
    pub limits: TargetLimits,
    /// Tells ids of memberships when people enter.
    pub tells_memberships: bool,
}

impl Flavour {
    /// Whether the target has an ability.
    pub fn can(&self, ability: Abilities) -> bool {
        self.limits.can.contains(ability)
    }

    fn draw(rng: &mut Rng) -> Self {
        let kaizala = rng.percent(50);
        let mut can = Abilities::REMOVE_PEOPLE | Abilities::UPDATE_PEOPLE | Abilities::READ;
        if kaizala {
            can |= Abilities::MATCHING_IS_IDENTITY;
        } else {
            can |= Abilities::SUSPEND_PEOPLE | Abilities::RENAME_GROUPS | Abilities::REMOVE_GROUPS;
        }
        if rng.percent(60) {
            can |= Abilities::REMOVAL_ENDS_MEMBERSHIPS;
        }
        let (people, groups) = match rng.below(100) {
            0..=7 if kaizala => (Delivery::Everything, Delivery::Changes),
            8..=11 if kaizala => (Delivery::Nothing, Delivery::Changes),
            12..=17 => (Delivery::Changes, Delivery::Everything),
            18..=20 => (Delivery::Changes, Delivery::Nothing),
            _ => (Delivery::Changes, Delivery::Changes),
        };
        let limits = TargetLimits {
            operations: rng.copied(&[1, 2, 5, 100]),
            members: rng.copied(&[1, 3, 100]),
            concurrency: rng.copied(&[1, 1, 2, 4]),
            requests_per_minute: None,
            people,
            groups,
            can,
        };
        Self { limits, tells_memberships: rng.percent(50) }
    }
}

/// The target.
#[derive(Debug)]
pub struct TargetModel {
    pub flavour: Flavour,
    pub people: BTreeMap<String, Entry>,
    pub groups: BTreeMap<String, TargetGroup>,
    /// Calls of `push` since somebody set it back.
    pub calls: u32,
    made: u32,
}

/// Why an operation was refused, or what it broke.
pub type Verdict<T> = Result<T, Refusal>;

/// What the target says instead of doing it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// It should never have been asked.
    Violation(String),
    /// It cannot do this.
    Unsupported(String),
}

fn never<T>(what: String) -> Verdict<T> {
    Err(Refusal::Violation(what))
}

impl TargetModel {
    /// A target in which somebody has made entries and groups already.
    pub fn draw(rng: &mut Rng, directory: &Directory) -> Self {
        let flavour = Flavour::draw(rng);
        let mut model = Self { flavour, people: BTreeMap::new(), groups: BTreeMap::new(), calls: 0, made: 0 };
        // Some foreign entries have the phone numbers of users, and are there to be taken over.
        for user in directory.live().filter(|user| user.id.ends_with('1')) {
            if let Some(phone) = user.text("mobilePhone").filter(|phone| phone.starts_with('+')) {
                model.add_foreign(phone);
            }
        }
        model.add_foreign("+1");
        model.made += 1;
        let members = model
            .people
            .keys()
            .map(|id| (id.clone(), Membership { id: "foreign".into(), person: "foreign".into(), admin: false }));
        let group =
            TargetGroup { owner: Owner::Foreign, name: "Group 1".to_owned(), parent: None, members: members.collect() };
        model.groups.insert("g0".to_owned(), group);
        model
    }

    /// Whether a phone number alone says who somebody is.
    pub fn identity(&self) -> bool {
        self.flavour.can(Abilities::MATCHING_IS_IDENTITY)
    }

    fn add_foreign(&mut self, phone: &str) {
        let id = self.new_person_id(phone);
        let entry = Entry { owner: Owner::Foreign, phone: phone.to_owned(), values: BTreeMap::new(), active: true };
        self.people.entry(id).or_insert(entry);
    }

    fn new_person_id(&mut self, phone: &str) -> String {
        if self.identity() {
            return phone.to_owned();
        }
        self.made += 1;
        format!("p{}", self.made)
    }

    /// The entry of a person.
    pub fn entry_of(&self, person: &str) -> Option<(&String, &Entry)> {
        self.people.iter().find(|(_, entry)| entry.owner == Owner::Ours(person.to_owned()))
    }

    /// Puts a person's entry. `values` has only what is to be set; `whole` says that nothing is left out of it.
    pub fn put_person(&mut self, put: &PutPerson<'_>) -> Verdict<(String, bool)> {
        let owner = Owner::Ours(put.person.to_owned());
        let own = self.entry_of(put.person).map(|(id, _)| id.clone());
        let place = if self.identity() {
            let phone =
                put.phone.ok_or_else(|| Refusal::Violation(format!("{} is put without a phone", put.person)))?;
            if own.as_deref().is_some_and(|own| own != phone) {
                return never(format!("{} gets a second entry at {phone}, beside {own:?}", put.person));
            }
            self.people.contains_key(phone).then(|| phone.to_owned())
        } else {
            let told = put.remote.filter(|remote| self.people.contains_key(*remote)).map(str::to_owned);
            let same = |entry: &&Entry| entry.owner == Owner::Foreign && put.phone == Some(&entry.phone);
            let alike = || self.people.iter().find(|(_, entry)| same(entry)).map(|(id, _)| id.clone());
            told.or(own).or_else(alike)
        };
        let Some(place) = place else {
            if !put.whole {
                return never(format!("{} is changed but is not there", put.person));
            }
            let phone = put.phone.unwrap_or_default().to_owned();
            let id = self.new_person_id(&phone);
            let entry = Entry { owner, phone, values: put.values.clone(), active: put.active };
            self.people.insert(id.clone(), entry);
            return Ok((id, false));
        };
        let Some(entry) = self.people.get_mut(&place) else { return never(format!("{place} is not there")) };
        let adopted = entry.owner == Owner::Foreign;
        if !adopted && entry.owner != owner {
            return never(format!("{} is put over the entry of {:?} at {place}", put.person, entry.owner));
        }
        entry.owner = owner;
        entry.values.extend(put.values.clone());
        entry.active = put.active;
        if let Some(phone) = put.phone {
            entry.phone = phone.to_owned();
        }
        Ok((place, adopted))
    }

    /// Removes a person's entry; one that is not there is removed already. `phones` are all numbers that the person ever had.
    pub fn remove_person(
        &mut self,
        person: &str,
        remote: Option<&str>,
        phone: Option<&str>,
        phones: &BTreeSet<String>,
    ) -> Verdict<()> {
        let place = if self.identity() {
            match phone {
                Some(phone) => Some(phone.to_owned()),
                None => return never(format!("{person} is removed without a phone")),
            }
        } else {
            remote.map(str::to_owned).or_else(|| self.entry_of(person).map(|(id, _)| id.clone()))
        };
        let Some(place) = place else { return Ok(()) };
        let Some(entry) = self.people.get(&place) else { return Ok(()) };
        // Where a phone number says who somebody is, the entry at one's own number may be let go although an answer that told of it was lost.
        let own = self.identity() && phones.contains(&place) && entry.owner == Owner::Foreign;
        if entry.owner != Owner::Ours(person.to_owned()) && !own {
            return never(format!("{person} is removed at {place}, which is the entry of {:?}", entry.owner));
        }
        self.people.remove(&place);
        if self.flavour.can(Abilities::REMOVAL_ENDS_MEMBERSHIPS) {
            self.groups.values_mut().for_each(|group| {
                group.members.remove(&place);
            });
        }
        Ok(())
    }

    /// Makes or changes a group; answers its id.
    pub fn put_group(&mut self, key: &str, remote: Option<&str>, name: &str, parent: Option<&str>) -> Verdict<String> {
        if let Some(parent) = parent.filter(|parent| !self.groups.contains_key(*parent)) {
            return never(format!("the group {key} is put under {parent}, which is not there"));
        }
        let owner = Owner::Ours(key.to_owned());
        let found = self.groups.iter().find(|(_, group)| group.owner == owner).map(|(id, _)| id.clone());
        let rename = self.flavour.can(Abilities::RENAME_GROUPS);
        match (remote, found) {
            // A group that is gone is made again.
            (Some(remote), found) if found.as_deref().is_some_and(|found| found != remote) => {
                never(format!("the group {key} is changed at {remote}, but is at {found:?}"))
            }
            (_, Some(id)) => {
                let Some(group) = self.groups.get_mut(&id) else { return never(format!("{id} is not there")) };
                if remote.is_some() && !rename && group.name != name {
                    return Err(Refusal::Unsupported("groups cannot be renamed".into()));
                }
                if rename {
                    name.clone_into(&mut group.name);
                }
                group.parent = parent.map(str::to_owned);
                Ok(id)
            }
            (_, None) => {
                self.made += 1;
                let id = format!("g{}", self.made);
                let group = TargetGroup {
                    owner,
                    name: name.to_owned(),
                    parent: parent.map(str::to_owned),
                    members: BTreeMap::new(),
                };
                self.groups.insert(id.clone(), group);
                Ok(id)
            }
        }
    }

    /// Removes a group; one that is not there is removed already.
    pub fn remove_group(&mut self, key: &str, remote: Option<&str>) -> Verdict<()> {
        let Some(remote) = remote else { return never(format!("the group {key} is removed without its id")) };
        if !self.flavour.can(Abilities::REMOVE_GROUPS) {
            return Err(Refusal::Unsupported("groups cannot be removed".into()));
        }
        match self.groups.get(remote) {
            None => Ok(()),
            Some(group) if group.owner != Owner::Ours(key.to_owned()) => {
                never(format!("the group {key} is removed at {remote}, which is {:?}", group.owner))
            }
            Some(_) => {
                self.groups.remove(remote);
                Ok(())
            }
        }
    }

    fn group(&mut self, key: &str, remote: Option<&str>) -> Verdict<&mut TargetGroup> {
        let owner = Owner::Ours(key.to_owned());
        match remote.and_then(|remote| self.groups.get_mut(remote)) {
            Some(group) if group.owner == owner => Ok(group),
            Some(group) => never(format!("members of {key} go to {remote:?}, which is {:?}", group.owner)),
            None => never(format!("members of {key} go to {remote:?}, which is not there")),
        }
    }

    /// Lets a person in, or changes the role; answers the id of the membership.
    pub fn add_member(&mut self, key: &str, group: Option<&str>, member: &MemberWish<'_>) -> Verdict<String> {
        let place = if self.identity() { Some(member.phone) } else { member.remote };
        let entry = place.and_then(|place| self.people.get(place));
        let listed = self.flavour.limits.people != Delivery::Nothing;
        if listed && entry.map(|entry| &entry.owner) != Some(&Owner::Ours(member.person.to_owned())) {
            return never(format!("{} enters {key} as {place:?}, which is {entry:?}", member.person));
        }
        self.made += 1;
        let id = format!("m{}", self.made);
        let admin = member.role == Role::Admin;
        let group = self.group(key, group)?;
        let place = place.unwrap_or_default().to_owned();
        let person = member.person.to_owned();
        let membership = group.members.entry(place).or_insert(Membership { id, person, admin });
        if membership.person != member.person {
            return never(format!("{} enters {key} in the place of {}", member.person, membership.person));
        }
        membership.admin = admin;
        Ok(membership.id.clone())
    }

    /// Lets a person out; one who is not in is out already.
    pub fn remove_member(&mut self, key: &str, group: Option<&str>, member: &MemberWish<'_>) -> Verdict<()> {
        let place = if self.identity() { Some(member.phone) } else { member.remote };
        let group = self.group(key, group)?;
        let found = match member.membership {
            Some(id) => group.members.iter().find(|(_, membership)| membership.id == id),
            None => place.and_then(|place| group.members.get_key_value(place)),
        };
        let Some((found, membership)) = found.map(|(found, membership)| (found.clone(), membership.clone())) else {
            return Ok(());
        };
        if membership.person != member.person {
            return never(format!("{} leaves {key} by the membership of {}", member.person, membership.person));
        }
        group.members.remove(&found);
        Ok(())
    }
}

/// A person to be put.
#[derive(Debug)]
pub struct PutPerson<'a> {
    pub person: &'a str,
    pub remote: Option<&'a str>,
    /// The phone number that the entry has afterwards.
    pub phone: Option<&'a str>,
    pub values: BTreeMap<String, Option<String>>,
    pub whole: bool,
    pub active: bool,
}

/// A person to be let in or out.
#[derive(Debug)]
pub struct MemberWish<'a> {
    pub person: &'a str,
    pub remote: Option<&'a str>,
    pub membership: Option<&'a str>,
    pub phone: &'a str,
    pub role: Role,
}

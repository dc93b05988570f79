//! Targets that want everything whenever anything changed: what was handed out takes the place of what was there, at the end.

use std::collections::BTreeMap;

use rollcall_sandbox::contract::target::{
    Abilities, Delivery, GroupWithMembers, Operation, Part, PersonEntry, Receipt, Role,
};

use crate::instance::plain;
use crate::target::{Entry, Membership, Owner, Refusal, TargetGroup, TargetModel, Verdict};

/// What was handed out so far.
#[derive(Debug, Default)]
pub struct Whole {
    people: BTreeMap<String, Entry>,
    groups: BTreeMap<String, TargetGroup>,
}

impl Whole {
    /// Takes an operation, if it belongs to what this target wants whole. `phone_and_values` reads an entry.
    pub fn take(
        &mut self,
        target: &mut TargetModel,
        operation: &Operation,
        phone_and_values: impl Fn(&PersonEntry) -> (Option<String>, BTreeMap<String, Option<String>>),
    ) -> Option<Verdict<Receipt>> {
        let people = target.flavour.limits.people == Delivery::Everything;
        let groups = target.flavour.limits.groups == Delivery::Everything;
        match operation {
            Operation::PutPerson(entry) if people => Some(self.person(entry, phone_and_values(entry))),
            Operation::PutGroup(entry) if groups => Some(self.group(entry, true)),
            Operation::AddMembers(entry) if groups => Some(self.group(entry, false)),
            Operation::Finish(Part::People) if people => {
                self.replace_people(target);
                Some(Ok(plain()))
            }
            Operation::Finish(Part::Groups) if groups => {
                target.groups.retain(|_, group| group.owner == Owner::Foreign);
                target.groups.append(&mut self.groups);
                Some(Ok(plain()))
            }
            Operation::RemovePerson(_) if people => Some(never("a person is removed from a list".to_owned())),
            Operation::RemoveGroup(_) | Operation::RemoveMembers(_) if groups => {
                Some(never("something is removed from a list".to_owned()))
            }
            _ => None,
        }
    }

    fn person(
        &mut self,
        entry: &PersonEntry,
        (phone, values): (Option<String>, BTreeMap<String, Option<String>>),
    ) -> Verdict<Receipt> {
        let Some(phone) = phone else { return never(format!("{} is listed without a phone", entry.person)) };
        let listed =
            Entry { owner: Owner::Ours(entry.person.clone()), phone: phone.clone(), values, active: entry.active };
        match self.people.insert(phone.clone(), listed) {
            None => Ok(plain()),
            Some(other) => never(format!("{} is listed at {phone} beside {:?}", entry.person, other.owner)),
        }
    }

    fn group(&mut self, entry: &GroupWithMembers, new: bool) -> Verdict<Receipt> {
        let key = &entry.group.key;
        if new == self.groups.contains_key(key) {
            return never(format!("the group {key} is listed twice, or its members before it"));
        }
        let group = self.groups.entry(key.clone()).or_insert_with(|| TargetGroup {
            owner: Owner::Ours(key.clone()),
            name: entry.group.name.clone(),
            parent: None,
            members: BTreeMap::new(),
        });
        for member in &entry.members {
            let membership =
                Membership { id: String::new(), person: member.person.clone(), admin: member.role == Role::Admin };
            if group.members.insert(member.person.clone(), membership).is_some() {
                return never(format!("{} is listed twice in {key}", member.person));
            }
        }
        Ok(plain())
    }

    fn replace_people(&mut self, target: &mut TargetModel) {
        let listed = std::mem::take(&mut self.people);
        let ends = target.flavour.can(Abilities::REMOVAL_ENDS_MEMBERSHIPS);
        let gone: Vec<String> = target
            .people
            .iter()
            .filter(|(place, entry)| listed.get(*place).is_none_or(|listed| listed.owner != entry.owner))
            .map(|(place, _)| place.clone())
            .collect();
        for place in gone.iter().filter(|_| ends) {
            target.groups.values_mut().for_each(|group| {
                group.members.remove(place);
            });
        }
        target.people = listed;
    }
}

fn never<T>(what: String) -> Verdict<T> {
    Err(Refusal::Violation(what))
}

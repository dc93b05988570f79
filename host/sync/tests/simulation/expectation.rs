//! What the target must hold in the end, computed from the directory by plain code that shares nothing with the engine.
//!
//! Not everything is determined by the directory alone. Of several people with one phone number the first to come holds it. Who is
//! held back keeps what the target has of them, whatever that is. A group may stay that once had enough members. What is not
//! determined is allowed either way; everything else must be exact.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_sandbox::contract::target::{Abilities, Delivery};
use rollcall_sync::config::{DisabledAccounts, OutOfScope};
use rollcall_sync::store::Millis;

use crate::configuration::{Configuration, Facts, Makes, MappedAttribute, Origin, Rule};
use crate::directory::{Directory, Presence, User};
use crate::steps::is_poison;
use crate::target::{Entry, Owner, TargetGroup, TargetModel};

/// What the target must hold of a person.
#[derive(Debug)]
enum Wanted {
    Nothing(&'static str),
    /// Whatever it holds now.
    Anything,
    Entry(Profile),
}

#[derive(Debug)]
struct Profile {
    phone: String,
    /// By attribute; none where history decides.
    values: BTreeMap<&'static str, Option<Option<String>>>,
    active: bool,
}

/// Compares; answers every difference as a sentence.
pub fn differences(
    directory: &Directory,
    configuration: &Configuration,
    target: &TargetModel,
    now: Millis,
) -> Vec<String> {
    let mut expectation = Expectation::new(directory, configuration, target, now);
    if target.flavour.limits.people != Delivery::Nothing {
        expectation.people();
    }
    if target.flavour.limits.groups != Delivery::Nothing {
        expectation.groups();
    }
    expectation.found
}

struct Expectation<'a> {
    directory: &'a Directory,
    configuration: &'a Configuration,
    target: &'a TargetModel,
    now: Millis,
    people: BTreeMap<&'a str, Wanted>,
    /// People who hold their phone number for certain.
    certain: BTreeSet<&'a str>,
    found: Vec<String>,
}

impl<'a> Expectation<'a> {
    fn new(directory: &'a Directory, configuration: &'a Configuration, target: &'a TargetModel, now: Millis) -> Self {
        let mut this = Self {
            directory,
            configuration,
            target,
            now,
            people: BTreeMap::new(),
            certain: BTreeSet::new(),
            found: Vec::new(),
        };
        this.people = directory.users.iter().map(|user| (user.id.as_str(), this.wanted(user))).collect();
        this.certain = this.certain();
        this
    }

    fn wanted(&self, user: &User) -> Wanted {
        if user.presence != Presence::Live {
            return Wanted::Nothing("is not in the directory");
        }
        let policy = &self.configuration.policy;
        let disabled = if user.enabled() { DisabledAccounts::Keep } else { policy.deprovisioning.disabled_accounts };
        if disabled == DisabledAccounts::Remove {
            return Wanted::Nothing("is disabled");
        }
        let facts = Facts::of(user, Vec::new());
        let in_scope = |scope: &crate::configuration::Condition| scope.decide(&facts, self.now).holds;
        if !self.configuration.scope.as_ref().is_none_or(in_scope) {
            return match policy.out_of_scope {
                OutOfScope::Remove => Wanted::Nothing("is out of scope"),
                OutOfScope::Keep => Wanted::Anything,
            };
        }
        if is_poison(user.text("displayName")) {
            return Wanted::Anything;
        }
        let phone = match user.text("mobilePhone") {
            None => return Wanted::Nothing("has no phone"),
            Some("bad number") => return Wanted::Anything,
            Some(phone) => phone.to_owned(),
        };
        let values = self.configuration.attributes.iter().map(|attribute| {
            let value = match attribute.origin {
                Origin::Property(name) => user.text(name),
                Origin::ManagerName => user
                    .manager()
                    .and_then(|id| self.directory.find(id))
                    .and_then(|manager| manager.text("displayName")),
            };
            let open = attribute.creation_only || (attribute.keeps && value.is_none());
            (attribute.name, (!open).then(|| value.map(str::to_owned)))
        });
        Wanted::Entry(Profile { phone, values: values.collect(), active: disabled != DisabledAccounts::Suspend })
    }

    /// People whose phone number nobody else wants or may still hold, and those who are seen to hold a contested one.
    fn certain(&self) -> BTreeSet<&'a str> {
        let mut claims: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for user in &self.directory.users {
            match self.people.get(user.id.as_str()) {
                Some(Wanted::Entry(profile)) => claims.entry(&profile.phone).or_default().push(&user.id),
                // Whoever is held may still hold a number of earlier days.
                Some(Wanted::Anything) => {
                    user.phones.iter().for_each(|phone| claims.entry(phone).or_default().push(&user.id));
                }
                _ => {}
            }
        }
        let alone = |phone: &str| self.target.people.values().filter(|entry| entry.phone == phone).count() == 1;
        let holds = |phone: &str, id: &str| {
            self.target.entry_of(id).is_some_and(|(_, entry)| entry.phone == phone) && alone(phone)
        };
        let certain = |user: &&'a User| match self.people.get(user.id.as_str()) {
            Some(Wanted::Entry(profile)) => {
                claims.get(profile.phone.as_str()).is_some_and(|claims| claims.len() == 1)
                    || holds(&profile.phone, &user.id)
            }
            _ => false,
        };
        self.directory.users.iter().filter(certain).map(|user| user.id.as_str()).collect()
    }

    fn people(&mut self) {
        let mut found = Vec::new();
        let mut phones: BTreeMap<&str, &str> = BTreeMap::new();
        for (place, entry) in &self.target.people {
            let Owner::Ours(id) = &entry.owner else { continue };
            // Where entries have ids of their own, one that is held may have the phone number that another has now.
            let both_certain = |other: &&str| {
                self.target.identity() || (self.certain.contains(other) && self.certain.contains(id.as_str()))
            };
            if let Some(other) = phones.insert(&entry.phone, id).filter(both_certain) {
                found.push(format!("{id} and {other} both have {}", entry.phone));
            }
            match self.people.get(id.as_str()) {
                None => found.push(format!("{id} at {place} is nobody")),
                Some(Wanted::Nothing(why)) => found.push(format!("{id} is still there at {place}, but {why}")),
                Some(_) => {}
            }
        }
        for (id, wanted) in &self.people {
            let Wanted::Entry(profile) = wanted else { continue };
            match (self.target.entry_of(id), self.certain.contains(id)) {
                (Some((place, entry)), true) => found.extend(self.unlike(id, place, entry, profile)),
                (None, true) => found.push(format!("{id} is not there with {}", profile.phone)),
                (_, false) if !phones.contains_key(profile.phone.as_str()) => {
                    found.push(format!("nobody is there with {}, though {id} wants it", profile.phone));
                }
                _ => {}
            }
        }
        self.found.append(&mut found);
    }

    fn unlike(&self, id: &str, place: &str, entry: &Entry, profile: &Profile) -> Vec<String> {
        let mut found = Vec::new();
        if entry.phone != profile.phone {
            found.push(format!("{id} at {place} has {}, not {}", entry.phone, profile.phone));
        }
        if entry.active != profile.active && self.target.flavour.can(Abilities::SUSPEND_PEOPLE) {
            found.push(format!("{id} at {place} is active: {}", entry.active));
        }
        for (name, wanted) in &profile.values {
            let has = entry.values.get(*name).cloned().flatten();
            if wanted.as_ref().is_some_and(|wanted| *wanted != has) {
                found.push(format!("{id} at {place} has {name} {has:?}, not {wanted:?}"));
            }
        }
        found
    }

    /// Who must be in each group, by key, with the role: those who are certain and active.
    fn memberships(&self) -> BTreeMap<String, BTreeMap<&'a str, bool>> {
        let mut memberships: BTreeMap<String, BTreeMap<&str, bool>> = BTreeMap::new();
        for id in &self.certain {
            let (Some(user), Some(Wanted::Entry(profile))) = (self.directory.find(id), self.people.get(id)) else {
                continue;
            };
            if !profile.active {
                continue;
            }
            let facts = Facts::of(user, self.directory.member_of(id));
            for rule in self.configuration.rules.iter().filter(|rule| rule.condition.decide(&facts, self.now).holds) {
                let key = match &rule.makes {
                    Makes::Group(key) => Some(key.clone()),
                    Makes::ByAttribute(prefix, name) => {
                        self.value(id, profile, name).map(|value| format!("{prefix}{value}"))
                    }
                };
                if let Some(key) = key {
                    memberships.entry(key).or_default().insert(id, false);
                }
            }
        }
        memberships
    }

    /// Whether the rule's groups follow from a value that history decides and that only the target holds.
    fn is_open(&self, rule: &Rule) -> bool {
        let Makes::ByAttribute(_, name) = &rule.makes else { return false };
        let open = |attribute: &&MappedAttribute| attribute.creation_only || attribute.keeps;
        let attribute = self.configuration.attributes.iter().find(|attribute| attribute.name == *name);
        attribute.is_some_and(|attribute| open(&attribute))
    }

    /// The value of an attribute; where history decides it, that which the target holds.
    fn value(&self, id: &str, profile: &Profile, name: &str) -> Option<String> {
        match profile.values.get(name)? {
            Some(value) => value.clone(),
            None => self.target.entry_of(id)?.1.values.get(name)?.clone(),
        }
    }

    fn groups(&mut self) {
        let mut found = Vec::new();
        let ours: BTreeMap<&str, (&str, &TargetGroup)> = self
            .target
            .groups
            .iter()
            .filter_map(|(id, group)| match &group.owner {
                Owner::Ours(key) => Some((key.as_str(), (id.as_str(), group))),
                Owner::Foreign => None,
            })
            .collect();
        let mut wanted = self.memberships();
        ours.keys().for_each(|key| {
            wanted.entry((*key).to_owned()).or_default();
        });
        for (key, mut members) in wanted {
            let here = ours.get(key.as_str());
            let Some(rule) = self.configuration.rule_of(&key) else {
                found.extend(here.and_then(|(id, group)| self.leftover(&key, id, group, &ours)));
                continue;
            };
            if self.is_open(rule) {
                continue;
            }
            let by_rule = members.len();
            for admin in &rule.admins {
                let Some(id) = self.certain.get(admin.as_str()) else { continue };
                if matches!(self.people.get(id), Some(Wanted::Entry(profile)) if profile.active) {
                    members.insert(id, true);
                }
            }
            let Some((id, group)) = here else {
                if by_rule > 0 && members.len() >= rule.minimum as usize {
                    found.push(format!("the group {key} is not there"));
                }
                continue;
            };
            found.extend(self.roster(&key, group, &members));
            let can_remove = self.target.flavour.can(Abilities::REMOVE_GROUPS);
            if group.members.is_empty() && !rule.keep_empty && can_remove {
                found.push(format!("the group {key} is empty and still there"));
            }
            if self.target.flavour.can(Abilities::RENAME_GROUPS)
                && self.target.flavour.limits.groups == Delivery::Changes
            {
                if group.name != rule.name_of(&key) {
                    found.push(format!("the group {key} is called {}, not {}", group.name, rule.name_of(&key)));
                }
                let parent = rule.parent.as_ref().and_then(|parent| ours.get(parent.as_str())).map(|(id, _)| *id);
                if group.parent.as_deref() != parent || parent.is_some() != rule.parent.is_some() {
                    found.push(format!("the group {key} at {id} has the parent {:?}, not {parent:?}", group.parent));
                }
            }
        }
        self.found.append(&mut found);
    }

    /// A group that no rule makes: a parent of others, or one that must be gone or at least empty.
    fn leftover(
        &self,
        key: &str,
        id: &str,
        group: &TargetGroup,
        ours: &BTreeMap<&str, (&str, &TargetGroup)>,
    ) -> Option<String> {
        let children = || ours.keys().filter_map(|child| self.configuration.rule_of(child));
        if key == "top" && children().any(|rule| rule.parent.is_some()) {
            return None;
        }
        let can_remove = self.target.flavour.can(Abilities::REMOVE_GROUPS)
            || self.target.flavour.limits.groups == Delivery::Everything;
        if can_remove {
            return Some(format!("the group {key} is still there at {id}, and no rule makes it"));
        }
        self.roster(key, group, &BTreeMap::new())
    }

    fn roster(&self, key: &str, group: &TargetGroup, members: &BTreeMap<&str, bool>) -> Option<String> {
        let held = |id: &str| {
            !self.certain.contains(id) && matches!(self.people.get(id), Some(Wanted::Anything | Wanted::Entry(_)))
        };
        let is: BTreeMap<&str, bool> = group
            .members
            .values()
            .filter(|member| members.contains_key(member.person.as_str()) || !held(&member.person))
            .map(|member| (member.person.as_str(), member.admin))
            .collect();
        (is != *members).then(|| format!("the group {key} has {is:?} (true: admins), not {members:?}"))
    }
}

//! The least number of calls that Kaizala's API permits for a change: what a push is measured against.
//!
//! | change | calls | why |
//! | --- | --- | --- |
//! | anything | 1 | a token (KD/Tokens) |
//! | entries made or changed | one for each 100 | our directory endpoint |
//! | entries removed | one for each 100 | the same; it ends their memberships |
//! | a group made | 1, with its first 100 members | KD/groups, the swagger's limit |
//! | members added | one for each 100 | KD/members; 100 is our reading, no limit is documented |
//! | members removed | one each | KD/members: by the member's id |
//! | ids of those members | one for each group of which some were never told | KD/members: no other call tells them |
//! | a role | one each | KD/members |
//! | subscribers added, removed | one for each 100 | KD/subscribers; 100 is our reading, no limit is documented |
//! | a group made a part of another, or no part of it any more | one each, but for a group that is made as one | KD/subGroups |
//!
//! Waiting, repeating and looking around are not in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::kaizala::{Entry, Group, Kaizala};

/// What Kaizala held at some moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    groups: BTreeMap<String, Group>,
    people: BTreeMap<String, Entry>,
    told: BTreeSet<String>,
}

impl Kaizala {
    /// What is held now.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot { groups: self.groups.clone(), people: self.people.clone(), told: self.told.clone() }
    }

    /// The fewest calls that lead from there to here.
    ///
    /// ```
    /// # use rollcall_emulator::kaizala::{Group, Kaizala};
    /// let mut kaizala = Kaizala::default();
    /// let before = kaizala.snapshot();
    /// kaizala.groups.insert("1".into(), Group { name: "Sales".into(), ..Group::default() });
    /// assert_eq!(kaizala.least_calls(&before), 2, "a token and the group");
    /// ```
    pub fn least_calls(&self, before: &Snapshot) -> usize {
        let changed = self.people.iter().filter(|(id, entry)| before.people.get(*id) != Some(entry)).count();
        let gone: BTreeSet<&str> = before
            .people
            .iter()
            .filter(|(id, _)| !self.people.contains_key(*id))
            .map(|(_, entry)| entry.phone.as_str())
            .collect();
        let groups: usize =
            self.groups.iter().map(|(id, group)| calls_for(group, before.groups.get(id), before, &gone)).sum();
        let calls = hundreds(changed) + hundreds(gone.len()) + groups;
        if calls == 0 { 0 } else { calls + 1 }
    }
}

fn calls_for(group: &Group, old: Option<&Group>, before: &Snapshot, gone: &BTreeSet<&str>) -> usize {
    let nobody = BTreeMap::new();
    let members = old.map_or(&nobody, |old| &old.members);
    let added = group.members.keys().filter(|phone| !members.contains_key(*phone)).count();
    // Whoever leaves the directory leaves its groups by that.
    let removed: Vec<&str> = members
        .iter()
        .filter(|(phone, _)| !group.members.contains_key(*phone) && !gone.contains(phone.as_str()))
        .map(|(_, member)| member.id.as_str())
        .collect();
    let role = |phone: &String| members.get(phone).map_or("Member", |member| member.role.as_str());
    let roles: Vec<&str> = group
        .members
        .iter()
        .filter(|(phone, member)| member.role != role(phone))
        .map(|(_, member)| member.id.as_str())
        .collect();
    let ids = usize::from(removed.iter().chain(&roles).any(|id| !before.told.contains(*id)));
    let made = if old.is_none() { hundreds(added).max(1) } else { hundreds(added) };
    made + removed.len() + roles.len() + ids + subscribers(group, old, gone) + parents(group, old)
}

fn subscribers(group: &Group, old: Option<&Group>, gone: &BTreeSet<&str>) -> usize {
    let nobody = BTreeMap::new();
    let before = old.map_or(&nobody, |old| &old.subscribers);
    let added = group.subscribers.keys().filter(|phone| !before.contains_key(*phone)).count();
    let left = |phone: &&String| !group.subscribers.contains_key(*phone) && !gone.contains(phone.as_str());
    hundreds(added) + hundreds(before.keys().filter(left).count())
}

fn parents(group: &Group, old: Option<&Group>) -> usize {
    let Some(old) = old else { return group.parents.len().saturating_sub(1) };
    let more = |one: &Group, other: &Group| one.parents.iter().filter(|parent| !other.parents.contains(parent)).count();
    more(group, old) + more(old, group)
}

fn hundreds(count: usize) -> usize {
    count.div_ceil(100)
}

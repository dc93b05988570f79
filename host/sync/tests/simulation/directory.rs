//! The directory that is the truth: users and groups, and what changed when.

use std::collections::{BTreeMap, BTreeSet};

use rollcall_sync::clock::rfc3339;
use serde_json::{Value as Json, json};

use crate::clock::BEGINNING;
use crate::rng::Rng;

/// The first-level properties of users.
pub const PROPERTIES: [&str; 8] =
    ["accountEnabled", "city", "department", "displayName", "jobTitle", "manager", "mobilePhone", "startsAt"];

/// Departments, few enough for groups with several members.
pub const DEPARTMENTS: [&str; 4] = ["Sales", "HR", "Sites", "Secret"];

/// Cities.
pub const CITIES: [&str; 3] = ["Pune", "Goa", "Cairo"];

/// Whether a user is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// There.
    Live,
    /// Removed, and may come back.
    Deleted,
    /// Removed for good.
    Gone,
}

/// A user. A property that is absent was never set; one that is null was cleared.
#[derive(Debug, Clone)]
pub struct User {
    pub id: String,
    pub presence: Presence,
    pub properties: BTreeMap<&'static str, Json>,
    /// Every phone number that the user ever had.
    pub phones: BTreeSet<String>,
    /// When each property changed last, and when the presence did.
    pub changed: BTreeMap<&'static str, u64>,
    pub turned: u64,
    /// What the user looked like at earlier moments: a source may tell that again.
    pub past: Vec<(u64, BTreeMap<&'static str, Json>)>,
}

impl User {
    /// A property that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.properties.get(name)?.as_str()
    }

    /// The manager's id.
    pub fn manager(&self) -> Option<&str> {
        self.properties.get("manager")?.get("id")?.as_str()
    }

    /// Whether the account is enabled; one that was never disabled is.
    pub fn enabled(&self) -> bool {
        self.properties.get("accountEnabled") != Some(&Json::Bool(false))
    }
}

/// A group of the source, for rules over `memberOf`.
#[derive(Debug, Clone)]
pub struct SourceGroup {
    pub id: String,
    pub live: bool,
    pub turned: u64,
    /// Who is or was a member.
    pub members: BTreeMap<String, Membership>,
}

/// A membership in a group of the source, or that there was one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Membership {
    member: bool,
    /// It ended with the user and comes back with the user.
    hidden: bool,
    /// When it changed last.
    pub turned: u64,
}

impl Membership {
    /// Whether it holds.
    pub fn holds(self) -> bool {
        self.member && !self.hidden
    }
}

/// The directory.
#[derive(Debug)]
pub struct Directory {
    pub users: Vec<User>,
    pub groups: Vec<SourceGroup>,
    /// Grows with every change.
    pub sequence: u64,
    /// Memberships of removed users end (and begin again) as changes of their own; otherwise they are hidden with the user.
    pub tells_memberships_of_removed: bool,
    phone: u32,
    rng: Rng,
}

impl Directory {
    /// A directory with so many users.
    pub fn new(mut rng: Rng, users: usize) -> Self {
        let tells_memberships_of_removed = rng.percent(50);
        let mut directory =
            Self { users: Vec::new(), groups: Vec::new(), sequence: 0, tells_memberships_of_removed, phone: 100, rng };
        for _ in 0..2 {
            directory.add_group();
        }
        for _ in 0..users {
            directory.hire(None);
        }
        directory
    }

    /// Those who are there.
    pub fn live(&self) -> impl Iterator<Item = &User> {
        self.users.iter().filter(|user| user.presence == Presence::Live)
    }

    /// The user with this id, if it is there.
    pub fn find(&self, id: &str) -> Option<&User> {
        self.live().find(|user| user.id == id)
    }

    /// The ids of the groups that a user is in, sorted.
    pub fn member_of(&self, id: &str) -> Vec<String> {
        let member =
            |group: &&SourceGroup| group.live && group.members.get(id).is_some_and(|membership| membership.holds());
        self.groups.iter().filter(member).map(|group| group.id.clone()).collect()
    }

    fn pick(&mut self, which: impl Fn(&User) -> bool) -> Option<usize> {
        let found: Vec<usize> = (0..self.users.len()).filter(|at| which(&self.users[*at])).collect();
        if found.is_empty() { None } else { Some(self.rng.copied(&found)) }
    }

    fn pick_live(&mut self) -> Option<usize> {
        self.pick(|user| user.presence == Presence::Live)
    }

    fn add_group(&mut self) {
        self.sequence += 1;
        let id = format!("sg{}", self.groups.len());
        self.groups.push(SourceGroup { id, live: true, turned: self.sequence, members: BTreeMap::new() });
    }

    fn hire(&mut self, phone: Option<String>) {
        let id = format!("u{}", self.users.len());
        self.sequence += 1;
        self.users.push(User {
            id,
            presence: Presence::Live,
            properties: BTreeMap::new(),
            phones: BTreeSet::new(),
            changed: BTreeMap::new(),
            turned: self.sequence,
            past: Vec::new(),
        });
        let at = self.users.len() - 1;
        self.set(at, "displayName", Json::String(format!("Name {at}")));
        for name in ["department", "city", "jobTitle"] {
            if self.rng.percent(80) {
                let value = self.draw(name);
                self.set(at, name, value);
            }
        }
        if let Some(phone) = phone {
            self.set(at, "mobilePhone", Json::String(phone));
        } else if self.rng.percent(85) {
            let phone = self.draw("mobilePhone");
            self.set(at, "mobilePhone", phone);
        }
        for name in ["manager", "startsAt"] {
            if self.rng.percent(40) {
                let value = self.draw(name);
                self.set(at, name, value);
            }
        }
        if self.rng.percent(30) {
            self.turn_membership(at);
        }
    }

    /// A value for a property.
    fn draw(&mut self, name: &str) -> Json {
        match name {
            "accountEnabled" => Json::Bool(self.rng.percent(50)),
            "department" => json!(self.rng.pick(&DEPARTMENTS)),
            "city" => json!(self.rng.pick(&CITIES)),
            "jobTitle" => json!(format!("Title {}", self.rng.below(4))),
            "displayName" => json!(format!("Person {}", self.rng.below(1_000))),
            "manager" if self.users.is_empty() => Json::Null,
            "manager" => json!({"id": self.users[self.rng.below(self.users.len())].id}),
            "startsAt" => json!(rfc3339(BEGINNING + self.rng.below(10 * 86_400) as i64 * 1_000)),
            _ if self.rng.percent(6) => json!("bad number"),
            _ if self.rng.percent(6) => json!(format!("+{}", 100 + self.rng.below(20))),
            _ => {
                self.phone += 1;
                json!(format!("+{}", self.phone))
            }
        }
    }

    fn set(&mut self, at: usize, name: &'static str, value: Json) {
        self.sequence += 1;
        let sequence = self.sequence;
        let user = &mut self.users[at];
        if value.is_null() && !user.properties.contains_key(name) {
            return;
        }
        user.past.push((sequence - 1, user.properties.clone()));
        if let (true, Some(phone)) = (name == "mobilePhone", value.as_str()) {
            user.phones.insert(phone.to_owned());
        }
        user.properties.insert(name, value);
        user.changed.insert(name, sequence);
    }

    fn turn(&mut self, at: usize, presence: Presence) {
        self.sequence += 1;
        let user = &mut self.users[at];
        user.presence = presence;
        user.turned = self.sequence;
        if !self.tells_memberships_of_removed {
            return;
        }
        for group in &mut self.groups {
            if let Some(membership) = group.members.get_mut(&user.id).filter(|membership| membership.member) {
                membership.hidden = presence != Presence::Live;
                membership.turned = self.sequence;
            }
        }
    }

    fn turn_membership(&mut self, at: usize) {
        self.sequence += 1;
        let Some(user) = self.users.get(at).map(|user| user.id.clone()) else { return };
        let group = self.rng.below(self.groups.len());
        let membership = self.groups[group].members.entry(user).or_default();
        membership.member = !membership.member;
        membership.turned = self.sequence;
    }

    fn swap_phones(&mut self) {
        let (Some(one), Some(other)) = (self.pick_live(), self.pick_live()) else { return };
        let phone = |user: &User| user.properties.get("mobilePhone").cloned().unwrap_or(Json::Null);
        let (first, second) = (phone(&self.users[one]), phone(&self.users[other]));
        self.set(one, "mobilePhone", second);
        self.set(other, "mobilePhone", first);
    }

    /// Something changes. Answers what, for who reads along.
    pub fn change(&mut self) -> String {
        let live = self.pick_live();
        let kind = self.rng.below(100);
        match (kind, live) {
            (0..=11, _) | (_, None) => {
                self.hire(None);
                format!("{} is hired", self.users[self.users.len() - 1].id)
            }
            (12..=19, Some(at)) => {
                self.turn(at, Presence::Deleted);
                format!("{} is deleted", self.users[at].id)
            }
            (20..=23, Some(_)) => match self.pick(|user| user.presence != Presence::Gone) {
                Some(at) => {
                    self.turn(at, Presence::Gone);
                    format!("{} is gone for good", self.users[at].id)
                }
                None => String::new(),
            },
            (24..=31, Some(_)) => match self.pick(|user| user.presence == Presence::Deleted) {
                Some(at) => {
                    self.turn(at, Presence::Live);
                    format!("{} is restored", self.users[at].id)
                }
                None => String::new(),
            },
            (32..=37, Some(at)) => {
                let phone = self.users[at].text("mobilePhone").map(str::to_owned);
                self.turn(at, Presence::Deleted);
                self.hire(phone);
                format!("{} is deleted and made again as {}", self.users[at].id, self.users[self.users.len() - 1].id)
            }
            (38..=44, Some(_)) => {
                self.swap_phones();
                "two swap their phone numbers".to_owned()
            }
            (45..=54, Some(at)) => {
                self.turn_membership(at);
                format!("{} enters or leaves a group of the source", self.users[at].id)
            }
            (55..=56, Some(_)) => {
                let group = self.rng.below(self.groups.len());
                self.sequence += 1;
                self.groups[group].live = false;
                self.groups[group].turned = self.sequence;
                self.add_group();
                format!("{} is replaced by another group of the source", self.groups[group].id)
            }
            (57..=59, Some(at)) => {
                let name = self.rng.copied(&PROPERTIES);
                let before = self.users[at].properties.get(name).cloned().unwrap_or(Json::Null);
                let between = self.draw(name);
                self.set(at, name, between);
                self.set(at, name, before);
                format!("{}'s {name} changes and changes back", self.users[at].id)
            }
            (60..=67, Some(at)) => {
                let name = self.rng.copied(&["mobilePhone", "department", "city", "manager", "jobTitle"]);
                self.set(at, name, Json::Null);
                format!("{}'s {name} is cleared", self.users[at].id)
            }
            (_, Some(at)) => {
                let name = self.rng.copied(&PROPERTIES);
                let value = self.draw(name);
                let told = format!("{}'s {name} becomes {value}", self.users[at].id);
                self.set(at, name, value);
                told
            }
        }
    }
}

//! The directory behind Graph: users and groups, with what changed when.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

/// A user.
#[derive(Debug, Clone, Default)]
pub struct User {
    /// The properties; null for one that was cleared.
    pub properties: Map<String, Value>,
    /// The manager's id.
    pub manager: Option<String>,
    /// Deleted: restorable (false) or for good (true).
    pub deleted: Option<bool>,
    /// The version of the last change.
    pub version: u64,
    /// When each property changed; `manager` among them.
    pub changed: BTreeMap<String, u64>,
}

/// A group.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// The name.
    pub name: String,
    /// Members now.
    pub members: BTreeSet<String>,
    /// When each member entered or left last.
    pub changed: BTreeMap<String, u64>,
    /// Gone.
    pub deleted: bool,
    /// The version of the last change.
    pub version: u64,
}

/// The directory.
#[derive(Debug)]
pub struct World {
    /// Users by id.
    pub users: BTreeMap<String, User>,
    /// Groups by id.
    pub groups: BTreeMap<String, Group>,
    /// Users by the version of their last change.
    pub by_version: BTreeMap<u64, String>,
    /// The newest version.
    pub version: u64,
    /// Users on a page.
    pub page_size: usize,
    /// Every so manieth user of a page is told twice; 0 for none.
    pub repeat_every: usize,
    tokens: BTreeSet<String>,
    issued: u64,
}

impl World {
    pub(crate) fn new(users: Vec<Map<String, Value>>, page_size: usize) -> Self {
        let mut world = Self {
            users: BTreeMap::new(),
            groups: BTreeMap::new(),
            by_version: BTreeMap::new(),
            version: 0,
            page_size: page_size.max(1),
            repeat_every: 0,
            tokens: BTreeSet::new(),
            issued: 0,
        };
        for user in users {
            world.put(user);
        }
        world
    }

    /// Adds a user, or sets properties of one. `manager` is the manager's id or null.
    pub fn put(&mut self, mut properties: Map<String, Value>) {
        let Some(Value::String(id)) = properties.remove("id") else { return };
        let version = self.touch(&id);
        let user = self.users.entry(id).or_default();
        user.version = version;
        user.deleted = None;
        for (name, value) in properties {
            user.changed.insert(name.clone(), version);
            if name == "manager" {
                user.manager = value.as_str().map(str::to_owned);
            } else {
                user.properties.insert(name, value);
            }
        }
    }

    /// Deletes a user: restorable, or for good.
    pub fn delete(&mut self, id: &str, for_good: bool) {
        if self.users.contains_key(id) {
            let version = self.touch(id);
            if let Some(user) = self.users.get_mut(id) {
                user.version = version;
                user.deleted = Some(for_good);
            }
        }
    }

    /// Brings a deleted user back, whole.
    pub fn restore(&mut self, id: &str) {
        let Some(user) = self.users.get(id).filter(|user| user.deleted == Some(false)) else { return };
        let mut properties = user.properties.clone();
        properties.insert("id".into(), id.into());
        properties.insert("manager".into(), user.manager.clone().into());
        self.put(properties);
    }

    /// Lets a user enter or leave a group, making the group if it is new.
    pub fn membership(&mut self, group: &str, user: &str, member: bool) {
        self.version += 1;
        let entry =
            self.groups.entry(group.to_owned()).or_insert_with(|| Group { name: group.to_owned(), ..Group::default() });
        entry.version = self.version;
        entry.changed.insert(user.to_owned(), self.version);
        if member {
            entry.members.insert(user.to_owned());
        } else {
            entry.members.remove(user);
        }
    }

    fn touch(&mut self, id: &str) -> u64 {
        if let Some(user) = self.users.get(id) {
            self.by_version.remove(&user.version);
        }
        self.version += 1;
        self.by_version.insert(self.version, id.to_owned());
        self.version
    }

    pub(crate) fn issue_token(&mut self) -> String {
        self.issued += 1;
        let token = format!("emulated-graph-token-{}", self.issued);
        self.tokens.insert(token.clone());
        token
    }

    pub(crate) fn knows(&self, token: &str) -> bool {
        self.tokens.contains(token)
    }

    /// Lets every token end now.
    pub fn end_tokens(&mut self) {
        self.tokens.clear();
    }
}

//! Doubles for unit tests, which run natively: HTTP that answers from a script, storage, outbox and inbox in memory, look-ups from
//! a table, a record of wake-ups, the lines that were logged, and batches in packed form.

mod http;
mod inbox;
mod packed;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

pub use self::http::ScriptedHttp;
pub use self::inbox::{MemoryInbox, MemoryInboxFile};
pub use self::packed::{assign_packed, map_packed, through_assignments, through_outcomes};
use crate::Value;
use crate::log::Level;
use crate::lookup::Lookup;
use crate::outbox::{Outbox, OutboxFile};
use crate::scheduling::Scheduling;
use crate::storage::{Error, Storage};

thread_local! {
    static LINES: RefCell<Vec<(Level, String)>> = const { RefCell::new(Vec::new()) };
}

/// The lines that this thread has logged since the last call.
pub fn log_lines() -> Vec<(Level, String)> {
    LINES.take()
}

#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn keep_log_line(level: Level, message: &str) {
    LINES.with_borrow_mut(|lines| lines.push((level, message.to_owned())));
}

/// Storage in memory. A clone is the same storage.
#[derive(Debug, Clone, Default)]
pub struct MemoryStorage(Rc<RefCell<BTreeMap<String, Vec<u8>>>>);

impl MemoryStorage {
    /// Nothing stored.
    pub fn new() -> Self {
        MemoryStorage::default()
    }

    /// What is stored, as text.
    pub fn contents(&self) -> BTreeMap<String, String> {
        let values = self.0.borrow();
        values.iter().map(|(key, value)| (key.clone(), String::from_utf8_lossy(value).into_owned())).collect()
    }
}

impl Storage for MemoryStorage {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(self.0.borrow().get(key).cloned())
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        self.0.borrow_mut().insert(key.to_owned(), value.to_vec());
        Ok(())
    }

    fn delete(&self, key: &str) -> Result<(), Error> {
        self.0.borrow_mut().remove(key);
        Ok(())
    }

    fn keys(&self, cursor: Option<&str>) -> Result<(Vec<String>, Option<String>), Error> {
        // Small pages, so that a step that forgets the cursor fails its test.
        const PAGE: usize = 10;
        let values = self.0.borrow();
        let mut keys: Vec<String> = values
            .keys()
            .filter(|key| cursor.is_none_or(|after| key.as_str() > after))
            .take(PAGE + 1)
            .cloned()
            .collect();
        let more = keys.len() > PAGE;
        keys.truncate(PAGE);
        let next = if more { keys.last().cloned() } else { None };
        Ok((keys, next))
    }
}

/// An outbox in memory. A clone is the same outbox.
#[derive(Debug, Clone, Default)]
pub struct MemoryOutbox(Rc<RefCell<BTreeMap<String, String>>>);

impl MemoryOutbox {
    /// No files.
    pub fn new() -> Self {
        MemoryOutbox::default()
    }

    /// A file that was finished.
    pub fn file(&self, name: &str) -> Option<String> {
        self.0.borrow().get(name).cloned()
    }
}

/// A file of a [`MemoryOutbox`].
#[derive(Debug)]
pub struct MemoryFile {
    outbox: MemoryOutbox,
    name: String,
    text: RefCell<String>,
}

impl Outbox for MemoryOutbox {
    type File = MemoryFile;

    fn create(&self, name: &str) -> Result<MemoryFile, String> {
        Ok(MemoryFile { outbox: self.clone(), name: name.to_owned(), text: RefCell::default() })
    }
}

impl OutboxFile for MemoryFile {
    fn write(&self, text: &str) -> Result<(), String> {
        self.text.borrow_mut().push_str(text);
        Ok(())
    }

    fn finish(self) -> Result<(), String> {
        self.outbox.0.borrow_mut().insert(self.name, self.text.into_inner());
        Ok(())
    }
}

/// Look-ups from a table, and a record of who looked at whom.
#[derive(Debug, Clone, Default)]
pub struct FixedLookup {
    users: HashMap<String, HashMap<String, Value>>,
    in_use: Vec<(String, String, String)>,
    asked: Rc<RefCell<Vec<(String, String)>>>,
}

impl FixedLookup {
    /// Nobody to be found.
    pub fn new() -> Self {
        FixedLookup::default()
    }

    /// Adds a property of a user.
    pub fn user(mut self, id: &str, property: &str, value: impl Into<Value>) -> Self {
        self.users.entry(id.to_owned()).or_default().insert(property.to_owned(), value.into());
        self
    }

    /// Says that a person has this text in an attribute.
    pub fn taken(mut self, attribute: &str, text: &str, person: &str) -> Self {
        self.in_use.push((attribute.to_owned(), text.to_owned(), person.to_owned()));
        self
    }

    /// Who looked at whom, in order.
    pub fn asked(&self) -> Vec<(String, String)> {
        self.asked.borrow().clone()
    }
}

impl Lookup for FixedLookup {
    fn properties(&self, dependent: &str, id: &str, properties: &[String]) -> Option<Vec<Value>> {
        self.asked.borrow_mut().push((dependent.to_owned(), id.to_owned()));
        let user = self.users.get(id)?;
        Some(properties.iter().map(|name| user.get(name).cloned().unwrap_or(Value::Null)).collect())
    }

    fn in_use(&self, attribute: &str, text: &str, except: &str) -> bool {
        self.in_use.iter().any(|(name, taken, person)| name == attribute && taken == text && person != except)
    }
}

/// A record of the wake-ups that a step asked for, and the subjects that are due.
#[derive(Debug, Clone, Default)]
pub struct RecordedWakes {
    asked: Rc<RefCell<BTreeMap<String, String>>>,
    due: Vec<String>,
}

impl RecordedWakes {
    /// Nothing due.
    pub fn new() -> Self {
        RecordedWakes::default()
    }

    /// Makes a subject due.
    pub fn due(mut self, subject: &str) -> Self {
        self.due.push(subject.to_owned());
        self
    }

    /// The times that were asked for, by subject.
    pub fn asked(&self) -> BTreeMap<String, String> {
        self.asked.borrow().clone()
    }
}

impl Scheduling for RecordedWakes {
    fn wake(&self, at: &str, subject: &str) -> Result<(), String> {
        self.asked.borrow_mut().insert(subject.to_owned(), at.to_owned());
        Ok(())
    }

    fn due(&self) -> Vec<String> {
        self.due.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn storage_lists_its_keys_page_by_page() {
        let storage = MemoryStorage::new();
        for number in 0..25 {
            storage.set(&format!("{number:02}"), b"x").unwrap();
        }
        let (mut keys, mut cursor) = storage.keys(None).unwrap();
        while let Some(after) = cursor {
            let page = storage.keys(Some(&after)).unwrap();
            keys.extend(page.0);
            cursor = page.1;
        }
        assert_eq!(keys, (0..25).map(|number| format!("{number:02}")).collect::<Vec<_>>());
    }

    #[test]
    fn a_file_appears_only_when_it_is_finished() {
        let outbox = MemoryOutbox::new();
        let file = outbox.create("people.csv").unwrap();
        file.write("a").unwrap();
        assert_eq!(outbox.file("people.csv"), None);
        file.finish().unwrap();
        assert_eq!(outbox.file("people.csv").as_deref(), Some("a"));
    }

    #[test]
    fn a_text_is_not_in_use_by_the_person_who_has_it() {
        let lookup = FixedLookup::new().taken("mail", "a@x.example", "1");
        assert!(lookup.in_use("mail", "a@x.example", "2"));
        assert!(!lookup.in_use("mail", "a@x.example", "1"));
    }
}

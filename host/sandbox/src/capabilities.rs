//! What the host lends an instance. Each is a small trait, so that the sync decides where things are kept and a test can do with a map.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::contract::types::Value;
use crate::egress::Egress;

/// A key-value store of one tenant and step. Errors are sentences for the component.
pub trait KeyValue: Send + Sync {
    /// The value of a key.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, String>;
    /// Sets a key; none deletes it.
    ///
    /// # Errors
    /// When the quota is used up.
    fn set(&self, key: &str, value: Option<Vec<u8>>) -> Result<(), String>;
    /// Keys behind `after`, in order.
    ///
    /// # Errors
    /// When the store cannot be read.
    fn keys(&self, after: &str, limit: u32) -> Result<Vec<String>, String>;
}

/// Looking at other users.
pub trait Lookup: Send + Sync {
    /// Values of a user's properties.
    fn properties(&self, dependent: &str, id: &str, properties: &[String]) -> Option<Vec<Value>>;
    /// Whether another than `except` has this text in an attribute.
    fn in_use(&self, attribute: &str, text: &str, except: &str) -> bool;
}

/// Being called again.
pub trait Scheduling: Send + Sync {
    /// Asks for a call at a moment (RFC 3339).
    ///
    /// # Errors
    /// When that is no moment.
    fn wake(&self, at: &str, subject: &str) -> Result<(), String>;
    /// Subjects whose time has come.
    fn due(&self) -> Vec<String>;
}

/// Files for somebody else to take.
pub trait Outbox: Send + Sync {
    /// Starts a file.
    ///
    /// # Errors
    /// When the name is no plain file name, or the folder cannot be written.
    fn create(&self, name: &str) -> Result<Box<dyn OutboxWriter>, String>;
}

/// A file that is being written. Dropped before `finish`, it leaves nothing.
pub trait OutboxWriter: Send {
    /// Appends text.
    ///
    /// # Errors
    /// When the disk is full or the quota is used up.
    fn write(&mut self, text: &str) -> Result<(), String>;
    /// Puts the file in its place.
    ///
    /// # Errors
    /// When that fails.
    fn finish(&mut self) -> Result<(), String>;
}

/// Files that an administrator laid ready.
pub trait Inbox: Send + Sync {
    /// Opens a file by the name that it was granted by.
    ///
    /// # Errors
    /// When no file of this name is granted, or it cannot be read.
    fn open(&self, name: &str) -> Result<Box<dyn InboxReader>, String>;
}

/// A file that is open for reading.
pub trait InboxReader: Send {
    /// Reads up to `limit` bytes from `offset`; nothing at the end.
    ///
    /// # Errors
    /// When that fails.
    fn read(&mut self, offset: u64, limit: u32) -> Result<Vec<u8>, String>;
    /// Its size in bytes when it was opened.
    fn size(&self) -> u64;
}

/// Where lines go that a component wrote, and refusals.
pub trait LogSink: Send + Sync {
    /// One line. `level` is one of wasi:logging's, or `stdout` or `stderr`.
    fn line(&self, level: &str, message: &str);
}

/// What an instance is lent. What is missing is refused if the component asks for it.
#[derive(Clone)]
pub struct Capabilities {
    /// Key-value storage.
    pub key_value: Option<Arc<dyn KeyValue>>,
    /// Looking at other users.
    pub lookup: Option<Arc<dyn Lookup>>,
    /// Being called again.
    pub scheduling: Option<Arc<dyn Scheduling>>,
    /// Files for somebody else.
    pub outbox: Option<Arc<dyn Outbox>>,
    /// Files that an administrator laid ready.
    pub inbox: Option<Arc<dyn Inbox>>,
    /// HTTP.
    pub egress: Option<Egress>,
    /// Where lines go.
    pub log: Arc<dyn LogSink>,
    /// The time that the component sees, in nanoseconds since 1970, if it is to stand still.
    pub still_clock: Option<u64>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            key_value: None,
            lookup: None,
            scheduling: None,
            outbox: None,
            inbox: None,
            egress: None,
            log: Arc::new(Lines::default()),
            still_clock: None,
        }
    }
}

/// Keeps lines in memory: for tests and for trying things.
#[derive(Debug, Default)]
pub struct Lines(Mutex<Vec<(String, String)>>);

impl Lines {
    /// What was written so far, as level and message.
    pub fn taken(&self) -> Vec<(String, String)> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl LogSink for Lines {
    fn line(&self, level: &str, message: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((level.to_owned(), message.to_owned()));
    }
}

/// Keeps keys and values in memory: for tests and for trying things.
#[derive(Debug, Default)]
pub struct MemoryKeyValue(Mutex<BTreeMap<String, Vec<u8>>>);

impl KeyValue for MemoryKeyValue {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, String> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned())
    }

    fn set(&self, key: &str, value: Option<Vec<u8>>) -> Result<(), String> {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match value {
            Some(value) => map.insert(key.to_owned(), value),
            None => map.remove(key),
        };
        Ok(())
    }

    fn keys(&self, after: &str, limit: u32) -> Result<Vec<String>, String> {
        let map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(map.keys().filter(|key| key.as_str() > after).take(limit as usize).cloned().collect())
    }
}

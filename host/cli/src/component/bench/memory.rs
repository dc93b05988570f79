//! What a component on the bench is lent, kept in memory, and what it did with it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use rollcall_sandbox::capabilities::{InboxReader, MemoryKeyValue, OutboxWriter};
use rollcall_sandbox::contract::types::Value;
use rollcall_sandbox::egress::{Call, Observer};
use rollcall_sandbox::{Inbox, KeyValue, LogSink, Lookup, Outbox, Scheduling};
use rollcall_sync::clock::parse_rfc3339;
use rollcall_sync::mirror::Projection;
use serde_json::{Map, Value as Json};

use crate::component::project::InUse;

/// Everything that a component is lent.
pub struct Memory {
    folder: PathBuf,
    files: Vec<String>,
    people: Arc<Vec<(String, String)>>,
    storage: MemoryKeyValue,
    due: Vec<String>,
    in_use: Vec<InUse>,
    done: Arc<Mutex<Done>>,
}

/// What a component did beside its answers.
#[derive(Debug, Default)]
pub struct Done {
    /// Lines that it wrote: level and text.
    pub lines: Vec<(String, String)>,
    /// Wake-ups that it asked for: subject and time.
    pub wakes: BTreeMap<String, String>,
    /// Whom it looked up.
    pub looked_up: Vec<String>,
    /// Keys that it wrote.
    pub written: Vec<String>,
    /// Files that it finished.
    pub files: BTreeMap<String, String>,
    /// Requests that it sent.
    pub calls: Vec<String>,
}

impl Memory {
    pub(super) fn new(folder: PathBuf, files: Vec<String>, people: Arc<Vec<(String, String)>>) -> Self {
        let (storage, done) = (MemoryKeyValue::default(), Arc::default());
        Self { folder, files, people, storage, due: Vec::new(), in_use: Vec::new(), done }
    }

    /// The same with what is there at the beginning: keys of the storage, subjects whose time has come, and texts that others have.
    pub(super) fn with(mut self, storage: &Map<String, Json>, due: Vec<String>, in_use: Vec<InUse>) -> Self {
        for (key, value) in storage {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            // Memory has no quota that could refuse it.
            let _ = self.storage.set(key, Some(text.into_bytes()));
        }
        (self.due, self.in_use) = (due, in_use);
        self
    }

    /// What was done since the last time.
    pub fn taken(&self) -> Done {
        std::mem::take(&mut *self.done())
    }

    fn done(&self) -> std::sync::MutexGuard<'_, Done> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogSink for Memory {
    fn line(&self, level: &str, message: &str) {
        self.done().lines.push((level.to_owned(), message.to_owned()));
    }
}

impl Observer for Memory {
    fn called(&self, call: &Call) {
        let came = match (call.status, &call.error) {
            (Some(status), _) => status.to_string(),
            (None, Some(error)) => error.clone(),
            (None, None) => "no answer".to_owned(),
        };
        self.done().calls.push(format!("{} {}: {came}", call.method, call.address));
    }
}

impl KeyValue for Memory {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, String> {
        self.storage.get(key)
    }

    fn set(&self, key: &str, value: Option<Vec<u8>>) -> Result<(), String> {
        self.done().written.push(key.to_owned());
        self.storage.set(key, value)
    }

    fn keys(&self, after: &str, limit: u32) -> Result<Vec<String>, String> {
        self.storage.keys(after, limit)
    }
}

impl Lookup for Memory {
    fn properties(&self, _: &str, id: &str, properties: &[String]) -> Option<Vec<Value>> {
        self.done().looked_up.push(id.to_owned());
        let (_, object) = self.people.iter().find(|(known, _)| known == id)?;
        Some(Projection::new(properties).read(object))
    }

    fn in_use(&self, attribute: &str, text: &str, _: &str) -> bool {
        self.in_use.iter().any(|known| known.attribute == attribute && known.text == text)
    }
}

impl Scheduling for Memory {
    fn wake(&self, at: &str, subject: &str) -> Result<(), String> {
        if parse_rfc3339(at).is_none() {
            return Err(format!("\"{at}\" is no moment: write 2026-11-23T06:30:00Z"));
        }
        self.done().wakes.insert(subject.to_owned(), at.to_owned());
        Ok(())
    }

    fn due(&self) -> Vec<String> {
        self.due.clone()
    }
}

impl Outbox for Memory {
    fn create(&self, name: &str) -> Result<Box<dyn OutboxWriter>, String> {
        Ok(Box::new(Writing { name: name.to_owned(), text: Some(String::new()), done: Arc::clone(&self.done) }))
    }
}

struct Writing {
    name: String,
    text: Option<String>,
    done: Arc<Mutex<Done>>,
}

impl OutboxWriter for Writing {
    fn write(&mut self, text: &str) -> Result<(), String> {
        let Some(written) = &mut self.text else { return Err(format!("{} is finished", self.name)) };
        written.push_str(text);
        Ok(())
    }

    fn finish(&mut self) -> Result<(), String> {
        let Some(text) = self.text.take() else { return Err(format!("{} is finished", self.name)) };
        self.done.lock().unwrap_or_else(PoisonError::into_inner).files.insert(self.name.clone(), text);
        Ok(())
    }
}

impl Inbox for Memory {
    fn open(&self, name: &str) -> Result<Box<dyn InboxReader>, String> {
        if !self.files.iter().any(|known| known == name) {
            return Err(format!("the file \"{name}\" is not granted"));
        }
        let path = self.folder.join(name);
        let bytes = std::fs::read(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        Ok(Box::new(Reading(bytes)))
    }
}

struct Reading(Vec<u8>);

impl InboxReader for Reading {
    fn read(&mut self, offset: u64, limit: u32) -> Result<Vec<u8>, String> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let end = start.saturating_add(limit as usize).min(self.0.len());
        Ok(self.0.get(start..end).unwrap_or_default().to_vec())
    }

    fn size(&self) -> u64 {
        self.0.len() as u64
    }
}

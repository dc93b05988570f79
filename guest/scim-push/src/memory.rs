//! What this step remembers in its storage.
//!
//! | key | value |
//! | --- | --- |
//! | `service` | what discovery found |
//! | `person/<source id>` | the SCIM id of the entry |
//! | `entry/<SCIM id>` | the source id |
//! | `version/<SCIM id>` | the version that the entry had when it was last written, where the service gives versions |
//! | `waiting/<manager>/<person>` | a person whose manager has no entry yet, both by their source ids |
//!
//! Ids stand percent-encoded in keys. A person who waits is linked when the manager's entry comes into being.

use rollcall_sdk::http::encode_segment;
use rollcall_sdk::storage::{Error, Storage};

use crate::api::decode_segment;

/// The memory.
#[derive(Debug)]
pub(crate) struct Memory<S>(S);

impl<S: Storage> Memory<S> {
    pub(crate) fn new(storage: S) -> Self {
        Memory(storage)
    }

    fn get(&self, key: &str) -> Result<Option<String>, Error> {
        Ok(self.0.get(key)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).filter(|text| !text.is_empty()))
    }

    /// What discovery found.
    pub(crate) fn service(&self) -> Result<Option<String>, Error> {
        self.get("service")
    }

    pub(crate) fn set_service(&self, text: &str) -> Result<(), Error> {
        self.0.set("service", text.as_bytes())
    }

    /// The SCIM id of a person's entry.
    pub(crate) fn entry_of(&self, person: &str) -> Result<Option<String>, Error> {
        self.get(&format!("person/{}", encode_segment(person)))
    }

    /// The source id of the person whose entry this is.
    pub(crate) fn person_of(&self, entry: &str) -> Result<Option<String>, Error> {
        self.get(&format!("entry/{}", encode_segment(entry)))
    }

    /// Remembers a person's entry. Nothing is written when it is known.
    pub(crate) fn remember(&self, person: &str, entry: &str) -> Result<(), Error> {
        let before = self.entry_of(person)?;
        if before.as_deref() == Some(entry) {
            return Ok(());
        }
        if let Some(before) = before {
            self.0.delete(&format!("entry/{}", encode_segment(&before)))?;
        }
        self.0.set(&format!("entry/{}", encode_segment(entry)), person.as_bytes())?;
        self.0.set(&format!("person/{}", encode_segment(person)), entry.as_bytes())
    }

    /// Forgets a person's entry.
    pub(crate) fn forget(&self, person: &str) -> Result<(), Error> {
        if let Some(entry) = self.entry_of(person)? {
            self.0.delete(&format!("entry/{}", encode_segment(&entry)))?;
            self.0.delete(&format!("version/{}", encode_segment(&entry)))?;
        }
        self.0.delete(&format!("person/{}", encode_segment(person)))
    }

    /// The version that an entry had when it was last written.
    pub(crate) fn version_of(&self, entry: &str) -> Result<Option<String>, Error> {
        self.get(&format!("version/{}", encode_segment(entry)))
    }

    /// Remembers the version that an entry has now; none when nobody told it. Nothing is written when it is known.
    pub(crate) fn set_version(&self, entry: &str, version: Option<&str>) -> Result<(), Error> {
        let key = format!("version/{}", encode_segment(entry));
        match (version, self.get(&key)?) {
            (version, before) if version == before.as_deref() => Ok(()),
            (Some(version), _) => self.0.set(&key, version.as_bytes()),
            (None, _) => self.0.delete(&key),
        }
    }

    /// Remembers that a person waits for the entry of the manager.
    pub(crate) fn wait(&self, person: &str, manager: &str) -> Result<(), Error> {
        self.0.set(&waiting(manager, person), b"1")
    }

    /// Whether a person is noted as waiting for this manager.
    pub(crate) fn is_waiting(&self, person: &str, manager: &str) -> Result<bool, Error> {
        Ok(self.0.get(&waiting(manager, person))?.is_some())
    }

    /// The person does not wait for this manager (any more).
    pub(crate) fn stop_waiting(&self, person: &str, manager: &str) -> Result<(), Error> {
        self.0.delete(&waiting(manager, person))
    }

    /// People who wait for this manager, up to a page of them.
    pub(crate) fn waiting_for(&self, manager: &str) -> Result<Vec<String>, Error> {
        let prefix = waiting(manager, "");
        let (keys, _) = self.0.keys(Some(&prefix))?;
        let people = keys.iter().map_while(|key| key.strip_prefix(&prefix));
        Ok(people.filter_map(decode_segment).collect())
    }
}

fn waiting(manager: &str, person: &str) -> String {
    format!("waiting/{}/{}", encode_segment(manager), encode_segment(person))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::testing::MemoryStorage;

    #[test]
    fn an_entry_is_known_by_either_id_until_it_is_forgotten() {
        let storage = MemoryStorage::new();
        let memory = Memory::new(storage.clone());
        memory.remember("a/1", "s1").unwrap();
        memory.remember("a/1", "s2").unwrap();
        assert_eq!(memory.entry_of("a/1").unwrap().as_deref(), Some("s2"));
        assert_eq!(memory.person_of("s2").unwrap().as_deref(), Some("a/1"));
        assert_eq!(memory.person_of("s1").unwrap(), None);
        memory.set_version("s2", Some("W/\"1\"")).unwrap();
        assert_eq!(memory.version_of("s2").unwrap().as_deref(), Some("W/\"1\""));
        memory.forget("a/1").unwrap();
        assert!(storage.contents().is_empty());
    }

    #[test]
    fn only_those_who_wait_for_this_manager_are_found() {
        let memory = Memory::new(MemoryStorage::new());
        for (person, manager) in [("1", "m"), ("a/é", "m"), ("2", "m2"), ("3", "l")] {
            memory.wait(person, manager).unwrap();
        }
        assert_eq!(memory.waiting_for("m").unwrap(), ["1", "a/é"]);
        assert!(memory.is_waiting("1", "m").unwrap());
        memory.stop_waiting("1", "m").unwrap();
        assert!(!memory.is_waiting("1", "m").unwrap());
        assert_eq!(memory.waiting_for("m").unwrap(), ["a/é"]);
        assert!(memory.waiting_for("nobody").unwrap().is_empty());
    }
}

//! Managers: a reference from one entry to another, which can be written only when both are there.
//!
//! Whoever comes second makes the link. A person whose manager has no entry is noted as waiting, and after the note it is looked
//! again: of two instances that create both at the same time, at least one sees the other's entry.

use rollcall_sdk::Fault;
use rollcall_sdk::http::Client;
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::PersonEntry;
use serde_json::Value as Json;

use crate::api::Trouble;
use crate::directory::at;
use crate::path::{ENTERPRISE, Path};
use crate::scim::{Ready, Scim};

/// Links that are made in one operation; a manager of more people is come back to.
const LINKS: usize = 100;

impl<C: Client, S: Storage> Scim<C, S> {
    /// Notes that a person waits for a manager without an entry.
    pub(crate) fn await_manager(&self, ready: &Ready, person: &PersonEntry, id: &str) -> Result<(), Trouble> {
        let (manager, before) = ready.profile.manager(person);
        if let Some(before) = before.filter(|before| manager.as_ref() != Some(before)) {
            self.memory.stop_waiting(&person.person, &before)?;
        }
        let Some(manager) = manager else { return Ok(()) };
        if self.memory.entry_of(&manager)?.is_some() {
            return self.memory.stop_waiting(&person.person, &manager).map_err(Trouble::from);
        }
        self.memory.wait(&person.person, &manager)?;
        if let Some(entry) = self.memory.entry_of(&manager)? {
            self.link(ready, id, &entry)?;
            self.memory.stop_waiting(&person.person, &manager)?;
        }
        Ok(())
    }

    /// Links the people who waited for this manager.
    pub(crate) fn link_reports(&self, ready: &Ready, manager: &str, id: &str) -> Result<(), Trouble> {
        if !ready.profile.paths().any(Path::is_manager) {
            return Ok(());
        }
        let mut linked = 0;
        loop {
            let people = self.memory.waiting_for(manager)?;
            if people.is_empty() {
                return Ok(());
            }
            for person in people {
                if linked == LINKS {
                    let message = format!("{LINKS} people were linked to their manager; the others follow.");
                    return Err(Trouble::Later(Fault::new(message).retry(Some(0))));
                }
                if let Some(entry) = self.memory.entry_of(&person)? {
                    match self.link(ready, &entry, id) {
                        Err(Trouble::Refused(fault)) => {
                            rollcall_sdk::warn!(
                                "{person} was not linked to the manager {manager}: {}",
                                fault.sentence()
                            );
                        }
                        done => done?,
                    }
                    linked += 1;
                }
                self.memory.stop_waiting(&person, manager)?;
            }
        }
    }

    fn link(&self, ready: &Ready, person: &str, manager: &str) -> Result<(), Trouble> {
        let extension = Some(ENTERPRISE.to_owned());
        let path = Path { extension, attribute: "manager".to_owned(), choice: None, sub: Some("value".to_owned()) };
        self.change(ready, &at(&ready.service.users, person), &[(path, Json::from(manager))])
    }
}

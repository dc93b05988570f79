//! Managers: a reference from one entry to another, which can be written only when both are there.
//!
//! Whoever comes second makes the link. A person whose manager had no entry when the person's was written is noted as waiting, and after
//! the note it is looked again: of two instances that create both at the same time, at least one sees the other's entry. The same holds
//! for a person and a manager in one bulk request.

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

/// Whether what is written of a person refers to the manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Link {
    /// It does, or there is no manager.
    Written,
    /// The manager has no entry yet.
    Missing,
}

impl<C: Client, S: Storage> Scim<C, S> {
    /// Whether there is nothing to wait for: what is written from now on refers to the manager, if there is one.
    pub(crate) fn manager(&self, ready: &Ready, person: &PersonEntry) -> Result<Link, Trouble> {
        let (Some(manager), _) = ready.profile.manager(person) else { return Ok(Link::Written) };
        let known = self.memory.entry_of(&manager)?.is_some();
        Ok(if known { Link::Written } else { Link::Missing })
    }

    /// Notes that a person waits for a manager who had no entry when the person's was written.
    pub(crate) fn await_manager(
        &self,
        ready: &Ready,
        person: &PersonEntry,
        id: &str,
        link: Link,
    ) -> Result<(), Trouble> {
        let (manager, before) = ready.profile.manager(person);
        if let Some(before) = before.filter(|before| manager.as_ref() != Some(before)) {
            self.memory.stop_waiting(&person.person, &before)?;
        }
        let Some(manager) = manager else { return Ok(()) };
        match link {
            Link::Missing => self.memory.wait(&person.person, &manager)?,
            // Whoever is still noted may have been written before the manager was: by a run that was ended between the two.
            Link::Written if !self.memory.is_waiting(&person.person, &manager)? => return Ok(()),
            Link::Written => {}
        }
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
        let version = self.change(ready, &at(&ready.service.users, person), &[(path, Json::from(manager))])?;
        self.note_version(ready, person, version)
    }
}

#[cfg(test)]
mod tests {
    use rollcall_sdk::Attribute;
    use rollcall_sdk::http::{Error, Method, Request, Response};
    use rollcall_sdk::target::{Operation, Outcome};
    use rollcall_sdk::testing::{MemoryStorage, ScriptedHttp};
    use serde_json::json;

    use super::*;
    use crate::service::Service;

    /// A service where another instance makes the manager's entry while a person's is being made.
    struct Racing {
        script: ScriptedHttp,
        storage: MemoryStorage,
    }

    impl Client for Racing {
        fn send(&self, request: &Request) -> Result<Response, Error> {
            if request.method == Method::Post {
                self.storage.set("person/m", b"scim-m").unwrap();
            }
            self.script.send(request)
        }
    }

    #[test]
    fn a_manager_who_comes_while_a_person_is_written_is_linked_afterwards() {
        let answer = |status, body: Json| Response::json_of(status, &body.to_string());
        let search =
            "https://a.example/Users?filter=externalId%20eq%20%221%22%20or%20userName%20eq%20%22a%40x.example%22";
        let entry = "https://a.example/Users/s1";
        let script = ScriptedHttp::new()
            .answer(Method::Get, search, answer(200, json!({"Resources": []})))
            .answer(Method::Post, "https://a.example/Users", answer(201, json!({"id": "s1"})))
            .answer(Method::Get, entry, answer(200, json!({"id": "s1", "userName": "a@x.example"})))
            .answer(Method::Patch, entry, answer(200, json!({"id": "s1"})));
        let storage = MemoryStorage::new();
        storage.set("service", serde_json::to_string(&Service::default()).unwrap().as_bytes()).unwrap();
        let attributes = ["email", "manager_id"].map(Attribute::text);
        let settings = rollcall_sdk::settings::parse(r#"{"base_url": "https://a.example"}"#).unwrap();
        let http = Racing { script: script.clone(), storage: storage.clone() };
        let scim = Scim::new(http, storage.clone(), settings, &attributes).unwrap();

        let values = vec!["a@x.example".into(), "m".into()];
        let person = PersonEntry { person: "1".into(), remote: None, values, before: vec![], active: true };
        let outcomes = scim.push(&[Operation::PutPerson(person)]);

        assert!(matches!(outcomes.as_slice(), [Outcome::Done(_)]), "{outcomes:?}");
        script.assert_finished();
        let linked = script.bodies().pop().unwrap();
        assert!(linked.contains(r#""value":{"value":"scim-m"}"#), "{linked}");
        assert!(!storage.contents().keys().any(|key| key.starts_with("waiting")), "{:?}", storage.contents());
    }
}

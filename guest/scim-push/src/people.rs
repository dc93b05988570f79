//! People: finding, creating, changing, removing.

use rollcall_sdk::Fault;
use rollcall_sdk::http::{Client, Method};
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::{PersonEntry, Receipt};
use serde_json::{Value as Json, json};

use crate::api::{Reply, Trouble};
use crate::change::{Wanted, operations};
use crate::directory::{Kind, Sought, at};
use crate::entry::{Version, name_extension, patch};
use crate::managers::Link;
use crate::path::{Path, USER};
use crate::profile::Which;
use crate::scim::{Ready, Scim};

/// So many versions in a row that were left behind say that those which are remembered are of no use.
const TIRED: u32 = 3;

/// What is to be done about a person.
#[derive(Debug)]
pub(crate) enum Step {
    /// Make an entry.
    Create(Json),
    /// Change an entry by what was last known of it.
    Change { id: String, operations: Vec<Json>, version: Version },
    /// Read the entry and change it by what it is: what was last known says too little.
    Look { id: String },
    /// Take over an entry that is there.
    Adopt(Reply),
    /// Nothing.
    Nothing { id: String },
}

impl<C: Client, S: Storage> Scim<C, S> {
    /// Creates a person's entry or changes it.
    pub(crate) fn put_person(&self, ready: &Ready, person: &PersonEntry) -> Result<Receipt, Trouble> {
        let link = self.manager(ready, person)?;
        let step = self.step(ready, person)?;
        let (id, adopted) = self.take(ready, person, step)?;
        self.settle(ready, person, id, adopted, link)
    }

    /// Remembers whose entry it is, and links managers.
    pub(crate) fn settle(
        &self,
        ready: &Ready,
        person: &PersonEntry,
        id: String,
        adopted: bool,
        link: Link,
    ) -> Result<Receipt, Trouble> {
        self.memory.remember(&person.person, &id)?;
        self.await_manager(ready, person, &id, link)?;
        self.link_reports(ready, &person.person, &id)?;
        Ok(Receipt { adopted, ..Receipt::of(id) })
    }

    /// What is to be done. It sends no more than a search.
    pub(crate) fn step(&self, ready: &Ready, person: &PersonEntry) -> Result<Step, Trouble> {
        self.user_name(ready, person)?;
        let known = match &person.remote {
            Some(id) => Some(id.clone()),
            None => self.memory.entry_of(&person.person)?,
        };
        let Some(id) = known else { return self.search(ready, person) };
        if !ready.service.patch || person.before.is_empty() {
            return Ok(Step::Look { id });
        }
        let entry_of = |person: &str| self.memory.entry_of(person).ok().flatten();
        let mut before = ready.profile.before(person, &entry_of);
        // Nobody knows whether the entry was active; saying it again costs nothing.
        active_path().set(&mut before, Json::from(!person.active));
        let operations = operations(&before, &self.wanted(ready, person, Which::Changed));
        // Adding a value twice could double it, so what is there must be known.
        let adds = operations.iter().any(|operation| operation.get("value").is_some_and(Json::is_array));
        if adds {
            return Ok(Step::Look { id });
        }
        if operations.is_empty() {
            return Ok(Step::Nothing { id });
        }
        let version = self.known_version(ready, &id)?;
        Ok(Step::Change { id, operations, version })
    }

    fn search(&self, ready: &Ready, person: &PersonEntry) -> Result<Step, Trouble> {
        let name = self.user_name(ready, person)?;
        let place = &ready.service.users;
        let sought = Sought { kind: Kind::User, place, key: &person.person, name: &name };
        let Some(found) = self.find(ready, sought)? else { return Ok(Step::Create(self.new_user(ready, person))) };
        if let Some(id) = found.id()
            && let Some(owner) = self.memory.person_of(&id)?
            && owner != person.person
        {
            return Err(Trouble::Refused(Fault::new(format!(
                "The entry {id} of the service has the userName \"{name}\" and belongs to another person of the source ({owner})."
            ))));
        }
        Ok(Step::Adopt(found))
    }

    /// Does it; answers the id of the entry, and whether it was there before.
    pub(crate) fn take(&self, ready: &Ready, person: &PersonEntry, step: Step) -> Result<(String, bool), Trouble> {
        let users = &ready.service.users;
        let (id, done) = match step {
            Step::Nothing { id } => return Ok((id, false)),
            Step::Create(user) => return self.create(ready, person, &user),
            Step::Adopt(found) => return self.adopt(ready, person, found).map(|id| (id, true)),
            Step::Change { id, operations, version } => {
                let version = self.condition(ready, version.as_deref());
                let done = self.api.call_if(Method::Patch, &at(users, &id), Some(&patch(operations)), version);
                if version.is_some() {
                    self.note_outdated(done.as_ref().is_err_and(Trouble::is_outdated));
                }
                (id, done.map(|reply| reply.version().map(str::to_owned)))
            }
            Step::Look { id } => {
                let done = self.look(ready, person, &id);
                (id, done)
            }
        };
        match done {
            Ok(version) => {
                self.note_version(ready, &id, version)?;
                Ok((id, false))
            }
            // What was last known is not what is there (RFC 7644 section 3.5.2: noTarget), or somebody changed it.
            Err(trouble) if trouble.is_bad_request() || trouble.is_outdated() => {
                let version = self.look(ready, person, &id)?;
                self.note_version(ready, &id, version)?;
                Ok((id, false))
            }
            // Removed by somebody else.
            Err(trouble) if trouble.is_missing() => {
                self.memory.forget(&person.person)?;
                match self.search(ready, person)? {
                    Step::Adopt(found) => self.adopt(ready, person, found).map(|id| (id, true)),
                    _ => self.create(ready, person, &self.new_user(ready, person)),
                }
            }
            Err(trouble) => Err(trouble),
        }
    }

    fn look(&self, ready: &Ready, person: &PersonEntry, id: &str) -> Result<Version, Trouble> {
        let which = if person.before.is_empty() { Which::Adopted } else { Which::Changed };
        self.change(ready, &at(&ready.service.users, id), &self.wanted(ready, person, which))
    }

    fn create(&self, ready: &Ready, person: &PersonEntry, user: &Json) -> Result<(String, bool), Trouble> {
        match self.api.call(Method::Post, &ready.service.users, Some(user)) {
            Ok(reply) => {
                let id = match reply.id() {
                    Some(id) => id,
                    None => self.found_again(ready, person)?,
                };
                self.note_version(ready, &id, reply.version().map(str::to_owned))?;
                let mut noted = user.clone();
                id_path().set(&mut noted, Json::from(id.as_str()));
                self.note(Kind::User, &noted);
                Ok((id, false))
            }
            // Somebody else made it between the search and now, or a request of ours that got no answer.
            Err(Trouble::Refused(fault)) if fault.status == Some(409) => match self.search(ready, person)? {
                Step::Adopt(found) => self.adopt(ready, person, found).map(|id| (id, true)),
                _ => Err(Trouble::Refused(fault)),
            },
            Err(trouble) => Err(trouble),
        }
    }

    /// A service that answers a creation without an id is asked for it.
    pub(crate) fn found_again(&self, ready: &Ready, person: &PersonEntry) -> Result<String, Trouble> {
        if let Step::Adopt(found) = self.search(ready, person)?
            && let Some(id) = found.id()
        {
            return Ok(id);
        }
        let message = "The service created an entry, told no id of it, and does not find it.";
        Err(Trouble::Later(Fault::new(message).retry(None)))
    }

    fn adopt(&self, ready: &Ready, person: &PersonEntry, found: Reply) -> Result<String, Trouble> {
        let Some(id) = found.id() else {
            return Err(Trouble::Refused(Fault::new(
                "The service has an entry of this userName and tells no id of it.",
            )));
        };
        let path = at(&ready.service.users, &id);
        let mut wanted = self.wanted(ready, person, Which::Adopted);
        wanted.push((key_path(), Json::from(person.person.as_str())));
        let version = self.change_from(ready, &path, found, &wanted)?;
        self.note_version(ready, &id, version)?;
        Ok(id)
    }

    /// The version that an entry had when it was last written, where the service says that it goes by versions. A service that counts
    /// also what others write there, such as the groups of a user, leaves them all behind: then they cost more than they save.
    fn known_version(&self, ready: &Ready, id: &str) -> Result<Version, Trouble> {
        if ready.service.versions != Some(true) || self.outdated.get() >= TIRED {
            return Ok(None);
        }
        Ok(self.memory.version_of(id)?)
    }

    fn note_outdated(&self, outdated: bool) {
        self.outdated.set(if outdated { self.outdated.get() + 1 } else { 0 });
    }

    /// Remembers the version that an entry has now.
    pub(crate) fn note_version(&self, ready: &Ready, id: &str, version: Version) -> Result<(), Trouble> {
        if ready.service.versions == Some(true) {
            self.memory.set_version(id, version.as_deref())?;
        }
        Ok(())
    }

    /// Removes a person's entry. One that is not there is done; a service that keeps entries for ever gets it inactive.
    pub(crate) fn remove_person(&self, ready: &Ready, person: &PersonEntry) -> Result<Receipt, Trouble> {
        let id = match &person.remote {
            Some(id) => Some(id.clone()),
            None => self.memory.entry_of(&person.person)?,
        };
        let mut note = None;
        if let Some(id) = id {
            let path = at(&ready.service.users, &id);
            match self.remove(ready, &path, self.known_version(ready, &id)?) {
                Ok(()) => {}
                Err(trouble) if trouble.is_missing() => {}
                Err(trouble) if trouble.is_unable() => {
                    self.change(ready, &path, &[(active_path(), Json::from(false))])?;
                    note = Some("The service removes nobody; the entry is inactive now.".to_owned());
                }
                Err(trouble) => return Err(trouble),
            }
        }
        if let (_, Some(manager)) = ready.profile.manager(person) {
            self.memory.stop_waiting(&person.person, &manager)?;
        }
        self.memory.forget(&person.person)?;
        Ok(Receipt { note, ..Receipt::plain() })
    }

    fn wanted(&self, ready: &Ready, person: &PersonEntry, which: Which) -> Vec<Wanted> {
        let entry_of = |person: &str| self.memory.entry_of(person).ok().flatten();
        let mut wanted = ready.profile.wanted(person, which, &entry_of);
        wanted.push((active_path(), Json::from(person.active)));
        wanted
    }

    fn new_user(&self, ready: &Ready, person: &PersonEntry) -> Json {
        let mut user = json!({"schemas": [USER], "externalId": person.person});
        for (path, value) in self.wanted(ready, person, Which::All) {
            if !value.is_null() {
                path.set(&mut user, value);
            }
        }
        name_extension(&mut user);
        user
    }

    fn user_name(&self, ready: &Ready, person: &PersonEntry) -> Result<String, Trouble> {
        ready.profile.user_name(person).ok_or_else(|| {
            let attribute = ready.profile.user_name_attribute();
            Trouble::Refused(Fault::new(format!(
                "This person has no value for `{attribute}`, which becomes the userName that SCIM demands. The setting `user_name` \
                 names another attribute."
            )))
        })
    }
}

fn active_path() -> Path {
    plain("active")
}

fn key_path() -> Path {
    plain("externalId")
}

fn id_path() -> Path {
    plain("id")
}

fn plain(name: &str) -> Path {
    Path { extension: None, attribute: name.to_owned(), choice: None, sub: None }
}

#[cfg(test)]
mod tests {
    use rollcall_sdk::http::Response;
    use rollcall_sdk::target::{Operation, Outcome};
    use rollcall_sdk::testing::{MemoryStorage, ScriptedHttp};
    use rollcall_sdk::{Attribute, Value};

    use super::*;
    use crate::service::Service;

    const BASE: &str = "https://a.example";

    fn entry(number: usize) -> String {
        format!("{BASE}/Users/s{number}")
    }

    /// A service that gives versions, and that first told version 1 of each entry.
    fn scim(http: &ScriptedHttp, bulk: Option<(u32, u32)>) -> (Scim<ScriptedHttp, MemoryStorage>, MemoryStorage) {
        let storage = MemoryStorage::new();
        let service = Service { versions: Some(true), bulk, ..Service::default() };
        storage.set("service", serde_json::to_string(&service).unwrap().as_bytes()).unwrap();
        for number in 1..=4 {
            storage.set(&format!("version/s{number}"), b"W/\"1\"").unwrap();
        }
        let settings = rollcall_sdk::settings::parse(&format!(r#"{{"base_url": "{BASE}"}}"#)).unwrap();
        let attributes = ["email", "job_title"].map(Attribute::text);
        (Scim::new(http.clone(), storage.clone(), settings, &attributes).unwrap(), storage)
    }

    /// A promotion of somebody whose entry is known.
    fn promotion(number: usize) -> Operation {
        Operation::PutPerson(PersonEntry {
            person: number.to_string(),
            remote: Some(format!("s{number}")),
            values: vec![Value::Keep, "Boss".into()],
            before: vec!["a@x.example".into(), "Clerk".into()],
            active: true,
        })
    }

    fn now(version: &str) -> Response {
        let body = json!({"userName": "a@x.example", "title": "Clerk", "meta": {"version": version}});
        Response::json_of(200, &body.to_string())
    }

    #[test]
    fn versions_that_are_left_behind_again_and_again_are_not_named_any_more() {
        let mut http = ScriptedHttp::new();
        for number in 1..=3 {
            http = http
                .answer(Method::Patch, entry(number), Response::json_of(412, "{}"))
                .answer(Method::Get, entry(number), now("W/\"2\""))
                .answer(Method::Patch, entry(number), now("W/\"3\""));
        }
        http = http.answer(Method::Patch, entry(4), now("W/\"3\""));
        let outcomes = scim(&http, None).0.push(&[1, 2, 3, 4].map(promotion));
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done(_))), "{outcomes:?}");
        http.assert_finished();
        let named = |request: &rollcall_sdk::http::Request| {
            request.headers.iter().find(|(name, _)| name == "if-match").map(|(_, version)| version.clone())
        };
        let named: Vec<Option<String>> =
            http.requests().iter().filter(|request| request.method == Method::Patch).map(named).collect();
        let named: Vec<Option<&str>> = named.iter().map(Option::as_deref).collect();
        let (one, two) = (Some("W/\"1\""), Some("W/\"2\""));
        assert_eq!(named, [one, two, one, two, one, two, None], "the fourth is changed whatever its version");
    }

    #[test]
    fn a_bulk_request_names_versions_and_what_is_outdated_goes_alone() {
        let answers = json!({"Operations": [
            {"method": "PATCH", "bulkId": "p0", "status": "200", "version": "W/\"2\""},
            {"method": "PATCH", "bulkId": "p1", "status": "412"},
        ]});
        let http = ScriptedHttp::new()
            .answer(Method::Post, format!("{BASE}/Bulk"), Response::json_of(200, &answers.to_string()))
            .answer(Method::Get, entry(2), now("W/\"7\""))
            .answer(Method::Patch, entry(2), now("W/\"8\""));
        let (scim, storage) = scim(&http, Some((10, 100_000)));
        let outcomes = scim.push(&[1, 2].map(promotion));
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Done(_))), "{outcomes:?}");
        http.assert_finished();
        let sent: Json = serde_json::from_str(&http.bodies()[0]).unwrap();
        let versions: Vec<&Json> = sent["Operations"].as_array().unwrap().iter().map(|one| &one["version"]).collect();
        assert_eq!(versions, ["W/\"1\"", "W/\"1\""]);
        assert_eq!(
            (storage.contents()["version/s1"].as_str(), storage.contents()["version/s2"].as_str()),
            ("W/\"2\"", "W/\"8\"")
        );
    }
}

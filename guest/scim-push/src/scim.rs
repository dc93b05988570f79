//! What the service can do, and a batch of operations.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::rc::Rc;

use rollcall_sdk::http::Client;
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::{Abilities, Delivery, Operation, Outcome, PersonEntry, Receipt, TargetLimits};
use rollcall_sdk::{Attribute, Failure, Problem};

use crate::api::{Api, Trouble};
use crate::directory::Directory;
use crate::memory::Memory;
use crate::profile::Profile;
use crate::service::Service;
use crate::settings::{Bulk, Settings};

/// Operations of a batch: with two or three requests for each, and answers within a second, a batch stays within a minute.
const OPERATIONS: u32 = 20;

/// A SCIM service, reached through a client, with storage for whose entry is whose.
pub struct Scim<C, S> {
    pub(crate) api: Api<C>,
    pub(crate) memory: Memory<S>,
    pub(crate) settings: Settings,
    profile: Profile,
    ready: RefCell<Option<Rc<Ready>>>,
    /// The service refused a filter with `or`.
    pub(crate) plain_filters: Cell<bool>,
    /// The service does not take the removal of a chosen member.
    pub(crate) whole_members: Cell<bool>,
    /// The service refuses the versions that it tells.
    pub(crate) useless_versions: Cell<bool>,
    /// How many versions in a row that were remembered had been left behind.
    pub(crate) outdated: Cell<u32>,
    /// Everything that was listed of a service without filters: users, groups.
    pub(crate) users: RefCell<Option<Directory>>,
    pub(crate) groups: RefCell<Option<Directory>>,
}

/// What is known once the service was asked.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) service: Service,
    /// The attributes that the service takes.
    pub(crate) profile: Profile,
}

impl<C, S> fmt::Debug for Scim<C, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scim").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<C: Client, S: Storage> Scim<C, S> {
    /// Checks the settings. No request is sent.
    pub fn new(http: C, storage: S, settings: Settings, attributes: &[Attribute]) -> Result<Self, Problem> {
        let base = settings.check()?;
        Ok(Scim {
            api: Api::new(http, base),
            memory: Memory::new(storage),
            profile: Profile::of(attributes, &settings)?,
            settings,
            ready: RefCell::new(None),
            plain_filters: Cell::new(false),
            whole_members: Cell::new(false),
            useless_versions: Cell::new(false),
            outdated: Cell::new(0),
            users: RefCell::new(None),
            groups: RefCell::new(None),
        })
    }

    /// Asks the service what it can do. A service that cannot PATCH or filter is used by one instance at a time: it has to be
    /// read before it is written.
    pub fn limits(&self) -> Result<TargetLimits, Failure> {
        let service = Service::discover(&self.api, self.profile.paths())?;
        for (path, reason) in &service.dropped {
            rollcall_sdk::info!("The service does not take `{path}`: {reason}.");
        }
        if let Ok(text) = serde_json::to_string(&service) {
            // Without it every instance asks for itself.
            let _ = self.memory.set_service(&text);
        }
        let alone = !service.patch || !service.filter;
        let limits = TargetLimits {
            operations: OPERATIONS,
            members: self.settings.members_per_request,
            concurrency: if alone { 1 } else { self.settings.concurrency },
            requests_per_minute: self.settings.requests_per_minute,
            people: Delivery::Changes,
            groups: if service.groups.is_some() { Delivery::Changes } else { Delivery::Nothing },
            // That a removed user leaves the groups is written nowhere (RFC 7644 section 3.6), and not every service does it.
            can: Abilities::REMOVE_PEOPLE
                | Abilities::UPDATE_PEOPLE
                | Abilities::SUSPEND_PEOPLE
                | Abilities::RENAME_GROUPS
                | Abilities::REMOVE_GROUPS
                | Abilities::READ,
        };
        self.set_ready(service);
        Ok(limits)
    }

    /// What was discovered, by this instance or by another of this run.
    pub(crate) fn ready(&self) -> Result<Rc<Ready>, Failure> {
        if let Some(ready) = &*self.ready.borrow() {
            return Ok(Rc::clone(ready));
        }
        let stored = self.memory.service().ok().flatten().and_then(|text| serde_json::from_str(&text).ok());
        match stored {
            Some(service) => Ok(self.set_ready(service)),
            None => Ok(self.set_ready(Service::discover(&self.api, self.profile.paths())?)),
        }
    }

    fn set_ready(&self, service: Service) -> Rc<Ready> {
        let dropped: Vec<String> = service.dropped.iter().map(|(path, _)| path.clone()).collect();
        let ready = Rc::new(Ready { profile: self.profile.without(&dropped), service });
        self.ready.replace(Some(Rc::clone(&ready)));
        ready
    }

    /// Does a batch. When the service asks to wait, what was done is told as done and the rest is to be retried.
    pub fn push(&self, operations: &[Operation]) -> Vec<Outcome> {
        let ready = match self.ready() {
            Ok(ready) => ready,
            Err(Failure::Retry(retry)) => return operations.iter().map(|_| Outcome::Retry(retry.clone())).collect(),
            Err(failure) => return operations.iter().map(|_| Outcome::Rejected(failure.fault().clone())).collect(),
        };
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(operations.len());
        while let Some(rest) = operations.get(outcomes.len()..).filter(|rest| !rest.is_empty()) {
            match self.first_of(&ready, rest) {
                Ok(done) => outcomes.extend(done),
                Err(Trouble::Halt(retry)) => outcomes.extend(rest.iter().map(|_| Outcome::Retry(retry.clone()))),
                Err(trouble) => outcomes.push(trouble.into()),
            }
        }
        outcomes
    }

    /// Does the first operation, or the first few where they can share a request: at least one outcome.
    fn first_of(&self, ready: &Ready, operations: &[Operation]) -> Result<Vec<Outcome>, Trouble> {
        let people: Vec<&PersonEntry> = operations
            .iter()
            .map_while(|operation| match operation {
                Operation::PutPerson(person) => Some(person),
                _ => None,
            })
            .collect();
        if let (2.., Some(limits), Bulk::Auto) = (people.len(), ready.service.bulk, self.settings.bulk) {
            return self.put_people(ready, &people, limits);
        }
        let one = |receipt: Receipt| vec![Outcome::Done(receipt)];
        let Some(first) = operations.first() else { return Ok(Vec::new()) };
        match first {
            Operation::PutPerson(person) => self.put_person(ready, person).map(one),
            Operation::RemovePerson(person) => self.remove_person(ready, person).map(one),
            Operation::PutGroup(entry) => self.put_group(ready, entry).map(one),
            Operation::AddMembers(entry) => self.add_members(ready, entry).map(one),
            Operation::RemoveMembers(entry) => self.remove_members(ready, entry).map(one),
            Operation::RemoveGroup(group) => self.remove_group(ready, group).map(|outcome| vec![outcome]),
            Operation::Finish(_) => Ok(one(Receipt::plain())),
        }
    }
}

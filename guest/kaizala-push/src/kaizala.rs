//! What Kaizala can do, and a batch of operations.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt;

use rollcall_sdk::http::Client;
use rollcall_sdk::outbox::Outbox;
use rollcall_sdk::storage::Storage;
use rollcall_sdk::target::{Abilities, Delivery, Operation, Outcome, Part, PersonEntry, Receipt, TargetLimits};
use rollcall_sdk::{Attribute, Fault, Problem, Retry};

use crate::api::{Api, Group, Member, NUMBERS};
use crate::import::Import;
use crate::memory::Memory;
use crate::profile::Profile;
use crate::reply::Trouble;
use crate::settings::{Directory, Settings};

/// Calls at the same time. Four keep the allowance of 100 calls a minute busy as long as an answer takes less than 2.4 s.
const CONCURRENCY: u32 = 4;

/// Operations that may wait in vain for an answer in one batch. Each can take as long as the client is patient.
const UNCLEAR: u32 = 2;

/// Kaizala, reached through a client, with storage for what must not be forgotten and an outbox for the import file.
pub struct Kaizala<C, S, O: Outbox> {
    pub(crate) api: Api<C>,
    pub(crate) memory: Memory<S>,
    pub(crate) import: RefCell<Import<S, O>>,
    pub(crate) settings: Settings,
    pub(crate) profile: Profile,
    /// The groups that were there before this instance created any, once they were asked for.
    pub(crate) existing: RefCell<Option<Vec<Group>>>,
}

impl<C, S, O: Outbox> fmt::Debug for Kaizala<C, S, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Kaizala").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl<C: Client, S: Storage + Clone, O: Outbox> Kaizala<C, S, O> {
    /// Checks the settings. No call is made.
    pub fn new(http: C, storage: S, outbox: O, settings: Settings, attributes: &[Attribute]) -> Result<Self, Problem> {
        let base = settings.check()?;
        let profile = Profile::of(attributes)?;
        Ok(Kaizala {
            api: Api::new(http, base),
            memory: Memory::new(storage.clone()),
            import: RefCell::new(Import::new(storage, outbox, settings.import_file.clone())),
            settings,
            profile,
            existing: RefCell::new(None),
        })
    }

    /// What Kaizala can do. A phone number is all that it knows a person by; groups cannot be renamed or removed.
    pub fn limits(&self) -> TargetLimits {
        let always = Abilities::READ | Abilities::MATCHING_IS_IDENTITY;
        let (people, can) = match self.settings.directory {
            Directory::Csv => (Delivery::Everything, always | Abilities::UPDATE_PEOPLE),
            // "Deleting from the directory removes from all organization groups" (management portal, Directory).
            Directory::Endpoint => {
                let more = Abilities::REMOVE_PEOPLE | Abilities::UPDATE_PEOPLE | Abilities::REMOVAL_ENDS_MEMBERSHIPS;
                (Delivery::Changes, always | more)
            }
            Directory::None => (Delivery::Nothing, always),
        };
        TargetLimits {
            // Several calls' worth: what is handed out is noted before and after, and a note costs the host more than a call to a near server.
            operations: 500,
            members: NUMBERS as u32,
            concurrency: CONCURRENCY,
            requests_per_minute: Some(self.settings.requests_per_minute),
            people,
            groups: Delivery::Changes,
            can,
        }
    }

    /// Does a batch. When Kaizala asks to wait, what was done is told as done and the rest is to be retried.
    pub fn push(&self, operations: &[Operation]) -> Vec<Outcome> {
        let mut batch = Batch { kaizala: self, rosters: HashMap::new(), before: self.api.sent(), unclear: 0 };
        let mut outcomes: Vec<Outcome> = Vec::with_capacity(operations.len());
        while let Some(rest) = operations.get(outcomes.len()..).filter(|rest| !rest.is_empty()) {
            match batch.first_of(rest) {
                Ok(done) => outcomes.extend(done),
                Err(Trouble::Halt(retry)) => {
                    outcomes.extend(rest.iter().map(|_| Outcome::Retry(retry.clone())));
                }
                Err(trouble) => {
                    batch.unclear += u32::from(matches!(trouble, Trouble::Unclear(_)));
                    outcomes.push(trouble.into());
                }
            }
        }
        outcomes
    }
}

/// A batch of operations that is being done.
pub(crate) struct Batch<'a, C, S, O: Outbox> {
    pub(crate) kaizala: &'a Kaizala<C, S, O>,
    /// The members of groups that had to be read, by the digits of their phone numbers.
    pub(crate) rosters: HashMap<String, HashMap<String, Member>>,
    /// The calls that were sent before this batch.
    before: u32,
    /// The operations of which nobody knows whether they were done.
    unclear: u32,
}

impl<C: Client, S: Storage + Clone, O: Outbox> Batch<'_, C, S, O> {
    /// Does the first operation, or the first few where they share a call: as many outcomes as were done, and at least one.
    fn first_of(&mut self, operations: &[Operation]) -> Result<Vec<Outcome>, Trouble> {
        let endpoint = self.kaizala.settings.directory == Directory::Endpoint;
        let one = |outcome: Outcome| Ok(vec![outcome]);
        let Some(first) = operations.first() else { return Ok(Vec::new()) };
        match first {
            Operation::PutPerson(_) if endpoint => {
                self.check_share()?;
                let people = run(operations, |operation| match operation {
                    Operation::PutPerson(person) => Some(person),
                    _ => None,
                });
                self.put_people(&people)
            }
            Operation::RemovePerson(_) if endpoint => {
                self.check_share()?;
                let people = run(operations, |operation| match operation {
                    Operation::RemovePerson(person) => Some(person),
                    _ => None,
                });
                self.remove_people(&people)
            }
            Operation::PutPerson(person) => one(self.write_person(person)),
            Operation::RemovePerson(person) => one(Outcome::Unsupported(format!(
                "{} is not in the import file any more and stays in Kaizala's directory: importing removes nobody. Delete this person \
                 in the management portal: Directory, Employee.",
                self.kaizala.profile.called(person)
            ))),
            Operation::PutGroup(entry) => {
                self.check_share()?;
                self.put_group(entry).and_then(one)
            }
            Operation::AddMembers(entry) => {
                self.check_share()?;
                self.add_members(entry).and_then(one)
            }
            Operation::RemoveMembers(entry) => {
                self.check_share()?;
                self.remove_members(entry).and_then(one)
            }
            Operation::RemoveGroup(group) => one(Outcome::Unsupported(format!(
                "Kaizala has no call that deletes a group. The group \"{}\" has no members any more and stays; delete it in the \
                 management portal.",
                group.name
            ))),
            Operation::Finish(Part::People) if self.kaizala.settings.directory == Directory::Csv => {
                one(self.kaizala.import.borrow_mut().finish(&self.kaizala.profile))
            }
            Operation::Finish(_) => one(Outcome::Done(Receipt::plain())),
        }
    }

    fn write_person(&self, person: &PersonEntry) -> Outcome {
        match self.kaizala.settings.directory {
            Directory::Csv => self.kaizala.import.borrow_mut().add(&self.kaizala.profile, person),
            _ => Outcome::Unsupported("The directory is not kept in step (`directory = \"none\"`).".to_owned()),
        }
    }

    /// A batch that has done its share, or meets nothing but broken connections, begins nothing new.
    pub(crate) fn check_share(&self) -> Result<(), Trouble> {
        let limit = self.kaizala.settings.batch_requests;
        let sent = self.kaizala.api.sent().wrapping_sub(self.before);
        let message = if sent >= limit {
            format!("This batch has sent {sent} requests; the rest of it is handed out again.")
        } else if self.unclear >= UNCLEAR {
            "Kaizala does not answer as it should; the rest of this batch is handed out again.".to_owned()
        } else {
            return Ok(());
        };
        // No time to wait: it is only somebody else's turn.
        Err(Trouble::Halt(Retry { after_seconds: Some(0), fault: Fault::new(message) }))
    }
}

/// The operations at the beginning that are of one kind, as many as fit in a call.
fn run<'a, T>(operations: &'a [Operation], kind: impl Fn(&'a Operation) -> Option<T>) -> Vec<T> {
    operations.iter().map_while(kind).take(NUMBERS).collect()
}

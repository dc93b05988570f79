//! Keeping the calls of a step with everything that they took, so that one of them can be made again without a network.
//!
//! What is kept is what the component saw: the batch, its settings, what it read in its storage, whom it looked up, and the answers that came
//! over HTTP. That is data of people; whoever records decides where it goes.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rollcall_sandbox::contract::grouping::{Assignment, Candidate, Plan};
use rollcall_sandbox::contract::mapping::{self, Person};
use rollcall_sandbox::contract::source::Page;
use rollcall_sandbox::contract::target::{self, Operation};
use rollcall_sandbox::contract::types::{Attribute, Failure, Value};
use rollcall_sandbox::egress::{Exchange, Tape};
use rollcall_sandbox::{Capabilities, KeyValue, Lookup, Scheduling};
use serde_json::{Map, Value as Json};

use crate::store::Store;

/// Who keeps the calls of steps.
pub trait Recording: Send + Sync {
    /// Whether the calls of this step are kept: `source`, `mapping[0]`, `grouping`, `target`.
    fn wants(&self, step: &str) -> bool;
    /// A call ended.
    fn called(&self, call: Recorded);
}

/// One call of a step.
#[derive(Debug)]
#[non_exhaustive]
pub struct Recorded {
    /// The step, such as `mapping[0]`.
    pub step: Arc<str>,
    /// Its settings, as JSON.
    pub settings: String,
    /// The attributes that it was configured with.
    pub attributes: Arc<[Attribute]>,
    /// What it was called with.
    pub asked: Asked,
    /// What it answered, or why it did not.
    pub answered: Result<Answered, String>,
    /// What it took from elsewhere.
    pub taken: Taken,
}

/// What a step is called with.
#[derive(Debug)]
#[non_exhaustive]
pub enum Asked {
    /// A page of a source that was configured with these properties.
    Pull {
        /// The properties that the other steps read.
        properties: Vec<String>,
        /// Where it goes on.
        cursor: Option<String>,
    },
    /// People to be mapped.
    Map(Vec<Person>),
    /// People to be grouped, by all rules or some.
    Group {
        /// The people.
        people: Vec<Candidate>,
        /// The properties and attributes that they have, and the rules.
        plan: Arc<Plan>,
        /// The rules that are asked.
        rules: Option<Vec<u32>>,
    },
    /// Operations to be done.
    Push(Vec<Operation>),
}

/// What a step answered.
#[derive(Debug)]
#[non_exhaustive]
pub enum Answered {
    /// A page.
    Pulled(Result<Page, Failure>),
    /// Profiles with these attributes.
    Mapped {
        /// One for each person.
        outcomes: Vec<mapping::Outcome>,
        /// The attributes of the profiles.
        attributes: Arc<[Attribute]>,
    },
    /// Groups, one assignment for each person.
    Grouped(Vec<Assignment>),
    /// What became of operations.
    Pushed(Vec<target::Outcome>),
}

/// What a call took from elsewhere.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Taken {
    /// Keys of the storage that were read, as they were at first; none where there was no such key.
    pub storage: BTreeMap<String, Option<Vec<u8>>>,
    /// Subjects whose time had come.
    pub due: Vec<String>,
    /// Users that were looked up, with the properties that were asked for; none where there was no such user.
    pub people: BTreeMap<String, Option<Map<String, Json>>>,
    /// Texts that were in use, by attribute.
    pub in_use: Vec<(String, String)>,
    /// Requests and answers.
    pub exchanges: Vec<Exchange>,
}

/// What is told of every call of an instance.
pub(super) struct About {
    pub(super) step: Arc<str>,
    pub(super) settings: String,
    pub(super) attributes: Arc<[Attribute]>,
}

/// Keeps the calls of one instance.
pub(super) struct Keeper {
    recording: Arc<dyn Recording>,
    about: About,
    taps: Arc<Taps>,
}

impl Keeper {
    /// Keeps what an instance does that is lent these capabilities from now on.
    pub(super) fn new(
        recording: Arc<dyn Recording>,
        about: About,
        store: Arc<dyn Store>,
        lent: &mut Capabilities,
    ) -> Self {
        let taps = Arc::new(Taps { store, lent: lent.clone(), taken: Mutex::default() });
        lent.key_value = lent.key_value.as_ref().map(|_| Arc::clone(&taps) as Arc<dyn KeyValue>);
        lent.lookup = lent.lookup.as_ref().map(|_| Arc::clone(&taps) as Arc<dyn Lookup>);
        lent.scheduling = lent.scheduling.as_ref().map(|_| Arc::clone(&taps) as Arc<dyn Scheduling>);
        lent.egress = lent.egress.as_ref().map(|egress| egress.with_tape(Arc::clone(&taps) as Arc<dyn Tape>));
        Self { recording, about, taps }
    }

    pub(super) fn keep(&self, asked: Asked, answered: Result<Answered, String>) {
        let About { step, settings, attributes } = &self.about;
        self.recording.called(Recorded {
            step: Arc::clone(step),
            settings: settings.clone(),
            attributes: Arc::clone(attributes),
            asked,
            answered,
            taken: std::mem::take(&mut *self.taps.taken()),
        });
    }
}

/// What an instance is lent, with everything noted that it takes.
struct Taps {
    store: Arc<dyn Store>,
    lent: Capabilities,
    taken: Mutex<Taken>,
}

impl Taps {
    fn taken(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key_value(&self) -> Result<&dyn KeyValue, String> {
        self.lent.key_value.as_deref().ok_or_else(|| "there is no storage".to_owned())
    }

    fn note_value(&self, key: &str) -> Result<Option<Vec<u8>>, String> {
        let value = self.key_value()?.get(key)?;
        self.taken().storage.entry(key.to_owned()).or_insert_with(|| value.clone());
        Ok(value)
    }
}

impl KeyValue for Taps {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, String> {
        self.note_value(key)
    }

    fn set(&self, key: &str, value: Option<Vec<u8>>) -> Result<(), String> {
        // What stood there belongs to what the call began with.
        self.note_value(key)?;
        self.key_value()?.set(key, value)
    }

    fn keys(&self, after: &str, limit: u32) -> Result<Vec<String>, String> {
        let keys = self.key_value()?.keys(after, limit)?;
        for key in &keys {
            self.note_value(key)?;
        }
        Ok(keys)
    }
}

impl Lookup for Taps {
    fn properties(&self, dependent: &str, id: &str, properties: &[String]) -> Option<Vec<Value>> {
        let object = self.store.object(id).ok().flatten();
        let object = object.and_then(|text| serde_json::from_str::<Map<String, Json>>(&text).ok());
        let asked =
            |name: &String| properties.iter().any(|path| path == name || path.split('.').next() == Some(name.as_str()));
        let mut taken = self.taken();
        let known = taken.people.entry(id.to_owned()).or_default();
        if let Some(object) = object {
            known.get_or_insert_default().extend(object.into_iter().filter(|(name, _)| asked(name)));
        }
        drop(taken);
        self.lent.lookup.as_ref()?.properties(dependent, id, properties)
    }

    fn in_use(&self, attribute: &str, text: &str, except: &str) -> bool {
        let used = self.lent.lookup.as_ref().is_some_and(|lookup| lookup.in_use(attribute, text, except));
        if used {
            self.taken().in_use.push((attribute.to_owned(), text.to_owned()));
        }
        used
    }
}

impl Scheduling for Taps {
    fn wake(&self, at: &str, subject: &str) -> Result<(), String> {
        self.lent.scheduling.as_ref().map_or(Ok(()), |scheduling| scheduling.wake(at, subject))
    }

    fn due(&self) -> Vec<String> {
        let due = self.lent.scheduling.as_ref().map(|scheduling| scheduling.due()).unwrap_or_default();
        self.taken().due.clone_from(&due);
        due
    }
}

impl Tape for Taps {
    fn exchanged(&self, exchange: Exchange) {
        self.taken().exchanges.push(exchange);
    }
}

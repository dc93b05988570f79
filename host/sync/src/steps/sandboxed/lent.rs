//! What an instance is lent: storage, look-ups, wake-ups, the outbox, files to read and the way out, each for this tenant and step.
//!
//! What an instance does with them is kept in its [`Recorder`] until its batch is committed. Only a target's storage is written at once: it
//! notes there what it is about to do at another system, and such a note must survive whatever comes.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use cap_std::fs::{Dir, File};
use rollcall_sandbox::capabilities::OutboxWriter;
use rollcall_sandbox::contract::types::Value;
use rollcall_sandbox::credentials::Credential;
use rollcall_sandbox::egress::{Call, Observer};
use rollcall_sandbox::{Capabilities, Egress, Inbox, KeyValue, LogSink, Lookup, Outbox, Scheduling};

use super::inbox::GrantedFiles;
use super::recording::Recording;
use crate::clock::{Clock, parse_rfc3339};
use crate::mirror::Projection;
use crate::run::Tally;
use crate::run_log::{Event, RunLog};
use crate::store::{Effects, MirrorChanges, Store};

/// Bytes that a step's storage may hold.
pub const STORAGE_QUOTA: u64 = 64 << 20;

/// Bytes of one file of the outbox.
const FILE_BYTES: u64 = 4 << 30;

type LookedUp = BTreeMap<String, BTreeSet<String>>;

/// What an instance did beside its answers.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    state: Mutex<(Effects, LookedUp)>,
}

impl Recorder {
    /// Takes what was done since the last time.
    pub(super) fn take(&self, effects: &mut Effects, looked_up: &mut LookedUp) {
        let (mut done, seen) = std::mem::take(&mut *self.lock());
        effects.key_values.append(&mut done.key_values);
        effects.wakes.append(&mut done.wakes);
        for (person, subjects) in seen {
            looked_up.entry(person).or_default().extend(subjects);
        }
    }

    /// Takes the effects alone.
    pub(super) fn effects(&self) -> Effects {
        std::mem::take(&mut self.lock().0)
    }

    fn lock(&self) -> MutexGuard<'_, (Effects, LookedUp)> {
        lock(&self.state)
    }
}

/// Lends a step what it is granted.
#[derive(Clone)]
pub(super) struct Lender {
    pub(super) step: Arc<str>,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) outbox: Option<Arc<Dir>>,
    pub(super) inbox: Option<Arc<GrantedFiles>>,
    pub(super) egress: Option<Egress>,
    pub(super) credentials: Vec<Arc<Credential>>,
    pub(super) sink: Arc<RunSink>,
    pub(super) recording: Option<Arc<dyn Recording>>,
    /// The names of the profile's attributes, once they are known.
    pub(super) attributes: Arc<RwLock<Vec<String>>>,
    /// Storage is written at once.
    pub(super) at_once: bool,
    /// The clock stands still while an instance lives.
    pub(super) still: bool,
    /// What the instances that live now remember of others.
    pub(super) seen: Arc<Mutex<Weak<Mutex<Remembered>>>>,
}

impl Lender {
    pub(super) fn step(&self) -> &str {
        &self.step
    }

    /// Sets how many requests a minute everything with this step's login may send; the smallest number that is in use holds.
    pub(super) fn allow(&self, requests: Option<u32>) {
        for credential in &self.credentials {
            credential.allowance().set(requests);
        }
    }

    /// Capabilities for one instance, with what it does written to its recorder.
    pub(super) fn lend(&self) -> (Capabilities, Arc<Recorder>) {
        let recorder = Arc::new(Recorder::default());
        let shared = Arc::new(Lent { lender: self.clone(), recorder: Arc::clone(&recorder), seen: self.remembered() });
        let still = self.still.then(|| u64::try_from(self.clock.now()).unwrap_or(0).saturating_mul(1_000_000));
        let capabilities = Capabilities {
            key_value: Some(Arc::clone(&shared) as Arc<dyn KeyValue>),
            lookup: Some(Arc::clone(&shared) as Arc<dyn Lookup>),
            scheduling: Some(shared as Arc<dyn Scheduling>),
            outbox: self.outbox.as_ref().map(|folder| Arc::new(OutboxFolder(Arc::clone(folder))) as Arc<dyn Outbox>),
            inbox: self.inbox.clone().map(|files| files as Arc<dyn Inbox>),
            egress: self.egress.clone(),
            log: Arc::new(StepSink { step: Arc::clone(&self.step), sink: Arc::clone(&self.sink) }),
            still_clock: still,
        };
        (capabilities, recorder)
    }

    /// The memory of the other instances. It goes with the last of them: between runs another process may change the mirror.
    fn remembered(&self) -> Arc<Mutex<Remembered>> {
        let mut shared = lock(&self.seen);
        shared.upgrade().unwrap_or_else(|| {
            let new = Arc::default();
            *shared = Arc::downgrade(&new);
            new
        })
    }
}

/// Nothing is left half done where one of these is held.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Lent {
    lender: Lender,
    recorder: Arc<Recorder>,
    seen: Arc<Mutex<Remembered>>,
}

/// What was looked up and has not changed since; a few thousand people are the managers of all others.
#[derive(Default)]
pub(super) struct Remembered {
    /// The mirror's version that it was read from.
    version: u64,
    by_properties: BTreeMap<Vec<String>, Seen>,
}

impl Remembered {
    /// Forgets what has changed in the mirror.
    fn catch_up(&mut self, store: &dyn Store) {
        let MirrorChanges { version, users } = store.mirror_changes(self.version);
        self.version = version;
        let Some(users) = users else { return self.by_properties.clear() };
        for user in users.iter().flat_map(|page| page.iter()) {
            for seen in self.by_properties.values_mut() {
                seen.values.remove(user);
            }
        }
    }
}

/// Others that were looked at for these properties.
struct Seen {
    projection: Arc<Projection>,
    values: HashMap<String, Option<Vec<Value>>>,
}

impl Seen {
    fn of(properties: &[String]) -> Self {
        Self { projection: Arc::new(Projection::new(properties)), values: HashMap::new() }
    }
}

/// How many of them are remembered.
const REMEMBERED: usize = 16_384;

impl KeyValue for Lent {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, String> {
        let pending = self.recorder.lock().0.key_values.iter().rev().find(|(_, known, _)| known == key).cloned();
        match pending {
            Some((_, _, value)) => Ok(value),
            None => self.lender.store.key_value(self.lender.step(), key).map_err(|error| error.to_string()),
        }
    }

    fn set(&self, key: &str, value: Option<Vec<u8>>) -> Result<(), String> {
        let step = self.lender.step();
        if let Some(value) = &value {
            let held = self.lender.store.stored_bytes(step).map_err(|error| error.to_string())?;
            if held + (key.len() + value.len()) as u64 > STORAGE_QUOTA {
                return Err(format!("the storage of this step is full ({STORAGE_QUOTA} bytes)"));
            }
        }
        let write = (step.to_owned(), key.to_owned(), value);
        if self.lender.at_once {
            let effects = Effects { key_values: vec![write], wakes: Vec::new() };
            let store = self.lender.store.as_ref();
            let written = store.record(&[], &effects, &[]).and_then(|()| store.flush());
            return written.map_err(|error| error.to_string());
        }
        self.recorder.lock().0.key_values.push(write);
        Ok(())
    }

    fn keys(&self, after: &str, limit: u32) -> Result<Vec<String>, String> {
        let stored = self.lender.store.keys(self.lender.step(), after, limit).map_err(|error| error.to_string())?;
        let mut keys: BTreeSet<String> = stored.into_iter().collect();
        for (_, key, value) in &self.recorder.lock().0.key_values {
            match value {
                Some(_) if key.as_str() > after => keys.insert(key.clone()),
                Some(_) => false,
                None => keys.remove(key),
            };
        }
        Ok(keys.into_iter().take(limit as usize).collect())
    }
}

impl Lookup for Lent {
    fn properties(&self, dependent: &str, id: &str, properties: &[String]) -> Option<Vec<Value>> {
        self.recorder.lock().1.entry(dependent.to_owned()).or_default().insert(id.to_owned());
        let (version, projection) = {
            let mut remembered = lock(&self.seen);
            // Pages may come while people are mapped. Asked before the mirror is, so that what is remembered is not older than it says.
            remembered.catch_up(self.lender.store.as_ref());
            let seen = match remembered.by_properties.get_mut(properties) {
                Some(seen) => seen,
                None => remembered.by_properties.entry(properties.to_vec()).or_insert_with(|| Seen::of(properties)),
            };
            if let Some(known) = seen.values.get(id) {
                return known.clone();
            }
            let projection = Arc::clone(&seen.projection);
            (remembered.version, projection)
        };
        // The others need not wait. A state that cannot be read now cannot be written in a moment, and the run ends with that.
        let object = self.lender.store.object(id).ok().flatten();
        let values = object.map(|object| projection.read(&object));
        let mut remembered = lock(&self.seen);
        // What somebody has caught up with meanwhile may be newer than this.
        if remembered.version == version
            && let Some(seen) = remembered.by_properties.get_mut(properties)
        {
            if seen.values.len() >= REMEMBERED {
                seen.values.clear();
            }
            seen.values.insert(id.to_owned(), values.clone());
        }
        values
    }

    fn in_use(&self, attribute: &str, text: &str, except: &str) -> bool {
        let attributes = self.lender.attributes.read().unwrap_or_else(PoisonError::into_inner);
        let Some(position) = attributes.iter().position(|name| name == attribute) else { return false };
        // Saying "in use" when nobody can tell holds a person back; saying "free" could give a name away twice.
        self.lender.store.in_use(position, text, except).unwrap_or(true)
    }
}

impl Scheduling for Lent {
    fn wake(&self, at: &str, subject: &str) -> Result<(), String> {
        let Some(at) = parse_rfc3339(at) else {
            return Err(format!("\"{at}\" is no moment: write 2026-11-23T06:30:00Z"));
        };
        self.recorder.lock().0.wakes.push((self.lender.step().to_owned(), subject.to_owned(), at));
        Ok(())
    }

    fn due(&self) -> Vec<String> {
        self.lender.store.due_wakes(self.lender.step(), self.lender.clock.now()).unwrap_or_default()
    }
}

/// The tenant's folder of files for somebody else.
struct OutboxFolder(Arc<Dir>);

/// The longest file name; with what is added while it is written it still fits everywhere.
const LONGEST_NAME: usize = 120;

impl Outbox for OutboxFolder {
    fn create(&self, name: &str) -> Result<Box<dyn OutboxWriter>, String> {
        let plain = (1..=LONGEST_NAME).contains(&name.len())
            && !name.starts_with('.')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
        if !plain {
            return Err(format!("\"{name}\" is no plain file name: letters, digits, '.', '-' and '_'"));
        }
        let temporary = format!(".{name}.new");
        let file = self.0.create(&temporary).map_err(|error| format!("{name} cannot be written: {error}"))?;
        Ok(Box::new(Writing {
            file: Some(std::io::BufWriter::new(file)),
            folder: Arc::clone(&self.0),
            temporary,
            name: name.to_owned(),
            left: FILE_BYTES,
        }))
    }
}

struct Writing {
    file: Option<std::io::BufWriter<File>>,
    folder: Arc<Dir>,
    temporary: String,
    name: String,
    left: u64,
}

impl OutboxWriter for Writing {
    fn write(&mut self, text: &str) -> Result<(), String> {
        let Some(file) = &mut self.file else { return Err("the file is finished".to_owned()) };
        self.left = self.left.checked_sub(text.len() as u64).ok_or("the file is larger than a file may be")?;
        file.write_all(text.as_bytes()).map_err(|error| format!("{} cannot be written: {error}", self.name))
    }

    fn finish(&mut self) -> Result<(), String> {
        let Some(mut file) = self.file.take() else { return Err("the file is finished".to_owned()) };
        let moved = file
            .flush()
            .and_then(|()| file.get_ref().sync_all())
            .and_then(|()| self.folder.rename(&self.temporary, &self.folder, &self.name));
        moved.map_err(|error| {
            let _ = self.folder.remove_file(&self.temporary);
            format!("{} cannot be written: {error}", self.name)
        })
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if self.file.is_some() {
            let _ = self.folder.remove_file(&self.temporary);
        }
    }
}

/// Where components' lines and calls go: the log of the run that is under way, once there is one.
#[derive(Default)]
pub struct RunSink {
    run: RwLock<Option<(Arc<RunLog>, Arc<Tally>)>>,
    /// Steps whose login was refused, and why.
    refused: Mutex<BTreeMap<String, String>>,
}

impl RunSink {
    /// Everything goes to this run from now on.
    pub fn attach(&self, log: Arc<RunLog>, counts: Arc<Tally>) {
        *self.run.write().unwrap_or_else(PoisonError::into_inner) = Some((log, counts));
    }

    /// Why the login of a step was refused since the last time somebody asked.
    pub(super) fn refused_login(&self, step: &str) -> Option<String> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner).remove(step)
    }

    fn with(&self, work: impl FnOnce(&RunLog, &Tally)) {
        if let Some((log, counts)) = &*self.run.read().unwrap_or_else(PoisonError::into_inner) {
            work(log, counts);
        }
    }
}

/// The lines of one step.
pub(super) struct StepSink {
    pub(super) step: Arc<str>,
    pub(super) sink: Arc<RunSink>,
}

impl LogSink for StepSink {
    fn line(&self, level: &str, message: &str) {
        let (step, level, message) = (self.step.to_string(), level.to_owned(), message.to_owned());
        self.sink.with(|log, _| log.write(Event::Component { step, level, message }));
    }
}

impl Observer for StepSink {
    fn login_refused(&self, reason: &str) {
        let mut refused = self.sink.refused.lock().unwrap_or_else(PoisonError::into_inner);
        refused.insert(self.step.to_string(), reason.to_owned());
    }

    fn called(&self, call: &Call) {
        let failed = call.status.is_none_or(|status| status >= 400);
        self.sink.with(|log, counts| {
            counts.add(|counts| {
                counts.calls += 1;
                counts.calls_failed += u64::from(failed);
            });
            if failed {
                log.write(Event::CallFailed {
                    step: self.step.to_string(),
                    call: format!("{} {}", call.method, call.address),
                    status: call.status,
                    request_id: call.request_id.clone(),
                    reason: call.error.clone().unwrap_or_else(|| "the other system refused".to_owned()),
                });
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SystemClock;
    use crate::store::sqlite::SqliteStore;
    use crate::store::{Interest, Names, PageCommit, SourceChange};

    fn lender(store: Arc<dyn Store>) -> Lender {
        Lender {
            step: "mapping[0]".into(),
            store,
            clock: Arc::new(SystemClock),
            outbox: None,
            inbox: None,
            egress: None,
            credentials: Vec::new(),
            sink: Arc::default(),
            recording: None,
            attributes: Arc::default(),
            at_once: false,
            still: false,
            seen: Arc::default(),
        }
    }

    fn named(store: &dyn Store, name: &str) {
        let changes = [SourceChange::User("m".to_owned(), format!(r#"{{"displayName": "{name}"}}"#))];
        let names = || Names::of_paths(["displayName"]);
        let interest = Interest { mapping: names(), grouping: names(), looked_up: names() };
        let effects = Effects::default();
        let page = PageCommit { changes: &changes, full: false, interest: &interest, settings: &[], effects: &effects };
        store.commit_page(&page).unwrap();
    }

    fn look(capabilities: &Capabilities) -> Option<Vec<Value>> {
        capabilities.lookup.as_ref().unwrap().properties("p", "m", &["displayName".to_owned()])
    }

    fn is(name: &str) -> Option<Vec<Value>> {
        Some(vec![Value::Text(name.to_owned())])
    }

    #[test]
    fn instances_share_what_was_looked_up_until_it_changes_or_the_last_of_them_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state.db");
        let ours: Arc<dyn Store> = Arc::new(SqliteStore::open(&file).unwrap());
        // As another process would: this one hears nothing of what it writes.
        let others = SqliteStore::open(&file).unwrap();
        let lender = lender(Arc::clone(&ours));
        named(ours.as_ref(), "Ann");
        let (first, recorder) = lender.lend();
        let (second, _) = lender.lend();
        assert_eq!(look(&first), is("Ann"));
        named(&others, "Bea");
        assert_eq!(look(&second), is("Ann"), "the other instance has read that already");
        named(ours.as_ref(), "Cyd");
        assert_eq!((look(&second), look(&first)), (is("Cyd"), is("Cyd")));
        named(&others, "Dan");
        drop((first, second));
        let (third, _) = lender.lend();
        assert_eq!(look(&third), is("Dan"), "between runs nothing is remembered");
        let (mut effects, mut looked_up) = (Effects::default(), LookedUp::new());
        recorder.take(&mut effects, &mut looked_up);
        assert_eq!(looked_up["p"], BTreeSet::from(["m".to_owned()]), "each instance tells whom it looked at");
    }
}

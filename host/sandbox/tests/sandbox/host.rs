//! A sandbox with the hostile component, and what it is lent in tests.

use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use rollcall_sandbox::capabilities::{Lines, MemoryKeyValue, OutboxWriter};
use rollcall_sandbox::contract::mapping::{Outcome, Person};
use rollcall_sandbox::contract::types::Value;
use rollcall_sandbox::credentials::Credential;
use rollcall_sandbox::egress::{Call, Gate, Observer};
use rollcall_sandbox::{
    CallError, Capabilities, Component, Egress, Grants, Inbox, Limits, Lookup, MappingInstance, MappingStep,
    OriginGrant, Outbox, Sandbox, SandboxOptions, Scheduling, Usage,
};

/// The step's name in all tests.
pub const STEP: &str = "mapping[0]";

/// One sandbox for all tests: compiling the component takes a while.
pub fn sandbox() -> &'static (Sandbox, Component) {
    static SANDBOX: OnceLock<(Sandbox, Component)> = OnceLock::new();
    SANDBOX.get_or_init(|| {
        let sandbox = Sandbox::new(SandboxOptions::default()).unwrap();
        let component = sandbox.load(crate::guests::hostile()).unwrap();
        (sandbox, component)
    })
}

/// Everything granted, and HTTP to these origins.
pub fn all_grants(origins: &[&str]) -> Grants {
    // The component imports HTTP, so something has to be granted: this origin answers nobody.
    let origins = if origins.is_empty() { &["https://nobody.invalid"][..] } else { origins };
    let http = origins.iter().map(|origin| OriginGrant::parse(origin).unwrap()).collect();
    Grants { http, storage: true, lookup: true, scheduling: true, outbox: true, files: true, ..Grants::default() }
}

/// Limits that a test does not wait long for.
pub fn limits() -> Limits {
    Limits { cpu: Duration::from_secs(20), wall: Duration::from_secs(60), memory: 64 << 20, ..Limits::default() }
}

/// The step, with its log and what it is lent. What the component logged is printed when a test fails.
pub struct Bench {
    pub log: Arc<Lines>,
    pub calls: Arc<Calls>,
    pub limits: Limits,
    grants: Grants,
    lent: Capabilities,
}

impl Bench {
    /// Everything is granted and lent but HTTP.
    pub fn new() -> Self {
        let log = Arc::new(Lines::default());
        let (all, grants) = (Arc::new(Everything), all_grants(&[]));
        let lent = Capabilities {
            key_value: Some(Arc::new(MemoryKeyValue::default())),
            lookup: Some(Arc::clone(&all) as Arc<dyn Lookup>),
            scheduling: Some(Arc::clone(&all) as Arc<dyn Scheduling>),
            outbox: Some(Arc::clone(&all) as Arc<dyn Outbox>),
            inbox: Some(all as Arc<dyn Inbox>),
            log: Arc::clone(&log) as _,
            ..Capabilities::default()
        };
        Self { log, calls: Arc::default(), limits: limits(), grants, lent }
    }

    /// HTTP to these origins, with these credentials.
    pub fn with_http(mut self, origins: &[&str], credentials: Vec<Arc<Credential>>, gate: Gate) -> Self {
        self.grants = all_grants(origins);
        let (observer, gate) = (Arc::clone(&self.calls) as Arc<dyn Observer>, Arc::new(gate));
        let log = Arc::clone(&self.log);
        let egress = Egress::new(STEP, self.grants.http.clone(), credentials, gate, Some(observer), log as _).unwrap();
        self.lent.egress = Some(egress);
        self
    }

    pub fn lent(&mut self) -> &mut Capabilities {
        &mut self.lent
    }

    fn step(&self) -> MappingStep {
        let (sandbox, component) = sandbox();
        MappingStep::link(sandbox, component, STEP, &self.grants, self.limits.clone()).unwrap().seeded(7)
    }

    pub async fn instance(&self) -> MappingInstance {
        self.step().unpacked().instance(self.lent.clone()).await.unwrap()
    }

    /// An instance whose batches cross in packed form.
    pub async fn packed_instance(&self) -> MappingInstance {
        let step = self.step();
        assert!(step.is_packed());
        step.instance(self.lent.clone()).await.unwrap()
    }

    /// Lets a fresh instance behave in a way, and answers what it says and what it used.
    pub async fn behave(&self, name: &str, argument: &str) -> (Result<String, CallError>, Usage) {
        let mut instance = self.instance().await;
        let answer = behave(&mut instance, name, argument).await;
        (answer, instance.usage())
    }

    /// What was logged so far.
    pub fn lines(&self) -> Vec<String> {
        self.log.taken().into_iter().map(|(level, text)| format!("{level}: {text}")).collect()
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- what the component logged\n{}\n---", self.lines().join("\n"));
        }
    }
}

/// Lets this instance behave in a way.
pub async fn behave(instance: &mut MappingInstance, name: &str, argument: &str) -> Result<String, CallError> {
    let person = Person { id: name.to_owned(), object: argument.to_owned(), inherited: Vec::new(), exists: false };
    let outcomes = instance.map_people(&[person]).await?;
    match outcomes.as_slice() {
        [Outcome::Skip(said)] => Ok(said.clone()),
        other => panic!("{other:?}"),
    }
}

/// The calls that were observed.
#[derive(Default)]
pub struct Calls(Mutex<Vec<Call>>);

impl Calls {
    pub fn taken(&self) -> Vec<Call> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl Observer for Calls {
    fn called(&self, call: &Call) {
        self.0.lock().unwrap().push(call.clone());
    }
}

/// Lends everything and keeps nothing.
struct Everything;

impl Lookup for Everything {
    fn properties(&self, _: &str, id: &str, properties: &[String]) -> Option<Vec<Value>> {
        (id == "1").then(|| properties.iter().map(|_| Value::Null).collect())
    }
    fn in_use(&self, _: &str, _: &str, _: &str) -> bool {
        false
    }
}

impl Scheduling for Everything {
    fn wake(&self, _: &str, _: &str) -> Result<(), String> {
        Ok(())
    }
    fn due(&self) -> Vec<String> {
        vec!["somebody".to_owned()]
    }
}

impl Outbox for Everything {
    fn create(&self, _: &str) -> Result<Box<dyn OutboxWriter>, String> {
        Ok(Box::new(Nowhere))
    }
}

impl Inbox for Everything {
    fn open(&self, name: &str) -> Result<Box<dyn rollcall_sandbox::capabilities::InboxReader>, String> {
        Err(format!("{name} is not granted"))
    }
}

struct Nowhere;

impl OutboxWriter for Nowhere {
    fn write(&mut self, _: &str) -> Result<(), String> {
        Ok(())
    }
    fn finish(&mut self) -> Result<(), String> {
        Ok(())
    }
}

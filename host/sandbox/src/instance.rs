//! Steps: a component linked for a tenant's step, and instances of it.
//!
//! Linking checks types and grants once. An instance may be kept from call to call; after any error it is gone, and with it whatever the
//! component left in its memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::component::Linker;
use wasmtime::{Engine, Store};

use crate::call_error::CallError;
use crate::capabilities::Capabilities;
use crate::component::{Component, StepKind};
use crate::contract::types::{Attribute, Failure, Problem};
use crate::contract::{grouping, mapping, source, steps, target};
use crate::grants::{Grants, LinkError};
use crate::host;
use crate::limits::Limits;
use crate::meter::Stopwatch;
use crate::sandbox::Sandbox;
use crate::state::State;
use crate::usage::{Budget, Usage};

/// A component that is linked for a step.
struct Linked {
    engine: Engine,
    name: Arc<str>,
    section: Arc<str>,
    limits: Limits,
    seed: Option<u64>,
}

impl Linked {
    fn new(
        sandbox: &Sandbox,
        component: &Component,
        kind: StepKind,
        name: &str,
        grants: &Grants,
        limits: Limits,
    ) -> Result<(Self, wasmtime::component::InstancePre<State>), LinkError> {
        if !component.does(kind) {
            let found = component.steps.iter().map(|(step, _)| step.as_str()).collect::<Vec<_>>().join(" and ");
            return Err(LinkError::OtherStep { step: name.to_owned(), wanted: kind.as_str(), found });
        }
        grants.check(name, component)?;
        let mismatch = |error: wasmtime::Error| LinkError::mismatch(name, &error);
        let mut linker = Linker::new(&sandbox.engine);
        host::link(&mut linker, grants).map_err(mismatch)?;
        let instance = linker.instantiate_pre(&component.code).map_err(mismatch)?;
        let section = format!("{}.limits", name.split('[').next().unwrap_or(name));
        let (name, section) = (name.into(), section.into());
        Ok((Self { engine: sandbox.engine.clone(), name, section, limits, seed: None }, instance))
    }

    /// An instance's frame, and the store in which it is about to start.
    fn start(&self, lent: Capabilities) -> (Live, Running) {
        let store = State::store(&self.engine, &self.name, &self.limits, self.seed, lent);
        let live = Live {
            store: None,
            name: Arc::clone(&self.name),
            section: Arc::clone(&self.section),
            limits: self.limits.clone(),
            usage: Usage::default(),
        };
        (live, Running::new(store, &self.limits))
    }
}

/// An instance, as long as it lives.
struct Live {
    store: Option<Store<State>>,
    name: Arc<str>,
    section: Arc<str>,
    limits: Limits,
    usage: Usage,
}

impl Live {
    /// Takes the store for a call. A call that fails, or that is given up half-way, never brings it back.
    fn begin(&mut self) -> Result<Running, CallError> {
        let store = self.store.take().ok_or_else(|| CallError::Gone { step: self.name.to_string() })?;
        Ok(Running::new(store, &self.limits))
    }

    fn end<T>(&mut self, running: Running, answer: Option<wasmtime::Result<T>>) -> Result<T, CallError> {
        let Running { store, watch } = running;
        self.usage = Usage { wall: watch.started.elapsed(), ..store.data().usage() };
        match answer {
            Some(Ok(answer)) => {
                self.store = Some(store);
                Ok(answer)
            }
            Some(Err(error)) => Err(CallError::of(&error, store.data(), &self.name, &self.section, &self.limits)),
            None => Err(CallError::OutOfTime {
                step: self.name.to_string(),
                limit: self.limits.wall,
                section: self.section.to_string(),
            }),
        }
    }
}

/// A call that is under way.
struct Running {
    store: Store<State>,
    watch: Watch,
}

impl Running {
    fn new(mut store: Store<State>, limits: &Limits) -> Self {
        store.data_mut().begin(limits);
        let watch = Watch {
            stopwatch: Arc::clone(&store.data().meter.stopwatch),
            budget: Arc::clone(&store.data().budget),
            wall: limits.wall,
            started: Instant::now(),
        };
        Self { store, watch }
    }
}

/// Looks after the time of a call.
struct Watch {
    stopwatch: Arc<Stopwatch>,
    budget: Arc<Budget>,
    wall: Duration,
    started: Instant,
}

impl Watch {
    /// Waits for a call as long as the step may take, not counting the time that the host made it wait for its turn to send.
    async fn bounded<T>(&self, call: impl Future<Output = T>) -> Option<T> {
        let mut call = std::pin::pin!(call);
        loop {
            let allowed = self.wall + self.budget.waited();
            let left = allowed.checked_sub(self.started.elapsed())?;
            if let Ok(answer) = tokio::time::timeout(left, self.stopwatch.time(call.as_mut())).await {
                return Some(answer);
            }
            if self.wall + self.budget.waited() <= allowed {
                return None;
            }
        }
    }
}

macro_rules! call {
    ($instance:ident, $interface:ident, $function:ident($($argument:expr),*)) => {{
        let Running { mut store, watch } = $instance.live.begin()?;
        let exports = $instance.bindings.$interface();
        let answer = watch.bounded(exports.$function(&mut store, $($argument),*)).await;
        $instance.live.end(Running { store, watch }, answer)
    }};
}

macro_rules! step {
    ($step:ident, $instance:ident, $module:ident, $kind:expr, $what:literal) => {
        #[doc = concat!("A component linked as a ", $what, ".")]
        pub struct $step {
            linked: Linked,
            pre: steps::$module::StepPre<State>,
        }

        impl $step {
            /// Links a component for the step called `name`, with what it is granted.
            ///
            /// # Errors
            /// When the component does another step, or asks for what it is not granted.
            pub fn link(
                sandbox: &Sandbox,
                component: &Component,
                name: &str,
                grants: &Grants,
                limits: Limits,
            ) -> Result<Self, LinkError> {
                let (linked, pre) = Linked::new(sandbox, component, $kind, name, grants, limits)?;
                let pre = steps::$module::StepPre::new(pre).map_err(|error| LinkError::mismatch(name, &error))?;
                Ok(Self { linked, pre })
            }

            /// The random numbers of every instance follow from this seed: for tests and replays, never for a tenant.
            #[must_use]
            pub fn seeded(mut self, seed: u64) -> Self {
                self.linked.seed = Some(seed);
                self
            }

            /// Makes an instance with what it is lent. It runs on the runtime that calls it, and may be kept for the next batch.
            ///
            /// # Errors
            /// When the component fails while it starts.
            pub async fn instance(&self, lent: Capabilities) -> Result<$instance, CallError> {
                let (mut live, Running { mut store, watch }) = self.linked.start(lent);
                let made = watch.bounded(self.pre.instantiate_async(&mut store)).await;
                let bindings = live.end(Running { store, watch }, made)?;
                Ok($instance { live, bindings })
            }
        }

        #[doc = concat!("An instance of a ", $what, ".")]
        pub struct $instance {
            live: Live,
            bindings: steps::$module::Step,
        }

        impl $instance {
            /// What its last call used, also when that ended with an error.
            pub fn usage(&self) -> Usage {
                self.live.usage
            }

            /// Whether it can be called again: not after an error.
            pub fn is_usable(&self) -> bool {
                self.live.store.is_some()
            }

            /// The most memory that it held so far, in bytes.
            pub fn peak_memory(&self) -> usize {
                usize::try_from(self.live.usage.peak_memory).unwrap_or(usize::MAX)
            }
        }
    };
}

step!(SourceStep, SourceInstance, source, StepKind::Source, "source");
step!(MappingStep, MappingInstance, mapping, StepKind::Mapping, "mapping");
step!(GroupingStep, GroupingInstance, grouping, StepKind::Grouping, "grouping");
step!(TargetStep, TargetInstance, target, StepKind::Target, "target");

#[allow(missing_docs, reason = "the functions of wit/, where they are documented")]
impl SourceInstance {
    pub async fn configure(&mut self, settings: &str, properties: &[String]) -> Result<Result<(), Problem>, CallError> {
        call!(self, rollcall_sync_source, call_configure(&settings.to_owned(), properties))
    }
    pub async fn pull(&mut self, cursor: Option<&str>) -> Result<Result<source::Page, Failure>, CallError> {
        call!(self, rollcall_sync_source, call_pull(cursor))
    }
    pub async fn fetch(&mut self, id: &str) -> Result<Result<Option<source::UserPatch>, Failure>, CallError> {
        call!(self, rollcall_sync_source, call_fetch(id))
    }
}

#[allow(missing_docs, reason = "the functions of wit/, where they are documented")]
impl MappingInstance {
    pub async fn configure(
        &mut self,
        settings: &str,
        inherited: &[Attribute],
    ) -> Result<Result<mapping::Schema, Problem>, CallError> {
        call!(self, rollcall_sync_mapping, call_configure(&settings.to_owned(), inherited))
    }
    pub async fn map_people(&mut self, people: &[mapping::Person]) -> Result<Vec<mapping::Outcome>, CallError> {
        call!(self, rollcall_sync_mapping, call_map_people(people))
    }
    pub async fn explain(&mut self, person: &mapping::Person) -> Result<Vec<mapping::AttributeTrace>, CallError> {
        call!(self, rollcall_sync_mapping, call_explain(person))
    }
}

#[allow(missing_docs, reason = "the functions of wit/, where they are documented")]
impl GroupingInstance {
    pub async fn configure(
        &mut self,
        settings: &str,
        attributes: &[Attribute],
    ) -> Result<Result<grouping::Plan, Problem>, CallError> {
        call!(self, rollcall_sync_grouping, call_configure(&settings.to_owned(), attributes))
    }
    pub async fn assign(
        &mut self,
        people: &[grouping::Candidate],
        rules: Option<&[u32]>,
    ) -> Result<Vec<grouping::Assignment>, CallError> {
        call!(self, rollcall_sync_grouping, call_assign(people, rules))
    }
    pub async fn describe(&mut self, keys: &[String]) -> Result<Vec<Option<grouping::Group>>, CallError> {
        call!(self, rollcall_sync_grouping, call_describe(keys))
    }
    pub async fn explain(
        &mut self,
        person: &grouping::Candidate,
        key: &str,
    ) -> Result<Result<grouping::Explanation, Problem>, CallError> {
        call!(self, rollcall_sync_grouping, call_explain(person, key))
    }
}

#[allow(missing_docs, reason = "the functions of wit/, where they are documented")]
impl TargetInstance {
    pub async fn configure(
        &mut self,
        settings: &str,
        attributes: &[Attribute],
    ) -> Result<Result<(), Problem>, CallError> {
        call!(self, rollcall_sync_target, call_configure(&settings.to_owned(), attributes))
    }
    pub async fn limits(&mut self) -> Result<Result<target::TargetLimits, Failure>, CallError> {
        call!(self, rollcall_sync_target, call_limits())
    }
    pub async fn push(&mut self, operations: &[target::Operation]) -> Result<Vec<target::Outcome>, CallError> {
        call!(self, rollcall_sync_target, call_push(operations))
    }
    pub async fn read(
        &mut self,
        what: &target::Listing,
        cursor: Option<&str>,
    ) -> Result<Result<target::FoundPage, Failure>, CallError> {
        call!(self, rollcall_sync_target, call_read(what, cursor))
    }
}

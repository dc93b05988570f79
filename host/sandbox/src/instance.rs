//! Steps: a component linked for a tenant's step, and instances of it.
//!
//! Linking checks types and grants once. An instance may be kept from call to call; after any error it is gone, and with it whatever the
//! component left in its memory.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use wasmtime::component::Linker;
use wasmtime::{Engine, Store, Trap};

use crate::capabilities::Capabilities;
use crate::component::{Component, StepKind};
use crate::contract::types::{Attribute, Failure, Problem};
use crate::contract::{grouping, mapping, source, steps, target};
use crate::grants::{Grants, LinkError};
use crate::host;
use crate::limits::Limits;
use crate::sandbox::Sandbox;
use crate::state::State;

/// Why a call did not come back with an answer. Each names the step first, then the cause, then the setting to look at.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The component broke off: it panicked, or did what no program may.
    #[error("{step}: the component broke off: {what}")]
    Trap {
        /// The step.
        step: String,
        /// What it did, with the innermost functions where they have names.
        what: String,
    },
    /// It wanted more memory.
    #[error("{step}: the component wanted more than {limit} bytes of memory (setting `memory` under [{section}])")]
    OutOfMemory {
        /// The step.
        step: String,
        /// The limit in bytes.
        limit: u64,
        /// Where the setting stands.
        section: String,
    },
    /// It computed for too long.
    #[error("{step}: the component computed for more than {} s in one call (setting `cpu` under [{section}])", limit.as_secs_f64())]
    OutOfCpu {
        /// The step.
        step: String,
        /// The limit.
        limit: Duration,
        /// Where the setting stands.
        section: String,
    },
    /// It took too long by the clock.
    #[error("{step}: the component took more than {} s for one call (setting `wall` under [{section}])", limit.as_secs_f64())]
    OutOfTime {
        /// The step.
        step: String,
        /// The limit.
        limit: Duration,
        /// Where the setting stands.
        section: String,
    },
    /// The instance is gone after an error.
    #[error("{step}: this instance ended with an error before")]
    Gone {
        /// The step.
        step: String,
    },
}

/// A component that is linked for a step.
struct Linked {
    engine: Engine,
    name: String,
    limits: Limits,
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
        let mismatch =
            |error: wasmtime::Error| LinkError::Mismatch { step: name.to_owned(), reason: format!("{error:#}") };
        let mut linker = Linker::new(&sandbox.engine);
        host::link(&mut linker, grants).map_err(mismatch)?;
        let instance = linker.instantiate_pre(&component.code).map_err(mismatch)?;
        Ok((Self { engine: sandbox.engine.clone(), name: name.to_owned(), limits }, instance))
    }

    fn section(&self) -> String {
        format!("{}.limits", self.name.split('[').next().unwrap_or(&self.name))
    }
}

/// An instance, as long as it lives.
struct Live {
    store: Option<Store<State>>,
    name: String,
    section: String,
    limits: Limits,
}

impl Live {
    fn gone(&self) -> CallError {
        CallError::Gone { step: self.name.clone() }
    }

    /// What an error of the engine means; the store is not used again.
    fn classify(&mut self, error: &wasmtime::Error) -> CallError {
        let (step, section) = (self.name.clone(), self.section.clone());
        let meter = self.store.as_ref().map(|store| &store.data().meter);
        let (memory, cpu) = meter.map_or((false, false), |meter| (meter.out_of_memory, meter.out_of_cpu));
        self.store = None;
        if cpu || error.downcast_ref::<Trap>() == Some(&Trap::Interrupt) {
            return CallError::OutOfCpu { step, limit: self.limits.cpu, section };
        }
        if memory {
            return CallError::OutOfMemory { step, limit: self.limits.memory, section };
        }
        CallError::Trap { step, what: summary(error) }
    }

    fn out_of_time(&mut self) -> CallError {
        self.store = None;
        CallError::OutOfTime { step: self.name.clone(), limit: self.limits.wall, section: self.section.clone() }
    }
}

/// The cause first, then the innermost functions: enough for an author, and no page of addresses for anybody else.
fn summary(error: &wasmtime::Error) -> String {
    if let Some(exit) = error.downcast_ref::<wasmtime_wasi::I32Exit>() {
        return format!("it called exit({})", exit.0);
    }
    let cause = error.root_cause().to_string();
    let cause = cause.lines().next().unwrap_or_default().to_owned();
    let named = error.downcast_ref::<wasmtime::WasmBacktrace>().map(|trace| {
        trace.frames().iter().filter_map(|frame| frame.func_name()).take(3).map(str::to_owned).collect::<Vec<_>>()
    });
    match named {
        Some(names) if !names.is_empty() => format!("{cause} (in {})", names.join(" < ")),
        _ => cause,
    }
}

/// Waits for a call as long as the step may take, not counting the time that the host made it wait for its turn to send.
async fn bounded<T>(call: impl Future<Output = T>, wall: Duration, waited: &std::sync::atomic::AtomicU64) -> Option<T> {
    let started = Instant::now();
    let mut call = std::pin::pin!(call);
    loop {
        let allowed = wall + Duration::from_millis(waited.load(Ordering::Relaxed));
        let Some(left) = allowed.checked_sub(started.elapsed()) else { return None };
        if let Ok(answer) = tokio::time::timeout(left, &mut call).await {
            return Some(answer);
        }
        if wall + Duration::from_millis(waited.load(Ordering::Relaxed)) <= allowed {
            return None;
        }
    }
}

macro_rules! call {
    ($instance:ident, $interface:ident, $function:ident($($argument:expr),*)) => {{
        let Some(store) = $instance.live.store.as_mut() else { return Err($instance.live.gone()) };
        let limits = &$instance.live.limits;
        store.data_mut().begin(limits);
        let waited = store.data().waited();
        let exports = $instance.bindings.$interface();
        match bounded(exports.$function(&mut *store, $($argument),*), limits.wall, &waited).await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err($instance.live.classify(&error)),
            None => Err($instance.live.out_of_time()),
        }
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
                let pre = steps::$module::StepPre::new(pre)
                    .map_err(|error| LinkError::Mismatch { step: name.to_owned(), reason: format!("{error:#}") })?;
                Ok(Self { linked, pre })
            }

            /// Makes an instance with what it is lent.
            ///
            /// # Errors
            /// When the component fails while it starts.
            pub async fn instance(&self, lent: Capabilities) -> Result<$instance, CallError> {
                let Linked { engine, name, limits } = &self.linked;
                let mut store = State::store(engine, name, limits, lent);
                let waited = store.data().waited();
                let made = bounded(self.pre.instantiate_async(&mut store), limits.wall, &waited).await;
                let section = self.linked.section();
                let mut live = Live { store: Some(store), name: name.clone(), section, limits: limits.clone() };
                match made {
                    Some(Ok(bindings)) => Ok($instance { live, bindings }),
                    Some(Err(error)) => Err(live.classify(&error)),
                    None => Err(live.out_of_time()),
                }
            }
        }

        #[doc = concat!("An instance of a ", $what, ".")]
        pub struct $instance {
            live: Live,
            bindings: steps::$module::Step,
        }

        impl $instance {
            /// The most memory that it held so far, in bytes.
            pub fn peak_memory(&self) -> usize {
                self.live.store.as_ref().map_or(0, |store| store.data().meter.peak())
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

//! Steps: a component linked for a tenant's step, and instances of it.
//!
//! Linking checks types and grants once. An instance may be kept from call to call; after any error it is gone, and with it whatever the
//! component left in its memory.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wasmtime::component::{InstancePre, Linker};
use wasmtime::{Engine, Store};

use crate::call_error::CallError;
use crate::capabilities::Capabilities;
use crate::component::{Component, StepKind};
use crate::contract::types::{Attribute, Failure, Pack, Problem};
use crate::contract::{grouping, mapping, source, steps, target};
use crate::grants::{Grants, LinkError};
use crate::host;
use crate::limits::Limits;
use crate::meter::Stopwatch;
use crate::packed::{self, Broken};
use crate::sandbox::Sandbox;
use crate::state::{HANDED_OVER, State};
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
    ) -> Result<(Self, InstancePre<State>), LinkError> {
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

impl Live {
    /// An answer in packed form that cannot be read: what gave it is not asked again.
    fn broken(&mut self, broken: Broken) -> CallError {
        self.store = None;
        let step = self.name.to_string();
        match broken {
            Broken::TooLarge => CallError::OutputTooLarge { step, limit: HANDED_OVER as u64 },
            Broken::Unreadable(what) => CallError::Unreadable { step, what },
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

/// A call of the interface for packed batches, with what `pack` wrote; the answer is read by `read`.
macro_rules! packed_call {
    ($instance:ident, $packed:ident, $interface:ident, $function:ident($($argument:expr),*), $read:expr) => {{
        let Running { mut store, watch } = $instance.live.begin()?;
        let answer = watch.bounded($packed.$interface().$function(&mut store, $($argument),*)).await;
        let answer = $instance.live.end(Running { store, watch }, answer)?;
        $read(&answer).map_err(|broken| $instance.live.broken(broken))
    }};
}

macro_rules! step {
    ($step:ident, $instance:ident, $module:ident, $kind:expr, $what:literal $(, $packed:ident)?) => {
        #[doc = concat!("A component linked as a ", $what, ".")]
        pub struct $step {
            linked: Linked,
            pre: InstancePre<State>,
            exports: steps::$module::StepIndices,
            $($packed: Option<steps::$packed::StepIndices>,)?
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
                let mismatch = |error: wasmtime::Error| LinkError::mismatch(name, &error);
                let exports = steps::$module::StepIndices::new(&pre).map_err(mismatch)?;
                $(
                    let packs = component.packs($kind);
                    let $packed = packs.then(|| steps::$packed::StepIndices::new(&pre)).transpose().map_err(mismatch)?;
                )?
                Ok(Self { linked, pre, exports, $($packed)? })
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
                let making = async {
                    let instance = self.pre.instantiate_async(&mut store).await?;
                    let bindings = self.exports.load(&mut store, &instance)?;
                    $(
                        let exports = self.$packed.as_ref();
                        let $packed = exports.map(|exports| exports.load(&mut store, &instance)).transpose()?;
                    )?
                    Ok((bindings, $($packed)?))
                };
                let made = watch.bounded(making).await;
                let (bindings, $($packed)?) = live.end(Running { store, watch }, made)?;
                Ok($instance { live, bindings, $($packed, pack: Pack::empty())? })
            }

            $(
                /// Whether its batches cross in packed form, because the component takes them so.
                pub fn is_packed(&self) -> bool {
                    self.$packed.is_some()
                }

                /// Its batches cross value by value, whatever the component takes: for comparing the two forms.
                #[must_use]
                pub fn unpacked(mut self) -> Self {
                    self.$packed = None;
                    self
                }
            )?
        }

        #[doc = concat!("An instance of a ", $what, ".")]
        pub struct $instance {
            live: Live,
            bindings: steps::$module::Step,
            $(
                $packed: Option<steps::$packed::Step>,
                /// The lists of the last batch that crossed packed: the next finds room in them.
                pack: Pack,
            )?
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
step!(MappingStep, MappingInstance, mapping, StepKind::Mapping, "mapping", packed_mapping);
step!(GroupingStep, GroupingInstance, grouping, StepKind::Grouping, "grouping", packed_grouping);
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
        let Some(packed) = &self.packed_mapping else {
            return call!(self, rollcall_sync_mapping, call_map_people(people));
        };
        let Some(count) = packed::people(people, &mut self.pack) else {
            return call!(self, rollcall_sync_mapping, call_map_people(people));
        };
        let pack = &self.pack;
        packed_call!(self, packed, rollcall_sync_packed_mapping, call_map_people(count, pack), packed::outcomes)
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
        let Some(packed) = &self.packed_grouping else {
            return call!(self, rollcall_sync_grouping, call_assign(people, rules));
        };
        let Some(count) = packed::candidates(people, &mut self.pack) else {
            return call!(self, rollcall_sync_grouping, call_assign(people, rules));
        };
        let pack = &self.pack;
        packed_call!(self, packed, rollcall_sync_packed_grouping, call_assign(count, pack, rules), packed::assignments)
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

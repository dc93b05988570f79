//! What belongs to one instance, and goes with it.

use std::sync::Arc;

use rand::SeedableRng;
use rand::rngs::StdRng;
use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::capabilities::Capabilities;
use crate::egress::Hooks;
use crate::limits::Limits;
use crate::lines::{Captured, Lines};
use crate::meter::Meter;
use crate::usage::{Budget, Usage};

/// Bytes that a component may hand to the host in one go, answers included: a page of a thousand users is 2 MB.
pub(crate) const HANDED_OVER: usize = 32 << 20;

/// Handles that a component may hold at once; a thoughtful one holds a dozen.
const HANDLES: usize = 4_096;

/// Bytes of the headers of a request or answer.
const HEADER_BYTES: usize = 64 << 10;

/// Random bytes that a component gets in one go.
const RANDOM_BYTES: u64 = 1 << 20;

/// The state of an instance.
pub(crate) struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
    pub(crate) table: ResourceTable,
    pub(crate) meter: Meter,
    pub(crate) lent: Capabilities,
    pub(crate) lines: Lines,
    pub(crate) budget: Arc<Budget>,
    /// Files of the inbox and outbox that are open: each is a file of the process too.
    pub(crate) open_files: usize,
}

impl State {
    /// A store whose every limit is set before anything of the component runs.
    pub(crate) fn store(
        engine: &Engine,
        step: &str,
        limits: &Limits,
        seed: Option<u64>,
        lent: Capabilities,
    ) -> Store<Self> {
        let lines = Lines::new(Arc::clone(&lent.log), limits.log_bytes);
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(Captured { lines: lines.clone(), level: "stdout" });
        wasi.stderr(Captured { lines: lines.clone(), level: "stderr" });
        wasi.max_random_size(RANDOM_BYTES);
        // No sockets: HTTP is the only way out. (No file and no variable either: a context has none until it is given one.)
        wasi.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
        if let Some(nanoseconds) = lent.still_clock {
            wasi.wall_clock(StillClock(nanoseconds));
        }
        if let Some(seed) = seed {
            wasi.secure_random(StdRng::seed_from_u64(seed));
            wasi.insecure_random(StdRng::seed_from_u64(seed));
            wasi.insecure_random_seed(u128::from(seed));
        }
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADER_BYTES);
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        let budget = Arc::new(Budget::new(limits));
        let hooks = Hooks::new(step, lent.egress.clone(), Arc::clone(&budget));
        let meter = Meter::new(limits.memory, limits.cpu);
        let state = Self { wasi: wasi.build(), http, hooks, table, meter, lent, lines, budget, open_files: 0 };
        let mut store = Store::new(engine, state);
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(HANDED_OVER);
        store.set_max_component_handles(HANDLES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut context| {
            if context.data_mut().meter.tick() {
                // Tokio's own yield, so that others on this thread have their turn before this one goes on.
                Ok(UpdateDeadline::YieldCustom(1, Box::pin(tokio::task::yield_now())))
            } else {
                Ok(UpdateDeadline::Interrupt)
            }
        });
        store
    }

    /// A call begins: what is counted for each call starts anew.
    pub(crate) fn begin(&mut self, limits: &Limits) {
        self.meter.begin();
        self.budget.begin(limits);
        self.lines.begin(limits.log_bytes);
    }

    /// What this call used so far.
    pub(crate) fn usage(&self) -> Usage {
        let mut usage = Usage {
            computing: self.meter.stopwatch.spent(),
            peak_memory: self.meter.peak(),
            log_bytes: self.lines.written(),
            ..Usage::default()
        };
        self.budget.note(&mut usage);
        usage
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.hooks, table: &mut self.table, ctx: &mut self.http }
    }
}

/// A clock that stands still, so that a mapping's answer depends on what it is given and nothing else.
struct StillClock(u64);

impl wasmtime_wasi::HostWallClock for StillClock {
    fn resolution(&self) -> std::time::Duration {
        std::time::Duration::from_millis(1)
    }

    fn now(&self) -> std::time::Duration {
        std::time::Duration::from_nanos(self.0)
    }
}

//! What belongs to one instance, and goes with it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use wasmtime::component::ResourceTable;
use wasmtime::{Engine, Store, UpdateDeadline};
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::capabilities::{Capabilities, LogSink};
use crate::egress::Hooks;
use crate::limits::Limits;
use crate::meter::Meter;

/// Bytes that a component may hand to the host in one go: a page of a thousand users is 2 MB.
const HOSTCALL_BYTES: usize = 32 << 20;

/// Handles that a component may hold at once; a thoughtful one holds a dozen.
const HANDLES: usize = 4_096;

/// Bytes of the headers of a request or answer.
const HEADER_BYTES: usize = 64 << 10;

/// The longest line that is kept whole.
const LONGEST_LINE: usize = 8 << 10;

/// The state of an instance.
pub(crate) struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: Hooks,
    pub(crate) table: ResourceTable,
    pub(crate) meter: Meter,
    pub(crate) lent: Capabilities,
    pub(crate) lines: Lines,
}

impl State {
    pub(crate) fn store(engine: &Engine, step: &str, limits: &Limits, lent: Capabilities) -> Store<Self> {
        let lines = Lines { sink: Arc::clone(&lent.log), left: Arc::new(AtomicU64::new(limits.log_bytes)) };
        let mut wasi = WasiCtxBuilder::new();
        wasi.stdout(Captured { lines: lines.clone(), level: "stdout" });
        wasi.stderr(Captured { lines: lines.clone(), level: "stderr" });
        wasi.max_random_size(1 << 20);
        if let Some(nanoseconds) = lent.still_clock {
            wasi.wall_clock(StillClock(nanoseconds));
        }
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HEADER_BYTES);
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        let hooks = Hooks::new(step, lent.egress.clone(), limits);
        let meter = Meter::new(limits.memory, limits.cpu);
        let mut store = Store::new(engine, Self { wasi: wasi.build(), http, hooks, table, meter, lent, lines });
        store.limiter(|state| &mut state.meter);
        store.set_hostcall_fuel(HOSTCALL_BYTES);
        store.set_max_component_handles(HANDLES);
        store.set_epoch_deadline(1);
        store.epoch_deadline_callback(|mut context| {
            if context.data_mut().meter.tick() { Ok(UpdateDeadline::Yield(1)) } else { Ok(UpdateDeadline::Interrupt) }
        });
        store
    }

    /// A call begins: what is counted for each call starts anew.
    pub(crate) fn begin(&mut self, limits: &Limits) {
        self.meter.begin();
        self.hooks.begin(limits);
        self.lines.left.store(limits.log_bytes, Ordering::Relaxed);
    }

    /// Milliseconds that the host made this call wait for its turn to send.
    pub(crate) fn waited(&self) -> Arc<AtomicU64> {
        self.hooks.waited()
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

/// Lines for the log, up to a number of bytes a call.
#[derive(Clone)]
pub(crate) struct Lines {
    sink: Arc<dyn LogSink>,
    left: Arc<AtomicU64>,
}

impl Lines {
    pub(crate) fn write(&self, level: &str, message: &str) {
        let mut end = message.len().min(LONGEST_LINE);
        while !message.is_char_boundary(end) {
            end -= 1;
        }
        let message = message.get(..end).unwrap_or_default();
        let cost = message.len() as u64 + 16;
        let left = self.left.load(Ordering::Relaxed);
        if left == 0 {
            return;
        }
        if left < cost {
            self.left.store(0, Ordering::Relaxed);
            self.sink.line("warn", "more lines than log_bytes allows: the rest of this call is left out");
            return;
        }
        self.left.store(left - cost, Ordering::Relaxed);
        self.sink.line(level, message);
    }
}

/// Standard output and error as lines of the log.
#[derive(Clone)]
struct Captured {
    lines: Lines,
    level: &'static str,
}

impl IsTerminal for Captured {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Captured {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(LineStream { captured: self.clone(), pending: Vec::new() })
    }

    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }
}

struct LineStream {
    captured: Captured,
    pending: Vec<u8>,
}

impl LineStream {
    fn flush_line(&mut self) {
        if !self.pending.is_empty() {
            let line = String::from_utf8_lossy(&self.pending).into_owned();
            self.captured.lines.write(self.captured.level, &line);
            self.pending.clear();
        }
    }
}

impl Drop for LineStream {
    fn drop(&mut self) {
        self.flush_line();
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for LineStream {
    async fn ready(&mut self) {}
}

impl OutputStream for LineStream {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        for byte in bytes {
            if byte == b'\n' {
                self.flush_line();
            } else if self.pending.len() < LONGEST_LINE {
                self.pending.push(byte);
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(64 << 10)
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

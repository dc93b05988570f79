//! Why a call of a component ended without an answer.

use std::time::Duration;

use wasmtime::Trap;

use crate::limits::Limits;
use crate::state::{HANDED_OVER, State};
use crate::usage::LeftTooMuch;

/// Why a call did not come back with an answer. Each names the step first, then the cause, then the setting to look at. The instance is
/// gone after any of them.
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
    /// An answer, or what it handed to the host in one go, is larger than any may be. A smaller batch has a smaller answer.
    #[error(
        "{step}: the component handed over more than {} MiB in one go, which no setting raises: it should answer with less, such as smaller pages",
        limit >> 20
    )]
    OutputTooLarge {
        /// The step.
        step: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// Its answer is in packed form, and broken.
    #[error("{step}: the component's packed answer cannot be read: {what}")]
    Unreadable {
        /// The step.
        step: String,
        /// What is wrong, and where.
        what: String,
    },
    /// It left too much with the host through storage, wake-ups or look-ups.
    #[error("{step}: the component was stopped: {what}")]
    LeftTooMuch {
        /// The step.
        step: String,
        /// What, with the limit.
        what: String,
    },
    /// The instance is gone after an error, or because an earlier call was given up half-way.
    #[error("{step}: this instance ended with an error before")]
    Gone {
        /// The step.
        step: String,
    },
}

impl CallError {
    /// What an error of the engine means.
    pub(crate) fn of(error: &wasmtime::Error, state: &State, step: &str, section: &str, limits: &Limits) -> Self {
        let (step, section) = (step.to_owned(), section.to_owned());
        if state.meter.out_of_cpu || error.downcast_ref::<Trap>() == Some(&Trap::Interrupt) {
            return Self::OutOfCpu { step, limit: limits.cpu, section };
        }
        if let Some(left) = error.downcast_ref::<LeftTooMuch>() {
            return Self::LeftTooMuch { step, what: left.to_string() };
        }
        // The engine keeps the type of this error to itself.
        if error.chain().any(|cause| cause.to_string().contains("fuel allocated for hostcalls")) {
            return Self::OutputTooLarge { step, limit: HANDED_OVER as u64 };
        }
        if state.meter.out_of_memory {
            return Self::OutOfMemory { step, limit: limits.memory, section };
        }
        Self::Trap { step, what: summary(error) }
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

//! Counting what an instance uses: memory of all its memories together, and time of computing.

use std::time::Duration;

use wasmtime::ResourceLimiter;

/// How often the engine's clock ticks. Ten milliseconds cost nothing to speak of and end a busy loop soon enough.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Elements of all tables together; a table of this many function references takes 16 MiB.
const TABLE_ELEMENTS: usize = 1 << 20;

/// Counts, and stops what goes beyond.
#[derive(Debug)]
pub(crate) struct Meter {
    memory_limit: usize,
    memory: usize,
    peak: usize,
    last_growth: usize,
    tables: usize,
    /// A request for memory was refused.
    pub(crate) out_of_memory: bool,
    ticks: u64,
    tick_limit: u64,
    /// The time of computing is used up.
    pub(crate) out_of_cpu: bool,
}

impl Meter {
    pub(crate) fn new(memory: u64, cpu: Duration) -> Self {
        Self {
            memory_limit: usize::try_from(memory).unwrap_or(usize::MAX),
            memory: 0,
            peak: 0,
            last_growth: 0,
            tables: 0,
            out_of_memory: false,
            ticks: 0,
            tick_limit: u64::try_from(cpu.as_millis() / TICK.as_millis()).unwrap_or(u64::MAX).max(1),
            out_of_cpu: false,
        }
    }

    /// A call begins: its time of computing is its own.
    pub(crate) fn begin(&mut self) {
        self.ticks = 0;
    }

    /// The engine's clock ticked while this instance was computing; false when that is enough.
    pub(crate) fn tick(&mut self) -> bool {
        self.ticks += 1;
        self.out_of_cpu = self.ticks > self.tick_limit;
        !self.out_of_cpu
    }

    /// The most memory that the instance ever held, in bytes.
    pub(crate) fn peak(&self) -> usize {
        self.peak
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let growth = desired.saturating_sub(current);
        let wanted = self.memory.saturating_add(growth);
        if wanted > self.memory_limit {
            self.out_of_memory = true;
            return Ok(false);
        }
        self.memory = wanted;
        self.peak = self.peak.max(wanted);
        self.last_growth = growth;
        Ok(true)
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory = self.memory.saturating_sub(std::mem::take(&mut self.last_growth));
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, _: Option<usize>) -> wasmtime::Result<bool> {
        let wanted = self.tables.saturating_add(desired.saturating_sub(current));
        if wanted > TABLE_ELEMENTS {
            self.out_of_memory = true;
            return Ok(false);
        }
        self.tables = wanted;
        Ok(true)
    }

    // A Python or JavaScript component has a handful of each; more is an attempt to tire the host out.
    fn instances(&self) -> usize {
        64
    }
    fn tables(&self) -> usize {
        64
    }
    fn memories(&self) -> usize {
        16
    }
}

//! Counting what an instance uses: memory of all its memories together, and time of computing.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use wasmtime::ResourceLimiter;

/// How often the engine's clock ticks. Ten milliseconds cost nothing to speak of and end a busy loop soon enough.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Elements of all tables together; a table of this many function references takes 16 MiB.
const TABLE_ELEMENTS: usize = 1 << 20;

/// The time that a call computes: while it is polled, and not while it waits for an answer from elsewhere.
///
/// Counting the ticks of the engine's clock would be simpler and wrong: each wait for an answer ends with one tick, so that a thousand
/// requests would look like ten seconds of computing. What the host does for the instance meanwhile counts too.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    base: Instant,
    /// Nanoseconds that earlier polls took.
    spent: AtomicU64,
    /// When the poll that is under way began, in nanoseconds from the base; 0 between two polls.
    resumed: AtomicU64,
}

impl Default for Stopwatch {
    fn default() -> Self {
        Self { base: Instant::now(), spent: AtomicU64::new(0), resumed: AtomicU64::new(0) }
    }
}

impl Stopwatch {
    fn now(&self) -> u64 {
        u64::try_from(self.base.elapsed().as_nanos()).unwrap_or(u64::MAX).max(1)
    }

    /// A call begins: its time of computing is its own.
    pub(crate) fn begin(&self) {
        self.spent.store(0, Ordering::Relaxed);
        self.resumed.store(0, Ordering::Relaxed);
    }

    /// The time of computing so far.
    pub(crate) fn spent(&self) -> Duration {
        let resumed = self.resumed.load(Ordering::Relaxed);
        let running = if resumed == 0 { 0 } else { self.now().saturating_sub(resumed) };
        Duration::from_nanos(self.spent.load(Ordering::Relaxed).saturating_add(running))
    }

    /// Counts while a future is polled.
    pub(crate) async fn time<F: Future>(&self, mut future: Pin<&mut F>) -> F::Output {
        std::future::poll_fn(|context| {
            let resumed = self.now();
            self.resumed.store(resumed, Ordering::Relaxed);
            let polled = future.as_mut().poll(context);
            self.resumed.store(0, Ordering::Relaxed);
            self.spent.fetch_add(self.now().saturating_sub(resumed), Ordering::Relaxed);
            polled
        })
        .await
    }
}

/// Counts, and stops what goes beyond.
#[derive(Debug)]
pub(crate) struct Meter {
    memory_limit: usize,
    memory: usize,
    tables: usize,
    /// A request for memory was refused in this call.
    pub(crate) out_of_memory: bool,
    computing_limit: Duration,
    /// The time of computing is used up.
    pub(crate) out_of_cpu: bool,
    pub(crate) stopwatch: Arc<Stopwatch>,
}

impl Meter {
    pub(crate) fn new(memory: u64, cpu: Duration) -> Self {
        Self {
            memory_limit: usize::try_from(memory).unwrap_or(usize::MAX),
            memory: 0,
            tables: 0,
            out_of_memory: false,
            computing_limit: cpu,
            out_of_cpu: false,
            stopwatch: Arc::default(),
        }
    }

    /// A call begins.
    pub(crate) fn begin(&mut self) {
        self.out_of_memory = false;
        self.stopwatch.begin();
    }

    /// The engine's clock ticked while this instance was computing; false when that is enough.
    pub(crate) fn tick(&mut self) -> bool {
        self.out_of_cpu = self.stopwatch.spent() > self.computing_limit;
        !self.out_of_cpu
    }

    /// The memory that the instance holds, in bytes. It never gives any back, so this is also the most that it ever held.
    pub(crate) fn peak(&self) -> u64 {
        self.memory as u64
    }
}

impl ResourceLimiter for Meter {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        // Beyond its own maximum a memory cannot grow anyway. Refusing it here means that what is counted below does happen, but for
        // a machine without memory: then too much is counted, which is the safe side. (There is no notice of success, and one of
        // failure that may concern a request that was never counted.)
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let wanted = self.memory.saturating_add(desired.saturating_sub(current));
        if wanted > self.memory_limit {
            self.out_of_memory = true;
            return Ok(false);
        }
        self.memory = wanted;
        Ok(true)
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memories_are_counted_together() {
        let mut meter = Meter::new(100, Duration::from_secs(1));
        assert!(meter.memory_growing(0, 60, None).unwrap());
        assert!(!meter.memory_growing(0, 60, None).unwrap());
        assert!(meter.out_of_memory);
        assert!(meter.memory_growing(60, 100, None).unwrap());
        assert_eq!(meter.peak(), 100);
    }

    #[test]
    fn a_failed_growth_gives_nothing_back_that_was_never_taken() {
        let mut meter = Meter::new(100, Duration::from_secs(1));
        assert!(meter.memory_growing(0, 60, None).unwrap());
        for _ in 0..10 {
            assert!(!meter.memory_growing(60, 80, Some(70)).unwrap());
            meter.memory_grow_failed(wasmtime::Error::msg("it is too large")).unwrap();
        }
        assert_eq!(meter.peak(), 60);
        assert!(!meter.out_of_memory, "its own maximum is no limit of ours");
    }

    #[tokio::test]
    async fn waiting_is_not_computing() {
        let watch = Stopwatch::default();
        let call = async {
            std::thread::sleep(Duration::from_millis(5));
            tokio::time::sleep(Duration::from_millis(60)).await;
        };
        watch.time(std::pin::pin!(call)).await;
        let spent = watch.spent();
        assert!(spent >= Duration::from_millis(5) && spent < Duration::from_millis(50), "{spent:?}");
    }
}

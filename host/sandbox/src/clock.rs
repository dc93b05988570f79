//! Time for waiting: the machine's, or one that a test lets pass.

use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A wait.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// What waits go by: pauses that an origin asked for, the requests of a minute, the life of a token.
pub trait Clock: Send + Sync {
    /// Time since a moment that stays the same while the clock lives. It never goes back.
    fn elapsed(&self) -> Duration;

    /// Milliseconds since 1970.
    fn unix_millis(&self) -> u64;

    /// Waits.
    fn sleep(&self, time: Duration) -> Sleep<'_>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock {
    start: Instant,
}

impl Default for SystemClock {
    fn default() -> Self {
        // One beginning for the process, so that the moments of two clocks can be compared.
        static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
        Self { start: *START.get_or_init(Instant::now) }
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn unix_millis(&self) -> u64 {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    fn sleep(&self, time: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(time))
    }
}

/// A clock for tests: it stands still until somebody waits, and then jumps to the end of the wait.
#[derive(Debug)]
pub struct VirtualClock {
    elapsed: Mutex<Duration>,
    started_at: u64,
}

impl VirtualClock {
    /// A clock that shows `unix_millis` now.
    pub fn new(unix_millis: u64) -> Self {
        Self { elapsed: Mutex::default(), started_at: unix_millis }
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        *self.elapsed.lock().unwrap_or_else(PoisonError::into_inner) += time;
    }

    fn reach(&self, moment: Duration) {
        let mut elapsed = self.elapsed.lock().unwrap_or_else(PoisonError::into_inner);
        *elapsed = (*elapsed).max(moment);
    }
}

impl Clock for VirtualClock {
    fn elapsed(&self) -> Duration {
        *self.elapsed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn unix_millis(&self) -> u64 {
        self.started_at.saturating_add(u64::try_from(self.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    fn sleep(&self, time: Duration) -> Sleep<'_> {
        let until = self.elapsed() + time;
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.reach(until);
        })
    }
}

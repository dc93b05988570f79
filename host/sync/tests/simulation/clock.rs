//! Time that passes when somebody sleeps, and at once.

use std::pin::Pin;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use rollcall_sync::clock::Clock;
use rollcall_sync::store::Millis;

/// 2026-01-01T00:00:00Z.
pub const BEGINNING: Millis = 1_767_225_600_000;

/// The clock of one seed.
#[derive(Debug)]
pub struct VirtualClock(AtomicI64);

impl VirtualClock {
    /// A clock at the beginning.
    pub fn new() -> Self {
        Self(AtomicI64::new(BEGINNING))
    }

    /// Lets time pass.
    pub fn advance(&self, time: Duration) {
        self.0.fetch_add(i64::try_from(time.as_millis()).expect("a simulation is short"), Ordering::SeqCst);
    }

    /// Somebody sets the clock.
    pub fn jump(&self, hours: i64) {
        self.0.fetch_add(hours * 3_600_000, Ordering::SeqCst);
    }

    /// Goes to a moment, if it is still to come.
    pub fn advance_to(&self, moment: Millis) {
        self.0.fetch_max(moment, Ordering::SeqCst);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Millis {
        self.0.load(Ordering::SeqCst)
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.advance(duration);
        Box::pin(std::future::ready(()))
    }
}

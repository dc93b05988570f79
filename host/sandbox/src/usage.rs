//! What a call used, and what it may still use of the network and of the host's memory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::Limits;

/// What an instance used in its last call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Usage {
    /// Time of computing, in the component and in the host for it.
    pub computing: Duration,
    /// Time by the clock.
    pub wall: Duration,
    /// The part of it that the host made it wait for its turn to send.
    pub waited: Duration,
    /// The most memory that the instance held so far, in bytes.
    pub peak_memory: u64,
    /// HTTP requests.
    pub http_calls: u32,
    /// Bytes of the bodies of requests.
    pub http_sent: u64,
    /// Bytes of the bodies of answers, as the component gets them.
    pub http_received: u64,
    /// Bytes of log lines and of standard output.
    pub log_bytes: u64,
}

/// Requests of an instance that may be open at once, with their answers. A careful component has one.
const OPEN: usize = 32;

/// Bytes that a call may leave with the host through storage, wake-ups and look-ups, which the host keeps until the batch is committed. A
/// thousand people with a hundred look-ups each leave a quarter of it.
const LEFT_BEHIND: u64 = 64 << 20;

/// What each thing that is left behind costs beside its text.
const KEEPING: u64 = 64;

/// A budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct UsedUp;

/// A call left more with the host than a call may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it left more than {} MiB of storage, wake-ups and look-ups with the host in one call", LEFT_BEHIND >> 20)]
pub(crate) struct LeftTooMuch;

/// Counts what a call uses. Answers that are still being read share it.
#[derive(Debug)]
pub(crate) struct Budget {
    calls: AtomicU32,
    calls_left: AtomicU32,
    sent: AtomicU64,
    received: AtomicU64,
    bytes_left: AtomicU64,
    left_behind: AtomicU64,
    waited_millis: AtomicU64,
    open: Arc<Semaphore>,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        let budget = Self {
            calls: AtomicU32::default(),
            calls_left: AtomicU32::default(),
            sent: AtomicU64::default(),
            received: AtomicU64::default(),
            bytes_left: AtomicU64::default(),
            left_behind: AtomicU64::default(),
            waited_millis: AtomicU64::default(),
            open: Arc::new(Semaphore::new(OPEN)),
        };
        budget.begin(limits);
        budget
    }

    /// A call begins.
    pub(crate) fn begin(&self, limits: &Limits) {
        for counter in [&self.sent, &self.received, &self.left_behind, &self.waited_millis] {
            counter.store(0, Ordering::Relaxed);
        }
        self.calls.store(0, Ordering::Relaxed);
        self.calls_left.store(limits.http_calls, Ordering::Relaxed);
        self.bytes_left.store(limits.http_bytes, Ordering::Relaxed);
    }

    pub(crate) fn request(&self) -> Result<(), UsedUp> {
        self.calls_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
            .map_err(|_| UsedUp)?;
        self.calls.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    /// A place among the open requests, until it is dropped.
    pub(crate) fn open(&self) -> Result<OwnedSemaphorePermit, UsedUp> {
        Arc::clone(&self.open).try_acquire_owned().map_err(|_| UsedUp)
    }

    pub(crate) fn send(&self, bytes: usize) -> Result<(), UsedUp> {
        self.spend(bytes)?;
        self.sent.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn receive(&self, bytes: usize) -> Result<(), UsedUp> {
        self.spend(bytes)?;
        self.received.fetch_add(bytes as u64, Ordering::Relaxed);
        Ok(())
    }

    fn spend(&self, bytes: usize) -> Result<(), UsedUp> {
        self.bytes_left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes as u64))
            .map(|_| ())
            .map_err(|_| UsedUp)
    }

    /// The host keeps this much for the call until its batch is committed.
    pub(crate) fn leave(&self, bytes: usize) -> Result<(), LeftTooMuch> {
        let cost = bytes as u64 + KEEPING;
        let left = self.left_behind.fetch_add(cost, Ordering::Relaxed);
        if left + cost > LEFT_BEHIND { Err(LeftTooMuch) } else { Ok(()) }
    }

    pub(crate) fn wait(&self, time: Duration) {
        let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX).saturating_add(1);
        self.waited_millis.fetch_add(millis, Ordering::Relaxed);
    }

    /// How long the host made this call wait for its turn to send.
    pub(crate) fn waited(&self) -> Duration {
        Duration::from_millis(self.waited_millis.load(Ordering::Relaxed))
    }

    /// Adds what was counted here.
    pub(crate) fn note(&self, usage: &mut Usage) {
        usage.waited = self.waited();
        usage.http_calls = self.calls.load(Ordering::Relaxed);
        usage.http_sent = self.sent.load(Ordering::Relaxed);
        usage.http_received = self.received.load(Ordering::Relaxed);
    }
}

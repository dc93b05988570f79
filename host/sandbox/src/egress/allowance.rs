//! An allowance of requests a minute, for everything that is sent with one login.
//!
//! | who shares it | by what |
//! | --- | --- |
//! | the steps and tenants of one process | a window in its memory, exact to the moment |
//! | processes on one machine: a service, and a command beside it | a file for each login in a folder that they share (`ledger`) |
//!
//! A service counts by the login (Kaizala: the connector), so the login is what the sharing goes by, and not the tenant. Each who sends may
//! have a limit of its own, and the smallest one in use holds for all: whoever set a smaller one leaves the rest to somebody whom we do not
//! see, and that one is as much in need of it while others of ours send. A limit is in use until two minutes after somebody last asked under
//! it, so that one of a tenant that sleeps, or of a process that died, slows nobody down. Without any limit nothing is written.

mod ledger;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use cap_std::fs::Dir;

use self::ledger::{Ledger, Taken};
use crate::clock::Clock;

const MINUTE: Duration = Duration::from_secs(60);

/// How long after somebody last asked under a limit it still holds: longer than anybody waits for a turn.
const IN_USE: Duration = Duration::from_secs(120);

/// The allowances of some logins.
#[derive(Debug, Clone, Default)]
pub struct Allowances {
    windows: Arc<Mutex<BTreeMap<String, Arc<Mutex<Window>>>>>,
    folder: Option<Arc<Dir>>,
}

impl Allowances {
    /// Those that everything in this process shares.
    pub fn of_process() -> Self {
        static ALL: OnceLock<Allowances> = OnceLock::new();
        ALL.get_or_init(Self::default).clone()
    }

    /// The same, shared also with other processes that keep theirs in the same folder: in `.allowances` there, which is made when the first
    /// request is sent under a limit.
    #[must_use]
    pub fn kept_in(self, folder: Arc<Dir>) -> Self {
        Self { folder: Some(folder), ..self }
    }

    /// The allowance of a login, without a limit of its own yet.
    pub fn of(&self, login: &str) -> Allowance {
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        Allowance {
            login: login.to_owned(),
            limit: Mutex::default(),
            window: Arc::clone(windows.entry(login.to_owned()).or_default()),
            ledger: self.folder.as_ref().map(|folder| Ledger::new(Arc::clone(folder), login)),
        }
    }
}

/// At most so many requests in any sixty seconds, as one of those who send with the login has it.
#[derive(Debug)]
pub struct Allowance {
    login: String,
    limit: Mutex<Option<u32>>,
    window: Arc<Mutex<Window>>,
    ledger: Option<Ledger>,
}

/// What this process sent with a login.
#[derive(Debug, Default)]
struct Window {
    /// Limits, and when somebody last asked under each, by the clock's elapsed time.
    limits: BTreeMap<u32, Duration>,
    /// When the requests of the last minute started.
    times: VecDeque<Duration>,
}

impl Allowance {
    /// Sets the number of requests a minute; none for no limit of one's own.
    pub fn set(&self, requests: Option<u32>) {
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner) = requests;
    }

    /// What makes two logins the same.
    pub(crate) fn login(&self) -> &str {
        &self.login
    }

    /// Takes one request; answers how long to wait before asking again when there is none left.
    pub(crate) fn take(&self, clock: &dyn Clock) -> Option<Duration> {
        let (own, mut window) = (self.own(), self.window.lock().unwrap_or_else(PoisonError::into_inner));
        let now = clock.elapsed();
        if let Some(limit) = window.limit(own, now) {
            if let Some(wait) = window.wait(limit, now) {
                return Some(wait);
            }
            // With the window held, so that those of this process ask one after the other.
            if let Some(Taken::Wait(wait)) = self.ledger.as_ref().map(|ledger| ledger.take(clock, limit)) {
                return Some(wait);
            }
        }
        window.times.push_back(now);
        None
    }

    /// Counts requests that were sent without asking: those of the login itself, for which nobody could wait.
    pub(crate) fn spend(&self, clock: &dyn Clock, requests: u32) {
        let (own, mut window) = (self.own(), self.window.lock().unwrap_or_else(PoisonError::into_inner));
        let now = clock.elapsed();
        let limit = window.limit(own, now);
        for _ in 0..requests {
            window.times.push_back(now);
            if let (Some(ledger), Some(limit)) = (&self.ledger, limit) {
                ledger.spend(clock, limit);
            }
        }
    }

    /// What keeps other processes from sharing it, once.
    pub(crate) fn trouble(&self) -> Option<String> {
        self.ledger.as_ref().and_then(Ledger::trouble)
    }

    fn own(&self) -> Option<u32> {
        *self.limit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Window {
    /// The smallest limit in use, with one's own.
    fn limit(&mut self, own: Option<u32>, now: Duration) -> Option<u32> {
        while self.times.front().is_some_and(|first| now.saturating_sub(*first) >= MINUTE) {
            self.times.pop_front();
        }
        if let Some(own) = own {
            self.limits.insert(own, now);
        }
        self.limits.retain(|_, asked| now.saturating_sub(*asked) <= IN_USE);
        self.limits.keys().next().copied()
    }

    fn wait(&self, limit: u32, now: Duration) -> Option<Duration> {
        // The limit may have been lowered meanwhile: then more than one has to pass.
        let position = self.times.len().checked_sub(limit.max(1) as usize)?;
        let blocking = self.times.get(position)?;
        Some(MINUTE.saturating_sub(now.saturating_sub(*blocking)).max(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests;

//! An allowance of requests a minute, for everything that is sent with one login.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::clock::Clock;

/// At most so many requests in any sixty seconds.
#[derive(Debug, Default)]
pub struct Allowance {
    state: Mutex<Started>,
}

#[derive(Debug, Default)]
struct Started {
    limit: Option<u32>,
    /// When the requests of the last minute started, by the clock's elapsed time.
    times: VecDeque<Duration>,
}

const MINUTE: Duration = Duration::from_secs(60);

impl Allowance {
    /// The allowance of a login. Everything in this process that uses the same login shares it.
    pub fn of(login: &str) -> Arc<Self> {
        static ALL: Mutex<BTreeMap<String, Arc<Allowance>>> = Mutex::new(BTreeMap::new());
        let mut all = ALL.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(login.to_owned()).or_default())
    }

    /// Sets the number of requests a minute; none for no limit.
    pub fn set(&self, requests: Option<u32>) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).limit = requests;
    }

    /// Takes one request; answers how long to wait before asking again when there is none left.
    pub(super) fn take(&self, clock: &dyn Clock) -> Option<Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let Started { limit, times } = &mut *state;
        let limit = (*limit)?.max(1) as usize;
        let now = clock.elapsed();
        while times.front().is_some_and(|first| now.saturating_sub(*first) >= MINUTE) {
            times.pop_front();
        }
        if times.len() < limit {
            times.push_back(now);
            return None;
        }
        // The limit may have been lowered meanwhile: then more than one has to pass.
        let blocking = times.get(times.len() - limit)?;
        Some(MINUTE.saturating_sub(now.saturating_sub(*blocking)).max(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::VirtualClock;

    #[test]
    fn an_allowance_is_shared_and_runs_out() {
        let clock = VirtualClock::new(0);
        let allowance = Allowance::of("test-login");
        allowance.set(Some(2));
        assert_eq!((allowance.take(&clock), Allowance::of("test-login").take(&clock)), (None, None));
        assert_eq!(allowance.take(&clock), Some(MINUTE));
        Allowance::of("test-login").set(None);
        assert_eq!(allowance.take(&clock), None);
    }

    #[tokio::test]
    async fn no_sixty_seconds_see_more_requests_than_allowed() {
        let clock = VirtualClock::new(0);
        let allowance = Allowance::default();
        allowance.set(Some(100));
        let mut started = Vec::new();
        for request in 0..1_000u64 {
            // Bursts, and now and then a rest.
            if request.is_multiple_of(70) {
                clock.advance(Duration::from_millis(request * 37 % 20_000));
            }
            while let Some(wait) = allowance.take(&clock) {
                clock.sleep(wait).await;
            }
            started.push(clock.elapsed());
        }
        for (position, first) in started.iter().enumerate() {
            let in_window = started.iter().skip(position).take_while(|time| **time - *first < MINUTE).count();
            assert!(in_window <= 100, "{in_window} requests in the minute after {first:?}");
        }
        assert!(clock.elapsed() < Duration::from_secs(11 * 60), "it waits no longer than it must");
    }

    #[test]
    fn a_lowered_limit_waits_until_enough_have_passed() {
        let clock = VirtualClock::new(0);
        let allowance = Allowance::default();
        allowance.set(Some(3));
        for _ in 0..3 {
            assert_eq!(allowance.take(&clock), None);
            clock.advance(Duration::from_secs(10));
        }
        allowance.set(Some(1));
        assert_eq!(allowance.take(&clock), Some(Duration::from_secs(50)));
    }
}

//! Waiting together: a pause that one answer asks for holds for every call to that origin.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, StatusCode};
use url::Url;

use super::retry_after::retry_after;
use crate::clock::{Clock, SystemClock};

/// Until when each origin wants to be left alone. One gate for all steps of a tenant.
pub struct Gate {
    clock: Arc<dyn Clock>,
    longest: Duration,
    until: Mutex<BTreeMap<String, Duration>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(Arc::new(SystemClock::default()))
    }
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Gate").field("until", &self.until).finish_non_exhaustive()
    }
}

impl Gate {
    /// A gate that goes by this clock.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, longest: Duration::from_secs(60), until: Mutex::default() }
    }

    /// The longest that a call is held back because an origin asked for a pause. Default: 60 s. When the pause is longer, the component
    /// gets an answer 429 that says how long, and the run decides.
    #[must_use]
    pub fn with_longest_pause(mut self, pause: Duration) -> Self {
        self.longest = pause;
        self
    }

    pub(super) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }

    pub(super) fn longest(&self) -> Duration {
        self.longest
    }

    /// Notes what an answer says: 429 and 503 with `Retry-After` ask for a pause.
    pub(super) fn note(&self, url: &Url, status: StatusCode, headers: &HeaderMap) {
        if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            return;
        }
        let Some(pause) = retry_after(headers, self.clock.unix_millis()) else { return };
        let now = self.clock.elapsed();
        let until = now + pause;
        let mut all = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        // A grant may cover any number of hosts below a domain.
        all.retain(|_, until| *until > now);
        let kept = all.entry(url.origin().ascii_serialization()).or_insert(until);
        *kept = (*kept).max(until);
    }

    /// How long an origin still wants to be left alone.
    pub(super) fn pause(&self, url: &Url) -> Option<Duration> {
        let until = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let pause = until.get(&url.origin().ascii_serialization())?.saturating_sub(self.clock.elapsed());
        Some(pause).filter(|pause| !pause.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::VirtualClock;

    #[test]
    fn one_answer_closes_the_gate_for_its_origin_alone_until_the_time_is_over() {
        let clock = Arc::new(VirtualClock::new(0));
        let gate = Gate::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let (here, there) = (Url::parse("https://a.example/x").unwrap(), Url::parse("https://b.example/").unwrap());
        let headers = |seconds: &str| HeaderMap::from_iter([(http::header::RETRY_AFTER, seconds.parse().unwrap())]);
        gate.note(&here, StatusCode::OK, &headers("7"));
        assert_eq!(gate.pause(&here), None);
        gate.note(&here, StatusCode::TOO_MANY_REQUESTS, &headers("7"));
        gate.note(&here, StatusCode::SERVICE_UNAVAILABLE, &headers("3"));
        assert_eq!(gate.pause(&here), Some(Duration::from_secs(7)));
        assert_eq!(gate.pause(&there), None);
        clock.advance(Duration::from_secs(7));
        assert_eq!(gate.pause(&here), None);
    }
}

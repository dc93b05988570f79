//! Waiting together: a pause that one answer asks for holds for every call to that origin, and an allowance of requests a minute for
//! everything that is sent with one login.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use http::{HeaderMap, StatusCode, header};
use url::Url;

/// Until when each origin wants to be left alone.
#[derive(Debug, Default)]
pub struct Gate(Mutex<BTreeMap<String, Instant>>);

impl Gate {
    /// Notes what an answer says: 429 and 503 with `Retry-After` ask for a pause (RFC 9110, section 10.2.3).
    pub(super) fn note(&self, url: &Url, status: StatusCode, headers: &HeaderMap) {
        if !matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            return;
        }
        let Some(pause) = retry_after(headers) else { return };
        let until = Instant::now() + pause;
        let mut gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let gate = gates.entry(url.origin().ascii_serialization()).or_insert(until);
        *gate = (*gate).max(until);
    }

    /// How long an origin still wants to be left alone.
    pub(super) fn pause(&self, url: &Url) -> Option<Duration> {
        let gates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        gates
            .get(&url.origin().ascii_serialization())?
            .checked_duration_since(Instant::now())
            .filter(|pause| !pause.is_zero())
    }
}

/// The seconds of `Retry-After`. The form with a date is not used by the services that this host talks to, and is no pause here.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(86_400)))
}

/// At most so many requests in any sixty seconds.
#[derive(Debug, Default)]
pub struct Allowance {
    state: Mutex<(Option<u32>, VecDeque<Instant>)>,
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
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 = requests;
    }

    /// Takes one request; answers how long to wait before asking again when there is none left.
    pub(super) fn take(&self) -> Option<Duration> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (limit, started) = &mut *state;
        let limit = (*limit)? as usize;
        let now = Instant::now();
        while started.front().is_some_and(|first| now.duration_since(*first) >= MINUTE) {
            started.pop_front();
        }
        if started.len() < limit.max(1) {
            started.push_back(now);
            return None;
        }
        started.front().map(|first| MINUTE.saturating_sub(now.duration_since(*first)).max(Duration::from_millis(1)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_answer_closes_the_gate_for_its_origin_alone() {
        let gate = Gate::default();
        let (here, there) = (Url::parse("https://a.example/x").unwrap(), Url::parse("https://b.example/").unwrap());
        let headers = HeaderMap::from_iter([(header::RETRY_AFTER, "7".parse().unwrap())]);
        gate.note(&here, StatusCode::OK, &headers);
        assert_eq!(gate.pause(&here), None);
        gate.note(&here, StatusCode::TOO_MANY_REQUESTS, &headers);
        assert!(gate.pause(&here).is_some_and(|pause| pause > Duration::from_secs(6)));
        assert_eq!(gate.pause(&there), None);
    }

    #[test]
    fn an_allowance_is_shared_and_runs_out() {
        let allowance = Allowance::of("test-login");
        allowance.set(Some(2));
        assert_eq!((allowance.take(), Allowance::of("test-login").take()), (None, None));
        assert!(allowance.take().is_some_and(|wait| wait > Duration::from_secs(59)));
        Allowance::of("test-login").set(None);
        assert_eq!(allowance.take(), None);
    }
}

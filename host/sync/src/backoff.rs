//! How long to wait before the next attempt.

use std::time::Duration;

/// Waits that double from the first to the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failure. Default: 1 minute.
    pub first: Duration,
    /// No wait is longer. Default: 1 day.
    pub longest: Duration,
}

impl Backoff {
    /// The wait after this many failures, drawn between half of the doubled wait and the whole of it, so that objects that failed
    /// together do not come back together. `draw` is between 0 and 1.
    pub fn wait(&self, failures: u32, draw: f64) -> Duration {
        let doubled = self.first.saturating_mul(1u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX));
        let whole = doubled.min(self.longest);
        whole.mul_f64(0.5 + draw.clamp(0.0, 1.0) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let backoff = Backoff { first: Duration::from_secs(60), longest: Duration::from_secs(86_400) };
        let seconds: Vec<u64> = [1, 2, 3, 11, 40, u32::MAX].iter().map(|n| backoff.wait(*n, 1.0).as_secs()).collect();
        assert_eq!(seconds, [60, 120, 240, 61_440, 86_400, 86_400]);
        assert_eq!(backoff.wait(1, 0.0).as_secs(), 30);
    }
}

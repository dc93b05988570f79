//! Being called again at a time. Granted with `scheduling = true`.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Host;
use crate::bindings::capabilities::rollcall::sync::scheduling;

/// Something that wakes a step: [`Host`] in a component, a double in a test.
pub trait Scheduling {
    /// Asks for another call at or after `at` (RFC 3339, UTC). For a mapping or grouping, `subject` is the id of the person to
    /// be asked for again, or `""` for everybody. Asking again for the same subject replaces the time.
    fn wake(&self, at: &str, subject: &str) -> Result<(), String>;

    /// The subjects whose time has come in this run.
    fn due(&self) -> Vec<String>;

    /// Asks for another call after this time. Default: `wake` at that moment.
    fn wake_after(&self, wait: Duration, subject: &str) -> Result<(), String> {
        let at = SystemTime::now().checked_add(wait).ok_or("this is later than a clock can tell")?;
        self.wake(&moment(at), subject)
    }
}

/// A moment as the contract writes it: RFC 3339, in UTC, in whole seconds.
///
/// ```
/// use std::time::{Duration, UNIX_EPOCH};
/// let at = UNIX_EPOCH + Duration::from_secs(1_709_208_000);
/// assert_eq!(rollcall_sdk::scheduling::moment(at), "2024-02-29T12:00:00Z");
/// ```
pub fn moment(at: SystemTime) -> String {
    const DAY: u64 = 86_400;
    let seconds = at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let (mut days, time) = (seconds / DAY, seconds % DAY);
    let mut year = 1970;
    while days >= 365 + leap_day(year) {
        days -= 365 + leap_day(year);
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + leap_day(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    let (hour, minute, second) = (time / 3_600, time / 60 % 60, time % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}Z", days + 1)
}

fn leap_day(year: u64) -> u64 {
    u64::from(year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)))
}

impl Scheduling for Host {
    fn wake(&self, at: &str, subject: &str) -> Result<(), String> {
        scheduling::wake(at, subject)
    }

    fn due(&self) -> Vec<String> {
        scheduling::due()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::RecordedWakes;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_225_599, "2025-12-31T23:59:59Z"),
            (1_767_225_600, "2026-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(moment(UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn a_time_from_now_is_a_moment_and_one_that_no_clock_reaches_is_an_error() {
        let wakes = RecordedWakes::new();
        wakes.wake_after(Duration::from_secs(60), "17").unwrap();
        assert!(wakes.asked()["17"].as_str() > moment(SystemTime::now()).as_str());
        assert!(wakes.wake_after(Duration::MAX, "17").is_err());
    }
}

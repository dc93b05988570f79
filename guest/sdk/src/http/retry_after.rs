//! `Retry-After`: seconds, or a date (RFC 9110 section 10.2.3).

use std::time::{Duration, SystemTime};

/// The seconds to wait from `now`; none when the value is neither of the two forms. A date that has passed means 0.
pub(super) fn seconds(value: &str, now: SystemTime) -> Option<u32> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit: wait as long as can be said.
        return Some(value.parse().unwrap_or(u32::MAX));
    }
    let wait = SystemTime::UNIX_EPOCH.checked_add(date(value)?)?.duration_since(now).unwrap_or(Duration::ZERO);
    Some(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX))
}

/// `Sun, 06 Nov 1994 08:49:37 GMT`, the only form that a server may still write (RFC 9110 section 5.6.7), as the time since 1970.
fn date(value: &str) -> Option<Duration> {
    let mut parts = value.split_once(", ")?.1.split(' ');
    let day: u64 = parts.next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = parts.next()?;
    let month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .iter()
        .position(|name| *name == month)? as u64
        + 1;
    let year: u64 = parts.next()?.parse().ok().filter(|year| (1970..10_000).contains(year))?;
    let mut clock = parts.next()?.split(':').map(|part| part.parse::<u64>().ok());
    let (hour, minute, second) = (clock.next()??, clock.next()??, clock.next()??);
    if parts.next()? != "GMT" || parts.next().is_some() || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(Duration::from_secs((days(year, month, day)? * 24 + hour) * 3600 + minute * 60 + second))
}

/// The days since 1970, counted in years that begin with March, so that the leap day is the last.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    (year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + day).checked_sub(719_469)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    #[test]
    fn seconds_are_taken_as_they_are() {
        for (value, expected) in [
            ("0", Some(0)),
            (" 120 ", Some(120)),
            ("99999999999", Some(u32::MAX)),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(seconds(value, at(0)), expected, "{value}");
        }
    }

    #[test]
    fn a_date_is_counted_from_now() {
        // RFC 9110's own example is 784,111,777 s after 1970.
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT", at(784_111_777 - 90)), Some(90));
        assert_eq!(seconds("Thu, 29 Feb 2024 00:00:00 GMT", at(1_709_164_800 - 1)), Some(1));
        assert_eq!(seconds("Thu, 01 Jan 1970 00:00:00 GMT", at(0)), Some(0));
    }

    #[test]
    fn a_date_that_has_passed_means_now() {
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:37 GMT", at(1_700_000_000)), Some(0));
    }

    #[test]
    fn what_is_no_date_is_ignored() {
        for value in [
            "soon",
            "Sun, 06 Nov 1994",
            "Sun, 41 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nov 0001 08:49:37 GMT",
        ] {
            assert_eq!(seconds(value, at(0)), None, "{value}");
        }
    }
}

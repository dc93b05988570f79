//! Amounts as people write them: time spans, sizes and shares.

use std::fmt;
use std::time::Duration;

/// A number of bytes, written as `64 MiB` or `1 GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteSize(pub u64);

impl ByteSize {
    /// So many mebibytes.
    pub const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }

    /// The number of bytes.
    pub const fn bytes(self) -> u64 {
        self.0
    }

    /// Reads a number with one of the units B, KB, MB, GB (powers of 1,000), KiB, MiB, GiB (powers of 1,024).
    pub fn parse(text: &str) -> Option<Self> {
        let (number, unit, rest) = quantity(text)?;
        if !rest.is_empty() {
            return None;
        }
        let factor: u64 = match unit.to_ascii_lowercase().as_str() {
            "b" | "byte" | "bytes" => 1,
            "kb" => 1_000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "kib" => 1 << 10,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            _ => return None,
        };
        number.checked_mul(factor).map(Self)
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (shift, unit) in [(30, "GiB"), (20, "MiB"), (10, "KiB")] {
            let one = 1_u64 << shift;
            if self.0 >= one && self.0.is_multiple_of(one) {
                return write!(f, "{} {unit}", self.0 >> shift);
            }
        }
        write!(f, "{} B", self.0)
    }
}

/// A part of a whole, from 0 (nothing) to 1 (everything).
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// A share; none when the number is not from 0 to 1.
    pub fn new(value: f64) -> Option<Self> {
        (0.0..=1.0).contains(&value).then_some(Self(value))
    }

    /// The number from 0 to 1.
    pub fn value(self) -> f64 {
        self.0
    }

    /// So many hundredths; above 100 it is 100.
    pub(super) fn percent(hundredths: u8) -> Self {
        Self(f64::from(hundredths.min(100)) / 100.0)
    }
}

/// A growth in parts of what there was: 0.5 is half as much again, 1 is doubling.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub struct Growth(f64);

impl Growth {
    /// Twice as much.
    pub const DOUBLING: Self = Self(1.0);

    /// A growth; none when the number is negative or not finite.
    pub fn new(value: f64) -> Option<Self> {
        (value >= 0.0 && value.is_finite()).then_some(Self(value))
    }

    /// The number.
    pub fn value(self) -> f64 {
        self.0
    }
}

/// Reads a time span such as `90 s`, `1 min`, `1 h 30 min` or `2 days`.
pub(super) fn parse_duration(text: &str) -> Option<Duration> {
    let mut total = Duration::ZERO;
    let mut rest = text;
    loop {
        let (number, unit, after) = quantity(rest)?;
        let milliseconds: u64 = match unit.to_ascii_lowercase().as_str() {
            "ms" => 1,
            "s" | "sec" | "secs" | "second" | "seconds" => 1_000,
            "min" | "mins" | "minute" | "minutes" => 60_000,
            "h" | "hour" | "hours" => 3_600_000,
            "d" | "day" | "days" => 86_400_000,
            "w" | "week" | "weeks" => 604_800_000,
            _ => return None,
        };
        total = total.checked_add(Duration::from_millis(number.checked_mul(milliseconds)?))?;
        if after.is_empty() {
            return Some(total);
        }
        rest = after;
    }
}

/// A whole number, the letters behind it, and what follows.
fn quantity(text: &str) -> Option<(u64, &str, &str)> {
    let text = text.trim_start();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, rest) = text.split_at_checked(digits)?;
    let rest = rest.trim_start();
    let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at_checked(letters)?;
    Some((number.parse().ok()?, unit, rest.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_in_both_kinds_of_units() {
        for (text, bytes) in [
            ("64 MiB", Some(64 << 20)),
            ("64mib", Some(64 << 20)),
            ("1 GB", Some(1_000_000_000)),
            ("12 B", Some(12)),
            ("12", None),
            ("1.5 MiB", None),
            ("-1 MiB", None),
            ("64 MiB 3 B", None),
            ("99999999999999999999 B", None),
            ("99999999999999 GiB", None),
        ] {
            assert_eq!(ByteSize::parse(text).map(ByteSize::bytes), bytes, "{text}");
        }
    }

    #[test]
    fn a_size_is_shown_in_its_largest_whole_unit() {
        for (bytes, text) in [(64 << 20, "64 MiB"), (1_000, "1000 B"), (0, "0 B"), (3 << 30, "3 GiB")] {
            assert_eq!(ByteSize(bytes).to_string(), text);
        }
    }

    #[test]
    fn time_spans_are_read_as_people_write_them() {
        for (text, seconds) in [
            ("60 s", Some(60)),
            ("1 min", Some(60)),
            ("1 h 30 min", Some(5_400)),
            ("1h30min", Some(5_400)),
            ("1 day", Some(86_400)),
            ("2 weeks", Some(1_209_600)),
            ("5 m", None),
            ("five minutes", None),
            ("", None),
            ("10", None),
            ("99999999999999999999 s", None),
            ("18446744073709551615 weeks", None),
        ] {
            assert_eq!(parse_duration(text).map(|span| span.as_secs()), seconds, "{text}");
        }
    }

    #[test]
    fn a_share_is_between_nothing_and_everything() {
        assert_eq!(Share::new(0.1).map(Share::value), Some(0.1));
        assert_eq!(Share::new(1.01), None);
        assert_eq!(Share::new(f64::NAN), None);
    }
}

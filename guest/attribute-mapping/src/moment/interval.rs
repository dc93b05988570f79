//! Adding and counting intervals as Visual Basic's `DateAdd` and `DateDiff` do.

use super::civil::{Civil, days_in_month};
use super::{DAY, Moment, SECOND};
use crate::value::Numeric;

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interval {
    /// `yyyy`
    Year,
    /// `m`
    Month,
    /// `d`
    Day,
    /// `ww`
    Week,
    /// `h`
    Hour,
    /// `n`
    Minute,
    /// `s`
    Second,
}

impl Interval {
    /// Their names in the language.
    pub const NAMES: [(&'static str, Interval); 7] = [
        ("yyyy", Self::Year),
        ("m", Self::Month),
        ("d", Self::Day),
        ("ww", Self::Week),
        ("h", Self::Hour),
        ("n", Self::Minute),
        ("s", Self::Second),
    ];

    /// The interval of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|(_, interval)| *interval)
    }

    /// Its length in ticks, for those that have one length.
    fn length(self) -> Option<i64> {
        match self {
            Self::Year | Self::Month => None,
            Self::Day => Some(DAY),
            Self::Week => Some(7 * DAY),
            Self::Hour => Some(3600 * SECOND),
            Self::Minute => Some(60 * SECOND),
            Self::Second => Some(SECOND),
        }
    }
}

impl Moment {
    /// So many intervals later; none outside of the years 1 to 9999. A day that the month does not have becomes its last.
    /// Hours, minutes and seconds can have a fraction; of the longer intervals it is dropped (Visual Basic's `DateAdd`).
    pub fn plus(self, interval: Interval, count: Numeric) -> Option<Self> {
        let count = match (count, interval) {
            (Numeric::Integer(count), _) => count,
            (Numeric::Number(count), Interval::Hour | Interval::Minute | Interval::Second) => {
                let ticks = Numeric::Number(count * interval.length()? as f64).rounded()?;
                return Self::from_ticks(self.ticks().checked_add(ticks)?, self.zone);
            }
            (Numeric::Number(count), _) => Numeric::Number(count.trunc()).rounded()?,
        };
        if let Some(length) = interval.length() {
            return Self::from_ticks(self.ticks().checked_add(count.checked_mul(length)?)?, self.zone);
        }
        let months = if interval == Interval::Year { count.checked_mul(12)? } else { count };
        let Civil { year, month, day } = self.date();
        let total = (year * 12 + month - 1).checked_add(months)?;
        let (year, month) = (total.div_euclid(12), total.rem_euclid(12) + 1);
        let date = Civil { year, month, day: day.min(days_in_month(year, month)) };
        Self::from_ticks(date.day_number()?.checked_mul(DAY)?.checked_add(self.time())?, self.zone)
    }

    /// How many intervals from this to the other.
    ///
    /// Years and months are counted by the calendar (from 31 December to 1 January is one of each), weeks by the Sundays
    /// after this date up to the other, the rest in whole units. Microsoft's example: from 8/25/2021 5:41:18 PM to
    /// 3/16/2012 7:00:00 AM are -9 years, -113 months, -493 weeks and -3449 days.
    pub fn count_to(self, other: Self, interval: Interval) -> i64 {
        let (from, to) = (self.date(), other.date());
        match interval {
            Interval::Year => to.year - from.year,
            Interval::Month => (to.year * 12 + to.month) - (from.year * 12 + from.month),
            // Day 0 was a Monday: adding one puts the Sunday at the beginning of the week.
            Interval::Week => (other.day() + 1).div_euclid(7) - (self.day() + 1).div_euclid(7),
            Interval::Day => (other.ticks() - self.ticks()) / DAY,
            Interval::Hour => (other.ticks() - self.ticks()) / (3600 * SECOND),
            Interval::Minute => (other.ticks() - self.ticks()) / (60 * SECOND),
            Interval::Second => (other.ticks() - self.ticks()) / SECOND,
        }
    }
}

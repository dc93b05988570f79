//! Dates and times as .NET's `DateTime` has them: 100-nanosecond ticks since the year 1, and what is known about the zone.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`civil`] | days to years, months and days, and back |
//! | [`interval`] | adding and counting as Visual Basic does |
//! | [`pattern`] | .NET format strings, read once |
//! | [`printing`] | a moment by a pattern |
//! | [`exact`] | a text by a pattern |
//! | [`reading`] | a text in any of the usual forms |
//!
//! Entra's servers run in UTC, so "local" and UTC differ only in how `K` prints.

pub mod civil;
pub mod exact;
pub mod interval;
pub mod pattern;
pub mod printing;
pub mod reading;

use civil::Civil;

/// Ticks in a second.
pub const SECOND: i64 = 10_000_000;
/// Ticks in a day.
pub const DAY: i64 = 86_400 * SECOND;
/// The tick after the last of the year 9999.
const END: i64 = 3_652_059 * DAY;
/// 1601-01-01, where Windows file times begin.
const FILE_TIME: i64 = 584_388 * DAY;
/// 1970-01-01.
const UNIX: i64 = 719_162 * DAY;

/// What is known about a moment's zone (.NET: `DateTimeKind`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Zone {
    /// Nothing was said.
    #[default]
    Unspecified,
    /// UTC.
    Utc,
    /// An offset was given; the moment was converted to the server's time, which is UTC.
    Local,
}

/// A moment between the years 1 and 9999.
/// The default is the first of them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moment {
    ticks: i64,
    /// What is known about its zone.
    pub zone: Zone,
}

impl PartialEq for Moment {
    fn eq(&self, other: &Self) -> bool {
        self.ticks == other.ticks
    }
}

impl Moment {
    /// A moment of so many ticks since the year 1; none outside of the years 1 to 9999.
    pub fn from_ticks(ticks: i64, zone: Zone) -> Option<Self> {
        (0..END).contains(&ticks).then_some(Self { ticks, zone })
    }

    /// Ticks since the year 1.
    pub fn ticks(self) -> i64 {
        self.ticks
    }

    /// A UTC moment of a date and a time of the day in ticks.
    pub fn from_civil(date: Civil, time: i64) -> Option<Self> {
        if !(0..DAY).contains(&time) {
            return None;
        }
        Self::from_ticks(date.day_number()?.checked_mul(DAY)?.checked_add(time)?, Zone::Utc)
    }

    /// A UTC moment of seconds since 1970.
    pub fn from_unix(seconds: i64) -> Option<Self> {
        Self::from_ticks(seconds.checked_mul(SECOND)?.checked_add(UNIX)?, Zone::Utc)
    }

    /// A UTC moment of a Windows file time.
    pub fn from_file_time(file_time: i64) -> Option<Self> {
        if file_time < 0 {
            return None;
        }
        Self::from_ticks(file_time.checked_add(FILE_TIME)?, Zone::Utc)
    }

    /// Its Windows file time; none before 1601.
    pub fn file_time(self) -> Option<i64> {
        Some(self.ticks - FILE_TIME).filter(|file_time| *file_time >= 0)
    }

    /// Its date.
    pub fn date(self) -> Civil {
        Civil::of_day(self.ticks / DAY)
    }

    /// The days since 0001-01-01, which was a Monday.
    pub fn day(self) -> i64 {
        self.ticks / DAY
    }

    /// The ticks since midnight.
    pub fn time(self) -> i64 {
        self.ticks % DAY
    }

    /// The same clock time at an offset from UTC in minutes, as UTC.
    pub fn at_offset(self, minutes: i64, zone: Zone) -> Option<Self> {
        Self::from_ticks(self.ticks.checked_sub(minutes * 60 * SECOND)?, zone)
    }

    /// The same moment with other knowledge about its zone.
    pub fn in_zone(self, zone: Zone) -> Self {
        Self { zone, ..self }
    }

    /// As RFC 3339 text in UTC.
    pub fn rfc3339(self) -> String {
        let Civil { year, month, day } = self.date();
        let seconds = self.time() / SECOND;
        let fraction = self.time() % SECOND;
        let fraction =
            if fraction == 0 { String::new() } else { format!(".{fraction:07}").trim_end_matches('0').into() };
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
    }
}

impl std::fmt::Display for Moment {
    /// `M/d/yyyy h:mm:ss tt`, as every function of the language that gives a date prints it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Civil { year, month, day } = self.date();
        let seconds = self.time() / SECOND;
        let (hour, half) = printing::twelve_hours(seconds / 3600);
        write!(f, "{month}/{day}/{year:04} {hour}:{:02}:{:02} {half}", seconds / 60 % 60, seconds % 60)
    }
}

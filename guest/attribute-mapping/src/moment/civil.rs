//! Years, months and days of the Gregorian calendar, as it is counted back to the year 1.

/// A date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Civil {
    /// 1 to 9999.
    pub year: i64,
    /// 1 to 12.
    pub month: i64,
    /// 1 to 31.
    pub day: i64,
}

impl Civil {
    /// A date that exists.
    pub fn new(year: i64, month: i64, day: i64) -> Option<Self> {
        let exists = (1..=9999).contains(&year) && (1..=days_in_month(year, month)).contains(&day);
        exists.then_some(Self { year, month, day })
    }

    /// Days since 0001-01-01; none if the date does not exist.
    ///
    /// The year is taken to begin in March, so that the day that leap years insert is its last (Howard Hinnant,
    /// "chrono-Compatible Low-Level Date Algorithms").
    pub fn day_number(self) -> Option<i64> {
        let Self { year, month, day } = Self::new(self.year, self.month, self.day)?;
        let year = if month <= 2 { year - 1 } else { year };
        let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
        Some(year * 365 + year / 4 - year / 100 + year / 400 + day_of_year - 306)
    }

    /// The date of a day counted from 0001-01-01.
    pub fn of_day(day: i64) -> Self {
        let shifted = day + 306;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        Self { year, month, day: day_of_year - (153 * march_month + 2) / 5 + 1 }
    }
}

/// The number of days of a month; none for a month that does not exist.
pub fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_day_from_1_to_9999_is_the_one_after_the_day_before() {
        let mut expected = Civil { year: 1, month: 1, day: 1 };
        for day in 0..3_652_059 {
            assert_eq!(Civil::of_day(day), expected);
            assert_eq!(expected.day_number(), Some(day));
            expected.day += 1;
            if expected.day > days_in_month(expected.year, expected.month) {
                expected = Civil { day: 1, month: expected.month + 1, ..expected };
            }
            if expected.month > 12 {
                expected = Civil { year: expected.year + 1, month: 1, day: 1 };
            }
        }
        assert_eq!(expected.year, 10_000);
    }

    #[test]
    fn a_date_that_is_in_no_calendar_is_refused() {
        for (year, month, day) in
            [(2023, 2, 29), (2100, 2, 29), (2024, 13, 1), (2024, 4, 31), (0, 1, 1), (10_000, 1, 1)]
        {
            assert_eq!(Civil::new(year, month, day), None);
        }
        assert!(Civil::new(2000, 2, 29).is_some());
    }
}

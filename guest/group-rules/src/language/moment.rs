//! Dates with times, and durations.
//!
//! A moment is a number of ticks of 100 nanoseconds since 1970-01-01T00:00:00Z: the precision of the service's DateTimeOffset.

/// A tenth of a microsecond each.
pub type Ticks = i64;

/// Ticks in a second.
pub const SECOND: Ticks = 10_000_000;
const DAY_SECONDS: i64 = 86_400;

/// Reads a moment: `2020-06-10T18:13:20Z`, with a fraction of a second, an offset such as `+05:30` in place of `Z`, a blank in
/// place of `T`, without seconds, or a date alone. Without an offset it is UTC. Digits beyond 100 nanoseconds are dropped.
///
/// ```
/// use group_rules::language::moment::parse;
/// assert_eq!(parse("2020-06-10T18:13:20+05:30"), parse("2020-06-10T12:43:20Z"));
/// assert_eq!(parse("2020-02-30"), None);
/// ```
pub fn parse(text: &str) -> Option<Ticks> {
    let mut reader = Reader { rest: text.trim() };
    let year = reader.digits(4)?;
    reader.expect(b'-')?;
    let month = reader.digits(2)?;
    reader.expect(b'-')?;
    let day = reader.digits(2)?;
    if year == 0 || !(1..=12).contains(&month) || day < 1 || day > days_in(year, month) {
        return None;
    }
    let date = days(year, month, day).checked_mul(DAY_SECONDS)?;
    if reader.rest.is_empty() {
        return date.checked_mul(SECOND);
    }
    if !["T", "t", " "].iter().any(|separator| reader.accept(separator)) {
        return None;
    }
    let hour = reader.digits(2)?;
    reader.expect(b':')?;
    let minute = reader.digits(2)?;
    let (mut second, mut fraction) = (0, 0);
    if reader.accept(":") {
        second = reader.digits(2)?;
        if reader.accept(".") {
            fraction = reader.fraction()?;
        }
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let offset = reader.offset()?;
    if !reader.rest.is_empty() {
        return None;
    }
    date.checked_add(hour * 3600 + minute * 60 + second - offset)?.checked_mul(SECOND)?.checked_add(fraction)
}

/// Reads a duration of ISO 8601, in any case: `P7D`, `p1d`, `P7DT3H`, `PT90M`, `P2W`. As .NET has it (XmlConvert.ToTimeSpan),
/// a year is 365 days and a month 30.
///
/// ```
/// use group_rules::language::moment::{SECOND, parse_duration};
/// assert_eq!(parse_duration("p1dt1h"), Some(25 * 3600 * SECOND));
/// assert_eq!(parse_duration("7 days"), None);
/// ```
pub fn parse_duration(text: &str) -> Option<Ticks> {
    let mut reader = Reader { rest: text };
    if !(reader.accept("P") || reader.accept("p")) {
        return None;
    }
    let date = [('y', 365 * DAY_SECONDS), ('m', 30 * DAY_SECONDS), ('w', 7 * DAY_SECONDS), ('d', DAY_SECONDS)];
    let time = [('h', 3600), ('m', 60), ('s', 1)];
    let mut ticks = reader.amounts(&date)?;
    if reader.accept("T") || reader.accept("t") {
        ticks = Some(ticks.unwrap_or(0).checked_add(reader.amounts(&time)??)?);
    }
    if reader.rest.is_empty() { ticks } else { None }
}

/// The moment as RFC 3339 in UTC, with as many digits of a second as it has.
///
/// ```
/// use group_rules::language::moment::{parse, print};
/// assert_eq!(print(parse("2026-11-23T12:00:00.50+05:30").unwrap()), "2026-11-23T06:30:00.5Z");
/// ```
pub fn print(ticks: Ticks) -> String {
    let (seconds, fraction) = (ticks.div_euclid(SECOND), ticks.rem_euclid(SECOND));
    let (year, month, day) = civil(seconds.div_euclid(DAY_SECONDS));
    let time = seconds.rem_euclid(DAY_SECONDS);
    let mut text = format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", time / 3600, time / 60 % 60, time % 60);
    if fraction != 0 {
        let digits = format!(".{fraction:07}");
        text.push_str(digits.trim_end_matches('0'));
    }
    text.push('Z');
    text
}

struct Reader<'a> {
    rest: &'a str,
}

impl Reader<'_> {
    fn accept(&mut self, start: &str) -> bool {
        match self.rest.strip_prefix(start) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, byte: u8) -> Option<()> {
        if self.rest.bytes().next()? != byte {
            return None;
        }
        self.rest = self.rest.get(1..)?;
        Some(())
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let digits = self.rest.get(..count)?;
        if !digits.bytes().all(|c| c.is_ascii_digit()) {
            return None;
        }
        self.rest = self.rest.get(count..)?;
        digits.parse().ok()
    }

    /// All the digits that follow; at least one.
    fn number(&mut self) -> Option<&str> {
        let end = self.rest.bytes().position(|c| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        if digits.is_empty() { None } else { Some(digits) }
    }

    /// The digits behind a decimal point, in ticks.
    fn fraction(&mut self) -> Option<Ticks> {
        let digits = self.number()?;
        let (mut ticks, mut unit) = (0, SECOND);
        for digit in digits.bytes() {
            unit /= 10;
            ticks += i64::from(digit - b'0') * unit;
        }
        Some(ticks)
    }

    /// `Z`, an offset, or nothing for UTC; in seconds east of Greenwich.
    fn offset(&mut self) -> Option<i64> {
        if self.rest.is_empty() || self.accept("Z") || self.accept("z") {
            return Some(0);
        }
        let sign = if self.accept("+") {
            1
        } else if self.accept("-") {
            -1
        } else {
            return None;
        };
        let hours = self.digits(2)?;
        self.accept(":");
        let minutes = self.digits(2)?;
        // DateTimeOffset allows up to 14 hours.
        if minutes > 59 || hours * 60 + minutes > 14 * 60 { None } else { Some(sign * (hours * 3600 + minutes * 60)) }
    }

    /// Amounts with their units, each unit at most once and in this order. `Some(None)` when there are none.
    #[allow(clippy::option_option, reason = "malformed, or none given, or given")]
    fn amounts(&mut self, units: &[(char, i64)]) -> Option<Option<Ticks>> {
        let mut total = None;
        let mut units = units.iter();
        while self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            let amount: i64 = self.number()?.parse().ok()?;
            let fraction = if self.accept(".") { Some(self.fraction()?) } else { None };
            let unit = self.rest.chars().next()?.to_ascii_lowercase();
            self.rest = self.rest.get(1..)?;
            let (_, seconds) = units.find(|(name, _)| *name == unit)?;
            // ISO 8601 lets the smallest unit have a fraction; .NET only seconds.
            if fraction.is_some() && unit != 's' {
                return None;
            }
            let ticks = amount.checked_mul(*seconds)?.checked_mul(SECOND)?.checked_add(fraction.unwrap_or(0))?;
            total = Some(total.unwrap_or(0_i64).checked_add(ticks)?);
        }
        Some(total)
    }
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_in(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since 1970-01-01 in the Gregorian calendar. The year begins in March here, so that the leap day is its last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month > 2 { year } else { year - 1 };
    let month = (month + 9) % 12;
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * month + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The opposite of [`days`].
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let year = year + era * 400 + i64::from(month >= 10);
    (year, if month < 10 { month + 3 } else { month - 9 }, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_the_forms_that_people_and_graph_write() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("2000-02-29", 951_782_400),
            ("2020-06-10T18:13:20Z", 1_591_812_800),
            ("2020-06-10T18:13:20", 1_591_812_800),
            ("2020-06-10 18:13:20z", 1_591_812_800),
            ("2020-06-10T18:13:20.0000000Z", 1_591_812_800),
            ("2020-06-10T18:13Z", 1_591_812_780),
            ("2020-06-10T18:13:20-02:00", 1_591_820_000),
            ("0001-01-01T00:00:00Z", -62_135_596_800),
            ("9999-12-31T23:59:59Z", 253_402_300_799),
        ] {
            assert_eq!(parse(text), Some(seconds * SECOND), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "now",
            "2020",
            "2020-06",
            "2020-13-01",
            "2020-06-31",
            "2021-02-29",
            "2020-06-10T",
            "2020-06-10T24:00:00Z",
            "2020-06-10T18:60:00Z",
            "2020-06-10T18:13:20+15:00",
            "2020-06-10T18:13:20Zulu",
            "20200610",
            "10/06/2020",
            "2020-06-10T18:13:20.Z",
            "0000-01-01",
            "２０２０-06-10",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn every_day_is_printed_as_it_is_read() {
        for day in (-719_162..2_932_896).step_by(7) {
            let ticks = day * DAY_SECONDS * SECOND + 1_234_567;
            assert_eq!(parse(&print(ticks)), Some(ticks));
        }
    }

    #[test]
    fn durations_are_added_up() {
        let day = DAY_SECONDS * SECOND;
        for (text, ticks) in [
            ("P7D", 7 * day),
            ("P7DT3H", 7 * day + 3 * 3600 * SECOND),
            ("P1Y2M3W", (365 + 60 + 21) * day),
            ("PT1.5S", SECOND + SECOND / 2),
            ("P40000D", 40_000 * day),
            ("P0D", 0),
        ] {
            assert_eq!(parse_duration(text), Some(ticks), "{text}");
        }
        for text in [
            "P",
            "PT",
            "P7",
            "7D",
            "P7H",
            "P1DT",
            "P1D1D",
            "P1D7D",
            "P1.5D",
            "P-1D",
            "P99999999999999999999D",
            "P999999999999Y",
            "P1DT1H!",
        ] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
    }
}

//! A text as a moment, in any of the usual forms (.NET: `DateTime.Parse` for en-US).
//!
//! | form | examples |
//! | --- | --- |
//! | ISO 8601 | `2020-03-16`, `2020-03-16-07:00`, `2009-06-15T01:45:30.5Z`, `2020-12-31 23:59:59-08:00`, `2020/3/6` |
//! | month first | `3/16/2020`, `3/16/2020 7:00:00 AM`, `03-16-20` |
//! | names | `16 Mar 2020`, `March 16, 2020 7 AM`, `Mon, 15 Jun 2009 20:45:30 GMT` |
//!
//! Without an offset the time is UTC. A time without a date is refused: what it means would change from day to day.

use super::civil::Civil;
use super::printing::{MONTHS, WEEKDAYS};
use super::{Moment, SECOND, Zone};

impl Moment {
    /// Reads a text; none if it has none of the usual forms.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        // No date needs more; a longer text is no date.
        if text.len() > 64 {
            return None;
        }
        let mut reader = Reader { rest: text };
        let date = reader.date()?;
        let time = reader.time()?;
        let offset = reader.offset()?;
        reader.rest.is_empty().then_some(())?;
        Moment::from_civil(date, time)?.at_offset(offset, Zone::Utc)
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn digits(&mut self) -> Option<&'a str> {
        let count = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        let (digits, rest) = self.rest.split_at_checked(count).filter(|_| count > 0)?;
        self.rest = rest;
        Some(digits)
    }

    /// A number of one or two digits.
    fn small(&mut self) -> Option<i64> {
        self.digits().filter(|digits| digits.len() <= 2)?.parse().ok()
    }

    fn eat(&mut self, c: char) -> bool {
        let rest = self.rest.strip_prefix(c);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn separator(&mut self) -> Option<char> {
        let separator = self.rest.chars().next().filter(|c| matches!(c, '-' | '/' | '.'))?;
        self.rest = self.rest.get(1..)?;
        Some(separator)
    }

    /// A word that is one of these names or their first three letters.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        let length = self.rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let word = self.rest.get(..length)?;
        let is = |name: &&str| {
            name.eq_ignore_ascii_case(word) || name.get(..3).is_some_and(|short| short.eq_ignore_ascii_case(word))
        };
        let index = names.iter().position(is)?;
        self.rest = self.rest.get(length..)?;
        i64::try_from(index).ok()
    }

    fn date(&mut self) -> Option<Civil> {
        let weekday = self.name(&WEEKDAYS);
        if weekday.is_some() {
            self.eat(',');
            self.blanks();
        }
        let date = match self.name(&MONTHS) {
            Some(month) => self.month_day_year(month + 1),
            None => self.numbers(),
        }?;
        let day = date.day_number()?;
        weekday.is_none_or(|weekday| weekday == day % 7).then_some(date)
    }

    fn month_day_year(&mut self, month: i64) -> Option<Civil> {
        self.blanks();
        let day = self.small()?;
        self.eat(',');
        self.blanks();
        Civil::new(self.year()?, month, day)
    }

    fn year(&mut self) -> Option<i64> {
        let digits = self.digits()?;
        let year: i64 = digits.parse().ok()?;
        match digits.len() {
            4 => Some(year),
            2 => Some(year + if year < 50 { 2000 } else { 1900 }),
            _ => None,
        }
    }

    fn numbers(&mut self) -> Option<Civil> {
        let first = self.digits()?;
        let number: i64 = first.parse().ok()?;
        if first.len() == 4 {
            let separator = self.separator()?;
            let month = self.small()?;
            // The year and the month alone (2020-03) are the month's first day.
            let before = self.rest;
            if self.separator() == Some(separator) && !self.rest.get(2..).is_some_and(|rest| rest.starts_with(':')) {
                return Civil::new(number, month, self.small()?);
            }
            self.rest = before;
            return before.is_empty().then(|| Civil::new(number, month, 1))?;
        }
        (first.len() <= 2).then_some(())?;
        if let Some(separator) = self.separator() {
            if let Some(month) = self.name(&MONTHS) {
                (self.separator() == Some(separator)).then_some(())?;
                return Civil::new(self.year()?, month + 1, number);
            }
            let day = self.small()?;
            (self.separator() == Some(separator)).then_some(())?;
            return Civil::new(self.year()?, number, day);
        }
        self.blanks();
        let month = self.name(&MONTHS)? + 1;
        self.eat(',');
        self.blanks();
        Civil::new(self.year()?, month, number)
    }

    /// The time of the day in ticks; midnight if there is none.
    fn time(&mut self) -> Option<i64> {
        let before = self.rest;
        let marked = self.eat('T') || self.eat('t');
        self.blanks();
        if !self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            self.rest = before;
            return (!marked).then_some(0);
        }
        let hour = self.small()?;
        let mut seconds = 0;
        let mut fraction = 0;
        let has_minutes = self.eat(':');
        if has_minutes {
            seconds += self.small().filter(|minute| *minute < 60)? * 60;
            if self.eat(':') {
                seconds += self.small().filter(|second| *second < 60)?;
                if self.eat('.') || self.eat(',') {
                    fraction = ticks(self.digits()?);
                }
            }
        }
        let hour = match self.half_of_day() {
            Some(afternoon) if (1..=12).contains(&hour) => hour % 12 + if afternoon { 12 } else { 0 },
            None if hour < 24 && has_minutes => hour,
            _ => return None,
        };
        Some((hour * 3600 + seconds) * SECOND + fraction)
    }

    fn half_of_day(&mut self) -> Option<bool> {
        let rest = self.rest.trim_start();
        let afternoon = match rest.get(..1)? {
            "a" | "A" => false,
            "p" | "P" => true,
            _ => return None,
        };
        let rest = rest.get(1..)?;
        self.rest = rest.strip_prefix(['m', 'M']).unwrap_or(rest);
        Some(afternoon)
    }

    /// The offset from UTC in minutes; none if what is there is no offset.
    fn offset(&mut self) -> Option<i64> {
        self.blanks();
        for zone in ["Z", "GMT", "UTC"] {
            if self.rest.get(..zone.len()).is_some_and(|start| start.eq_ignore_ascii_case(zone)) {
                self.rest = self.rest.get(zone.len()..)?;
                return Some(0);
            }
        }
        let sign = if self.eat('+') {
            1
        } else if self.eat('-') {
            -1
        } else {
            return Some(0);
        };
        let digits = self.digits()?;
        let (hours, minutes) = match digits.len() {
            4 => (digits.get(..2)?, digits.get(2..)?),
            1 | 2 => (digits, if self.eat(':') { self.digits().filter(|digits| digits.len() == 2)? } else { "0" }),
            _ => return None,
        };
        let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours <= 14 && minutes < 60).then_some(sign * (hours * 60 + minutes))
    }
}

/// The digits behind the point of a second as ticks; what is finer than a tick is dropped.
fn ticks(digits: &str) -> i64 {
    let mut ticks = 0;
    let mut unit = SECOND;
    for digit in digits.bytes().take(7) {
        unit /= 10;
        ticks += i64::from(digit - b'0') * unit;
    }
    ticks
}

//! A text as a moment, by a pattern (.NET: `DateTime.ParseExact`).

use super::civil::Civil;
use super::pattern::{Pattern, Piece};
use super::printing::{MONTHS, WEEKDAYS};
use super::{DAY, Moment, SECOND, Zone};

/// How a text is read (.NET: `DateTimeStyles`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Styles(u32);

impl Styles {
    const LEADING_WHITE: u32 = 1;
    const TRAILING_WHITE: u32 = 2;
    const INNER_WHITE: u32 = 4;
    const NO_CURRENT_DATE: u32 = 8;
    const ADJUST_TO_UNIVERSAL: u32 = 16;
    const NAMES: [(&'static str, u32); 10] = [
        ("None", 0),
        ("AllowLeadingWhite", 1),
        ("AllowTrailingWhite", 2),
        ("AllowInnerWhite", 4),
        ("AllowWhiteSpaces", 7),
        ("NoCurrentDateDefault", 8),
        ("AdjustToUniversal", 16),
        ("AssumeLocal", 32),
        ("AssumeUniversal", 64),
        ("RoundtripKind", 128),
    ];

    /// What Entra uses when nothing is said: RoundtripKind, AllowLeadingWhite, AllowTrailingWhite.
    pub const ENTRA: Styles = Styles(128 | Self::LEADING_WHITE | Self::TRAILING_WHITE);

    /// Names with commas between them, with or without `DateTimeStyles.` before each, or the sum of their numbers.
    pub fn named(text: &str) -> Option<Self> {
        if let Ok(number) = text.trim().parse::<u32>() {
            return (number < 256).then_some(Self(number));
        }
        let mut styles = 0;
        for name in text.split([',', '|']) {
            let name = name.trim();
            let name = name.strip_prefix("DateTimeStyles.").unwrap_or(name);
            styles |= Self::NAMES.iter().find(|(known, _)| *known == name)?.1;
        }
        Some(Self(styles))
    }

    fn has(self, style: u32) -> bool {
        self.0 & style != 0
    }
}

impl Moment {
    /// Reads a text by a pattern; none if it does not have that form. A date that the pattern leaves out is that of `now`.
    pub fn read_exact(text: &str, pattern: &Pattern, styles: Styles, now: Moment) -> Option<Self> {
        let text = if styles.has(Styles::LEADING_WHITE) { text.trim_start() } else { text };
        let text = if styles.has(Styles::TRAILING_WHITE) { text.trim_end() } else { text };
        let mut found = Found { rest: text, styles, ..Found::default() };
        let mut pieces = pattern.pieces().iter().peekable();
        while let Some(piece) = pieces.next() {
            if styles.has(Styles::INNER_WHITE) {
                found.rest = found.rest.trim_start();
            }
            // A point before an optional fraction is optional with it.
            let optional_point =
                *piece == Piece::Literal('.') && matches!(pieces.peek(), Some(Piece::ShortFraction(_)));
            if optional_point && !found.rest.starts_with('.') {
                pieces.next();
                continue;
            }
            found.piece(piece)?;
        }
        if styles.has(Styles::INNER_WHITE) {
            found.rest = found.rest.trim_start();
        }
        found.rest.is_empty().then(|| found.moment(now))?
    }
}

/// What was found in the text so far.
#[derive(Debug, Default)]
struct Found<'a> {
    rest: &'a str,
    styles: Styles,
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    weekday: Option<i64>,
    hour: Option<i64>,
    hour_of_12: Option<i64>,
    minute: Option<i64>,
    second: Option<i64>,
    fraction: Option<i64>,
    afternoon: Option<bool>,
    offset: Option<i64>,
    utc: bool,
}

impl Default for Styles {
    fn default() -> Self {
        Self::ENTRA
    }
}

/// Puts a value where none is, or the same one is (.NET: a repeated part must repeat its value).
fn put<T: PartialEq>(slot: &mut Option<T>, value: T) -> Option<()> {
    match slot {
        Some(before) if *before != value => None,
        _ => {
            *slot = Some(value);
            Some(())
        }
    }
}

impl Found<'_> {
    fn piece(&mut self, piece: &Piece) -> Option<()> {
        match piece {
            Piece::Year(width) => {
                let year = self.digits(*width, if *width == 1 { 2 } else { *width })?;
                // .NET's calendar takes 50 to 99 for the last century.
                let year = if *width > 2 { year } else { year + if year < 50 { 2000 } else { 1900 } };
                put(&mut self.year, year)
            }
            Piece::Month(width) if *width > 2 => {
                let month = self.name(&MONTHS, *width == 3)? + 1;
                put(&mut self.month, month)
            }
            Piece::Weekday(width) => {
                let weekday = self.name(&WEEKDAYS, *width == 3)?;
                put(&mut self.weekday, weekday)
            }
            Piece::Month(width) => self.number(*width).and_then(|number| put(&mut self.month, number)),
            Piece::Day(width) => self.number(*width).and_then(|number| put(&mut self.day, number)),
            Piece::Hour24(width) => self.number(*width).and_then(|number| put(&mut self.hour, number)),
            Piece::Hour12(width) => self.number(*width).and_then(|number| put(&mut self.hour_of_12, number)),
            Piece::Minute(width) => self.number(*width).and_then(|number| put(&mut self.minute, number)),
            Piece::Second(width) => self.number(*width).and_then(|number| put(&mut self.second, number)),
            Piece::Fraction(digits) => {
                let number = self.digits(*digits, *digits)?;
                put(&mut self.fraction, number * 10_i64.pow(7 - u32::try_from(*digits).ok()?))
            }
            Piece::ShortFraction(digits) => {
                let before = self.rest.len();
                let number = self.digits(0, *digits).unwrap_or(0);
                let read = u32::try_from(before - self.rest.len()).ok()?;
                put(&mut self.fraction, number * 10_i64.pow(7 - read))
            }
            Piece::HalfOfDay(width) => {
                let afternoon = if self.word("a") { false } else { self.word("p").then_some(true)? };
                (*width == 1 || self.word("m")).then_some(())?;
                put(&mut self.afternoon, afternoon)
            }
            Piece::Offset(width) => self.offset(*width),
            Piece::Zone => {
                if self.rest.starts_with(['+', '-']) {
                    return self.offset(3);
                }
                if self.word("z") {
                    self.utc = true;
                    return put(&mut self.offset, 0);
                }
                Some(())
            }
            Piece::Era => (self.word("a.d.") || self.word("ad")).then_some(()),
            // In a pattern for reading, a bare Z stands for UTC (.NET reads "Z" or "GMT" there).
            Piece::Literal('Z') => {
                (self.word("z") || self.word("gmt")).then_some(())?;
                self.utc = true;
                put(&mut self.offset, 0)
            }
            Piece::Literal(c) => {
                self.rest = self.rest.strip_prefix(*c)?;
                Some(())
            }
        }
    }

    /// One or two digits for a single letter, exactly two for more.
    fn number(&mut self, width: usize) -> Option<i64> {
        if width == 1 { self.digits(1, 2) } else { self.digits(2, 2) }
    }

    fn digits(&mut self, least: usize, most: usize) -> Option<i64> {
        let count = self.rest.bytes().take(most.min(9)).take_while(u8::is_ascii_digit).count();
        if count < least || count == 0 {
            return None;
        }
        let (digits, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        digits.parse().ok()
    }

    /// Takes a word, whatever its case.
    fn word(&mut self, word: &str) -> bool {
        let found = self.rest.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
        if found {
            self.rest = self.rest.get(word.len()..).unwrap_or("");
        }
        found
    }

    fn name(&mut self, names: &[&str], short: bool) -> Option<i64> {
        let form = |name: &'_ str| if short { name.get(..3).unwrap_or(name).to_owned() } else { name.to_owned() };
        let index = names.iter().position(|name| self.word(&form(name)))?;
        i64::try_from(index).ok()
    }

    fn offset(&mut self, width: usize) -> Option<()> {
        let sign = if self.word("+") { 1 } else { self.word("-").then_some(-1)? };
        let hours = if width == 2 { self.digits(2, 2)? } else { self.digits(1, 2)? };
        let minutes = if width < 3 {
            0
        } else {
            self.word(":");
            self.digits(2, 2)?
        };
        (hours <= 14 && minutes < 60).then_some(())?;
        put(&mut self.offset, sign * (hours * 60 + minutes))
    }

    fn moment(self, now: Moment) -> Option<Moment> {
        let today =
            if self.styles.has(Styles::NO_CURRENT_DATE) { Civil { year: 1, month: 1, day: 1 } } else { now.date() };
        let date = match (self.year, self.month, self.day) {
            (None, None, None) => today,
            (year, month, day) => Civil::new(year.unwrap_or(today.year), month.unwrap_or(1), day.unwrap_or(1))?,
        };
        let hour = self.hour()?;
        let (minute, second) = (self.minute.unwrap_or(0), self.second.unwrap_or(0));
        (hour < 24 && minute < 60 && second < 60).then_some(())?;
        let ticks = (hour * 3600 + minute * 60 + second) * SECOND + self.fraction.unwrap_or(0);
        let clock = Moment::from_civil(date, ticks)?;
        if self.weekday.is_some_and(|weekday| weekday != clock.ticks() / DAY % 7) {
            return None;
        }
        let zone = match self.offset {
            None => Zone::Unspecified,
            Some(_) if self.utc || self.styles.has(Styles::ADJUST_TO_UNIVERSAL) => Zone::Utc,
            Some(_) => Zone::Local,
        };
        clock.at_offset(self.offset.unwrap_or(0), zone)
    }

    fn hour(&self) -> Option<i64> {
        let of_12 = match (self.hour_of_12, self.afternoon) {
            (None, _) => None,
            (Some(hour), _) if !(1..=12).contains(&hour) => return None,
            (Some(hour), Some(afternoon)) => Some(hour % 12 + if afternoon { 12 } else { 0 }),
            (Some(hour), None) => Some(hour % 12),
        };
        match (self.hour, of_12) {
            (Some(hour), Some(of_12)) if hour != of_12 => None,
            (Some(hour), None) => match self.afternoon {
                Some(afternoon) if afternoon != (hour >= 12) => None,
                _ => Some(hour),
            },
            (hour, of_12) => Some(hour.or(of_12).unwrap_or(0)),
        }
    }
}

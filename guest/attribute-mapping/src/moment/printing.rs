//! A moment as text, by a pattern.

use std::fmt::Write;

use super::civil::Civil;
use super::pattern::{Pattern, Piece};
use super::{Moment, SECOND, Zone};

/// The months, for en-US.
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The days of the week from the day that day 0 was, for en-US.
pub const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// An hour of 24 as one of 12, and the half of the day.
pub fn twelve_hours(hour: i64) -> (i64, &'static str) {
    ((hour + 11) % 12 + 1, if hour < 12 { "AM" } else { "PM" })
}

impl Moment {
    /// The text of this moment by a pattern.
    pub fn print(self, pattern: &Pattern) -> String {
        let mut out = String::with_capacity(32);
        for piece in pattern.pieces() {
            // Writing to a string cannot fail.
            let _ = self.print_piece(piece, &mut out);
        }
        out
    }

    fn print_piece(self, piece: &Piece, out: &mut String) -> std::fmt::Result {
        let Civil { year, month, day } = self.date();
        let seconds = self.time() / SECOND;
        let hour = seconds / 3600;
        let (hour_of_12, half) = twelve_hours(hour);
        let name = |names: &'static [&'static str], index: i64| {
            usize::try_from(index).ok().and_then(|index| names.get(index)).copied().unwrap_or("")
        };
        match piece {
            Piece::Year(1) => write!(out, "{}", year % 100),
            Piece::Year(2) => write!(out, "{:02}", year % 100),
            Piece::Year(width) => write!(out, "{year:0width$}", width = (*width).min(64)),
            Piece::Month(3) => write!(out, "{}", name(&MONTHS, month - 1).get(..3).unwrap_or("")),
            Piece::Month(width) if *width > 3 => out.write_str(name(&MONTHS, month - 1)),
            Piece::Weekday(3) => write!(out, "{}", name(&WEEKDAYS, self.day() % 7).get(..3).unwrap_or("")),
            Piece::Weekday(_) => out.write_str(name(&WEEKDAYS, self.day() % 7)),
            Piece::Month(width) => two_digits(out, month, *width),
            Piece::Day(width) => two_digits(out, day, *width),
            Piece::Hour24(width) => two_digits(out, hour, *width),
            Piece::Hour12(width) => two_digits(out, hour_of_12, *width),
            Piece::Minute(width) => two_digits(out, seconds / 60 % 60, *width),
            Piece::Second(width) => two_digits(out, seconds % 60, *width),
            Piece::Fraction(digits) => out.write_str(self.fraction().get(..*digits).unwrap_or("")),
            Piece::ShortFraction(digits) => {
                let fraction = self.fraction();
                let digits = fraction.get(..*digits).unwrap_or("").trim_end_matches('0');
                if digits.is_empty() && out.ends_with('.') {
                    out.pop();
                }
                out.write_str(digits)
            }
            Piece::HalfOfDay(1) => out.write_str(half.get(..1).unwrap_or("")),
            Piece::HalfOfDay(_) => out.write_str(half),
            Piece::Offset(1) => out.write_str("+0"),
            Piece::Offset(2) => out.write_str("+00"),
            Piece::Offset(_) => out.write_str("+00:00"),
            Piece::Zone => out.write_str(match self.zone {
                Zone::Unspecified => "",
                Zone::Utc => "Z",
                Zone::Local => "+00:00",
            }),
            Piece::Era => out.write_str("A.D."),
            Piece::Literal(c) => out.write_char(*c),
        }
    }

    fn fraction(self) -> String {
        format!("{:07}", self.time() % SECOND)
    }
}

fn two_digits(out: &mut String, number: i64, width: usize) -> std::fmt::Result {
    if width < 2 { write!(out, "{number}") } else { write!(out, "{number:02}") }
}

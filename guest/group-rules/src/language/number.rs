//! Numbers of profile attributes, compared exactly.

use std::cmp::Ordering;
use std::hash::{Hash, Hasher};

/// A whole number or a fraction. A fraction that is whole is kept as a whole number, so that equal numbers have one form.
#[derive(Debug, Clone, Copy)]
pub enum Number {
    /// A whole number.
    Whole(i64),
    /// Any other; never infinite, never "not a number", never whole within the range of an `i64`.
    Fraction(f64),
}

/// From here on an `f64` is outside of the range of an `i64`.
const RANGE: f64 = 9_223_372_036_854_775_808.0;

impl Number {
    /// The number, or none for what is infinite or no number.
    pub fn from_f64(value: f64) -> Option<Self> {
        if !value.is_finite() {
            return None;
        }
        if value.fract() == 0.0 && (-RANGE..RANGE).contains(&value) {
            return Some(Number::Whole(value as i64));
        }
        Some(Number::Fraction(value))
    }

    /// Reads `42`, `-7`, `0.5`. No exponents, no words.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
        if digits.is_empty() || digits.starts_with('.') || !digits.bytes().all(|c| c.is_ascii_digit() || c == b'.') {
            return None;
        }
        match text.parse::<i64>() {
            Ok(whole) => Some(Number::Whole(whole)),
            Err(_) => Number::from_f64(text.parse::<f64>().ok()?),
        }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        // A fraction within the range of i64 is below 2^53, where i64 to f64 is exact; and beyond it any rounding of the
        // whole number still leaves it on the right side.
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => a.cmp(b),
            (Number::Fraction(a), Number::Fraction(b)) => a.total_cmp(b),
            (Number::Whole(a), Number::Fraction(b)) => (*a as f64).total_cmp(b),
            (Number::Fraction(a), Number::Whole(b)) => a.total_cmp(&(*b as f64)),
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Number::Whole(a), Number::Whole(b)) => a == b,
            (Number::Fraction(a), Number::Fraction(b)) => a.to_bits() == b.to_bits(),
            _ => false,
        }
    }
}

impl Eq for Number {}

impl Hash for Number {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Number::Whole(whole) => whole.hash(state),
            Number::Fraction(fraction) => fraction.to_bits().hash(state),
        }
    }
}

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Number::Whole(whole) => whole.fmt(f),
            Number::Fraction(fraction) => fraction.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_have_one_form() {
        assert_eq!(Number::parse("7.0"), Some(Number::Whole(7)));
        assert_eq!(Number::from_f64(-0.0), Some(Number::Whole(0)));
        assert_eq!(Number::from_f64(f64::NAN), None);
        for wrong in ["", "-", ".5", "1e9", "inf", "seven", "1.2.3", "--1"] {
            assert_eq!(Number::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn numbers_are_ordered_across_their_forms() {
        let mut numbers = ["-1.5", "-2", "9007199254740993", "9007199254740992", "0.25", "1"]
            .map(|text| Number::parse(text).unwrap());
        numbers.sort();
        assert_eq!(
            numbers.map(|number| number.to_string()),
            ["-2", "-1.5", "0.25", "1", "9007199254740992", "9007199254740993"]
        );
    }
}

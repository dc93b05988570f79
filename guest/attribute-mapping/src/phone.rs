//! Phone numbers in the form of E.164, by the rules of libphonenumber.
//!
//! | module | what it does |
//! | --- | --- |
//! | [`region`] | countries by code and name |
//! | [`writing`] | a number as people write it: its digits |
//! | [`plan`] | the numbering plans, made from libphonenumber's metadata |
//! | [`number`] | the digits to a country and a national number, and whether there is such a number |

pub mod number;
pub mod plan;
pub mod region;
pub mod writing;

use std::cell::RefCell;
use std::collections::HashMap;

use number::Prefixes;
use region::Region;
use writing::Written;

/// The most numbers that are remembered: about 10 MB at the most.
const REMEMBERED: usize = 50_000;

/// The longest text that is looked at (libphonenumber: 250).
const LONGEST_NUMBER: usize = 250;

/// Why a text is no usable phone number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It has no country code, and nothing says the country.
    #[error("it has no country code, and the person's country is not known")]
    NoCountry,
    /// It does not look like a phone number.
    #[error("it is not a phone number")]
    NotANumber,
    /// There is no such number.
    #[error("it is not a valid number{}", .0.map(|region| format!(" for {}", region.code())).unwrap_or_default())]
    Invalid(Option<Region>),
}

/// A number that was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneFault {
    /// The text.
    pub number: String,
    /// Why.
    pub reason: Unusable,
}

type Known = HashMap<Box<str>, Result<String, Unusable>>;

/// Formats phone numbers and remembers what came out.
#[derive(Debug, Default)]
pub struct Phones {
    remembered: RefCell<HashMap<Option<Region>, Known>>,
    prefixes: Prefixes,
}

impl Phones {
    /// The number as `+14255550109`. A number without a country code is one of the region.
    pub fn format(&self, number: &str, region: Option<Region>) -> Result<String, Unusable> {
        let number = number.trim();
        if number.len() > LONGEST_NUMBER {
            return Err(Unusable::NotANumber);
        }
        let mut remembered = self.remembered.borrow_mut();
        let known = remembered.entry(region).or_default();
        if let Some(known) = known.get(number) {
            return known.clone();
        }
        let written = Written::read(number).ok_or(Unusable::NotANumber);
        let formatted = written.and_then(|written| number::format(&written, region, &self.prefixes));
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(number.into(), formatted.clone());
        formatted
    }
}

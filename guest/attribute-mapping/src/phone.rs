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

use number::Prefixes;
use region::Region;
use writing::Written;

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

/// Formats phone numbers.
///
/// A number takes a fraction of a microsecond, less than looking up what came out before, so nothing is remembered but the
/// prefixes that are regular expressions and the last country that was given by name.
#[derive(Debug, Default)]
pub struct Phones {
    prefixes: Prefixes,
    last_named: RefCell<Option<(Box<str>, Option<Region>)>>,
}

impl Phones {
    /// The number as `+14255550109`. A number without a country code is one of the region.
    pub fn format(&self, number: &str, region: Option<Region>) -> Result<String, Unusable> {
        if number.len() > LONGEST_NUMBER {
            return Err(Unusable::NotANumber);
        }
        let written = Written::read(number).ok_or(Unusable::NotANumber)?;
        number::format(&written, region, &self.prefixes)
    }

    /// The country of a code or a name.
    pub fn region(&self, text: &str) -> Option<Region> {
        if text.len() == 2 {
            return Region::named(text);
        }
        let mut last = self.last_named.borrow_mut();
        match last.as_ref() {
            Some((known, region)) if known.as_ref() == text => *region,
            _ => {
                let region = Region::named(text);
                *last = Some((text.into(), region));
                region
            }
        }
    }
}

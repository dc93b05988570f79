//! Phone numbers in the form of E.164, by the rules of libphonenumber.

pub mod region;

use std::cell::RefCell;
use std::collections::HashMap;

use region::Region;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

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

/// Formats phone numbers and remembers what came out.
#[derive(Debug, Default)]
pub struct Phones {
    remembered: RefCell<HashMap<(Option<Region>, Box<str>), Result<String, Unusable>>>,
}

impl Phones {
    /// The number as `+14255550109`. A number without a country code is one of the region.
    pub fn format(&self, number: &str, region: Option<Region>) -> Result<String, Unusable> {
        let number = number.trim();
        if number.len() > LONGEST_NUMBER {
            return Err(Unusable::NotANumber);
        }
        let key = (region, Box::from(number));
        if let Some(known) = self.remembered.borrow().get(&key) {
            return known.clone();
        }
        let formatted = format(number, region);
        let mut remembered = self.remembered.borrow_mut();
        if remembered.len() >= REMEMBERED {
            remembered.clear();
        }
        remembered.insert(key, formatted.clone());
        formatted
    }
}

fn format(number: &str, region: Option<Region>) -> Result<String, Unusable> {
    let code = region.and_then(|region| rlibphonenumber::Region::from_code(region.code()).ok());
    if !number.starts_with(['+', '\u{ff0b}']) && code.is_none() {
        return Err(if number.chars().any(char::is_numeric) { Unusable::NoCountry } else { Unusable::NotANumber });
    }
    let parsed = PHONE_NUMBER_UTIL.parse(number, code).map_err(|_| Unusable::NotANumber)?;
    if !PHONE_NUMBER_UTIL.is_valid_number(&parsed) {
        return Err(Unusable::Invalid(region.filter(|_| !number.starts_with('+'))));
    }
    Ok(PHONE_NUMBER_UTIL.format(&parsed, PhoneNumberFormat::E164).into_owned())
}

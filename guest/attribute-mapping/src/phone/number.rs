//! From the digits of a written number to its country and national number (libphonenumber: `PhoneNumberUtil.parse`).

use std::cell::RefCell;
use std::collections::HashMap;

use fancy_regex::{Captures, Regex};

use super::Unusable;
use super::plan::{self, Plan};
use super::region::Region;
use super::writing::Written;

/// The national number has 2 to 17 digits (libphonenumber: MIN_LENGTH_FOR_NSN, MAX_LENGTH_FOR_NSN).
const NATIONAL_LENGTH: std::ops::RangeInclusive<usize> = 2..=17;

/// The prefixes that are no plain digits, read when the first number needs them.
#[derive(Debug, Default)]
pub struct Prefixes(RefCell<HashMap<&'static str, Option<Regex>>>);

/// The number in the form of E.164.
pub fn format(written: &Written, region: Option<Region>, prefixes: &Prefixes) -> Result<String, Unusable> {
    let home = region.and_then(|region| plan::of_country(region.code()));
    let (plan, national) = country(written, home, prefixes)?;
    let national = without_national_prefix(plan, &national, prefixes);
    if !NATIONAL_LENGTH.contains(&national.len()) {
        return Err(Unusable::NotANumber);
    }
    if !is_valid(plan.code, &national) {
        let told = region.filter(|region| home.is_some_and(|home| home.code == plan.code) && region.code() != "");
        return Err(Unusable::Invalid(told.filter(|_| !written.plus)));
    }
    let digits = String::from_utf8(national).unwrap_or_default();
    Ok(format!("+{}{digits}", plan.code))
}

/// The main plan of the number's country, and the digits behind its calling code.
fn country(
    written: &Written,
    home: Option<&'static Plan>,
    prefixes: &Prefixes,
) -> Result<(&'static Plan, Vec<u8>), Unusable> {
    let digits = written.digits.as_slice();
    let abroad = match home {
        _ if written.plus => Some(digits),
        Some(home) => without_international_prefix(home, digits, prefixes),
        None => return Err(Unusable::NoCountry),
    };
    if let Some(abroad) = abroad {
        // A calling code has one to three digits and does not begin with a zero.
        let code = (1..=3).find_map(|length| {
            let code: u16 = std::str::from_utf8(abroad.get(..length)?).ok()?.parse().ok()?;
            let plan = plan::of_code(code).next().filter(|_| abroad.first() != Some(&b'0'))?;
            Some((plan, abroad.get(length..)?.to_vec()))
        });
        return code.ok_or(Unusable::Invalid(None));
    }
    let Some(home) = home else { return Err(Unusable::NoCountry) };
    // The calling code may stand there without a plus: it is one when the number makes no sense with it and does without.
    let code = home.code.to_string();
    if let Some(rest) = digits.strip_prefix(code.as_bytes()) {
        let national = without_national_prefix(home, rest, prefixes);
        let sensible = !plan::accepts(home.general, digits) && plan::accepts(home.general, &national);
        if sensible || is_too_long(home, digits.len()) {
            return Ok((main(home), national));
        }
    }
    Ok((home, digits.to_vec()))
}

/// The main country of a plan's calling code.
fn main(plan: &'static Plan) -> &'static Plan {
    plan::of_code(plan.code).next().unwrap_or(plan)
}

fn is_too_long(plan: &Plan, length: usize) -> bool {
    length > 31 || plan.lengths >> length == 0
}

/// Whether a number of this length can be a national one: one of the lengths, or longer than all of them.
fn has_national_length(plan: &Plan, length: usize) -> bool {
    is_too_long(plan, length) || plan.lengths >> length & 1 == 1
}

/// The digits behind the international prefix, if they begin with it.
fn without_international_prefix<'d>(home: &'static Plan, digits: &'d [u8], prefixes: &Prefixes) -> Option<&'d [u8]> {
    let end =
        prefixes.find(home.international_prefix, digits, |captures| captures.get(0).map(|whole| whole.end()))??;
    let rest = digits.get(end..)?;
    // No calling code begins with a zero: then it was no international prefix.
    (end > 0 && rest.first().is_some_and(|digit| *digit != b'0')).then_some(rest)
}

/// The digits without what is dialled before them inside of the country, if they make more sense so.
fn without_national_prefix(plan: &'static Plan, digits: &[u8], prefixes: &Prefixes) -> Vec<u8> {
    let stripped = prefixes.find(plan.national_prefix, digits, |captures| {
        let end = captures.get(0).map_or(0, |whole| whole.end());
        let rest = digits.get(end..).unwrap_or(&[]);
        let last = captures.len() - 1;
        let has_group = last > 0 && captures.get(last).is_some_and(|group| !group.as_str().is_empty());
        if plan.transform.is_empty() || !has_group {
            return rest.to_vec();
        }
        let mut transformed = plan.transform.to_owned();
        for group in 1..captures.len() {
            let text = captures.get(group).map_or("", |group| group.as_str());
            transformed = transformed.replace(&format!("${group}"), text);
        }
        [transformed.as_bytes(), rest].concat()
    });
    let Some(stripped) = stripped else { return digits.to_vec() };
    let loses_sense = plan::accepts(plan.general, digits) && !plan::accepts(plan.general, &stripped);
    if loses_sense || !has_national_length(plan, stripped.len()) { digits.to_vec() } else { stripped }
}

impl Prefixes {
    /// What `read` makes of the match of a prefix at the beginning; none if it does not match.
    fn find<T>(&self, pattern: &'static str, digits: &[u8], read: impl FnOnce(&Captures<'_, str>) -> T) -> Option<T> {
        if pattern.is_empty() {
            return None;
        }
        let plain = pattern.bytes().all(|b| b.is_ascii_digit());
        if plain && !digits.starts_with(pattern.as_bytes()) {
            return None;
        }
        let text = std::str::from_utf8(digits).ok()?;
        let mut known = self.0.borrow_mut();
        let regex = known.entry(pattern).or_insert_with(|| Regex::new(&format!("^(?:{pattern})")).ok());
        let captures = regex.as_ref()?.captures(text).ok()??;
        Some(read(&captures))
    }
}

/// Whether a number is one of its country, or of one of the countries that share its calling code.
fn is_valid(code: u16, national: &[u8]) -> bool {
    let mut plans = plan::of_code(code).peekable();
    let only = plans.peek().map(|first| first.id);
    let shared = plan::of_code(code).nth(1).is_some();
    if !shared {
        return only.is_some() && plans.any(|plan| plan::accepts(plan.valid, national));
    }
    for plan in plans {
        match plan.leading {
            // A country that is known by its leading digits owns the number, valid or not.
            Some(leading) if plan::accepts(leading, national) => return plan::accepts(plan.valid, national),
            Some(_) => {}
            None if plan::accepts(plan.valid, national) => return true,
            None => {}
        }
    }
    false
}

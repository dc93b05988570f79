//! The tables of the world's numbering plans in `src/phone/plan`: made from libphonenumber's metadata, as the crate
//! `phonenumber` carries it, and compared with what `rlibphonenumber`, a faithful port of libphonenumber, says of a number.
//!
//! The crates that read that metadata at run time need 10 to 130 ms to begin, which a component would pay in every batch, and
//! 2 to 40 us for each number. Here the patterns of each country become one automaton over digits, which costs nothing to
//! begin with and a fraction of a microsecond a number.
//!
//! After an update of `phonenumber`: `ROLLCALL_WRITE_TABLES=1 cargo test -p attribute-mapping --test numbering`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

mod automaton;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use attribute_mapping::phone::Phones;
use attribute_mapping::phone::region::Region;
use automaton::Automata;
use phonenumber::Metadata;
use phonenumber::metadata::DATABASE;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};

/// The tables: the source of the plans and the states of the automata.
fn tables() -> (String, Vec<u8>) {
    let mut automata = Automata::default();
    let mut plans: Vec<&Metadata> = DATABASE.iter().collect();
    plans.sort_by_key(|plan| (plan.id(), plan.country_code()));
    let mut source = String::from(
        "// Made by tests/numbering from libphonenumber's metadata.\n\n/// The plans, in the order of their ids.\n\
         pub static PLANS: &[Plan] = &[\n",
    );
    for plan in &plans {
        write_plan(plan, &mut automata, &mut source);
    }
    source.push_str("];\n\n");
    write_codes(&plans, &mut source);
    (source, automata.bytes())
}

fn place(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "src/phone/plan", name].iter().collect()
}

/// Set in the environment, it has the tables written anew.
const WRITE: &str = "ROLLCALL_WRITE_TABLES";

#[test]
fn the_tables_are_those_of_the_metadata() {
    let (source, states) = tables();
    if std::env::var_os(WRITE).is_some() {
        std::fs::write(place("table.rs.in"), &source).unwrap();
        std::fs::write(place("states.bin"), &states).unwrap();
    }
    let hint = format!("the metadata has changed: run this test with {WRITE}=1, which writes the tables anew");
    assert!(std::fs::read_to_string(place("table.rs.in")).unwrap() == source, "{hint}");
    assert!(std::fs::read(place("states.bin")).unwrap() == states, "{hint}");
}

/// What the port says: the number in the form of E.164, if it is valid.
fn by_the_port(number: &str, region: Option<&str>) -> Option<String> {
    let region = region.and_then(|region| rlibphonenumber::Region::from_code(region).ok());
    let parsed =
        PHONE_NUMBER_UTIL.parse(number, region).ok().filter(|parsed| PHONE_NUMBER_UTIL.is_valid_number(parsed))?;
    Some(PHONE_NUMBER_UTIL.format(&parsed, PhoneNumberFormat::E164).into_owned())
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// Numbers of a country: the examples of the metadata, and each with some digits changed, taken away and added.
fn numbers(plan: &Metadata, state: &mut u64) -> Vec<String> {
    let kinds = plan.descriptors();
    let all = [
        kinds.fixed_line(),
        kinds.mobile(),
        kinds.toll_free(),
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.voip(),
        kinds.personal_number(),
        kinds.pager(),
        kinds.uan(),
        kinds.voicemail(),
    ];
    let examples: Vec<String> = all.iter().flatten().filter_map(|kind| kind.example()).map(str::to_owned).collect();
    let mut numbers = Vec::new();
    for example in examples {
        for round in 0..12 {
            let mut digits: Vec<char> = example.chars().collect();
            for _ in 0..round / 3 {
                let at = (next(state) % digits.len() as u64) as usize;
                let digit = char::from(b'0' + (next(state) % 10) as u8);
                match next(state) % 6 {
                    0 if digits.len() > 4 => _ = digits.remove(at),
                    1 => digits.insert(at, digit),
                    _ => digits[at] = digit,
                }
            }
            numbers.push(digits.into_iter().collect());
        }
    }
    numbers
}

#[test]
fn numbers_of_every_country_come_out_as_by_libphonenumber() {
    let phones = Phones::default();
    let mut state = 1;
    let mut differences: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let (mut compared, mut valid) = (0, 0);
    let mut plans: Vec<&Metadata> = DATABASE.iter().filter(|plan| plan.id() != "001").collect();
    plans.sort_by_key(|plan| plan.id());
    for plan in plans {
        let Some(region) = Region::named(plan.id()) else { continue };
        let prefix = plan.national_prefix().unwrap_or("");
        for national in numbers(plan, &mut state) {
            for (number, home) in [
                (format!("+{}{national}", plan.country_code()), None),
                (national.clone(), Some(region)),
                (format!("{prefix}{national}"), Some(region)),
            ] {
                let ours = phones.format(&number, home).ok();
                let theirs = by_the_port(&number, home.as_ref().map(|_| plan.id()));
                compared += 1;
                valid += usize::from(theirs.is_some());
                if ours != theirs {
                    let difference = format!("{number}: ours {ours:?}, the port's {theirs:?}");
                    differences.entry(plan.id()).or_default().push(difference);
                }
            }
        }
    }
    let count: usize = differences.values().map(Vec::len).sum();
    println!("{compared} numbers compared, {valid} valid, {count} differences in {} countries", differences.len());
    for (country, found) in &differences {
        println!("{country}: {} such as {}", found.len(), found[0]);
    }
    assert!(valid > 10_000);
    // The two crates carry metadata of different weeks: ranges that countries opened or closed in between may differ.
    assert!(count * 500 < compared, "more than two in a thousand differ");
}

fn write_plan(plan: &Metadata, automata: &mut Automata, source: &mut String) {
    let kinds = plan.descriptors();
    let general = pattern(kinds.general().national_number().as_str());
    let valid: Vec<String> = [
        kinds.fixed_line(),
        kinds.mobile(),
        kinds.toll_free(),
        kinds.premium_rate(),
        kinds.shared_cost(),
        kinds.personal_number(),
        kinds.voip(),
        kinds.pager(),
        kinds.uan(),
        kinds.voicemail(),
    ]
    .into_iter()
    .flatten()
    .map(|kind| pattern(kind.national_number().as_str()))
    .collect();
    let leading = plan.leading_digits().map(|regex| format!("(?:{})[0-9]*", pattern(regex.as_str())));
    let prefix = plan.national_prefix_for_parsing().map(|regex| pattern(regex.as_str()));
    let prefix = prefix.or_else(|| plan.national_prefix().map(str::to_owned)).unwrap_or_default();
    let international = plan.international_prefix().map(|regex| pattern(regex.as_str())).unwrap_or_default();
    let general_root = automata.add(std::slice::from_ref(&general), None);
    let valid_root = automata.add(&valid, Some(&general));
    let leading_root = leading.map(|leading| automata.add(&[leading], None));
    writeln!(
        source,
        "    Plan {{ id: {:?}, code: {}, main: {}, general: {general_root}, valid: {valid_root}, lengths: {:#x}, \
         leading: {leading_root:?}, national_prefix: {prefix:?}, transform: {:?}, international_prefix: {international:?} }},",
        plan.id(),
        plan.country_code(),
        plan.is_main_country_for_code(),
        automata.lengths(valid_root),
        plan.national_prefix_transform_rule().unwrap_or_default(),
    )
    .expect("a string can be written to");
}

/// The calling codes, each with its plans: the main one first.
fn write_codes(plans: &[&Metadata], source: &mut String) {
    let mut codes: Vec<u16> = plans.iter().map(|plan| plan.country_code()).collect();
    codes.sort_unstable();
    codes.dedup();
    source.push_str("/// The calling codes, each with the places of its plans: the main one first.\npub static CODES: &[(u16, &[usize])] = &[\n");
    for code in codes {
        let mut indices: Vec<usize> = (0..plans.len()).filter(|index| plans[*index].country_code() == code).collect();
        indices.sort_by_key(|index| !plans[*index].is_main_country_for_code());
        writeln!(source, "    ({code}, &{indices:?}),").expect("a string can be written to");
    }
    source.push_str("];\n");
}

/// A pattern without the blanks that the metadata has for its readers.
fn pattern(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

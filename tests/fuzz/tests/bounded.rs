//! A short run over each language. `ROLLCALL_FUZZ_SECONDS` (10) and `ROLLCALL_FUZZ_SEED` (1) change it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may panic")]

use std::time::Duration;

use rollcall_fuzz::campaign::{Campaign, Report};
use rollcall_fuzz::language::{Language, Shown};
use rollcall_fuzz::mapping::MappingLanguage;
use rollcall_fuzz::random::Random;
use rollcall_fuzz::rules::RuleLanguage;

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|number| number.parse().ok()).unwrap_or(usual)
}

fn run(language: &mut dyn Language, executions: u64) -> Report {
    let time = Duration::from_secs(number("ROLLCALL_FUZZ_SECONDS", 10));
    let seed = number("ROLLCALL_FUZZ_SEED", 1);
    let report = Campaign { seed, time, executions, last: None, tells: false, more: Vec::new() }.run(language);
    println!("{}\n{report}", language.name());
    report
}

#[test]
fn mutated_rules_break_no_law() {
    let report = run(&mut RuleLanguage::default(), u64::MAX);
    assert!(report.broken.is_empty(), "{report}");
    // It goes beyond what it begins with, and most of it is no nonsense.
    assert!(report.executions > 1_000 && report.accepted * 10 > report.executions, "{report}");
    assert!(report.corpus.0 > report.corpus.1, "{report}");
}

#[test]
fn mutated_expressions_break_no_law() {
    let report = run(&mut MappingLanguage::default(), u64::MAX);
    assert!(report.broken.is_empty(), "{report}");
    assert!(report.executions > 1_000 && report.accepted * 10 > report.executions, "{report}");
    assert!(report.corpus.0 > report.corpus.1, "{report}");
}

/// Breaks its law where two letters come together that no seed has together, and panics for three.
struct Brittle;

impl Language for Brittle {
    fn name(&self) -> &'static str {
        "brittle"
    }

    fn seeds(&self) -> Vec<String> {
        ["a c", "b c", "c c"].map(str::to_owned).to_vec()
    }

    fn dictionary(&self) -> &'static [&'static str] {
        &["a", "b", " "]
    }

    fn longest(&self) -> usize {
        100
    }

    fn judge(&mut self, text: &str, _: &mut Random) -> Result<Shown, String> {
        assert!(!text.contains("a b a"), "three");
        if text.contains("a b") {
            return Err("two".to_owned());
        }
        Ok(Shown { accepted: true, traits: vec![text.to_owned()], people: 0 })
    }
}

#[test]
fn what_breaks_a_law_and_what_panics_is_found_and_told() {
    let report = run(&mut Brittle, 20_000);
    assert!(report.broken["two"].contains("a b"), "{report}");
    assert!(report.broken["it panics: three"].contains("a b a"), "{report}");
}

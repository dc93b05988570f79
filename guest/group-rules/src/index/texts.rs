//! All questions to one text column, answered together: a value is folded once, looked up once among the constants, walked once
//! for all beginnings, all ends, all parts and all regular expressions.

use std::collections::HashMap;

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::dfa::DFA;
use aho_corasick::nfa::contiguous::NFA;
use foldhash::fast::RandomState;
use regex_automata::{Input, PatternSet, meta};

use super::beginnings::Beginnings;
use super::lists::Lists;
use super::node::{NULL, OTHER};
use crate::language::fold::fold_into;
use crate::language::pattern::{Decided, Pattern, set};

/// What is asked, while rules are being added.
#[derive(Debug, Default)]
pub(super) struct TextQuestions {
    constants: HashMap<Box<str>, u32, RandomState>,
    predicates: HashMap<Question, u32, RandomState>,
    /// The constants of `-in` lists with the lists' bits.
    members: Vec<(u32, u32)>,
}

#[derive(Debug, PartialEq, Eq, Hash)]
pub(super) enum Question {
    In(Box<[u32]>),
    StartsWith(Box<str>),
    EndsWith(Box<str>),
    Contains(Box<str>),
    Match(Pattern),
}

impl TextQuestions {
    /// The number of a constant.
    pub fn constant(&mut self, text: Box<str>) -> u32 {
        let next = NULL + 1 + self.constants.len() as u32;
        *self.constants.entry(text).or_insert(next)
    }

    /// The bit of a list of constants.
    pub fn one_of(&mut self, mut constants: Vec<u32>) -> u32 {
        constants.sort_unstable();
        constants.dedup();
        let next = self.predicates.len() as u32;
        let key = Question::In(constants.into());
        if let Some(bit) = self.predicates.get(&key) {
            return *bit;
        }
        if let Question::In(constants) = &key {
            self.members.extend(constants.iter().map(|constant| (*constant, next)));
        }
        self.predicates.insert(key, next);
        next
    }

    /// The bit of any other question.
    pub fn bit(&mut self, question: Question) -> u32 {
        let next = self.predicates.len() as u32;
        *self.predicates.entry(question).or_insert(next)
    }

    pub fn bits(&self) -> usize {
        self.predicates.len()
    }

    pub fn constants(&self) -> usize {
        self.constants.len() + NULL as usize + 1
    }

    pub fn finish(self, largest_table: usize) -> TextTests {
        let constants = self.constants();
        let mut tests = TextTests {
            members: Lists::new(constants, &self.members),
            constants: self.constants,
            largest_table,
            ..TextTests::default()
        };
        let (mut starts, mut ends) = (Vec::new(), Vec::new());
        for (question, bit) in self.predicates {
            match question {
                Question::In(_) => {}
                Question::StartsWith(text) => starts.push((text.into(), bit)),
                Question::EndsWith(text) => ends.push((text.bytes().rev().collect(), bit)),
                Question::Contains(text) => tests.parts.push((text, bit)),
                Question::Match(pattern) => tests.patterns.push((pattern, bit)),
            }
        }
        tests.starts = Beginnings::new(starts);
        tests.ends = Beginnings::new(ends);
        // The order of a hash map is another each time; the machines should not be.
        tests.parts.sort_unstable();
        tests.patterns.sort_unstable_by_key(|(_, bit)| *bit);
        tests
    }
}

/// What is asked, ready to be answered.
#[derive(Debug, Default)]
pub(super) struct TextTests {
    constants: HashMap<Box<str>, u32, RandomState>,
    members: Lists<u32>,
    starts: Beginnings,
    /// Of the value written backwards.
    ends: Beginnings,
    parts: Vec<(Box<str>, u32)>,
    patterns: Vec<(Pattern, u32)>,
    /// Made when the first value comes: checking settings does not need them.
    machines: Option<Machines>,
    /// The bytes that the machine for the parts may take to be fast.
    largest_table: usize,
    folded: String,
    backwards: Vec<u8>,
}

#[derive(Debug, Default)]
struct Machines {
    /// Finds the parts, and behind them what the regular expressions require. None when it could not be built.
    parts: Option<Parts>,
    /// Regular expressions that are tried once their part was found.
    required: Vec<(Pattern, u32)>,
    /// Regular expressions without a required part, all at once.
    linear: Option<Linear>,
    /// Those that go one by one.
    alone: Vec<Alone>,
}

/// A machine that finds parts.
#[derive(Debug)]
enum Parts {
    /// One look for each byte of a value, and a row of a table for each byte of the parts.
    Table(DFA),
    /// Several looks, and little memory.
    Chain(NFA),
}

impl Parts {
    /// A table, unless it would take more bytes than it may.
    fn new(texts: &[&str], largest_table: usize) -> Option<Self> {
        let mut used = [false; 256];
        for byte in texts.iter().flat_map(|text| text.bytes()) {
            if let Some(used) = used.get_mut(usize::from(byte)) {
                *used = true;
            }
        }
        // Neighbouring bytes that no part has are alike, and a row of the table has a power of two of places.
        let places = used.chunk_by(|one, next| !one && !next).count().next_power_of_two();
        let rows = texts.iter().map(|text| text.len()).sum::<usize>() + 3;
        // A prefilter looks for a few patterns at a time; here there are hundreds.
        if rows.saturating_mul(places * size_of::<u32>()) <= largest_table
            && let Ok(table) = DFA::builder().prefilter(false).build(texts)
        {
            return Some(Self::Table(table));
        }
        NFA::builder().prefilter(false).build(texts).ok().map(Self::Chain)
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Table(table) => table.memory_usage(),
            Self::Chain(chain) => chain.memory_usage(),
        }
    }
}

/// Calls `part` with the number of each part that stands in the text.
fn each_part(machine: &impl Automaton, text: &str, part: &mut impl FnMut(usize)) {
    // A machine without anchors: it cannot fail.
    let Ok(mut state) = machine.start_state(Anchored::No) else { return };
    let mut found = |state: StateID| {
        for place in 0..machine.match_len(state) {
            part(machine.match_pattern(state, place).as_usize());
        }
    };
    if machine.is_match(state) {
        found(state);
    }
    // The machine's own iterator would begin a search anew after each part that it finds.
    let mut step = |byte: u8| {
        state = machine.next_state(Anchored::No, state, byte);
        if machine.is_special(state) && machine.is_match(state) {
            found(state);
        }
    };
    // In steps of several bytes: in a sandbox each turn of a loop also looks at the clock.
    let (steps, rest) = text.as_bytes().as_chunks::<8>();
    for bytes in steps {
        let [a, b, c, d, e, f, g, h] = *bytes;
        step(a);
        step(b);
        step(c);
        step(d);
        step(e);
        step(f);
        step(g);
        step(h);
    }
    rest.iter().for_each(|byte| step(*byte));
}

/// A pattern of the backtracking engine.
#[derive(Debug)]
struct Alone {
    pattern: Pattern,
    bit: u32,
    /// How often it took too long.
    failures: u32,
}

/// A pattern that took too long so often is not tried any more: a hundred thousand people with a millisecond each would be
/// minutes. What it would have said of them stays open.
const MAX_FAILURES: u32 = 100;

#[derive(Debug)]
struct Linear {
    set: meta::Regex,
    found: PatternSet,
    bits: Vec<u32>,
}

/// A question that could not be answered, and why.
pub(super) type Failure = (u32, String);

impl TextTests {
    /// Answers everything: calls `yes` with each bit that is true, adds the failures, returns the number of the constant.
    pub fn run(&mut self, text: &str, mut yes: impl FnMut(u32), failures: &mut Vec<Failure>) -> u32 {
        let mut folded = std::mem::take(&mut self.folded);
        fold_into(text, &mut folded);
        let constant = self.constants.get(folded.as_str()).copied().unwrap_or(OTHER);
        self.members.get(constant).iter().for_each(|bit| yes(*bit));
        self.starts.of(folded.as_bytes(), &mut yes);
        if !self.ends.is_empty() {
            self.backwards.clear();
            self.backwards.extend(folded.bytes().rev().take(self.ends.longest()));
            self.ends.of(&self.backwards, &mut yes);
        }
        if !(self.parts.is_empty() && self.patterns.is_empty()) {
            let machines =
                self.machines.get_or_insert_with(|| Machines::new(&self.parts, &self.patterns, self.largest_table));
            if machines.parts.is_none() {
                self.parts.iter().filter(|(part, _)| folded.contains(&**part)).for_each(|(_, bit)| yes(*bit));
            }
            let mut part = |found: usize| match self.parts.get(found) {
                Some((_, bit)) => yes(*bit),
                None => {
                    if let Some((pattern, bit)) = machines.required.get(found - self.parts.len()) {
                        ask(pattern, *bit, text, &mut yes, failures);
                    }
                }
            };
            match &machines.parts {
                Some(Parts::Table(table)) => each_part(table, &folded, &mut part),
                Some(Parts::Chain(chain)) => each_part(chain, &folded, &mut part),
                None => {}
            }
            if let Some(linear) = &mut machines.linear {
                linear.found.clear();
                linear.set.which_overlapping_matches(&Input::new(text), &mut linear.found);
                linear.found.iter().filter_map(|found| linear.bits.get(found.as_usize())).for_each(|bit| yes(*bit));
            }
            for alone in &mut machines.alone {
                if alone.failures >= MAX_FAILURES {
                    let source = alone.pattern.source();
                    let reason = format!(
                        "The regular expression \"{source}\" took too long for many people and is not tried any more."
                    );
                    failures.push((alone.bit, reason));
                    continue;
                }
                let before = failures.len();
                ask(&alone.pattern, alone.bit, text, &mut yes, failures);
                alone.failures += (failures.len() - before) as u32;
            }
        }
        self.folded = folded;
        constant
    }

    pub fn bytes(&self) -> usize {
        let constants: usize = self.constants.keys().map(|text| text.len() + 32).sum();
        let machines = self.machines.as_ref().map_or(0, |machines| {
            machines.parts.as_ref().map_or(0, Parts::bytes)
                + machines.linear.as_ref().map_or(0, |linear| linear.set.memory_usage())
        });
        constants + self.members.bytes() + self.starts.bytes() + self.ends.bytes() + machines
    }
}

fn ask(pattern: &Pattern, bit: u32, text: &str, yes: &mut impl FnMut(u32), failures: &mut Vec<Failure>) {
    match pattern.is_match(text) {
        Ok(true) => yes(bit),
        Ok(false) => {}
        Err(reason) => failures.push((bit, reason)),
    }
}

impl Alone {
    fn new(pattern: &Pattern, bit: u32) -> Self {
        Alone { pattern: pattern.clone(), bit, failures: 0 }
    }
}

impl Machines {
    fn new(parts: &[(Box<str>, u32)], patterns: &[(Pattern, u32)], largest_table: usize) -> Self {
        let mut machines = Machines::default();
        let mut texts: Vec<&str> = parts.iter().map(|(text, _)| &**text).collect();
        let mut together: Vec<(&Pattern, &str, u32)> = Vec::new();
        for (pattern, bit) in patterns {
            match pattern.decided() {
                Decided::Linear { required: Some(required), .. } => {
                    texts.push(required);
                    machines.required.push((pattern.clone(), *bit));
                }
                Decided::Linear { translated, required: None } => together.push((pattern, translated, *bit)),
                Decided::Texts(_) | Decided::Alone => machines.alone.push(Alone::new(pattern, *bit)),
            }
        }
        if !texts.is_empty() {
            match Parts::new(&texts, largest_table) {
                Some(found) => machines.parts = Some(found),
                // Texts of some kilobytes each would be needed for that, in rules of 3,072 characters.
                None => {
                    machines.alone.extend(machines.required.drain(..).map(|(pattern, bit)| Alone::new(&pattern, bit)));
                }
            }
        }
        if !together.is_empty() {
            match set(together.iter().map(|(_, translated, _)| *translated)) {
                Ok(set) => {
                    let found = PatternSet::new(together.len());
                    machines.linear =
                        Some(Linear { set, found, bits: together.iter().map(|(_, _, bit)| *bit).collect() });
                }
                // Together too large for one machine.
                Err(_) => machines.alone.extend(together.iter().map(|(pattern, _, bit)| Alone::new(pattern, *bit))),
            }
        }
        machines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_kinds_of_questions_are_answered_in_one_run_with_a_large_machine_and_a_small_one() {
        [1 << 20, 0].into_iter().for_each(all_kinds_of_questions);
    }

    fn all_kinds_of_questions(largest_table: usize) {
        let mut questions = TextQuestions::default();
        let [sales, hr] = ["sales", "hr"].map(|text| questions.constant(text.into()));
        let list = questions.one_of(vec![hr, sales, sales]);
        assert_eq!(questions.one_of(vec![sales, hr]), list);
        let bits = [
            list,
            questions.bit(Question::StartsWith("sa".into())),
            questions.bit(Question::EndsWith("es".into())),
            questions.bit(Question::Contains("ale".into())),
            questions.bit(Question::Match(Pattern::parse("^S[aeiou]les$").unwrap())),
            questions.bit(Question::Match(Pattern::parse("(?!x)s").unwrap())),
        ];
        questions.bit(Question::Contains("x".into()));
        let mut tests = questions.finish(largest_table);
        let (mut found, mut failures) = (Vec::new(), Vec::new());
        assert_eq!(tests.run("SALES", |bit| found.push(bit), &mut failures), sales);
        found.sort_unstable();
        assert_eq!(found, bits);
        assert!(failures.is_empty());
        let parts = tests.machines.as_ref().and_then(|machines| machines.parts.as_ref());
        assert_eq!(matches!(parts, Some(Parts::Table(_))), largest_table > 0);
        assert_eq!(tests.run("Finance", |_| {}, &mut failures), OTHER);
    }
}

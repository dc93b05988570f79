//! One property or attribute, and everything that any rule asks of it.

use super::Index;
use super::lists::Lists;
use super::node::{Ask, NULL, OTHER};
use super::ordered::OrderedTests;
use super::program::Candidate;
use super::rows::{NEVER, NULL_ROW, Piece, Rows, SCRATCH};
use super::texts::{Failure, TextTests};
use crate::language::number::Number;
use crate::language::property::{Item, Kind, Property};
use crate::value::Value;

/// How the questions to a column are answered.
#[derive(Debug)]
pub(super) enum Tests {
    Text(Box<TextTests>),
    /// The constants are [`FALSE`] and [`TRUE`].
    Boolean,
    Number(OrderedTests),
    Moment(OrderedTests),
    /// A collection: an index of its own over the items. Its rules are this column's bits.
    Items(Box<Index>),
}

/// The constants of a column of truths, and also their rows.
pub(super) const FALSE: u32 = NULL + 1;
pub(super) const TRUE: u32 = NULL + 2;
/// The row of whatever is not null, where nothing else is asked.
const SOMETHING: u32 = NULL + 1;

/// A column.
#[derive(Debug)]
pub(super) struct Column {
    pub property: Property,
    pub tests: Tests,
    pub rows: Rows,
    /// True when nothing is asked but whether there is a value.
    only_null: bool,
    /// True when a value that is a text is looked up as it is.
    pub of_texts: bool,
    /// Candidates of the values that equal each constant, of those of which each bit is true, and of all values but null.
    candidates: Lists<Candidate>,
    constants: u32,
    bits: u32,
    /// Candidates unless the answer is yes.
    pub unless: Vec<(Ask, Box<[Candidate]>)>,
    key: String,
}

/// What makes rules candidates for the values of a column.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub by_constant: Vec<(u32, Candidate)>,
    pub by_bit: Vec<(u32, Candidate)>,
    pub by_presence: Vec<Candidate>,
    pub unless: Vec<(Ask, Candidate)>,
}

impl Column {
    pub fn new(property: Property, tests: Tests, constants: usize, bits: usize, asks_now: bool) -> Self {
        let mut rows = Rows::new(bits);
        let only_null = bits == 0 && !asks_now && constants <= NULL as usize + 1 && !matches!(tests, Tests::Boolean);
        match tests {
            Tests::Boolean => {
                rows.push_fixed(FALSE);
                rows.push_fixed(TRUE);
            }
            _ if only_null => {
                rows.push_fixed(OTHER);
            }
            _ => {}
        }
        Column {
            of_texts: matches!(tests, Tests::Text(_)) && !only_null,
            property,
            tests,
            rows,
            only_null,
            candidates: Lists::default(),
            constants: constants as u32,
            bits: bits as u32,
            unless: Vec::new(),
            key: String::new(),
        }
    }

    pub fn set_candidates(&mut self, candidates: Candidates) {
        let Candidates { by_constant: mut all, by_bit, by_presence, mut unless } = candidates;
        let (constants, presence) = (self.constants, self.constants + self.bits);
        all.extend(by_bit.into_iter().map(|(bit, candidate)| (constants + bit, candidate)));
        all.extend(by_presence.into_iter().map(|candidate| (presence, candidate)));
        self.candidates = Lists::new(presence as usize + 1, &all);
        unless.sort_unstable_by_key(|(ask, candidate)| {
            let number = match ask {
                Ask::Equals(constant) => (0, *constant),
                Ask::Bit(bit) => (1, *bit),
                Ask::Now(bound) => (2, *bound),
            };
            (number, candidate.rule)
        });
        self.unless = unless
            .chunk_by(|(a, _), (b, _)| a == b)
            .filter_map(|same| {
                same.first().map(|(ask, _)| (*ask, same.iter().map(|(_, candidate)| *candidate).collect()))
            })
            .collect();
        let candidates = &self.candidates;
        self.rows.set_pieces(|rows, row, out| pieces(rows, row, candidates, constants, presence, out));
    }

    /// The candidates of a value, in pieces.
    #[inline(always)]
    pub fn candidates(&self, pieces: (u32, u32)) -> impl Iterator<Item = &[Candidate]> {
        self.rows.pieces(pieces).iter().map(|piece| self.candidates.items(*piece))
    }

    /// The row of a value.
    pub fn row(&mut self, value: &Value<'_>, budget: &mut usize) -> u32 {
        if *value == Value::Null {
            return NULL_ROW;
        }
        let first = self.property.takes_first();
        if self.only_null {
            return if self.is_null(value, first) { NULL_ROW } else { SOMETHING };
        }
        match &self.tests {
            Tests::Boolean => match value.as_boolean() {
                Some(true) => TRUE,
                Some(false) => FALSE,
                None => NULL_ROW,
            },
            Tests::Text(_) => match value {
                Value::Text(text) => self.kept(text, value, budget),
                _ => match value.as_text(first) {
                    Some(text) => self.kept(&text, &Value::Text(&text), budget),
                    None => NULL_ROW,
                },
            },
            Tests::Number(_) | Tests::Moment(_) => match value {
                Value::Text(text) => self.kept(text, value, budget),
                _ => match value.as_text(false) {
                    Some(text) => self.kept(&text, value, budget),
                    None => NULL_ROW,
                },
            },
            Tests::Items(_) => match value {
                Value::Json(json) => self.kept(json, value, budget),
                Value::Text(text) => self.kept_texts(std::iter::once(*text), value, budget),
                Value::Texts(texts) if texts.is_empty() => NULL_ROW,
                Value::Texts(texts) => self.kept_texts(texts.iter().map(String::as_str), value, budget),
                _ => NULL_ROW,
            },
        }
    }

    fn is_null(&self, value: &Value<'_>, first: bool) -> bool {
        match self.property.kind() {
            Kind::Text => !matches!(value, Value::Text(_)) && value.as_text(first).is_none(),
            Kind::Boolean => value.as_boolean().is_none(),
            Kind::Number => value.as_number().is_none(),
            Kind::Moment => value.as_moment().is_none(),
            Kind::Texts | Kind::Groups => value.as_texts().is_empty(),
            Kind::Plans => value.as_plans().is_empty(),
        }
    }

    fn kept_texts<'v>(&mut self, texts: impl Iterator<Item = &'v str>, value: &Value<'_>, budget: &mut usize) -> u32 {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        for text in texts {
            // No text can look like the end of another: its length stands before it.
            key.push_str(text.len().to_string().as_str());
            key.push(':');
            key.push_str(text);
        }
        let row = self.kept(&key, value, budget);
        self.key = key;
        row
    }

    fn kept(&mut self, key: &str, value: &Value<'_>, budget: &mut usize) -> u32 {
        match self.rows.find(key, budget) {
            Some(row) => row,
            None => self.learn(key, value, budget),
        }
    }

    /// Answers everything about a value that is not kept, and keeps it if there is room.
    #[inline(never)]
    pub fn learn(&mut self, key: &str, value: &Value<'_>, budget: &mut usize) -> u32 {
        self.rows.clear_scratch();
        let mut failures = Vec::new();
        let rows = &mut self.rows;
        let mut yes = |bit| rows.set_scratch(bit, true);
        let (mut constant, mut moment) = (NULL, NEVER);
        match &mut self.tests {
            Tests::Text(tests) => constant = tests.run(key, yes, &mut failures),
            Tests::Boolean => {}
            Tests::Number(tests) => {
                if let Some(number) = value.as_number() {
                    constant = tests.run(number, yes);
                }
            }
            Tests::Moment(tests) => {
                if let Some(ticks) = value.as_moment() {
                    constant = tests.run(Number::Whole(ticks), yes);
                    moment = ticks;
                }
            }
            Tests::Items(items) => {
                let empty = match self.property.kind() {
                    Kind::Plans => items_of_plans(items, value, &mut yes, &mut failures),
                    _ => items_of_texts(items, value, &mut yes, &mut failures),
                };
                constant = if empty { NULL } else { OTHER };
            }
        }
        // Another item answered yes: what could not be decided does not matter.
        failures.retain(|(bit, _)| !self.rows.bit(SCRATCH, *bit));
        self.rows.finish_scratch(constant, moment, failures);
        let (candidates, constants) = (&self.candidates, self.constants);
        let presence = constants + self.bits;
        self.rows.set_scratch_pieces(|rows, out| pieces(rows, SCRATCH, candidates, constants, presence, out));
        self.rows.keep(key, budget)
    }

    pub fn bytes(&self) -> usize {
        let tests = match &self.tests {
            Tests::Text(tests) => tests.bytes(),
            Tests::Items(items) => items.bytes(),
            Tests::Boolean | Tests::Number(_) | Tests::Moment(_) => 0,
        };
        tests + self.rows.bytes() + self.candidates.bytes()
    }
}

/// Adds the pieces of a value's candidates. A rule that two answers make a candidate is in both.
fn pieces(rows: &Rows, row: u32, candidates: &Lists<Candidate>, constants: u32, presence: u32, out: &mut Vec<Piece>) {
    let constant = rows.constant(row);
    let mut add = |list| {
        let (from, to) = candidates.range(list);
        if from < to {
            out.push((from, to));
        }
    };
    add(constant);
    rows.bits(row).for_each(|bit| add(constants + bit));
    if constant != NULL {
        add(presence);
    }
}

/// Asks the index of the items about each text; true when there is none.
fn items_of_texts(
    items: &mut Index,
    value: &Value<'_>,
    yes: &mut impl FnMut(u32),
    failures: &mut Vec<Failure>,
) -> bool {
    let texts = value.as_texts();
    for text in &texts {
        let decision = items.decide(|_, _| Value::Text(text), 0);
        decision.rules.iter().for_each(|rule| yes(*rule));
        failures.extend(decision.undecided.iter().cloned());
    }
    texts.is_empty()
}

fn items_of_plans(
    items: &mut Index,
    value: &Value<'_>,
    yes: &mut impl FnMut(u32),
    failures: &mut Vec<Failure>,
) -> bool {
    let plans = value.as_plans();
    for plan in &plans {
        let decision = items.decide(
            |_, property| match property {
                Property::Item(item @ (Item::ServicePlanId | Item::Service | Item::CapabilityStatus)) => {
                    plan.part(*item).map_or(Value::Null, Value::Text)
                }
                _ => Value::Null,
            },
            0,
        );
        decision.rules.iter().for_each(|rule| yes(*rule));
        failures.extend(decision.undecided.iter().cloned());
    }
    plans.is_empty()
}

//! One property or attribute, and everything that any rule asks of it.

use super::Index;
use super::lists::Lists;
use super::node::{Ask, NULL, OTHER};
use super::ordered::OrderedTests;
use super::rows::{NEVER, NULL_ROW, Rows, SCRATCH};
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
    /// Candidates by the constant that a value equals.
    by_constant: Lists,
    /// Candidates by the bits that are true of it.
    by_bit: Lists,
    /// Candidates of every value that is not null.
    by_presence: Vec<u32>,
    /// Candidates unless the answer is yes.
    pub unless: Vec<(Ask, Box<[u32]>)>,
    key: String,
}

/// What makes rules candidates for the values of a column.
#[derive(Debug, Default)]
pub(super) struct Candidates {
    pub by_constant: Vec<(u32, u32)>,
    pub by_bit: Vec<(u32, u32)>,
    pub by_presence: Vec<u32>,
    pub unless: Vec<(Ask, u32)>,
}

impl Column {
    pub fn new(property: Property, tests: Tests, constants: usize, bits: usize, budget: usize, asks_now: bool) -> Self {
        let mut rows = Rows::new(bits, budget);
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
            property,
            tests,
            rows,
            only_null,
            by_constant: Lists::default(),
            by_bit: Lists::default(),
            by_presence: Vec::new(),
            unless: Vec::new(),
            key: String::new(),
        }
    }

    pub fn set_candidates(&mut self, mut candidates: Candidates, constants: usize, bits: usize) {
        self.by_constant = Lists::new(constants, &candidates.by_constant);
        self.by_bit = Lists::new(bits, &candidates.by_bit);
        self.by_presence = candidates.by_presence;
        candidates.unless.sort_unstable_by_key(|(ask, entry)| {
            let number = match ask {
                Ask::Equals(constant) => (0, *constant),
                Ask::Bit(bit) => (1, *bit),
                Ask::Now(bound) => (2, *bound),
            };
            (number, *entry)
        });
        self.unless = candidates
            .unless
            .chunk_by(|(a, _), (b, _)| a == b)
            .filter_map(|same| same.first().map(|(ask, _)| (*ask, same.iter().map(|(_, entry)| *entry).collect())))
            .collect();
        let (by_constant, by_bit, by_presence) = (&self.by_constant, &self.by_bit, &self.by_presence);
        self.rows.set_candidates(|rows, row, out| collect(rows, row, by_constant, by_bit, by_presence, out));
    }

    /// The row of a value.
    pub fn row(&mut self, value: &Value<'_>) -> u32 {
        match (value, &self.tests) {
            (Value::Null, _) => return NULL_ROW,
            // Most values are texts for texts.
            (Value::Text(text), Tests::Text(_)) if !self.only_null => return self.kept(text, value),
            _ => {}
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
                Value::Text(text) => self.kept(text, value),
                _ => match value.as_text(first) {
                    Some(text) => self.kept(&text, &Value::Text(&text)),
                    None => NULL_ROW,
                },
            },
            Tests::Number(_) | Tests::Moment(_) => match value {
                Value::Text(text) => self.kept(text, value),
                _ => match value.as_text(false) {
                    Some(text) => self.kept(&text, value),
                    None => NULL_ROW,
                },
            },
            Tests::Items(_) => match value {
                Value::Json(json) => self.kept(json, value),
                Value::Text(text) => self.kept_texts(std::iter::once(*text), value),
                Value::Texts(texts) if texts.is_empty() => NULL_ROW,
                Value::Texts(texts) => self.kept_texts(texts.iter().map(String::as_str), value),
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

    fn kept_texts<'v>(&mut self, texts: impl Iterator<Item = &'v str>, value: &Value<'_>) -> u32 {
        let mut key = std::mem::take(&mut self.key);
        key.clear();
        for text in texts {
            // No text can look like the end of another: its length stands before it.
            key.push_str(text.len().to_string().as_str());
            key.push(':');
            key.push_str(text);
        }
        let row = self.kept(&key, value);
        self.key = key;
        row
    }

    #[inline(always)]
    fn kept(&mut self, key: &str, value: &Value<'_>) -> u32 {
        match self.rows.find(key) {
            Some(row) => row,
            None => self.learn(key, value),
        }
    }

    /// Answers everything about a value that is not kept, and keeps it if there is room.
    #[inline(never)]
    fn learn(&mut self, key: &str, value: &Value<'_>) -> u32 {
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
        let mut candidates = std::mem::take(self.rows.scratch_candidates());
        collect(&self.rows, SCRATCH, &self.by_constant, &self.by_bit, &self.by_presence, &mut candidates);
        *self.rows.scratch_candidates() = candidates;
        self.rows.keep(key)
    }

    pub fn bytes(&self) -> usize {
        let tests = match &self.tests {
            Tests::Text(tests) => tests.bytes(),
            Tests::Items(items) => items.bytes(),
            Tests::Boolean | Tests::Number(_) | Tests::Moment(_) => 0,
        };
        tests + self.rows.bytes() + self.by_constant.bytes() + self.by_bit.bytes()
    }
}

fn collect(rows: &Rows, row: u32, by_constant: &Lists, by_bit: &Lists, by_presence: &[u32], out: &mut Vec<u32>) {
    let start = out.len();
    let constant = rows.constant(row);
    out.extend_from_slice(by_constant.get(constant));
    if !by_bit.is_empty() {
        for bit in rows.bits(row) {
            out.extend_from_slice(by_bit.get(bit));
        }
    }
    if constant != NULL {
        out.extend_from_slice(by_presence);
    }
    // A rule that several answers make a candidate is looked at once.
    if let Some(added) = out.get_mut(start..) {
        added.sort_unstable();
    }
    let mut last = None;
    let mut kept = start;
    for place in start..out.len() {
        let entry = out.get(place).copied();
        if entry != last {
            last = entry;
            out.swap(kept, place);
            kept += 1;
        }
    }
    out.truncate(kept);
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

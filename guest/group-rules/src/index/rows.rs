//! The values that a column has seen, each with the answers to everything that is asked of it.
//!
//! An attribute such as `department` has few values and every person has one of them: each value is looked at once. An attribute
//! such as `mail` has another value for everybody: keeping them would only fill the memory. So the number of values kept is
//! bounded, and a column that is full and seldom meets a value again stops looking and gives back what it took of the memory for all.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::dictionary::Dictionary;
use super::node::{Ask, NULL, OTHER};
use super::texts::Failure;
use crate::language::moment::Ticks;

/// The row that is written anew for each value that is not kept.
pub(super) const SCRATCH: u32 = 0;
/// The row of null.
pub(super) const NULL_ROW: u32 = 1;
/// No moment.
pub(super) const NEVER: Ticks = Ticks::MIN;

/// The most values that a column keeps.
const MAX_ROWS: usize = 20_000;
/// How many look-ups of a full column are counted before it is decided whether they pay.
const TRIAL: u32 = 4_096;

/// A range of a column's candidates.
pub(super) type Piece = (u32, u32);

/// What is kept of a value, beside the answers.
#[derive(Debug, Clone, Copy)]
struct Row {
    /// The number of the constant that it equals.
    constant: u32,
    /// Where its pieces are.
    from: u32,
    to: u32,
    /// How many people had it, while that is counted.
    seen: u32,
}

impl Row {
    const fn of(constant: u32) -> Self {
        Row { constant, from: 0, to: 0, seen: 0 }
    }
}

/// Rows of answers.
#[derive(Debug)]
pub(super) struct Rows {
    /// Words of 64 bits for the predicates of a row.
    words: usize,
    truths: Vec<u64>,
    rows: Vec<Row>,
    /// The moment that a value is; only for columns of moments.
    moments: Vec<Ticks>,
    /// The pieces of the column's candidates that belong to each value; behind them those of the scratch row.
    pieces: Vec<Piece>,
    /// How many of them belong to values that are kept.
    kept_pieces: usize,
    dictionary: Dictionary,
    /// Questions that a kept value leaves open.
    failures: HashMap<u32, Vec<Failure>, RandomState>,
    /// Bytes of the budget that its values take.
    used: usize,
    lookups: u32,
    hits: u32,
    /// True while there is no room for another value.
    full: bool,
    /// True once looking values up does not pay.
    bypassed: bool,
}

impl Rows {
    /// With a scratch row and a row of null, which stay.
    pub fn new(bits: usize) -> Self {
        let words = bits.div_ceil(64);
        Rows {
            words,
            truths: vec![0; 2 * words],
            rows: vec![Row::of(OTHER), Row::of(NULL)],
            moments: vec![NEVER, NEVER],
            pieces: Vec::new(),
            kept_pieces: 0,
            dictionary: Dictionary::default(),
            failures: HashMap::default(),
            used: 0,
            lookups: 0,
            hits: 0,
            full: false,
            bypassed: false,
        }
    }

    /// The row of a value that was kept.
    #[inline(always)]
    pub fn find(&mut self, value: &str, budget: &mut usize) -> Option<u32> {
        if self.bypassed {
            return None;
        }
        let found = self.dictionary.get(value);
        if self.full {
            self.count_hit(found.is_some(), budget);
        }
        found.filter(|_| !self.bypassed)
    }

    fn count_hit(&mut self, hit: bool, budget: &mut usize) {
        self.lookups += 1;
        self.hits += u32::from(hit);
        if self.lookups == TRIAL {
            if self.hits < TRIAL / 8 {
                self.bypass(budget);
            }
            (self.lookups, self.hits) = (0, 0);
        }
    }

    /// Keeps no values any more.
    #[inline(never)]
    fn bypass(&mut self, budget: &mut usize) {
        self.bypassed = true;
        *budget += std::mem::take(&mut self.used);
        self.dictionary = Dictionary::default();
        self.failures.clear();
        self.rows.truncate(NULL_ROW as usize + 1);
        self.rows.shrink_to_fit();
        self.moments.truncate(self.rows.len());
        self.moments.shrink_to_fit();
        self.truths.truncate(self.rows.len() * self.words);
        self.truths.shrink_to_fit();
        self.kept_pieces = self.rows.last().map_or(0, |row| row.to as usize);
        self.pieces.truncate(self.kept_pieces);
        self.pieces.shrink_to_fit();
    }

    /// Begins the scratch row anew.
    pub fn clear_scratch(&mut self) {
        if let Some(truths) = self.truths.get_mut(..self.words) {
            truths.fill(0);
        }
        self.failures.remove(&SCRATCH);
    }

    /// Sets a bit of the scratch row.
    pub fn set_scratch(&mut self, bit: u32, truth: bool) {
        if let Some(word) = self.truths.get_mut(bit as usize / 64) {
            let mask = 1 << (bit % 64);
            if truth {
                *word |= mask;
            } else {
                *word &= !mask;
            }
        }
    }

    /// Completes the scratch row.
    pub fn finish_scratch(&mut self, constant: u32, moment: Ticks, failures: Vec<Failure>) {
        if let (Some(row), Some(at)) = (self.rows.first_mut(), self.moments.first_mut()) {
            row.constant = constant;
            *at = moment;
        }
        if !failures.is_empty() {
            self.failures.insert(SCRATCH, failures);
        }
    }

    /// Copies a row to the scratch row, to try other answers there.
    pub fn copy_to_scratch(&mut self, row: u32) {
        let from = row as usize * self.words;
        if from + self.words <= self.truths.len() {
            self.truths.copy_within(from..from + self.words, 0);
        }
        let (constant, moment) = (self.constant(row), self.moment(row));
        if let (Some(first), Some(at)) = (self.rows.first_mut(), self.moments.first_mut()) {
            first.constant = constant;
            *at = moment;
        }
    }

    /// Keeps the scratch row under this value, unless the column is full; answers the row to use. The budget of all columns shrinks by what it
    /// takes.
    pub fn keep(&mut self, value: &str, budget: &mut usize) -> u32 {
        let (from, to) = (self.kept_pieces, self.pieces.len());
        let used = self.words * 8 + value.len() + 80 + (to - from) * size_of::<Piece>();
        self.full = self.rows.len() >= MAX_ROWS || used > *budget;
        if self.bypassed || self.full {
            return SCRATCH;
        }
        *budget -= used;
        self.used += used;
        let row = self.rows.len() as u32;
        self.truths.extend_from_within(..self.words);
        self.moments.extend_from_within(..1);
        self.rows.push(Row { constant: self.constant(SCRATCH), from: from as u32, to: to as u32, seen: 0 });
        self.kept_pieces = to;
        if let Some(failures) = self.failures.get(&SCRATCH).cloned() {
            self.failures.insert(row, failures);
        }
        self.dictionary.insert(value, row);
        row
    }

    /// Adds a row that is found without looking up.
    pub fn push_fixed(&mut self, constant: u32) {
        self.truths.extend(std::iter::repeat_n(0, self.words));
        self.rows.push(Row::of(constant));
        self.moments.push(NEVER);
    }

    pub fn bit(&self, row: u32, bit: u32) -> bool {
        self.bit_at(self.answers_at(row), bit)
    }

    /// Where the answers of a row begin, for [`bit_at`](Self::bit_at).
    #[inline(always)]
    pub fn answers_at(&self, row: u32) -> u32 {
        row * self.words as u32
    }

    #[inline(always)]
    pub fn bit_at(&self, answers: u32, bit: u32) -> bool {
        self.truths.get(answers as usize + bit as usize / 64).is_some_and(|word| word >> (bit % 64) & 1 == 1)
    }

    pub fn constant(&self, row: u32) -> u32 {
        self.rows.get(row as usize).map_or(OTHER, |row| row.constant)
    }

    pub fn moment(&self, row: u32) -> Ticks {
        self.moments.get(row as usize).copied().unwrap_or(NEVER)
    }

    /// The answers of a row, 64 to a word.
    pub fn truths(&self, row: u32) -> &[u64] {
        let from = row as usize * self.words;
        self.truths.get(from..from + self.words).unwrap_or(&[])
    }

    /// The answer to a question that time does not change.
    pub fn answer(&self, row: u32, ask: Ask) -> bool {
        match ask {
            Ask::Equals(constant) => self.constant(row) == constant,
            Ask::Bit(bit) => self.bit(row, bit),
            Ask::Now(_) => false,
        }
    }

    /// The bits that are true of a row.
    pub fn bits(&self, row: u32) -> impl Iterator<Item = u32> + '_ {
        self.truths(row).iter().enumerate().flat_map(|(place, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                if rest == 0 {
                    return None;
                }
                let bit = rest.trailing_zeros();
                rest &= rest - 1;
                Some(place as u32 * 64 + bit)
            })
        })
    }

    /// The constant of a row, and where its pieces are, for [`pieces`](Self::pieces).
    #[inline(always)]
    pub fn constant_and_pieces(&self, row: u32) -> (u32, (u32, u32)) {
        self.rows.get(row as usize).map_or((OTHER, (0, 0)), |row| (row.constant, (row.from, row.to)))
    }

    #[inline(always)]
    pub fn pieces(&self, (from, to): (u32, u32)) -> &[Piece] {
        self.pieces.get(from as usize..to as usize).unwrap_or(&[])
    }

    /// Sets the pieces of the scratch row.
    pub fn set_scratch_pieces(&mut self, pieces: impl FnOnce(&Self, &mut Vec<Piece>)) {
        let mut all = std::mem::take(&mut self.pieces);
        all.truncate(self.kept_pieces);
        pieces(self, &mut all);
        if let Some(row) = self.rows.first_mut() {
            (row.from, row.to) = (self.kept_pieces as u32, all.len() as u32);
        }
        self.pieces = all;
    }

    /// Gives every row but the scratch row its pieces anew.
    pub fn set_pieces(&mut self, mut pieces: impl FnMut(&Self, u32, &mut Vec<Piece>)) {
        let mut all = Vec::new();
        for row in NULL_ROW..self.rows.len() as u32 {
            let from = all.len() as u32;
            pieces(self, row, &mut all);
            if let Some(row) = self.rows.get_mut(row as usize) {
                (row.from, row.to) = (from, all.len() as u32);
            }
        }
        self.kept_pieces = all.len();
        self.pieces = all;
    }

    pub fn failures(&self, row: u32) -> &[Failure] {
        if self.failures.is_empty() {
            return &[];
        }
        self.failures.get(&row).map_or(&[], Vec::as_slice)
    }

    pub fn count(&mut self, row: u32) {
        if let Some(row) = self.rows.get_mut(row as usize) {
            row.seen += 1;
        }
    }

    /// Every row but the scratch row, with how many people had it.
    pub fn counted(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        self.rows.iter().enumerate().skip(NULL_ROW as usize).map(|(place, row)| (place as u32, row.seen))
    }

    pub fn bytes(&self) -> usize {
        self.truths.capacity() * 8
            + self.rows.capacity() * size_of::<Row>()
            + self.moments.capacity() * 8
            + self.pieces.capacity() * size_of::<Piece>()
            + self.dictionary.bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BUDGET: usize = 1 << 20;

    fn put(rows: &mut Rows, value: &str, bit: u32, budget: &mut usize) -> u32 {
        rows.clear_scratch();
        rows.set_scratch(bit, true);
        rows.finish_scratch(OTHER, NEVER, Vec::new());
        rows.keep(value, budget)
    }

    #[test]
    fn a_kept_value_is_found_with_its_answers() {
        let (mut rows, mut budget) = (Rows::new(130), BUDGET);
        let row = put(&mut rows, "a", 129, &mut budget);
        put(&mut rows, "b", 3, &mut budget);
        assert!(budget < BUDGET);
        assert_eq!(rows.find("a", &mut budget), Some(row));
        assert_eq!(rows.bits(row).collect::<Vec<_>>(), [129]);
        assert!(rows.bit(row, 129) && !rows.bit(row, 3) && rows.constant(NULL_ROW) == NULL);
    }

    #[test]
    fn a_column_whose_values_never_come_again_stops_keeping_and_looking() {
        let (mut rows, mut budget) = (Rows::new(1), BUDGET);
        let mut most = 0;
        for number in 0..30_000 {
            let value = number.to_string();
            assert_eq!(rows.find(&value, &mut budget), None);
            put(&mut rows, &value, 0, &mut budget);
            most = most.max(rows.bytes());
        }
        assert!(most < 4 << 20, "{most}");
        assert!(rows.bypassed);
        assert_eq!(budget, BUDGET, "what it took is there for the other columns");
        assert!(rows.bytes() < 1 << 10, "{}", rows.bytes());
    }
}

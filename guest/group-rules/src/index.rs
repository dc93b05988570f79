//! Thousands of rules at once.
//!
//! A tenant can have 15,000 rules, and evaluating each for a person would cost a millisecond. The index costs what the *matches*
//! cost, not the rules:
//!
//! 1. What is asked of one property is a `column`. All questions depend on the value alone, so they are answered once for each
//!    distinct value (`texts`, `ordered`; a collection's items have an index of their own) and kept with it (`rows`).
//! 2. Each rule is reached through a few of its leaves, of which one must be true if the rule is (`access`). So a value
//!    knows its *candidates*: the rules that this value makes worth looking at.
//! 3. A candidate that is not certain yet runs a few steps of jump code over the kept answers (`program`).
//!
//! The choice of leaves rests on a guess at first, and on what people were seen to have after the first 4,096 of them. It
//! changes how fast the answer comes, never the answer.
//!
//! Questions about `system.now` are the exception to 1: they are asked anew for each person, and each says when its answer
//! changes.

mod access;
mod beginnings;
mod build;
mod column;
mod dictionary;
mod lists;
mod node;
mod ordered;
mod program;
mod rows;
mod texts;

use std::mem::ManuallyDrop;

use access::{Counted, Guess, choose};
use column::Column;
use node::{Ask, Node};
use program::{BIT, CERTAIN, Candidate, NOT, Programs, TEMPORAL, TRUE};
use rows::{NEVER, NULL_ROW, SCRATCH};

use crate::language::moment::Ticks;
use crate::language::property::Property;
use crate::language::syntax::Expression;
use crate::value::Value;

/// Bytes for the values of all columns together: well under the 64 MiB that a component may use.
const BUDGET: usize = 24 << 20;
/// The people after whom the choice of leaves is made again.
const SAMPLE: u32 = 4_096;
/// With more open questions about one person than this, rules that depend on any of them stay undecided.
const OPEN_QUESTIONS: usize = 4;

/// A comparison with the present moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Now {
    at_least: bool,
    offset: Ticks,
}

/// The value that a column has for the person at hand.
#[derive(Debug, Clone, Copy)]
struct Current {
    row: u32,
    // What the row has, close at hand for what is asked of each person dozens of times.
    constant: u32,
    /// Where its answers begin.
    answers: u32,
    /// Where its pieces are.
    pieces: (u32, u32),
}

/// Rules, ready to be decided for many people.
#[derive(Debug)]
pub struct Index {
    columns: Vec<Column>,
    /// The constants and bits of each column.
    sizes: Vec<(usize, usize)>,
    nows: Vec<Now>,
    programs: Programs,
    /// Kept until the choice of leaves has been made for good.
    nodes: Vec<Node>,
    /// Candidates whoever the person is.
    always: Vec<Candidate>,
    people: u32,
    /// Bytes that may still be used for values.
    budget: usize,
    // For one person at a time:
    rows: Vec<Current>,
    found: Vec<u32>,
    undecided: Vec<(u32, String)>,
}

/// What was decided for one person.
#[derive(Debug)]
pub struct Decision<'a> {
    /// The rules that are true, in ascending order.
    pub rules: &'a [u32],
    /// The rules that could not be decided, with the reason.
    pub undecided: &'a [(u32, String)],
    /// The next moment at which any of it changes by time alone.
    pub changes_at: Option<Ticks>,
}

impl Index {
    /// The rules are numbered in their order.
    pub fn compile(rules: impl IntoIterator<Item = Expression>) -> Self {
        let mut builder = build::Builder::default();
        rules.into_iter().for_each(|rule| builder.add(rule));
        builder.finish(BUDGET)
    }

    fn new(columns: Vec<Column>, sizes: Vec<(usize, usize)>, nodes: Vec<Node>, nows: Vec<Now>, budget: usize) -> Self {
        let mut index = Index {
            rows: vec![Current { row: SCRATCH, constant: node::OTHER, answers: 0, pieces: (0, 0) }; columns.len()],
            programs: Programs::default(),
            always: Vec::new(),
            people: 0,
            budget,
            found: Vec::new(),
            undecided: Vec::new(),
            columns,
            sizes,
            nows,
            nodes,
        };
        let mut candidates = build::candidates(index.columns.len());
        let guess = Guess(&index.columns);
        index.programs = Programs::new(&index.nodes, &guess);
        choose(&index.nodes, &guess, &index.programs, &mut candidates, &mut index.always);
        index.place(candidates);
        index
    }

    fn place(&mut self, candidates: Vec<column::Candidates>) {
        for (column, candidates) in self.columns.iter_mut().zip(candidates) {
            column.set_candidates(candidates);
        }
    }

    /// Chooses again how each rule is reached, by what was seen.
    fn choose_again(&mut self) {
        let counted = Counted::new(&self.columns, &self.sizes);
        let mut candidates = build::candidates(self.columns.len());
        self.programs = Programs::new(&self.nodes, &counted);
        choose(&self.nodes, &counted, &self.programs, &mut candidates, &mut self.always);
        self.place(candidates);
        self.nodes = Vec::new();
    }

    /// The properties that are read, in the order in which [`Index::decide`] asks for them.
    pub fn properties(&self) -> impl Iterator<Item = &Property> {
        self.columns.iter().map(|column| &column.property)
    }

    /// How many rules there are.
    pub fn rules(&self) -> usize {
        self.programs.rules()
    }

    /// About how much memory is in use.
    pub fn bytes(&self) -> usize {
        let nodes: usize = self.nodes.len() * 80;
        self.columns.iter().map(Column::bytes).sum::<usize>() + self.programs.bytes() + nodes
    }

    /// Decides all rules for one person. `value` answers the value of a property, given with its place in
    /// [`Index::properties`].
    pub fn decide<'v>(&mut self, mut value: impl FnMut(usize, &Property) -> Value<'v>, now: Ticks) -> Decision<'_> {
        self.people = self.people.saturating_add(1);
        let counting = self.people <= SAMPLE;
        let mut open = false;
        for (place, (column, current)) in self.columns.iter_mut().zip(&mut self.rows).enumerate() {
            // Most values have nothing to give back, and the code that finds that out is a call for each; so is looking them up.
            let value = ManuallyDrop::new(value(place, &column.property));
            let row = match &*value {
                Value::Null => NULL_ROW,
                Value::Text(text) if column.of_texts => match column.rows.find(text, &mut self.budget) {
                    Some(row) => row,
                    None => column.learn(text, &value, &mut self.budget),
                },
                Value::Text(_) | Value::Boolean(_) => column.row(&value, &mut self.budget),
                _ => column.row(&ManuallyDrop::into_inner(value), &mut self.budget),
            };
            let (constant, pieces) = column.rows.constant_and_pieces(row);
            *current = Current { row, constant, answers: column.rows.answers_at(row), pieces };
            open |= !column.rows.failures(row).is_empty();
            if counting {
                column.rows.count(row);
            }
        }
        self.found.clear();
        self.undecided.clear();
        let mut search = Search {
            columns: &self.columns,
            rows: &self.rows,
            programs: &self.programs,
            nows: &self.nows,
            found: &mut self.found,
            now,
            changes_at: None,
        };
        search.all(&self.always);
        let changes_at = search.changes_at;
        if open {
            self.leave_open(now);
        }
        if self.people == SAMPLE {
            self.choose_again();
        }
        self.found.sort_unstable();
        // Several answers may have made a rule a candidate.
        self.found.dedup();
        Decision { rules: &self.found, undecided: &self.undecided, changes_at }
    }

    /// Some questions could not be answered (a regular expression took too long): the rules whose truth depends on them are
    /// undecided. Whether it does is found by trying both answers.
    fn leave_open(&mut self, now: Ticks) {
        let mut open: Vec<(usize, u32, String)> = Vec::new();
        for (place, (column, current)) in self.columns.iter().zip(&self.rows).enumerate() {
            open.extend(column.rows.failures(current.row).iter().map(|(bit, reason)| (place, *bit, reason.clone())));
        }
        for (column, current) in self.columns.iter_mut().zip(&mut self.rows) {
            if current.row != SCRATCH && !column.rows.failures(current.row).is_empty() {
                column.rows.copy_to_scratch(current.row);
                (current.row, current.answers) = (SCRATCH, 0);
            }
        }
        let reason = |rule: u32, programs: &Programs| {
            programs.steps(rule).iter().find_map(|step| {
                open.iter()
                    .find(|(column, bit, _)| *column == step.column as usize && step.ask == Ask::Bit(*bit))
                    .map(|(_, _, reason)| reason.clone())
            })
        };
        let concerned: Vec<(u32, String)> = (0..self.programs.rules() as u32)
            .filter_map(|rule| reason(rule, &self.programs).map(|reason| (rule, reason)))
            .collect();
        // By rule: whether it came out true, and whether false.
        let mut outcomes = vec![(false, false); concerned.len()];
        let known = open.len() <= OPEN_QUESTIONS;
        for answers in 0..if known { 1_u32 << open.len() } else { 0 } {
            for (place, (column, bit, _)) in open.iter().enumerate() {
                if let Some(column) = self.columns.get_mut(*column) {
                    column.rows.set_scratch(*bit, answers >> place & 1 == 1);
                }
            }
            for ((rule, _), (yes, no)) in concerned.iter().zip(&mut outcomes) {
                let truth = self
                    .programs
                    .run(*rule, |column, ask| answer(&self.columns, &self.rows, &self.nows, column, ask, now));
                *yes |= truth;
                *no |= !truth;
            }
        }
        self.found.retain(|rule| concerned.binary_search_by_key(rule, |(rule, _)| *rule).is_err());
        for ((rule, reason), outcome) in concerned.into_iter().zip(outcomes) {
            match outcome {
                (true, false) => self.found.push(rule),
                (false, true) => {}
                _ => self.undecided.push((rule, reason)),
            }
        }
    }
}

#[inline(always)]
fn answer(columns: &[Column], rows: &[Current], nows: &[Now], column: u16, ask: Ask, now: Ticks) -> bool {
    let Some(current) = rows.get(column as usize) else { return false };
    match ask {
        Ask::Equals(constant) => current.constant == constant,
        Ask::Bit(bit) => columns.get(column as usize).is_some_and(|column| column.rows.bit_at(current.answers, bit)),
        Ask::Now(bound) => {
            let moment = columns.get(column as usize).map_or(NEVER, |column| column.rows.moment(current.row));
            match nows.get(bound as usize) {
                Some(bound) if moment != NEVER => {
                    let limit = now.saturating_add(bound.offset);
                    if bound.at_least { moment >= limit } else { moment <= limit }
                }
                _ => false,
            }
        }
    }
}

/// The search for one person.
struct Search<'a> {
    columns: &'a [Column],
    rows: &'a [Current],
    programs: &'a Programs,
    nows: &'a [Now],
    found: &'a mut Vec<u32>,
    now: Ticks,
    changes_at: Option<Ticks>,
}

impl Search<'_> {
    fn all(&mut self, always: &[Candidate]) {
        self.consider(always);
        for (column, current) in self.columns.iter().zip(self.rows) {
            column.candidates(current.pieces).for_each(|piece| self.consider(piece));
            for (ask, candidates) in &column.unless {
                if !column.rows.answer(current.row, *ask) {
                    self.consider(candidates);
                }
            }
        }
    }

    #[inline(always)]
    fn consider(&mut self, candidates: &[Candidate]) {
        // By themselves: what is reached through a reference would be read again for each candidate.
        let (columns, rows, programs, nows, now) = (self.columns, self.rows, self.programs, self.nows, self.now);
        let answer = |column, ask| answer(columns, rows, nows, column, ask, now);
        for candidate in candidates {
            let kind = candidate.kind();
            let truth = if kind < CERTAIN {
                let (column, argument, next) = candidate.first();
                let ask = if kind & BIT == 0 { Ask::Equals(argument) } else { Ask::Bit(argument) };
                if answer(column, ask) == (kind & NOT != 0) {
                    continue;
                }
                next == TRUE || programs.run_from(candidate.rule, next, answer)
            } else {
                kind == CERTAIN || self.otherwise(*candidate)
            };
            if truth {
                self.found.push(candidate.rule);
            }
        }
    }

    #[inline(never)]
    fn otherwise(&mut self, candidate: Candidate) -> bool {
        match candidate.kind() {
            TEMPORAL => self.temporal(candidate.rule),
            _ => self.run(candidate.rule, self.now),
        }
    }

    fn run(&self, rule: u32, now: Ticks) -> bool {
        self.programs.run(rule, |column, ask| answer(self.columns, self.rows, self.nows, column, ask, now))
    }

    /// A rule that depends on the present moment: decided, and asked when its answer will be another.
    #[inline(never)]
    fn temporal(&mut self, rule: u32) -> bool {
        let truth = self.run(rule, self.now);
        let mut flips: Vec<Ticks> = self
            .programs
            .steps(rule)
            .iter()
            .filter_map(|step| {
                let Ask::Now(bound) = step.ask else { return None };
                let bound = self.nows.get(bound as usize)?;
                let moment =
                    self.columns.get(step.column as usize)?.rows.moment(self.rows.get(step.column as usize)?.row);
                if moment == NEVER {
                    return None;
                }
                // "At most" begins to hold when the limit has come to the moment; "at least" ends just after.
                let flip = moment.saturating_sub(bound.offset).saturating_add(i64::from(bound.at_least));
                (flip > self.now).then_some(flip)
            })
            .collect();
        flips.sort_unstable();
        flips.dedup();
        let next = flips.into_iter().find(|flip| self.run(rule, *flip) != truth);
        self.changes_at = match (self.changes_at, next) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        truth
    }
}

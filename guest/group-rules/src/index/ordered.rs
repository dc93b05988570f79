//! All questions to one column of numbers or moments. A moment is a whole number of ticks.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::lists::Lists;
use super::node::{NULL, OTHER};
use crate::language::number::Number;

/// What is asked; ready to be answered at any time.
#[derive(Debug, Default)]
pub(super) struct OrderedTests {
    constants: HashMap<Number, u32, RandomState>,
    predicates: HashMap<Question, u32, RandomState>,
    members: Vec<(u32, u32)>,
    lists: Option<Lists<u32>>,
}

#[derive(Debug, PartialEq, Eq, Hash, Clone)]
pub(super) enum Question {
    In(Box<[u32]>),
    AtMost(Number),
    AtLeast(Number),
}

impl OrderedTests {
    /// The number of a constant.
    pub fn constant(&mut self, number: Number) -> u32 {
        let next = NULL + 1 + self.constants.len() as u32;
        *self.constants.entry(number).or_insert(next)
    }

    /// The bit of a question.
    pub fn bit(&mut self, question: Question) -> u32 {
        let next = self.predicates.len() as u32;
        match self.predicates.get(&question) {
            Some(bit) => *bit,
            None => {
                if let Question::In(constants) = &question {
                    self.members.extend(constants.iter().map(|constant| (*constant, next)));
                }
                self.predicates.insert(question, next);
                next
            }
        }
    }

    pub fn bits(&self) -> usize {
        self.predicates.len()
    }

    pub fn constants(&self) -> usize {
        self.constants.len() + NULL as usize + 1
    }

    /// Answers everything; see [`super::texts::TextTests::run`].
    pub fn run(&mut self, number: Number, mut yes: impl FnMut(u32)) -> u32 {
        let count = self.constants();
        let lists = self.lists.get_or_insert_with(|| Lists::new(count, &self.members));
        let constant = self.constants.get(&number).copied().unwrap_or(OTHER);
        lists.get(constant).iter().for_each(|bit| yes(*bit));
        for (question, bit) in &self.predicates {
            match question {
                Question::AtMost(most) if number <= *most => yes(*bit),
                Question::AtLeast(least) if number >= *least => yes(*bit),
                _ => {}
            }
        }
        constant
    }
}

//! The rest of a rule, as jump code: each step asks one question and goes on to one of two steps, or ends.

use super::access::{Rates, cost};
use super::node::{Ask, Leaf, Node};

/// A step. Places are relative to the beginning of the rule's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    pub ask: Ask,
    pub column: u16,
    pub yes: u16,
    pub no: u16,
}

/// The rule is true.
pub(super) const TRUE: u16 = u16::MAX;
/// The rule is false.
pub(super) const FALSE: u16 = u16::MAX - 1;

/// The beginning of a rule, with what is needed of it for nearly every candidate: a look at one place of the memory, where a rule's code and
/// the place of the code would be others.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    /// For whom the rule was last looked at.
    pub stamp: u32,
    /// What the first step asks: the number of its question...
    argument: u32,
    /// ... and its column, below two bits that say which kind of question.
    column: u16,
    yes: u16,
    no: u16,
}

/// Bits of a column's number: an index with more columns is refused.
const COLUMN_BITS: u32 = 14;

impl Head {
    fn of(first: Option<&Step>) -> Self {
        let Some(step) = first else { return Head { stamp: 0, argument: 0, column: 0, yes: FALSE, no: FALSE } };
        let (kind, argument) = match step.ask {
            Ask::Equals(constant) => (0, constant),
            Ask::Bit(bit) => (1, bit),
            Ask::Now(bound) => (2, bound),
        };
        let column = step.column & ((1 << COLUMN_BITS) - 1) | kind << COLUMN_BITS;
        Head { stamp: 0, argument, column, yes: step.yes, no: step.no }
    }

    /// Takes the first step of a rule; answers where it leads.
    #[inline(always)]
    pub fn step(&self, mut answer: impl FnMut(u16, Ask) -> bool) -> u16 {
        let ask = match self.column >> COLUMN_BITS {
            0 => Ask::Equals(self.argument),
            1 => Ask::Bit(self.argument),
            _ => Ask::Now(self.argument),
        };
        if answer(self.column & ((1 << COLUMN_BITS) - 1), ask) { self.yes } else { self.no }
    }
}

/// The code of all rules.
#[derive(Debug, Default)]
pub(super) struct Programs {
    pub heads: Vec<Head>,
    steps: Vec<Step>,
    starts: Vec<u32>,
}

impl Programs {
    pub fn new(nodes: &[Node], rates: &impl Rates) -> Self {
        let mut programs = Programs {
            heads: Vec::with_capacity(nodes.len()),
            steps: Vec::with_capacity(nodes.len() * 3),
            starts: vec![0],
        };
        let mut code = Vec::new();
        for node in nodes {
            code.clear();
            match node {
                // What made the rule a candidate is most likely its rarest part: that is asked last.
                Node::All(parts) => {
                    let mut parts = ordered(parts, rates, true);
                    parts.rotate_left(1);
                    parts.iter().rev().fold(TRUE, |next, part| emit(part, next, FALSE, rates, &mut code));
                }
                node => {
                    emit(node, TRUE, FALSE, rates, &mut code);
                }
            }
            // It was written from its end to its beginning.
            let last = (code.len().max(1) - 1) as u16;
            let turn = |place: u16| if place >= FALSE { place } else { last - place };
            programs.steps.extend(code.iter().rev().map(|step| Step {
                yes: turn(step.yes),
                no: turn(step.no),
                ..*step
            }));
            let start = programs.starts.last().map_or(0, |start| *start as usize);
            programs.heads.push(Head::of(programs.steps.get(start)));
            programs.starts.push(programs.steps.len() as u32);
        }
        programs
    }

    #[inline(always)]
    pub fn steps(&self, rule: u32) -> &[Step] {
        let rule = rule as usize;
        match self.starts.get(rule..rule + 2) {
            Some([from, to]) => self.steps.get(*from as usize..*to as usize).unwrap_or(&[]),
            _ => &[],
        }
    }

    /// Runs a rule. A rule without steps is constant and never run.
    #[inline(always)]
    pub fn run(&self, rule: u32, answer: impl FnMut(u16, Ask) -> bool) -> bool {
        self.run_from(rule, 0, answer)
    }

    /// Runs a rule from one of its steps on.
    #[inline(always)]
    pub fn run_from(&self, rule: u32, mut place: u16, mut answer: impl FnMut(u16, Ask) -> bool) -> bool {
        // Most rules are decided by their head, and what is no loop does not look at the clock.
        if place < FALSE {
            let steps = self.steps(rule);
            while let Some(step) = steps.get(place as usize) {
                place = if answer(step.column, step.ask) { step.yes } else { step.no };
            }
        }
        place == TRUE
    }

    pub fn rules(&self) -> usize {
        self.starts.len().saturating_sub(1)
    }

    pub fn bytes(&self) -> usize {
        self.steps.capacity() * size_of::<Step>()
            + self.starts.capacity() * 4
            + self.heads.capacity() * size_of::<Head>()
    }
}

/// Writes the code of a node before what follows it; answers where it begins.
fn emit(node: &Node, yes: u16, no: u16, rates: &impl Rates, code: &mut Vec<Step>) -> u16 {
    match node {
        Node::Leaf(Leaf { column, ask, negated }) => {
            let (yes, no) = if *negated { (no, yes) } else { (yes, no) };
            code.push(Step { ask: *ask, column: *column, yes, no });
            (code.len() - 1) as u16
        }
        Node::All(parts) => {
            ordered(parts, rates, true).iter().rev().fold(yes, |next, part| emit(part, next, no, rates, code))
        }
        Node::Any(parts) => {
            ordered(parts, rates, false).iter().rev().fold(no, |next, part| emit(part, yes, next, rates, code))
        }
        Node::Always(truth) => {
            if *truth {
                yes
            } else {
                no
            }
        }
    }
}

/// The parts that decide soonest come first: the rarest of those that must all be true, the commonest of those of which one is
/// enough.
fn ordered<'a>(parts: &'a [Node], rates: &impl Rates, rarest_first: bool) -> Vec<&'a Node> {
    let mut parts: Vec<(f32, &Node)> = parts.iter().map(|part| (cost(part, rates), part)).collect();
    parts.sort_by(|(a, _), (b, _)| if rarest_first { a.total_cmp(b) } else { b.total_cmp(a) });
    parts.into_iter().map(|(_, part)| part).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::node::join;

    struct Any;

    impl Rates for Any {
        fn rate(&self, _: u16, _: Ask) -> f32 {
            0.5
        }
    }

    fn leaf(column: u16, negated: bool) -> Node {
        Node::Leaf(Leaf { column, ask: Ask::Bit(0), negated })
    }

    #[test]
    fn jump_code_agrees_with_the_tree_for_every_answer() {
        // (0 and not 1) or (2 and (3 or not 0))
        let left = join([leaf(0, false), leaf(1, true)].into_iter(), true);
        let inner = join([leaf(3, false), leaf(0, true)].into_iter(), false);
        let right = join([leaf(2, false), inner].into_iter(), true);
        let programs = Programs::new(&[leaf(9, false), join([left, right].into_iter(), false)], &Any);
        for answers in 0..16_u32 {
            let yes = |place: u32| answers >> place & 1 == 1;
            let expected = yes(0) && !yes(1) || yes(2) && (yes(3) || !yes(0));
            assert_eq!(programs.run(1, |column, _| yes(u32::from(column))), expected, "{answers:04b}");
            let second = programs.heads[1].step(|column, _| yes(u32::from(column)));
            assert_eq!(programs.run_from(1, second, |column, _| yes(u32::from(column))), expected, "{answers:04b}");
        }
    }
}

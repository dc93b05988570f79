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

/// A rule that is worth looking at, with the first question of its code beside it. That question decides most candidates; those of a value
/// lie side by side, while the code of their rules is anywhere.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate {
    pub rule: u32,
    /// The number of the question, where it is [`EQUALS`] or [`BIT`].
    argument: u32,
    /// What to ask of the column, above the column's number.
    question: u16,
    /// The step that follows if the rule is not false by that question; [`TRUE`] if it is true.
    next: u16,
}

/// Bits of a column's number: rules that ask about a thousand properties are refused.
const COLUMN_BITS: u32 = 13;

/// The rule goes on if the value is the constant of the argument's number.
pub(super) const EQUALS: u16 = 0;
/// The rule goes on if the value satisfies the predicate of the argument's number.
pub(super) const BIT: u16 = 2;
/// Added to these two: it goes on if not.
pub(super) const NOT: u16 = 1;
/// The rule is true.
pub(super) const CERTAIN: u16 = 4;
/// The rule depends on the present moment.
pub(super) const TEMPORAL: u16 = 5;
/// The first question does not make the rule false, so all of it is run.
pub(super) const WHOLE: u16 = 6;

impl Candidate {
    pub fn of(rule: u32, kind: u16) -> Self {
        Candidate { rule, argument: 0, question: kind << COLUMN_BITS, next: 0 }
    }

    /// Of a rule that begins with this step.
    fn by_first(rule: u32, step: &Step) -> Self {
        let (kind, argument) = match step.ask {
            Ask::Equals(constant) => (EQUALS, constant),
            Ask::Bit(bit) => (BIT, bit),
            Ask::Now(_) => return Self::of(rule, WHOLE),
        };
        let (kind, next) = match (step.yes, step.no) {
            (next, FALSE) => (kind, next),
            (FALSE, next) => (kind | NOT, next),
            _ => return Self::of(rule, WHOLE),
        };
        if step.column >> COLUMN_BITS != 0 {
            return Self::of(rule, WHOLE);
        }
        Candidate { rule, argument, question: step.column | kind << COLUMN_BITS, next }
    }

    #[inline(always)]
    pub fn kind(self) -> u16 {
        self.question >> COLUMN_BITS
    }

    /// The first question: of which column, its number, and where the rule goes on.
    #[inline(always)]
    pub fn first(self) -> (u16, u32, u16) {
        (self.question & ((1 << COLUMN_BITS) - 1), self.argument, self.next)
    }
}

/// The code of all rules.
#[derive(Debug, Default)]
pub(super) struct Programs {
    steps: Vec<Step>,
    starts: Vec<u32>,
}

impl Programs {
    pub fn new(nodes: &[Node], rates: &impl Rates) -> Self {
        let mut programs = Programs { steps: Vec::with_capacity(nodes.len() * 3), starts: vec![0] };
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
            programs.starts.push(programs.steps.len() as u32);
        }
        programs
    }

    /// A rule that more than one answer decides, as a candidate.
    pub fn open(&self, rule: u32) -> Candidate {
        match self.steps(rule).first() {
            Some(step) => Candidate::by_first(rule, step),
            // Constant, and nobody's candidate.
            None => Candidate::of(rule, WHOLE),
        }
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
        // Many rules are decided by their first question, and what is no loop does not look at the clock.
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
        self.steps.capacity() * size_of::<Step>() + self.starts.capacity() * 4
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
    fn a_candidate_goes_on_where_the_first_question_leads() {
        let part = join([leaf(3, true), leaf(4, false)].into_iter(), true);
        let nodes = [part, join([leaf(1, false), leaf(2, true)].into_iter(), false), leaf(1 << COLUMN_BITS, false)];
        let programs = Programs::new(&nodes, &Any);
        let first = programs.open(0);
        let (column, argument, next) = first.first();
        assert_eq!((column, argument), (programs.steps(0)[0].column, 0));
        assert_eq!(first.kind(), if column == 3 { BIT | NOT } else { BIT });
        assert!(programs.run_from(0, next, |column, _| column == 4), "what comes after the first question");
        assert_eq!(programs.open(1).kind(), WHOLE, "no answer to the first question makes it false");
        assert_eq!(programs.open(2).kind(), WHOLE, "the column's number has no room");
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
        }
    }
}

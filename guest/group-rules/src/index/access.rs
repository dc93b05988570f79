//! How a rule is reached: by a few leaves of which at least one is true whenever the rule is.
//!
//! The cheapest choice is the one that seldom makes the rule a candidate in vain: of parts that must all be true, the rarest;
//! of parts of which one is enough, all. Negative leaves take part like any other, so every rule is reached this way.

use super::column::{Candidates, Column};
use super::node::{Ask, Leaf, NULL, Node};
use super::program::{CERTAIN, Candidate, Programs, TEMPORAL};
use crate::language::property::{Kind, Property};

/// How often the answer to a question is yes.
pub(super) trait Rates {
    fn rate(&self, column: u16, ask: Ask) -> f32;
}

/// Before anybody was seen: what the names and the questions suggest.
pub(super) struct Guess<'a>(pub &'a [Column]);

impl Rates for Guess<'_> {
    fn rate(&self, column: u16, ask: Ask) -> f32 {
        let Some(column) = self.0.get(column as usize) else { return 1.0 };
        match ask {
            Ask::Now(_) => 0.5,
            Ask::Equals(NULL) => 0.2,
            Ask::Equals(_) => equal(&column.property),
            Ask::Bit(_) => match column.property.kind() {
                Kind::Text => (equal(&column.property) * 8.0).min(0.5),
                Kind::Number | Kind::Moment | Kind::Boolean => 0.4,
                Kind::Texts | Kind::Plans | Kind::Groups => 0.05,
            },
        }
    }
}

/// The share of people who have one given value.
fn equal(property: &Property) -> f32 {
    match property {
        Property::Known(known) => match known.path {
            "id" | "mail" | "userPrincipalName" | "mailNickname" | "employeeId" | "mobilePhone" => 0.000_1,
            "manager" | "displayName" | "jobTitle" => 0.002,
            "accountEnabled" | "userType" => 0.6,
            "onPremisesSyncEnabled" => 0.5,
            "country" | "usageLocation" | "companyName" | "preferredLanguage" | "passwordPolicies" => 0.15,
            _ => 0.01,
        },
        _ => 0.01,
    }
}

/// After some people were seen: what they had.
pub(super) struct Counted {
    /// By column: the shares of constants and of bits.
    shares: Vec<(Vec<f32>, Vec<f32>)>,
}

impl Counted {
    pub fn new(columns: &[Column], sizes: &[(usize, usize)]) -> Self {
        let shares = columns
            .iter()
            .zip(sizes)
            .map(|(column, (constants, bits))| {
                let (mut constants, mut bits) = (vec![0_u32; *constants], vec![0_u32; *bits]);
                let mut people = 0;
                for (row, seen) in column.rows.counted() {
                    people += seen;
                    if let Some(count) = constants.get_mut(column.rows.constant(row) as usize) {
                        *count += seen;
                    }
                    for bit in column.rows.bits(row) {
                        if let Some(count) = bits.get_mut(bit as usize) {
                            *count += seen;
                        }
                    }
                }
                // What was not seen is rare, not impossible.
                let share = |counts: Vec<u32>| {
                    counts.into_iter().map(|count| (count as f32 + 0.1) / (people as f32 + 1.0)).collect()
                };
                (share(constants), share(bits))
            })
            .collect();
        Counted { shares }
    }
}

impl Rates for Counted {
    fn rate(&self, column: u16, ask: Ask) -> f32 {
        let Some((constants, bits)) = self.shares.get(column as usize) else { return 1.0 };
        match ask {
            Ask::Equals(constant) => constants.get(constant as usize),
            Ask::Bit(bit) => bits.get(bit as usize),
            Ask::Now(_) => None,
        }
        .copied()
        .unwrap_or(0.5)
    }
}

/// The share of people for whom this leaf makes its rule a candidate.
fn leaf_cost(leaf: Leaf, rates: &impl Rates) -> f32 {
    match (leaf.ask, leaf.negated) {
        // A moment can pass at any time: everybody who has one, or for the opposite everybody, is a candidate.
        (Ask::Now(_), false) => 1.0 - rates.rate(leaf.column, Ask::Equals(NULL)),
        (Ask::Now(_), true) => 1.0,
        (ask, false) => rates.rate(leaf.column, ask),
        (ask, true) => 1.0 - rates.rate(leaf.column, ask),
    }
}

/// About how often the node is true.
pub(super) fn cost(node: &Node, rates: &impl Rates) -> f32 {
    match node {
        Node::Leaf(leaf) => leaf_cost(*leaf, rates),
        Node::All(parts) => parts.iter().map(|part| cost(part, rates)).fold(f32::INFINITY, f32::min),
        Node::Any(parts) => parts.iter().map(|part| cost(part, rates)).sum(),
        Node::Always(truth) => f32::from(u8::from(*truth)),
    }
}

/// Calls `add` with the leaves that reach the node.
fn reach(node: &Node, rates: &impl Rates, add: &mut impl FnMut(Leaf)) {
    match node {
        Node::Leaf(leaf) => add(*leaf),
        Node::All(parts) => {
            let cheapest = parts.iter().min_by(|a, b| cost(a, rates).total_cmp(&cost(b, rates)));
            if let Some(part) = cheapest {
                reach(part, rates, add);
            }
        }
        Node::Any(parts) => parts.iter().for_each(|part| reach(part, rates, add)),
        Node::Always(_) => {}
    }
}

/// Where each rule is to be found; those that everybody is a candidate of are added to `always`.
pub(super) fn choose(
    nodes: &[Node],
    rates: &impl Rates,
    programs: &Programs,
    candidates: &mut [Candidates],
    always: &mut Vec<Candidate>,
) {
    always.clear();
    for (rule, node) in nodes.iter().enumerate() {
        let rule = rule as u32;
        let mut temporal = false;
        node.leaves(&mut |leaf| temporal |= matches!(leaf.ask, Ask::Now(_)));
        let candidate = match (temporal, node.is_decided_by_a_leaf()) {
            (true, _) => Candidate::of(rule, TEMPORAL),
            (false, true) => Candidate::of(rule, CERTAIN),
            (false, false) => programs.open(rule),
        };
        match node {
            Node::Always(true) => always.push(Candidate::of(rule, CERTAIN)),
            Node::Always(false) => {}
            _ => reach(node, rates, &mut |leaf| {
                let Some(column) = candidates.get_mut(leaf.column as usize) else { return };
                match (leaf.ask, leaf.negated) {
                    (Ask::Now(_), false) => add_once(&mut column.by_presence, candidate),
                    (Ask::Now(_), true) => add_once(always, candidate),
                    (Ask::Equals(constant), false) => column.by_constant.push((constant, candidate)),
                    (Ask::Bit(bit), false) => column.by_bit.push((bit, candidate)),
                    (ask, true) => column.unless.push((ask, candidate)),
                }
            }),
        }
    }
}

/// All leaves of a rule that ask about the present moment lead here, and deciding such a rule is much work.
fn add_once(list: &mut Vec<Candidate>, candidate: Candidate) {
    if list.last().is_none_or(|last| last.rule != candidate.rule) {
        list.push(candidate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::node::join;

    struct Even;

    impl Rates for Even {
        fn rate(&self, _: u16, _: Ask) -> f32 {
            0.5
        }
    }

    #[test]
    fn a_rule_with_many_moments_is_a_candidate_once() {
        let leaf = |bound: u32, negated| Node::Leaf(Leaf { column: 0, ask: Ask::Now(bound), negated });
        let any = |negated| join((0..5).map(|bound| leaf(bound, negated)), false);
        let nodes = [any(false), any(true), any(false)];
        let programs = Programs::new(&nodes, &Even);
        let (mut candidates, mut always) = (vec![Candidates::default()], Vec::new());
        choose(&nodes, &Even, &programs, &mut candidates, &mut always);
        let rules = |list: &[Candidate]| list.iter().map(|candidate| candidate.rule).collect::<Vec<_>>();
        assert_eq!((rules(&candidates[0].by_presence), rules(&always)), (vec![0, 2], vec![1]));
    }
}

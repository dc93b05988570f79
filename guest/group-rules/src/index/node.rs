//! A rule without `-not`: negation is pushed down to the leaves, and each leaf is a question to one column.

/// What a leaf asks of the value of its column. Every question depends on one value only, so its answer is kept with the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Ask {
    /// Is it the constant of this number? [`NULL`] is the number of null.
    Equals(u32),
    /// Does it satisfy the predicate of this number?
    Bit(u32),
    /// Is it at or after the present moment and so many ticks? The number is a place in the index's list of bounds.
    Now(u32),
}

/// The number of no constant.
pub(super) const OTHER: u32 = 0;
/// The number of null among the constants of every column.
pub(super) const NULL: u32 = 1;

/// A question to a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Leaf {
    pub column: u16,
    pub ask: Ask,
    /// True when the leaf is true if the answer is no.
    pub negated: bool,
}

/// Part of a rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Leaf(Leaf),
    All(Box<[Node]>),
    Any(Box<[Node]>),
    Always(bool),
}

impl Node {
    /// True when one true leaf makes the whole true.
    pub fn is_decided_by_a_leaf(&self) -> bool {
        match self {
            Node::Leaf(_) => true,
            Node::Any(parts) => parts.iter().all(|part| matches!(part, Node::Leaf(_))),
            Node::All(_) | Node::Always(_) => false,
        }
    }

    pub fn leaves(&self, visit: &mut impl FnMut(Leaf)) {
        match self {
            Node::Leaf(leaf) => visit(*leaf),
            Node::All(parts) | Node::Any(parts) => parts.iter().for_each(|part| part.leaves(visit)),
            Node::Always(_) => {}
        }
    }
}

/// Joins parts, and resolves those that are constant.
pub(super) fn join(parts: impl Iterator<Item = Node>, all: bool) -> Node {
    let mut kept = Vec::new();
    for part in parts {
        match part {
            Node::Always(truth) if truth == all => {}
            Node::Always(truth) => return Node::Always(truth),
            Node::All(inner) if all => kept.extend(inner),
            Node::Any(inner) if !all => kept.extend(inner),
            other => kept.push(other),
        }
    }
    match (kept.len(), all) {
        (0, _) => Node::Always(all),
        (1, _) => kept.pop().unwrap_or(Node::Always(all)),
        (_, true) => Node::All(kept.into()),
        (_, false) => Node::Any(kept.into()),
    }
}

//! From checked rules to columns and nodes.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::column::{self, Candidates, Column, Tests};
use super::node::{Ask, Leaf, NULL, Node, join};
use super::ordered::{self, OrderedTests};
use super::texts::{self, TextQuestions};
use super::{Index, Now};
use crate::language::number::Number;
use crate::language::pattern::Decided;
use crate::language::property::{self, Kind, Property};
use crate::language::syntax::{Bound, Each, Expression, Predicate, Quantifier, Scalar, Test};

/// Collects rules.
#[derive(Debug, Default)]
pub(super) struct Builder {
    columns: Vec<ColumnBuilder>,
    by_property: HashMap<Property, u16, RandomState>,
    nodes: Vec<Node>,
    nows: Vec<Now>,
}

#[derive(Debug)]
struct ColumnBuilder {
    property: Property,
    questions: Questions,
    asks_now: bool,
}

#[derive(Debug)]
enum Questions {
    Text(TextQuestions),
    Boolean,
    Number(OrderedTests),
    Moment(OrderedTests),
    Items { rules: Box<Builder>, bits: HashMap<String, u32, RandomState> },
}

impl Builder {
    /// Adds a rule; its number is the count of those before it.
    pub fn add(&mut self, rule: Expression) {
        let node = self.expression(rule, false);
        self.nodes.push(node);
    }

    /// Bytes that values may take, over all columns.
    pub fn finish(self, budget: usize) -> Index {
        let share = budget / self.columns.len().max(1);
        let mut sizes = Vec::with_capacity(self.columns.len());
        let columns = self
            .columns
            .into_iter()
            .map(|column| {
                let (constants, bits, tests) = match column.questions {
                    Questions::Text(questions) => {
                        (questions.constants(), questions.bits(), Tests::Text(Box::new(questions.finish(share / 2))))
                    }
                    Questions::Boolean => (column::TRUE as usize + 1, 0, Tests::Boolean),
                    Questions::Number(tests) => (tests.constants(), tests.bits(), Tests::Number(tests)),
                    Questions::Moment(tests) => (tests.constants(), tests.bits(), Tests::Moment(tests)),
                    Questions::Items { rules, bits } => {
                        (NULL as usize + 1, bits.len(), Tests::Items(Box::new(rules.finish(share / 2))))
                    }
                };
                sizes.push((constants, bits));
                Column::new(column.property, tests, constants, bits, column.asks_now)
            })
            .collect();
        Index::new(columns, sizes, self.nodes, self.nows, budget)
    }

    fn column(&mut self, property: &Property) -> u16 {
        if let Some(place) = self.by_property.get(property) {
            return *place;
        }
        // At most 16 attributes of a rule's length each in 15,000 rules: far from the range.
        let place = u16::try_from(self.columns.len()).unwrap_or(u16::MAX);
        let questions = match property.kind() {
            Kind::Text => Questions::Text(TextQuestions::default()),
            Kind::Boolean => Questions::Boolean,
            Kind::Number => Questions::Number(OrderedTests::default()),
            Kind::Moment => Questions::Moment(OrderedTests::default()),
            Kind::Texts | Kind::Plans | Kind::Groups => {
                Questions::Items { rules: Box::default(), bits: HashMap::default() }
            }
        };
        self.columns.push(ColumnBuilder { property: property.clone(), questions, asks_now: false });
        self.by_property.insert(property.clone(), place);
        place
    }

    fn expression(&mut self, expression: Expression, negated: bool) -> Node {
        match expression {
            Expression::Test(test) => self.test(test, negated),
            Expression::Each(each) => self.each(each, negated),
            Expression::Reports { manager, .. } => {
                let parts: Vec<Node> = [property::manager(), property::id()]
                    .map(|property| {
                        let predicate = Predicate::Equals(Scalar::Text(manager.clone()));
                        let column = self.column(&property);
                        self.predicate(column, predicate, negated)
                    })
                    .into();
                join(parts.into_iter(), negated)
            }
            Expression::Not(inner) => self.expression(*inner, !negated),
            Expression::And(parts) => {
                let parts: Vec<Node> = parts.into_iter().map(|part| self.expression(part, negated)).collect();
                join(parts.into_iter(), !negated)
            }
            Expression::Or(parts) => {
                let parts: Vec<Node> = parts.into_iter().map(|part| self.expression(part, negated)).collect();
                join(parts.into_iter(), negated)
            }
        }
    }

    fn test(&mut self, test: Test, negated: bool) -> Node {
        let column = self.column(&test.property);
        self.predicate(column, test.predicate, test.negated != negated)
    }

    fn each(&mut self, each: Each, negated: bool) -> Node {
        let column = self.column(&each.collection);
        // All satisfy it when none satisfies the opposite.
        let all = each.quantifier == Quantifier::All;
        let negated = negated ^ each.negated ^ all;
        let Some(ColumnBuilder { questions: Questions::Items { rules, bits }, .. }) =
            self.columns.get_mut(column as usize)
        else {
            return Node::Always(false);
        };
        let key = format!("{all} {}", each.body);
        let bit = match bits.get(&key) {
            Some(bit) => *bit,
            None => {
                let body = if all { Expression::Not(each.body) } else { *each.body };
                rules.add(body);
                let bit = bits.len() as u32;
                bits.insert(key, bit);
                bit
            }
        };
        Node::Leaf(Leaf { column, ask: Ask::Bit(bit), negated })
    }

    fn predicate(&mut self, column: u16, predicate: Predicate, negated: bool) -> Node {
        if let Predicate::Match(pattern) = &predicate
            && let Decided::Texts(texts) = pattern.decided()
        {
            let predicates: Vec<Predicate> = texts
                .texts
                .iter()
                .map(|text| match (texts.at_start, texts.at_end) {
                    (true, true) => Predicate::Equals(Scalar::Text(text.clone())),
                    (true, false) => Predicate::StartsWith(text.clone()),
                    (false, true) => Predicate::EndsWith(text.clone()),
                    (false, false) => Predicate::Contains(text.clone()),
                })
                .collect();
            let parts: Vec<Node> =
                predicates.into_iter().map(|predicate| self.predicate(column, predicate, negated)).collect();
            return join(parts.into_iter(), negated);
        }
        match self.ask(column, predicate) {
            Some(ask) => Node::Leaf(Leaf { column, ask, negated }),
            None => Node::Always(negated),
        }
    }

    /// The question of a predicate; none for what the column's type can never satisfy.
    fn ask(&mut self, column: u16, predicate: Predicate) -> Option<Ask> {
        let builder = self.columns.get_mut(column as usize)?;
        if predicate == Predicate::Null {
            return Some(Ask::Equals(NULL));
        }
        match &mut builder.questions {
            Questions::Text(questions) => text_ask(questions, predicate),
            Questions::Boolean => match predicate {
                Predicate::Equals(Scalar::Boolean(truth)) => {
                    Some(Ask::Equals(if truth { column::TRUE } else { column::FALSE }))
                }
                _ => None,
            },
            Questions::Number(tests) | Questions::Moment(tests) => {
                let (at_least, bound) = match predicate {
                    Predicate::AtMost(bound) => (false, bound),
                    Predicate::AtLeast(bound) => (true, bound),
                    Predicate::Equals(scalar) => return Some(Ask::Equals(tests.constant(number(&scalar)?))),
                    Predicate::In(scalars) => {
                        let numbers: Vec<u32> =
                            scalars.iter().filter_map(number).map(|number| tests.constant(number)).collect();
                        return Some(Ask::Bit(tests.bit(ordered::Question::In(numbers.into()))));
                    }
                    _ => return None,
                };
                let number = match bound {
                    Bound::Number(number) => number,
                    Bound::Moment(ticks) => Number::Whole(ticks),
                    Bound::Now(offset) => {
                        builder.asks_now = true;
                        self.nows.push(Now { at_least, offset });
                        return Some(Ask::Now(self.nows.len() as u32 - 1));
                    }
                };
                let question =
                    if at_least { ordered::Question::AtLeast(number) } else { ordered::Question::AtMost(number) };
                Some(Ask::Bit(tests.bit(question)))
            }
            Questions::Items { .. } => None,
        }
    }
}

fn number(scalar: &Scalar) -> Option<Number> {
    match scalar {
        Scalar::Number(number) => Some(*number),
        Scalar::Moment(ticks) => Some(Number::Whole(*ticks)),
        Scalar::Text(_) | Scalar::Boolean(_) => None,
    }
}

fn text_ask(questions: &mut TextQuestions, predicate: Predicate) -> Option<Ask> {
    let bit = match predicate {
        Predicate::Equals(Scalar::Text(text)) => return Some(Ask::Equals(questions.constant(text))),
        Predicate::In(scalars) => {
            let mut constants: Vec<u32> = scalars
                .into_iter()
                .filter_map(|scalar| match scalar {
                    Scalar::Text(text) => Some(questions.constant(text)),
                    _ => None,
                })
                .collect();
            constants.sort_unstable();
            constants.dedup();
            match constants.as_slice() {
                [one] => return Some(Ask::Equals(*one)),
                _ => questions.one_of(constants),
            }
        }
        Predicate::StartsWith(text) => questions.bit(texts::Question::StartsWith(text)),
        Predicate::EndsWith(text) => questions.bit(texts::Question::EndsWith(text)),
        Predicate::Contains(text) => questions.bit(texts::Question::Contains(text)),
        Predicate::Match(pattern) => questions.bit(texts::Question::Match(pattern)),
        _ => return None,
    };
    Some(Ask::Bit(bit))
}

/// Empty candidates for so many columns.
pub(super) fn candidates(columns: usize) -> Vec<Candidates> {
    std::iter::repeat_with(Candidates::default).take(columns).collect()
}

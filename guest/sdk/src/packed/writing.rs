//! Answers, packed for the host.

use super::{KIND_BITS, Pack, PackedAssignments, kind};
use crate::grouping::{Assignment, Candidate};
use crate::mapping::{Outcome, Person};

/// The outcomes of a packed batch, one after the other: [`row`](Outcomes::row) and then so many values, or a reason.
#[derive(Debug)]
pub struct Outcomes {
    pack: Pack,
}

/// A place among outcomes, to come back to.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    marks: usize,
    texts: usize,
    integers: usize,
    numbers: usize,
}

impl Outcomes {
    /// None yet, with room for those of so many people.
    pub fn for_people(count: u32) -> Self {
        let count = count as usize;
        Outcomes {
            pack: Pack {
                marks: Vec::with_capacity(count * 16),
                texts: String::with_capacity(count * 192),
                integers: Vec::new(),
                numbers: Vec::new(),
            },
        }
    }

    /// All of them, for the host.
    pub fn into_pack(self) -> Pack {
        self.pack
    }

    #[inline(always)]
    fn mark(&mut self, kind: u32, count: usize) {
        // What a component holds is far smaller than a mark can count.
        self.pack.marks.push(kind | (count as u32) << KIND_BITS);
    }

    #[inline(always)]
    fn written(&mut self, kind: u32, text: &str) {
        self.mark(kind, text.len());
        self.pack.texts.push_str(text);
    }

    /// A person as the host packs one. For tests.
    pub(crate) fn person(&mut self, person: &Person) {
        self.text(&person.id);
        self.written(kind::JSON, &person.object);
        self.boolean(person.exists);
        self.values(&person.inherited);
    }

    /// A candidate as the host packs one. For tests.
    pub(crate) fn candidate(&mut self, person: &Candidate) {
        self.text(&person.id);
        self.values(&person.properties);
        self.values(&person.profile);
    }

    fn values(&mut self, values: &[crate::Value]) {
        self.row(values.len());
        values.iter().for_each(|value| self.value(value));
    }

    /// An outcome as [`Mapping::map`](crate::mapping::Mapping::map) answers it.
    pub fn outcome(&mut self, outcome: &Outcome) {
        match outcome {
            Outcome::Profile(values) => self.values(values),
            Outcome::Skip(reason) => self.skip(reason),
            Outcome::Reject(reason) => self.reject(reason),
        }
    }

    /// This user is no person that the directory should hold.
    pub fn skip(&mut self, reason: &str) {
        self.written(kind::SKIP, reason);
    }

    /// This person cannot be mapped.
    pub fn reject(&mut self, reason: &str) {
        self.written(kind::REJECT, reason);
    }

    /// A profile: so many values must follow, one for each attribute of the schema.
    #[inline(always)]
    pub fn row(&mut self, values: usize) {
        self.mark(kind::ROW, values);
    }

    /// A value of the row.
    #[inline]
    pub fn value(&mut self, value: &crate::Value) {
        match value {
            crate::Value::Null => self.null(),
            crate::Value::Boolean(value) => self.boolean(*value),
            crate::Value::Integer(number) => self.integer(*number),
            crate::Value::Number(number) => self.number(*number),
            crate::Value::Text(text) => self.text(text),
            crate::Value::DateTime(moment) => self.date_time(moment),
            crate::Value::Texts(texts) => self.texts(texts.iter().map(String::as_str)),
            crate::Value::Json(json) => self.written(kind::JSON, json),
            crate::Value::Keep => self.keep(),
        }
    }

    /// There is no value.
    #[inline(always)]
    pub fn null(&mut self) {
        self.mark(kind::NULL, 0);
    }

    /// Yes or no.
    pub fn boolean(&mut self, value: bool) {
        self.mark(kind::BOOLEAN, usize::from(value));
    }

    /// A whole number.
    pub fn integer(&mut self, number: i64) {
        self.mark(kind::INTEGER, 0);
        self.pack.integers.push(number);
    }

    /// A number with a fraction. Never infinite and never "not a number".
    pub fn number(&mut self, number: f64) {
        self.mark(kind::NUMBER, 0);
        self.pack.numbers.push(number);
    }

    /// Text.
    #[inline(always)]
    pub fn text(&mut self, text: &str) {
        self.written(kind::TEXT, text);
    }

    /// A moment, as RFC 3339 text in UTC.
    pub fn date_time(&mut self, moment: &str) {
        self.written(kind::DATE_TIME, moment);
    }

    /// Several texts.
    pub fn texts<'t>(&mut self, texts: impl ExactSizeIterator<Item = &'t str>) {
        self.mark(kind::TEXTS, texts.len());
        texts.for_each(|text| self.text(text));
    }

    /// "Leave what the target has."
    pub fn keep(&mut self) {
        self.mark(kind::KEEP, 0);
    }

    /// Where the next outcome begins.
    #[inline(always)]
    pub fn place(&self) -> Place {
        let Pack { marks, texts, integers, numbers } = &self.pack;
        Place { marks: marks.len(), texts: texts.len(), integers: integers.len(), numbers: numbers.len() }
    }

    /// Forgets what was written since then: a row that was begun for a person who cannot be mapped, say.
    pub fn back_to(&mut self, place: Place) {
        self.pack.marks.truncate(place.marks);
        self.pack.texts.truncate(place.texts);
        self.pack.integers.truncate(place.integers);
        self.pack.numbers.truncate(place.numbers);
    }
}

/// The assignments of a packed batch, one for each person.
#[derive(Debug)]
pub struct Assignments {
    packed: PackedAssignments,
}

impl Assignments {
    /// None yet, with room for those of so many people.
    pub fn for_people(count: u32) -> Self {
        let numbers = Vec::with_capacity(count as usize * 24);
        Assignments { packed: PackedAssignments { numbers, texts: String::new() } }
    }

    /// All of them, for the host.
    pub fn into_packed(self) -> PackedAssignments {
        self.packed
    }

    /// Somebody for whom these rules hold, and nothing else is to be said.
    #[inline]
    pub fn rules(&mut self, rules: &[u32]) {
        self.packed.numbers.push(rules.len() as u32);
        self.packed.numbers.extend_from_slice(rules);
        self.packed.numbers.extend_from_slice(&[0, 0, 0]);
    }

    /// An assignment as [`Grouping::assign`](crate::grouping::Grouping::assign) answers it.
    pub fn assignment(&mut self, assignment: &Assignment) {
        let PackedAssignments { numbers, texts } = &mut self.packed;
        numbers.push(assignment.rules.len() as u32);
        numbers.extend_from_slice(&assignment.rules);
        numbers.push(assignment.belongings.len() as u32);
        for belonging in &assignment.belongings {
            numbers.extend_from_slice(&[belonging.rule, belonging.key.len() as u32]);
            texts.push_str(&belonging.key);
        }
        numbers.push(assignment.undecided.len() as u32);
        for undecided in &assignment.undecided {
            numbers.extend_from_slice(&[undecided.rule, undecided.reason.len() as u32]);
            texts.push_str(&undecided.reason);
        }
        let changes_at = assignment.changes_at.as_deref().unwrap_or_default();
        numbers.push(changes_at.len() as u32);
        texts.push_str(changes_at);
    }
}

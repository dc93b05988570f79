//! People of a packed batch, read where they stand.

use super::{KIND_BITS, Pack, kind};
use crate::mapping::Outcome;

/// One value of a property or of the profile so far. Its texts stand in the batch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// There is no value.
    Null,
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Number(f64),
    /// Text.
    Text(&'a str),
    /// A moment.
    DateTime(&'a str),
    /// Several texts.
    Texts(Texts<'a>),
    /// JSON text.
    Json(&'a str),
    /// "Leave what the target has."
    Keep,
}

impl Value<'_> {
    /// The same value for itself.
    pub fn to_value(self) -> crate::Value {
        match self {
            Value::Null => crate::Value::Null,
            Value::Boolean(value) => crate::Value::Boolean(value),
            Value::Integer(number) => crate::Value::Integer(number),
            Value::Number(number) => crate::Value::Number(number),
            Value::Text(text) => crate::Value::Text(text.to_owned()),
            Value::DateTime(text) => crate::Value::DateTime(text.to_owned()),
            Value::Texts(texts) => crate::Value::Texts(texts.iter().map(str::to_owned).collect()),
            Value::Json(json) => crate::Value::Json(json.to_owned()),
            Value::Keep => crate::Value::Keep,
        }
    }
}

/// Several texts, one behind the other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Texts<'a> {
    marks: &'a [u32],
    texts: &'a str,
}

impl<'a> Texts<'a> {
    /// The texts, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let mut texts = self.texts;
        self.marks.iter().map(move |mark| {
            let (text, rest) = cut(texts, *mark >> KIND_BITS);
            texts = rest;
            text
        })
    }
}

/// What the host wrote is well-formed.
#[allow(clippy::panic, reason = "the host broke the contract, and no answer would be true")]
#[cold]
fn broken() -> ! {
    panic!("the packed batch cannot be read")
}

#[inline(always)]
fn cut(texts: &str, bytes: u32) -> (&str, &str) {
    texts.split_at_checked(bytes as usize).unwrap_or_else(|| broken())
}

/// What is left of a pack.
#[derive(Debug)]
struct Reader<'a> {
    marks: &'a [u32],
    texts: &'a str,
    integers: std::slice::Iter<'a, i64>,
    numbers: std::slice::Iter<'a, f64>,
    left: u32,
}

impl<'a> Reader<'a> {
    fn new(count: u32, pack: &'a Pack) -> Self {
        Reader {
            marks: &pack.marks,
            texts: &pack.texts,
            integers: pack.integers.iter(),
            numbers: pack.numbers.iter(),
            left: count,
        }
    }

    #[inline(always)]
    fn mark(&mut self) -> (u32, u32) {
        let Some((mark, rest)) = self.marks.split_first() else { broken() };
        self.marks = rest;
        (mark & ((1 << KIND_BITS) - 1), mark >> KIND_BITS)
    }

    /// The text of a value that must be of this kind.
    #[inline(always)]
    fn text(&mut self, wanted: u32) -> &'a str {
        match self.mark() {
            (kind, bytes) if kind == wanted => self.cut(bytes),
            _ => broken(),
        }
    }

    #[inline(always)]
    fn cut(&mut self, bytes: u32) -> &'a str {
        let (text, rest) = cut(self.texts, bytes);
        self.texts = rest;
        text
    }

    fn boolean(&mut self) -> bool {
        match self.mark() {
            (kind::BOOLEAN, truth) => truth == 1,
            _ => broken(),
        }
    }

    /// Adds the values of a row.
    #[inline(always)]
    fn row(&mut self, values: &mut Vec<Value<'a>>) {
        let (kind::ROW, count) = self.mark() else { broken() };
        for _ in 0..count {
            let value = match self.mark() {
                // Most values are texts.
                (kind::TEXT, bytes) => Value::Text(self.cut(bytes)),
                (kind::NULL, _) => Value::Null,
                (kind::BOOLEAN, truth) => Value::Boolean(truth == 1),
                (kind, count) => self.other(kind, count),
            };
            values.push(value);
        }
    }

    #[inline(never)]
    fn other(&mut self, kind: u32, count: u32) -> Value<'a> {
        match kind {
            kind::INTEGER => self.integers.next().map_or_else(|| broken(), |number| Value::Integer(*number)),
            kind::NUMBER => self.numbers.next().map_or_else(|| broken(), |number| Value::Number(*number)),
            kind::DATE_TIME => Value::DateTime(self.cut(count)),
            kind::JSON => Value::Json(self.cut(count)),
            kind::KEEP => Value::Keep,
            kind::TEXTS => {
                let Some((marks, rest)) = self.marks.split_at_checked(count as usize) else { broken() };
                let bytes = marks.iter().fold(0_u32, |sum, mark| sum.saturating_add(mark >> KIND_BITS));
                self.marks = rest;
                Value::Texts(Texts { marks, texts: self.cut(bytes) })
            }
            _ => broken(),
        }
    }
}

/// The outcomes in a pack, as the host reads them. For tests.
pub(crate) fn read_outcomes(pack: &Pack) -> Vec<Outcome> {
    let mut reader = Reader::new(0, pack);
    let mut outcomes = Vec::new();
    while let Some(mark) = reader.marks.first() {
        outcomes.push(match mark & ((1 << KIND_BITS) - 1) {
            kind::SKIP => Outcome::Skip(reader.text(kind::SKIP).to_owned()),
            kind::REJECT => Outcome::Reject(reader.text(kind::REJECT).to_owned()),
            _ => {
                let mut values = Vec::new();
                reader.row(&mut values);
                Outcome::Profile(values.into_iter().map(Value::to_value).collect())
            }
        });
    }
    assert!(reader.texts.is_empty(), "texts that belong to nothing: {:?}", reader.texts);
    outcomes
}

/// The people of a batch for a mapping, one at a time.
#[derive(Debug)]
pub struct People<'a> {
    reader: Reader<'a>,
    inherited: Vec<Value<'a>>,
}

/// A user to be mapped.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Person<'a> {
    /// The source's id.
    pub id: &'a str,
    /// The user as a JSON object.
    pub object: &'a str,
    /// The profile so far, in the order of the attributes given to `configure`.
    pub inherited: &'a [Value<'a>],
    /// True when the target is known to hold this person already.
    pub exists: bool,
}

impl<'a> People<'a> {
    /// So many people of a pack.
    pub fn new(count: u32, pack: &'a Pack) -> Self {
        People { reader: Reader::new(count, pack), inherited: Vec::new() }
    }

    /// The next; none after the last.
    #[allow(clippy::should_implement_trait, reason = "it lends: the values of a person are gone with the next")]
    #[inline]
    pub fn next(&mut self) -> Option<Person<'_>> {
        self.reader.left = self.reader.left.checked_sub(1)?;
        let (id, object) = (self.reader.text(kind::TEXT), self.reader.text(kind::JSON));
        let exists = self.reader.boolean();
        self.inherited.clear();
        self.reader.row(&mut self.inherited);
        Some(Person { id, object, inherited: &self.inherited, exists })
    }
}

/// The people of a batch for a grouping, one at a time.
#[derive(Debug)]
pub struct Candidates<'a> {
    reader: Reader<'a>,
    values: Vec<Value<'a>>,
}

/// A person to be assigned to groups.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate<'a> {
    /// The source's id.
    pub id: &'a str,
    /// The values of the plan's properties, in its order.
    pub properties: &'a [Value<'a>],
    /// The values of the plan's attributes, in its order.
    pub profile: &'a [Value<'a>],
}

impl<'a> Candidates<'a> {
    /// So many people of a pack.
    pub fn new(count: u32, pack: &'a Pack) -> Self {
        Candidates { reader: Reader::new(count, pack), values: Vec::new() }
    }

    /// The next; none after the last.
    #[allow(clippy::should_implement_trait, reason = "it lends: the values of a person are gone with the next")]
    #[inline]
    pub fn next(&mut self) -> Option<Candidate<'_>> {
        self.reader.left = self.reader.left.checked_sub(1)?;
        let id = self.reader.text(kind::TEXT);
        self.values.clear();
        self.reader.row(&mut self.values);
        let properties = self.values.len();
        self.reader.row(&mut self.values);
        let (properties, profile) = self.values.split_at_checked(properties)?;
        Some(Candidate { id, properties, profile })
    }
}

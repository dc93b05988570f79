//! A component's packed answers, taken apart.

use super::{KIND_BITS, kind};
use crate::contract::grouping::{Assignment, Belonging, Undecided};
use crate::contract::mapping::Outcome;
use crate::contract::packed_grouping::Assignments;
use crate::contract::types::{Pack, Value};
use crate::state::HANDED_OVER;

/// Why an answer cannot be taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The values take more room than an answer may.
    TooLarge,
    /// It is not in packed form: what is wrong, and where.
    Unreadable(String),
}

/// What is wrong with a place, in few bytes: it is looked for with every value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    TooLarge,
    NoMark,
    Text(u32),
    NoInteger,
    NoNumber,
    Count(u32),
    Kind(u32, &'static str),
    Boolean(u32),
    Counted(u32),
}

impl Fault {
    /// The fault at a place of a list that has a name.
    fn at(self, list: &str, place: usize) -> Broken {
        let what = match self {
            Self::TooLarge => return Broken::TooLarge,
            Self::NoMark => format!("there are only {place}, and more are needed"),
            Self::Text(bytes) => {
                format!("{bytes} bytes are no text of those that are left, or end within a character")
            }
            Self::NoInteger => "`integers` has no more".to_owned(),
            Self::NoNumber => "`numbers` has no more".to_owned(),
            Self::Count(count) => format!("{count} of them, and so many do not follow"),
            Self::Kind(kind, wanted) => format!("the kind is {kind}, where {wanted} is expected"),
            Self::Boolean(count) => format!("a boolean has the count 0 or 1, and not {count}"),
            Self::Counted(count) => format!("the count is {count}, where it must be 0"),
        };
        Broken::Unreadable(format!("`{list}`, at {}: {what}", place.saturating_sub(1)))
    }
}

/// Something in a list that nothing names.
fn left_over(list: &str, count: usize) -> Result<(), Broken> {
    if count == 0 { Ok(()) } else { Err(Broken::Unreadable(format!("`{list}`: the last {count} belong to nothing"))) }
}

/// The bytes that an answer may still take.
struct Room(usize);

impl Room {
    #[inline(always)]
    fn take(&mut self, bytes: usize) -> Result<(), Fault> {
        self.0 = self.0.checked_sub(bytes).ok_or(Fault::TooLarge)?;
        Ok(())
    }
}

/// The next `bytes` of the texts.
#[inline(always)]
fn cut<'a>(texts: &mut &'a str, bytes: u32) -> Result<&'a str, Fault> {
    let (text, rest) = texts.split_at_checked(bytes as usize).ok_or(Fault::Text(bytes))?;
    *texts = rest;
    Ok(text)
}

/// What is left of a pack.
struct Reader<'a> {
    marks: std::slice::Iter<'a, u32>,
    texts: &'a str,
    integers: std::slice::Iter<'a, i64>,
    numbers: std::slice::Iter<'a, f64>,
    room: Room,
}

/// The outcomes of a batch.
pub(crate) fn outcomes(pack: &Pack) -> Result<Vec<Outcome>, Broken> {
    let mut reader = Reader {
        marks: pack.marks.iter(),
        texts: &pack.texts,
        integers: pack.integers.iter(),
        numbers: pack.numbers.iter(),
        room: Room(HANDED_OVER),
    };
    let mut outcomes = Vec::new();
    while !reader.marks.as_slice().is_empty() {
        match reader.outcome() {
            Ok(outcome) => outcomes.push(outcome),
            Err(fault) => return Err(fault.at("marks", pack.marks.len() - reader.marks.len())),
        }
    }
    left_over("texts", reader.texts.len())?;
    left_over("integers", reader.integers.len())?;
    left_over("numbers", reader.numbers.len())?;
    Ok(outcomes)
}

impl Reader<'_> {
    /// The next mark, in its parts.
    #[inline(always)]
    fn mark(&mut self) -> Result<(u32, u32), Fault> {
        let mark = self.marks.next().ok_or(Fault::NoMark)?;
        Ok((mark & ((1 << KIND_BITS) - 1), mark >> KIND_BITS))
    }

    #[inline(always)]
    fn text(&mut self, bytes: u32) -> Result<String, Fault> {
        let text = cut(&mut self.texts, bytes)?;
        self.room.take(text.len())?;
        Ok(text.to_owned())
    }

    /// How many marks follow, of those that are there.
    fn following(&mut self, count: u32, size: usize) -> Result<usize, Fault> {
        let following = count as usize;
        if following > self.marks.len() {
            return Err(Fault::Count(count));
        }
        self.room.take(following * size)?;
        Ok(following)
    }

    fn outcome(&mut self) -> Result<Outcome, Fault> {
        self.room.take(size_of::<Outcome>())?;
        match self.mark()? {
            (kind::ROW, count) => {
                let count = self.following(count, size_of::<Value>())?;
                let mut values = Vec::with_capacity(count);
                for _ in 0..count {
                    values.push(self.value()?);
                }
                Ok(Outcome::Profile(values))
            }
            (kind::SKIP, bytes) => Ok(Outcome::Skip(self.text(bytes)?)),
            (kind::REJECT, bytes) => Ok(Outcome::Reject(self.text(bytes)?)),
            (other, _) => Err(Fault::Kind(other, "a row (9), a skip (10) or a reject (11)")),
        }
    }

    #[inline(always)]
    fn value(&mut self) -> Result<Value, Fault> {
        match self.mark()? {
            // Most values are texts.
            (kind::TEXT, bytes) => Ok(Value::Text(self.text(bytes)?)),
            (kind, count) => self.other(kind, count),
        }
    }

    fn other(&mut self, kind: u32, count: u32) -> Result<Value, Fault> {
        let none = if count == 0 { Ok(()) } else { Err(Fault::Counted(count)) };
        match kind {
            kind::NULL => none.map(|()| Value::Null),
            kind::KEEP => none.map(|()| Value::Keep),
            kind::BOOLEAN if count <= 1 => Ok(Value::Boolean(count == 1)),
            kind::BOOLEAN => Err(Fault::Boolean(count)),
            kind::INTEGER => {
                none?;
                self.integers.next().map(|number| Value::Integer(*number)).ok_or(Fault::NoInteger)
            }
            kind::NUMBER => {
                none?;
                self.numbers.next().map(|number| Value::Number(*number)).ok_or(Fault::NoNumber)
            }
            kind::DATE_TIME => Ok(Value::DateTime(self.text(count)?)),
            kind::JSON => Ok(Value::Json(self.text(count)?)),
            kind::TEXTS => {
                let count = self.following(count, size_of::<String>())?;
                let mut texts = Vec::with_capacity(count);
                for _ in 0..count {
                    match self.mark()? {
                        (kind::TEXT, bytes) => texts.push(self.text(bytes)?),
                        (other, _) => return Err(Fault::Kind(other, "a text (4)")),
                    }
                }
                Ok(Value::Texts(texts))
            }
            other => Err(Fault::Kind(other, "a value (0 to 8)")),
        }
    }
}

/// What is left of packed assignments.
struct Numbers<'a> {
    numbers: std::slice::Iter<'a, u32>,
    texts: &'a str,
    room: Room,
}

/// The assignments of a batch.
pub(crate) fn assignments(packed: &Assignments) -> Result<Vec<Assignment>, Broken> {
    let mut numbers = Numbers { numbers: packed.numbers.iter(), texts: &packed.texts, room: Room(HANDED_OVER) };
    let mut assignments = Vec::new();
    while !numbers.numbers.as_slice().is_empty() {
        match numbers.assignment() {
            Ok(assignment) => assignments.push(assignment),
            Err(fault) => return Err(fault.at("numbers", packed.numbers.len() - numbers.numbers.len())),
        }
    }
    left_over("texts", numbers.texts.len())?;
    Ok(assignments)
}

impl Numbers<'_> {
    fn assignment(&mut self) -> Result<Assignment, Fault> {
        self.room.take(size_of::<Assignment>())?;
        let count = self.following(1, size_of::<u32>())?;
        let all = self.numbers.as_slice();
        let (rules, rest) = all.split_at_checked(count).ok_or(Fault::NoMark)?;
        let rules = rules.to_vec();
        self.numbers = rest.iter();
        let count = self.following(2, size_of::<Belonging>())?;
        let mut belongings = Vec::with_capacity(count);
        for _ in 0..count {
            let (rule, key) = (self.next()?, self.text()?);
            belongings.push(Belonging { key, rule });
        }
        let count = self.following(2, size_of::<Undecided>())?;
        let mut undecided = Vec::with_capacity(count);
        for _ in 0..count {
            let (rule, reason) = (self.next()?, self.text()?);
            undecided.push(Undecided { rule, reason });
        }
        let changes_at = Some(self.text()?).filter(|moment| !moment.is_empty());
        Ok(Assignment { rules, belongings, undecided, changes_at })
    }

    #[inline(always)]
    fn next(&mut self) -> Result<u32, Fault> {
        self.numbers.next().copied().ok_or(Fault::NoMark)
    }

    fn text(&mut self) -> Result<String, Fault> {
        let bytes = self.next()?;
        let text = cut(&mut self.texts, bytes)?;
        self.room.take(text.len())?;
        Ok(text.to_owned())
    }

    /// How many things of so many numbers and bytes follow, of those that can.
    #[inline(always)]
    fn following(&mut self, numbers: usize, size: usize) -> Result<usize, Fault> {
        let count = self.next()?;
        let following = count as usize;
        if following > self.numbers.len() / numbers {
            return Err(Fault::Count(count));
        }
        self.room.take(following * size)?;
        Ok(following)
    }
}

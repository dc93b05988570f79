//! People, packed for a component.

use super::{KIND_BITS, kind};
use crate::contract::grouping::Candidate;
use crate::contract::mapping::Person;
use crate::contract::types::{Pack, Value};

/// Bytes for the texts of a batch that are kept for the next one, at most: a thousand users as Graph describes them have two million.
const KEPT: usize = 4 << 20;

/// Packs people for a mapping; answers how many. None when a text is longer than a mark can say.
pub(crate) fn people(people: &[Person], pack: &mut Pack) -> Option<u32> {
    clear(pack);
    for person in people {
        text(pack, kind::TEXT, &person.id)?;
        text(pack, kind::JSON, &person.object)?;
        mark(pack, kind::BOOLEAN, usize::from(person.exists))?;
        row(pack, &person.inherited)?;
    }
    u32::try_from(people.len()).ok()
}

/// Packs people for a grouping; answers how many. None when a text is longer than a mark can say.
pub(crate) fn candidates(people: &[Candidate], pack: &mut Pack) -> Option<u32> {
    clear(pack);
    for person in people {
        text(pack, kind::TEXT, &person.id)?;
        row(pack, &person.properties)?;
        row(pack, &person.profile)?;
    }
    u32::try_from(people.len()).ok()
}

fn clear(pack: &mut Pack) {
    if pack.texts.capacity() > KEPT {
        *pack = Pack::empty();
    }
    pack.marks.clear();
    pack.texts.clear();
    pack.integers.clear();
    pack.numbers.clear();
}

#[inline(always)]
fn mark(pack: &mut Pack, kind: u32, count: usize) -> Option<()> {
    let count = u32::try_from(count).ok().filter(|count| *count <= u32::MAX >> KIND_BITS)?;
    pack.marks.push(kind | count << KIND_BITS);
    Some(())
}

#[inline(always)]
fn text(pack: &mut Pack, kind: u32, text: &str) -> Option<()> {
    pack.texts.push_str(text);
    mark(pack, kind, text.len())
}

fn row(pack: &mut Pack, values: &[Value]) -> Option<()> {
    mark(pack, kind::ROW, values.len())?;
    for value in values {
        match value {
            Value::Text(value) => text(pack, kind::TEXT, value)?,
            Value::Null => mark(pack, kind::NULL, 0)?,
            Value::Boolean(value) => mark(pack, kind::BOOLEAN, usize::from(*value))?,
            Value::Integer(value) => {
                pack.integers.push(*value);
                mark(pack, kind::INTEGER, 0)?;
            }
            Value::Number(value) => {
                pack.numbers.push(*value);
                mark(pack, kind::NUMBER, 0)?;
            }
            Value::DateTime(value) => text(pack, kind::DATE_TIME, value)?,
            Value::Texts(values) => {
                mark(pack, kind::TEXTS, values.len())?;
                values.iter().try_for_each(|value| text(pack, kind::TEXT, value))?;
            }
            Value::Json(value) => text(pack, kind::JSON, value)?,
            Value::Keep => mark(pack, kind::KEEP, 0)?,
        }
    }
    Some(())
}

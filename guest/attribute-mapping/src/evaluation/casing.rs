//! Capital and small letters.
//!
//! .NET changes letter for letter (the simple mappings of Unicode), so that the length stays: `ß` has no capital. In its
//! invariant culture the two Turkish i's change into nothing (`ı` and `İ` stay). `tr` and `az` pair i with İ and ı with I.
//! Lithuanian (`lt`) follows Unicode's SpecialCasing: i keeps its dot under an accent, and loses it in capitals.

use std::borrow::Cow;

use super::Evaluation;
use crate::language::fault::Fault;
use crate::program::Node;
use crate::value::Value;

/// To which case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Small letters.
    Lower,
    /// Capital letters.
    Upper,
}

/// The cultures that change letters in a way of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Culture {
    Invariant,
    Turkic,
    Lithuanian,
}

impl Culture {
    fn named(name: &str) -> Self {
        let language = name.split(['-', '_']).next().unwrap_or("").trim();
        match language.to_ascii_lowercase().as_str() {
            "tr" | "az" => Self::Turkic,
            "lt" => Self::Lithuanian,
            _ => Self::Invariant,
        }
    }
}

/// The small letter of one letter, in the invariant culture.
pub fn invariant_lower(c: char) -> char {
    match c {
        'A'..='Z' => c.to_ascii_lowercase(),
        '\u{130}' => c,
        c => simple(c, c.to_lowercase()),
    }
}

/// The capital of one letter, in the invariant culture.
pub fn invariant_upper(c: char) -> char {
    match c {
        'a'..='z' => c.to_ascii_uppercase(),
        '\u{131}' => c,
        // Letters with iota subscript: their full capitals are two letters, their simple ones stand 8 or 9 further.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => further(c, 8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => further(c, 9),
        c => simple(c, c.to_uppercase()),
    }
}

/// The first letter of a word: as a capital, but for the letters that are two in one (dž).
fn title(c: char) -> char {
    match c {
        '\u{1c4}'..='\u{1c6}' => '\u{1c5}',
        '\u{1c7}'..='\u{1c9}' => '\u{1c8}',
        '\u{1ca}'..='\u{1cc}' => '\u{1cb}',
        '\u{1f1}'..='\u{1f3}' => '\u{1f2}',
        c => invariant_upper(c),
    }
}

fn further(c: char, by: u32) -> char {
    char::from_u32(u32::from(c) + by).unwrap_or(c)
}

/// A mapping to one letter; a letter that would become several stays.
fn simple(c: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => c,
    }
}

/// A text in the other case.
fn change(text: Cow<'_, str>, culture: Culture, direction: Direction) -> Cow<'_, str> {
    let stays = |b: u8| match direction {
        Direction::Lower => b.is_ascii() && !b.is_ascii_uppercase(),
        Direction::Upper => b.is_ascii() && !b.is_ascii_lowercase(),
    };
    if text.bytes().all(stays) {
        return text;
    }
    match (culture, direction) {
        (Culture::Invariant, Direction::Lower) => text.chars().map(invariant_lower).collect(),
        (Culture::Invariant, Direction::Upper) => text.chars().map(invariant_upper).collect(),
        (Culture::Turkic, Direction::Lower) => text.chars().map(turkic_lower).collect(),
        (Culture::Turkic, Direction::Upper) => text.chars().map(turkic_upper).collect(),
        (Culture::Lithuanian, Direction::Lower) => lithuanian_lower(&text).into(),
        (Culture::Lithuanian, Direction::Upper) => lithuanian_upper(&text).into(),
    }
}

fn turkic_lower(c: char) -> char {
    match c {
        'I' => '\u{131}',
        '\u{130}' => 'i',
        c => invariant_lower(c),
    }
}

fn turkic_upper(c: char) -> char {
    match c {
        'i' => '\u{130}',
        '\u{131}' => 'I',
        c => invariant_upper(c),
    }
}

const DOT_ABOVE: char = '\u{307}';

/// Marks above a letter that are accents: before them a small i keeps its dot.
fn is_above(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{314}' | '\u{33d}'..='\u{344}' | '\u{346}' | '\u{34a}'..='\u{34c}')
}

fn lithuanian_lower(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '\u{cc}' => out.push_str("i\u{307}\u{300}"),
            '\u{cd}' => out.push_str("i\u{307}\u{301}"),
            '\u{128}' => out.push_str("i\u{307}\u{303}"),
            c => {
                let lower = invariant_lower(c);
                out.push(lower);
                let accented = letters.peek().is_some_and(|next| is_above(*next) && *next != DOT_ABOVE);
                if matches!(c, 'I' | 'J' | '\u{12e}') && accented {
                    out.push(DOT_ABOVE);
                }
            }
        }
    }
    out
}

fn lithuanian_upper(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut dotted = false;
    for c in text.chars() {
        if dotted && c == DOT_ABOVE {
            continue;
        }
        dotted = matches!(c, 'i' | 'j' | '\u{12f}');
        out.push(invariant_upper(c));
    }
    out
}

/// Whether a character ends a word in .NET's `TextInfo.ToTitleCase`: everything but letters, marks and numbers.
fn ends_word(c: char) -> bool {
    !(c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(c) || is_private(c))
}

fn is_private(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{10ffff}')
}

fn is_letter(c: char) -> bool {
    c.is_alphabetic() && !unicode_normalization::char::is_combining_mark(c)
}

/// The first letter of each word as a capital, all others small. Words end where ToTitleCase ends them.
fn title_words(text: &str) -> String {
    let mut inside = false;
    let change = |c: char| {
        if !inside {
            inside = is_letter(c);
            return if inside { title(c) } else { invariant_lower(c) };
        }
        inside = c == '\'' || !ends_word(c);
        invariant_lower(c)
    };
    text.chars().map(change).collect()
}

/// The same with words that end at the given characters only.
fn separated_words(text: &str, separators: &str) -> String {
    let mut first = true;
    let change = |c: char| {
        let changed = if first { title(c) } else { invariant_lower(c) };
        first = separators.contains(c);
        changed
    };
    text.chars().map(change).collect()
}

impl<'a> Evaluation<'a> {
    pub(super) fn change_case(&self, node: &'a Node, direction: Direction) -> Result<Value<'a>, Fault> {
        let culture = self.text_of(node, 1)?.map_or(Culture::Invariant, |name| Culture::named(&name));
        self.each(node, |text| Ok(change(text, culture, direction)))
    }

    pub(super) fn pcase(&self, node: &'a Node) -> Result<Value<'a>, Fault> {
        let separators = self.text_of(node, 1)?;
        self.each(node, |text| {
            Ok(match &separators {
                None => title_words(&text).into(),
                Some(separators) => separated_words(&text, separators).into(),
            })
        })
    }
}

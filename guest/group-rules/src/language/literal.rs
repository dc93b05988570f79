//! Values as they are written.

use std::borrow::Cow;

use super::error::Fault;
use super::moment::{self, Ticks};
use super::number::Number;
use super::parser::Parser;
use super::property::Property;
use super::token::{self, Token};

/// A value as it is written.
#[derive(Debug)]
pub(super) enum Literal<'a> {
    Text(Cow<'a, str>),
    Null,
    Boolean(bool),
    Number(Number),
    Moment(Ticks),
    Now {
        offset: Ticks,
    },
    List(Vec<(Literal<'a>, usize, usize)>),
    /// No value: `Sales` without quotes, or another property.
    Bare(&'a str),
}

impl Literal<'_> {
    pub fn noun(&self) -> &'static str {
        match self {
            Literal::Text(_) => "text",
            Literal::Null => "null",
            Literal::Boolean(_) => "true or false",
            Literal::Number(_) => "a number",
            Literal::Moment(_) | Literal::Now { .. } => "a date and time",
            Literal::List(_) => "a list",
            Literal::Bare(_) => "a word without quotes",
        }
    }
}

impl<'a> Parser<'a> {
    /// Reads a value.
    pub fn literal(&mut self, property: &Property) -> Result<Literal<'a>, Fault> {
        let Some(token) = self.next() else {
            return Err(
                self.fault_here(format!("A value is missing at the end of the rule, for {}.", property.full_name()))
            );
        };
        match token.kind {
            token::Kind::Text(text) => Ok(Literal::Text(text)),
            token::Kind::Word(word) if word.eq_ignore_ascii_case("system.now") => self.now(),
            token::Kind::Word(word) => Ok(word_literal(word)),
            token::Kind::ListOpen => self.list(token.start),
            token::Kind::Open => match self.next() {
                Some(Token { kind: token::Kind::Word(word), .. }) if word.eq_ignore_ascii_case("system.now") => {
                    let now = self.now()?;
                    match self.next() {
                        Some(Token { kind: token::Kind::Close, .. }) => Ok(now),
                        _ => Err(Fault::new(token.start, token.end, "This parenthesis is never closed.")),
                    }
                }
                _ => Err(Fault::new(
                    token.start,
                    token.end,
                    "A value stands without parentheses; a list has square brackets.",
                )),
            },
            _ => {
                self.at -= 1;
                Err(self.fault_here(format!("A value for {} was expected here.", property.full_name())))
            }
        }
    }

    /// What follows `system.now`.
    fn now(&mut self) -> Result<Literal<'a>, Fault> {
        let Some(sign) = self.sign() else { return Ok(Literal::Now { offset: 0 }) };
        let before = self.at;
        let (text, start, end) = match self.next() {
            Some(Token { kind: token::Kind::Word(word), start, end }) => (Cow::Borrowed(word), start, end),
            Some(Token { kind: token::Kind::Text(text), start, end }) => (text, start, end),
            _ => {
                self.at = before;
                return Err(self.fault_here("A duration such as P7D is missing after -plus or -minus."));
            }
        };
        // About ten thousand years: the range of a moment.
        let Some(ticks) = moment::parse_duration(&text).filter(|ticks| *ticks <= 3_652_059 * 86_400 * moment::SECOND)
        else {
            let message =
                "This is no duration: write P7D for seven days, P7DT3H for three hours more, PT90M for ninety minutes.";
            return Err(Fault::new(start, end, message));
        };
        if self.sign().is_some() {
            self.at -= 1;
            return Err(self.fault_here("Only one -plus or -minus can follow system.now."));
        }
        Ok(Literal::Now { offset: sign * ticks })
    }

    fn sign(&mut self) -> Option<Ticks> {
        let sign = match self.peek()?.kind {
            token::Kind::Word(word) | token::Kind::Hyphenated(word) if word.eq_ignore_ascii_case("plus") => 1,
            token::Kind::Word(word) | token::Kind::Hyphenated(word) if word.eq_ignore_ascii_case("minus") => -1,
            _ => return None,
        };
        self.at += 1;
        Some(sign)
    }

    fn list(&mut self, open: usize) -> Result<Literal<'a>, Fault> {
        let mut items = Vec::new();
        loop {
            match self.next() {
                Some(Token { kind: token::Kind::Text(text), start, end }) => {
                    items.push((Literal::Text(text), start, end))
                }
                Some(Token { kind: token::Kind::Word(word), start, end }) => {
                    items.push((word_literal(word), start, end))
                }
                Some(Token { kind: token::Kind::ListClose, start, end }) if items.is_empty() => {
                    return Err(Fault::new(start.min(open), end, "The list is empty."));
                }
                Some(token) => {
                    return Err(Fault::new(token.start, token.end, "A value in quotes was expected in the list."));
                }
                None => return Err(Fault::new(open, open + 1, "This list is never closed: `]` is missing.")),
            }
            match self.next() {
                Some(Token { kind: token::Kind::Comma, .. }) => {}
                Some(Token { kind: token::Kind::ListClose, .. }) => return Ok(Literal::List(items)),
                Some(token) => {
                    return Err(Fault::new(
                        token.start,
                        token.end,
                        "The values of a list are separated by commas, and `]` closes it.",
                    ));
                }
                None => return Err(Fault::new(open, open + 1, "This list is never closed: `]` is missing.")),
            }
        }
    }
}

fn word_literal(word: &str) -> Literal<'_> {
    if word.eq_ignore_ascii_case("null") || word.eq_ignore_ascii_case("$null") {
        Literal::Null
    } else if word.eq_ignore_ascii_case("true") {
        Literal::Boolean(true)
    } else if word.eq_ignore_ascii_case("false") {
        Literal::Boolean(false)
    } else if let Some(number) = Number::parse(word) {
        Literal::Number(number)
    } else if let Some(ticks) = moment::parse(word) {
        Literal::Moment(ticks)
    } else {
        Literal::Bare(word)
    }
}

//! Blanking the secrets out of a file's text before any message is made from it.
//!
//! Messages show lines of the file, and a line may hold a secret: written under its proper name, under a mistyped one, or in a
//! line that is no TOML at all. So everything in a login that is not known to be public is replaced by stars, byte for byte,
//! and messages are made from that text alone: places stay, and nothing that reports has to think of it.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::login::PUBLIC_KEYS;

/// How the names of secrets end: they are blanked wherever they stand, because they may stand in the wrong section.
const SECRET_ENDINGS: [&str; 3] = ["secret", "token", "password"];

/// The text with its secrets replaced. `broken` are places of syntax errors, around which the tables cannot be trusted.
pub(super) fn redact(text: &str, document: &DeTable<'_>, broken: &[usize]) -> String {
    let mut spans = Vec::new();
    for (key, value) in document {
        collect(key.get_ref(), value, Inside::File, &mut spans);
    }
    let mut out = blank(text, &mut spans);
    if !broken.is_empty() {
        let mut lines: Vec<Range<usize>> = broken.iter().filter_map(|at| suspicious_part(&out, *at)).collect();
        out = blank(&out, &mut lines);
    }
    out
}

#[derive(Clone, Copy, PartialEq)]
enum Inside {
    File,
    Login,
}

fn collect(key: &str, value: &Spanned<DeValue<'_>>, inside: Inside, spans: &mut Vec<Range<usize>>) {
    match value.get_ref() {
        DeValue::Table(table) => {
            let inside = if key == "login" { Inside::Login } else { inside };
            for (key, value) in table {
                collect(key.get_ref(), value, inside, spans);
            }
        }
        DeValue::Array(list) => list.iter().for_each(|item| collect(key, item, inside, spans)),
        _ if inside == Inside::Login && !PUBLIC_KEYS.contains(&key) => spans.push(value.span()),
        _ if SECRET_ENDINGS.iter().any(|ending| key.ends_with(ending)) => spans.push(value.span()),
        DeValue::String(text) => spans.extend(user_information(text, value.span())),
        _ => {}
    }
}

/// A text with a name and password in an address: it is blanked whole.
fn user_information(text: &str, span: Range<usize>) -> Option<Range<usize>> {
    let (_, rest) = text.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.contains('@').then_some(span)
}

/// Stars instead of the spans, byte for byte; quotation marks at their ends and line breaks stay, so that it remains TOML.
fn blank(text: &str, spans: &mut [Range<usize>]) -> String {
    spans.sort_by_key(|span| span.start);
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans.iter() {
        let start = span.start.max(done);
        let (Some(before), Some(hidden)) = (text.get(done..start), text.get(start..span.end)) else { continue };
        out.push_str(before);
        let quotes = |character: char| matches!(character, '"' | '\'');
        let inner = hidden.trim_start_matches(quotes);
        let (head, inner) = hidden.split_at(hidden.len() - inner.len());
        let (inner, tail) = inner.split_at(inner.trim_end_matches(quotes).len());
        out.push_str(head);
        for character in inner.chars() {
            match character {
                '\n' | '\r' => out.push(character),
                other => out.extend(std::iter::repeat_n('*', other.len_utf8())),
            }
        }
        out.push_str(tail);
        done = span.end;
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// Words in whose lines a secret may stand.
const SUSPICIOUS: [&str; 6] = ["login", "secret", "token", "password", "value", "key"];

/// What to blank in the line of a syntax error: in or near a login, everything behind the first `=`, or the whole line.
fn suspicious_part(text: &str, at: usize) -> Option<Range<usize>> {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at))?;
    let (before, after) = text.split_at_checked(at)?;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let end = at + after.find('\n').unwrap_or(after.len());
    let line = text.get(start..end)?;
    let heading = before.lines().rev().find(|line| line.trim_start().starts_with('[')).unwrap_or_default();
    let lower = line.to_lowercase();
    let suspicious = heading.contains("login") || SUSPICIOUS.iter().any(|word| lower.contains(word));
    // The heading of a table says nothing secret, and is worth reading.
    if !suspicious || line.trim_start().starts_with('[') {
        return None;
    }
    let value = line.find('=').map_or(0, |equals| equals + 1);
    Some(start + value..end)
}

//! The text of a tenant's file: places in it, and the lines that messages show.

use std::fmt::Write as _;
use std::ops::Range;

use serde::Serialize;

/// The most characters of a line that a message shows. A rule may have 3,072: only the part around the fault helps.
const SHOWN: usize = 110;

/// A place in a tenant's file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file, as it was named when it was loaded.
    pub file: String,
    /// The line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// The column in characters, from 1; 0 when the file as a whole is meant.
    pub column: usize,
    /// The line with a caret below the place; empty when the file as a whole is meant.
    pub snippet: String,
}

/// The text of a file, with its secrets blanked out, and the beginnings of its lines.
#[derive(Clone)]
pub(super) struct SourceText {
    pub(super) file: String,
    text: String,
    line_starts: Vec<usize>,
}

/// Shows the name of the file alone: texts are long.
impl std::fmt::Debug for SourceText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SourceText").field("file", &self.file).finish_non_exhaustive()
    }
}

impl SourceText {
    pub(super) fn new(file: String, text: String) -> Self {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { file, text, line_starts }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The text between two bytes; empty when they are no boundaries of the text.
    pub(super) fn slice(&self, span: Range<usize>) -> &str {
        self.text.get(span).unwrap_or_default()
    }

    /// Where a span begins, with the line it begins on. An empty span at the beginning stands for the file as a whole: it is
    /// where sections are that nobody wrote.
    pub(super) fn place(&self, span: &Range<usize>) -> Place {
        if *span == (0..0) {
            return Place { file: self.file.clone(), line: 0, column: 0, snippet: String::new() };
        }
        let start = floor_boundary(&self.text, span.start);
        let index = self.line_starts.partition_point(|line| *line <= start).saturating_sub(1);
        let line_start = self.line_starts.get(index).copied().unwrap_or(0);
        let rest = self.text.get(line_start..).unwrap_or_default();
        let line = rest.split('\n').next().unwrap_or_default().trim_end_matches('\r');
        let before = self.slice(line_start..start).chars().count();
        let marked = self.slice(start..floor_boundary(&self.text, span.end.max(start)));
        let marked = marked.split('\n').next().unwrap_or_default().trim_end_matches('\r').chars().count();
        Place {
            file: self.file.clone(),
            line: index + 1,
            column: before + 1,
            snippet: snippet(index + 1, line, before, marked.max(1)),
        }
    }
}

/// The last character boundary at or before a byte.
fn floor_boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// One line with carets below `marked` of its characters. Where a letter takes two columns of a terminal, as Chinese ones do, it has
/// two carets; one that stands on another, as accents do, has none of its own.
fn snippet(number: usize, line: &str, before: usize, marked: usize) -> String {
    let length = line.chars().count();
    let first = if length <= SHOWN { 0 } else { before.saturating_sub(SHOWN / 2).min(length - SHOWN) };
    let shown: String = line.chars().skip(first).take(SHOWN).map(harmless).collect();
    let (lead, tail) = (if first > 0 { "..." } else { "" }, if first + SHOWN < length { "..." } else { "" });
    let columns = |from: usize, count: usize| shown.chars().skip(from).take(count).map(columns_of).sum::<usize>();
    let indent = lead.len() + columns(0, before - first);
    let marked = columns(before - first, marked).max(1);
    let gutter = " ".repeat(number.to_string().len());
    let mut out = String::new();
    let _ = writeln!(out, " {number} | {lead}{shown}{tail}");
    let _ = write!(out, " {gutter} | {}{}", " ".repeat(indent), "^".repeat(marked));
    out
}

/// How many columns of a terminal a character takes: two for the letters of East Asia and for emoji, none for marks that stand on
/// other letters (Unicode: "East Asian Width", and the blocks of combining marks).
pub(super) fn columns_of(c: char) -> usize {
    match c {
        '\u{300}'..='\u{36f}'
        | '\u{483}'..='\u{489}'
        | '\u{591}'..='\u{5bd}'
        | '\u{64b}'..='\u{65f}'
        | '\u{1ab0}'..='\u{1aff}'
        | '\u{1dc0}'..='\u{1dff}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2064}'
        | '\u{20d0}'..='\u{20ff}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{fe20}'..='\u{fe2f}'
        | '\u{feff}'
        | '\u{e0100}'..='\u{e01ef}' => 0,
        '\u{1100}'..='\u{115f}'
        | '\u{2e80}'..='\u{303e}'
        | '\u{3041}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{a4cf}'
        | '\u{a960}'..='\u{a97f}'
        | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}'
        | '\u{fe30}'..='\u{fe4f}'
        | '\u{ff01}'..='\u{ff60}'
        | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}'
        | '\u{1f680}'..='\u{1f6ff}'
        | '\u{1f900}'..='\u{1f9ff}'
        | '\u{1fa70}'..='\u{1faff}'
        | '\u{20000}'..='\u{3fffd}' => 2,
        _ => 1,
    }
}

/// A character as a terminal may show it: a file is no place for escape sequences or for turning the reading direction.
fn harmless(character: char) -> char {
    match character {
        '\t' => ' ',
        '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        other if other.is_control() => '\u{fffd}',
        other => other,
    }
}

/// Text that may come from a file or a component, as a terminal may show it.
pub(super) fn shown(text: &str) -> String {
    text.chars().map(harmless).collect()
}

/// Text from a file in a message: shortened, and harmless to a terminal.
pub(super) fn quoted(text: &str) -> String {
    let mut shown: String = text.chars().take(60).map(harmless).collect();
    if text.chars().nth(60).is_some() {
        shown.push_str("...");
    }
    format!("\"{shown}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_below_letters_that_take_two_columns_and_behind_marks_that_take_none() {
        let line = "name = \"営業e\u{301}\" typo";
        assert_eq!(snippet(3, line, 14, 4), format!(" 3 | {line}\n   | {}^^^^", " ".repeat(15)));
        assert_eq!(snippet(3, line, 8, 2), format!(" 3 | {line}\n   | {}^^^^", " ".repeat(8)));
        assert_eq!(snippet(3, line, 11, 1), format!(" 3 | {line}\n   | {}^", " ".repeat(13)));
    }
}

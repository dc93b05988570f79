//! What is wrong with an expression, and where.

use std::fmt;

use rollcall_sdk::terminal;

/// A stretch of an expression, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Span {
    /// The first byte.
    pub start: u32,
    /// The byte after the last.
    pub end: u32,
}

impl Span {
    /// From byte `start` up to byte `end`. An expression is far shorter than 4 GiB; anything beyond stays at the limit.
    pub fn new(start: usize, end: usize) -> Self {
        let narrow = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { start: narrow(start), end: narrow(end) }
    }

    /// From the start of this to the end of the other.
    pub fn to(self, other: Span) -> Self {
        Self { start: self.start, end: other.end.max(self.end) }
    }

    /// The text that it covers.
    pub fn of(self, source: &str) -> &str {
        source.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// Something wrong with an expression, or with what it made of a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Fault {
    /// What is wrong, and what was expected.
    pub message: String,
    /// Where in the expression.
    pub span: Span,
    /// What would be right, when that can be guessed.
    pub suggestion: Option<String>,
}

impl Fault {
    /// A fault at a place.
    pub fn at(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), span, suggestion: None }
    }

    /// The same with a guess at what would be right.
    pub fn suggesting(mut self, suggestion: Option<impl Into<String>>) -> Self {
        self.suggestion = suggestion.map(Into::into);
        self
    }

    /// Where it begins, in characters from 0.
    pub fn position(&self, source: &str) -> u32 {
        let before = source.char_indices().take_while(|(offset, _)| *offset < self.span.start as usize).count();
        u32::try_from(before).unwrap_or(u32::MAX)
    }

    /// Line and column of its beginning, both from 1.
    pub fn line_and_column(&self, source: &str) -> (usize, usize) {
        let before = source.char_indices().take_while(|(offset, _)| *offset < self.span.start as usize);
        before.fold((1, 1), |(line, column), (_, c)| if c == '\n' { (line + 1, 1) } else { (line, column + 1) })
    }

    /// The fault under the line of the expression that it is in, with a caret.
    pub fn under<'a>(&'a self, source: &'a str) -> Underlined<'a> {
        Underlined { fault: self, source }
    }
}

/// A fault with the line that it is in. A long line is cut around the place, so that it fits a terminal.
#[derive(Debug)]
pub struct Underlined<'a> {
    fault: &'a Fault,
    source: &'a str,
}

/// How many characters of a long line are shown on each side of the place.
const SHOWN: usize = 60;

impl fmt::Display for Underlined<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.fault.line_and_column(self.source);
        let text: Vec<char> = self.source.lines().nth(line - 1).unwrap_or("").chars().collect();
        let from = column.saturating_sub(1).saturating_sub(SHOWN).min(text.len());
        let to = (column + SHOWN).min(text.len());
        let shown: String =
            text.get(from..to).unwrap_or(&[]).iter().map(|c| if c.is_control() { ' ' } else { *c }).collect();
        let before = if from > 0 { "..." } else { "" };
        let after = if to < text.len() { "..." } else { "" };
        let marked = self.fault.span.of(self.source).lines().next().unwrap_or("").chars().count();
        let skip = column.saturating_sub(1).saturating_sub(from);
        // A letter may take two columns of a terminal, or none.
        let columns =
            |skip: usize, count: usize| terminal::columns(&shown.chars().skip(skip).take(count).collect::<String>());
        writeln!(f, "{}", self.fault.message)?;
        writeln!(f, "  {before}{shown}{after}")?;
        let indent = before.len() + columns(0, skip);
        write!(f, "  {}{}", " ".repeat(indent), "^".repeat(columns(skip, marked).max(1)))?;
        match &self.fault.suggestion {
            Some(suggestion) => write!(f, "\ndid you mean {suggestion}?"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caret_stands_under_the_place() {
        let fault = Fault::at(Span::new(5, 9), "there is no function Lenn").suggesting(Some("Len"));
        let shown = fault.under("Left(Lenn([x]), 3)").to_string();
        assert_eq!(shown, "there is no function Lenn\n  Left(Lenn([x]), 3)\n       ^^^^\ndid you mean Len?");
    }

    #[test]
    fn a_position_counts_characters_and_the_caret_stands_in_the_column_where_a_terminal_shows_it() {
        let source = "Join(\"ä😀\", x)";
        let start = source.find('x').unwrap();
        let fault = Fault::at(Span::new(start, start + 1), "x");
        assert_eq!(fault.position(source), 11);
        assert_eq!(fault.line_and_column(source), (1, 12));
        // The emoji takes two columns of a terminal.
        assert!(fault.under(source).to_string().ends_with("\n              ^"));
    }

    #[test]
    fn only_the_line_of_the_fault_is_shown() {
        let source = "Join(\n  \"a\",\n  b)";
        let start = source.find("b)").unwrap();
        let fault = Fault::at(Span::new(start, start + 1), "no");
        assert_eq!(fault.line_and_column(source), (3, 3));
        assert_eq!(fault.under(source).to_string(), "no\n    b)\n    ^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let source = format!("Join({}, zz{})", "\"x\", ".repeat(100), "z".repeat(300));
        let start = source.find("zz").unwrap();
        let shown = Fault::at(Span::new(start, start + 2), "no").under(&source).to_string();
        assert!(shown.lines().all(|line| line.chars().count() < 140), "{shown}");
        assert!(shown.contains("..."));
    }
}

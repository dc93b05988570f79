//! From bytes to records (RFC 4180), a piece of the file at a time.
//!
//! Lines may end with CR LF, LF or CR. A field is quoted as a whole or not at all. A record that breaks this is reported with its
//! line, and reading goes on at the line after its first: a quote that is never closed must not swallow the rest of the file.

use rollcall_sdk::Failure;
use rollcall_sdk::inbox::InboxFile;

use crate::content::Content;

/// Bytes that are read at once.
const PIECE: u32 = 256 << 10;

/// The largest record. A longer one is a quote that was never closed.
const LARGEST: usize = 128 << 10;

/// A place in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) offset: u64,
    /// The line at that place, from 1.
    pub(crate) line: u64,
}

/// A record, or why there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// The line where it begins.
    pub(crate) line: u64,
    /// Its fields, and what is wrong with it. A broken record has the fields before the fault.
    pub(crate) fields: Vec<Vec<u8>>,
    pub(crate) fault: Option<&'static str>,
}

/// Reads records one after the other.
#[derive(Debug)]
pub(crate) struct Records<'a, F> {
    content: &'a Content<F>,
    delimiter: u8,
    /// Where the buffer begins.
    position: Position,
    buffer: Vec<u8>,
    /// How much of the buffer has been used.
    used: usize,
    at_end: bool,
}

impl<'a, F: InboxFile> Records<'a, F> {
    pub(crate) fn new(content: &'a Content<F>, delimiter: u8, position: Position) -> Self {
        Records { content, delimiter, position, buffer: Vec::new(), used: 0, at_end: false }
    }

    /// Where the next record begins.
    pub(crate) fn position(&self) -> Position {
        Position { offset: self.position.offset + self.used as u64, ..self.position }
    }

    /// The next record; none at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Record>, Failure> {
        loop {
            let rest = self.buffer.get(self.used..).unwrap_or_default();
            let line = self.position.line;
            match scan(rest, self.delimiter, self.at_end) {
                Scanned::Nothing => return Ok(None),
                Scanned::Record { fields, length, lines } => {
                    self.used += length;
                    self.position.line += lines;
                    return Ok(Some(Record { line, fields, fault: None }));
                }
                Scanned::More if rest.len() < LARGEST => self.fill()?,
                Scanned::More => return self.skip_line(line, Vec::new(), "a quote is never closed").map(Some),
                Scanned::Broken { fields, fault } => return self.skip_line(line, fields, fault).map(Some),
            }
        }
    }

    /// Goes on at the next line.
    fn skip_line(&mut self, line: u64, fields: Vec<Vec<u8>>, fault: &'static str) -> Result<Record, Failure> {
        loop {
            let rest = self.buffer.get(self.used..).unwrap_or_default();
            let end = rest.iter().position(|byte| matches!(byte, b'\r' | b'\n'));
            let length = match end.map(|at| (at, rest.get(at), rest.get(at + 1))) {
                Some((at, Some(b'\r'), Some(b'\n'))) => Some(at + 2),
                Some((_, Some(b'\r'), None)) if !self.at_end => None,
                Some((at, _, _)) => Some(at + 1),
                None => self.at_end.then_some(rest.len()),
            };
            if let Some(length) = length {
                self.used += length;
                self.position.line += 1;
                return Ok(Record { line, fields, fault: Some(fault) });
            }
            self.fill()?;
        }
    }

    fn fill(&mut self) -> Result<(), Failure> {
        self.buffer.drain(..self.used);
        self.position.offset += self.used as u64;
        self.used = 0;
        let piece = self.content.read(self.position.offset + self.buffer.len() as u64, PIECE)?;
        self.at_end = piece.is_empty();
        self.buffer.extend_from_slice(&piece);
        Ok(())
    }
}

enum Scanned {
    Nothing,
    Record {
        fields: Vec<Vec<u8>>,
        length: usize,
        lines: u64,
    },
    /// The record is longer than what is there.
    More,
    Broken {
        fields: Vec<Vec<u8>>,
        fault: &'static str,
    },
}

/// Reads one record from the start of `bytes`. With `at_end`, nothing comes after them.
fn scan(bytes: &[u8], delimiter: u8, at_end: bool) -> Scanned {
    if bytes.is_empty() {
        return if at_end { Scanned::Nothing } else { Scanned::More };
    }
    let mut fields = Vec::new();
    let mut lines = 1;
    let mut at = 0;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let (field, length) = match rest.first() {
            Some(b'"') => match quoted(rest, at_end) {
                Quoted::Field { field, length } => (field, length),
                Quoted::More => return Scanned::More,
                Quoted::Broken(fault) => return Scanned::Broken { fields, fault },
            },
            _ => {
                let length = rest
                    .iter()
                    .position(|byte| *byte == delimiter || matches!(byte, b'\r' | b'\n'))
                    .unwrap_or(rest.len());
                (rest.get(..length).unwrap_or_default().to_vec(), length)
            }
        };
        lines += field.iter().filter(|byte| **byte == b'\n').count() as u64;
        fields.push(field);
        at += length;
        match (bytes.get(at), bytes.get(at + 1)) {
            (Some(byte), _) if *byte == delimiter => at += 1,
            (Some(b'\n'), _) => return Scanned::Record { fields, length: at + 1, lines },
            (Some(b'\r'), Some(b'\n')) => return Scanned::Record { fields, length: at + 2, lines },
            (Some(b'\r'), Some(_)) => return Scanned::Record { fields, length: at + 1, lines },
            (Some(b'\r'), None) if at_end => return Scanned::Record { fields, length: at + 1, lines },
            (None, _) if at_end => return Scanned::Record { fields, length: at, lines },
            (Some(b'\r'), None) | (None, _) => return Scanned::More,
            (Some(_), _) => {
                fields.pop();
                return Scanned::Broken { fields, fault: "there is text behind a closing quote" };
            }
        }
    }
}

enum Quoted {
    Field { field: Vec<u8>, length: usize },
    More,
    Broken(&'static str),
}

/// Reads a field in quotes from the start of `bytes`.
fn quoted(bytes: &[u8], at_end: bool) -> Quoted {
    let mut field = Vec::new();
    let mut at = 1;
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let Some(length) = rest.iter().position(|byte| *byte == b'"') else {
            return if at_end { Quoted::Broken("a quote is never closed") } else { Quoted::More };
        };
        field.extend_from_slice(rest.get(..length).unwrap_or_default());
        at += length + 1;
        match bytes.get(at) {
            Some(b'"') => {
                field.push(b'"');
                at += 1;
            }
            None if !at_end => return Quoted::More,
            _ => return Quoted::Field { field, length: at },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rollcall_sdk::testing::MemoryInboxFile;

    fn read(bytes: impl AsRef<[u8]>) -> Vec<(u64, Vec<String>, Option<&'static str>)> {
        let content = Content::<MemoryInboxFile>::Downloaded(bytes.as_ref().into());
        let mut records = Records::new(&content, b',', Position { offset: 0, line: 1 });
        let mut all = Vec::new();
        while let Some(Record { line, fields, fault }) = records.next().unwrap() {
            let fields = fields.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
            all.push((line, fields, fault));
        }
        assert_eq!(records.position().offset, content.size());
        all
    }

    fn good(bytes: &str) -> Vec<Vec<String>> {
        let records = read(bytes);
        assert!(records.iter().all(|(_, _, fault)| fault.is_none()), "{records:?}");
        records.into_iter().map(|(_, fields, _)| fields).collect()
    }

    #[test]
    fn records_are_read_as_rfc_4180_has_them() {
        for (text, expected) in [
            ("a,b\r\nc,d\r\n", vec![vec!["a", "b"], vec!["c", "d"]]),
            ("a,b\nc,d", vec![vec!["a", "b"], vec!["c", "d"]]),
            ("a,b\rc,d\r", vec![vec!["a", "b"], vec!["c", "d"]]),
            ("\"a,b\",c\n", vec![vec!["a,b", "c"]]),
            ("\"say \"\"hi\"\"\",\"\"\n", vec![vec!["say \"hi\"", ""]]),
            ("\"two\nlines\",b\n", vec![vec!["two\nlines", "b"]]),
            ("5\" pipe,b\n", vec![vec!["5\" pipe", "b"]]),
            (",\n", vec![vec!["", ""]]),
            ("a,\"b\"", vec![vec!["a", "b"]]),
            ("a,", vec![vec!["a", ""]]),
            ("\n\nx\n", vec![vec![""], vec![""], vec!["x"]]),
            ("", vec![]),
        ] {
            assert_eq!(good(text), expected, "{text:?}");
        }
    }

    #[test]
    fn a_record_knows_its_line_although_fields_have_several() {
        let lines: Vec<u64> = read("a\n\"b\nb\nb\"\nc\r\nd").into_iter().map(|(line, _, _)| line).collect();
        assert_eq!(lines, [1, 2, 5, 6]);
    }

    #[test]
    fn a_broken_record_is_reported_and_the_next_line_is_read() {
        let records = read("1,\"Adele \"Vance\"\n2,\"open\n3,c\n");
        let unclosed = Some("a quote is never closed");
        assert_eq!(
            records,
            [
                (1, vec!["1".to_owned()], Some("there is text behind a closing quote")),
                (2, vec!["2".to_owned()], unclosed),
                (3, vec!["3".to_owned(), "c".to_owned()], None),
            ]
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_its_line_in_a_file_of_any_size() {
        let mut text = String::from("1,\"open\n");
        for number in 2..100_000 {
            text.push_str(&format!("{number},some words or other\n"));
        }
        let records = read(&text);
        assert_eq!(records.len(), 99_999);
        assert_eq!(records.iter().filter(|(_, _, fault)| fault.is_some()).count(), 1);
        assert_eq!(records.last().map(|(line, _, _)| *line), Some(99_999));
    }

    proptest! {
        #[test]
        fn whatever_the_bytes_are_reading_ends_and_lines_grow(bytes in prop::collection::vec(prop::sample::select(b"ab,\"\r\n".to_vec()), 0..60)) {
            let lines: Vec<u64> = read(bytes).into_iter().map(|(line, _, _)| line).collect();
            prop_assert!(lines.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}

//! A CSV file while it is being written (RFC 4180).

use std::mem;

use rollcall_sdk::outbox::{Outbox, OutboxFile};

/// Lines are written in pieces of about this many bytes: crossing to the host costs more than a line does.
const PIECE: usize = 64 * 1024;

/// How lines are written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    pub(crate) delimiter: char,
    pub(crate) bom: bool,
    /// An apostrophe before what a spreadsheet would take for a formula.
    pub(crate) guard: bool,
}

impl Form {
    /// Appends a line.
    pub(crate) fn push_line<'a>(self, text: &mut String, fields: impl IntoIterator<Item = &'a str>) {
        let start = text.len();
        for (number, field) in fields.into_iter().enumerate() {
            if number > 0 {
                text.push(self.delimiter);
            }
            self.push_field(text, field);
        }
        if text.len() == start {
            // A line with one empty field would be an empty line, which readers skip.
            text.push_str("\"\"");
        }
        text.push_str("\r\n");
    }

    fn push_field(self, text: &mut String, field: &str) {
        // A tab or line break before it does not make a formula harmless.
        let guarded = self.guard && field.trim_start().starts_with(['=', '+', '-', '@']);
        let apostrophe = if guarded { "'" } else { "" };
        // Spaces at the ends are a part of the field (RFC 4180 section 2), but many readers trim what is not in quotes.
        let quoted = field.contains(['"', '\r', '\n', self.delimiter])
            || field.starts_with(char::is_whitespace)
            || field.ends_with(char::is_whitespace);
        if quoted {
            text.push('"');
            text.push_str(apostrophe);
            text.push_str(&field.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(apostrophe);
            text.push_str(field);
        }
    }
}

/// A file with the lines that are not written yet.
#[derive(Debug)]
pub(crate) struct Table<F> {
    file: F,
    form: Form,
    text: String,
    lines: u64,
}

impl<F: OutboxFile> Table<F> {
    /// Starts a file with a line of names.
    pub(crate) fn begin<'a, O: Outbox<File = F>>(
        outbox: &O,
        name: &str,
        form: Form,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, String> {
        let mut text = String::from(if form.bom { "\u{feff}" } else { "" });
        form.push_line(&mut text, names);
        Ok(Table { file: outbox.create(name)?, form, text, lines: 0 })
    }

    /// Adds a line.
    pub(crate) fn add<'a>(&mut self, fields: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
        self.form.push_line(&mut self.text, fields);
        self.lines += 1;
        if self.text.len() < PIECE { Ok(()) } else { self.file.write(&mem::take(&mut self.text)) }
    }

    /// Puts the file in its place; answers how many lines it has below the names.
    pub(crate) fn finish(self) -> Result<u64, String> {
        self.file.write(&self.text)?;
        self.file.finish()?;
        Ok(self.lines)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rollcall_sdk::testing::MemoryOutbox;

    fn line(guard: bool, fields: &[&str]) -> String {
        let mut text = String::new();
        Form { delimiter: ',', bom: false, guard }.push_line(&mut text, fields.iter().copied());
        text
    }

    #[test]
    fn fields_are_quoted_where_rfc_4180_asks_for_it() {
        for (fields, expected) in [
            (&["a", "b"] as &[&str], "a,b\r\n"),
            (&["a,b", "c"], "\"a,b\",c\r\n"),
            (&["say \"hi\"", ""], "\"say \"\"hi\"\"\",\r\n"),
            (&["two\nlines", "cr\r"], "\"two\nlines\",\"cr\r\"\r\n"),
            (&[" a", "b "], "\" a\",\"b \"\r\n"),
            (&["Zoë", "日本"], "Zoë,日本\r\n"),
            (&[""], "\"\"\r\n"),
        ] {
            assert_eq!(line(false, fields), expected);
        }
    }

    #[test]
    fn a_formula_is_guarded_only_when_asked() {
        for (field, guarded) in [
            ("=1+1", "'=1+1\r\n"),
            ("+49 1", "'+49 1\r\n"),
            ("-1", "'-1\r\n"),
            ("@x", "'@x\r\n"),
            ("\t=1", "\"'\t=1\"\r\n"),
            ("=a,b", "\"'=a,b\"\r\n"),
            ("a=1", "a=1\r\n"),
        ] {
            assert_eq!(line(true, &[field]), guarded);
        }
        assert_eq!(line(false, &["=1+1"]), "=1+1\r\n");
    }

    #[test]
    fn a_long_file_arrives_whole_although_it_is_written_in_pieces() {
        let outbox = MemoryOutbox::new();
        let form = Form { delimiter: ';', bom: true, guard: false };
        let mut table = Table::begin(&outbox, "x.csv", form, ["number", "text"]).unwrap();
        for number in 0..5_000 {
            table.add([number.to_string().as_str(), "some text or other"]).unwrap();
        }
        assert_eq!(outbox.file("x.csv"), None);
        assert_eq!(table.finish(), Ok(5_000));
        let text = outbox.file("x.csv").unwrap();
        assert!(text.starts_with("\u{feff}number;text\r\n0;some text or other\r\n"));
        assert!(text.ends_with("4999;some text or other\r\n"));
        assert_eq!(text.lines().count(), 5_001);
    }

    /// What a reader by the letter of RFC 4180 makes of one line.
    fn read_back(line: &str) -> Vec<String> {
        let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
        let mut letters = line.strip_suffix("\r\n").unwrap().chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '"' if quoted && letters.peek() == Some(&'"') => field.extend(letters.next()),
                '"' => quoted = !quoted,
                ',' if !quoted => fields.push(std::mem::take(&mut field)),
                other => field.push(other),
            }
        }
        fields.push(field);
        fields
    }

    proptest! {
        #[test]
        fn every_field_comes_back(fields in prop::collection::vec("[a,\"\r\n =+é]{0,6}", 1..4)) {
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            prop_assert_eq!(read_back(&line(false, &fields)), fields);
        }
    }
}

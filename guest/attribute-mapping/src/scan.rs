//! Passing over JSON text: where a string or a value ends, without building it.

use memchr::memchr2;
use serde::de::Error as _;
use serde_json::Error;

/// A place in a JSON text (RFC 8259).
#[derive(Debug)]
pub struct Scanner<'j> {
    text: &'j str,
    at: usize,
}

/// A value as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'j> {
    /// All of it; of a string with its quotes.
    pub text: &'j str,
    /// It is a string in which a backslash stands.
    pub escaped: bool,
}

impl<'j> Raw<'j> {
    /// What stands between the quotes of a string.
    pub fn inner(&self) -> &'j str {
        self.text.get(1..self.text.len().saturating_sub(1)).unwrap_or_default()
    }
}

impl<'j> Scanner<'j> {
    /// At the beginning of a text.
    pub fn new(text: &'j str) -> Self {
        Self { text, at: 0 }
    }

    /// Passes over white space and this byte; answers whether it stood there.
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.next() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Passes over white space and this byte, which must stand there.
    pub fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.take(byte) { Ok(()) } else { Err(self.wrong(&format!("`{}`", char::from(byte)))) }
    }

    /// The string here.
    pub fn string(&mut self) -> Result<Raw<'j>, Error> {
        let start = self.start();
        if !self.take(b'"') {
            return Err(self.wrong("a string"));
        }
        let escaped = self.end_of_string()?;
        Ok(Raw { text: self.since(start), escaped })
    }

    /// The value here, whatever it is.
    pub fn value(&mut self) -> Result<Raw<'j>, Error> {
        match self.next() {
            Some(b'"') => self.string(),
            Some(b'{' | b'[') => self.nested(),
            _ => {
                let start = self.at;
                while !matches!(self.byte(), None | Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')) {
                    self.at += 1;
                }
                let text = self.since(start);
                if text.is_empty() { Err(self.wrong("a value")) } else { Ok(Raw { text, escaped: false }) }
            }
        }
    }

    /// Nothing but white space may follow.
    pub fn end(&mut self) -> Result<(), Error> {
        if self.next().is_none() { Ok(()) } else { Err(self.wrong("the end")) }
    }

    /// An object or a list. However deep it is, this takes no more of the stack.
    fn nested(&mut self) -> Result<Raw<'j>, Error> {
        let start = self.at;
        let mut depth = 0usize;
        while let Some(byte) = self.byte() {
            self.at += 1;
            match byte {
                b'"' => {
                    self.end_of_string()?;
                }
                b'{' | b'[' => depth += 1,
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return Ok(Raw { text: self.since(start), escaped: false });
                    }
                }
                _ => {}
            }
        }
        Err(self.wrong("the end of a list or an object"))
    }

    /// Goes behind the closing quote; answers whether there was a backslash on the way.
    fn end_of_string(&mut self) -> Result<bool, Error> {
        let mut escaped = false;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some(found) = memchr2(b'"', b'\\', rest) else {
                self.at = self.text.len();
                return Err(self.wrong("`\"`"));
            };
            self.at += found + 1;
            if rest.get(found) == Some(&b'"') {
                return Ok(escaped);
            }
            escaped = true;
            self.at += 1;
        }
    }

    /// The next byte that is no white space; the scanner stands before it.
    fn next(&mut self) -> Option<u8> {
        while matches!(self.byte(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
        self.byte()
    }

    fn start(&mut self) -> usize {
        self.next();
        self.at
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Both ends are ASCII bytes, so they are boundaries of characters.
    fn since(&self, start: usize) -> &'j str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn wrong(&self, expected: &str) -> Error {
        Error::custom(format!("expected {expected} at byte {}", self.at))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_value_ends_where_it_ends(text in any::<String>(), other in any::<Vec<Option<i64>>>(), space in "[ \n\t]{0,3}") {
            for value in [serde_json::json!(text), serde_json::json!({ text.as_str(): other, "{\"": [text] }), serde_json::json!(other)] {
                let written = value.to_string();
                let all = format!("{space}{written}{space},{written}");
                let mut scanner = Scanner::new(&all);
                prop_assert_eq!(scanner.value().unwrap().text, &written);
                prop_assert!(scanner.take(b','));
                prop_assert_eq!(scanner.value().unwrap().text, &written);
                prop_assert!(scanner.end().is_ok());
            }
        }

        #[test]
        fn no_text_makes_it_panic_or_run_for_ever(text in any::<String>(), bytes in "[\\[\\]{}\",:\\\\ é0]{0,40}") {
            for text in [&text, &bytes] {
                let mut scanner = Scanner::new(text);
                while scanner.value().is_ok() && !scanner.text.is_empty() && scanner.at < scanner.text.len() {}
            }
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let mut scanner = Scanner::new("{\"a\" 1}");
        assert!(scanner.take(b'{'));
        assert_eq!(scanner.string().unwrap().inner(), "a");
        assert_eq!(scanner.expect(b':').unwrap_err().to_string(), "expected `:` at byte 5");
        assert_eq!(Scanner::new("\"a").value().unwrap_err().to_string(), "expected `\"` at byte 2");
        assert_eq!(
            Scanner::new("[{}").value().unwrap_err().to_string(),
            "expected the end of a list or an object at byte 3"
        );
    }
}

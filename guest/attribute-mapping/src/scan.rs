//! Passing over JSON text: where a string or a value ends, without building it.
//!
//! Most of the time of a mapping is spent here. In a sandbox each call of a function and each turn of a loop also looks at the clock, so
//! what is done for every key is written to become one piece of code, and strings are passed over in steps of several bytes.

use serde::de::Error as _;
use serde_json::Error;

/// A place in a JSON text (RFC 8259).
///
/// Where a function is called it gets and gives a place by value: one that is lent has to stand in memory all the time, and not where
/// numbers are fast.
#[derive(Debug, Clone, Copy)]
pub struct Scanner<'j> {
    text: &'j str,
    at: usize,
}

/// A string as it is written, without its quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quoted {
    start: usize,
    end: usize,
    /// A backslash stands in it.
    pub escaped: bool,
}

impl<'j> Scanner<'j> {
    /// At the beginning of a text.
    pub fn new(text: &'j str) -> Self {
        Self { text, at: 0 }
    }

    /// Passes over white space and this byte; answers whether it stood there.
    #[inline(always)]
    pub fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Passes over white space and this byte, which must stand there.
    #[inline(always)]
    pub fn expect(&mut self, byte: u8) -> Result<(), Error> {
        if self.take(byte) { Ok(()) } else { Err((*self).missing(byte)) }
    }

    /// The string here.
    #[inline(always)]
    pub fn string(&mut self) -> Result<Quoted, Error> {
        if !self.take(b'"') {
            return Err((*self).wrong("a string"));
        }
        let start = self.at;
        let escaped = self.end_of_string()?;
        Ok(Quoted { start, end: self.at - 1, escaped })
    }

    /// The bytes of a string, as they are written.
    #[inline(always)]
    pub fn bytes(&self, quoted: Quoted) -> &'j [u8] {
        self.text.as_bytes().get(quoted.start..quoted.end).unwrap_or_default()
    }

    /// A string, as it is written.
    #[inline(always)]
    pub fn inner(&self, quoted: Quoted) -> &'j str {
        self.text.get(quoted.start..quoted.end).unwrap_or_default()
    }

    /// A string with its quotes.
    pub fn whole(&self, quoted: Quoted) -> &'j str {
        self.text.get(quoted.start.saturating_sub(1)..quoted.end + 1).unwrap_or_default()
    }

    /// Passes over the value here, whatever it is.
    #[inline(always)]
    pub fn pass(&mut self) -> Result<(), Error> {
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.end_of_string().map(|_| ())
            }
            Some(b'{' | b'[') => (*self).nested().map(|behind| *self = behind),
            // The most frequent of those without quotes; what stands behind it is looked at next.
            Some(b'n' | b't') if matches!(self.next_four(), Some(b"null" | b"true")) => {
                self.at += 4;
                Ok(())
            }
            _ => (*self).bare().map(|behind| *self = behind),
        }
    }

    /// The text of the value here, whatever it is; of a string with its quotes.
    pub fn value(&mut self) -> Result<&'j str, Error> {
        self.peek();
        let start = self.at;
        self.pass()?;
        Ok(self.since(start))
    }

    /// Nothing but white space may follow.
    pub fn end(&mut self) -> Result<(), Error> {
        if self.peek().is_none() { Ok(()) } else { Err((*self).wrong("the end")) }
    }

    /// The next byte that is no white space; the scanner stands before it.
    #[inline(always)]
    pub fn peek(&mut self) -> Option<u8> {
        match self.byte() {
            Some(byte) if byte > b' ' => Some(byte),
            _ => {
                *self = (*self).after_space();
                self.byte()
            }
        }
    }

    /// How many bytes stand before the scanner.
    pub fn place(&self) -> usize {
        self.at
    }

    /// What stands between a place and the scanner. Both ends are ASCII bytes, so they are boundaries of characters.
    pub fn since(&self, start: usize) -> &'j str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    #[cold]
    #[inline(never)]
    fn after_space(mut self) -> Self {
        while matches!(self.byte(), Some(b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
        self
    }

    /// A number, `true`, `false` or `null`; it is not looked at.
    #[inline(never)]
    fn bare(mut self) -> Result<Self, Error> {
        let start = self.at;
        while !matches!(self.byte(), None | Some(b',' | b'}' | b']' | b' ' | b'\n' | b'\r' | b'\t')) {
            self.at += 1;
        }
        if self.at == start { Err(self.wrong("a value")) } else { Ok(self) }
    }

    /// An object or a list. However deep it is, this takes no more of the stack.
    #[inline(never)]
    fn nested(mut self) -> Result<Self, Error> {
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
                        return Ok(self);
                    }
                }
                _ => {}
            }
        }
        Err(self.wrong("the end of a list or an object"))
    }

    /// Goes behind the closing quote; answers whether there was a backslash on the way.
    #[inline(always)]
    fn end_of_string(&mut self) -> Result<bool, Error> {
        let bytes = self.text.as_bytes();
        let chunk = |at: usize| bytes.get(at..).and_then(|rest| rest.first_chunk());
        let mut at = self.at;
        // Most strings end in the first step, and what is no loop does not look at the clock.
        if let Some(first) = chunk(at) {
            let before = step::before_quote_or_backslash(first);
            at += before;
            if before == step::BYTES {
                while let Some(next) = chunk(at) {
                    let before = step::before_quote_or_backslash(next);
                    at += before;
                    if before < step::BYTES {
                        break;
                    }
                }
            }
        }
        if bytes.get(at) == Some(&b'"') {
            self.at = at + 1;
            return Ok(false);
        }
        self.at = at;
        let (behind, escaped) = (*self).end_of_unusual_string()?;
        *self = behind;
        Ok(escaped)
    }

    /// The same, byte by byte: for strings with a backslash, and the last bytes of a text.
    #[cold]
    #[inline(never)]
    fn end_of_unusual_string(mut self) -> Result<(Self, bool), Error> {
        let mut escaped = false;
        while let Some(byte) = self.byte() {
            self.at += 1;
            match byte {
                b'"' => return Ok((self, escaped)),
                b'\\' => {
                    escaped = true;
                    self.at += 1;
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        Err(self.wrong("`\"`"))
    }

    #[inline(always)]
    fn next_four(&self) -> Option<&'j [u8; 4]> {
        self.text.as_bytes().get(self.at..)?.first_chunk()
    }

    #[inline(always)]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[cold]
    fn missing(self, byte: u8) -> Error {
        self.wrong(&format!("`{}`", char::from(byte)))
    }

    #[cold]
    fn wrong(self, expected: &str) -> Error {
        Error::custom(format!("expected {expected} at byte {}", self.at))
    }
}

/// How many bytes stand before the first quote or backslash; all of them when there is none.
#[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
mod step {
    pub const BYTES: usize = 8;

    /// A byte in each place of a word.
    const EACH: u64 = u64::from_le_bytes([1; BYTES]);

    /// By "Bit Twiddling Hacks", Determine if a word has a byte equal to n: what it says of the first such byte is right, what it says of
    /// those behind may be wrong.
    #[inline(always)]
    pub fn before_quote_or_backslash(chunk: &[u8; BYTES]) -> usize {
        let word = u64::from_le_bytes(*chunk);
        let zeros = |word: u64| word.wrapping_sub(EACH) & !word;
        let found =
            (zeros(word ^ (EACH * b'"' as u64)) | zeros(word ^ (EACH * b'\\' as u64))) & (EACH << (u8::BITS - 1));
        found.trailing_zeros() as usize / 8
    }
}

/// The same with the vectors of WebAssembly.
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod step {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_splat, u64x2, v128_or};

    pub const BYTES: usize = 16;

    #[inline(always)]
    pub fn before_quote_or_backslash(chunk: &[u8; BYTES]) -> usize {
        let word = u128::from_le_bytes(*chunk);
        let bytes = u64x2(word as u64, (word >> u64::BITS) as u64);
        let found = v128_or(u8x16_eq(bytes, u8x16_splat(b'"')), u8x16_eq(bytes, u8x16_splat(b'\\')));
        // One bit for each byte, and one that stands behind them.
        (u32::from(u8x16_bitmask(found)) | 1 << BYTES).trailing_zeros() as usize
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
                prop_assert_eq!(scanner.value().unwrap(), &written);
                prop_assert!(scanner.take(b','));
                prop_assert_eq!(scanner.value().unwrap(), &written);
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
        assert_eq!(scanner.string().map(|name| scanner.inner(name)).unwrap(), "a");
        assert_eq!(scanner.expect(b':').unwrap_err().to_string(), "expected `:` at byte 5");
        assert_eq!(Scanner::new("\"a").value().unwrap_err().to_string(), "expected `\"` at byte 2");
        assert_eq!(
            Scanner::new("[{}").value().unwrap_err().to_string(),
            "expected the end of a list or an object at byte 3"
        );
    }
}

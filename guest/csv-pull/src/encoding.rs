//! From bytes to text.

use serde::Deserialize;

/// How letters are written as bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Encoding {
    /// Unicode.
    #[serde(rename = "utf-8")]
    Utf8,
    /// What Excel in the West writes as plain "CSV".
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// The letters of windows-1252 from 0x80 to 0x9F (WHATWG Encoding Standard, index windows-1252); all others are those of
/// Unicode.
const HIGH: [char; 32] = [
    '\u{20AC}', '\u{81}', '\u{201A}', '\u{192}', '\u{201E}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2C6}', '\u{2030}',
    '\u{160}', '\u{2039}', '\u{152}', '\u{8D}', '\u{17D}', '\u{8F}', '\u{90}', '\u{2018}', '\u{2019}', '\u{201C}',
    '\u{201D}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2DC}', '\u{2122}', '\u{161}', '\u{203A}', '\u{153}', '\u{9D}',
    '\u{17E}', '\u{178}',
];

impl Encoding {
    /// The text of a field; none when the bytes are no text in this encoding.
    pub(crate) fn decode(self, bytes: &[u8]) -> Option<String> {
        match self {
            Encoding::Utf8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
            Encoding::Windows1252 => Some(bytes.iter().map(|byte| letter(*byte)).collect()),
        }
    }
}

fn letter(byte: u8) -> char {
    match byte {
        0x80..=0x9F => HIGH.get(usize::from(byte - 0x80)).copied().unwrap_or(char::from(byte)),
        _ => char::from(byte),
    }
}

/// Why a file that begins like this is no text in any encoding that is known here.
pub(crate) fn foreign(start: &[u8]) -> Option<&'static str> {
    match start {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => Some("it is UTF-16; save it as UTF-8 (Excel: \"CSV UTF-8\")"),
        [b'P', b'K', 3, 4, ..] => Some("it is a workbook or an archive; save it as CSV"),
        [b'<', ..] => Some("it is a web page or XML, not CSV"),
        _ if start.contains(&0) => Some("it is no text"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_read_by_the_encoding() {
        for (encoding, bytes, expected) in [
            (Encoding::Utf8, "Zoë €".as_bytes(), Some("Zoë €")),
            (Encoding::Utf8, b"Zo\xEB", None),
            (Encoding::Windows1252, b"Zo\xEB \x80 \x93x\x94 \x9F", Some("Zoë € \u{201C}x\u{201D} Ÿ")),
        ] {
            assert_eq!(encoding.decode(bytes).as_deref(), expected);
        }
    }

    #[test]
    fn what_is_no_csv_is_recognized_by_its_first_bytes() {
        for (start, known) in [
            (b"\xFF\xFEi\0d\0".as_slice(), true),
            (b"PK\x03\x04", true),
            (b"<!DOCTYPE html>", true),
            (b"id\0", true),
            (b"id,name\n", false),
            (b"", false),
        ] {
            assert_eq!(foreign(start).is_some(), known, "{start:?}");
        }
    }
}

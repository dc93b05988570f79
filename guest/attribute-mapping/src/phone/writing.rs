//! A phone number as people write it: where it begins and ends, and its digits.

/// The digits of a written number.
#[derive(Debug, PartialEq, Eq)]
pub struct Written {
    /// Whether a plus stands before it.
    pub plus: bool,
    /// Its digits as ASCII; letters of a vanity number as the keys that have them.
    pub digits: Vec<u8>,
}

impl Written {
    /// Reads a text; none if it does not look like a phone number (libphonenumber: VALID_PHONE_NUMBER_PATTERN).
    pub fn read(text: &str) -> Option<Self> {
        if let Some(written) = Self::read_plain(text.trim()) {
            return Some(written);
        }
        let text = from_uri(text);
        let start = text.find(|c| is_plus(c) || digit(c).is_some())?;
        let text = without_second_number(text.get(start..)?);
        let text = text.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '#');
        let text = without_extension(text);
        let rest = text.trim_start_matches(is_plus);
        let plus = rest.len() < text.len();
        let mut digits = Vec::with_capacity(17);
        let mut letters = Vec::new();
        for c in rest.chars() {
            match digit(c) {
                Some(digit) => digits.push(digit),
                None if c.is_ascii_alphabetic() => {
                    // A word stands behind at least three digits (1-800-FLOWERS).
                    if digits.len() < 3 && !matches!(c, 'x' | 'X') {
                        return None;
                    }
                    letters.push((digits.len(), c));
                }
                None if is_punctuation(c) => {}
                None => return None,
            }
        }
        if letters.len() >= 3 {
            // Each letter moves the place of those behind it by one.
            for (moved, (place, letter)) in letters.into_iter().enumerate() {
                digits.insert((place + moved).min(digits.len()), key(letter));
            }
        }
        (digits.len() >= 2).then_some(Self { plus, digits })
    }

    /// A number of ASCII digits with the usual signs between them, as nearly all are.
    fn read_plain(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('+').unwrap_or(text);
        let mut digits = Vec::with_capacity(17);
        for byte in rest.bytes() {
            match byte {
                b'0'..=b'9' => digits.push(byte),
                b' ' | b'-' | b'.' | b'(' | b')' => {}
                _ => return None,
            }
        }
        (digits.len() >= 3).then_some(Self { plus: rest.len() < text.len(), digits })
    }
}

/// RFC 3966: `tel:863-1234;phone-context=+1-914-555`.
fn from_uri(text: &str) -> std::borrow::Cow<'_, str> {
    let text = text.trim();
    let number = match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text.get(4..).unwrap_or(""),
        _ => text,
    };
    let Some((number, parameters)) = number.split_once(';') else { return number.into() };
    if parameters.starts_with("ext=") {
        return number.into();
    }
    let context = parameters.split(';').find_map(|parameter| parameter.strip_prefix("phone-context="));
    match context.filter(|context| context.starts_with('+')) {
        Some(context) => format!("{context}{number}").into(),
        None => number.into(),
    }
}

fn is_plus(c: char) -> bool {
    matches!(c, '+' | '\u{ff0b}')
}

/// The value of a decimal digit of any script, as ASCII.
fn digit(c: char) -> Option<u8> {
    /// Where the digits of a script begin (Unicode, category Nd; those scripts that are written today).
    const ZEROS: &[u32] = &[
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50, 0xed0, 0xf20,
        0x1040, 0x17e0, 0x1810, 0xff10,
    ];
    let code = u32::from(c);
    let zero = if code < 0x80 { 0x30 } else { *ZEROS.iter().rev().find(|zero| **zero <= code)? };
    let value = code.checked_sub(zero).filter(|value| *value < 10)?;
    u8::try_from(value).ok().map(|value| b'0' + value)
}

/// What may stand between digits (libphonenumber: VALID_PUNCTUATION, and the star).
fn is_punctuation(c: char) -> bool {
    matches!(c, '-' | '.' | '/' | '(' | ')' | '[' | ']' | '~' | '*' | ' ' | 'x')
        || matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{30fc}' | '\u{ff0d}'..='\u{ff0f}' | '\u{a0}' | '\u{ad}')
        || matches!(c, '\u{200b}' | '\u{2060}' | '\u{3000}' | '\u{ff08}' | '\u{ff09}' | '\u{ff3b}' | '\u{ff3d}')
        || matches!(c, '\u{2053}' | '\u{223c}' | '\u{ff5e}')
}

/// The key of a telephone that has a letter (ITU E.161).
fn key(letter: char) -> u8 {
    match letter.to_ascii_uppercase() {
        'A'..='C' => b'2',
        'D'..='F' => b'3',
        'G'..='I' => b'4',
        'J'..='L' => b'5',
        'M'..='O' => b'6',
        'P'..='S' => b'7',
        'T'..='V' => b'8',
        _ => b'9',
    }
}

/// `650 253 0000/x302` says two numbers that end differently: the first is taken.
fn without_second_number(text: &str) -> &str {
    let second = text.char_indices().find(|(at, c)| {
        let rest = text.get(at + 1..).unwrap_or("");
        matches!(c, '/' | '\\') && rest.trim_start_matches(' ').starts_with('x')
    });
    second.map_or(text, |(at, _)| text.get(..at).unwrap_or(text))
}

/// The number without `ext. 42`, `x42`, `#42` and the like at its end.
fn without_extension(text: &str) -> &str {
    const MARKS: [&str; 10] = ["extension", "extensión", "extn", "ext", "anexo", "доб", "int", "x", "#", "~"];
    let number = text.trim_end_matches('#');
    let digits = number.len() - number.trim_end_matches(|c| digit(c).is_some()).len();
    let before = number.get(..number.len() - digits).unwrap_or("");
    if digits == 0 || before.is_empty() {
        return text;
    }
    let marked = before.trim_end_matches([' ', '\u{a0}', ':', '.', '\u{ff0e}', '-', '\t', ',']);
    let lowered = marked.to_lowercase();
    let Some(mark) = MARKS.iter().find(|mark| lowered.ends_with(**mark)) else { return text };
    // Lower-casing changed a length: the marks are plain letters, so this is no mark of ours.
    let Some(rest) = marked.len().checked_sub(mark.len()).and_then(|end| marked.get(..end)) else { return text };
    let enough = rest.chars().filter(|c| digit(*c).is_some()).count() >= 3;
    if enough { rest.trim_end_matches([' ', '\u{a0}', ',', ';', '-', '\t']) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_found_in_what_people_write() {
        for (text, plus, digits) in [
            ("+1 (425) 555-0100", true, "14255550100"),
            ("Tel. 425.555.0100", false, "4255550100"),
            ("tel:863-1234;phone-context=+1-914-555", true, "19145558631234"),
            ("425 555 0100 ext. 42", false, "4255550100"),
            ("425 555 0100 x42", false, "4255550100"),
            ("425 555 0100 #42", false, "4255550100"),
            ("425 555 0100;ext=42", false, "4255550100"),
            ("425 555 0100/x302", false, "4255550100"),
            ("1-800-FLOWERS", false, "18003569377"),
            ("٠١٠٠ ١٢٣", false, "0100123"),
            ("＋８１ ３", true, "813"),
        ] {
            let read = Written::read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!((read.plus, std::str::from_utf8(&read.digits).unwrap()), (plus, digits), "{text}");
        }
        for text in ["", "none", "+", "1", "call 12 now!", "425€555", "12ab"] {
            assert_eq!(Written::read(text), None, "{text}");
        }
    }
}

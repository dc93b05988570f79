//! Letters without their marks (`NormalizeDiacritics`).

use std::borrow::Cow;

use unicode_normalization::char::decompose_canonical;

/// Latin and Greek letters without marks; ligatures and letters with strokes as plain ones.
///
/// Marks of other scripts stay: there they are vowels and tones, and a name without them is another name.
pub fn plain_letters(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.is_ascii() {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    let mut strip = false;
    for c in text.chars() {
        if is_mark(c) {
            if !strip {
                out.push(c);
            }
            continue;
        }
        let mut base = c;
        let mut first = true;
        decompose_canonical(c, |part| {
            if first {
                base = part;
                first = false;
            }
        });
        strip = is_latin_or_greek(base);
        match spelled(base) {
            Some(letters) => out.push_str(letters),
            None if strip => out.push(base),
            None => out.push(c),
        }
    }
    out.into()
}

/// The combining marks of Latin, Greek and Cyrillic.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}' | '\u{fe20}'..='\u{fe2f}')
}

fn is_latin_or_greek(c: char) -> bool {
    c.is_ascii_alphabetic()
        || matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}' | '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}')
            && !matches!(c, '\u{d7}' | '\u{f7}' | '\u{37e}' | '\u{387}')
}

/// Letters that no decomposition makes plain. The first row is Microsoft's table; the second is ours.
fn spelled(c: char) -> Option<&'static str> {
    Some(match c {
        'æ' => "ae",
        'Æ' => "AE",
        'ø' | 'œ' => "oe",
        'Ø' | 'Œ' => "OE",
        'ß' => "ss",
        'ł' => "l",
        'Ł' => "L",
        'ı' => "i",
        'ẞ' => "SS",
        'đ' | 'ð' => "d",
        'Đ' | 'Ð' => "D",
        'ħ' => "h",
        'Ħ' => "H",
        'ŧ' => "t",
        'Ŧ' => "T",
        'þ' => "th",
        'Þ' => "TH",
        _ => return None,
    })
}

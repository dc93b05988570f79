//! "String and regex operations are not case sensitive" (Microsoft: dynamic membership rules, Supported expression operators).
//!
//! Which folding the service uses is not documented. Ours is Unicode's *simple case folding* (CaseFolding.txt, statuses C and
//! S): character by character, the same in every locale, and the one that regular expressions use here. So `ZÜRICH` equals
//! `Zürich` and the final sigma equals the others; `ß` does not equal `ss`, the Turkish dotted and dotless i equal only
//! themselves, and composed and decomposed accents stay different.

/// The text with each character folded. Two texts are the same ignoring case when their folded texts are the same.
///
/// ```
/// use group_rules::language::fold::fold;
/// assert_eq!(fold("ZÜRICH"), fold("Zürich"));
/// assert_ne!(fold("STRASSE"), fold("Straße"));
/// ```
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    fold_into(text, &mut folded);
    folded
}

/// Folds into a buffer that is emptied first, for the paths where an allocation for each value would cost.
pub fn fold_into(text: &str, folded: &mut String) {
    folded.clear();
    if text.is_ascii() {
        folded.push_str(text);
        folded.make_ascii_lowercase();
    } else {
        folded.extend(text.chars().map(fold_character));
    }
}

/// Simple case folding of one character.
pub fn fold_character(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    match c {
        // Folded only by Turkish rules (status T).
        'ı' | 'İ' => c,
        // Their upper case is more than one character, yet they fold to one (status S).
        'ẞ' => 'ß',
        '\u{1FD3}' => '\u{0390}',
        '\u{1FE3}' => '\u{03B0}',
        '\u{FB05}' => '\u{FB06}',
        // Cherokee folds to its capitals (CaseFolding.txt: 13F8..13FD and AB70..ABBF).
        '\u{13A0}'..='\u{13F5}' => c,
        '\u{13F8}'..='\u{13FD}' | '\u{AB70}'..='\u{ABBF}' => single(c.to_uppercase()).unwrap_or(c),
        _ => {
            let upper = single(c.to_uppercase()).unwrap_or(c);
            single(upper.to_lowercase()).unwrap_or(upper)
        }
    }
}

/// The only character of a mapping, if it has just one.
fn single(mut mapping: impl Iterator<Item = char>) -> Option<char> {
    let first = mapping.next()?;
    if mapping.next().is_some() { None } else { Some(first) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};
    use std::collections::BTreeMap;

    #[test]
    fn folding_puts_together_exactly_what_a_regular_expression_that_ignores_case_does() {
        let mut wrong = Vec::new();
        let mut classes: BTreeMap<char, Vec<char>> = BTreeMap::new();
        for c in (0..=0x10FFFF_u32).filter_map(char::from_u32) {
            classes.entry(fold_character(c)).or_default().push(c);
        }
        for c in (0..=0x10FFFF_u32).filter_map(char::from_u32) {
            let mut same = ClassUnicode::new([ClassUnicodeRange::new(c, c)]);
            same.case_fold_simple();
            let expected: Vec<char> = same.iter().flat_map(|range| range.start()..=range.end()).collect();
            // Letters of Unicode 17, which the library's tables know and the engine's do not yet.
            let is_new = matches!(c, '\u{A7CE}'..='\u{A7D5}' | '\u{16EA0}'..='\u{16EDF}');
            if classes[&fold_character(c)] != expected && !is_new {
                wrong.push(format!("{c:?} {:04X}: {expected:?}", c as u32));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for c in (0..=0x10FFFF_u32).filter_map(char::from_u32) {
            assert_eq!(fold_character(fold_character(c)), fold_character(c));
        }
    }
}

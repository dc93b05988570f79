//! Keys of groups; the scheme is told in [`crate::groups`].

use super::settings::Case;
use crate::language::fold::fold;

/// The longest key.
pub const MAX_KEY: usize = 200;
/// The longest value that makes a group.
pub const MAX_VALUE: usize = 256;

/// A key made of a name: letters and digits in lower case, and `-` for whatever stands between them.
///
/// ```
/// assert_eq!(group_rules::groups::key::from_name("Sales & Support (EMEA)"), "sales-support-emea");
/// ```
pub fn from_name(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for c in fold(name).chars() {
        if c.is_alphanumeric() {
            key.push(c);
        } else if !key.is_empty() && !key.ends_with('-') {
            key.push('-');
        }
    }
    key.truncate(key.trim_end_matches('-').len());
    key
}

/// Why a key that somebody chose cannot be one.
pub fn problem(key: &str) -> Option<&'static str> {
    if key.is_empty() {
        Some("A key can't be empty.")
    } else if key.chars().count() > MAX_KEY {
        Some("A key has at most 200 characters.")
    } else if key.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, ':' | '/' | '%')) {
        Some("A key has no white space and none of the characters `:`, `/` and `%`.")
    } else {
        None
    }
}

/// A value as keys and names show it; none when nothing is left of it, or it is too long for a name.
pub fn value(text: &str, case: Case) -> Option<String> {
    let mut shown = String::with_capacity(text.len());
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !shown.is_empty() {
            shown.push(' ');
        }
        match case {
            Case::Exact => shown.push_str(word),
            Case::Upper => shown.push_str(&word.to_uppercase()),
            Case::Lower => shown.push_str(&word.to_lowercase()),
            Case::Title => {
                let mut letters = word.chars();
                if let Some(first) = letters.next() {
                    // A letter whose capital is two (ß) stays, or the value would change when it is read again.
                    let mut capital = first.to_uppercase();
                    shown.push(if capital.len() == 1 { capital.next().unwrap_or(first) } else { first });
                }
                shown.push_str(&letters.as_str().to_lowercase());
            }
        }
    }
    if shown.is_empty() || shown.chars().count() > MAX_VALUE { None } else { Some(shown) }
}

/// The key of the group of these values.
pub fn of_values<'a>(prefix: &str, values: impl IntoIterator<Item = &'a str>) -> String {
    let mut key = format!("{prefix}:");
    for (place, value) in values.into_iter().enumerate() {
        if place > 0 {
            key.push('/');
        }
        for c in value.chars() {
            match c {
                '%' => key.push_str("%25"),
                '/' => key.push_str("%2F"),
                _ => key.push(c),
            }
        }
    }
    key
}

/// The values in a key, if it is one of these groups'. The opposite of [`of_values`].
pub fn values(prefix: &str, key: &str) -> Option<Vec<String>> {
    let values = key.strip_prefix(prefix)?.strip_prefix(':')?;
    Some(values.split('/').map(|value| value.replace("%2F", "/").replace("%25", "%")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_shown_tidily_in_the_case_that_was_asked_for() {
        for (text, case, expected) in [
            ("  Field\t Service ", Case::Exact, Some("Field Service")),
            ("field SERVICE", Case::Title, Some("Field Service")),
            ("straße", Case::Upper, Some("STRASSE")),
            ("ÉCOLE", Case::Lower, Some("école")),
            (" \n ", Case::Exact, None),
        ] {
            assert_eq!(value(text, case).as_deref(), expected, "{text:?}");
        }
        assert_eq!(value(&"x".repeat(257), Case::Exact), None);
    }

    #[test]
    fn a_chosen_key_is_one_word() {
        assert_eq!(problem("sales-emea.2"), None);
        for wrong in ["", "a b", "a:b", "a/b", "a%b", &"x".repeat(201)] {
            assert!(problem(wrong).is_some(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_tidy_value_stays_as_it_is(text in "\\PC{0,12}") {
            for case in [Case::Exact, Case::Upper, Case::Lower, Case::Title] {
                if let Some(tidy) = value(&text, case) {
                    let again = value(&tidy, case);
                    prop_assert_eq!(again.as_ref(), Some(&tidy), "{:?}", case);
                }
            }
        }

        #[test]
        fn the_values_of_a_key_are_found_again(values_in in proptest::collection::vec("[a%/2F: ]{1,5}", 1..4)) {
            let key = of_values("k", values_in.iter().map(String::as_str));
            prop_assert_eq!(values("k", &key), Some(values_in));
        }
    }
}

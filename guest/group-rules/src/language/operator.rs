//! The words between a property and a value.

use rollcall_sdk::settings::nearest;

/// An operator that compares a property with a value. The negative ones are [`Operator`] with `negated` (see [`comparing`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    Equals,
    StartsWith,
    EndsWith,
    Contains,
    Match,
    In,
    AtMost,
    AtLeast,
}

/// What an operator word means where a comparison expects one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparing {
    /// A comparison; true for the negative operator.
    Compare(Operator, bool),
    /// `-any`: for at least one item.
    Any,
    /// `-all`: for every item, also when there is none.
    All,
}

/// The operators in their listed spelling.
const COMPARING: [(&str, Comparing); 16] = [
    ("eq", Comparing::Compare(Operator::Equals, false)),
    ("ne", Comparing::Compare(Operator::Equals, true)),
    ("startsWith", Comparing::Compare(Operator::StartsWith, false)),
    ("notStartsWith", Comparing::Compare(Operator::StartsWith, true)),
    ("endsWith", Comparing::Compare(Operator::EndsWith, false)),
    ("notEndsWith", Comparing::Compare(Operator::EndsWith, true)),
    ("contains", Comparing::Compare(Operator::Contains, false)),
    ("notContains", Comparing::Compare(Operator::Contains, true)),
    ("match", Comparing::Compare(Operator::Match, false)),
    ("notMatch", Comparing::Compare(Operator::Match, true)),
    ("in", Comparing::Compare(Operator::In, false)),
    ("notIn", Comparing::Compare(Operator::In, true)),
    ("le", Comparing::Compare(Operator::AtMost, false)),
    ("ge", Comparing::Compare(Operator::AtLeast, false)),
    ("any", Comparing::Any),
    ("all", Comparing::All),
];

/// The operator that this word is, in any case.
pub(crate) fn comparing(word: &str) -> Option<Comparing> {
    COMPARING.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, comparing)| *comparing)
}

/// The listed spelling of an operator.
pub(crate) fn name(operator: Operator, negated: bool) -> &'static str {
    let wanted = Comparing::Compare(operator, negated);
    COMPARING.iter().find(|(_, comparing)| *comparing == wanted).map_or("", |(name, _)| name)
}

/// What to write in place of what is no operator.
pub(crate) fn instead_of(word: &str) -> Option<&'static str> {
    let known = match word.to_ascii_lowercase().as_str() {
        "=" | "==" | "===" | "equals" | "equal" | "is" => "-eq",
        "!=" | "<>" | "!" | "!==" | "neq" | "notequals" | "isnot" => "-ne",
        "<" | "<=" | "lt" | "lte" => "-le",
        ">" | ">=" | "gt" | "gte" => "-ge",
        "like" => "-startsWith",
        "notlike" => "-notStartsWith",
        "regex" | "matches" => "-match",
        "includes" | "has" => "-contains",
        "begins" | "beginswith" => "-startsWith",
        "anyof" => "-in",
        _ => {
            return nearest(word.get(..40).unwrap_or(word), COMPARING.iter().map(|(name, _)| *name))
                .and_then(|name| HYPHENATED.iter().find(|hyphenated| hyphenated.get(1..) == Some(name)))
                .copied();
        }
    };
    Some(known)
}

/// The operators as a suggestion shows them.
const HYPHENATED: [&str; 16] = [
    "-eq",
    "-ne",
    "-startsWith",
    "-notStartsWith",
    "-endsWith",
    "-notEndsWith",
    "-contains",
    "-notContains",
    "-match",
    "-notMatch",
    "-in",
    "-notIn",
    "-le",
    "-ge",
    "-any",
    "-all",
];

/// The words that join expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Logic {
    And,
    Or,
    Not,
}

/// The joining word that this is, in any case.
pub(crate) fn logic(word: &str) -> Option<Logic> {
    [("and", Logic::And), ("or", Logic::Or), ("not", Logic::Not)]
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(word))
        .map(|(_, logic)| logic)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_known_in_any_case() {
        assert_eq!(comparing("NOTSTARTSWITH"), Some(Comparing::Compare(Operator::StartsWith, true)));
        assert_eq!(comparing("lt"), None);
        assert_eq!(name(Operator::In, true), "notIn");
    }

    #[test]
    fn the_right_operator_is_suggested() {
        for (word, expected) in [
            ("=", Some("-eq")),
            ("-", None),
            ("lt", Some("-le")),
            ("gt", Some("-ge")),
            ("startWith", Some("-startsWith")),
            ("contain", Some("-contains")),
            ("frobnicate", None),
        ] {
            assert_eq!(instead_of(word), expected, "{word}");
        }
    }

    #[test]
    fn each_operator_is_shown_with_its_hyphen() {
        for ((name, _), shown) in COMPARING.iter().zip(HYPHENATED) {
            assert_eq!(format!("-{name}"), shown);
        }
    }
}

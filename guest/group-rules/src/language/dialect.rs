//! From .NET's spelling of regular expressions to that of the Rust engines.
//!
//! Which flavour `-match` has is not documented; the service is a .NET one. The two spellings agree on nearly everything that
//! rules use; this rewrites the rest. Reference: Microsoft, ".NET regular expressions", Character classes and Escapes.
//!
//! | .NET | here | why |
//! | --- | --- | --- |
//! | `{` that is no quantifier | `\{` | a literal in .NET, an error here |
//! | `[a[b]`, `[a&&b]` | `[a\[b]`, `[a\&&b]` | .NET has no nested classes and no intersection |
//! | `[a-z-[aeiou]]` | `[a-z--[aeiou]]` | subtraction |
//! | `\<`, `\>` | `<`, `>` | word boundaries here |
//! | `\Z` | `(?:\n?\z)` | the end, or before a last line break |
//! | `(?'name'...)`, `(?#...)`, `(?n)` | `(?<name>...)`, nothing, nothing | which groups are kept does not matter here |
//! | `a**`, `a{2}+` | an error | .NET has no quantifier of a quantifier |

use std::borrow::Cow;

/// A pattern in the Rust spelling.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Translated<'a> {
    /// Borrowed when nothing had to change, so that positions in it are those in the source.
    pub text: Cow<'a, str>,
    /// True when it looks around, refers back or is atomic: only a backtracking engine does that.
    pub backtracks: bool,
    /// Where in the source a quantifier stands behind another, in bytes: an error in .NET, but not in the Rust engines.
    pub nested_quantifier: Option<usize>,
}

/// Rewrites a pattern. What is malformed stays as it is: the engine's own message is the better one.
pub(crate) fn translate(source: &str) -> Translated<'_> {
    let mut translator = Translator { rest: source, out: String::with_capacity(source.len() + 8), backtracks: false };
    let mut before = Before::Other;
    let mut nested_quantifier = None;
    while let Some(c) = translator.take() {
        let place = source.len() - translator.rest.len() - c.len_utf8();
        let is_quantifier = matches!(c, '*' | '+' | '?') || (c == '{' && translator.is_quantifier());
        before = match before {
            _ if !is_quantifier => Before::Other,
            Before::Other => Before::Quantifier,
            Before::Quantifier if c == '?' => Before::Lazy,
            Before::Quantifier | Before::Lazy => {
                nested_quantifier = nested_quantifier.or(Some(place));
                Before::Lazy
            }
        };
        match c {
            '\\' => translator.escape(false),
            '[' => translator.class(),
            '{' if is_quantifier => translator.quantifier(),
            '{' => translator.out.push_str("\\{"),
            '}' => translator.out.push_str("\\}"),
            '(' => translator.group(),
            _ => translator.out.push(c),
        }
    }
    let text = if translator.out == source { Cow::Borrowed(source) } else { Cow::Owned(translator.out) };
    Translated { text, backtracks: translator.backtracks, nested_quantifier }
}

/// What stands before a part of a pattern, as far as a quantifier cares.
#[derive(Clone, Copy)]
enum Before {
    Other,
    Quantifier,
    /// A quantifier with its question mark.
    Lazy,
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
    backtracks: bool,
}

impl Translator<'_> {
    fn take(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        Some(c)
    }

    fn accept(&mut self, start: &str) -> bool {
        match self.rest.strip_prefix(start) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, in_class: bool) {
        let Some(c) = self.take() else { return self.out.push('\\') };
        match c {
            '<' | '>' => self.out.push(c),
            'Z' if !in_class => self.out.push_str("(?:\\n?\\z)"),
            'G' if !in_class => self.out.push_str("\\A"),
            'b' if in_class => self.out.push_str("\\x08"),
            'e' => self.out.push_str("\\x1B"),
            'c' => match self.rest.chars().next() {
                Some(control) if control.is_ascii_alphabetic() => {
                    self.take();
                    let code = control.to_ascii_uppercase() as u32 - 64;
                    self.out.push_str(&format!("\\x{code:02X}"));
                }
                _ => self.out.push_str("\\c"),
            },
            '0' => {
                let digits: String = self.rest.chars().take(2).take_while(|c| c.is_digit(8)).collect();
                self.rest = self.rest.get(digits.len()..).unwrap_or("");
                let code = u32::from_str_radix(&digits, 8).unwrap_or(0);
                self.out.push_str(&format!("\\x{code:02X}"));
            }
            '1'..='9' | 'k' if !in_class => {
                self.backtracks = true;
                self.out.push('\\');
                self.out.push(c);
            }
            // The name of a class stands in braces: they are no quantifier, and no letters.
            'p' | 'P' if self.rest.starts_with('{') => {
                let end = self.rest.find('}').map_or(self.rest.len(), |end| end + 1);
                let (name, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
                self.out.push('\\');
                self.out.push(c);
                self.out.push_str(name);
                self.rest = rest;
            }
            _ if !c.is_ascii() => self.out.push(c),
            _ => {
                self.out.push('\\');
                self.out.push(c);
            }
        }
    }

    /// True for `2}`, `2,}`, `2,5}`: what follows a brace that repeats.
    fn is_quantifier(&self) -> bool {
        let Some((inside, _)) = self.rest.split_once('}') else { return false };
        let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
        !least.is_empty() && least.bytes().chain(most.bytes()).all(|c| c.is_ascii_digit())
    }

    fn quantifier(&mut self) {
        self.out.push('{');
        while let Some(c) = self.take() {
            self.out.push(c);
            if c == '}' {
                return;
            }
        }
    }

    /// What follows an opening parenthesis.
    fn group(&mut self) {
        if self.accept("?#") {
            // A comment ends at the first closing parenthesis.
            while self.take().is_some_and(|c| c != ')') {}
            return;
        }
        self.out.push('(');
        if self.accept("?'") {
            self.out.push_str("?<");
            while let Some(c) = self.take() {
                if c == '\'' {
                    return self.out.push('>');
                }
                self.out.push(c);
            }
        }
        self.flags();
        self.backtracks |= ["?=", "?!", "?<=", "?<!", "?>", "?("].iter().any(|start| self.rest.starts_with(start));
    }

    /// Drops `n` (explicit captures) from flags such as `?in-s` behind an opening parenthesis.
    fn flags(&mut self) {
        let Some(flags) = self.rest.strip_prefix('?') else { return };
        let end = flags.find(|c: char| !matches!(c, 'i' | 'm' | 'n' | 's' | 'x' | '-')).unwrap_or(flags.len());
        let (flags, rest) = flags.split_at_checked(end).unwrap_or((flags, ""));
        if !flags.contains('n') || !rest.starts_with([':', ')']) {
            return;
        }
        let kept = flags.replace('n', "");
        let kept = kept.strip_suffix('-').unwrap_or(&kept);
        self.out.push('?');
        self.out.push_str(kept);
        // Without any flag it must be a group, if an empty one.
        self.out.push_str(if kept.is_empty() && rest.starts_with(')') { ":" } else { "" });
        self.rest = rest;
    }

    /// What follows an opening square bracket, up to its end. Subtracted classes nest; their depth is bounded by the length of a
    /// rule and the walk does not recurse.
    fn class(&mut self) {
        let mut depth = 1;
        self.open_class();
        while let Some(c) = self.take() {
            match c {
                ']' => {
                    self.out.push(']');
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                '\\' => self.escape(true),
                '-' if self.rest.starts_with('[') => {
                    self.take();
                    self.out.push_str("--");
                    depth += 1;
                    self.open_class();
                }
                '-' if self.rest.starts_with('-') => {
                    self.take();
                    self.out.push_str("-\\-");
                }
                '[' | '&' | '~' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                _ => self.out.push(c),
            }
        }
    }

    fn open_class(&mut self) {
        self.out.push('[');
        if self.accept("^") {
            self.out.push('^');
        }
        // In first place it is a literal.
        if self.accept("]") {
            self.out.push_str("\\]");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_both_spell_alike_stays_as_it_is() {
        for pattern in [
            r"^Da.*",
            r"^\d{5}(-\d{4})?$",
            r"[a-z]+\.[a-z]+@",
            r"\bHR\b",
            r"(?<n>a)",
            r"a{2,}",
            r"[^]]",
            "营業",
            r"[\w-]",
            r"\p{Lu}\P{L}{2}[\p{Nd}{]",
            "a*?b+?c??d{2,3}?",
        ] {
            let translated = translate(pattern);
            if pattern != "[^]]" {
                let same = Translated { text: Cow::Borrowed(pattern), backtracks: false, nested_quantifier: None };
                assert_eq!(translated, same);
            }
        }
    }

    #[test]
    fn what_is_spelt_differently_is_rewritten() {
        for (source, expected) in [
            ("a{b", r"a\{b"),
            ("{,5}", r"\{,5\}"),
            ("[a[b]", r"[a\[b]"),
            ("[a&&b]", r"[a\&\&b]"),
            ("[a-z-[aeiou]]", "[a-z--[aeiou]]"),
            ("[]a]", r"[\]a]"),
            (r"\<b\>", "<b>"),
            (r"x\Z", r"x(?:\n?\z)"),
            (r"[\b]", r"[\x08]"),
            ("(?'year'a)", "(?<year>a)"),
            ("a(?#why)b", "ab"),
            (r"\ü", "ü"),
            (r"\0", r"\x00"),
            ("[+--]", r"[+-\-]"),
            ("\\", "\\"),
            (r"\p{L", r"\p{L"),
            ("(?n)(a)(?in-s:b)(?n:c)(?x-n)d", "(?:)(a)(?i-s:b)(?:c)(?x)d"),
        ] {
            assert_eq!(translate(source).text, expected, "{source}");
        }
    }

    #[test]
    fn a_quantifier_behind_another_is_noticed() {
        for (source, place) in [
            ("a**", Some(2)),
            ("a{2}{3}", Some(4)),
            ("é*?*", Some(4)),
            ("(a+)+?+", Some(6)),
            ("a*?", None),
            ("(a*)*", None),
            (r"a*\+", None),
            ("a*{", None),
            ("a*[+]", None),
        ] {
            assert_eq!(translate(source).nested_quantifier, place, "{source}");
        }
    }

    #[test]
    fn look_around_back_references_and_atomic_groups_need_backtracking() {
        for pattern in ["a(?=b)", "a(?!b)", "(?<=a)b", "(?<!a)b", "(?>a)", r"(a)\1", r"(?<n>a)\k<n>", "(a)?(?(1)b|c)"] {
            assert!(translate(pattern).backtracks, "{pattern}");
        }
        for pattern in ["(?:a)", "(?<n>a)", r"\d", r"[\1]", "(?i)a"] {
            assert!(!translate(pattern).backtracks, "{pattern}");
        }
    }
}

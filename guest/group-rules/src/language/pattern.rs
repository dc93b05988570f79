//! Regular expressions: `-match`, found anywhere, ignoring case.
//!
//! | pattern | how it is decided |
//! | --- | --- |
//! | `^Da.*`, `@contoso\.com$`, `^(Engineer\|Architect)$` | as texts: nothing is left of the pattern but the texts in it |
//! | most others | by an engine whose time is linear in the value, whatever the pattern |
//! | look-around, back-references, atomic groups | by a backtracking engine that gives up after [`BACKTRACK_LIMIT`] steps |

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use fancy_regex::RegexBuilder;
use regex_automata::meta;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_automata::util::syntax;
use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use super::dialect::translate;
use super::fold::fold;

/// Steps of the backtracking engine for one value: about a millisecond. A pattern that needs more is hostile or mistaken.
pub const BACKTRACK_LIMIT: usize = 20_000;
/// Longer values are not given to the backtracking engine: its steps can each take as long as the value is.
const BACKTRACK_VALUE: usize = 4_096;
/// Counted repetitions multiply: `\w{1000}` becomes a machine of half a million states.
const MAX_STATES: usize = 60_000;

/// A regular expression. Cheap to clone; equal when the source is equal.
#[derive(Clone)]
pub struct Pattern(Arc<Inner>);

struct Inner {
    source: Box<str>,
    form: Form,
}

enum Form {
    Texts(Texts),
    Linear { translated: Box<str>, required: Option<Box<str>>, alone: OnceLock<Option<meta::Regex>> },
    Backtracking(Box<fancy_regex::Regex>),
}

/// A pattern that says no more than: one of these (folded) texts, anywhere or at the beginning or end.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Texts {
    pub at_start: bool,
    pub at_end: bool,
    pub texts: Vec<Box<str>>,
}

/// How the index decides a pattern.
pub(crate) enum Decided<'a> {
    Texts(&'a Texts),
    /// By a machine, from this spelling. Without the required (folded) text somewhere in the value it cannot match.
    Linear {
        translated: &'a str,
        required: Option<&'a str>,
    },
    Alone,
}

/// Why a pattern is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PatternError {
    pub message: String,
    /// Where in the pattern, in bytes, when that is known.
    pub range: Option<(usize, usize)>,
}

impl Pattern {
    /// Checks a pattern.
    pub(crate) fn parse(source: &str) -> Result<Self, PatternError> {
        let translated = translate(source);
        if let Some(place) = translated.nested_quantifier {
            let message = "a quantifier stands behind another".to_owned();
            return Err(PatternError { message, range: Some((place, place + 1)) });
        }
        let form = if translated.backtracks {
            let regex = RegexBuilder::new(&translated.text)
                .case_insensitive(true)
                .backtrack_limit(BACKTRACK_LIMIT)
                .delegate_size_limit(1 << 20)
                .max_prog_size(1 << 16)
                .build()
                .map_err(|error| PatternError { message: one_line(&error.to_string()), range: None })?;
            Form::Backtracking(Box::new(regex))
        } else {
            let hir = ParserBuilder::new().build().parse(&translated.text).map_err(|error| {
                let (message, span) = match &error {
                    regex_syntax::Error::Parse(error) => (error.kind().to_string(), Some(*error.span())),
                    regex_syntax::Error::Translate(error) => (error.kind().to_string(), Some(*error.span())),
                    _ => (one_line(&error.to_string()), None),
                };
                let same = matches!(translated.text, std::borrow::Cow::Borrowed(_));
                PatternError {
                    message,
                    range: span
                        .filter(|_| same)
                        .map(|span| (span.start.offset, span.end.offset.max(span.start.offset + 1))),
                }
            })?;
            if states(&hir) > MAX_STATES {
                let message = "its repetitions make it too large; use smaller counts".to_owned();
                return Err(PatternError { message, range: None });
            }
            // A flag in the pattern can turn case back on.
            match if translated.text.contains("(?") { None } else { texts(&hir) } {
                Some(texts) => Form::Texts(texts),
                None => Form::Linear {
                    translated: translated.text.into(),
                    required: required(&hir).map(Into::into),
                    alone: OnceLock::new(),
                },
            }
        };
        Ok(Pattern(Arc::new(Inner { source: source.into(), form })))
    }

    /// The pattern as it was written.
    pub fn source(&self) -> &str {
        &self.0.source
    }

    /// Whether it is found in the text. The error is a sentence: the pattern took too long.
    pub fn is_match(&self, text: &str) -> Result<bool, String> {
        match &self.0.form {
            Form::Texts(wanted) => Ok(wanted.is_match(&fold(text))),
            Form::Linear { translated, alone, .. } => match alone.get_or_init(|| self::alone(translated)) {
                Some(regex) => Ok(regex.is_match(text)),
                None => Err(format!("The regular expression \"{}\" is too large.", self.source())),
            },
            Form::Backtracking(_) if text.len() > BACKTRACK_VALUE => {
                Err(format!("The value is too long for the regular expression \"{}\".", self.source()))
            }
            Form::Backtracking(regex) => regex
                .is_match(text)
                .map_err(|_| format!("The regular expression \"{}\" took too long and was stopped.", self.source())),
        }
    }

    pub(crate) fn decided(&self) -> Decided<'_> {
        match &self.0.form {
            Form::Texts(texts) => Decided::Texts(texts),
            Form::Linear { translated, required, .. } => Decided::Linear { translated, required: required.as_deref() },
            Form::Backtracking(_) => Decided::Alone,
        }
    }
}

impl Texts {
    fn is_match(&self, folded: &str) -> bool {
        self.texts.iter().any(|text| match (self.at_start, self.at_end) {
            (true, true) => folded == &**text,
            (true, false) => folded.starts_with(&**text),
            (false, true) => folded.ends_with(&**text),
            (false, false) => folded.contains(&**text),
        })
    }
}

/// One machine for many patterns.
pub(crate) fn set<'a>(patterns: impl IntoIterator<Item = &'a str>) -> Result<meta::Regex, Box<meta::BuildError>> {
    build(patterns, meta::Config::new().match_kind(regex_automata::MatchKind::All).hybrid_cache_capacity(2 << 20))
}

/// A machine for one pattern. There may be hundreds: this one keeps no table of states, which is small, and fast enough for what
/// is asked only when a required text was found.
fn alone(pattern: &str) -> Option<meta::Regex> {
    build([pattern], meta::Config::new().hybrid(false)).ok()
}

fn build<'a>(
    patterns: impl IntoIterator<Item = &'a str>,
    config: meta::Config,
) -> Result<meta::Regex, Box<meta::BuildError>> {
    let patterns: Vec<&str> = patterns.into_iter().collect();
    meta::Builder::new()
        .syntax(syntax::Config::new().case_insensitive(true))
        .configure(config.nfa_size_limit(Some(16 << 20)).onepass(false).which_captures(WhichCaptures::None))
        .build_many(&patterns)
        .map_err(Box::new)
}

/// The texts that a pattern consists of, if it does of nothing else.
fn texts(hir: &Hir) -> Option<Texts> {
    let parts = match hir.kind() {
        HirKind::Concat(parts) => parts.as_slice(),
        _ => std::slice::from_ref(hir),
    };
    let is_look = |part: Option<&Hir>, look: Look| part.is_some_and(|part| *part.kind() == HirKind::Look(look));
    let at_start = is_look(parts.first(), Look::Start);
    let at_end = is_look(parts.last(), Look::End) && !(at_start && parts.len() == 1);
    let mut parts = parts.get(usize::from(at_start)..parts.len() - usize::from(at_end))?;
    // What may be absent says nothing at an end that is open.
    let is_optional = |part: &Hir| matches!(part.kind(), HirKind::Repetition(repetition) if repetition.min == 0);
    while let (false, Some((first, rest))) = (at_start, parts.split_first()) {
        if !is_optional(first) {
            break;
        }
        parts = rest;
    }
    while let (false, Some((last, rest))) = (at_end, parts.split_last()) {
        if !is_optional(last) {
            break;
        }
        parts = rest;
    }
    let texts = match parts {
        [] => vec!["".into()],
        [one] => alternatives(one)?,
        _ => return None,
    };
    Some(Texts { at_start, at_end, texts })
}

fn alternatives(hir: &Hir) -> Option<Vec<Box<str>>> {
    match hir.kind() {
        HirKind::Empty => Some(vec!["".into()]),
        HirKind::Literal(literal) => Some(vec![fold(std::str::from_utf8(&literal.0).ok()?).into()]),
        HirKind::Capture(capture) => alternatives(&capture.sub),
        HirKind::Alternation(branches) => {
            let branches: Option<Vec<_>> = branches
                .iter()
                .map(|branch| match branch.kind() {
                    HirKind::Literal(literal) => std::str::from_utf8(&literal.0).ok().map(|text| fold(text).into()),
                    _ => None,
                })
                .collect();
            branches
        }
        _ => None,
    }
}

/// The longest text that every match has in it, if it is long enough to be rare.
fn required(hir: &Hir) -> Option<String> {
    let longest = match hir.kind() {
        HirKind::Literal(literal) => fold(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Capture(capture) => required(&capture.sub)?,
        HirKind::Repetition(repetition) if repetition.min > 0 => required(&repetition.sub)?,
        HirKind::Concat(parts) => parts.iter().filter_map(required).max_by_key(String::len)?,
        _ => return None,
    };
    if longest.len() >= 3 { Some(longest) } else { None }
}

/// About how many states a machine for this would have. The parser bounds the depth.
fn states(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 1,
        HirKind::Literal(literal) => literal.0.len(),
        HirKind::Class(Class::Unicode(class)) => class.ranges().len().max(1),
        HirKind::Class(Class::Bytes(_)) => 1,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1);
            states(&repetition.sub).saturating_mul(times as usize)
        }
        HirKind::Capture(capture) => states(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().map(states).fold(0, usize::saturating_add),
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pattern").field(&self.source()).finish()
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.source().hash(state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

    fn found(pattern: &str, text: &str) -> bool {
        Pattern::parse(pattern).unwrap().is_match(text).unwrap()
    }

    #[test]
    fn a_pattern_is_found_anywhere_ignoring_case() {
        for (pattern, text, expected) in [
            ("ago", "Lagos", true),
            ("^da.*", "David", true),
            ("^Da.*", "aDa", false),
            (".*vid", "Davidson", true),
            ("@domain.ext$", "someone@domain.ext", true),
            ("@domain.ext$", "someone@domainXext", true),
            (r"@contoso\.com$", "adele@contosoXcom", false),
            ("^(Engineer|Architect)$", "architect", true),
            ("^(Engineer|Architect)$", "architects", false),
            ("", "x", true),
            ("^$", "", true),
            ("^$", "x", false),
            ("zürich", "ZÜRICH", true),
            (r"^(?!svc-).*", "svc-backup", false),
            (r"^(?!svc-).*", "adele", true),
            (r"(.)\1", "Aaron", true),
            ("[a-z-[aeiou]]{3}", "sky", true),
            ("(?-i)sales", "SALES", false),
            (r"^\p{Lu}\p{L}+$", "éric", true),
            (r"^\P{L}", "éric", false),
            (r"[\p{Nd}]", "x7", true),
        ] {
            assert_eq!(found(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn patterns_without_choice_become_texts_and_agree_with_the_engine() {
        let values = ["da", "Da", "aDa", "David", "x\ny", "", "a.b", "ſ", "K", "straße", "ΣΑΣ", "σας", "İ", "i"];
        for pattern in [
            "^Da.*",
            "Da",
            "da$",
            "^da$",
            ".*da.*",
            "^(da|david)$",
            "(da|x)",
            "",
            "^",
            "$",
            r"a\.b",
            "s",
            "k",
            "σας",
            "ß",
            "ss",
            "i",
            "^(a|b)?da",
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            let machine = set([pattern]).unwrap();
            for value in values {
                assert_eq!(parsed.is_match(value).unwrap(), machine.is_match(value), "{pattern} on {value:?}");
            }
        }
        assert!(matches!(Pattern::parse("^(Engineer|Architect)$").unwrap().decided(), Decided::Texts(_)));
        assert!(matches!(Pattern::parse(r"^[0-9]{6}$").unwrap().decided(), Decided::Linear { .. }));
    }

    #[test]
    fn what_every_match_has_in_it_is_found() {
        for (pattern, expected) in [
            (r"^[a-z]+\.Sales[0-9]@", Some(".sales")),
            (r"^(Head of|Director of) .* 1$", None),
            (r"x(abc)+y?", Some("abc")),
            (r"(abc)?x+", None),
            (r"[a-z]\d", None),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            let Decided::Linear { required, .. } = parsed.decided() else { panic!("{pattern}") };
            assert_eq!(required, expected, "{pattern}");
        }
    }

    #[test]
    fn a_bad_pattern_is_refused_with_its_place() {
        let error = Pattern::parse("*@domain.ext").unwrap_err();
        assert_eq!(error.message, "repetition operator missing expression");
        assert_eq!(error.range, Some((0, 1)));
        for pattern in
            ["(", "a(?=", "[z-a]", r"\", "a{5,2}", r"\p{Nonsense}", "(?<n", r"(a)\2", r"(?=a)*+?{", "a**", "a{2}{3}"]
        {
            assert!(Pattern::parse(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_hostile_pattern_ends_soon() {
        let begin = Instant::now();
        let text = format!("{}!", "a".repeat(4_000));
        assert!(!found("(a+)+$", &text));
        assert!(!found("^(([a-z])+.)+[A-Z]([a-z])+$", &text.to_uppercase()));
        let stopped = Pattern::parse(r"^(a|aa)+(?!x)$").unwrap().is_match(&text).unwrap_err();
        assert_eq!(stopped, "The regular expression \"^(a|aa)+(?!x)$\" took too long and was stopped.");
        for hostile in [r"\w{1000}{1000}", r"(\w{500}){500}", "((((a{100}){100}){100}){100})"] {
            assert!(Pattern::parse(hostile).is_err(), "{hostile}");
        }
        for deep in ["(".repeat(1_500), "(?=".repeat(1_000), "[".repeat(3_000), "(?:".repeat(900) + &")".repeat(900)] {
            let _ = Pattern::parse(&deep);
        }
        assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    }
}

//! Regular expressions as .NET writes them.
//!
//! They are translated ([`translation`]) and run by `fancy-regex`: plain ones in time linear to the text, those with
//! look-around or back-references by backtracking with a limit.

pub mod replacement;
pub mod translation;

use fancy_regex::{Captures, Regex, RegexBuilder};

/// The longest pattern that is read, in characters.
const LONGEST_PATTERN: usize = 4_096;
/// How many steps of backtracking one match may take: some milliseconds.
const BACKTRACKING_STEPS: usize = 100_000;
/// How large a compiled pattern may become, in bytes: `(a{1000}){1000}` is refused, not built.
const LARGEST_PROGRAM: usize = 1 << 20;

/// A regular expression that was understood.
#[derive(Debug)]
pub struct Regular {
    regex: Regex,
    groups: Vec<Group>,
}

/// A capturing group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its name; none if it is numbered only.
    pub name: Option<String>,
    /// Its number in .NET, which counts the groups without a name first.
    pub number: usize,
}

/// Why a regular expression cannot be used, or did not come to an end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RegularError {
    /// It is no regular expression.
    #[error("the regular expression {pattern} is not valid: {reason}")]
    Invalid {
        /// The pattern.
        pattern: String,
        /// What is wrong.
        reason: String,
    },
    /// It took too many steps.
    #[error("the regular expression takes too long on this text (more than {BACKTRACKING_STEPS} steps)")]
    TooSlow,
    /// It matched too often.
    #[error("the regular expressions of this person match more than {0} times")]
    TooMany(usize),
}

impl Regular {
    /// Reads a regular expression.
    pub fn new(pattern: &str) -> Result<Self, RegularError> {
        let invalid = |reason: String| RegularError::Invalid { pattern: shortened(pattern), reason };
        if pattern.len() > LONGEST_PATTERN {
            return Err(invalid(format!("it is longer than {LONGEST_PATTERN} bytes")));
        }
        let translated = translation::translate(pattern).map_err(invalid)?;
        let regex = RegexBuilder::new(&translated)
            .backtrack_limit(BACKTRACKING_STEPS)
            .delegate_size_limit(LARGEST_PROGRAM)
            .delegate_dfa_size_limit(LARGEST_PROGRAM)
            .max_prog_size(LARGEST_PROGRAM)
            .build()
            .map_err(|error| invalid(reason(&error.to_string())))?;
        let names: Vec<Option<String>> = regex.capture_names().map(|name| name.map(str::to_owned)).collect();
        let unnamed = names.iter().filter(|name| name.is_none()).count();
        let (mut plain, mut named) = (0, unnamed);
        let groups = names
            .into_iter()
            .map(|name| {
                let counter = if name.is_some() { &mut named } else { &mut plain };
                let number = *counter;
                *counter += 1;
                Group { name, number }
            })
            .collect();
        Ok(Self { regex, groups })
    }

    /// The place of a group, by its name or its number.
    pub fn group(&self, name: &str) -> Option<usize> {
        let by_name = self.groups.iter().position(|group| group.name.as_deref() == Some(name));
        by_name.or_else(|| {
            let number: usize = name.parse().ok()?;
            self.groups.iter().position(|group| group.number == number)
        })
    }

    /// The number of groups, with the whole match as the first.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// All matches from left to right, as .NET finds them: an empty match may follow another match at once.
    pub fn for_each<'t>(
        &self,
        text: &'t str,
        budget: &mut usize,
        mut visit: impl FnMut(&Captures<'t, str>, (usize, usize)),
    ) -> Result<(), RegularError> {
        let mut from = 0;
        while from <= text.len() {
            let captures = match self.regex.captures_from_pos(text, from) {
                Ok(Some(captures)) => captures,
                Ok(None) => return Ok(()),
                Err(_) => return Err(RegularError::TooSlow),
            };
            let Some(range) = captures.get(0).map(|whole| (whole.start(), whole.end())) else { return Ok(()) };
            *budget = budget.checked_sub(1).ok_or(RegularError::TooMany(MATCHES_EACH))?;
            visit(&captures, range);
            from = range.1;
            if range.0 == range.1 {
                from += text.get(from..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            }
        }
        Ok(())
    }

    /// The first match.
    pub fn first<'t>(&self, text: &'t str) -> Result<Option<Captures<'t, str>>, RegularError> {
        self.regex.captures(text).map_err(|_| RegularError::TooSlow)
    }
}

/// How many matches all regular expressions of one person may make together.
pub const MATCHES_EACH: usize = 20_000;

fn shortened(pattern: &str) -> String {
    if pattern.chars().count() <= 80 {
        return pattern.to_owned();
    }
    pattern.chars().take(80).chain("...".chars()).collect()
}

/// The engine's message in one line.
fn reason(message: &str) -> String {
    let line = message.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or(message).trim();
    line.trim_start_matches("error: ").to_owned()
}

//! .NET's replacement patterns ("Substitutions in regular expressions").
//!
//! `$1`, `${1}`, `${name}`, `$$`, `$&`, `` $` ``, `$'`, `$+`, `$_`. What names no group stays as it is.

use fancy_regex::Captures;

use super::Regular;

/// A replacement that was read for a regular expression.
#[derive(Debug)]
pub struct Replacement {
    parts: Vec<Part>,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Group(usize),
    Before,
    After,
    Last,
    Whole,
}

impl Replacement {
    /// Reads a replacement.
    pub fn new(text: &str, regular: &Regular) -> Self {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some(dollar) = rest.find('$') {
            literal.push_str(rest.get(..dollar).unwrap_or(""));
            let after = rest.get(dollar + 1..).unwrap_or("");
            match substitution(after, regular) {
                Some((part, left)) => {
                    match part {
                        Part::Text(text) => literal.push_str(&text),
                        part => {
                            parts.push(Part::Text(std::mem::take(&mut literal)));
                            parts.push(part);
                        }
                    }
                    rest = left;
                }
                None => {
                    literal.push('$');
                    rest = after;
                }
            }
        }
        literal.push_str(rest);
        parts.push(Part::Text(literal));
        Self { parts }
    }

    /// Appends what stands for a match.
    pub fn expand(&self, text: &str, captures: &Captures<'_, str>, regular: &Regular, out: &mut String) {
        let whole = captures.get(0);
        let (start, end) = whole.map_or((0, 0), |whole| (whole.start(), whole.end()));
        for part in &self.parts {
            out.push_str(match part {
                Part::Text(text) => text,
                Part::Group(group) => captures.get(*group).map_or("", |found| found.as_str()),
                Part::Before => text.get(..start).unwrap_or(""),
                Part::After => text.get(end..).unwrap_or(""),
                Part::Whole => text,
                Part::Last => {
                    let last = (0..regular.groups().len())
                        .max_by_key(|index| regular.groups().get(*index).map_or(0, |group| group.number));
                    last.and_then(|group| captures.get(group)).map_or("", |found| found.as_str())
                }
            });
        }
    }
}

/// What follows a dollar sign, and the rest; none if it stands for nothing.
fn substitution<'a>(after: &'a str, regular: &Regular) -> Option<(Part, &'a str)> {
    if let Some(inside) = after.strip_prefix('{') {
        let (name, rest) = inside.split_once('}')?;
        return Some((Part::Group(regular.group(name)?), rest));
    }
    let first = after.chars().next()?;
    let rest = after.get(first.len_utf8()..)?;
    match first {
        '$' => Some((Part::Text("$".into()), rest)),
        '&' => Some((Part::Group(0), rest)),
        '`' => Some((Part::Before, rest)),
        '\'' => Some((Part::After, rest)),
        '+' => Some((Part::Last, rest)),
        '_' => Some((Part::Whole, rest)),
        '0'..='9' => {
            // All digits that follow are the number; if it names no group, the dollar sign is itself.
            let digits = after.bytes().take_while(u8::is_ascii_digit).count();
            Some((Part::Group(regular.group(after.get(..digits)?)?), after.get(digits..)?))
        }
        _ => None,
    }
}

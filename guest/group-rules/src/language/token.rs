//! Text into tokens.

use std::borrow::Cow;

use super::error::Fault;

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind<'a> {
    /// `user.department`, `eq`, `null`, `_`, `P7D`; also numbers and moments, which begin with a digit.
    Word(&'a str),
    /// An operator with its hyphen, or what was typed for it; the word without the hyphen.
    Hyphenated(&'a str),
    /// A string without its quotes and escapes.
    Text(Cow<'a, str>),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    ListOpen,
    /// `]`
    ListClose,
    /// `,`
    Comma,
    /// `=`, `&&`, `!`: no operators here, but people try them.
    Symbol(&'a str),
}

/// A token and its place in the text, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind<'a>,
    /// Where it begins.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
}

/// The hyphen, and what word processors and web pages make of it. Microsoft's own examples print an en dash.
fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}')
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$')
}

/// White space, and the marks without width that come along when text is copied.
fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200B}' | '\u{FEFF}')
}

/// Splits a rule into tokens.
pub(crate) fn tokens(rule: &str) -> Result<Vec<Token<'_>>, Fault> {
    let mut lexer = Lexer { text: rule, at: 0 };
    let mut tokens = Vec::with_capacity(rule.len() / 6);
    while let Some(token) = lexer.next()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn skip(&mut self, accepted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !accepted(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or("")
    }

    fn next(&mut self) -> Result<Option<Token<'a>>, Fault> {
        self.skip(is_space);
        let start = self.at;
        let Some(first) = self.peek() else { return Ok(None) };
        let kind = match first {
            '(' | ')' | '[' | ']' | ',' => {
                self.at += 1;
                match first {
                    '(' => Kind::Open,
                    ')' => Kind::Close,
                    '[' => Kind::ListOpen,
                    ']' => Kind::ListClose,
                    _ => Kind::Comma,
                }
            }
            '"' | '\'' => Kind::Text(self.string(first)?),
            _ if first.is_ascii_digit() => {
                // A moment holds hyphens and colons.
                Kind::Word(self.skip(|c| c.is_ascii_alphanumeric() || matches!(c, ':' | '+' | '-' | '.' | '_')))
            }
            _ if is_dash(first) => {
                self.at += first.len_utf8();
                match self.peek() {
                    Some(c) if c.is_ascii_digit() => {
                        self.skip(|c| c.is_ascii_digit() || c == '.');
                        // Only a plain hyphen makes a number negative: what follows must read as one.
                        Kind::Word(self.text.get(start..self.at).unwrap_or(""))
                    }
                    Some(c) if is_word(c) => Kind::Hyphenated(self.skip(is_word)),
                    _ => {
                        return Err(Fault::new(
                            start,
                            self.at,
                            "A hyphen must be followed by an operator without a space.",
                        ));
                    }
                }
            }
            _ if is_word(first) => Kind::Word(self.skip(is_word)),
            '=' | '!' | '<' | '>' | '&' | '|' => {
                Kind::Symbol(self.skip(|c| matches!(c, '=' | '!' | '<' | '>' | '&' | '|')))
            }
            _ => return Err(self.invalid(first)),
        };
        Ok(Some(Token { kind, start, end: self.at }))
    }

    /// A string: a single quote in it is written twice, a double quote behind a backtick (Microsoft: dynamic membership rules,
    /// Values). A backslash is a character like any other: it belongs to regular expressions.
    fn string(&mut self, quote: char) -> Result<Cow<'a, str>, Fault> {
        let start = self.at;
        self.at += 1;
        let begin = self.at;
        let mut text = Cow::Borrowed("");
        // The part since the last escape.
        let mut from = begin;
        loop {
            let Some(c) = self.peek() else {
                let curly = self.text.get(start..).and_then(|rest| rest.find(['“', '”', '‘', '’']));
                let message = match curly {
                    Some(_) => "The string has no closing quote; curly quotes do not close it: use straight ones.",
                    None => "The string has no closing quote.",
                };
                return Err(Fault::new(start, self.text.len(), message));
            };
            let next = self.rest().get(c.len_utf8()..).and_then(|rest| rest.chars().next());
            let escape = match (c, next) {
                ('`', Some('"')) => Some('"'),
                ('\'', Some('\'')) => Some('\''),
                _ => None,
            };
            if let Some(meant) = escape {
                let text = text.to_mut();
                text.push_str(self.text.get(from..self.at).unwrap_or(""));
                text.push(meant);
                self.at += 2;
                from = self.at;
                continue;
            }
            if c == quote {
                let last = self.text.get(from..self.at).unwrap_or("");
                self.at += 1;
                return Ok(if from == begin {
                    Cow::Borrowed(last)
                } else {
                    text.to_mut().push_str(last);
                    text
                });
            }
            self.at += c.len_utf8();
        }
    }

    fn invalid(&mut self, first: char) -> Fault {
        let start = self.at;
        let end = start + first.len_utf8();
        match first {
            '“' | '”' | '„' | '«' | '»' => {
                Fault::new(start, end, format!("Invalid characters found in the rule: {first} is a curly quote."))
                    .suggest(Some("\""))
            }
            '‘' | '’' | '‚' => {
                Fault::new(start, end, format!("Invalid characters found in the rule: {first} is a curly quote."))
                    .suggest(Some("'"))
            }
            '\\' => Fault::new(
                start,
                end,
                "Invalid characters found in the rule: \\ stands outside of a string. Inside a string, write a double quote as `\".",
            ),
            '`' => {
                Fault::new(start, end, "Invalid characters found in the rule: a backtick stands outside of a string.")
            }
            '{' | '}' => {
                Fault::new(start, end, format!("Invalid characters found in the rule: {first}. Use round brackets."))
            }
            ';' => Fault::new(
                start,
                end,
                "Invalid characters found in the rule: ;. A rule is one expression; join parts with -and or -or.",
            ),
            _ => {
                let shown: String = first.escape_debug().collect();
                Fault::new(start, end, format!("Invalid characters found in the rule: {shown}"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(rule: &str) -> Vec<Kind<'_>> {
        tokens(rule).unwrap().into_iter().map(|token| token.kind).collect()
    }

    #[test]
    fn strings_lose_their_quotes_and_escapes() {
        for (written, meant) in [
            ("\"Sales\"", "Sales"),
            ("'Sales'", "Sales"),
            ("\"Men''s Wear\"", "Men's Wear"),
            ("\"Men's Wear\"", "Men's Wear"),
            ("'Men''s Wear'", "Men's Wear"),
            ("\"The `\"Boss`\" Man\"", "The \"Boss\" Man"),
            ("'The \"Boss\"'", "The \"Boss\""),
            (r#""^\d{5}$""#, r"^\d{5}$"),
            ("\"a`b\"", "a`b"),
            ("\"\"", ""),
            ("''", ""),
        ] {
            assert_eq!(kinds(written), [Kind::Text(meant.into())], "{written}");
        }
    }

    #[test]
    fn typographic_dashes_count_as_hyphens() {
        for dash in ['-', '‐', '‑', '–', '—', '−'] {
            assert_eq!(kinds(&format!("{dash}eq")), [Kind::Hyphenated("eq")]);
        }
    }

    #[test]
    fn moments_and_numbers_are_words() {
        assert_eq!(
            kinds("2020-06-10T18:13:20+05:30) -5 7.5 p1d"),
            [
                Kind::Word("2020-06-10T18:13:20+05:30"),
                Kind::Close,
                Kind::Word("-5"),
                Kind::Word("7.5"),
                Kind::Word("p1d")
            ]
        );
    }

    #[test]
    fn an_operator_needs_no_space_before_it() {
        assert_eq!(
            kinds("user.department-eq\"Sales\""),
            [Kind::Word("user.department"), Kind::Hyphenated("eq"), Kind::Text("Sales".into())]
        );
    }

    #[test]
    fn a_string_without_end_is_pointed_at_from_its_beginning() {
        let fault = tokens("user.city -eq \"Oslo").unwrap_err();
        assert_eq!((fault.start, fault.end), (14, 19));
    }
}

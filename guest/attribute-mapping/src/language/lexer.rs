//! Characters to tokens.

use super::fault::{Fault, Span};
use super::syntax::Comparison;

/// One word of the language.
#[derive(Debug, Clone, PartialEq)]
pub enum Token {
    /// A bare word: a function's name or `vbTextCompare`.
    Name(String),
    /// `[attribute]`, without the brackets and the blanks beside them.
    Attribute(String),
    /// `"text"`, without its quotation marks and escapes.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// A number with a fraction.
    Number(f64),
    /// `=`, `<>`, `<`, `<=`, `>`, `>=`.
    Comparison(Comparison),
    /// `,`
    Comma,
    /// `(`
    Open,
    /// `)`
    Close,
}

/// A token and its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// The token.
    pub token: Token,
    /// Its place.
    pub span: Span,
}

/// Splits an expression into tokens.
pub fn tokens(source: &str) -> Result<Vec<Placed>, Fault> {
    let mut lexer = Lexer { source, at: 0 };
    let mut tokens = Vec::new();
    while let Some(placed) = lexer.next()? {
        tokens.push(placed);
    }
    Ok(tokens)
}

struct Lexer<'a> {
    source: &'a str,
    at: usize,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or("")
    }

    fn since(&self, start: usize) -> Span {
        Span::new(start, self.at)
    }

    /// Takes the characters that `accept` likes.
    fn take_while(&mut self, accept: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let length = rest.find(|c| !accept(c)).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or("")
    }

    fn next(&mut self) -> Result<Option<Placed>, Fault> {
        // A byte-order mark and no-break spaces come along when text is copied from a web page.
        self.take_while(|c| c.is_whitespace() || c == '\u{feff}');
        let start = self.at;
        let Some(first) = self.rest().chars().next() else { return Ok(None) };
        let token = match first {
            ',' | '(' | ')' | '=' | '<' | '>' => self.sign(first),
            '"' => self.text()?,
            '[' => self.attribute()?,
            '&' => self.hexadecimal()?,
            '0'..='9' | '-' | '+' | '.' => self.number()?,
            c if c.is_alphabetic() || c == '_' => {
                Token::Name(self.take_while(|c| c.is_alphanumeric() || c == '_').to_owned())
            }
            c => return Err(strange(c, Span::new(start, start + c.len_utf8()))),
        };
        Ok(Some(Placed { token, span: self.since(start) }))
    }

    fn sign(&mut self, first: char) -> Token {
        self.at += first.len_utf8();
        let second = self.rest().chars().next();
        let (token, longer) = match (first, second) {
            (',', _) => (Token::Comma, false),
            ('(', _) => (Token::Open, false),
            (')', _) => (Token::Close, false),
            ('<', Some('>')) => (Token::Comparison(Comparison::NotEqual), true),
            ('<', Some('=')) => (Token::Comparison(Comparison::LessOrEqual), true),
            ('>', Some('=')) => (Token::Comparison(Comparison::GreaterOrEqual), true),
            ('<', _) => (Token::Comparison(Comparison::Less), false),
            ('>', _) => (Token::Comparison(Comparison::Greater), false),
            _ => (Token::Comparison(Comparison::Equal), false),
        };
        self.at += usize::from(longer);
        token
    }

    fn text(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            text.push_str(self.take_while(|c| c != '"' && c != '\\'));
            let here = self.at;
            let mut rest = self.rest().chars();
            match (rest.next(), rest.next()) {
                (Some('"'), _) => {
                    self.at += 1;
                    return Ok(Token::Text(text));
                }
                (Some('\\'), Some(escaped @ ('"' | '\\'))) => {
                    text.push(escaped);
                    self.at += 2;
                }
                (Some('\\'), other) => {
                    let end = here + 1 + other.map_or(0, char::len_utf8);
                    let message = r#"a backslash in a text is written \\, and a quotation mark \""#;
                    return Err(Fault::at(Span::new(here, end), message));
                }
                _ => {
                    let message = "this text has no end: a quotation mark (\") is missing";
                    return Err(Fault::at(Span::new(start, start + 1), message));
                }
            }
        }
    }

    fn attribute(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        self.at += 1;
        let inside = self.take_while(|c| c != ']' && c != '[' && c != '"' && c != '\n');
        if !self.rest().starts_with(']') {
            let message = "this attribute has no end: a bracket (]) is missing";
            return Err(Fault::at(Span::new(start, start + 1), message));
        }
        self.at += 1;
        let name = inside.trim();
        let whole = self.since(start);
        if name.is_empty() {
            return Err(Fault::at(
                whole,
                "an attribute's name was expected between the brackets, such as [displayName]",
            ));
        }
        if !name.starts_with("urn:") && name.split('.').any(|part| part.trim().is_empty()) {
            let message = "an attribute's path has an empty part; a path reads [employeeOrgData.division]";
            return Err(Fault::at(whole, message));
        }
        Ok(Token::Attribute(name.to_owned()))
    }

    fn hexadecimal(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        self.at += 1;
        if !self.rest().starts_with(['H', 'h']) {
            let message = "'&' begins a hexadecimal number such as &HF; texts are joined with Append or Join";
            return Err(Fault::at(Span::new(start, start + 1), message));
        }
        self.at += 1;
        let digits = self.take_while(|c| c.is_alphanumeric());
        let number = if digits.starts_with('+') { None } else { i64::from_str_radix(digits, 16).ok() };
        let message = "a hexadecimal number has up to 16 digits 0-9 and A-F after &H, at most &H7FFFFFFFFFFFFFFF";
        number.map(Token::Integer).ok_or_else(|| Fault::at(self.since(start), message))
    }

    fn number(&mut self) -> Result<Token, Fault> {
        let start = self.at;
        self.take_while(|c| c == '-' || c == '+');
        self.take_while(|c| c.is_alphanumeric() || c == '.');
        let whole = self.since(start);
        let text = whole.of(self.source);
        let wrong = || Fault::at(whole, format!("'{text}' is not a number; numbers are written 12, -3, 1.5 or &HF"));
        let digits = text.strip_prefix('-').unwrap_or(text);
        let (left, right) = digits.split_once('.').unwrap_or((digits, "0"));
        let plain = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        if !plain(left) || !plain(right) {
            return Err(wrong());
        }
        if digits.contains('.') {
            return text.parse().ok().filter(|n: &f64| n.is_finite()).map(Token::Number).ok_or_else(wrong);
        }
        let message = "this number is too large: whole numbers go up to 9223372036854775807";
        text.parse().map(Token::Integer).map_err(|_| Fault::at(whole, message))
    }
}

/// A character that no part of the language begins with.
fn strange(c: char, span: Span) -> Fault {
    let message = match c {
        '\u{201c}' | '\u{201d}' | '\u{201e}' | '\u{2018}' | '\u{2019}' | '\'' | '`' => {
            format!("texts stand in straight quotation marks (\"), not in {c}")
        }
        '{' => "a function, an [attribute], a \"text\" or a number was expected; attributes stand in [ ]".to_owned(),
        c => format!("a function, an [attribute], a \"text\" or a number was expected, not '{}'", c.escape_debug()),
    };
    Fault::at(span, message)
}

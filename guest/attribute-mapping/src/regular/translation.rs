//! .NET's syntax of regular expressions in that of `fancy-regex`.
//!
//! Most is the same. What differs: `[` inside a class is a letter in .NET, `[a-z-[aeiou]]` takes a class away, `{` is a letter
//! where no count follows, names of groups may stand in quotation marks, `\uFFFF`, `\cX` and `\e` escape, `$` and `\Z` match
//! before a line feed at the end, and a backslash before any sign is that sign.

/// The pattern in the other syntax, or what is wrong with it.
pub fn translate(pattern: &str) -> Result<String, String> {
    let mut translator = Translator { rest: pattern, out: String::with_capacity(pattern.len() + 16) };
    while let Some(c) = translator.next() {
        match c {
            '\\' => translator.escape(false)?,
            '[' => translator.class()?,
            '(' => translator.group()?,
            '{' if !translator.is_count() => translator.out.push_str(r"\{"),
            '}' | ']' => {
                translator.out.push('\\');
                translator.out.push(c);
            }
            '{' => translator.count(),
            // The engine's `$` without (?m) is the very end; .NET's is before a last line feed as well.
            '$' => translator.out.push_str(r"(?:$|(?=\n\z))"),
            c => translator.out.push(c),
        }
    }
    Ok(translator.out)
}

struct Translator<'a> {
    rest: &'a str,
    out: String,
}

impl Translator<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.chars().next()?;
        self.rest = self.rest.get(c.len_utf8()..).unwrap_or("");
        Some(c)
    }

    fn eat(&mut self, text: &str) -> bool {
        let rest = self.rest.strip_prefix(text);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Whether what follows an opening brace is a count: `3}`, `3,}` or `3,5}`.
    fn is_count(&self) -> bool {
        let Some((inside, _)) = self.rest.split_once('}') else { return false };
        let (least, most) = inside.split_once(',').unwrap_or((inside, ""));
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        !least.is_empty() && digits(least) && digits(most)
    }

    fn count(&mut self) {
        self.out.push('{');
        while let Some(c) = self.next() {
            self.out.push(c);
            if c == '}' {
                break;
            }
        }
    }

    fn group(&mut self) -> Result<(), String> {
        self.out.push('(');
        if self.eat("?#") {
            self.out.pop();
            return match self.rest.split_once(')') {
                Some((_, rest)) => {
                    self.rest = rest;
                    Ok(())
                }
                None => Err("the comment (?# has no end".into()),
            };
        }
        let quoted = self.eat("?'");
        let look = self.rest.starts_with("?<=") || self.rest.starts_with("?<!");
        if !quoted && (look || !self.eat("?<")) {
            return Ok(());
        }
        let end = if quoted { '\'' } else { '>' };
        let (name, rest) = self.rest.split_once(end).ok_or("the name of a group has no end")?;
        let plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
        if name.contains('-') {
            return Err(format!("the balancing group ({name}) is not supported"));
        }
        if !plain {
            return Err(format!("'{name}' is no name for a group"));
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(format!("the group is named by a number ({name}); give it a name"));
        }
        self.rest = rest;
        self.out.push_str("?<");
        self.out.push_str(name);
        self.out.push('>');
        Ok(())
    }

    /// What follows a backslash, in a class or outside.
    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let c = self.next().ok_or("a backslash at the end escapes nothing")?;
        match c {
            'u' => self.code_point(4),
            'x' => self.code_point(2),
            'c' => {
                let letter = self.next().filter(char::is_ascii_alphabetic).ok_or(r"\c needs a letter")?;
                self.character(u32::from(letter.to_ascii_uppercase()) - 64);
                Ok(())
            }
            'e' => {
                self.character(0x1b);
                Ok(())
            }
            'b' if in_class => {
                self.character(8);
                Ok(())
            }
            '0' => {
                let digits: String = self.rest.chars().take(2).take_while(|c| ('0'..='7').contains(c)).collect();
                self.rest = self.rest.get(digits.len()..).unwrap_or("");
                self.character(u32::from_str_radix(&digits, 8).unwrap_or(0));
                Ok(())
            }
            'Z' => {
                self.out.push_str(r"(?=\n?\z)");
                Ok(())
            }
            'k' if self.rest.starts_with(['\'', '<']) => {
                let end = if self.eat("'") || !self.eat("<") { '\'' } else { '>' };
                let (name, rest) = self.rest.split_once(end).ok_or("the name of a group has no end")?;
                self.out.push_str(r"\k<");
                self.out.push_str(name);
                self.out.push('>');
                self.rest = rest;
                Ok(())
            }
            'p' | 'P' if self.rest.starts_with('{') => {
                let (name, rest) = self.rest.split_once('}').ok_or("the name of a class of characters has no end")?;
                self.out.extend(['\\', c]);
                self.out.push_str(name);
                self.out.push('}');
                self.rest = rest;
                Ok(())
            }
            'd' | 'D' | 'w' | 'W' | 's' | 'S' | 't' | 'r' | 'n' | 'f' | 'v' | 'a' => self.keep(c),
            'b' | 'B' | 'A' | 'z' | 'G' | '1'..='9' if !in_class => self.keep(c),
            c if c.is_ascii_alphanumeric() => Err(format!(r"there is no escape \{c}")),
            // A sign: itself.
            c => {
                if c.is_ascii_punctuation() && c != '_' && !matches!(c, '<' | '>' | '\'' | '"' | '`') {
                    self.out.push('\\');
                }
                self.out.push(c);
                Ok(())
            }
        }
    }

    fn keep(&mut self, c: char) -> Result<(), String> {
        self.out.push('\\');
        self.out.push(c);
        Ok(())
    }

    fn code_point(&mut self, digits: usize) -> Result<(), String> {
        let hexadecimal = self.rest.get(..digits).and_then(|digits| u32::from_str_radix(digits, 16).ok());
        let code = hexadecimal.ok_or_else(|| format!("{digits} hexadecimal digits were expected after the escape"))?;
        self.rest = self.rest.get(digits..).unwrap_or("");
        if char::from_u32(code).is_none() {
            return Err(format!("U+{code:04X} is no character"));
        }
        self.character(code);
        Ok(())
    }

    fn character(&mut self, code: u32) {
        self.out.push_str(&format!(r"\x{{{code:X}}}"));
    }

    /// A class, whose opening bracket is read.
    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.eat("^") {
            self.out.push('^');
        }
        // A bracket that closes nothing is a letter.
        if self.eat("]") {
            self.out.push_str(r"\]");
        }
        while let Some(c) = self.next() {
            match c {
                ']' => {
                    self.out.push(']');
                    return Ok(());
                }
                '\\' => self.escape(true)?,
                '-' if self.rest.starts_with('[') && !self.rest.starts_with("[:") => {
                    self.next();
                    self.out.push_str("--");
                    self.class()?;
                    return if self.eat("]") {
                        self.out.push(']');
                        Ok(())
                    } else {
                        Err("a class that is taken away must be the last in its class".into())
                    };
                }
                '[' => self.out.push_str(r"\["),
                '&' | '~' => {
                    self.out.push('\\');
                    self.out.push(c);
                }
                // A hyphen at an end is a letter; two would take something away in the other syntax.
                '-' if self.rest.starts_with(']') || self.out.ends_with('[') || self.out.ends_with("[^") => {
                    self.out.push_str(r"\-");
                }
                '-' if self.eat("-") => self.out.push_str(r"-\-"),
                c => self.out.push(c),
            }
        }
        Err("a class [...] has no end".into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        let translated = translate(pattern).unwrap();
        fancy_regex::Regex::new(&translated).unwrap_or_else(|e| panic!("{translated}: {e}")).is_match(text).unwrap()
    }

    #[test]
    fn what_dot_net_writes_differently_means_the_same() {
        let given: &[(&str, &str, bool)] = &[
            (r"^[()\s-]+$", "( -", true),
            (r"^[[]$", "[", true),
            (r"^[]a]+$", "]a", true),
            (r"^[a-z-[aeiou]]+$", "xyz", true),
            (r"^[a-z-[aeiou]]+$", "aye", false),
            (r"^a{2}$", "aa", true),
            (r"^a{,2}$", "a{,2}", true),
            (r"^{x}$", "{x}", true),
            (r"^\u0041\x42\cI$", "AB\t", true),
            (r"^(?'n'a)\k'n'$", "aa", true),
            (r"^(?<n>a)\k<n>$", "aa", true),
            (r"^a$", "a\n", true),
            (r"^a\Z", "a\n", true),
            (r"^a\z", "a\n", false),
            (r"^a\_\<\-\/b$", "a_<-/b", true),
            (r"^(?#comment)a$", "a", true),
            (r"^\p{Lu}\w$", "Éé", true),
            (r"(?i)^straÜe$", "STRAüE", true),
            (r"^[a&&b]$", "&", true),
            (r"^[+--]$", ",", true),
            (r"(?<=a)b(?!c)", "abd", true),
            (r"(?<=a)b(?!c)", "abc", false),
        ];
        for (pattern, text, expected) in given {
            assert_eq!(matches(pattern, text), *expected, "{pattern} on {text:?}");
        }
    }

    #[test]
    fn what_cannot_be_translated_says_why() {
        for (pattern, part) in [
            (r"\q", "no escape"),
            ("(?<a-b>x)", "balancing"),
            ("[a", "no end"),
            ("(?<>x)", "no name"),
            (r"\u00", "hexadecimal"),
            (r"a\", "escapes nothing"),
        ] {
            assert!(translate(pattern).unwrap_err().contains(part), "{pattern}");
        }
    }
}

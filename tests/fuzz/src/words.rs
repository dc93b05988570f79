//! Texts of either language as words: what a mutation should not tear apart, most of the time.

/// Splits a text into words: texts in quotes, attributes in brackets, names and numbers, white space, and signs one by one. Put
/// together again they are the text.
pub fn split(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => quoted(rest),
            '\'' => rest.get(1..).and_then(|inside| inside.find('\'')).map_or(1, |end| end + 2),
            c if c.is_whitespace() => run(rest, char::is_whitespace),
            c if is_name(c) => run(rest, is_name),
            '-' => 1 + run(rest.get(1..).unwrap_or(""), is_name),
            c => c.len_utf8(),
        };
        let (word, left) = rest.split_at_checked(length).unwrap_or((rest, ""));
        words.push(word);
        rest = left;
    }
    words
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '$' | '&' | ':')
}

fn run(text: &str, accept: impl Fn(char) -> bool) -> usize {
    text.find(|c| !accept(c)).unwrap_or(text.len())
}

/// The length of a text in double quotes, with what is escaped in it by a backslash or a backtick.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            '\\' | '`' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    1
}

/// Where the group ends that begins at a word: the place behind the bracket that closes it, or the next word.
pub fn group_end(words: &[impl AsRef<str>], start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, word) in words.iter().enumerate().skip(start) {
        match word.as_ref() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return at + 1;
        }
    }
    words.len()
}

/// What a text says without its particulars: quotations, what stands in square brackets, and numbers count as alike.
pub fn skeleton(text: &str) -> String {
    let mut skeleton = String::with_capacity(text.len());
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`' | '[') => {
                quote = Some(if c == '[' { ']' } else { c });
                skeleton.push('"');
            }
            (None, c) if c.is_ascii_digit() => {
                if !skeleton.ends_with('#') {
                    skeleton.push('#');
                }
            }
            (None, c) if c.is_ascii() => skeleton.push(c),
            (None, _) => skeleton.push('?'),
        }
    }
    skeleton
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_put_together_are_the_text() {
        for text in [
            r#"user.department -eq "The `"Boss`"" -and(not user.city -in ['a','b'])"#,
            r#"Replace([a b], , "\\d\"", , "x", , )"#,
            "\"never closed",
            "'",
            "-- – 営業 😀",
            "",
        ] {
            assert_eq!(split(text).concat(), text);
        }
        assert_eq!(split("Left([a], -1)"), ["Left", "(", "[", "a", "]", ",", " ", "-1", ")"]);
        assert_eq!(split(r#"-eq "a\"b`"c" x"#), ["-eq", " ", r#""a\"b`"c""#, " ", "x"]);
    }

    #[test]
    fn a_group_ends_with_the_bracket_that_closes_it() {
        let words = split("a (b (c) d) e");
        assert_eq!(words.get(2..group_end(&words, 2)).unwrap().concat(), "(b (c) d)");
        assert_eq!(group_end(&words, 0), 1);
        assert_eq!(group_end(&["(", "a"], 0), 2);
    }

    #[test]
    fn particulars_are_left_out() {
        assert_eq!(skeleton("the list has 12, not \"x 3\" é"), "the list has #, not \" ?");
        assert_eq!(skeleton("Left([a b], 3)"), "Left(\", #)");
    }
}

//! Why a rule is refused, and where.

use std::fmt;

use rollcall_sdk::terminal;

/// Why a rule is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// One sentence: what is wrong and what was expected.
    pub message: String,
    /// Where the fault begins, in characters (Unicode scalar values) from 0.
    pub position: usize,
    /// How many characters are at fault; at least 1.
    pub length: usize,
    /// What would be right, when that can be guessed.
    pub suggestion: Option<String>,
}

impl RuleError {
    /// The error as text for people: the sentence, the line of the rule, and a caret under the fault.
    ///
    /// ```
    /// use group_rules::Language;
    ///
    /// let rule = r#"user.departmnet -eq "Sales""#;
    /// let error = Language::default().parse(rule).unwrap_err();
    /// assert_eq!(error.render(rule), "\
    /// Attribute not supported: there is no `user.departmnet`. Did you mean `user.department`?
    ///   |
    /// 1 | user.departmnet -eq \"Sales\"
    ///   | ^^^^^^^^^^^^^^^");
    /// ```
    pub fn render(&self, rule: &str) -> String {
        let (line, column, text) = self.line(rule);
        let number = line.to_string();
        let margin = " ".repeat(number.len());
        // Long rules are cut to what stands around the fault.
        let from = column.saturating_sub(BEFORE);
        let shown: String = text.chars().skip(from).take(WIDTH).map(|c| if c.is_control() { ' ' } else { c }).collect();
        let dots = if from > 0 { "..." } else { "" };
        let more = if text.chars().count() > from + WIDTH { "..." } else { "" };
        // A letter may take two columns of a terminal, or none.
        let columns =
            |skip: usize, count: usize| terminal::columns(&shown.chars().skip(skip).take(count).collect::<String>());
        let indent = " ".repeat(dots.len() + columns(0, column - from));
        let carets = "^".repeat(columns(column - from, self.length).max(1));
        format!("{self}\n{margin} |\n{number} | {dots}{shown}{more}\n{margin} | {indent}{carets}")
    }

    /// The line of the fault from 1, the column from 0, and the text of that line.
    fn line<'a>(&self, rule: &'a str) -> (usize, usize, &'a str) {
        let mut before = 0;
        let mut last = (1, 0, "");
        for (number, line) in rule.split('\n').enumerate() {
            let length = line.chars().count();
            let line = line.strip_suffix('\r').unwrap_or(line);
            last = (number + 1, self.position.saturating_sub(before).min(length), line);
            if self.position <= before + length {
                break;
            }
            before += length + 1;
        }
        last
    }
}

/// How much of a long line is shown before the fault, and altogether.
const BEFORE: usize = 60;
const WIDTH: usize = 110;

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.suggestion {
            Some(suggestion) => write!(f, " Did you mean `{suggestion}`?"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RuleError {}

/// A fault at a place in bytes, before it is told in characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub message: String,
    pub start: usize,
    pub end: usize,
    pub suggestion: Option<String>,
}

impl Fault {
    pub fn new(start: usize, end: usize, message: impl Into<String>) -> Self {
        Fault { message: message.into(), start, end, suggestion: None }
    }

    pub fn suggest(self, suggestion: Option<impl Into<String>>) -> Self {
        Fault { suggestion: suggestion.map(Into::into), ..self }
    }

    pub fn in_characters(self, rule: &str) -> RuleError {
        let characters = |range: std::ops::Range<usize>| rule.get(range).map_or(0, |text| text.chars().count());
        RuleError {
            message: self.message,
            position: characters(0..self.start),
            length: characters(self.start..self.end.max(self.start)).max(1),
            suggestion: self.suggestion,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(position: usize, length: usize) -> RuleError {
        RuleError { message: "No.".into(), position, length, suggestion: None }
    }

    #[test]
    fn the_caret_stands_under_the_fault_on_its_own_line() {
        let rule = "user.city -eq \"Oslo\"\r\n  -nad user.country -eq \"NO\"";
        assert_eq!(error(24, 4).render(rule), "No.\n  |\n2 |   -nad user.country -eq \"NO\"\n  |   ^^^^");
    }

    #[test]
    fn the_caret_stands_under_the_fault_behind_letters_that_are_wide_or_stand_on_others() {
        let rule = "user.city -eq \"営業🚀e\u{301}\" -nad";
        let text = error(22, 4).render(rule);
        assert!(text.ends_with(&format!("| {}^^^^", " ".repeat("user.city -eq \"aabbcce\" ".len()))), "{text}");
        assert!(error(15, 3).render(rule).ends_with(&format!("| {}^^^^^^", " ".repeat(15))));
    }

    #[test]
    fn the_end_of_a_rule_can_be_pointed_at() {
        assert_eq!(error(13, 1).render("user.city -eq"), "No.\n  |\n1 | user.city -eq\n  |              ^");
    }

    #[test]
    fn a_long_line_is_cut_around_the_fault() {
        let rule = "x".repeat(3000);
        let text = error(2000, 3).render(&rule);
        assert!(text.lines().all(|line| line.chars().count() < 130), "{text}");
        let (shown, carets) = (text.lines().nth(2).unwrap(), text.lines().nth(3).unwrap());
        assert!(shown.starts_with("1 | ...x") && shown.ends_with("x..."), "{text}");
        assert_eq!(carets.find('^'), Some(4 + 3 + BEFORE));
    }

    #[test]
    fn a_position_behind_the_rule_does_not_break_the_rendering() {
        assert!(error(99, 99).render("").contains('^'));
    }
}

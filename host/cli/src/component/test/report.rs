//! What was found out about a component.

use serde_json::{Value, json};

/// The checks, in their order.
#[derive(Debug, Default)]
pub struct Report(Vec<Check>);

#[derive(Debug)]
struct Check {
    name: &'static str,
    verdict: Verdict,
    lines: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Noted,
    Failed,
}

impl Verdict {
    fn word(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Noted => "note",
            Self::Failed => "FAIL",
        }
    }
}

/// The most lines of one check: a hundred people with the same fault say no more than ten.
const MOST_LINES: usize = 24;

impl Report {
    /// Keeps what a check came to: a word about it, or what is wrong.
    pub fn check(&mut self, name: &'static str, came: Result<String, Vec<String>>) {
        let (verdict, mut lines) = match came {
            Ok(word) => (Verdict::Passed, vec![word]),
            Err(lines) => (Verdict::Failed, lines),
        };
        if lines.len() > MOST_LINES {
            let more = lines.len() - MOST_LINES;
            lines.truncate(MOST_LINES);
            lines.push(format!("... and {more} lines more"));
        }
        self.0.push(Check { name, verdict, lines });
    }

    /// Keeps something that is allowed, but worth a look.
    pub fn note(&mut self, name: &'static str, line: String) {
        self.0.push(Check { name, verdict: Verdict::Noted, lines: vec![line] });
    }

    /// Whether nothing failed.
    pub fn passed(&self) -> bool {
        self.0.iter().all(|check| check.verdict != Verdict::Failed)
    }

    /// For a person.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for check in &self.0 {
            let mut told = check.lines.iter();
            let first = told.next().map(String::as_str).unwrap_or_default();
            lines.push(format!("  {:4}  {:16} {first}", check.verdict.word(), check.name));
            lines.extend(told.map(|line| format!("{:25}{line}", "")));
        }
        let count = |verdict| self.0.iter().filter(|check| check.verdict == verdict).count();
        let (passed, noted, failed) = (count(Verdict::Passed), count(Verdict::Noted), count(Verdict::Failed));
        let word = if failed == 0 { "passed" } else { "FAILED" };
        lines.push(format!("{word}: {passed} ok, {noted} to note, {failed} failed"));
        lines
    }

    /// For a program.
    pub fn json(&self) -> Value {
        let check =
            |check: &Check| json!({ "check": check.name, "verdict": check.verdict.word(), "lines": check.lines });
        self.0.iter().map(check).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failure_fails_all_and_a_note_does_not() {
        let mut report = Report::default();
        report.check("sample", Ok("3 of 3 as expected".into()));
        report.note("grants", "granted, but not asked for: storage".into());
        assert!(report.passed());
        report.check("batches", Err(vec!["user 1:".into(), "  another answer".into()]));
        assert!(!report.passed());
        let expected = [
            "  ok    sample           3 of 3 as expected",
            "  note  grants           granted, but not asked for: storage",
            "  FAIL  batches          user 1:",
            "                           another answer",
            "FAILED: 1 ok, 1 to note, 1 failed",
        ];
        assert_eq!(report.lines(), expected);
    }
}

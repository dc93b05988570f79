//! How far a round has come.

use serde::{Deserialize, Serialize};

use crate::records::Position;

/// Where the next page begins, and by what the file is known to be the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    /// The byte where the next record begins.
    pub(crate) offset: u64,
    /// Its line.
    pub(crate) line: u64,
    /// The file's digest.
    pub(crate) digest: String,
    /// How often this round began anew because the file changed.
    pub(crate) restarts: u32,
}

impl Cursor {
    /// Reads a cursor. One that is not ours begins a round.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(crate) fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    pub(crate) fn position(&self) -> Position {
        Position { offset: self.offset, line: self.line }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_and_another_text_is_none() {
        let cursor = Cursor { offset: 7, line: 2, digest: "d".into(), restarts: 1 };
        assert_eq!(Cursor::parse(&cursor.text()), Some(cursor));
        assert_eq!(Cursor::parse("https://graph.example/delta"), None);
    }
}

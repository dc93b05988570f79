//! Prints many lines, and one without an end.

use std::io::Write;

pub(super) fn run(_: &str) -> String {
    let mut out = std::io::stdout().lock();
    for number in 0..100_000 {
        let _ = writeln!(out, "line {number} of a flood that is not of interest to anybody");
    }
    for _ in 0..1_000 {
        let _ = out.write_all(&[b'x'; 10_000]);
    }
    "done".to_owned()
}

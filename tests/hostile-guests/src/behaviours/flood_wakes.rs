//! Asks to be woken for everybody there could be.

use crate::component::rollcall::sync::scheduling;

pub(super) fn run(_: &str) -> String {
    let longest = "x".repeat(10_000);
    for number in 0..100_000 {
        if let Err(reason) = scheduling::wake("2030-01-01T00:00:00Z", &format!("{number} {longest}")) {
            return reason;
        }
    }
    "done".to_owned()
}

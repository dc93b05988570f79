//! Writes lines of the log for ever.

use crate::component::wasi::logging::logging::{Level, log};

pub(super) fn run(_: &str) -> String {
    for number in 0..100_000 {
        log(Level::Info, "flood", &format!("line {number} of a flood that is not of interest to anybody"));
    }
    "done".to_owned()
}

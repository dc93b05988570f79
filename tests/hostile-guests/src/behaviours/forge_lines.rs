//! Writes lines that look like somebody else's.

use crate::component::wasi::logging::logging::{Level, log};

pub(super) fn run(_: &str) -> String {
    log(Level::Info, "", "mine\nthe host: all is well\u{1b}[2K");
    println!("half a line\u{7}");
    "done".to_owned()
}

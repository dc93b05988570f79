//! Opens files and never closes one.

use crate::component::rollcall::sync::outbox;

pub(super) fn run(_: &str) -> String {
    let mut files = Vec::new();
    for number in 0..1_000 {
        match outbox::create(&format!("{number}.csv")) {
            Ok(file) => files.push(file),
            Err(reason) => return format!("{}: {reason}", files.len()),
        }
    }
    "done".to_owned()
}

//! Adds headers as long as it may.

use crate::http::Fields;

pub(super) fn run(_: &str) -> String {
    let fields = Fields::new();
    let one = fields.append("x-huge", &vec![b'x'; 1 << 20]);
    let many = (0..1_000_000).find(|number| fields.append(&format!("x-{number}"), b"some value").is_err());
    format!("one: {}, many: {}", if one.is_err() { "refused" } else { "taken" }, many.map_or("taken", |_| "refused"))
}

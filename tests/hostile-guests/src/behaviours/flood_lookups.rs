//! Looks at everybody there could be.

use crate::component::rollcall::sync::lookup;

pub(super) fn run(_: &str) -> String {
    let longest = "x".repeat(10_000);
    for number in 0..100_000 {
        lookup::properties(&longest, &number.to_string(), &[]);
    }
    "done".to_owned()
}

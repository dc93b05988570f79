//! Panics.

#[allow(clippy::panic, reason = "that is the point")]
pub(super) fn run(argument: &str) -> String {
    panic!("on request: {argument}")
}

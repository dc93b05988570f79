//! The component of `tests/hostile-guests`, built once for all tests.

#[path = "../../../cli/tests/fixture/guests.rs"]
mod building;

use std::sync::OnceLock;

/// The bytes of the component.
pub fn hostile() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let file = building::build("hostile-guests");
        std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    })
}

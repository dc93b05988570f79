//! Components that behave badly, and what they are lent: every test runs a real component in the real engine, against servers on this
//! machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

#[path = "../../../../tests/hostile-guests/src/list.rs"]
#[macro_use]
mod list;

mod credentials;
mod egress;
mod guests;
mod handmade;
mod host;
mod hostile;
mod lending;
mod loading;
mod provider;
mod starting;

/// A behaviour without a test does not compile: each name must be that of a test in one of these modules.
#[cfg(test)]
mod every_behaviour_has_a_test {
    #[allow(unused_imports, reason = "a behaviour is tested in one of them")]
    use super::{credentials::*, egress::*, hostile::*, lending::*};

    macro_rules! exists {
        ($($name:ident)*) => { const _: &[fn()] = &[$($name),*]; };
    }

    with_behaviours!(exists);
}

//! A component that does on request what a component should not: a mapping that takes the id of a person for the name of a behaviour and the
//! person's object for its argument.
//!
//! Each behaviour is one file in `behaviours/`. The list of them is in `list.rs`, where the host's tests take it from: a behaviour
//! without a test does not compile there.

#[cfg(target_family = "wasm")]
#[macro_use]
mod list;

#[cfg(target_family = "wasm")]
mod behaviours;
#[cfg(target_family = "wasm")]
mod component;
#[cfg(target_family = "wasm")]
mod http;

//! Batches in packed form: one text and three lists of numbers in the place of thousands of values (`pack` in `wit/types.wit`).
//!
//! A value by itself costs some 65 ns to cross, a text also a call into the component to ask for room, and a list of numbers or one long
//! text nothing to speak of. So what a component takes and answers packed is written together here and taken apart again; nothing
//! above knows.
//!
//! An answer comes from a component and may be anything. Every count is held against what is left before it is believed, room is never
//! made for more than that, and what the values take here counts like an answer that crosses value by value.

mod reading;
mod writing;

pub(crate) use self::reading::{Broken, assignments, outcomes};
pub(crate) use self::writing::{candidates, people};

/// The kind of a mark: what it is a mark of.
mod kind {
    pub const NULL: u32 = 0;
    pub const BOOLEAN: u32 = 1;
    pub const INTEGER: u32 = 2;
    pub const NUMBER: u32 = 3;
    pub const TEXT: u32 = 4;
    pub const DATE_TIME: u32 = 5;
    pub const TEXTS: u32 = 6;
    pub const JSON: u32 = 7;
    pub const KEEP: u32 = 8;
    pub const ROW: u32 = 9;
    pub const SKIP: u32 = 10;
    pub const REJECT: u32 = 11;
}

/// Bits of a mark that hold its kind; the others hold its count.
const KIND_BITS: u32 = 4;

#[cfg(test)]
mod tests;

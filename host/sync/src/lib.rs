//! The sync itself.

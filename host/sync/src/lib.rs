//! The sync itself: configuration, state, plan and run.

pub mod backoff;
pub mod mirror;
pub mod profile;
pub mod run_log;
pub mod store;

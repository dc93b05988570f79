//! The sync itself: configuration, state, plan and run.

pub mod backoff;
pub mod clock;
pub mod config;
pub mod host;
pub mod mirror;
pub mod profile;
pub mod progress;
pub mod run;
pub mod run_log;
pub mod schemas;
pub mod steps;
pub mod store;
pub mod tenant;

//! The commands, one file each.

pub mod check;
pub mod history;
pub mod init;
pub mod log;
pub mod mapping;
pub mod reset;
pub mod retry;
pub mod rules;
pub mod run;
pub mod storage;
pub mod sync;
mod user;
pub mod verify;
pub mod why;

//! Keeps tenants in step by their schedules. So far that is deciding when the next run starts ([`schedule`]); the command waits and runs.

pub mod schedule;

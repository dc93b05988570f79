//! How much a step may use in one call.

use std::time::Duration;

/// The limits of an instance. What is not said here is fixed in `state` with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of all memories and tables together. Default: 256 MiB.
    pub memory: u64,
    /// Time of computing in one call. Default: 10 s.
    pub cpu: Duration,
    /// Time by the clock in one call, without the time that the host makes it wait for its turn to send. Default: 60 s.
    pub wall: Duration,
    /// HTTP requests in one call. Default: 1,000.
    pub http_calls: u32,
    /// Bytes sent and received by HTTP in one call. Default: 256 MiB.
    pub http_bytes: u64,
    /// Bytes of log lines and of standard output in one call. Default: 1 MiB.
    pub log_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 256 << 20,
            cpu: Duration::from_secs(10),
            wall: Duration::from_secs(60),
            http_calls: 1_000,
            http_bytes: 256 << 20,
            log_bytes: 1 << 20,
        }
    }
}

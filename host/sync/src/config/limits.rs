//! How much a step may use. Every limit has a default that the built-in components stay far below.

use std::num::NonZeroU32;
use std::time::Duration;

use super::quantity::ByteSize;
use super::section::Section;

/// The limits of one step: `[source.limits]` and so on. All but `concurrency` hold for a single call.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// All memory of an instance together. Default: 256 MiB, room for a Python or JavaScript runtime and its batch.
    pub memory: ByteSize,
    /// Time of computing. Default: 10 s; a batch of 1,000 people takes milliseconds.
    pub cpu: Duration,
    /// Time by the clock, waiting for the network included. Default: 60 s, or `cpu` where that is longer.
    pub wall: Duration,
    /// HTTP requests. Default: 1,000.
    pub http_calls: NonZeroU32,
    /// Bytes that are sent and received by HTTP. Default: 256 MiB.
    pub http_bytes: ByteSize,
    /// Bytes of log lines. Default: 1 MiB; what is beyond is dropped and counted.
    pub log_bytes: ByteSize,
    /// How many instances work at the same time. Default: as many as the step and the machine allow.
    pub concurrency: Option<NonZeroU32>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: ByteSize::mebibytes(256),
            cpu: Duration::from_secs(10),
            wall: Duration::from_secs(60),
            http_calls: NonZeroU32::MIN.saturating_add(999),
            http_bytes: ByteSize::mebibytes(256),
            log_bytes: ByteSize::mebibytes(1),
            concurrency: None,
        }
    }
}

/// The least memory: below it no component could even start.
const LEAST_MEMORY: ByteSize = ByteSize::mebibytes(1);
/// The most memory: a component addresses 32 bits.
const MOST_MEMORY: ByteSize = ByteSize::mebibytes(4096);

impl Limits {
    pub(super) fn read(section: Section<'_>) -> Self {
        let default = Self::default();
        let cpu = section.get_or("cpu", default.cpu);
        let limits = Self {
            memory: section.get_or("memory", default.memory),
            cpu,
            wall: section.get_or("wall", default.wall.max(cpu)),
            http_calls: section.get_or("http_calls", default.http_calls),
            http_bytes: section.get_or("http_bytes", default.http_bytes),
            log_bytes: section.get_or("log_bytes", default.log_bytes),
            concurrency: section.get("concurrency"),
        };
        if !(LEAST_MEMORY..=MOST_MEMORY).contains(&limits.memory) {
            section.error("memory", format!("memory is from {LEAST_MEMORY} to {MOST_MEMORY}"), None);
        }
        if limits.wall < limits.cpu {
            let message = "a call cannot compute for longer (`cpu`) than it lasts (`wall`)";
            section.error("wall", message, Some("raise `wall` or lower `cpu`".into()));
        }
        section.finish();
        limits
    }
}

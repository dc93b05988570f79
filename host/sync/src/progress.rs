//! Telling somebody how a run is getting on.

use std::time::Duration;

/// Which part of a run is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Reading the source.
    Pull,
    /// Mapping and grouping.
    Decide,
    /// Bringing the target in step.
    Push,
    /// Reading the target back.
    Verify,
}

impl Part {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Pull => "reading the source",
            Self::Decide => "mapping and grouping",
            Self::Push => "updating the target",
            Self::Verify => "reading the target",
        }
    }
}

/// Who watches a run.
pub trait Progress: Send + Sync {
    /// A part begins; `total` is how much there is to do, when that is known.
    fn begin(&self, part: Part, total: Option<u64>);
    /// This much more was done.
    fn advance(&self, part: Part, done: u64);
    /// The run waits, as another system asked.
    fn waiting(&self, step: &str, time: Duration, reason: &str);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: Part, _: Option<u64>) {}
    fn advance(&self, _: Part, _: u64) {}
    fn waiting(&self, _: &str, _: Duration, _: &str) {}
}

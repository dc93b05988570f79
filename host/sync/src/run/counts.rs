//! What a run did, in numbers.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a run did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Counts {
    /// Changes that the source told.
    pub changes_read: u64,
    /// People that were mapped.
    pub people_mapped: u64,
    /// Users that are no entries of the directory.
    pub people_skipped: u64,
    /// Entries created.
    pub people_created: u64,
    /// Entries that were there already.
    pub people_adopted: u64,
    /// Entries changed.
    pub people_updated: u64,
    /// Entries removed.
    pub people_removed: u64,
    /// Groups created.
    pub groups_created: u64,
    /// Groups changed.
    pub groups_updated: u64,
    /// Groups removed or emptied.
    pub groups_removed: u64,
    /// Members added.
    pub members_added: u64,
    /// Members removed.
    pub members_removed: u64,
    /// Objects that are held back at the end of the run.
    pub held_back: u64,
    /// Removals that wait for a confirmation.
    pub deletions_held: u64,
    /// Large groups whose changes wait for a confirmation.
    #[serde(default)]
    pub groups_held: u64,
    /// Differences that reading the target back found.
    #[serde(default)]
    pub differences: u64,
    /// HTTP calls.
    pub calls: u64,
    /// HTTP calls that did not succeed.
    pub calls_failed: u64,
    /// Seconds waited because another system asked for it.
    pub seconds_waited: u64,
}

/// Counts that many tasks add to.
#[derive(Debug, Default)]
pub struct Tally(Mutex<Counts>);

impl Tally {
    /// Adds something.
    pub fn add(&self, change: impl FnOnce(&mut Counts)) {
        change(&mut self.lock());
    }

    /// What has been counted so far.
    pub fn snapshot(&self) -> Counts {
        *self.lock()
    }

    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

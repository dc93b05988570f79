//! Bringing what the log holds into the database, beside those who write.
//!
//! SQLite does it in the transaction that makes the log long enough, and whoever writes next waits for that and for the disk. A passive
//! checkpoint of another connection hinders nobody (SQLite, "Write-Ahead Logging", Checkpointing). It never ends a log that is being written
//! to all the time; so the connection that writes still has its own limit, and finds little left to do there.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;

use rusqlite::Connection;

use super::lock;

/// How many transactions there are between two of them: a first sync writes a hundred pages in each.
const TRANSACTIONS: u32 = 32;

/// Checkpoints of a database by a thread of their own.
#[derive(Debug)]
pub(super) struct Checkpoints {
    database: PathBuf,
    since: AtomicU32,
    under_way: Mutex<Option<JoinHandle<()>>>,
}

impl Checkpoints {
    /// Of the database in this file.
    pub(super) fn of(database: &Path) -> Self {
        Self { database: database.to_owned(), since: AtomicU32::default(), under_way: Mutex::default() }
    }

    /// A transaction is committed. Now and then that begins a checkpoint, unless one is under way.
    pub(super) fn written(&self) {
        if self.since.fetch_add(1, Ordering::Relaxed) < TRANSACTIONS {
            return;
        }
        let mut under_way = lock(&self.under_way);
        if under_way.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        self.since.store(0, Ordering::Relaxed);
        let database = self.database.clone();
        // What cannot be done now is done by the connection that writes, and that tells what is wrong.
        let thread = std::thread::Builder::new().name("checkpoint".to_owned());
        *under_way = thread.spawn(move || drop(checkpoint(&database))).ok();
    }
}

impl Drop for Checkpoints {
    /// Waits for the thread: the file must be nobody's any more.
    fn drop(&mut self) {
        if let Some(thread) = lock(&self.under_way).take() {
            let _ = thread.join();
        }
    }
}

fn checkpoint(database: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open(database)?;
    connection.query_row("pragma wal_checkpoint(passive)", [], |_| Ok(()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::sqlite::SqliteStore;

    #[test]
    fn the_database_has_what_was_written_before_anybody_closes_it() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("state.db");
        let store = SqliteStore::open(&database).unwrap();
        let value = "x".repeat(100_000);
        let write = |number: u32| store.set(&[(number.to_string().as_str(), Some(value.as_str()))]).unwrap();
        let size = || std::fs::metadata(&database).unwrap().len();
        (0..TRANSACTIONS / 2).for_each(write);
        let before = size();
        (TRANSACTIONS / 2..TRANSACTIONS + 2).for_each(write);
        let checkpoint = lock(&store.checkpoints.under_way).take();
        checkpoint.unwrap().join().unwrap();
        assert!(size() > before + 3_000_000, "{before} bytes before, {} after", size());
    }
}

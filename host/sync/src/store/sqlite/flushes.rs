//! Bringing the log to the disk without keeping others from writing to it.
//!
//! SQLite flushes the log at the end of a transaction, while nobody else can write. The same flush afterwards, through another descriptor of
//! the file, brings all to the disk that was committed before: the log has one writer, is only appended to, and is flushed by SQLite itself
//! before it is begun anew (SQLite, "Write-Ahead Logging", Checkpointing).

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use super::lock;
use crate::store::{Result, StoreError};

/// How far the log was written and flushed.
#[derive(Debug)]
pub(super) struct Flushes {
    log: PathBuf,
    written: AtomicU64,
    flushed: Mutex<Flushed>,
}

#[derive(Debug, Default)]
struct Flushed {
    file: Option<File>,
    /// How many transactions are on the disk for certain.
    transactions: u64,
}

impl Flushes {
    /// Of the database in this file.
    pub(super) fn of(database: &Path) -> Self {
        let mut log = OsString::from(database);
        log.push("-wal");
        Self { log: log.into(), written: AtomicU64::default(), flushed: Mutex::default() }
    }

    /// A transaction is committed.
    pub(super) fn written(&self) {
        self.written.fetch_add(1, Ordering::AcqRel);
    }

    /// Waits until what was committed before is on the disk. Those who come while another waits are served by one flush together.
    pub(super) fn flush(&self) -> Result<()> {
        let wanted = self.written.load(Ordering::Acquire);
        let mut flushed = lock(&self.flushed);
        if flushed.transactions >= wanted {
            return Ok(());
        }
        let failed = |error: std::io::Error| {
            StoreError::Database(format!("{} cannot be written to the disk: {error}", self.log.display()))
        };
        let opened = match flushed.file.take() {
            Some(file) => Ok(file),
            None => OpenOptions::new().write(true).open(&self.log),
        };
        let file = match opened {
            // A file system that cannot have such a log: there each transaction waits for the disk by itself.
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            opened => opened.map_err(failed)?,
        };
        let written = self.written.load(Ordering::Acquire);
        file.sync_data().map_err(failed)?;
        *flushed = Flushed { file: Some(file), transactions: written };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;
    use crate::store::sqlite::SqliteStore;

    #[test]
    fn the_log_is_flushed_once_for_all_that_was_written_before() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("state.db");
        let store = SqliteStore::open(&database).unwrap();
        store.set(&[("a", Some("b"))]).unwrap();
        let flushes = Flushes::of(&database);
        let on_disk = || lock(&flushes.flushed).transactions;
        flushes.flush().unwrap();
        assert!(lock(&flushes.flushed).file.is_none(), "nothing was written, so nothing is waited for");
        flushes.written();
        flushes.written();
        flushes.flush().unwrap();
        assert!(lock(&flushes.flushed).file.is_some(), "the log was found");
        assert_eq!(on_disk(), 2);
        flushes.written();
        assert_eq!(on_disk(), 2, "what is written later is on the disk with the next flush");
        flushes.flush().unwrap();
        assert_eq!(on_disk(), 3);
    }
}

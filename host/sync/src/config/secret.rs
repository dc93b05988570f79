//! Secrets: texts that are used, and never shown.

use std::fmt;
use std::path::Path;

/// A secret. It has no `Display`, and its `Debug` shows stars.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a text as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the one place that sends it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// What a tenant's file may refer to outside itself.
///
/// A trait, so that a file can be checked for another machine, and tested without touching the process's environment.
pub trait Surroundings {
    /// The value of an environment variable; none when it is not set or is no UTF-8.
    fn variable(&self, name: &str) -> Option<String>;
    /// The text of a small file.
    fn read(&self, path: &Path) -> std::io::Result<String>;
    /// Whether every user of the machine may read the file.
    fn readable_by_all(&self, path: &Path) -> bool;
}

/// This process's environment and this machine's files.
#[derive(Debug, Clone, Copy, Default)]
pub struct Machine;

/// The largest file that is read as a secret. Default: 64 KiB, more than any token.
const LARGEST_SECRET: u64 = 64 << 10;

impl Surroundings for Machine {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn read(&self, path: &Path) -> std::io::Result<String> {
        read_bounded(path, LARGEST_SECRET)
    }

    #[cfg(unix)]
    fn readable_by_all(&self, path: &Path) -> bool {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).is_ok_and(|data| data.permissions().mode() & 0o004 != 0)
    }

    #[cfg(not(unix))]
    fn readable_by_all(&self, _: &Path) -> bool {
        false
    }
}

/// Reads a text file of at most `limit` bytes: a path may lead to a device that never ends.
pub(super) fn read_bounded(path: &Path, limit: u64) -> std::io::Result<String> {
    use std::io::{Error, ErrorKind, Read};
    let mut text = String::new();
    let read = std::fs::File::open(path)?.take(limit + 1).read_to_string(&mut text)?;
    if u64::try_from(read).unwrap_or(u64::MAX) > limit {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it is larger than {limit} bytes")));
    }
    Ok(text)
}

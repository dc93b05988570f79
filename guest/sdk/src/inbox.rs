//! Files that an administrator laid ready. Granted by name, with `files = ["people.csv"]`.

use crate::Host;
use crate::bindings::capabilities::rollcall::sync::inbox::{self, File};

/// Something that has files: [`Host`] in a component, a double in a test.
pub trait Inbox {
    /// A file that is open.
    type File: InboxFile;

    /// Opens a file by the name that it was granted by. The error is a sentence.
    fn open(&self, name: &str) -> Result<Self::File, String>;
}

/// A file that is open.
pub trait InboxFile {
    /// Reads up to `limit` bytes from `offset`. Fewer may come; none come only at the end. The error is a sentence.
    fn read(&self, offset: u64, limit: u32) -> Result<Vec<u8>, String>;

    /// Its size in bytes.
    fn size(&self) -> u64;
}

impl Inbox for Host {
    type File = File;

    fn open(&self, name: &str) -> Result<File, String> {
        inbox::open(name)
    }
}

impl InboxFile for File {
    fn read(&self, offset: u64, limit: u32) -> Result<Vec<u8>, String> {
        File::read(self, offset, limit)
    }

    fn size(&self) -> u64 {
        File::size(self)
    }
}

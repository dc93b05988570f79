//! Files for somebody else to take. Granted with `outbox = true`.
//!
//! A file appears under its name only when it is finished, whole, in place of the one before it.

use crate::Host;
use crate::bindings::capabilities::rollcall::sync::outbox::{self, File};

/// Something that takes files: [`Host`] in a component, a double in a test.
pub trait Outbox {
    /// A file that is being written.
    type File: OutboxFile;

    /// Starts a file. The name is a plain file name: letters, digits, `.`, `-` and `_`. The error is a sentence.
    fn create(&self, name: &str) -> Result<Self::File, String>;
}

/// A file that is being written. Dropped without `finish`, it leaves nothing behind.
pub trait OutboxFile {
    /// Appends text. The error is a sentence.
    fn write(&self, text: &str) -> Result<(), String>;
    /// Puts the file in its place. The error is a sentence.
    fn finish(self) -> Result<(), String>;
}

impl Outbox for Host {
    type File = File;

    fn create(&self, name: &str) -> Result<File, String> {
        outbox::create(name)
    }
}

impl OutboxFile for File {
    fn write(&self, text: &str) -> Result<(), String> {
        File::write(self, text)
    }

    fn finish(self) -> Result<(), String> {
        File::finish(&self)
    }
}

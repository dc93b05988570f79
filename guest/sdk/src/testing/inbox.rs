//! Files to read, in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::inbox::{Inbox, InboxFile};

/// An inbox in memory. A clone is the same inbox.
///
/// ```
/// use rollcall_sdk::inbox::{Inbox, InboxFile};
/// use rollcall_sdk::testing::MemoryInbox;
///
/// let inbox = MemoryInbox::new().file("people.csv", "id,name\n");
/// let file = inbox.open("people.csv").unwrap();
/// assert_eq!((file.size(), file.read(3, 4)), (8, Ok(b"name".to_vec())));
/// assert!(inbox.open("others.csv").is_err());
/// ```
#[derive(Debug, Clone, Default)]
pub struct MemoryInbox(Rc<RefCell<BTreeMap<String, Rc<[u8]>>>>);

impl MemoryInbox {
    /// No files.
    pub fn new() -> Self {
        MemoryInbox::default()
    }

    /// Adds a file.
    pub fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.put(name, bytes);
        self
    }

    /// Puts a file in the place of the one of that name. Who has that one open goes on reading it.
    pub fn put(&self, name: &str, bytes: impl AsRef<[u8]>) {
        self.0.borrow_mut().insert(name.to_owned(), bytes.as_ref().into());
    }
}

/// A file of a [`MemoryInbox`].
#[derive(Debug)]
pub struct MemoryInboxFile(Rc<[u8]>);

impl Inbox for MemoryInbox {
    type File = MemoryInboxFile;

    fn open(&self, name: &str) -> Result<MemoryInboxFile, String> {
        let files = self.0.borrow();
        files.get(name).cloned().map(MemoryInboxFile).ok_or_else(|| format!("the file {name} was not granted"))
    }
}

impl InboxFile for MemoryInboxFile {
    fn read(&self, offset: u64, limit: u32) -> Result<Vec<u8>, String> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.0.len());
        let rest = self.0.get(start..).unwrap_or_default();
        Ok(rest.get(..limit as usize).unwrap_or(rest).to_vec())
    }

    fn size(&self) -> u64 {
        self.0.len() as u64
    }
}

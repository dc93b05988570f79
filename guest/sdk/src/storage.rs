//! A key-value store of this tenant and step. Granted with `storage = true`.
//!
//! Writes commit with the page or batch in which they were made.

use std::fmt;

use crate::Host;
use crate::bindings::capabilities::wasi::keyvalue::store::{self, Bucket};

/// Something that keeps values by key: [`Host`] in a component, a double in a test.
pub trait Storage {
    /// The value of a key.
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error>;
    /// Sets the value of a key.
    fn set(&self, key: &str, value: &[u8]) -> Result<(), Error>;
    /// Removes a key. Removing one that is not there is no error.
    fn delete(&self, key: &str) -> Result<(), Error>;
    /// A page of keys, from the start or from the cursor of the page before, and the cursor of the next page if there is one.
    fn keys(&self, cursor: Option<&str>) -> Result<(Vec<String>, Option<String>), Error>;
}

/// Why a value could not be read or written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error(pub String);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the step's storage failed: {}", self.0)
    }
}

impl std::error::Error for Error {}

impl From<store::Error> for Error {
    fn from(error: store::Error) -> Self {
        Error(match error {
            store::Error::NoSuchStore => "there is no such store".to_owned(),
            store::Error::AccessDenied => "storage is not granted to this step".to_owned(),
            store::Error::Other(reason) => reason,
        })
    }
}

fn bucket() -> Result<Bucket, store::Error> {
    store::open("default")
}

impl Storage for Host {
    fn get(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        Ok(bucket()?.get(key)?)
    }

    fn set(&self, key: &str, value: &[u8]) -> Result<(), Error> {
        Ok(bucket()?.set(key, value)?)
    }

    fn delete(&self, key: &str) -> Result<(), Error> {
        Ok(bucket()?.delete(key)?)
    }

    fn keys(&self, cursor: Option<&str>) -> Result<(Vec<String>, Option<String>), Error> {
        let page = bucket()?.list_keys(cursor)?;
        Ok((page.keys, page.cursor))
    }
}

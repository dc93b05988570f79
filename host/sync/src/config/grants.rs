//! What a step is granted. Nothing unless it says so: an empty list of origins denies all.

use std::path::{Path, PathBuf};

use super::origin::Origin;
use super::section::Section;

/// The capabilities of a step: `[source.grants]` and so on.
///
/// Built-in components have what they need without being told; a component of an organization's own has nothing by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Grants {
    /// The origins that it may send HTTP requests to. Empty: none.
    pub http: Vec<Origin>,
    /// The key-value store of this tenant and step.
    pub storage: bool,
    /// Looking at other users than the one at hand.
    pub lookup: bool,
    /// Asking to be called again at a time.
    pub scheduling: bool,
    /// Writing files for somebody else to take.
    pub outbox: bool,
    /// Files that it may read. Empty: none.
    pub files: Vec<GrantedFile>,
}

/// A file that a step may read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedFile {
    /// The name by which the step opens it: as it is written in the tenant's file.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
}

impl GrantedFile {
    /// A file by its name; a relative one starts from the folder of the tenant's file.
    pub(super) fn of(name: &str, folder: &Path) -> Self {
        Self { name: name.to_owned(), path: folder.join(name) }
    }
}

impl Grants {
    /// Reads the section over what the component has by default. A switch that is written counts; origins and files are added.
    pub(super) fn read(section: Section<'_>, default: Self) -> Self {
        let mut grants = Self {
            http: default.http,
            storage: section.get_or("storage", default.storage),
            lookup: section.get_or("lookup", default.lookup),
            scheduling: section.get_or("scheduling", default.scheduling),
            outbox: section.get_or("outbox", default.outbox),
            files: default.files,
        };
        grants.allow(section.list("http").unwrap_or_default());
        let files = section.list::<String>("files").unwrap_or_default();
        grants.files.extend(files.iter().map(|name| GrantedFile::of(name, section.reader.folder)));
        section.finish();
        grants
    }

    /// Adds origins that are not there yet.
    pub(super) fn allow(&mut self, origins: impl IntoIterator<Item = Origin>) {
        for origin in origins {
            if !self.http.contains(&origin) {
                self.http.push(origin);
            }
        }
    }
}

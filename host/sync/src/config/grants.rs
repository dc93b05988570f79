//! What a step is granted. Nothing unless it says so: an empty list of origins denies all.

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
}

impl Grants {
    /// Reads the section over what the component has by default. A switch that is written counts; origins are added.
    pub(super) fn read(section: Section<'_>, default: Self) -> Self {
        let mut grants = Self {
            http: default.http,
            storage: section.get_or("storage", default.storage),
            lookup: section.get_or("lookup", default.lookup),
            scheduling: section.get_or("scheduling", default.scheduling),
            outbox: section.get_or("outbox", default.outbox),
        };
        grants.allow(section.list("http").unwrap_or_default());
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

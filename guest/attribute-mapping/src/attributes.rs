//! Attributes by number: every path that a set of expressions reads gets one slot.

use std::collections::HashMap;

use crate::program::Slot;

/// What kind of object a path leads through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path {
    /// As it was written: `employeeOrgData.division`.
    pub text: String,
    /// Its parts.
    pub segments: Vec<String>,
}

impl Path {
    /// Reads a path. The name of a SCIM schema (`urn:...:2.0:User:department`) has points of its own and is one part.
    pub fn new(text: &str) -> Self {
        let segments = if text.starts_with("urn:") {
            vec![text.to_owned()]
        } else {
            text.split('.').map(|part| part.trim().to_owned()).collect()
        };
        Self { text: text.to_owned(), segments }
    }

    /// The first part.
    pub fn root(&self) -> &str {
        self.segments.first().map_or("", String::as_str)
    }

    /// The field of the manager that this path names: `displayName` for `manager.displayName`.
    pub fn manager_field(&self) -> Option<&str> {
        match self.segments.as_slice() {
            [manager, field] if manager == "manager" => Some(field),
            _ => None,
        }
    }
}

/// The paths that are read, by slot.
#[derive(Debug, Default)]
pub struct Attributes {
    paths: Vec<Path>,
    slots: HashMap<String, Slot>,
}

impl Attributes {
    /// The slot of a path; a new one when it was not read before.
    pub fn slot(&mut self, path: &str) -> Slot {
        if let Some(slot) = self.slots.get(path) {
            return *slot;
        }
        let slot = self.paths.len();
        self.paths.push(Path::new(path));
        self.slots.insert(path.to_owned(), slot);
        slot
    }

    /// The paths in the order of their slots.
    pub fn paths(&self) -> &[Path] {
        &self.paths
    }

    /// The path of a slot.
    pub fn path(&self, slot: Slot) -> &str {
        self.paths.get(slot).map_or("", |path| &path.text)
    }
}

/// What Graph calls an attribute that has another name in Entra's provisioning expressions.
///
/// An expression that is pasted from there reads the same person: the name itself is tried first, then Graph's.
pub fn graph_path(name: &str) -> Option<String> {
    let known = match name {
        "objectId" => "id",
        "mobile" => "mobilePhone",
        "telephoneNumber" => "businessPhones",
        "facsimileTelephoneNumber" => "faxNumber",
        "physicalDeliveryOfficeName" => "officeLocation",
        "dirSyncEnabled" => "onPremisesSyncEnabled",
        "immutableId" => "onPremisesImmutableId",
        "onPremisesUserPrincipalName" | "originalUserPrincipalName" => "userPrincipalName",
        name => {
            let number: u8 = name.strip_prefix("extensionAttribute")?.parse().ok()?;
            return (1..=15).contains(&number).then(|| format!("onPremisesExtensionAttributes.{name}"));
        }
    };
    Some(known.to_owned())
}

//! The lock file beside a tenant's file: which components that do not come with Rollcall the administrator has looked at.
//!
//! `contoso.lock` belongs to `contoso.toml` and should be kept with it. A component whose bytes are others than those that were pinned is not
//! even compiled. A file is pinned by the first sync that uses it; an address must be pinned before.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use rollcall_sync::config::{ComponentRef, TenantConfig};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::refusal::Refusal;

const HEAD: &str = "# Components of other people, as they were when somebody pinned them. Keep this file with the tenant's file;\n\
                    # `rollcall component pin` renews it and shows what is different.\n\n";

/// A component as it was when it was pinned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pin {
    /// Its path from the folder of the tenant's file, or its address.
    pub from: String,
    /// Of its bytes, in hexadecimal.
    pub sha256: String,
    /// The interfaces that it imports; none when it was pinned without being looked at.
    #[serde(default)]
    pub imports: BTreeSet<String>,
    /// The grants that it needs.
    #[serde(default)]
    pub grants: BTreeSet<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lock {
    #[serde(default)]
    component: Vec<Pin>,
}

/// The pins of a tenant.
#[derive(Debug)]
pub struct Pins {
    file: PathBuf,
    folder: PathBuf,
    lock: Lock,
}

/// SHA-256 in hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Pins {
    /// Reads the lock file of a tenant; none pins nothing.
    pub fn of(config: &TenantConfig) -> Result<Self, Refusal> {
        let file = config.file.with_extension("lock");
        let folder = config.file.parent().unwrap_or_else(|| Path::new("")).to_owned();
        let lock = match std::fs::read_to_string(&file) {
            Ok(text) => {
                toml::from_str(&text).map_err(|error| Refusal::wrong(format!("{}: {error}", file.display())))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Lock::default(),
            Err(error) => return Err(Refusal::wrong(format!("{}: {error}", file.display()))),
        };
        Ok(Self { file, folder, lock })
    }

    /// The lock file.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// How the lock file calls a component; none for one that comes with Rollcall.
    pub fn name(&self, component: &ComponentRef) -> Option<String> {
        match component {
            ComponentRef::BuiltIn(_) => None,
            ComponentRef::Path(path) => {
                let path = path.strip_prefix(&self.folder).unwrap_or(path);
                let path = path.strip_prefix(".").unwrap_or(path);
                let outside = path.is_absolute() || path.starts_with("..");
                Some(if outside { path.display().to_string() } else { format!("./{}", path.display()) })
            }
            ComponentRef::Url(url) => Some(url.to_string()),
        }
    }

    /// The pin of a component.
    pub fn get(&self, name: &str) -> Option<&Pin> {
        self.lock.component.iter().find(|pin| pin.from == name)
    }

    /// Whether a component may be used; true when nothing is known of it yet.
    pub fn check(&self, name: &str, sha256: &str) -> Result<bool, String> {
        match self.get(name) {
            None => Ok(true),
            Some(pin) if pin.sha256.eq_ignore_ascii_case(sha256) => Ok(false),
            Some(pin) => Err(format!(
                "the component {name} is not the one that was pinned: sha256 {} in {}, and {} now. `rollcall component pin` shows what \
                 is different and renews the pin",
                short(&pin.sha256),
                self.file.display(),
                short(sha256)
            )),
        }
    }

    /// Sets a pin.
    pub fn put(&mut self, pin: Pin) {
        self.lock.component.retain(|known| known.from != pin.from);
        self.lock.component.push(pin);
        self.lock.component.sort_by(|one, other| one.from.cmp(&other.from));
    }

    /// Forgets all pins but these; answers those that are gone.
    pub fn keep(&mut self, names: &BTreeSet<String>) -> Vec<String> {
        let (kept, gone): (Vec<Pin>, Vec<Pin>) =
            std::mem::take(&mut self.lock.component).into_iter().partition(|pin| names.contains(&pin.from));
        self.lock.component = kept;
        gone.into_iter().map(|pin| pin.from).collect()
    }

    /// Writes the lock file, whole or not at all.
    pub fn save(&self) -> Result<(), String> {
        let fail = |error: std::io::Error| format!("{} cannot be written: {error}", self.file.display());
        let text = toml::to_string(&self.lock).map_err(|error| error.to_string())?;
        let mut new = self.file.clone().into_os_string();
        new.push(".new");
        let mut file = std::fs::File::create(&new).map_err(fail)?;
        file.write_all(HEAD.as_bytes()).and_then(|()| file.write_all(text.as_bytes())).map_err(fail)?;
        file.sync_all().and_then(|()| std::fs::rename(&new, &self.file)).map_err(fail)
    }
}

/// Enough of a digest to compare by eye.
pub fn short(sha256: &str) -> &str {
    sha256.get(..12).unwrap_or(sha256)
}

//! The bytes of components: embedded ones by name, others from files and addresses, as they were pinned.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rollcall_sync::config::{ComponentRef, TenantConfig};
use rollcall_sync::steps::sandboxed::{Bytes, Components};
use url::Url;

use crate::pins::{Pin, Pins, sha256};
use crate::refusal::Refusal;

include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// The largest file that is taken for a component; a Python one has 20 MB.
pub const LARGEST: u64 = 256 << 20;

/// What happens to a component that is not pinned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unpinned {
    /// A file is used as it is.
    Use,
    /// A file is pinned by being used.
    Pin,
}

/// The components that a tenant's file names.
pub struct Named {
    pins: Mutex<Pins>,
    unpinned: Unpinned,
    /// Where what was downloaded is kept, by its digest.
    downloads: Option<PathBuf>,
}

impl Named {
    pub fn of(config: &TenantConfig, unpinned: Unpinned, downloads: Option<PathBuf>) -> Result<Self, Refusal> {
        Ok(Self { pins: Mutex::new(Pins::of(config)?), unpinned, downloads })
    }

    fn pins(&self) -> std::sync::MutexGuard<'_, Pins> {
        self.pins.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses bytes that are not those that were pinned.
    fn pinned(&self, component: &ComponentRef, bytes: &[u8]) -> Result<(), String> {
        let mut pins = self.pins();
        let Some(name) = pins.name(component) else { return Ok(()) };
        let sha256 = sha256(bytes);
        if pins.check(&name, &sha256)? && self.unpinned == Unpinned::Pin {
            pins.put(Pin { from: name, sha256, imports: Default::default(), grants: Default::default() });
            pins.save()?;
        }
        Ok(())
    }

    async fn downloaded(&self, url: &Url) -> Result<Vec<u8>, String> {
        let Some(wanted) = self.pins().get(url.as_str()).map(|pin| pin.sha256.clone()) else {
            return Err(format!("{url} is not pinned: `rollcall component pin` shows what it is and pins it"));
        };
        let kept = self.downloads.as_ref().map(|folder| folder.join(format!("{wanted}.wasm")));
        if let Some(bytes) = kept.as_ref().and_then(|path| std::fs::read(path).ok())
            && sha256(&bytes) == wanted
        {
            return Ok(bytes);
        }
        let bytes = rollcall_sandbox::download(url, LARGEST).await?;
        self.pins().check(url.as_str(), &sha256(&bytes))?;
        if let Some(path) = kept {
            // Without a place to keep it, it is downloaded again the next time.
            let _ = keep(&path, &bytes);
        }
        Ok(bytes)
    }
}

fn keep(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let new = path.with_extension("new");
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&new, bytes)?;
    std::fs::rename(&new, path)
}

impl Components for Named {
    fn bytes<'a>(&'a self, component: &'a ComponentRef) -> Bytes<'a> {
        Box::pin(async move {
            match component {
                ComponentRef::BuiltIn(built_in) => BUILT_IN
                    .iter()
                    .find(|(name, _)| *name == built_in.name())
                    .map(|(_, bytes)| Cow::Borrowed(*bytes))
                    .ok_or_else(|| format!("the component {} is not part of this build", built_in.name())),
                ComponentRef::Path(path) => {
                    let bytes = read(path)?;
                    self.pinned(component, &bytes)?;
                    Ok(Cow::Owned(bytes))
                }
                ComponentRef::Url(url) => self.downloaded(url).await.map(Cow::Owned),
            }
        })
    }
}

/// Reads the file of a component.
pub fn read(path: &Path) -> Result<Vec<u8>, String> {
    let unreadable = |error: std::io::Error| format!("the component {} cannot be read: {error}", path.display());
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST {
        return Err(format!("{} is larger than a component may be ({LARGEST} bytes)", path.display()));
    }
    std::fs::read(path).map_err(unreadable)
}

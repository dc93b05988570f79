//! Compiled components, kept from start to start.
//!
//! Loading compiled code runs it natively, outside of any sandbox. So what is loaded is only what this program wrote itself:
//!
//! | what could go wrong | what is done about it |
//! | --- | --- |
//! | somebody else puts a file there | the folder and each file belong to this user, and nobody else can write in them; otherwise it is refused |
//! | a component has the name of another | the name is the digest of its bytes, and of the engine's settings |
//! | a crash, a full disk, a bad sector | a file is moved into its place whole, and begins with the digest of what follows |

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use cap_std::ambient_authority;
use cap_std::fs::{Dir, Metadata, OpenOptions};
use sha2::{Digest, Sha256};
use wasmtime::Engine;

use crate::component::{LoadError, hex};

pub(crate) struct Cache {
    folder: Dir,
    settings: String,
    owner: Owner,
}

/// The digest before the compiled code.
const DIGEST_BYTES: usize = 32;

/// Who this program runs as, as far as files tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Owner(u32);

impl Owner {
    #[cfg(unix)]
    fn of(metadata: &Metadata) -> Self {
        use cap_std::fs::MetadataExt;
        Self(metadata.uid())
    }

    #[cfg(not(unix))]
    fn of(_: &Metadata) -> Self {
        Self(0)
    }
}

/// Whether anybody but the owner can write.
#[cfg(unix)]
fn others_can_write(metadata: &Metadata) -> bool {
    use cap_std::fs::MetadataExt;
    metadata.mode() & 0o022 != 0
}

#[cfg(not(unix))]
fn others_can_write(_: &Metadata) -> bool {
    false
}

fn create_folder(path: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

/// A name that no other thread or program uses.
fn temporary_name(name: &str) -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    format!("{name}.{}.{}.new", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn create_file(folder: &Dir, name: &str) -> std::io::Result<cap_std::fs::File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
    folder.open_with(name, &options)
}

impl Cache {
    pub(crate) fn open(path: &Path, engine: &Engine) -> Result<Self, LoadError> {
        let refuse = |reason: String| LoadError::Cache { path: path.to_owned(), reason };
        let fail = |error: std::io::Error| refuse(error.to_string());
        create_folder(path).map_err(fail)?;
        let folder = Dir::open_ambient_dir(path, ambient_authority()).map_err(fail)?;
        // What is checked is the folder that is open, wherever its path may lead in a moment.
        let metadata = folder.dir_metadata().map_err(fail)?;
        if others_can_write(&metadata) {
            let danger = "others can write in it, and compiled code from there would run with this program's rights";
            return Err(refuse(format!("{danger}: take that permission away and empty the folder")));
        }
        let probe = temporary_name("owner");
        let owner = create_file(&folder, &probe).and_then(|file| file.metadata());
        let _ = folder.remove_file(&probe);
        let owner = Owner::of(&owner.map_err(fail)?);
        if owner != Owner::of(&metadata) {
            return Err(refuse("it belongs to another user".to_owned()));
        }
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Ok(Self { folder, settings: format!("{:016x}", hasher.finish()), owner })
    }

    fn name(&self, digest: &str) -> String {
        format!("{digest}-{}.cwasm", self.settings)
    }

    /// The compiled form, if it is there.
    pub(crate) fn get(&self, engine: &Engine, digest: &str) -> Option<wasmtime::component::Component> {
        let bytes = self.read(&self.name(digest))?;
        let compiled = bytes.get(DIGEST_BYTES..)?;
        // SAFETY: the folder and the file belong to this user and nobody else can write them, and the bytes are the ones that `put`
        // wrote: their digest says so.
        #[allow(unsafe_code)]
        let component = unsafe { wasmtime::component::Component::deserialize(engine, compiled) };
        component.ok()
    }

    fn read(&self, name: &str) -> Option<Vec<u8>> {
        let mut file = self.folder.open(name).ok()?;
        let metadata = file.metadata().ok()?;
        if !metadata.is_file() || Owner::of(&metadata) != self.owner || others_can_write(&metadata) {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
        file.read_to_end(&mut bytes).ok()?;
        let (digest, compiled) = bytes.split_at_checked(DIGEST_BYTES)?;
        (digest == Sha256::digest(compiled).as_slice()).then_some(bytes)
    }

    /// Keeps a compiled form. A cache that cannot be written costs time, nothing else.
    pub(crate) fn put(&self, digest: &str, compiled: &[u8]) {
        let name = self.name(digest);
        let temporary = temporary_name(&name);
        let written = create_file(&self.folder, &temporary).and_then(|mut file| {
            file.write_all(&Sha256::digest(compiled))?;
            file.write_all(compiled)?;
            file.sync_all()
        });
        let moved = written.and_then(|()| self.folder.rename(&temporary, &self.folder, &name));
        if let Err(error) = moved {
            tracing::debug!("compiled component not kept: {error}");
            let _ = self.folder.remove_file(&temporary);
        }
    }
}

/// The digest of a component's bytes.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path, mode: u32) {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_folder_that_others_can_write_in_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        mode(folder.path(), 0o770);
        let error = Cache::open(folder.path(), &Engine::default()).err().unwrap().to_string();
        assert!(error.contains("others can write in it"), "{error}");
        mode(folder.path(), 0o755);
        assert!(Cache::open(folder.path(), &Engine::default()).is_ok());
    }

    #[test]
    fn a_new_folder_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        Cache::open(&path, &Engine::default()).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
    }

    #[test]
    fn only_what_was_written_whole_by_this_program_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let cache = Cache::open(folder.path(), &Engine::default()).unwrap();
        cache.put("d1", b"compiled");
        let name = cache.name("d1");
        let path = folder.path().join(&name);
        assert!(cache.read(&name).is_some_and(|bytes| bytes.ends_with(b"compiled")));
        mode(&path, 0o622);
        assert!(cache.read(&name).is_none(), "others can write it");
        mode(&path, 0o600);
        let whole = std::fs::read(&path).unwrap();
        for broken in
            [whole.get(..whole.len() - 1).unwrap(), &whole.iter().map(|byte| byte ^ 1).collect::<Vec<_>>(), b""]
        {
            std::fs::write(&path, broken).unwrap();
            assert!(cache.read(&name).is_none());
        }
        std::fs::write(&path, whole).unwrap();
        assert!(cache.read(&name).is_some());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing else is left behind");
    }
}

//! Compiled components, kept from start to start.
//!
//! Loading compiled code runs it natively, so only what this program wrote itself is loaded: from a folder that nobody else can write
//! in, under a name made of the component's digest and the engine's settings, moved into its place whole.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;
use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use wasmtime::Engine;

use crate::component::LoadError;

pub(crate) struct Cache {
    folder: Dir,
    settings: String,
}

impl Cache {
    pub(crate) fn open(path: &Path, engine: &Engine) -> Result<Self, LoadError> {
        let fail = |error: std::io::Error| LoadError::Cache { path: path.to_owned(), reason: error.to_string() };
        Dir::create_ambient_dir_all(path, ambient_authority()).map_err(fail)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::{MetadataExt, PermissionsExt};
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700)).map_err(fail)?;
            let metadata = std::fs::metadata(path).map_err(fail)?;
            if metadata.mode() & 0o022 != 0 {
                let reason =
                    "others can write in it: compiled code from there would run with this program's rights".to_owned();
                return Err(LoadError::Cache { path: path.to_owned(), reason });
            }
        }
        let mut hasher = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut hasher);
        let folder = Dir::open_ambient_dir(path, ambient_authority()).map_err(fail)?;
        Ok(Self { folder, settings: format!("{:016x}", hasher.finish()) })
    }

    fn name(&self, digest: &str) -> String {
        format!("{digest}-{}.cwasm", self.settings)
    }

    /// The compiled form, if it is there.
    pub(crate) fn get(&self, engine: &Engine, digest: &str) -> Option<wasmtime::component::Component> {
        let bytes = self.folder.read(self.name(digest)).ok()?;
        // SAFETY: the folder is private to this user (checked when it was opened) and the file was written by `put`, whole.
        #[allow(unsafe_code)]
        let component = unsafe { wasmtime::component::Component::deserialize(engine, bytes) };
        component.ok()
    }

    /// Keeps a compiled form. A cache that cannot be written costs time, nothing else.
    pub(crate) fn put(&self, digest: &str, compiled: &[u8]) {
        let temporary = format!("{}.{}.new", self.name(digest), std::process::id());
        let written = self.folder.create(&temporary).and_then(|mut file| {
            file.write_all(compiled)?;
            file.sync_all()
        });
        let moved = written.and_then(|()| self.folder.rename(&temporary, &self.folder, self.name(digest)));
        if let Err(error) = moved {
            tracing::debug!("compiled component not kept: {error}");
            let _ = self.folder.remove_file(&temporary);
        }
    }
}

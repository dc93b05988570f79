//! The files that a step may read: those that its grants name, and no others.
//!
//! A file is opened through a handle of its folder, so that a symbolic link in its place cannot lead out of that folder.

use std::path::Path;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, File};
use rollcall_sandbox::Inbox;
use rollcall_sandbox::capabilities::InboxReader;

use crate::config::GrantedFile;

/// The granted files of one step.
pub(super) struct GrantedFiles(pub(super) Vec<GrantedFile>);

impl Inbox for GrantedFiles {
    fn open(&self, name: &str) -> Result<Box<dyn InboxReader>, String> {
        let Some(granted) = self.0.iter().find(|granted| granted.name == name) else {
            return Err(format!("the file \"{name}\" is not granted to this step"));
        };
        let (file, size) =
            open(&granted.path).map_err(|error| format!("{} cannot be read: {error}", granted.path.display()))?;
        Ok(Box::new(Reading { file, size, name: granted.path.display().to_string() }))
    }
}

fn open(path: &Path) -> std::io::Result<(File, u64)> {
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().ok_or_else(|| std::io::Error::other("it names no file"))?;
    let file = Dir::open_ambient_dir(folder, ambient_authority())?.open(name)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(std::io::Error::other("it is no ordinary file"));
    }
    Ok((file, about.len()))
}

struct Reading {
    file: File,
    size: u64,
    name: String,
}

impl InboxReader for Reading {
    fn read(&mut self, offset: u64, limit: u32) -> Result<Vec<u8>, String> {
        use std::io::{Read, Seek, SeekFrom};
        let mut bytes = Vec::new();
        let read = self
            .file
            .seek(SeekFrom::Start(offset))
            .and_then(|_| (&mut self.file).take(limit.into()).read_to_end(&mut bytes));
        read.map(|_| bytes).map_err(|error| format!("{} cannot be read: {error}", self.name))
    }

    fn size(&self) -> u64 {
        self.size
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn granted(folder: &Path, name: &str) -> GrantedFiles {
        GrantedFiles(vec![GrantedFile { name: name.to_owned(), path: folder.join(name) }])
    }

    #[test]
    fn a_granted_file_is_read_in_pieces() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("people.csv"), "id,name\n").unwrap();
        let mut file = granted(folder.path(), "people.csv").open("people.csv").unwrap();
        assert_eq!(file.size(), 8);
        assert_eq!(file.read(3, 100), Ok(b"name\n".to_vec()));
        assert_eq!(file.read(0, 2), Ok(b"id".to_vec()));
        assert_eq!(file.read(8, 2), Ok(Vec::new()));
        assert_eq!(file.read(1 << 40, 2), Ok(Vec::new()));
    }

    #[test]
    fn it_returns_an_error_for_a_file_that_is_not_granted_is_not_there_or_is_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("other.csv"), "secret").unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        let error = |granted: GrantedFiles, name: &str| granted.open(name).map(|_| ()).unwrap_err();
        for name in ["other.csv", "./people.csv", "../people.csv", "", "people.csv/"] {
            assert!(error(granted(folder.path(), "people.csv"), name).contains("is not granted"), "{name}");
        }
        assert!(error(granted(folder.path(), "people.csv"), "people.csv").contains("cannot be read"));
        assert!(error(granted(folder.path(), "folder"), "folder").contains("no ordinary file"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_place_of_a_granted_file_does_not_lead_out_of_its_folder() {
        let (folder, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(outside.path().join("secret"), "s").unwrap();
        fs::write(folder.path().join("2026.csv"), "id").unwrap();
        std::os::unix::fs::symlink(outside.path().join("secret"), folder.path().join("people.csv")).unwrap();
        std::os::unix::fs::symlink("2026.csv", folder.path().join("latest.csv")).unwrap();
        assert!(granted(folder.path(), "people.csv").open("people.csv").is_err());
        assert_eq!(granted(folder.path(), "latest.csv").open("latest.csv").unwrap().read(0, 9), Ok(b"id".to_vec()));
    }
}

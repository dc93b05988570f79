//! The bytes of the file: of a file that was granted, or downloaded.
//!
//! Both are read in pieces at any offset, so that a page costs what it has in it, and a file of any size is read with the memory
//! of a piece. A download is kept by the instance for the pages after the first.

use std::hash::{DefaultHasher, Hasher};
use std::rc::Rc;

use rollcall_sdk::http::{Client, Request};
use rollcall_sdk::inbox::{Inbox, InboxFile};
use rollcall_sdk::{Failure, Fault};

/// The largest download: it is held in memory, which a step has 256 MiB of.
const LARGEST_DOWNLOAD: usize = 96 << 20;

/// A file up to this size is compared as a whole; of a larger one, this much in all.
const COMPARED: u64 = 1 << 20;

/// As many pieces of a large file are compared.
const PIECES: u64 = 64;

/// Bytes that can be read at any place.
#[derive(Debug, Clone)]
pub(crate) enum Content<F> {
    File(F),
    Downloaded(Rc<[u8]>),
}

impl<F: InboxFile> Content<F> {
    /// Opens a granted file.
    pub(crate) fn open(inbox: &impl Inbox<File = F>, name: &str) -> Result<Self, Failure> {
        inbox.open(name).map(Content::File).map_err(|reason| Failure::Failed(Fault::new(sentence(&reason))))
    }

    /// Downloads a file. The host follows redirects and attaches the login.
    pub(crate) fn download(http: &impl Client, url: &str) -> Result<Self, Failure> {
        let request = Request::get(url).header("accept", "text/csv, text/plain;q=0.9, */*;q=0.1");
        let response = http.send(&request.largest_answer(LARGEST_DOWNLOAD))?;
        if !response.is_success() {
            return Err(response.failure(format!("The file at {url} was refused.")));
        }
        Ok(Content::Downloaded(response.body.into()))
    }

    pub(crate) fn size(&self) -> u64 {
        match self {
            Content::File(file) => file.size(),
            Content::Downloaded(bytes) => bytes.len() as u64,
        }
    }

    /// Reads up to `limit` bytes from `offset`; none at the end.
    pub(crate) fn read(&self, offset: u64, limit: u32) -> Result<Vec<u8>, Failure> {
        match self {
            // Reading again may well help: a share of the network that is back.
            Content::File(file) => {
                file.read(offset, limit).map_err(|reason| Fault::new(sentence(&reason)).retry(None).into())
            }
            Content::Downloaded(bytes) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
                let rest = bytes.get(start..).unwrap_or_default();
                Ok(rest.get(..limit as usize).unwrap_or(rest).to_vec())
            }
        }
    }

    /// A digest by which a file is known to be the same: of its size and its bytes, for a large file of pieces at even distances
    /// with the first and the last among them. What is missed is read in the next round, as every round reads everything.
    pub(crate) fn digest(&self) -> Result<String, Failure> {
        let size = self.size();
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(size);
        if size <= COMPARED {
            hasher.write(&self.read(0, COMPARED as u32)?);
        } else {
            let piece = COMPARED / PIECES;
            for number in 0..PIECES {
                let offset = (size - piece) / (PIECES - 1) * number;
                let offset = if number + 1 == PIECES { size - piece } else { offset };
                hasher.write(&self.read(offset, piece as u32)?);
            }
        }
        Ok(format!("{:016x}", hasher.finish()))
    }
}

fn sentence(reason: &str) -> String {
    format!("The file with the people cannot be read: {}.", reason.trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::http::{Method, Response};
    use rollcall_sdk::testing::{MemoryInbox, MemoryInboxFile, ScriptedHttp};

    fn digest(bytes: Vec<u8>) -> String {
        Content::<MemoryInboxFile>::Downloaded(bytes.into()).digest().unwrap()
    }

    #[test]
    fn a_file_and_a_download_of_the_same_bytes_are_the_same() {
        let inbox = MemoryInbox::new().file("a.csv", "id,name\n1,A\n");
        let file = Content::open(&inbox, "a.csv").unwrap();
        assert_eq!(file.digest().unwrap(), digest(b"id,name\n1,A\n".to_vec()));
        assert_eq!((file.size(), file.read(3, 4).unwrap()), (12, b"name".to_vec()));
    }

    #[test]
    fn a_change_at_the_start_in_the_size_or_at_the_end_changes_the_digest_of_a_large_file() {
        let large = vec![b'x'; 3 << 20];
        for at in [0, 5_000, large.len() - 1] {
            let mut other = large.clone();
            other[at] = b'y';
            assert_ne!(digest(large.clone()), digest(other), "{at}");
        }
        assert_ne!(digest(large.clone()), digest(large[1..].to_vec()));
        assert_eq!(digest(large.clone()), digest(large));
    }

    #[test]
    fn a_file_that_is_not_there_is_said_in_a_sentence() {
        let failure = Content::open(&MemoryInbox::new(), "a.csv").map(|_| ()).unwrap_err();
        let message = "The file with the people cannot be read: the file a.csv was not granted.";
        assert_eq!(failure, Failure::Failed(Fault::new(message)));
    }

    #[test]
    fn an_address_that_is_busy_is_tried_again_and_one_that_refuses_is_not() {
        for (status, retried) in [(503, true), (403, false)] {
            let http = ScriptedHttp::new().answer(Method::Get, "https://a.example/x", Response::json_of(status, ""));
            let failure = Content::<MemoryInboxFile>::download(&http, "https://a.example/x").map(|_| ()).unwrap_err();
            assert_eq!(matches!(failure, Failure::Retry(_)), retried);
            assert_eq!(failure.fault().message, "The file at https://a.example/x was refused.");
        }
    }
}

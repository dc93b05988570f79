//! Pages.

use std::cell::RefCell;
use std::fmt;

use rollcall_sdk::http::Client;
use rollcall_sdk::inbox::Inbox;
use rollcall_sdk::source::{Change, Next, Page, UserPatch};
use rollcall_sdk::{Failure, Fault, Problem};

use crate::columns::{Columns, Wanted};
use crate::content::Content;
use crate::cursor::Cursor;
use crate::encoding::foreign;
use crate::person::{Form, Row};
use crate::records::{Position, Records};
use crate::settings::{Place, Settings};

/// Records of a page.
const PAGE: usize = 1_000;

/// A page ends early with this many bytes.
const PAGE_BYTES: usize = 4 << 20;

/// A file that has changed this often while it was read is left alone for a while.
const RESTARTS: u32 = 3;

/// Lines of a page that are named in the log; the rest is counted. A wrong encoding makes every line bad.
const NAMED: usize = 20;

/// UTF-8's byte order mark.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// People from a CSV file, with a client and an inbox to reach it.
pub struct Csv<C, I: Inbox> {
    http: C,
    inbox: I,
    settings: Settings,
    place: Place,
    delimiter: u8,
    wanted: Wanted,
    downloaded: RefCell<Option<Content<I::File>>>,
}

impl<C, I: Inbox> fmt::Debug for Csv<C, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Csv").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// A file whose first line was read.
struct Sheet {
    form: Form,
    /// Where the first person stands.
    first: Position,
}

impl<C: Client, I: Inbox> Csv<C, I> {
    /// Checks the settings. Nothing is read.
    pub fn new(http: C, inbox: I, settings: Settings, properties: &[String]) -> Result<Self, Problem> {
        let place = settings.place()?;
        let delimiter = settings.delimiter()?;
        let wanted = Wanted::of(properties)?;
        Ok(Csv { http, inbox, settings, place, delimiter, wanted, downloaded: RefCell::new(None) })
    }

    /// The page at a cursor. When the file has changed since the page before, the round begins anew.
    pub fn pull(&self, cursor: Option<&str>) -> Result<Page, Failure> {
        let cursor = cursor.and_then(Cursor::parse);
        match &self.place {
            Place::File(name) => self.page(&Content::open(&self.inbox, name)?, cursor),
            Place::Address(url) => {
                let kept = self.downloaded.borrow_mut().take().filter(|_| cursor.is_some());
                let content = kept.map_or_else(|| Content::download(&self.http, url), Ok)?;
                let page = self.page(&content, cursor)?;
                if matches!(page.next, Next::More(_)) {
                    self.downloaded.replace(Some(content));
                }
                Ok(page)
            }
        }
    }

    /// One person as the file has it now; the last line counts, as in a round.
    pub fn fetch(&self, id: &str) -> Result<Option<UserPatch>, Failure> {
        let content = match &self.place {
            Place::File(name) => Content::open(&self.inbox, name)?,
            Place::Address(url) => Content::download(&self.http, url)?,
        };
        let sheet = self.sheet(&content)?;
        let mut records = Records::new(&content, self.delimiter, sheet.first);
        let mut found = None;
        while let Some(record) = records.next()? {
            match sheet.form.read(&record) {
                Row::Person(patch) if patch.id == id => found = Some(patch),
                Row::Bad { id: Some(bad), reason } if bad == id => {
                    let message =
                        format!("Line {} of the file, with {id}, cannot be understood: {reason}.", record.line);
                    return Err(Failure::Failed(Fault::new(message)));
                }
                _ => {}
            }
        }
        Ok(found)
    }

    fn page(&self, content: &Content<I::File>, cursor: Option<Cursor>) -> Result<Page, Failure> {
        let digest = content.digest()?;
        let sheet = self.sheet(content)?;
        let (start, restarts) = match cursor {
            None => (None, 0),
            Some(cursor) if cursor.digest == digest => (Some(cursor.position()), cursor.restarts),
            Some(cursor) if cursor.restarts >= RESTARTS => {
                let message = "The file with the people keeps changing while it is read.";
                return Err(Fault::new(message).retry(Some(60)).into());
            }
            Some(cursor) => {
                rollcall_sdk::info!("The file has changed while it was read; it is read again from the beginning.");
                (None, cursor.restarts + 1)
            }
        };
        if start.is_none() {
            let absent: Vec<&str> = sheet.form.columns.absent().collect();
            if !absent.is_empty() {
                rollcall_sdk::info!("The file has no column for: {}.", absent.join(", "));
            }
        }
        let mut records = Records::new(content, self.delimiter, start.unwrap_or(sheet.first));
        let (changes, ended) = read_page(&mut records, &sheet.form)?;
        let Position { offset, line } = records.position();
        let next =
            if ended { Next::Complete(None) } else { Next::More(Cursor { offset, line, digest, restarts }.text()) };
        Ok(Page { changes, next })
    }

    /// Reads the first line.
    fn sheet(&self, content: &Content<I::File>) -> Result<Sheet, Failure> {
        let failed =
            |reason: &str| Failure::Failed(Fault::new(format!("The file with the people cannot be read: {reason}.")));
        let start = content.read(0, 64)?;
        if let Some(reason) = foreign(&start) {
            return Err(failed(reason));
        }
        let offset = if start.starts_with(MARK) { MARK.len() as u64 } else { 0 };
        let mut records = Records::new(content, self.delimiter, Position { offset, line: 1 });
        // An empty file is a file that is still being written, not an organization without people.
        let Some(record) = records.next()? else {
            return Err(failed("it is empty, without even a line of column names"));
        };
        if let Some(fault) = record.fault {
            return Err(failed(&format!("its first line is broken: {fault}")));
        }
        let text = |field: &Vec<u8>| self.settings.encoding.decode(field).map(|text| text.trim().to_owned());
        let headers = record.fields.iter().map(text).collect::<Option<Vec<String>>>();
        let headers = headers.ok_or_else(|| failed("it is no UTF-8; the setting `encoding` can say what it is"))?;
        let columns = Columns::find(&headers, &self.wanted, &self.settings)?;
        let (encoding, list_separator) = (self.settings.encoding, self.settings.list_separator.clone());
        Ok(Sheet { form: Form { columns, encoding, list_separator }, first: records.position() })
    }
}

/// Reads a page of people, and whether the file ends with it.
fn read_page<F: rollcall_sdk::inbox::InboxFile>(
    records: &mut Records<'_, F>,
    form: &Form,
) -> Result<(Vec<Change>, bool), Failure> {
    let (mut changes, mut bytes, mut bad) = (Vec::new(), 0, 0_usize);
    let mut ended = true;
    for number in 0.. {
        if number == PAGE || bytes > PAGE_BYTES {
            ended = false;
            break;
        }
        let Some(record) = records.next()? else { break };
        match form.read(&record) {
            Row::Empty => {}
            Row::Person(patch) => {
                bytes += patch.id.len() + patch.properties.len();
                changes.push(Change::User(patch));
            }
            Row::Bad { id, reason } => {
                bad += 1;
                if bad <= NAMED {
                    let who = id.as_ref().map_or_else(String::new, |id| format!(" ({id}, who stays as known)"));
                    rollcall_sdk::warn!("Line {}{who} was skipped: {reason}.", record.line);
                }
                // Mentioned, so that the host does not take the person for one who left.
                changes.extend(id.map(|id| Change::User(UserPatch { id, properties: "{}".to_owned() })));
            }
        }
    }
    if bad > NAMED {
        rollcall_sdk::warn!("{} more lines were skipped.", bad - NAMED);
    }
    Ok((changes, ended))
}

#[cfg(test)]
mod tests;

//! A login's allowance among processes: a small file for each login, which whoever sends takes its requests from.
//!
//! The file says which limits are in use and how many requests were taken in each quarter of a second of the last minute. It is read and
//! written under the operating system's lock, which ends with the process that holds it, however it ends.
//!
//! | what could go wrong | what is done about it |
//! | --- | --- |
//! | a write for each of many thousand requests a minute | a process takes as many at once as a quarter of a second is worth |
//! | a process dies with requests that it took and did not send | they are at most that many, and forgotten after a minute |
//! | a process dies while it writes | what was written before the end mark is cut off, and nobody waits longer than a minute |
//! | the clock is set back | what lies ahead then counts as of now: at worst a minute of waiting |
//! | the clock is set forward | the others' last minute is forgotten once; the service says so, and is waited for as it tells |
//! | the folder cannot be written, or somebody stops a process that holds the lock | the process goes on with its own memory, and says so |
//!
//! Nothing is synced to the disk: after a power cut the minute is over before anybody sends again.

use std::collections::BTreeMap;
use std::io::{Read, Seek, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cap_std::fs::{Dir, OpenOptions};
use sha2::{Digest, Sha256};

use super::{IN_USE, MINUTE};
use crate::clock::Clock;

/// The folder of these files, within the folder that they are kept in.
const FOLDER: &str = ".allowances";

/// Milliseconds that are counted together. A request is remembered for at most this much longer than it must, which costs 0.4 % of the
/// allowance.
const CELL: u64 = 250;

const CELLS_OF_A_MINUTE: u64 = MINUTE.as_millis() as u64 / CELL;

const CELLS_IN_USE: u64 = IN_USE.as_millis() as u64 / CELL;

/// A file holds some 240 lines of 30 letters.
const LARGEST_FILE: u64 = 64 << 10;

/// The lock is held for some microseconds.
const BUSY: Duration = Duration::from_millis(5);

/// Who finds the file locked this often, two seconds long, stops waiting.
const PATIENCE: u32 = 400;

/// How long a process goes on alone before it tries the file again.
const ALONE: Duration = MINUTE;

/// What the file says to somebody who wants to send.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// Go on.
    Granted,
    /// Ask again after this time.
    Wait(Duration),
}

/// One login's file, as one of those who send with it sees it.
#[derive(Debug)]
pub(super) struct Ledger {
    folder: Arc<Dir>,
    file: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    lease: Lease,
    /// How often in a row the file was locked.
    locked: u32,
    alone_until: Option<Duration>,
    trouble: Option<String>,
}

/// Requests that were taken and not sent yet.
#[derive(Debug, Default)]
struct Lease {
    left: u64,
    /// The cell that they were taken in.
    cell: u64,
    /// When that cell ends, by the elapsed time, which nobody sets.
    until: Duration,
}

enum Visit {
    Granted(Lease),
    Wait(Duration),
    Locked,
}

impl Ledger {
    pub(super) fn new(folder: Arc<Dir>, login: &str) -> Self {
        // A login may have letters that no file name can have, and its name need not be shown to everybody.
        let digest = crate::component::hex(&Sha256::digest(login));
        Self { folder, file: format!("{FOLDER}/{}", digest.get(..32).unwrap_or_default()), state: Mutex::default() }
    }

    /// Takes one request under the smallest limit in use, of which this one is known.
    pub(super) fn take(&self, clock: &dyn Clock, limit: u32) -> Taken {
        self.ask(clock, Book::take, limit)
    }

    /// Counts a request that is sent in any case.
    pub(super) fn spend(&self, clock: &dyn Clock, limit: u32) {
        self.ask(clock, Book::spend, limit);
    }

    /// What keeps this process from using the file, once.
    pub(super) fn trouble(&self) -> Option<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).trouble.take()
    }

    fn ask(&self, clock: &dyn Clock, how: fn(&mut Book, u64, u32) -> Result<u64, u64>, limit: u32) -> Taken {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock.elapsed();
        if state.lease.left > 0 && now < state.lease.until {
            state.lease.left -= 1;
            return Taken::Granted;
        }
        if state.alone_until.is_some_and(|until| now < until) {
            return Taken::Granted;
        }
        let why = match self.visit(clock, &state.lease, how, limit) {
            Ok(Visit::Locked) if state.locked < PATIENCE => {
                state.locked += 1;
                return Taken::Wait(BUSY);
            }
            Ok(Visit::Locked) => "another process holds it and does not go on".to_owned(),
            Ok(Visit::Granted(lease)) => {
                *state = State { lease, ..State::default() };
                return Taken::Granted;
            }
            Ok(Visit::Wait(wait)) => {
                *state = State::default();
                return Taken::Wait(wait);
            }
            Err(error) => error.to_string(),
        };
        // The first time is enough: a folder that cannot be written stays so.
        if state.alone_until.is_none() {
            state.trouble = Some(format!(
                "the requests a minute of this login are shared within this process only, since {} beside the state cannot be used: {why}",
                self.file
            ));
        }
        *state = State { alone_until: Some(now + ALONE), trouble: state.trouble.take(), ..State::default() };
        Taken::Granted
    }

    fn visit(
        &self,
        clock: &dyn Clock,
        unused: &Lease,
        how: fn(&mut Book, u64, u32) -> Result<u64, u64>,
        limit: u32,
    ) -> std::io::Result<Visit> {
        let mut file = self.open()?;
        match file.try_lock() {
            Ok(()) => {}
            Err(std::fs::TryLockError::WouldBlock) => return Ok(Visit::Locked),
            Err(std::fs::TryLockError::Error(error)) => return Err(error),
        }
        let mut text = Vec::new();
        Read::by_ref(&mut file).take(LARGEST_FILE).read_to_end(&mut text)?;
        let mut book = Book::read(&String::from_utf8_lossy(&text));
        // After the lock, so that the cells of all who hold it one after the other do not go back.
        let (millis, elapsed) = (clock.unix_millis(), clock.elapsed());
        let cell = millis / CELL;
        book.settle(cell);
        book.give_back(unused);
        let answer = how(&mut book, cell, limit);
        file.rewind()?;
        let text = book.write();
        file.write_all(text.as_bytes())?;
        file.set_len(text.len() as u64)?;
        Ok(match answer {
            Ok(taken) => {
                let left_of_cell = Duration::from_millis(CELL - millis % CELL);
                Visit::Granted(Lease { left: taken.saturating_sub(1), cell, until: elapsed + left_of_cell })
            }
            Err(free) => Visit::Wait(Duration::from_millis(free.saturating_mul(CELL).saturating_sub(millis).max(1))),
        })
    }

    fn open(&self) -> std::io::Result<std::fs::File> {
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true);
        #[cfg(unix)]
        cap_std::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = match self.folder.open_with(&self.file, &options) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                create_folder(&self.folder)?;
                self.folder.open_with(&self.file, &options)?
            }
            other => other?,
        };
        Ok(file.into_std())
    }
}

/// Who may read how much is sent with which login is who may read the tenants' state.
fn create_folder(folder: &Dir) -> std::io::Result<()> {
    let mut builder = cap_std::fs::DirBuilder::new();
    #[cfg(unix)]
    cap_std::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match folder.create_dir_with(FOLDER, &builder) {
        // Another process was faster.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

/// What the file says.
#[derive(Debug, Default, PartialEq, Eq)]
struct Book {
    /// Limits, and the cell in which somebody last asked under each.
    limits: BTreeMap<u32, u64>,
    /// How many requests were taken, by cell.
    taken: BTreeMap<u64, u64>,
}

/// The first line: another form gets another number.
const FIRST: &str = "rollcall allowance 1";

/// The last line: what comes after it is left over from a longer text.
const LAST: &str = "end";

impl Book {
    /// Reads what can be read: a line that makes no sense says nothing.
    fn read(text: &str) -> Self {
        let mut book = Self::default();
        let mut lines = text.lines();
        if lines.next() != Some(FIRST) {
            return book;
        }
        for line in lines.take_while(|line| *line != LAST) {
            let mut words = line.split(' ');
            let (kind, cell, number) = (words.next(), words.next(), words.next());
            let numbers =
                cell.and_then(|cell| cell.parse::<u64>().ok()).zip(number.and_then(|it| it.parse::<u64>().ok()));
            match (kind, numbers) {
                (Some("limit"), Some((cell, limit))) => {
                    let limit = u32::try_from(limit).unwrap_or(u32::MAX);
                    book.limits.insert(limit, cell);
                }
                (Some("taken"), Some((cell, count))) => book.count(cell, count),
                _ => {}
            }
        }
        book
    }

    fn write(&self) -> String {
        let limits = self.limits.iter().map(|(limit, cell)| format!("limit {cell} {limit}\n"));
        let taken = self.taken.iter().map(|(cell, count)| format!("taken {cell} {count}\n"));
        let lines: String = limits.chain(taken).collect();
        format!("{FIRST}\n{lines}{LAST}\n")
    }

    fn count(&mut self, cell: u64, count: u64) {
        let counted = self.taken.entry(cell).or_default();
        *counted = counted.saturating_add(count);
    }

    /// Forgets what is over. What lies ahead was written before the clock was set back: it counts as of now, since nobody can tell when it was.
    fn settle(&mut self, now: u64) {
        let ahead: u64 = self.taken.split_off(&(now + 1)).into_values().fold(0, u64::saturating_add);
        if ahead > 0 {
            self.count(now, ahead);
        }
        // A request may have been sent at the end of its cell.
        self.taken.retain(|cell, count| now - cell <= CELLS_OF_A_MINUTE && *count > 0);
        for asked in self.limits.values_mut() {
            *asked = (*asked).min(now);
        }
        self.limits.retain(|_, asked| now - *asked <= CELLS_IN_USE);
    }

    /// What was taken and not sent is there for others.
    fn give_back(&mut self, unused: &Lease) {
        if let Some(count) = self.taken.get_mut(&unused.cell) {
            *count = count.saturating_sub(unused.left);
        }
    }

    /// Takes as many as a cell is worth; or answers the cell in which there are some again.
    fn take(&mut self, now: u64, limit: u32) -> Result<u64, u64> {
        let limit = self.smallest(now, limit);
        let taken = self.taken.values().fold(0, |sum: u64, count| sum.saturating_add(*count));
        let left = limit.saturating_sub(taken);
        if left > 0 {
            let share = (limit / CELLS_OF_A_MINUTE).clamp(1, left);
            self.count(now, share);
            return Ok(share);
        }
        let mut remaining = taken;
        let ends = self.taken.iter().find(|(_, count)| {
            remaining = remaining.saturating_sub(**count);
            remaining < limit
        });
        Err(ends.map_or(now, |(cell, _)| *cell) + CELLS_OF_A_MINUTE + 1)
    }

    /// Counts one, whether there is one left or not.
    #[allow(clippy::unnecessary_wraps, reason = "asked for as `take` is")]
    fn spend(&mut self, now: u64, limit: u32) -> Result<u64, u64> {
        self.smallest(now, limit);
        self.count(now, 1);
        Ok(1)
    }

    fn smallest(&mut self, now: u64, limit: u32) -> u64 {
        self.limits.insert(limit, now);
        u64::from(self.limits.keys().next().copied().unwrap_or(limit)).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_book_writes_it_reads() {
        let mut book = Book::default();
        assert_eq!((book.take(100, 2_400), book.spend(100, 98), book.take(130, 98)), (Ok(10), Ok(1), Ok(1)));
        assert_eq!(Book::read(&book.write()), book);
        assert_eq!(
            book.write(),
            "rollcall allowance 1\nlimit 130 98\nlimit 100 2400\ntaken 100 11\ntaken 130 1\nend\n"
        );
    }

    #[test]
    fn a_damaged_book_says_what_can_be_read() {
        let whole = "rollcall allowance 1\nlimit 5 98\ntaken 5 1\nend\n";
        let book = Book::read(whole);
        assert_eq!(Book::read(&format!("{whole}taken 6 1000\n")), book, "left over from a longer text");
        assert_eq!(Book::read(&whole.replace("end", "taken x 9\nlimit\n\ntaken -1 5\nhello 1 2")), book);
        for other in ["", "rollcall allowance 2\nlimit 5 98\nend\n", "\u{0}\u{0}\u{0}"] {
            assert_eq!(Book::read(other), Book::default());
        }
        let mut huge = Book::read(&format!("{FIRST}\nlimit 1 {0}\ntaken 1 {0}\ntaken 2 {0}\n{LAST}", u64::MAX));
        assert_eq!(huge.take(3, 98), Err(1 + CELLS_OF_A_MINUTE + 1));
    }

    #[test]
    fn a_clock_that_is_set_back_makes_nobody_wait_longer_than_a_minute() {
        let mut book = Book::default();
        for _ in 0..98 {
            assert_eq!(book.take(1_000_000, 98), Ok(1));
        }
        book.settle(5_000);
        assert_eq!(book.take(5_000, 98), Err(5_000 + CELLS_OF_A_MINUTE + 1));
        book.settle(5_000 + CELLS_OF_A_MINUTE + 1);
        assert_eq!(book.take(5_000 + CELLS_OF_A_MINUTE + 1, 98), Ok(1));
        assert_eq!(book.limits, BTreeMap::from([(98, 5_000 + CELLS_OF_A_MINUTE + 1)]));
    }

    #[test]
    fn what_was_not_sent_is_given_back() {
        let mut book = Book::default();
        assert_eq!(book.take(7, 2_400), Ok(10));
        book.give_back(&Lease { left: 9, cell: 7, until: Duration::ZERO });
        assert_eq!(book.taken, BTreeMap::from([(7, 1)]));
    }
}

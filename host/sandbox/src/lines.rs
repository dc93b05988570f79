//! Lines for the log: from wasi:logging, standard output and standard error, up to a number of bytes a call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use crate::capabilities::LogSink;

/// The longest line that is kept whole.
const LONGEST_LINE: usize = 8 << 10;

/// What a line costs beside its text, so that empty ones are not free.
const LINE_COST: u64 = 16;

/// The lines of one instance.
#[derive(Clone)]
pub(crate) struct Lines {
    sink: Arc<dyn LogSink>,
    left: Arc<AtomicU64>,
    /// A line did not fit in this call, which was said.
    full: Arc<AtomicBool>,
    /// Bytes that were written in this call.
    written: Arc<AtomicU64>,
}

impl Lines {
    pub(crate) fn new(sink: Arc<dyn LogSink>, limit: u64) -> Self {
        Self { sink, left: Arc::new(AtomicU64::new(limit)), full: Arc::default(), written: Arc::default() }
    }

    /// A call begins.
    pub(crate) fn begin(&self, limit: u64) {
        self.left.store(limit, Ordering::Relaxed);
        self.full.store(false, Ordering::Relaxed);
        self.written.store(0, Ordering::Relaxed);
    }

    /// Bytes that were written in this call.
    pub(crate) fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Writes a message, each of its lines for itself: with its own line breaks in it, a component could write lines in another's name.
    pub(crate) fn write(&self, level: &str, message: &str) {
        for line in message.split('\n') {
            if !self.write_line(level, line) {
                return;
            }
        }
    }

    fn write_line(&self, level: &str, line: &str) -> bool {
        if self.full.load(Ordering::Relaxed) {
            return false;
        }
        let mut end = line.len().min(LONGEST_LINE);
        while !line.is_char_boundary(end) {
            end -= 1;
        }
        let line = line.get(..end).unwrap_or_default();
        let cost = line.len() as u64 + LINE_COST;
        let left = self.left.load(Ordering::Relaxed);
        if left < cost {
            self.full.store(true, Ordering::Relaxed);
            self.sink.line("warn", "more lines than `log_bytes` allows: the rest of this call is left out");
            return false;
        }
        self.left.store(left - cost, Ordering::Relaxed);
        self.written.fetch_add(line.len() as u64, Ordering::Relaxed);
        // Control characters could rewrite what a terminal showed before.
        if line.contains(|character: char| character.is_control() && character != '\t') {
            let harmless = |character: char| match character {
                '\t' => '\t',
                other if other.is_control() => '\u{fffd}',
                other => other,
            };
            self.sink.line(level, line.trim_end_matches('\r').chars().map(harmless).collect::<String>().as_str());
        } else {
            self.sink.line(level, line);
        }
        true
    }
}

/// Standard output or error as lines of the log.
#[derive(Clone)]
pub(crate) struct Captured {
    pub(crate) lines: Lines,
    pub(crate) level: &'static str,
}

impl IsTerminal for Captured {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Captured {
    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(LineStream { captured: self.clone(), pending: Vec::new() })
    }

    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        Box::new(tokio::io::sink())
    }
}

struct LineStream {
    captured: Captured,
    pending: Vec<u8>,
}

impl LineStream {
    fn append(&mut self, part: &[u8]) {
        let room = LONGEST_LINE.saturating_sub(self.pending.len());
        self.pending.extend_from_slice(part.get(..room).unwrap_or(part));
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&self.pending).into_owned();
        self.captured.lines.write(self.captured.level, &line);
        self.pending.clear();
    }
}

impl Drop for LineStream {
    fn drop(&mut self) {
        if !self.pending.is_empty() {
            self.end_line();
        }
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for LineStream {
    async fn ready(&mut self) {}
}

impl OutputStream for LineStream {
    fn write(&mut self, bytes: bytes::Bytes) -> StreamResult<()> {
        let mut parts = bytes.split(|byte| *byte == b'\n');
        if let Some(first) = parts.next() {
            self.append(first);
        }
        for part in parts {
            self.end_line();
            self.append(part);
        }
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> Result<usize, StreamError> {
        Ok(64 << 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capabilities;

    fn lines(limit: u64) -> (Arc<capabilities::Lines>, Lines) {
        let sink = Arc::new(capabilities::Lines::default());
        (Arc::clone(&sink), Lines::new(sink, limit))
    }

    fn texts(sink: &capabilities::Lines) -> Vec<String> {
        sink.taken().into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn output_comes_by_lines_however_it_was_written() {
        let (sink, lines) = lines(1_000);
        let mut stream = LineStream { captured: Captured { lines, level: "stdout" }, pending: Vec::new() };
        for part in ["on", "e\ntwo\n", "\nfour"] {
            stream.write(bytes::Bytes::from_static(part.as_bytes())).unwrap();
        }
        drop(stream);
        assert_eq!(texts(&sink), ["one", "two", "", "four"]);
    }

    #[test]
    fn a_component_cannot_write_a_line_in_another_s_name_or_rewrite_a_terminal() {
        let (sink, lines) = lines(1_000);
        lines.write("info", "mine\nerror: not mine\r\n\u{1b}[2Kgone");
        assert_eq!(texts(&sink), ["mine", "error: not mine", "\u{fffd}[2Kgone"]);
    }

    #[test]
    fn what_goes_beyond_the_limit_is_left_out_and_said_once() {
        let (sink, lines) = lines(100);
        for _ in 0..50 {
            lines.write("info", "sixteen letters.");
        }
        let written = texts(&sink);
        assert_eq!(written.len(), 4);
        assert!(written.last().unwrap().contains("`log_bytes`"));
        lines.begin(100);
        lines.write("info", "a new call");
        assert_eq!(texts(&sink), ["a new call"]);
    }

    #[test]
    fn empty_lines_are_not_free() {
        let (sink, lines) = lines(64);
        lines.write("info", &"\n".repeat(1_000_000));
        assert_eq!(sink.taken().len(), 5);
    }
}

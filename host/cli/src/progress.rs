//! A progress bar on a terminal, and nothing in a pipe.

use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rollcall_sync::progress::{Part, Progress, Silent};

struct Bar {
    bar: ProgressBar,
    /// What is shown. Other parts may be under way beside it.
    part: Mutex<Option<Part>>,
}

/// Something that shows how a run is getting on.
pub fn shown(json: bool) -> Arc<dyn Progress> {
    if json || !std::io::stderr().is_terminal() {
        return Arc::new(Silent);
    }
    let bar = ProgressBar::no_length();
    bar.enable_steady_tick(Duration::from_millis(120));
    Arc::new(Bar { bar, part: Mutex::default() })
}

impl Progress for Bar {
    fn begin(&self, part: Part, total: Option<u64>) {
        *self.part.lock().unwrap_or_else(PoisonError::into_inner) = Some(part);
        self.bar.reset();
        self.bar.set_message(part.words());
        let template = match total {
            Some(total) => {
                self.bar.set_length(total);
                "{msg:24} {bar:30} {pos}/{len} ({per_sec}, {eta} left)"
            }
            None => {
                self.bar.unset_length();
                "{msg:24} {spinner} {pos} ({per_sec})"
            }
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
    }

    fn advance(&self, part: Part, done: u64) {
        if *self.part.lock().unwrap_or_else(PoisonError::into_inner) == Some(part) {
            self.bar.inc(done);
        }
    }

    fn waiting(&self, step: &str, time: Duration, reason: &str) {
        self.bar.println(format!("{step}: waiting {} s: {reason}", time.as_secs()));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

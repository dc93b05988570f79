//! A progress bar on a terminal, and nothing in a pipe.

use std::io::IsTerminal;
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rollcall_sync::progress::{Part, Progress, Silent};

struct Bar(ProgressBar);

/// Something that shows how a run is getting on.
pub fn shown(json: bool) -> Arc<dyn Progress> {
    if json || !std::io::stderr().is_terminal() {
        return Arc::new(Silent);
    }
    let bar = ProgressBar::no_length();
    bar.enable_steady_tick(Duration::from_millis(120));
    Arc::new(Bar(bar))
}

impl Progress for Bar {
    fn begin(&self, part: Part, total: Option<u64>) {
        self.0.reset();
        self.0.set_message(part.words());
        let template = match total {
            Some(total) => {
                self.0.set_length(total);
                "{msg:24} {bar:30} {pos}/{len} ({per_sec}, {eta} left)"
            }
            None => {
                self.0.unset_length();
                "{msg:24} {spinner} {pos} ({per_sec})"
            }
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
    }

    fn advance(&self, _: Part, done: u64) {
        self.0.inc(done);
    }

    fn waiting(&self, step: &str, time: Duration, reason: &str) {
        self.0.println(format!("{step}: waiting {} s: {reason}", time.as_secs()));
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

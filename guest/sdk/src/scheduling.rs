//! Being called again at a time. Granted with `scheduling = true`.

use crate::Host;
use crate::bindings::capabilities::rollcall::sync::scheduling;

/// Something that wakes a step: [`Host`] in a component, a double in a test.
pub trait Scheduling {
    /// Asks for another call at or after `at` (RFC 3339, UTC). For a mapping or grouping, `subject` is the id of the person to
    /// be asked for again, or `""` for everybody. Asking again for the same subject replaces the time.
    fn wake(&self, at: &str, subject: &str) -> Result<(), String>;

    /// The subjects whose time has come in this run.
    fn due(&self) -> Vec<String>;
}

impl Scheduling for Host {
    fn wake(&self, at: &str, subject: &str) -> Result<(), String> {
        scheduling::wake(at, subject)
    }

    fn due(&self) -> Vec<String> {
        scheduling::due()
    }
}

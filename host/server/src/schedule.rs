//! When a tenant's next run starts.
//!
//! | what | starts a run |
//! | --- | --- |
//! | the schedule | `once`: at once; `daily`: at its time, and at once if there was never a run |
//! | something due by itself | an attempt at what failed, a rule whose answer changes by time |
//! | quarantine | nothing before it ends |

use jiff::Timestamp;
use rollcall_sync::config::Schedule;
use rollcall_sync::store::{Millis, RunRecord};
use rollcall_sync::tenant::Quarantine;

/// Why a run starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// It is time.
    Schedule,
    /// Something is due by itself.
    Due,
}

/// A run that will start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// When; not before now.
    pub at: Millis,
    /// Why.
    pub cause: Cause,
}

/// The next start, or none when there is nothing to wait for. `runs` are the newest runs, newest first; `since` is when this
/// program began to watch the tenant.
pub fn next_start(
    schedule: &Schedule,
    runs: &[RunRecord],
    due: Option<Millis>,
    since: Millis,
    now: Millis,
) -> Option<Start> {
    let last = runs.iter().find(|run| run.kind != "plan" && run.kind != "person").and_then(|run| moment(&run.started));
    let scheduled = match schedule {
        Schedule::Once => last.is_none_or(|last| last < since).then_some(now),
        Schedule::Daily { at, time_zone } => match last {
            None => Some(now),
            // A time that passed while nobody watched is made up for once.
            Some(last) => following(*at, time_zone, last),
        },
    };
    let scheduled = scheduled.map(|at| Start { at, cause: Cause::Schedule });
    let due = due.map(|at| Start { at, cause: Cause::Due });
    let first = [scheduled, due].into_iter().flatten().min_by_key(|start| start.at)?;
    let earliest = Quarantine::of(runs).map_or(now, |quarantine| quarantine.until.max(now));
    Some(Start { at: first.at.max(earliest), ..first })
}

fn moment(text: &str) -> Option<Millis> {
    text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond)
}

/// The first time of the day `at` after a moment. Where clocks are put forward over it, the time after the gap.
fn following(at: jiff::civil::Time, time_zone: &jiff::tz::TimeZone, after: Millis) -> Option<Millis> {
    let after = Timestamp::from_millisecond(after).ok()?;
    let mut day = time_zone.to_datetime(after).date();
    for _ in 0..3 {
        let start = time_zone.to_timestamp(day.to_datetime(at)).ok()?;
        if start > after {
            return Some(start.as_millisecond());
        }
        day = day.tomorrow().ok()?;
    }
    None
}

#[cfg(test)]
mod tests {
    use jiff::civil::time;
    use jiff::tz::TimeZone;

    use super::*;

    fn run(started: &str, status: &str) -> RunRecord {
        RunRecord {
            number: 1,
            kind: "incremental".into(),
            status: status.into(),
            started: started.into(),
            ended: Some(started.into()),
            message: None,
            counts: Default::default(),
        }
    }

    fn millis(text: &str) -> Millis {
        moment(text).unwrap()
    }

    fn daily() -> Schedule {
        Schedule::Daily { at: time(2, 0, 0, 0), time_zone: TimeZone::get("Asia/Kolkata").unwrap_or(TimeZone::UTC) }
    }

    #[test]
    fn a_daily_run_starts_at_its_time_in_its_zone() {
        let now = millis("2026-11-23T06:00:00Z");
        let start = next_start(&daily(), &[run("2026-11-22T20:30:05Z", "Success")], None, 0, now).unwrap();
        assert_eq!(start, Start { at: millis("2026-11-23T20:30:00Z"), cause: Cause::Schedule });
    }

    #[test]
    fn the_first_run_and_a_missed_one_start_at_once() {
        let now = millis("2026-11-23T06:00:00Z");
        assert_eq!(next_start(&daily(), &[], None, 0, now).unwrap().at, now);
        assert_eq!(next_start(&daily(), &[run("2026-11-20T20:30:00Z", "Success")], None, 0, now).unwrap().at, now);
    }

    #[test]
    fn what_is_due_by_itself_does_not_wait_for_the_schedule() {
        let now = millis("2026-11-23T06:00:00Z");
        let runs = [run("2026-11-23T05:00:00Z", "Partial")];
        let start = next_start(&daily(), &runs, Some(now + 60_000), 0, now).unwrap();
        assert_eq!(start, Start { at: now + 60_000, cause: Cause::Due });
    }

    #[test]
    fn quarantine_holds_everything_back() {
        let now = millis("2026-11-23T06:00:00Z");
        let failed = run("2026-11-23T05:59:59Z", "Failure");
        let start = next_start(&daily(), &[failed.clone(), failed.clone(), failed], Some(now), 0, now).unwrap();
        assert_eq!(start.at, millis("2026-11-23T06:01:59Z"));
    }

    #[test]
    fn once_is_once() {
        let now = millis("2026-11-23T06:00:00Z");
        assert_eq!(
            next_start(&Schedule::Once, &[run("2026-11-22T00:00:00Z", "Success")], None, now, now).unwrap().at,
            now
        );
        assert_eq!(next_start(&Schedule::Once, &[run("2026-11-23T06:00:00Z", "Success")], None, now, now), None);
    }
}

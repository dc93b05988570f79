//! What a tenant wants of its runs: when they happen, whom they concern, and what they do when something is not as it should be.

use std::num::NonZeroU32;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;

use super::quantity::{Growth, Share};
use super::section::Section;
use super::values::choice;

const MINUTE: Duration = Duration::from_secs(60);

choice! {
    /// How often a tenant is synced.
    Repetition {
        /// Once.
        Once = "once",
        /// Every day.
        Daily = "daily",
    }
}

/// When `rollcall run` starts a run: `[schedule]`. Default: every day at 02:00 UTC.
#[derive(Debug, Clone, PartialEq)]
pub enum Schedule {
    /// One run, at once.
    Once,
    /// A run every day.
    Daily {
        /// The time of the day. Default: 02:00.
        at: Time,
        /// Where that time is read. Default: UTC.
        time_zone: TimeZone,
    },
}

impl Schedule {
    pub(super) fn read(section: Section<'_>) -> Self {
        let schedule = match section.get_or("run", Repetition::Daily) {
            Repetition::Once => {
                section.without_effect(&["at", "time_zone"], "with `run = \"once\"`");
                Self::Once
            }
            Repetition::Daily => Self::Daily {
                at: section.get_or("at", Time::constant(2, 0, 0, 0)),
                time_zone: section.get_or("time_zone", TimeZone::UTC),
            },
        };
        section.finish();
        schedule
    }
}

choice! {
    /// What happens to people who fall out of the scope.
    OutOfScope {
        /// They are removed from the target, as if they had been deleted.
        Remove = "remove",
        /// What the target holds of them stays as it is.
        Keep = "keep",
    }
}

/// Who is synced at all: `[scope]`. Default: everybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// A rule in the language of group rules. Default: none, everybody.
    pub rule: Option<String>,
    /// What happens to people who fall out of the scope. Default: remove.
    pub out_of_scope: OutOfScope,
}

impl Scope {
    pub(super) fn read(section: Section<'_>) -> Self {
        let rule = section.get("rule");
        if section.entry("rule").is_none() {
            section.without_effect(&["out_of_scope"], "without a `rule`");
        }
        let scope = Self { rule, out_of_scope: section.get_or("out_of_scope", OutOfScope::Remove) };
        section.finish();
        scope
    }
}

choice! {
    /// What happens to people whose account is disabled (`accountEnabled` is false).
    DisabledAccounts {
        /// Nothing: they are people like others.
        Keep = "keep",
        /// They leave all groups; their entry stays, suspended where the target can.
        Suspend = "suspend",
        /// They are removed, as if they had been deleted.
        Remove = "remove",
    }
}

/// What happens to people who are not quite gone: `[deprovisioning]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deprovisioning {
    /// People whose account is disabled. Default: keep.
    pub disabled_accounts: DisabledAccounts,
}

impl Deprovisioning {
    pub(super) fn read(section: Section<'_>) -> Self {
        let read = Self { disabled_accounts: section.get_or("disabled_accounts", DisabledAccounts::Keep) };
        section.finish();
        read
    }
}

/// How much a run may remove before somebody has to agree: `[safety]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Safety {
    /// The most people and groups that a run removes. The smaller of this and the share holds. Default: 500.
    pub max_deletions: u32,
    /// The most of what the target holds that a run removes. Default: 0.10.
    pub max_deletion_share: Share,
    /// From how many members on a group is watched by the two settings below. Default: 50.
    pub large_group: u32,
    /// The share of its members that a large group may lose in a run. Default: 0.50.
    pub max_group_loss_share: Share,
    /// The share of its members by which a large group may grow in a run; 1.0 is doubling. Default: 1.00.
    pub max_group_growth_share: Growth,
}

impl Safety {
    pub(super) fn read(section: Section<'_>) -> Self {
        let safety = Self {
            max_deletions: section.get_or("max_deletions", 500),
            max_deletion_share: section.get_or("max_deletion_share", Share::percent(10)),
            large_group: section.get_or("large_group", 50),
            max_group_loss_share: section.get_or("max_group_loss_share", Share::percent(50)),
            max_group_growth_share: section.get_or("max_group_growth_share", Growth::DOUBLING),
        };
        section.finish();
        safety
    }
}

choice! {
    /// What a run does when the source refuses the cursor.
    OnExpiredCursor {
        /// It starts over, with a full round.
        Reset = "reset",
        /// It fails with the provider's own text, and `rollcall reset` is waited for.
        Fail = "fail",
    }
}

choice! {
    /// What a run does when another run of the tenant is under way.
    WhenBusy {
        /// It waits for the other to end.
        Wait = "wait",
        /// It ends with a message.
        Refuse = "refuse",
    }
}

/// What happens when something fails: `[failure]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FailurePolicy {
    /// How often an object is tried before it is parked. Default: 10.
    pub attempts: NonZeroU32,
    /// The wait before the second attempt; each wait is twice the one before. Default: 1 minute.
    pub first_wait: Duration,
    /// The longest wait between two attempts. Default: 1 day.
    pub longest_wait: Duration,
    /// The longest that a run waits when it is throttled; beyond that it ends as "waiting". Default: 5 minutes.
    pub longest_throttle_wait: Duration,
    /// What happens when the source refuses the cursor. Default: reset.
    pub on_expired_cursor: OnExpiredCursor,
    /// What happens when another run is under way. Default: wait.
    pub when_busy: WhenBusy,
}

/// Default number of attempts: with doubling waits from a minute on, the last is more than eight hours after the first.
const ATTEMPTS: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);

impl FailurePolicy {
    pub(super) fn read(section: Section<'_>) -> Self {
        let policy = Self {
            attempts: section.get_or("attempts", ATTEMPTS),
            first_wait: section.get_or("first_wait", MINUTE),
            longest_wait: section.get_or("longest_wait", 24 * 60 * MINUTE),
            longest_throttle_wait: section.get_or("longest_throttle_wait", 5 * MINUTE),
            on_expired_cursor: section.get_or("on_expired_cursor", OnExpiredCursor::Reset),
            when_busy: section.get_or("when_busy", WhenBusy::Wait),
        };
        if policy.first_wait > policy.longest_wait {
            section.error("first_wait", "the first wait is longer than `longest_wait`", None);
        }
        section.finish();
        policy
    }
}

/// How long runs and their logs are kept: `[history]`. What exceeds either goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct History {
    /// How many runs. Default: 1,000.
    pub keep_runs: NonZeroU32,
    /// How many days. Default: 400, a year and a month.
    pub keep_days: NonZeroU32,
}

impl History {
    pub(super) fn read(section: Section<'_>) -> Self {
        let history = Self {
            keep_runs: section.get_or("keep_runs", NonZeroU32::MIN.saturating_add(999)),
            keep_days: section.get_or("keep_days", NonZeroU32::MIN.saturating_add(399)),
        };
        section.finish();
        history
    }
}

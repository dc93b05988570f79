//! What the stages of a run share.

use std::sync::Arc;
use std::time::Duration;

use rollcall_sandbox::contract::types::{Failure, Fault};
use tokio::runtime::{Handle, RuntimeFlavor};

use super::Stop;
use super::counts::Tally;
use crate::backoff::Backoff;
use crate::clock::Clock;
use crate::config::{Deprovisioning, FailurePolicy, OnExpiredCursor, OutOfScope, Safety, TenantConfig};
use crate::progress::Progress;
use crate::run_log::{Event, RunLog};
use crate::schemas::Schemas;
use crate::steps::{Shape, StepError, Steps};
use crate::store::{Interest, Millis, NEVER, Names, Store, Subject};

/// What the tenant's file says about runs.
#[derive(Debug, Clone)]
pub struct Policy {
    /// People who are not quite gone.
    pub deprovisioning: Deprovisioning,
    /// People outside the scope.
    pub out_of_scope: OutOfScope,
    /// How much may be removed.
    pub safety: Safety,
    /// What happens when something fails.
    pub failure: FailurePolicy,
}

impl From<&TenantConfig> for Policy {
    fn from(config: &TenantConfig) -> Self {
        Self {
            deprovisioning: config.deprovisioning,
            out_of_scope: config.scope.out_of_scope,
            safety: config.safety,
            failure: config.failure,
        }
    }
}

impl Policy {
    /// The waits between attempts at an object.
    pub fn backoff(&self) -> Backoff {
        Backoff { first: self.failure.first_wait, longest: self.failure.longest_wait }
    }

    /// When something that failed this often is tried again: further and further away, and never after the last attempt.
    pub fn next_attempt(&self, subject: Subject, attempts: u32, now: Millis) -> Millis {
        if attempts >= self.failure.attempts.get() {
            return NEVER;
        }
        let draw = f64::from(jitter(subject, attempts)) / f64::from(u32::MAX);
        now + i64::try_from(self.backoff().wait(attempts, draw).as_millis()).unwrap_or(i64::MAX / 2)
    }

    /// What has to be decided about everybody again when it changes.
    pub fn digest(&self) -> String {
        format!("{:?} {:?}", self.deprovisioning.disabled_accounts, self.out_of_scope)
    }

    /// Whether an expired cursor is a reason to start over.
    pub fn resets(&self) -> bool {
        self.failure.on_expired_cursor == OnExpiredCursor::Reset
    }
}

/// A run, as its stages see it.
pub struct Context {
    /// The run's number.
    pub run: i64,
    /// The tenant's state.
    pub store: Arc<dyn Store>,
    /// The tenant's steps.
    pub steps: Arc<dyn Steps>,
    /// The names of the steps, for wake-ups.
    pub step_names: Vec<String>,
    /// Schemas of profiles.
    pub schemas: Arc<Schemas>,
    /// What the tenant's file says.
    pub policy: Policy,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The run's log.
    pub log: Arc<RunLog>,
    /// What the run did.
    pub counts: Arc<Tally>,
    /// Who watches.
    pub progress: Arc<dyn Progress>,
    /// How many batches are mapped at the same time.
    pub workers: usize,
    /// How many people are mapped in one call. Crossing into the sandbox costs least between 100 and 1,000 at a time.
    pub batch: u32,
}

/// How often a page is asked for again without a wish of the other system, before the run gives up.
const PATIENCE: u32 = 6;

impl Context {
    /// What the steps told about themselves.
    pub fn shape(&self) -> &Shape {
        self.steps.shape()
    }

    /// Which changes of the source matter.
    pub fn interest(&self) -> Interest {
        let shape = self.shape();
        let scope = shape.scope_properties.iter().flatten();
        let mapping = shape.mapping_properties.iter().chain(scope).map(String::as_str).chain(["accountEnabled"]);
        Interest {
            mapping: Names::of_paths(mapping),
            grouping: Names::of_paths(&shape.grouping_properties),
            looked_up: Names::of_paths(&shape.looked_up_properties),
        }
    }

    /// Runs something that blocks (a transaction) beside the tasks that do not.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&dyn Store) -> crate::store::Result<T> + Send + 'static,
    ) -> Result<T, Stop> {
        blocking(Arc::clone(&self.store), work).await
    }

    /// Waits as a failed call asks for, or says that the run cannot go on. `attempt` counts from 1.
    pub async fn wait(&self, step: &str, failure: Failure, attempt: u32) -> Result<(), Stop> {
        let retry = match failure {
            Failure::Retry(retry) => retry,
            Failure::Failed(fault) => return Err(self.stopped(step, &fault)),
            Failure::CursorExpired(fault) => return Err(Stop::Expired(fault.message)),
        };
        self.log_call(step, &retry.fault);
        let wait = match retry.after_seconds {
            Some(seconds) => Duration::from_secs(seconds.into()),
            None if attempt >= PATIENCE => return Err(self.stopped(step, &retry.fault)),
            None => Duration::from_millis(250 << attempt.min(10)),
        };
        if wait > self.policy.failure.longest_throttle_wait || attempt > 1_000 {
            let until = self.clock.now().saturating_add(i64::try_from(wait.as_millis()).unwrap_or(i64::MAX));
            return Err(Stop::Waiting { until, reason: retry.fault.message });
        }
        self.log.write(Event::Waiting {
            step: step.to_owned(),
            seconds: wait.as_secs(),
            reason: retry.fault.message.clone(),
        });
        self.progress.waiting(step, wait, &retry.fault.message);
        self.counts.add(|counts| counts.seconds_waited += wait.as_secs());
        self.clock.sleep(wait).await;
        Ok(())
    }

    /// Writes down a call that did not succeed.
    pub fn log_call(&self, step: &str, fault: &Fault) {
        let reason = match &fault.code {
            Some(code) => format!("{code}: {}", fault.message),
            None => fault.message.clone(),
        };
        self.log.write(Event::CallFailed {
            step: step.to_owned(),
            call: "call".to_owned(),
            status: fault.status,
            request_id: fault.request_id.clone(),
            reason,
        });
    }

    fn stopped(&self, step: &str, fault: &Fault) -> Stop {
        self.log_call(step, fault);
        Stop::Step { step: step.to_owned(), reason: fault.message.clone() }
    }
}

/// Runs something that blocks beside the tasks that do not; for a task of its own.
pub async fn blocking<T: Send + 'static>(
    store: Arc<dyn Store>,
    work: impl FnOnce(&dyn Store) -> crate::store::Result<T> + Send + 'static,
) -> Result<T, Stop> {
    if Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread {
        // There is one thread for everything, so a test sees the same order of events in every run.
        return Ok(work(store.as_ref())?);
    }
    let done = tokio::task::spawn_blocking(move || work(store.as_ref())).await;
    Ok(done.map_err(|error| Stop::Internal(error.to_string()))??)
}

/// A number that differs between objects and attempts and is the same in every run of a test: jitter needs no more.
fn jitter(subject: Subject, attempts: u32) -> u32 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    match subject {
        Subject::Person(row) => (1, row, 0).hash(&mut hasher),
        Subject::Team(row) => (2, row, 0).hash(&mut hasher),
        Subject::Member(team, person) => (3, team, person).hash(&mut hasher),
        Subject::Decision(row) => (4, row, 0).hash(&mut hasher),
    }
    attempts.hash(&mut hasher);
    hasher.finish() as u32
}

/// A step's own error as the end of a run.
pub fn step_error(step: &str) -> impl Fn(StepError) -> Stop {
    let step = step.to_owned();
    move |error| Stop::Step { step: step.clone(), reason: error.to_string() }
}

//! A tenant on this machine: its state, its lock, its runs and its history.
//!
//! Everything stands in one folder: `state.db`, `lock`, `logs/`, `outbox/`. It is reached through a `cap-std` directory, so that no name
//! in a configuration or a component can point outside of it. Only what tenants share, how much was sent with each login in the last
//! minute, stands beside it, in `.allowances/`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use rollcall_sandbox::egress::Allowances;
use tokio::sync::broadcast;

use crate::clock::{Clock, parse_rfc3339, rfc3339};
use crate::config::{History, TenantConfig, WhenBusy};
use crate::progress::Progress;
use crate::run::{self, Context, Policy, Report, Wish};
use crate::run_log::{self, Entry, RunLog};
use crate::schemas::Schemas;
use crate::steps::Steps;
use crate::store::sqlite::SqliteStore;
use crate::store::{HeldBack, Millis, RunRecord, Store, StoreError};

/// What can go wrong before a run begins.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TenantError {
    /// The folder of the state cannot be used.
    #[error("the state folder {} cannot be used: {error}", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Another run is under way.
    #[error("another run of this tenant is under way (it holds {})", .0.display())]
    Busy(PathBuf),
    /// The state cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such run, or its log is gone.
    #[error("there is no log of run {0}: `rollcall history` lists the runs")]
    NoLog(i64),
}

/// How often the lock is tried while another run is under way.
const LOCK_EVERY: Duration = Duration::from_millis(200);

/// A tenant's state, opened.
pub struct Tenant {
    folder: Dir,
    path: PathBuf,
    store: Arc<SqliteStore>,
    history: History,
    when_busy: WhenBusy,
    policy: Policy,
    step_names: Vec<String>,
}

impl Tenant {
    /// Opens a tenant's state, making it if it is not there.
    ///
    /// # Errors
    /// When the folder or the database cannot be used.
    pub fn open(config: &TenantConfig) -> Result<Self, TenantError> {
        let path = config.state.clone();
        let fail = |error| TenantError::Folder { path: path.clone(), error };
        Dir::create_ambient_dir_all(&path, ambient_authority()).map_err(fail)?;
        let folder = Dir::open_ambient_dir(&path, ambient_authority()).map_err(fail)?;
        for name in ["logs", "outbox"] {
            folder.create_dir_all(name).map_err(fail)?;
        }
        make_private(&path).map_err(fail)?;
        let store = Arc::new(SqliteStore::open(&path.join("state.db"))?);
        Ok(Self {
            folder,
            store,
            history: config.history,
            when_busy: config.failure.when_busy,
            policy: Policy::from(config),
            step_names: config.steps().map(|step| step.name.clone()).collect(),
            path,
        })
    }

    /// The state itself.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::clone(&self.store) as Arc<dyn Store>
    }

    /// The folder of files for somebody else to take.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn outbox(&self) -> Result<Dir, TenantError> {
        self.sub_folder("outbox")
    }

    /// The requests a minute of logins, shared with the tenants of this process, and of others that have their state beside this one's.
    pub(crate) fn allowances(&self) -> Allowances {
        let of_process = Allowances::of_process();
        // Beside a relative path of one part is the folder that this program works in.
        let beside = self.path.parent().map(|path| if path == Path::new("") { Path::new(".") } else { path });
        match beside.map(|path| Dir::open_ambient_dir(path, ambient_authority())) {
            Some(Ok(folder)) => of_process.kept_in(Arc::new(folder)),
            // A folder that may be passed through, but not be opened: then the process is what shares.
            Some(Err(_)) | None => of_process,
        }
    }

    fn sub_folder(&self, name: &str) -> Result<Dir, TenantError> {
        self.folder.open_dir(name).map_err(|error| TenantError::Folder { path: self.path.join(name), error })
    }

    /// Takes the tenant for one run. The operating system gives the lock back when a process dies, however it dies.
    async fn lock(&self, clock: &dyn Clock, progress: &dyn Progress) -> Result<File, TenantError> {
        let path = self.path.join("lock");
        let fail = |error| TenantError::Folder { path: path.clone(), error };
        let file = self.folder.create("lock").map_err(fail)?.into_std();
        let mut told = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(std::fs::TryLockError::Error(error)) => return Err(fail(error)),
                Err(std::fs::TryLockError::WouldBlock) if self.when_busy == WhenBusy::Refuse => {
                    return Err(TenantError::Busy(path));
                }
                Err(std::fs::TryLockError::WouldBlock) => {
                    if !told {
                        progress.waiting("another run", LOCK_EVERY, "it holds this tenant; waiting for it to end");
                        told = true;
                    }
                    clock.sleep(LOCK_EVERY).await;
                }
            }
        }
    }

    /// Runs a sync. Every line of its log goes to `watchers`, too. ([`crate::host`] has the shorter way.)
    ///
    /// # Errors
    /// When the run could not begin, or the state cannot be used. A run that began and failed is a report.
    pub async fn sync(
        &self,
        steps: Arc<dyn Steps>,
        wish: &Wish,
        clock: Arc<dyn Clock>,
        progress: Arc<dyn Progress>,
        watchers: Option<broadcast::Sender<Entry>>,
        observe: impl FnOnce(&Context),
    ) -> Result<Report, TenantError> {
        let _lock = self.lock(clock.as_ref(), progress.as_ref()).await?;
        let scratch = if wish.dry && self.would_change(steps.as_ref())? { Some(self.scratch()?) } else { None };
        let store: Arc<dyn Store> = match &scratch {
            Some(scratch) => Arc::clone(&scratch.store) as Arc<dyn Store>,
            None => self.store(),
        };
        let started = clock.now();
        let kind = run::kind_of(&store, wish)?;
        let number = store.start_run(kind, &rfc3339(started))?;
        let log = RunLog::create(&self.sub_folder("logs")?, number)
            .map_err(|error| TenantError::Folder { path: self.path.join("logs"), error })?;
        let log = match watchers {
            Some(watchers) => log.watched(watchers),
            None => log,
        };
        let shape = steps.shape();
        let context = Context {
            run: number,
            schemas: Arc::new(Schemas::load(store.as_ref(), &shape.attributes)?),
            store,
            steps,
            step_names: self.step_names.clone(),
            policy: self.policy.clone(),
            clock,
            log: Arc::new(log),
            counts: Arc::default(),
            progress,
            batch: BATCH,
            // One more than can be at it: while what one has decided is being stored, the others go on.
            workers: std::thread::available_parallelism().map_or(2, std::num::NonZero::get) + 1,
        };
        observe(&context);
        let report = run::execute(&context, kind, started, wish).await?;
        if wish.dry {
            for event in run::preview(&context, PREVIEW)? {
                context.log.write(event);
            }
            // The log of the run is what `plan` prints.
            let _ = context.log.flush();
        }
        if scratch.is_none() {
            self.forget(context.clock.now())?;
        }
        Ok(report)
    }

    /// Writes down that the run that was under way was cancelled.
    pub(crate) fn note_cancelled(&self, now: Millis) -> Result<(), TenantError> {
        let newest = self.store.runs(1)?.into_iter().next();
        if let Some(run) = newest.filter(|run| run.status == "Running") {
            let message = Some("The run was cancelled; the next run goes on from there.".to_owned());
            self.store.end_run(&RunRecord { status: "Failure".into(), ended: Some(rfc3339(now)), message, ..run })?;
        }
        Ok(())
    }

    /// Whether a run would map or group everybody again, because something was configured differently since the last one.
    fn would_change(&self, steps: &dyn Steps) -> Result<bool, TenantError> {
        let shape = steps.shape();
        let schema = Schemas::load(self.store.as_ref(), &shape.attributes)?.current;
        let mapping = self.store.setting("mapping_digest")?;
        let grouping = self.store.setting("grouping_digest")?;
        Ok(mapping.is_some_and(|known| known != run::mapping_digest(shape, &schema.to_string(), &self.policy))
            || grouping.is_some_and(|known| known != shape.grouping_digest))
    }

    /// A copy of the state, for trying something out.
    fn scratch(&self) -> Result<Scratch, TenantError> {
        let path = self.path.join("plan.db");
        let remove = || {
            for name in ["plan.db", "plan.db-wal", "plan.db-shm"] {
                let _ = self.folder.remove_file(name);
            }
        };
        remove();
        self.store.copy_to(&path)?;
        let store = Arc::new(SqliteStore::open(&path)?);
        let folder = self.folder.try_clone().map_err(|error| TenantError::Folder { path: self.path.clone(), error })?;
        Ok(Scratch { store, folder })
    }

    /// Removes runs and logs that are older than the tenant wants to keep.
    fn forget(&self, now: Millis) -> Result<(), TenantError> {
        let days = i64::from(self.history.keep_days.get());
        let before = rfc3339(now.saturating_sub(days * 86_400_000));
        let logs = self.sub_folder("logs")?;
        for number in self.store.forget_runs(self.history.keep_runs.get(), &before)? {
            // A log that somebody removed already is as good as removed.
            let _ = logs.remove_file(run_log::file_name(number));
        }
        Ok(())
    }

    /// The newest runs first.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn runs(&self, limit: u32) -> Result<Vec<RunRecord>, TenantError> {
        Ok(self.store.runs(limit)?)
    }

    /// The lines of a run's log.
    ///
    /// # Errors
    /// When there is no such log.
    pub fn log(&self, run: i64) -> Result<impl Iterator<Item = Entry> + use<>, TenantError> {
        run_log::read(&self.sub_folder("logs")?, run).map_err(|_| TenantError::NoLog(run))
    }

    /// What is held back.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn held_back(&self, limit: u32) -> Result<Vec<HeldBack>, TenantError> {
        Ok(self.store.held_back(limit)?)
    }

    /// Lets the next run read everything again.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn reset(&self) -> Result<(), TenantError> {
        Ok(self.store.reset()?)
    }

    /// Lets what is held back be tried again in the next run.
    ///
    /// # Errors
    /// When the state cannot be written.
    pub fn retry(&self, person: Option<&str>, group: Option<&str>) -> Result<u64, TenantError> {
        Ok(self.store.retry(person, group)?)
    }

    /// Whether runs have failed so often that the schedule waits.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn quarantine(&self) -> Result<Option<Quarantine>, TenantError> {
        Ok(Quarantine::of(&self.store.runs(64)?))
    }

    /// When something of this tenant is due by itself.
    ///
    /// # Errors
    /// When the state cannot be read.
    pub fn next_due(&self, now: Millis) -> Result<Option<Millis>, TenantError> {
        Ok(self.store.next_due(now)?)
    }
}

/// People in a batch.
const BATCH: u32 = 1_000;

/// How many lines a plan lists.
const PREVIEW: u32 = 1_000;

struct Scratch {
    store: Arc<SqliteStore>,
    folder: Dir,
}

impl Drop for Scratch {
    fn drop(&mut self) {
        for name in ["plan.db", "plan.db-wal", "plan.db-shm"] {
            let _ = self.folder.remove_file(name);
        }
    }
}

/// The state holds people's data: nobody but its owner reads it.
#[cfg(unix)]
fn make_private(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o700))
}

#[cfg(not(unix))]
fn make_private(_: &std::path::Path) -> std::io::Result<()> {
    Ok(())
}

/// Runs that keep failing are spaced out, up to a day; one success lifts it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Quarantine {
    /// How many runs failed one after the other.
    pub failures: u32,
    /// No run starts by itself before.
    pub until: Millis,
    /// Why the last one failed.
    pub reason: String,
}

impl Quarantine {
    /// Looks at the newest runs (newest first).
    pub fn of(runs: &[RunRecord]) -> Option<Self> {
        let counted = runs.iter().filter(|run| run.kind != "plan" && run.kind != "person" && run.status != "Running");
        let failed: Vec<&RunRecord> = counted.take_while(|run| run.status == "Failure").collect();
        let failures = u32::try_from(failed.len()).unwrap_or(u32::MAX);
        let last = failed.first()?;
        // One failure may be anything; from the second on the schedule steps back.
        let wait =
            Duration::from_secs(60).saturating_mul(1u32.checked_shl(failures.checked_sub(2)?).unwrap_or(u32::MAX));
        let wait = i64::try_from(wait.min(Duration::from_secs(86_400)).as_millis()).unwrap_or(86_400_000);
        let ended = last.ended.as_deref().and_then(parse_rfc3339)?;
        Some(Self { failures, until: ended + wait, reason: last.message.clone().unwrap_or_default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(number: i64, status: &str) -> RunRecord {
        RunRecord {
            number,
            kind: "incremental".into(),
            status: status.into(),
            started: "2026-01-01T00:00:00Z".into(),
            ended: Some("2026-01-01T00:00:00Z".into()),
            message: Some("no".into()),
            counts: serde_json::Value::Null,
        }
    }

    #[test]
    fn runs_that_keep_failing_are_spaced_out_up_to_a_day_and_a_success_lifts_it() {
        let start = parse_rfc3339("2026-01-01T00:00:00Z").unwrap();
        let minutes = |failures: usize| {
            let runs: Vec<_> = (0..failures).map(|n| run(n as i64, "Failure")).collect();
            Quarantine::of(&runs).map(|quarantine| (quarantine.until - start) / 60_000)
        };
        assert_eq!([0, 1, 2, 3, 4, 20].map(minutes), [None, None, Some(1), Some(2), Some(4), Some(1440)]);
        assert_eq!(Quarantine::of(&[run(3, "Success"), run(2, "Failure"), run(1, "Failure")]), None);
    }
}

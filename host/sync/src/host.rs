//! Tenants inside another application.
//!
//! A [`Host`] is what the tenants of one process share: the sandbox, where components come from, time, and what the application offers steps
//! besides the contract. It opens tenants, and a tenant's runs are streams of events that can be cancelled.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use rollcall_sandbox::{Sandbox, SandboxOptions};
//! use rollcall_sync::config::TenantConfig;
//! use rollcall_sync::host::Host;
//! use rollcall_sync::run::Wish;
//! # use rollcall_sync::steps::sandboxed::Components;
//!
//! # async fn embed(components: Arc<dyn Components>) -> Result<(), Box<dyn std::error::Error>> {
//! let host = Host::new(Sandbox::new(SandboxOptions::default())?, components);
//! let contoso = host.open(TenantConfig::load("contoso.toml")?).await?;
//! let mut run = contoso.start(Wish::default());
//! while let Some(entry) = run.next().await {
//!     println!("{}", entry.text());
//! }
//! println!("{:?}", run.end().await?.status);
//! # Ok(())
//! # }
//! ```
//!
//! `host/cli/examples/embedding.rs` is a whole application with two tenants.

use std::collections::BTreeMap;
use std::sync::Arc;

use rollcall_sandbox::egress::Allowances;
use rollcall_sandbox::{Extension, Sandbox};
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

use crate::clock::{Clock, SystemClock};
use crate::config::TenantConfig;
use crate::progress::{Progress, Silent};
use crate::run::{Report, Wish};
use crate::run_log::{Entry, Event};
use crate::steps::Steps;
use crate::steps::sandboxed::{Components, Problems, Recording, SandboxedSteps, Services};
use crate::tenant::{Tenant, TenantError};

/// Lines that wait for a slow listener; what is more is only in the log.
const BACKLOG: usize = 4_096;

/// What the tenants of a process share. It is cheap to clone.
#[derive(Clone)]
pub struct Host {
    sandbox: Sandbox,
    components: Arc<dyn Components>,
    clock: Arc<dyn Clock>,
    pace: Arc<dyn rollcall_sandbox::clock::Clock>,
    allowances: Option<Allowances>,
    extensions: BTreeMap<String, Vec<Extension>>,
    recording: Option<Arc<dyn Recording>>,
}

/// Why a tenant cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// Its state.
    #[error(transparent)]
    Tenant(#[from] TenantError),
    /// Its configuration or one of its components, each problem with its place in the file.
    #[error(transparent)]
    Problems(#[from] Problems),
}

impl Host {
    /// A host that goes by the machine's clock and offers nothing but the contract.
    pub fn new(sandbox: Sandbox, components: Arc<dyn Components>) -> Self {
        Self {
            sandbox,
            components,
            clock: Arc::new(SystemClock),
            pace: Arc::new(rollcall_sandbox::clock::SystemClock::default()),
            allowances: None,
            extensions: BTreeMap::new(),
            recording: None,
        }
    }

    /// Goes by other clocks: one for what the time is, one for how long pauses last.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>, pace: Arc<dyn rollcall_sandbox::clock::Clock>) -> Self {
        Self { clock, pace, ..self }
    }

    /// Shares the requests a minute of logins with these, and not with whoever keeps state in the same folder. Default: tenants share them
    /// within the process, and with other processes whose tenants' state folders stand beside theirs.
    #[must_use]
    pub fn with_allowances(self, allowances: Allowances) -> Self {
        Self { allowances: Some(allowances), ..self }
    }

    /// Offers an interface of the application's own to one step of each tenant, by the step's name: `source`, `mapping[0]`, `grouping`,
    /// `target`. No other step can import it.
    #[must_use]
    pub fn with_extension(mut self, step: &str, extension: Extension) -> Self {
        self.extensions.entry(step.to_owned()).or_default().push(extension);
        self
    }

    /// Keeps calls of steps, with everything that they took.
    #[must_use]
    pub fn with_recording(self, recording: Arc<dyn Recording>) -> Self {
        Self { recording: Some(recording), ..self }
    }

    /// Opens a tenant: its state, and its components, linked and configured. Nothing is sent to any other system.
    ///
    /// # Errors
    /// When the state cannot be used, or with everything that is wrong with the configuration and the components.
    pub async fn open(&self, config: TenantConfig) -> Result<Arc<Hosted>, OpenError> {
        let tenant = Tenant::open(&config)?;
        let services = Services {
            sandbox: self.sandbox.clone(),
            components: Arc::clone(&self.components),
            store: tenant.store(),
            outbox: Some(Arc::new(tenant.outbox()?)),
            clock: Arc::clone(&self.clock),
            pace: Arc::clone(&self.pace),
            allowances: self.allowances.clone().unwrap_or_else(|| tenant.allowances()),
            extensions: self.extensions.clone(),
            recording: self.recording.clone(),
        };
        let steps = Arc::new(SandboxedSteps::load(&config, &services).await?);
        Ok(Arc::new(Hosted { tenant, steps, clock: Arc::clone(&self.clock) }))
    }
}

/// A tenant that can run.
pub struct Hosted {
    /// Its state, history and logs.
    pub tenant: Tenant,
    /// Its components.
    pub steps: Arc<SandboxedSteps>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Hosted {
    /// Runs to the end, with somebody who is told how far it is.
    ///
    /// # Errors
    /// When the run could not begin. A run that began and failed is a report.
    pub async fn sync(&self, wish: &Wish, progress: Arc<dyn Progress>) -> Result<Report, TenantError> {
        self.run(wish, progress, None).await
    }

    async fn run(
        &self,
        wish: &Wish,
        progress: Arc<dyn Progress>,
        watchers: Option<broadcast::Sender<Entry>>,
    ) -> Result<Report, TenantError> {
        let steps: Arc<dyn Steps> = Arc::clone(&self.steps) as Arc<dyn Steps>;
        let sink = self.steps.sink();
        let attach = |context: &crate::run::Context| sink.attach(Arc::clone(&context.log), Arc::clone(&context.counts));
        self.tenant.sync(steps, wish, Arc::clone(&self.clock), progress, watchers, attach).await
    }

    /// Starts a run on the runtime that this is called on.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start(self: &Arc<Self>, wish: Wish) -> Run {
        let (sender, events) = broadcast::channel(BACKLOG);
        let (cancel, mut cancelled) = watch::channel(false);
        let hosted = Arc::clone(self);
        let task = tokio::spawn(async move {
            tokio::select! {
                report = hosted.run(&wish, Arc::new(Silent), Some(sender)) => report.map(Some),
                Ok(_) = cancelled.wait_for(|cancelled| *cancelled) => {
                    hosted.tenant.note_cancelled(hosted.clock.now())?;
                    Ok(None)
                }
            }
        });
        Run { events, cancel, task }
    }
}

/// A run that is under way. Dropping it lets the run go on.
pub struct Run {
    events: broadcast::Receiver<Entry>,
    cancel: watch::Sender<bool>,
    task: JoinHandle<Result<Option<Report>, TenantError>>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// It could not begin, or the state cannot be used.
    #[error(transparent)]
    Tenant(#[from] TenantError),
    /// Somebody cancelled it. The next run goes on from where it ended.
    #[error("the run was cancelled; the next run goes on from there")]
    Cancelled,
    /// A part of this program ended unexpectedly.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Run {
    /// The next line of the run's log; none after the last one. Who is slower than the run by some thousand lines gets a note that says how
    /// many were left out: they are in the log.
    pub async fn next(&mut self) -> Option<Entry> {
        match self.events.recv().await {
            Ok(entry) => Some(entry),
            Err(broadcast::error::RecvError::Closed) => None,
            Err(broadcast::error::RecvError::Lagged(count)) => {
                let message = format!("{count} lines were left out here; the log has them");
                Some(Entry { time: crate::clock::rfc3339(SystemClock.now()), event: Event::Note { message } })
            }
        }
    }

    /// Ends the run where it is. What it has done is recorded, and what it was about to do stays due for the next run.
    pub fn cancel(&self) {
        self.cancel.send_replace(true);
    }

    /// Waits for the end.
    ///
    /// # Errors
    /// When the run could not begin, or was cancelled. A run that began and failed is a report.
    pub async fn end(self) -> Result<Report, RunError> {
        let Self { events, cancel, task } = self;
        drop(events);
        let ended = task.await.map_err(|error| RunError::Internal(error.to_string()))?;
        drop(cancel);
        ended?.ok_or(RunError::Cancelled)
    }
}

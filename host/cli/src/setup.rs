//! From a tenant's file to something that can run.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rollcall_sandbox::{Sandbox, SandboxOptions};
use rollcall_sync::config::{ComponentRef, StepKind, TenantConfig};
use rollcall_sync::host::{Host, Hosted, OpenError};

use crate::component::record::Records;
use crate::components::{Named, Unpinned};
use crate::refusal::Refusal;

/// A tenant that can run.
pub type Ready = Hosted;

/// Reads a tenant's file and shows its warnings.
pub fn config(path: &Path, replace: &[String]) -> Result<TenantConfig, Refusal> {
    let mut config = TenantConfig::load(path)?;
    for wish in replace {
        apply(&mut config, wish)?;
    }
    for warning in &config.warnings {
        eprintln!("{warning}\n");
    }
    Ok(config)
}

/// Puts another component in the place of a step's.
fn apply(config: &mut TenantConfig, wish: &str) -> Result<(), Refusal> {
    let (step, component) = wish
        .split_once('=')
        .ok_or_else(|| Refusal::wrong(format!("--use {wish}: write STEP=COMPONENT, such as mapping=./mine.wasm")))?;
    let (kind, found) = match step {
        "source" => (StepKind::Source, Some(&mut config.source)),
        "grouping" => (StepKind::Grouping, Some(&mut config.grouping)),
        "target" => (StepKind::Target, Some(&mut config.target)),
        "mapping" => (StepKind::Mapping, config.mappings.first_mut()),
        _ => (StepKind::Mapping, config.mappings.iter_mut().find(|mapping| mapping.name == step)),
    };
    let Some(found) = found else {
        let names: Vec<&str> = config.steps().map(|step| step.name.as_str()).collect();
        let message = format!("--use {wish}: there is no step \"{step}\"; there are: {}", names.join(", "));
        return Err(Refusal::wrong(message));
    };
    found.component = ComponentRef::parse(component, kind, Path::new("."))
        .map_err(|error| Refusal::wrong(format!("--use {wish}: {}", error.message)))?;
    Ok(())
}

/// Where something is kept between starts.
fn cache(what: &str) -> Option<PathBuf> {
    let base = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))?;
    Some(base.join("rollcall").join(what))
}

/// The sandbox; without a cache when its folder cannot be used, which costs a second at each start.
pub fn sandbox() -> Result<Sandbox, Refusal> {
    let mut options = SandboxOptions::default();
    options.cache = cache("components");
    Sandbox::new(options)
        .or_else(|_| Sandbox::new(SandboxOptions::default()))
        .map_err(|error| Refusal::failed(error.to_string()))
}

/// Opens a tenant and loads its steps. The only calls to the network are downloads of components that are pinned and not here yet.
pub async fn ready(config: &TenantConfig) -> Result<Arc<Ready>, Refusal> {
    prepare(config, Unpinned::Use, None).await
}

/// The same for a run: a file that is used for the first time is pinned.
pub async fn ready_to_run(config: &TenantConfig) -> Result<Arc<Ready>, Refusal> {
    prepare(config, Unpinned::Pin, None).await
}

/// The same with somebody who keeps calls of steps.
pub async fn prepare(
    config: &TenantConfig,
    unpinned: Unpinned,
    records: Option<Arc<Records>>,
) -> Result<Arc<Ready>, Refusal> {
    let components = Named::of(config, unpinned, cache("downloads"))?;
    let mut host = Host::new(sandbox()?, Arc::new(components));
    if let Some(records) = records {
        host = host.with_recording(records);
    }
    host.open(config.clone()).await.map_err(|error| match error {
        OpenError::Tenant(error) => error.into(),
        OpenError::Problems(problems) => problems.into(),
        other => Refusal::failed(other.to_string()),
    })
}

//! The engine that runs components, and its clock.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use wasmtime::{Config, Engine};

use crate::cache::Cache;
use crate::component::{Component, LoadError, Loading};
use crate::meter::TICK;

/// How a sandbox is made.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct SandboxOptions {
    /// The folder for compiled components; none compiles them at each start. Nobody but its owner may be able to write in it.
    pub cache: Option<PathBuf>,
}

/// Runs components. It is cheap to clone; one serves all tenants.
#[derive(Clone)]
pub struct Sandbox {
    pub(crate) engine: Engine,
    cache: Option<Arc<Cache>>,
    compiling: Arc<Mutex<()>>,
}

/// Every engine of this program has this configuration, so that what one compiles another can load.
fn config() -> Config {
    let mut config = Config::new();
    config
        .wasm_component_model(true)
        .epoch_interruption(true)
        // A stack of one tenant must not be readable by the next.
        .async_stack_zeroing(true)
        // Core dumps and long backtraces would hold people's data.
        .wasm_backtrace_max_frames(std::num::NonZeroUsize::new(16));
    config
}

impl Sandbox {
    /// Starts an engine, and a thread that ticks for it as long as it lives.
    ///
    /// # Errors
    /// When this machine cannot run it, or the cache's folder cannot be made private.
    pub fn new(options: SandboxOptions) -> Result<Self, LoadError> {
        let engine = Engine::new(&config()).map_err(|error| LoadError::Engine(error.to_string()))?;
        let weak = engine.weak();
        std::thread::Builder::new()
            .name("sandbox-clock".to_owned())
            .spawn(move || {
                while let Some(engine) = weak.upgrade() {
                    engine.increment_epoch();
                    drop(engine);
                    std::thread::sleep(TICK);
                }
            })
            .map_err(|error| LoadError::Engine(error.to_string()))?;
        let cache = options.cache.map(|path| Cache::open(&path, &engine).map(Arc::new)).transpose()?;
        Ok(Self { engine, cache, compiling: Arc::default() })
    }

    /// Loads a component. It is compiled at most once for each content: this blocks, for seconds with a large component that is new.
    ///
    /// # Errors
    /// When the bytes are no component, or one that exports no step.
    pub fn load(&self, bytes: &[u8]) -> Result<Component, LoadError> {
        self.load_reporting(bytes, &mut |_| {})
    }

    /// The same, and tells what is being done: a person who waits for seconds likes to know why.
    ///
    /// # Errors
    /// When the bytes are no component, or one that exports no step.
    pub fn load_reporting(&self, bytes: &[u8], report: &mut dyn FnMut(Loading)) -> Result<Component, LoadError> {
        Component::load(&self.engine, self.cache.as_deref(), &self.compiling, bytes, report)
    }
}

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Sandbox").finish_non_exhaustive()
    }
}

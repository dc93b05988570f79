//! A component: what it is, what it imports, which step it does.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use wasmtime::Engine;

use crate::cache::{self, Cache};

/// Why a component cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The engine does not start on this machine.
    #[error("the WebAssembly engine does not start: {0}")]
    Engine(String),
    /// The folder for compiled components cannot be used.
    #[error("the folder for compiled components {} cannot be used: {reason}", path.display())]
    Cache {
        /// The folder.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// It is larger than any component needs to be.
    #[error("it has {} MiB; a component has at most {} MiB", size >> 20, LARGEST >> 20)]
    TooLarge {
        /// Its size in bytes.
        size: usize,
    },
    /// The bytes are native code in wasmtime's format: loading it would run it outside of the sandbox.
    #[error("it is compiled native code, not a WebAssembly component: give the .wasm file")]
    Precompiled,
    /// The bytes are a WebAssembly module, not a component.
    #[error(
        "it is a core WebAssembly module, not a component: build it for the target wasm32-wasip2, or wrap it with an adapter"
    )]
    Module,
    /// The bytes are no component.
    #[error("it is no WebAssembly component: {0}")]
    NoComponent(String),
    /// It exports none of the steps.
    #[error("it exports no step of rollcall:sync@0.1; it exports {}", if exports.is_empty() { "nothing".to_owned() } else { exports.join(", ") })]
    NoStep {
        /// What it exports.
        exports: Vec<String>,
    },
}

/// The four steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StepKind {
    /// Where people come from.
    Source,
    /// From a user to a profile.
    Mapping,
    /// From a person to groups.
    Grouping,
    /// The directory that is kept in step.
    Target,
}

impl StepKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Source, Self::Mapping, Self::Grouping, Self::Target];

    /// The word, which is also the name of the interface.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Mapping => "mapping",
            Self::Grouping => "grouping",
            Self::Target => "target",
        }
    }
}

/// The largest component. One that holds Python has 18 to 35 MB.
const LARGEST: usize = 128 << 20;

/// What is being done with a component that is loaded, for a person who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Loading {
    /// It is new and has to be compiled: about half a second for each megabyte.
    Compiling {
        /// Its size in bytes.
        size: usize,
    },
    /// It can be used.
    Ready {
        /// How long compiling took; none when the compiled form was kept from before.
        compiled_in: Option<Duration>,
    },
}

/// A component that was compiled.
#[derive(Clone)]
pub struct Component {
    pub(crate) code: wasmtime::component::Component,
    /// SHA-256 of its bytes, in hexadecimal.
    pub digest: String,
    /// Its size in bytes.
    pub size: usize,
    /// The steps that it exports, with the version of the contract.
    pub steps: Vec<(StepKind, String)>,
    /// The interfaces that it imports.
    pub imports: Vec<String>,
    /// The interfaces that it exports.
    pub exports: Vec<String>,
    /// How long compiling took; none when the compiled form was kept from before.
    pub compiled_in: Option<Duration>,
}

impl std::fmt::Debug for Component {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Component")
            .field("digest", &self.digest)
            .field("steps", &self.steps)
            .finish_non_exhaustive()
    }
}

/// WebAssembly starts with its magic, then a version: 1 for modules, 13 with layer 1 for components.
const COMPONENT: [u8; 8] = [0, b'a', b's', b'm', 13, 0, 1, 0];
const MODULE: [u8; 8] = [0, b'a', b's', b'm', 1, 0, 0, 0];

impl Component {
    pub(crate) fn load(
        engine: &Engine,
        cache: Option<&Cache>,
        compiling: &Mutex<()>,
        bytes: &[u8],
        report: &mut dyn FnMut(Loading),
    ) -> Result<Self, LoadError> {
        if bytes.len() > LARGEST {
            return Err(LoadError::TooLarge { size: bytes.len() });
        }
        if Engine::detect_precompiled(bytes).is_some() {
            return Err(LoadError::Precompiled);
        }
        if bytes.starts_with(&MODULE) {
            return Err(LoadError::Module);
        }
        if !bytes.starts_with(&COMPONENT) {
            return Err(LoadError::NoComponent("it does not begin like one".to_owned()));
        }
        let digest = cache::digest(bytes);
        let kept = || cache.and_then(|cache| cache.get(engine, &digest));
        let (code, compiled_in) = match kept() {
            Some(code) => (code, None),
            None => {
                // One at a time: compiling uses every core anyway, and a tenant with many large components must not take all memory.
                let _turn = compiling.lock().unwrap_or_else(PoisonError::into_inner);
                match kept() {
                    Some(code) => (code, None),
                    None => {
                        report(Loading::Compiling { size: bytes.len() });
                        let (code, time) = compile(engine, bytes)?;
                        if let (Some(cache), Ok(compiled)) = (cache, code.serialize()) {
                            cache.put(&digest, &compiled);
                        }
                        (code, Some(time))
                    }
                }
            }
        };
        let kind = code.component_type();
        let imports: Vec<String> = kind.imports(engine).map(|(name, _)| name.to_owned()).collect();
        let exports: Vec<String> = kind.exports(engine).map(|(name, _)| name.to_owned()).collect();
        let steps: Vec<(StepKind, String)> = exports.iter().filter_map(|name| step_of(name)).collect();
        if steps.is_empty() {
            return Err(LoadError::NoStep { exports });
        }
        // Making the image of the memory now keeps the first instance as fast as the others.
        let _ = code.initialize_copy_on_write_image();
        report(Loading::Ready { compiled_in });
        Ok(Self { code, digest, size: bytes.len(), steps, imports, exports, compiled_in })
    }

    /// Whether it does this step.
    pub fn does(&self, kind: StepKind) -> bool {
        self.steps.iter().any(|(step, _)| *step == kind)
    }

    /// Whether it also takes batches of this step in packed form.
    pub fn packs(&self, kind: StepKind) -> bool {
        let prefix = format!("rollcall:sync/packed-{}@0.1.", kind.as_str());
        self.exports.iter().any(|export| export.starts_with(&prefix))
    }
}

fn compile(engine: &Engine, bytes: &[u8]) -> Result<(wasmtime::component::Component, Duration), LoadError> {
    let started = Instant::now();
    let code = wasmtime::component::Component::from_binary(engine, bytes).map_err(|error| {
        let causes: Vec<String> = error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
        LoadError::NoComponent(causes.join(": "))
    })?;
    Ok((code, started.elapsed()))
}

fn step_of(export: &str) -> Option<(StepKind, String)> {
    let (interface, version) = export.strip_prefix("rollcall:sync/")?.split_once('@')?;
    let kind = StepKind::ALL.into_iter().find(|kind| kind.as_str() == interface)?;
    version.starts_with("0.1.").then(|| (kind, version.to_owned()))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_known_by_its_interface_and_version() {
        assert_eq!(step_of("rollcall:sync/mapping@0.1.4"), Some((StepKind::Mapping, "0.1.4".to_owned())));
        for other in ["rollcall:sync/mapping@0.2.0", "rollcall:sync/types@0.1.0", "wasi:cli/run@0.2.0", "mapping"] {
            assert_eq!(step_of(other), None, "{other}");
        }
    }
}

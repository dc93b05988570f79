//! The components that come with Rollcall, in this process, compiled once for all tests.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

use rollcall_sandbox::{Sandbox, SandboxOptions};
use rollcall_sync::config::ComponentRef;
use rollcall_sync::host::Host;
use rollcall_sync::steps::sandboxed::{Bytes, Components};

include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// Components that come with Rollcall.
pub struct BuiltIn;

impl Components for BuiltIn {
    fn bytes<'a>(&'a self, component: &'a ComponentRef) -> Bytes<'a> {
        let ComponentRef::BuiltIn(wanted) = component else { panic!("{component:?}") };
        let (_, bytes) = BUILT_IN.iter().find(|(name, _)| *name == wanted.name()).unwrap();
        Box::pin(std::future::ready(Ok(Cow::Borrowed(*bytes))))
    }
}

/// A host of these.
pub fn host() -> Host {
    let mut options = SandboxOptions::default();
    options.cache = Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("components"));
    Host::new(Sandbox::new(options).unwrap(), Arc::new(BuiltIn))
}

//! The bytes of components: embedded ones by name, others from files.

use std::borrow::Cow;

use rollcall_sync::config::ComponentRef;
use rollcall_sync::steps::sandboxed::Components;

include!(concat!(env!("OUT_DIR"), "/components.rs"));

/// Components that come with Rollcall, and files.
pub struct Embedded;

/// The largest file that is taken for a component; a Python one has 20 MB.
pub const LARGEST: u64 = 256 << 20;

impl Components for Embedded {
    fn bytes(&self, component: &ComponentRef) -> Result<Cow<'static, [u8]>, String> {
        match component {
            ComponentRef::BuiltIn(built_in) => BUILT_IN
                .iter()
                .find(|(name, _)| *name == built_in.name())
                .map(|(_, bytes)| Cow::Borrowed(*bytes))
                .ok_or_else(|| format!("the component {} is not part of this build", built_in.name())),
            ComponentRef::Path(path) => {
                let unreadable =
                    |error: std::io::Error| format!("the component {} cannot be read: {error}", path.display());
                let size = std::fs::metadata(path).map_err(unreadable)?.len();
                if size > LARGEST {
                    return Err(format!("{} is larger than a component may be ({LARGEST} bytes)", path.display()));
                }
                std::fs::read(path).map(Cow::Owned).map_err(unreadable)
            }
            ComponentRef::Url(url) => {
                Err(format!("{url}: components are loaded from files; download it and give its path"))
            }
        }
    }
}

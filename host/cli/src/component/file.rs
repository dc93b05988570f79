//! Loading a component: by its file, or by the name of one that comes with Rollcall.

use std::borrow::Cow;
use std::io::IsTerminal;
use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use rollcall_sandbox::{Component, Loading, Sandbox};

use crate::components::{BUILT_IN, LARGEST};
use crate::refusal::Refusal;

/// The bytes of a component.
pub fn bytes(component: &str) -> Result<Cow<'static, [u8]>, Refusal> {
    if let Some((_, bytes)) = BUILT_IN.iter().find(|(name, _)| *name == component) {
        return Ok(Cow::Borrowed(bytes));
    }
    let unreadable = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => Refusal::wrong(format!("{component}: there is no such file")),
        _ => Refusal::wrong(format!("{component}: the file cannot be read: {error}")),
    };
    let about = std::fs::metadata(component).map_err(unreadable)?;
    if about.is_dir() {
        return Err(Refusal::wrong(format!("{component} is a folder: give the component itself, such as ./mine.wasm")));
    }
    if about.len() > LARGEST {
        return Err(Refusal::wrong(format!("{component} is larger than a component may be ({LARGEST} bytes)")));
    }
    std::fs::read(Path::new(component)).map(Cow::Owned).map_err(unreadable)
}

/// Loads a component. A large one that is new takes seconds to compile, which is told.
pub async fn load(sandbox: &Sandbox, component: &str) -> Result<Component, Refusal> {
    let bytes = bytes(component)?;
    let (sandbox, name) = (sandbox.clone(), component.to_owned());
    let loaded = tokio::task::spawn_blocking(move || {
        let mut spinner = None;
        let loaded = sandbox.load_reporting(&bytes, &mut |what| match what {
            Loading::Compiling { size } => spinner = Some(compiling(&name, size)),
            _ => spinner = None,
        });
        drop(spinner);
        loaded
    })
    .await;
    loaded
        .map_err(|error| Refusal::failed(error.to_string()))?
        .map_err(|error| Refusal::wrong(format!("{component} cannot be used: {error}")))
}

struct Compiling(ProgressBar);

fn compiling(name: &str, size: usize) -> Compiling {
    let bar = ProgressBar::new_spinner();
    // Small ones are ready before anybody could read it.
    if size > (2 << 20) && std::io::stderr().is_terminal() {
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} {elapsed}") {
            bar.set_style(style);
        }
        bar.set_message(format!("compiling {name} ({}): once, then it is kept", super::values::size(size)));
        bar.enable_steady_tick(Duration::from_millis(120));
    } else {
        bar.set_draw_target(indicatif::ProgressDrawTarget::hidden());
    }
    Compiling(bar)
}

impl Drop for Compiling {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

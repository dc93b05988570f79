//! The component of `tests/hostile-guests`, built once for all tests.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The bytes of the component.
pub fn hostile() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| {
        let file = build("hostile-guests");
        std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    })
}

/// Builds a component with another cargo, in a target folder of its own: the usual one may be locked.
fn build(package: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap();
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap().join("guests");
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root).args(["build", "--quiet", "--lib", "--profile", "guest", "--target", "wasm32-wasip2"]);
    cargo.args(["--package", package, "--target-dir"]).arg(&target);
    // What the outer cargo was told is not meant for this one.
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if (name.starts_with("CARGO_") && name != "CARGO_HOME") || name.starts_with("RUSTC") || name == "RUSTFLAGS" {
            cargo.env_remove(&variable);
        }
    }
    let done = cargo.status().expect("cargo can be started");
    assert!(done.success(), "{package} was not built; if the target is missing: rustup target add wasm32-wasip2");
    target.join("wasm32-wasip2/guest").join(format!("{}.wasm", package.replace('-', "_")))
}

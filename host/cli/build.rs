#![allow(clippy::expect_used, clippy::panic, reason = "a build script ends with a message")]
//! Builds the components that come with Rollcall and embeds them in the command, with what `rollcall component new` copies.
//!
//! Each component is built by another cargo, for WebAssembly, in a target folder of its own: the one that runs this script holds the lock of the
//! usual one.

#[path = "build/reference/mod.rs"]
mod reference;

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The components, by the name of their package. Those whose folder is not there are left out.
const COMPONENTS: [&str; 7] =
    ["graph-pull", "csv-pull", "attribute-mapping", "group-rules", "kaizala-push", "scim-push", "csv-push"];

fn main() {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let root = here.ancestors().nth(2).expect("host/cli has two folders above it").to_owned();
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets it"));
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build");
    // The profile of components and their dependencies stand there.
    println!("cargo::rerun-if-changed={}", root.join("Cargo.toml").display());
    println!("cargo::rerun-if-changed={}", root.join("Cargo.lock").display());
    println!("cargo::rerun-if-changed={}", root.join("wit").display());
    println!("cargo::rerun-if-changed={}", root.join("guest/sdk").display());
    let present: Vec<&str> =
        COMPONENTS.into_iter().filter(|name| root.join("guest").join(name).join("src/lib.rs").exists()).collect();
    for name in COMPONENTS {
        println!("cargo::rerun-if-changed={}", root.join("guest").join(name).display());
    }
    // target/debug/build/rollcall-cli-x/out: the folder of all profiles is four above.
    let target = out.ancestors().nth(4).expect("OUT_DIR is deep in the target folder").join("guests");
    build(&root, &target, &present);
    let mut code = String::from(
        "/// Names and bytes of the components that come with Rollcall.\npub const BUILT_IN: &[(&str, &[u8])] = &[\n",
    );
    for name in present {
        let file = target.join("wasm32-wasip2/guest").join(format!("{}.wasm", name.replace('-', "_")));
        assert!(file.exists(), "{} was not built", file.display());
        writeln!(code, "    ({name:?}, include_bytes!({:?})),", file.display().to_string()).expect("writing to a text");
    }
    code.push_str("];\n");
    std::fs::write(out.join("components.rs"), code).expect("OUT_DIR can be written");
    std::fs::write(out.join("templates.rs"), templates(&root, &out)).expect("OUT_DIR can be written");
}

/// The text files that a new project is made of, as constants.
fn templates(root: &Path, out: &Path) -> String {
    for folder in ["guest/templates", "guest/examples", "wit", "guest/sdk"] {
        println!("cargo::rerun-if-changed={}", root.join(folder).display());
    }
    println!("cargo::rerun-if-changed={}", root.join("Cargo.toml").display());
    let manifest = out.join("sdk.toml");
    std::fs::write(&manifest, sdk_manifest(root)).expect("OUT_DIR can be written");
    let mut sdk = files(&root.join("guest/sdk"));
    for (name, file) in &mut sdk {
        if name == "Cargo.toml" {
            file.clone_from(&manifest);
        }
    }
    let wit = files(&root.join("wit"));
    let (page, types) = reference::made(&wit);
    std::fs::write(out.join("reference.md"), page).expect("OUT_DIR can be written");
    std::fs::write(out.join("types.d.ts"), types).expect("OUT_DIR can be written");
    let lists = [
        ("TEMPLATES", files(&root.join("guest/templates"))),
        ("EXAMPLES", files(&root.join("guest/examples"))),
        ("WIT", wit),
        ("SDK", sdk),
    ];
    let mut code = String::new();
    for (constant, files) in lists {
        writeln!(code, "const {constant}: &[(&str, &str)] = &[").expect("writing to a text");
        for (name, file) in files {
            writeln!(code, "    ({name:?}, include_str!({:?})),", file.display().to_string())
                .expect("writing to a text");
        }
        code.push_str("];\n");
    }
    code
}

/// The files below a folder, by their paths from there, sorted. What a tool made (a lock, a target folder) is no part of a template.
fn files(folder: &Path) -> Vec<(String, PathBuf)> {
    const MADE: [&str; 6] = ["node_modules", "bindings", "__pycache__", ".venv", "Cargo.lock", "package-lock.json"];
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in std::fs::read_dir(&next).expect("the folder can be read") {
            let path = entry.expect("the folder can be read").path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            // A folder of the name "target" is a template, unless cargo made it.
            if MADE.contains(&name.as_str()) || name.ends_with(".wasm") || path.join("CACHEDIR.TAG").exists() {
                continue;
            }
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(folder).expect("it is below").to_string_lossy().replace('\\', "/");
                found.push((name, path));
            }
        }
    }
    found.sort();
    found
}

/// The SDK's manifest outside of this workspace: what it takes over from the workspace is written out.
fn sdk_manifest(root: &Path) -> String {
    let read = |path: &str| std::fs::read_to_string(root.join(path)).expect("the manifest can be read");
    let workspace = read("Cargo.toml");
    let written = |name: &str| {
        let start = format!("{name} = ");
        let line = workspace.lines().find(|line| line.starts_with(&start));
        line.unwrap_or_else(|| panic!("the workspace names {name} in one line")).to_owned()
    };
    let manifest = read("guest/sdk/Cargo.toml").replace("[lints]\nworkspace = true\n\n", "");
    let lines = manifest.lines().map(|line| match line.strip_suffix(".workspace = true") {
        Some(name) => written(name),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn build(root: &Path, target: &Path, names: &[&str]) {
    // One at a time: each component has the imports that it uses, and no feature of another.
    for name in names {
        let mut cargo = Command::new(std::env::var_os("CARGO").expect("cargo sets it"));
        cargo
            .current_dir(root)
            .args([
                "build",
                "--quiet",
                "--lib",
                "--profile",
                "guest",
                "--target",
                "wasm32-wasip2",
                "--package",
                name,
                "--target-dir",
            ])
            .arg(target)
            // Every engine that runs components has these instructions; searching in texts is faster with them.
            .env("CARGO_TARGET_WASM32_WASIP2_RUSTFLAGS", "-C target-feature=+simd128");
        // What the outer cargo was told is not meant for this one.
        for (variable, _) in std::env::vars_os() {
            let text = variable.to_string_lossy();
            let outer =
                text.starts_with("CARGO_") && text != "CARGO_HOME" || text.starts_with("RUSTC") || text == "RUSTFLAGS";
            if outer || text == "TARGET" || text == "PROFILE" || text == "OUT_DIR" {
                cargo.env_remove(&variable);
            }
        }
        let done = cargo.status().expect("cargo can be started");
        assert!(
            done.success(),
            "the component {name} was not built; if the target is missing: rustup target add wasm32-wasip2"
        );
    }
}

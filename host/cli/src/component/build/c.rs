//! A project in C: `wit-bindgen` writes the border, clang compiles, and the linker that comes with Rust makes the component.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::tool;
use crate::component::project::Project;
use crate::refusal::Refusal;

const BINDINGS: &str =
    "it comes with: cargo install wit-bindgen-cli --version 0.61.1 --no-default-features --features c";
const COMPILER: &str = "clang is needed, with the headers of wasi-libc (Debian: apt-get install clang wasi-libc)";
const LINKER: &str = "the linker and the C library come with Rust: rustup target add wasm32-wasip2";

/// Where Debian puts the headers. A clang of the WASI SDK has its own.
const HEADERS: &str = "/usr/include/wasm32-wasi";

/// What is generated: the bindings, the object that says what the component is, and the compiled sources.
const GENERATED: &str = "gen";

pub fn build(project: &Project) -> Result<(), Refusal> {
    let mut bindings = Command::new("wit-bindgen");
    bindings.current_dir(&project.folder).args(["c", "wit", "--world", "step", "--out-dir", GENERATED]);
    tool::run(&mut bindings, BINDINGS)?;
    let mut objects = Vec::new();
    for source in sources(&project.folder)?.into_iter().chain([PathBuf::from(GENERATED).join("step.c")]) {
        let object = Path::new(GENERATED).join(format!("{}.o", source.display().to_string().replace(['/', '\\'], "-")));
        let mut compile = Command::new("clang");
        compile.current_dir(&project.folder).args(["--target=wasm32-wasip2", "-Os", "-Wall"]);
        if Path::new(HEADERS).exists() {
            compile.args(["-isystem", HEADERS]);
        }
        compile.arg("-c").arg(&source).arg("-o").arg(&object);
        tool::run(&mut compile, COMPILER)?;
        objects.push(object);
    }
    link(project, &objects)
}

/// The sources of the project: every file that ends with `.c`, but for the tests.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, Refusal> {
    let mut sources = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(Refusal::from)? {
        let name = entry.map_err(Refusal::from)?.file_name();
        let text = name.to_string_lossy();
        if text.ends_with(".c") && !text.ends_with("_test.c") {
            sources.push(PathBuf::from(&name));
        }
    }
    sources.sort();
    Ok(sources)
}

fn link(project: &Project, objects: &[PathBuf]) -> Result<(), Refusal> {
    let installed = PathBuf::from(said("--print=sysroot")?).join("lib/rustlib");
    let version = said("-vV")?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
    let tools = installed.join(host).join("bin");
    let library = installed.join("wasm32-wasip2/lib/self-contained");
    let made = project.component();
    let mut link = Command::new(tools.join("wasm-component-ld"));
    link.current_dir(&project.folder)
        .arg("--wasm-ld-path")
        .arg(tools.join("gcc-ld/wasm-ld"))
        .args(["-m", "wasm32", "--no-entry", "--entry", "_initialize", "--strip-all", "--gc-sections"])
        .arg(library.join("crt1-reactor.o"))
        .args(objects)
        .arg(Path::new(GENERATED).join("step_component_type.o"))
        .arg(library.join("libc.a"))
        .arg("-o")
        .arg(made.file_name().unwrap_or_default());
    tool::run(&mut link, LINKER)
}

/// What rustc says of itself.
fn said(question: &str) -> Result<String, Refusal> {
    let output =
        Command::new("rustc").arg(question).output().map_err(|error| tool::missing("rustc", &error, LINKER))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

//! `rollcall component new`: a project that builds and passes its test as it is.

use std::path::Path;

use serde_json::json;

use super::args::{Language, New};
use super::template;
use crate::refusal::{Refusal, say};

/// The longest name.
const LONGEST: usize = 60;

pub fn run(wish: &New, json: bool) -> Result<u8, Refusal> {
    check(&wish.name)?;
    let Some(files) = template::files(&wish.name, wish.step, wish.lang) else {
        let there = template::steps(wish.lang).join(", ");
        let message =
            format!("there is no template of a {} in {}; there are: {there}", wish.step.as_str(), wish.lang.as_str());
        return Err(Refusal::wrong(message));
    };
    let folder = wish.within.join(&wish.name);
    if folder.exists() {
        return Err(Refusal::wrong(format!("{} is there already: nothing was changed", folder.display())));
    }
    for (path, text) in &files {
        write(&folder.join(path), text)?;
    }
    if json {
        say(&json!({ "folder": folder, "files": files.len() }).to_string());
        return Ok(0);
    }
    say(&format!("{}: a {} in {}.\n", folder.display(), wish.step.as_str(), wish.lang.as_str()));
    let own = match wish.lang {
        Language::Rust => "cargo test                  # its own tests",
        Language::Python => "python3 -m unittest         # its own tests",
        Language::JavaScript => "npm test                    # its own tests",
    };
    say(&format!(
        "    cd {}\n    rollcall component build    # makes {}.wasm\n    {own}\n    rollcall component test     # tries it in the sandbox",
        folder.display(),
        wish.name
    ));
    Ok(0)
}

/// A name becomes part of files, packages and crates: what all of them allow is allowed.
fn check(name: &str) -> Result<(), Refusal> {
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    let right = name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.len() <= LONGEST
        && name.chars().all(plain)
        && !name.ends_with('-')
        && !name.contains("--");
    if right {
        return Ok(());
    }
    let message = format!(
        "\"{}\" cannot be the name of a component: lower-case letters, digits and -, the first a letter, such as display-names",
        name.escape_debug()
    );
    Err(Refusal::wrong(message))
}

fn write(path: &Path, text: &str) -> Result<(), Refusal> {
    let failed = |error: std::io::Error| Refusal::failed(format!("{} cannot be written: {error}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

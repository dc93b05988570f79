//! `rollcall component new`: a project that builds and passes its test as it is.

use std::path::Path;

use serde_json::json;

use super::args::{Language, New, Step};
use super::template::{self, File};
use crate::refusal::{Refusal, say};

/// The longest name.
const LONGEST: usize = 60;

pub fn run(wish: &New, json: bool) -> Result<u8, Refusal> {
    check(&wish.name)?;
    let (files, step, language) = files(wish)?;
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
    say(&format!("{}: a {} in {}.\n", folder.display(), step.as_str(), language.as_str()));
    let own = match language {
        Language::Rust => "cargo test                  # its own tests",
        Language::Python => "python3 -m unittest         # its own tests",
        Language::C => "cc initials.c initials_test.c -o initials_test && ./initials_test    # its own test",
        Language::JavaScript | Language::TypeScript => "npm test                    # its own tests",
    };
    say(&format!(
        "    cd {}\n    rollcall component build    # makes {}.wasm\n    {own}\n    rollcall component test     # tries it in the sandbox",
        folder.display(),
        wish.name
    ));
    Ok(0)
}

/// The files of what is wished for, the step that it does and its language.
fn files(wish: &New) -> Result<(Vec<File>, Step, Language), Refusal> {
    if let Some(example) = &wish.example {
        return template::example(&wish.name, example).ok_or_else(|| {
            let there = template::examples().join(", ");
            Refusal::wrong(format!("there is no example \"{}\"; there are: {there}", example.escape_debug()))
        });
    }
    let Some(step) = wish.step else { return Err(Refusal::wrong("say which --step it does")) };
    let files = template::files(&wish.name, step, wish.lang).ok_or_else(|| {
        let there = template::steps(wish.lang).join(", ");
        let message =
            format!("there is no template of a {} in {}; there are: {there}", step.as_str(), wish.lang.as_str());
        Refusal::wrong(message)
    })?;
    Ok((files, step, wish.lang))
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

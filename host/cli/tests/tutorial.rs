//! The tutorials of guest/README.md, followed to the letter: every command of a `console` block, and what it says to be the answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::process::Command;

/// One command and the lines that are shown under it.
struct Shown {
    command: String,
    answer: Vec<String>,
}

/// The commands of a section of the page.
fn section(title: &str) -> Vec<Shown> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest/README.md")).unwrap();
    let section = page.split("\n## ").find(|section| section.starts_with(&format!("{title}\n"))).unwrap();
    let mut shown: Vec<Shown> = Vec::new();
    for block in section.split("```console\n").skip(1) {
        for line in block.split("\n```").next().unwrap().lines() {
            match line.strip_prefix("$ ") {
                Some(command) => shown.push(Shown { command: command.to_owned(), answer: Vec::new() }),
                None => shown.last_mut().unwrap().answer.push(line.to_owned()),
            }
        }
    }
    assert!(!shown.is_empty(), "no command in {title}");
    shown
}

/// Words with one space between them.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Follows a section in an empty folder, in one shell. A command that fails, or an answer that is not given, fails it.
fn follow(title: &str) {
    let folder = tempfile::tempdir().unwrap();
    let started = std::time::Instant::now();
    let steps = section(title);
    let script: String = steps
        .iter()
        .enumerate()
        .map(|(at, step)| format!("{{ {}\n}} > \"$OUT/{at}\" 2>&1 || {{ cat \"$OUT/{at}\"; exit 1; }}\n", step.command))
        .collect();
    let answers = tempfile::tempdir().unwrap();
    let rollcall = Path::new(env!("CARGO_BIN_EXE_rollcall"));
    let path = format!("{}:{}", rollcall.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let mut command = Command::new("bash");
    command.arg("-c").arg(&script).current_dir(folder.path());
    // What this test's cargo was told is not meant for the project's.
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("RUSTC") || (name.starts_with("CARGO_") && name != "CARGO_HOME") {
            command.env_remove(&variable);
        }
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects");
    command.env("PATH", path).env("OUT", answers.path()).env("CARGO_TARGET_DIR", target);
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{title}: {said}");
    for (at, step) in steps.iter().enumerate() {
        let answer = std::fs::read_to_string(answers.path().join(at.to_string())).unwrap();
        let found = plain(&answer);
        for line in &step.answer {
            for part in line.split("...") {
                assert!(found.contains(&plain(part)), "$ {}\nshows: {line}\nsays:  {answer}", step.command);
            }
        }
    }
    println!("{title}: from `component new` to a passing test in {:.1} s", started.elapsed().as_secs_f64());
}

#[test]
fn rust() {
    follow("Rust");
}

#[test]
fn javascript() {
    follow("JavaScript");
}

#[test]
fn python() {
    follow("Python");
}

//! guest/README.md, followed to the letter: every file and every command that it shows, in order, and what it says to be the answer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// One thing that the page asks for.
enum Step {
    /// A file to be written.
    Write(String, String),
    /// A command, and the lines that are shown under it.
    Run(String, Vec<String>),
}

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../guest/README.md")).unwrap()
}

/// What a section of the page asks for. A `toml` block whose first line is a comment with a file's name is that file.
fn section(title: &str) -> Vec<Step> {
    let page = page();
    let section = page.split("\n## ").find(|section| section.starts_with(&format!("{title}\n"))).unwrap();
    let mut steps = Vec::new();
    for block in section.split("\n```").skip(1).step_by(2) {
        let (language, text) = block.split_once('\n').unwrap();
        match language {
            "console" => {
                for line in text.lines() {
                    match (line.strip_prefix("$ "), steps.last_mut()) {
                        (Some(command), _) => steps.push(Step::Run(command.to_owned(), Vec::new())),
                        (None, Some(Step::Run(_, answer))) => answer.push(line.to_owned()),
                        (None, _) => panic!("{title}: an answer without a command: {line}"),
                    }
                }
            }
            "toml" => {
                let name = text.lines().next().unwrap().strip_prefix("# ").unwrap();
                steps.push(Step::Write(name.to_owned(), format!("{text}\n")));
            }
            other => panic!("{title}: nobody runs a block of {other}"),
        }
    }
    assert!(steps.iter().any(|step| matches!(step, Step::Run(..))), "no command in {title}");
    steps
}

/// Words with one space between them.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A shell command with nothing of what this test's cargo was told, which is not meant for the project's.
fn shell(script: &str, folder: &Path) -> Command {
    let rollcall = Path::new(env!("CARGO_BIN_EXE_rollcall"));
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tools");
    let others = std::env::var("PATH").unwrap();
    let path = format!("{}:{}:{others}", rollcall.parent().unwrap().display(), tools.join("bin").display());
    let mut command = Command::new("bash");
    command.args(["-c", script]).current_dir(folder);
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("RUSTC") || (name.starts_with("CARGO_") && name != "CARGO_HOME") {
            command.env_remove(&variable);
        }
    }
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("projects");
    command.env("PATH", path).env("CARGO_TARGET_DIR", target).env("CARGO_INSTALL_ROOT", tools);
    command
}

/// The projects are called alike and share a target folder, so one section is followed at a time.
static ONE: Mutex<()> = Mutex::new(());

/// Follows a section in an empty folder. A command that fails, or an answer that is not given, fails it.
fn follow(title: &str) {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = tempfile::tempdir().unwrap();
    let (started, mut passed) = (Instant::now(), None);
    // `cd` is the only thing that one command leaves to the next.
    let mut at = folder.path().to_owned();
    for step in section(title) {
        let (command, shown) = match step {
            Step::Write(name, text) => {
                std::fs::write(at.join(name), text).unwrap();
                continue;
            }
            Step::Run(command, shown) => (command, shown),
        };
        if let Some(to) = command.strip_prefix("cd ") {
            at.push(to);
            continue;
        }
        let output = shell(&command, &at).output().unwrap();
        let answer = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{title}\n$ {command}\n{answer}");
        if command == "rollcall component test" {
            passed.get_or_insert_with(|| started.elapsed());
        }
        let found = plain(&answer);
        for line in shown {
            for part in line.split("...") {
                assert!(found.contains(&plain(part)), "{title}\n$ {command}\nshows: {line}\nsays:  {answer}");
            }
        }
    }
    if let Some(passed) = passed {
        println!("{title}: from `component new` to a passing test in {:.1} s", passed.as_secs_f64());
    }
}

macro_rules! sections {
    ($($name:ident: $title:literal,)*) => {
        $(#[test]
        fn $name() {
            follow($title);
        })*

        #[test]
        fn every_section_with_commands_is_followed() {
            let page = page();
            let titles = page.split("\n## ").skip(1).filter(|section| section.contains("\n```"));
            let titles: Vec<&str> = titles.filter_map(|section| section.lines().next()).collect();
            assert_eq!(titles, [$($title),*]);
        }
    };
}

sections! {
    rust: "Rust",
    javascript: "JavaScript",
    typescript: "TypeScript",
    python: "Python",
    c: "C",
    into_a_tenant: "Into a tenant",
    chains: "Chains",
    when_it_does_not_work: "When it does not work",
}

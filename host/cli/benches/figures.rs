//! What the host costs: loading, starting, crossing into the sandbox, and whole syncs.
//!
//! ```sh
//! cargo bench --workspace --bench figures                    # everything; the results also stand in target/figures.json
//! cargo bench --workspace --bench figures -- mapping         # only what has this word in its name
//! cargo bench --workspace --bench figures -- --json out.json
//! ```
//!
//! Each figure is the best of several rounds: whatever else the machine does only makes a round slower. `sync` runs the real command
//! against the emulator in this process, so its time holds the emulator's too.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a benchmark that breaks ends"
)]

#[path = "figures/calls.rs"]
mod calls;
#[path = "figures/loading.rs"]
mod loading;
#[path = "figures/mapping.rs"]
mod mapping;
#[path = "figures/rules.rs"]
mod rules;
#[path = "figures/sync.rs"]
mod sync;

#[path = "../tests/fixture/mod.rs"]
mod fixture;
#[path = "../../../guest/attribute-mapping/benches/users/mod.rs"]
mod users;

include!(concat!(env!("OUT_DIR"), "/components.rs"));

use std::time::{Duration, Instant};

use rollcall_sandbox::{Component, Sandbox, SandboxOptions};
use serde_json::{Map, Value, json};

/// The command's.
#[cfg(not(target_env = "msvc"))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The results so far.
#[derive(Default)]
struct Report(Map<String, Value>);

impl Report {
    /// Writes a figure down.
    fn add(&mut self, name: &str, value: f64, unit: &str) {
        println!("{name:<52} {value:>12.2} {unit}");
        self.0.insert(name.to_owned(), json!({ "value": value, "unit": unit }));
    }
}

/// The bytes of a component that comes with Rollcall.
fn built_in(name: &str) -> &'static [u8] {
    BUILT_IN.iter().find(|(known, _)| *known == name).unwrap().1
}

/// A component, compiled, in a sandbox without a cache.
fn loaded(name: &str) -> (Sandbox, Component) {
    let sandbox = Sandbox::new(SandboxOptions::default()).unwrap();
    let component = sandbox.load(built_in(name)).unwrap();
    (sandbox, component)
}

/// The fastest of several rounds.
fn fastest(rounds: usize, mut round: impl FnMut()) -> Duration {
    (0..rounds)
        .map(|_| {
            let begin = Instant::now();
            round();
            begin.elapsed()
        })
        .min()
        .unwrap_or_default()
}

/// The time for all people, batch by batch: each batch is done several times, and its fastest time counts.
fn fastest_batches<P>(rounds: usize, people: &[P], size: usize, mut call: impl FnMut(&[P])) -> Duration {
    let mut best = vec![Duration::MAX; people.len().div_ceil(size)];
    for _ in 0..rounds {
        for (batch, best) in people.chunks(size).zip(&mut best) {
            let begin = Instant::now();
            call(batch);
            *best = begin.elapsed().min(*best);
        }
    }
    best.iter().sum()
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (mut filter, mut file) =
        (String::new(), concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/figures.json").to_owned());
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => file = arguments.next().expect("--json FILE"),
            word => filter = word.to_owned(),
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let mut report = Report::default();
    type Part = (&'static str, fn(&tokio::runtime::Runtime, &mut Report));
    let parts: [Part; 5] = [
        ("loading", loading::run),
        ("mapping", mapping::run),
        ("rules", rules::run),
        ("sync", sync::run),
        ("calls", calls::run),
    ];
    for (_, run) in parts.into_iter().filter(|(name, _)| name.contains(&filter)) {
        run(&runtime, &mut report);
    }
    let text = serde_json::to_string_pretty(&json!({ "bench": "figures", "figures": report.0 })).unwrap();
    std::fs::write(&file, text + "\n").unwrap();
    println!("written to {file}");
}

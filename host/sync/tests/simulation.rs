//! A random directory, random changes, random configurations, random faults and deaths of the process, all drawn from a seed; then
//! peace, and what the target holds is compared with what the directory says.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `ROLLCALL_SEEDS` | how many seeds. Default: 500 |
//! | `ROLLCALL_FIRST_SEED` | the first of them. Default: 1 |
//! | `ROLLCALL_SEED` | this seed alone, telling everything that happens |

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]
#![allow(missing_docs, reason = "a test")]

#[path = "simulation/chaos.rs"]
mod chaos;
#[path = "simulation/clock.rs"]
mod clock;
#[path = "simulation/configuration.rs"]
mod configuration;
#[path = "simulation/directory.rs"]
mod directory;
#[path = "simulation/expectation.rs"]
mod expectation;
#[path = "simulation/instance.rs"]
mod instance;
#[path = "simulation/mortal_store.rs"]
mod mortal_store;
#[path = "simulation/rng.rs"]
mod rng;
#[path = "simulation/scenario.rs"]
mod scenario;
#[path = "simulation/source.rs"]
mod source;
#[path = "simulation/steps.rs"]
mod steps;
#[path = "simulation/target.rs"]
mod target;
#[path = "simulation/whole.rs"]
mod whole;
#[path = "simulation/world.rs"]
mod world;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// A folder in memory, where there is one: thousands of small databases are written.
fn temporary() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.expect("a folder can be made")
}

/// Plays a seed; answers what is wrong. A panic of the engine is wrong too.
fn play(seed: u64, verbose: bool) -> Vec<String> {
    let folder = temporary();
    let played = std::panic::catch_unwind(|| scenario::play(seed, folder.path(), verbose));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
        vec![format!("panic: {}", text.unwrap_or_default())]
    })
}

#[test]
fn whatever_happens_the_target_becomes_what_the_directory_says() {
    if let Some(seed) = variable("ROLLCALL_SEED") {
        let wrong = play(seed, true);
        assert!(wrong.is_empty(), "seed {seed}:\n{}", wrong.join("\n"));
        return;
    }
    let first = variable("ROLLCALL_FIRST_SEED").unwrap_or(1);
    let end = first + variable("ROLLCALL_SEEDS").unwrap_or(500);
    let next = AtomicU64::new(first);
    let failed = Mutex::new(Vec::new());
    let work = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= end {
                return;
            }
            let wrong = play(seed, false);
            if !wrong.is_empty() {
                failed.lock().unwrap().push((seed, wrong));
            }
        }
    };
    std::thread::scope(|scope| {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        (0..threads).for_each(|_| {
            scope.spawn(work);
        });
    });
    let mut failed = failed.into_inner().unwrap();
    failed.sort();
    for (seed, wrong) in &failed {
        println!("seed {seed}: {}", wrong.join("\n    "));
        println!("  ROLLCALL_SEED={seed} cargo test --workspace --test simulation -- --nocapture");
    }
    assert!(failed.is_empty(), "{} of {} seeds failed", failed.len(), end - first);
}

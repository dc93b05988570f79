//! The real command, killed at random moments, on a full disk, and beside another run.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `ROLLCALL_KILLS` | how many times a run is killed. Default: 30 |
//! | `ROLLCALL_PEOPLE` | how many people the directory has. Default: 5000 |
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use std::collections::BTreeMap;
use std::process::Stdio;
use std::time::{Duration, Instant};

use fixture::Fixture;
use rollcall_emulator::generator;
use rollcall_emulator::kaizala::Entry;
use serde_json::{Value, json};

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// What the target holds: people by phone number, members by group.
fn holdings(fixture: &Fixture) -> (BTreeMap<String, Value>, BTreeMap<String, Vec<String>>) {
    let shared = fixture.emulator.shared();
    let people = shared.kaizala.people.values();
    let people = people.map(|Entry { phone, attributes, .. }| (phone.clone(), json!(attributes))).collect();
    (people, shared.kaizala.membership())
}

/// Everybody has the manager's name, whichever of the two came first.
fn managers_are_named(held: &BTreeMap<String, Value>, people: usize) {
    let users = generator::users(people, 5);
    let names: BTreeMap<&str, &Value> =
        users.iter().filter_map(|user| Some((user["id"].as_str()?, &user["displayName"]))).collect();
    let mut named = 0;
    for user in &users {
        let entry = user["mobilePhone"].as_str().and_then(|phone| held.get(phone));
        if let (Some(entry), Some(manager)) = (entry, user["manager"].as_str()) {
            assert_eq!(&entry["manager_name"], names[manager], "{}", user["id"]);
            named += 1;
        }
    }
    assert!(named > people / 2, "{named}");
}

/// Starts the command, and kills it after a while if it is still there then; answers whether it was killed.
async fn sync_and_kill(fixture: &Fixture, after: Duration) -> bool {
    let mut command = fixture.command(&["sync", "contoso.toml", "--json"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let started = Instant::now();
    while started.elapsed() < after {
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_sync_that_is_killed_at_any_moment_ends_exactly_right() {
    let (kills, people) = (variable("ROLLCALL_KILLS", 30), variable("ROLLCALL_PEOPLE", 5_000) as usize);
    let reference = Fixture::new(generator::users(people, 5)).await;
    // The first start compiles the components; the second one shows how long a run takes.
    assert_eq!(reference.sync().await["status"], "Success");
    let right = holdings(&reference);
    managers_are_named(&right.0, people);
    let timed = Fixture::new(generator::users(people, 5)).await;
    let started = Instant::now();
    assert_eq!(timed.sync().await["status"], "Success");
    let whole = started.elapsed();

    let mut random = 7;
    let (mut killed, mut syncs) = (0, 0);
    while killed < kills {
        let fixture = Fixture::new(generator::users(people, 5)).await;
        // Several deaths on the way of each sync.
        for _ in 0..4 {
            let share = generator::next(&mut random) % 1_000;
            if sync_and_kill(&fixture, whole.mul_f64(share as f64 / 1_000.0)).await {
                killed += 1;
            }
        }
        let report = fixture.sync().await;
        assert_eq!(report["status"], "Success", "{report}");
        assert!(holdings(&fixture) == right, "after {killed} kills the target differs");
        assert_eq!(fixture.emulator.shared().kaizala.created, right.1.len(), "a group was made twice");
        // Nothing is left to be done, so nothing is pushed.
        fixture.emulator.forget_calls();
        assert_eq!(fixture.sync().await["status"], "Success");
        assert_eq!(fixture.writes(), []);
        syncs += 1;
    }
    println!("{killed} kills in {syncs} first syncs of {people} people, each of which takes {whole:?} undisturbed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_run_with_its_reason_and_the_next_one_goes_on() {
    let users = || generator::users(2_000, 9);
    let reference = Fixture::new(users()).await;
    assert_eq!(reference.sync().await["status"], "Success");
    let fixture = Fixture::new(users()).await;
    for kilobytes in [64, 200, 600, 1_500] {
        // A file cannot become larger than this; the signal for it is ignored, so that writing fails as it does on a full disk.
        let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" sync contoso.toml");
        let mut command = std::process::Command::new("bash");
        command.current_dir(fixture.folder.path()).args(["-c", &script, env!("CARGO_BIN_EXE_rollcall")]);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(!output.status.success(), "{kilobytes} KB are enough: {said}");
        assert!(said.contains("state") || said.contains("log"), "{kilobytes} KB: {said}");
        assert!(!said.contains("panicked"), "{said}");
    }
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    assert!(holdings(&fixture) == holdings(&reference));
    assert_eq!(fixture.emulator.shared().kaizala.created, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_runs_of_one_tenant_are_never_under_way_together() {
    let fixture = Fixture::new(generator::users(2_000, 4)).await;
    let arguments = ["sync", "contoso.toml", "--json"];
    let runs = tokio::join!(fixture.run(&arguments), fixture.run(&arguments), fixture.run(&arguments));
    for output in [runs.0, runs.1, runs.2] {
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let history = fixture.run(&["history", "contoso.toml", "--json"]).await;
    let history: Value = serde_json::from_slice(&history.stdout).unwrap();
    let runs: Vec<(&str, &str)> = history["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| (run["started"].as_str().unwrap(), run["ended"].as_str().unwrap()))
        .collect();
    assert_eq!(runs.len(), 3);
    // Newest first: each began after the one before it had ended.
    assert!(runs.windows(2).all(|pair| pair[0].0 >= pair[1].1), "{runs:?}");
    assert_eq!(fixture.emulator.shared().kaizala.created, 2);
}

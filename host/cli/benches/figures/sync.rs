//! Whole syncs with the real command: a first one, one with nothing to do, and one with ten changes.

use std::time::Instant;

use rollcall_emulator::generator;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::Report;
use crate::fixture::Fixture;

/// No limit of calls: the other end is as fast as it can be.
const UNTHROTTLED: &str = "\n[target.settings]\ndirectory = \"endpoint\"\nrequests_per_minute = 1000000000\n";

fn timed(runtime: &Runtime, fixture: &Fixture) -> (f64, Value) {
    let begin = Instant::now();
    let report = runtime.block_on(fixture.sync());
    assert_eq!(report["status"], "Success", "{report}");
    (begin.elapsed().as_secs_f64(), report)
}

pub fn run(runtime: &Runtime, report: &mut Report) {
    let sizes: Vec<usize> = match std::env::var("ROLLCALL_PEOPLE") {
        Ok(text) => text.split(',').map(|size| size.parse().expect("ROLLCALL_PEOPLE is numbers")).collect(),
        Err(_) => vec![2_000, 10_000],
    };
    for size in sizes {
        let fixture = runtime.block_on(Fixture::new(generator::users(size, 5)));
        let text = std::fs::read_to_string(fixture.tenant()).unwrap();
        let text = text.replace("\n[target.settings]\ndirectory = \"endpoint\"\n", UNTHROTTLED);
        std::fs::write(fixture.tenant(), text).unwrap();
        // Compiled components are in the cache of this machine after the first command.
        runtime.block_on(fixture.run(&["check", "contoso.toml"]));
        let (first, _) = timed(runtime, &fixture);
        report.add(&format!("sync: the first of {size}"), first, "s");
        report.add(&format!("sync: the first of {size}, people a second"), size as f64 / first, "people/s");
        let nothing = (0..3).map(|_| timed(runtime, &fixture).0).fold(f64::MAX, f64::min);
        report.add(&format!("sync: nothing to do among {size}"), nothing * 1e3, "ms");
        let mut best = f64::MAX;
        for round in 0..3 {
            for number in 0..10 {
                let change = json!({"id": generator::id(number * 7), "jobTitle": format!("Title {round}")});
                fixture.emulator.shared().world.put(change.as_object().cloned().unwrap());
            }
            best = best.min(timed(runtime, &fixture).0);
        }
        report.add(&format!("sync: ten changes among {size}"), best * 1e3, "ms");
    }
}

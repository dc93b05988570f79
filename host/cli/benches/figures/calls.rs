//! Calls that a push to Kaizala makes, beside the fewest that its API permits.

use rollcall_emulator::least::Snapshot;
use tokio::runtime::Runtime;

use crate::Report;
use crate::fixture::company;

pub fn run(runtime: &Runtime, report: &mut Report) {
    runtime.block_on(async {
        let fixture = company::new("requests_per_minute = 60000").await;
        let mut add = |what: &str, (made, least): (usize, usize)| {
            report.add(&format!("calls: {what}"), made as f64, "calls");
            report.add(&format!("calls: {what}, over the fewest possible"), made as f64 / least as f64, "x");
        };
        add("5,000 people in 200 groups", company::calls(&fixture, &Snapshot::default()).await);
        let before = fixture.emulator.shared().kaizala.snapshot();
        company::change(&fixture, 0);
        add("300 changes", company::calls(&fixture, &before).await);
    });
}

//! The application of examples/embedding.rs, and runs that somebody cancels.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

#[allow(dead_code, reason = "its main is for people")]
#[path = "../examples/embedding.rs"]
mod embedding;

use std::sync::Arc;

use fixture::{Fixture, guests};
use rollcall_emulator::generator;
use rollcall_sandbox::{Sandbox, SandboxOptions};
use rollcall_sync::config::TenantConfig;
use rollcall_sync::host::{Host, RunError};
use rollcall_sync::run::{Status, Wish};

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_run_side_by_side_and_one_asks_the_application() {
    let folder = tempfile::tempdir().unwrap();
    let (reports, badges) = embedding::run(folder.path(), &guests::build("badge-mapping")).await.unwrap();
    assert_eq!(reports.len(), 2);
    assert!(reports.iter().all(|report| matches!(report.status, Status::Success | Status::Partial)), "{reports:?}");
    assert!(badges.len() > 10 && badges.iter().all(|badge| badge.starts_with("B-")), "{badges:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_application_offers_to_one_step_no_other_gets() {
    let fixture = Fixture::new(Vec::new()).await;
    let name = fixture.folder.path().join("badges.wasm");
    std::fs::copy(guests::build("badge-mapping"), &name).unwrap();
    fixture.write("[[mapping]]\n[[mapping]]\ncomponent = \"./badges.wasm\"\n");
    let host = || Host::new(Sandbox::new(SandboxOptions::default()).unwrap(), Arc::new(embedding::Shelf));
    let config = || TenantConfig::load(fixture.tenant()).unwrap();
    let offered = |step| host().with_extension(step, embedding::badges(Default::default()));
    for host in [host(), offered("mapping[0]"), offered("grouping")] {
        let error = host.open(config()).await.err().unwrap().to_string();
        assert!(error.contains("contoso:hr/badges@1.0.0"), "{error}");
    }
    assert!(offered("mapping[1]").open(config()).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_is_cancelled_says_so_and_the_next_goes_on() {
    let fixture = Fixture::new(generator::users(3_000, 1)).await;
    let host = Host::new(Sandbox::new(SandboxOptions::default()).unwrap(), Arc::new(embedding::Shelf));
    let tenant = host.open(TenantConfig::load(fixture.tenant()).unwrap()).await.unwrap();
    let mut run = tenant.start(Wish::default());
    // In the middle: the first page has arrived.
    for _ in 0..2 {
        run.next().await.unwrap();
    }
    run.cancel();
    assert!(matches!(run.end().await, Err(RunError::Cancelled)));
    let history = tenant.tenant.runs(1).unwrap();
    assert!(history[0].message.as_ref().unwrap().contains("cancelled"), "{history:?}");

    let report = tenant.start(Wish::default()).end().await.unwrap();
    assert!(matches!(report.status, Status::Success | Status::Partial), "{report:?}");
    let people = fixture.emulator.shared().kaizala.people.len();
    assert!(people > 2_000, "{people}");
    assert_eq!(tenant.tenant.log(report.run).unwrap().filter(|entry| entry.text().contains("run ended")).count(), 1);
}

//! Calls are what a sync with Kaizala costs: its connector allows 100 a minute. So the push is held against the fewest that the API permits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod built_in;
mod fixture;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use fixture::company::{self, PEOPLE};
use rollcall_emulator::least::Snapshot;
use rollcall_sandbox::clock::{Clock as _, VirtualClock};
use rollcall_sync::clock::Clock;
use rollcall_sync::config::TenantConfig;
use rollcall_sync::progress::Silent;
use rollcall_sync::run::{Status, Wish};

#[tokio::test(flavor = "multi_thread")]
async fn a_push_makes_at_most_a_twentieth_more_calls_than_the_api_needs() {
    // Without the allowance, which would only make this test wait.
    let fixture = company::new("requests_per_minute = 60000").await;

    let (made, least) = company::calls(&fixture, &Snapshot::default()).await;
    {
        let kaizala = &fixture.emulator.shared().kaizala;
        assert_eq!((kaizala.people.len(), kaizala.groups.len()), (PEOPLE, 200));
    }
    println!("initial: {made} calls, {least} at least ({:.3} times)", made as f64 / least as f64);
    assert!(least > 250 && made * 100 <= least * 105, "initial: {made} calls, {least} at least");

    // On the second day most of those who leave a group have ids that were told on the first.
    for day in 0..2 {
        let before = fixture.emulator.shared().kaizala.snapshot();
        company::change(&fixture, day);
        let (made, least) = company::calls(&fixture, &before).await;
        println!("300 changes: {made} calls, {least} at least ({:.3} times)", made as f64 / least as f64);
        assert!(least > 100 && made * 100 <= least * 105, "300 changes: {made} calls, {least} at least");
    }

    // Nothing changed: nothing is asked.
    let now = fixture.emulator.shared().kaizala.snapshot();
    assert_eq!(company::calls(&fixture, &now).await, (0, 0));
}

/// The time that passes while somebody waits, and at no other time.
struct Waited(Arc<VirtualClock>);

impl Clock for Waited {
    fn now(&self) -> i64 {
        i64::try_from(self.0.unix_millis()).unwrap()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        self.0.sleep(duration)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_allowance_a_sync_takes_no_longer_than_it_must() {
    let fixture = company::new("").await;
    let config = TenantConfig::load(fixture.tenant()).unwrap();
    let clock = Arc::new(VirtualClock::new(1_764_000_000_000));
    let host = built_in::host().with_clock(Arc::new(Waited(Arc::clone(&clock))), Arc::clone(&clock) as _);
    let report = host.open(config).await.unwrap().sync(&Wish::default(), Arc::new(Silent)).await.unwrap();
    assert_eq!(report.status, Status::Success, "{report:?}");

    let least = fixture.emulator.shared().kaizala.least_calls(&Snapshot::default());
    // The documented allowance: 100 calls a minute, so the first hundred at once, and a hundred after each minute.
    let allowed = Duration::from_secs(60 * ((least as u64 - 1) / 100));
    let waited = clock.elapsed();
    println!("{least} calls at least: {allowed:?} by the allowance, {waited:?} waited");
    assert!(waited * 100 <= allowed * 105, "{waited:?} waited, {allowed:?} by the allowance");
}

//! One connector, several programs: together they keep within its calls a minute, and use them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod built_in;
mod fixture;

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use fixture::Fixture;
use rollcall_emulator::kaizala::Pace;
use rollcall_emulator::{Service, generator};
use rollcall_sandbox::clock::{Clock as _, Sleep, VirtualClock};
use rollcall_sandbox::egress::Allowances;
use rollcall_sync::clock::Clock;
use rollcall_sync::config::TenantConfig;
use rollcall_sync::progress::Silent;
use rollcall_sync::run::{Report, Status, Wish};
use serde_json::{Map, Value};

/// People, each in a department of their own: a group, and a call, for each.
const PEOPLE: usize = 150;

fn person(number: usize) -> Map<String, Value> {
    let mut person = generator::user(number, 11);
    person.insert("department".to_owned(), format!("Department {number}").into());
    person.insert("mobilePhone".to_owned(), format!("+9198{number:08}").into());
    person.insert("accountEnabled".to_owned(), true.into());
    person
}

async fn fixture() -> Fixture {
    Fixture::new((0..PEOPLE).map(person).collect()).await
}

/// A tenant with a group for each department, under a name of its own. `settings` are more settings of the target.
fn tenant(fixture: &Fixture, name: &str, settings: &str) -> PathBuf {
    let usual = std::fs::read_to_string(fixture.tenant()).unwrap();
    let (before_groups, _) = usual.split_once("[[group]]").unwrap();
    let text = before_groups.replace("directory = \"endpoint\"", &format!("directory = \"none\"\n{settings}"));
    let groups = format!("[[group_by]]\nattributes = [\"department\"]\nname = \"{name} {{department}}\"\n");
    let file = fixture.folder.path().join(format!("{name}.toml"));
    std::fs::write(&file, format!("{text}{groups}")).unwrap();
    file
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

/// The same for the requests. What another has sent arrives before the time passes, not when a minute has gone by at once.
struct Settled(Arc<VirtualClock>);

impl rollcall_sandbox::clock::Clock for Settled {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn unix_millis(&self) -> u64 {
        self.0.unix_millis()
    }

    fn sleep(&self, time: Duration) -> Sleep<'_> {
        let wait = self.0.sleep(time);
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            wait.await;
        })
    }
}

/// A sync with a memory of its own, as another process would have it.
async fn sync(file: &Path, clock: &Arc<VirtualClock>) -> Report {
    let folder = Dir::open_ambient_dir(file.parent().unwrap(), ambient_authority()).unwrap();
    let host = built_in::host()
        .with_clock(Arc::new(Waited(Arc::clone(clock))), Arc::new(Settled(Arc::clone(clock))))
        .with_allowances(Allowances::default().kept_in(Arc::new(folder)));
    host.open(TenantConfig::load(file).unwrap()).await.unwrap().sync(&Wish::default(), Arc::new(Silent)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_tenants_with_one_connector_keep_within_its_allowance_and_use_it() {
    let fixture = fixture().await;
    let clock = Arc::new(VirtualClock::new(1_764_000_000_000));
    {
        let kaizala = &mut fixture.emulator.shared().kaizala;
        let clock = Arc::clone(&clock);
        (kaizala.limit, kaizala.pace) = (Some(100), Pace::of(move || clock.elapsed()));
    }
    let (east, west) = (tenant(&fixture, "East", ""), tenant(&fixture, "West", ""));
    let (one, other) = tokio::join!(sync(&east, &clock), sync(&west, &clock));
    assert_eq!((one.status, other.status), (Status::Success, Status::Success), "{one:?} {other:?}");

    let calls = fixture.emulator.calls().iter().filter(|call| call.service == Service::Kaizala).count();
    let kaizala = &fixture.emulator.shared().kaizala;
    assert_eq!((kaizala.groups.len(), kaizala.refused), (2 * PEOPLE, 0));
    let allowed = Duration::from_secs(60 * ((calls as u64 - 1) / 100));
    let waited = clock.elapsed();
    println!("{calls} calls of two tenants: {allowed:?} by the allowance, {waited:?} waited");
    assert!(calls > 300 && waited * 100 <= allowed * 105, "{waited:?} waited, {allowed:?} by the allowance");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_commands_at_once_keep_within_the_allowance_of_their_connector() {
    let fixture = fixture().await;
    let mut both = ["East", "West"].map(|name| {
        tenant(&fixture, name, "requests_per_minute = 40");
        let mut command = fixture.command(&["sync", &format!("{name}.toml")]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    });
    let count = |service| fixture.emulator.calls().iter().filter(|call| call.service == service).count();
    // When both have logged in at the source and nothing comes any more, both are waiting for the next minute.
    let begun = Instant::now();
    let mut last = (0, Instant::now());
    while last.0 < 38 || count(Service::Login) < 2 || last.1.elapsed() < Duration::from_secs(3) {
        assert!(begun.elapsed() < Duration::from_secs(50), "{} calls", last.0);
        tokio::time::sleep(Duration::from_millis(50)).await;
        let now = count(Service::Kaizala);
        if now != last.0 {
            last = (now, Instant::now());
        }
    }
    for process in &mut both {
        assert!(process.try_wait().unwrap().is_none(), "it waits");
        process.kill().unwrap();
        process.wait().unwrap();
    }
    // Nobody waits before asking for a token.
    assert!((38..=41).contains(&last.0), "{} calls of two commands in a minute, of which 40 were allowed", last.0);
}

use cap_std::ambient_authority;

use super::*;
use crate::clock::{Sleep, VirtualClock};

fn alone(limit: u32) -> Allowance {
    let allowance = Allowances::default().of("test-login");
    allowance.set(Some(limit));
    allowance
}

#[test]
fn an_allowance_is_shared_and_runs_out() {
    let clock = VirtualClock::new(0);
    let all = Allowances::default();
    let (one, other) = (all.of("login"), all.of("login"));
    one.set(Some(2));
    other.set(Some(2));
    assert_eq!((one.take(&clock), other.take(&clock)), (None, None));
    assert_eq!((one.take(&clock), other.take(&clock)), (Some(MINUTE), Some(MINUTE)));
    assert_eq!(all.of("another login").take(&clock), None);
}

#[tokio::test]
async fn no_sixty_seconds_see_more_requests_than_allowed() {
    let clock = VirtualClock::new(0);
    let allowance = alone(100);
    let mut started = Vec::new();
    for request in 0..1_000u64 {
        // Bursts, and now and then a rest.
        if request.is_multiple_of(70) {
            clock.advance(Duration::from_millis(request * 37 % 20_000));
        }
        while let Some(wait) = allowance.take(&clock) {
            clock.sleep(wait).await;
        }
        started.push(clock.elapsed());
    }
    assert!(most_in_a_minute(&started) <= 100);
    assert!(clock.elapsed() < Duration::from_secs(11 * 60), "it waits no longer than it must");
}

#[test]
fn a_lowered_limit_waits_until_enough_have_passed() {
    let clock = VirtualClock::new(0);
    let allowance = alone(3);
    for _ in 0..3 {
        assert_eq!(allowance.take(&clock), None);
        clock.advance(Duration::from_secs(10));
    }
    allowance.set(Some(1));
    assert_eq!(allowance.take(&clock), Some(Duration::from_secs(50)));
}

#[test]
fn the_smallest_limit_in_use_holds_for_all_of_a_process() {
    the_smallest_limit_in_use_holds(&Allowances::default(), &Allowances::default(), true);
}

#[test]
fn the_smallest_limit_in_use_holds_for_all_processes() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (process(folder.path()), process(folder.path()));
    the_smallest_limit_in_use_holds(&here, &there, false);
}

fn the_smallest_limit_in_use_holds(here: &Allowances, there: &Allowances, same_process: bool) {
    let clock = VirtualClock::new(1_764_000_000_000);
    let (large, small) = (here.of("login"), if same_process { here } else { there }.of("login"));
    large.set(Some(100));
    small.set(Some(10));
    assert_eq!(small.take(&clock), None);
    let of_large = (0..200).take_while(|_| large.take(&clock).is_none()).count();
    assert_eq!(of_large, 9, "the smaller one is in use");
    // Nobody asks under the smaller one for two minutes.
    clock.advance(IN_USE + Duration::from_millis(500));
    assert_eq!((0..200).take_while(|_| large.take(&clock).is_none()).count(), 100);
    assert!(small.take(&clock).is_some());
}

/// What another process would have: a memory of its own, and the same folder.
fn process(folder: &std::path::Path) -> Allowances {
    Allowances::default().kept_in(Arc::new(Dir::open_ambient_dir(folder, ambient_authority()).unwrap()))
}

fn most_in_a_minute(started: &[Duration]) -> usize {
    let windows = started.iter().enumerate();
    windows.map(|(from, first)| started[from..].partition_point(|time| *time - *first < MINUTE)).max().unwrap()
}

/// Two processes send as fast as they may, one of them with pauses; answers when each request was sent.
async fn two_send(folder: &std::path::Path, limit: u32, requests: usize) -> (Vec<Duration>, [usize; 2]) {
    let clock = VirtualClock::new(1_764_000_000_123);
    let both = [process(folder).of("login"), process(folder).of("login")];
    both.iter().for_each(|allowance| allowance.set(Some(limit)));
    let (mut started, mut each) = (Vec::new(), [0, 0]);
    while started.len() < requests {
        let mut waits = Vec::new();
        for (allowance, sent) in both.iter().zip(&mut each) {
            // Four at a time, as a push does.
            for _ in 0..4 {
                match allowance.take(&clock) {
                    None => {
                        started.push(clock.elapsed());
                        *sent += 1;
                    }
                    Some(wait) => waits.push(wait),
                }
            }
        }
        // An answer takes a while; who has none waits until somebody is told to go on.
        let next = if waits.len() == 8 { waits.into_iter().min().unwrap() } else { Duration::from_millis(30) };
        clock.advance(next);
    }
    (started, each)
}

#[tokio::test]
async fn two_processes_together_stay_within_the_allowance_and_use_it() {
    for (limit, requests) in [(98, 1_000), (7, 50), (6_000, 20_000)] {
        let folder = tempfile::tempdir().unwrap();
        let (started, each) = two_send(folder.path(), limit, requests).await;
        let most = most_in_a_minute(&started);
        assert!(most <= limit as usize, "{most} requests in a minute under a limit of {limit}");
        let (took, must) = (started.last().unwrap().as_secs_f64(), (requests - 1) / limit as usize * 60);
        println!("{requests} requests under {limit}: {took:.1} s, {must} s by the allowance, {each:?}");
        assert!(took <= must as f64 * 1.05, "{took} s, {must} s by the allowance");
        assert!(each.iter().all(|sent| sent * 4 > requests), "neither starves: {each:?}");
    }
}

#[test]
fn a_process_that_died_is_forgotten_after_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let clock = VirtualClock::new(1_764_000_000_000);
    // It took four at once, sent one of them, and died.
    let died = process(folder.path()).of("login");
    died.set(Some(1_000));
    assert_eq!(died.take(&clock), None);
    drop(died);
    let lives = process(folder.path()).of("login");
    lives.set(Some(1_000));
    assert_eq!((0..2_000).take_while(|_| lives.take(&clock).is_none()).count(), 996);
    clock.advance(Duration::from_millis(60_250));
    assert_eq!((0..2_000).take_while(|_| lives.take(&clock).is_none()).count(), 1_000);
}

#[test]
fn a_write_is_worth_a_quarter_of_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let clock = VirtualClock::new(1_764_000_000_000);
    let allowance = process(folder.path()).of("login");
    assert_eq!(allowance.take(&clock), None);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is written without a limit");
    allowance.set(Some(240_000));
    assert_eq!(allowance.take(&clock), None);
    let kept = folder.path().join(".allowances");
    std::fs::remove_dir_all(&kept).unwrap();
    for _ in 1..1_000 {
        assert_eq!(allowance.take(&clock), None);
        assert!(!kept.exists());
    }
    assert_eq!(allowance.take(&clock), None);
    assert!(kept.exists(), "a thousand were taken at once");
}

/// A clock whose time of day somebody sets.
struct Set(VirtualClock, Mutex<i64>);

impl Clock for Set {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn unix_millis(&self) -> u64 {
        self.0.unix_millis().saturating_add_signed(*self.1.lock().unwrap())
    }

    fn sleep(&self, time: Duration) -> Sleep<'_> {
        self.0.sleep(time)
    }
}

#[test]
fn a_clock_that_is_set_back_costs_a_minute_at_most() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Set(VirtualClock::new(1_764_000_000_000), Mutex::default());
    let (one, other) = (process(folder.path()).of("login"), process(folder.path()).of("login"));
    one.set(Some(98));
    other.set(Some(98));
    assert_eq!((0..200).take_while(|_| one.take(&clock).is_none()).count(), 98);
    *clock.1.lock().unwrap() = -3_600_000;
    let wait = other.take(&clock).unwrap();
    assert!(wait <= Duration::from_millis(60_250), "{wait:?}");
    clock.0.advance(wait);
    assert_eq!((0..200).take_while(|_| other.take(&clock).is_none()).count(), 98);
}

#[test]
fn without_a_usable_folder_a_process_goes_on_alone_and_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    let clock = VirtualClock::new(1_764_000_000_000);
    std::fs::write(folder.path().join(".allowances"), "in the way").unwrap();
    let allowance = process(folder.path()).of("login");
    allowance.set(Some(2));
    assert_eq!((allowance.take(&clock), allowance.take(&clock)), (None, None));
    assert_eq!(allowance.take(&clock), Some(MINUTE));
    let trouble = allowance.trouble().unwrap();
    assert!(trouble.contains("shared within this process only") && trouble.contains(".allowances"), "{trouble}");
    clock.advance(3 * MINUTE);
    assert_eq!((allowance.take(&clock), allowance.trouble()), (None, None));
    // Somebody mended it.
    std::fs::remove_file(folder.path().join(".allowances")).unwrap();
    clock.advance(3 * MINUTE);
    assert_eq!(allowance.take(&clock), None);
    assert!(folder.path().join(".allowances").is_dir());
}

#[test]
fn a_process_that_holds_the_lock_for_ever_stops_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let clock = VirtualClock::new(1_764_000_000_000);
    let allowance = process(folder.path()).of("login");
    allowance.set(Some(98));
    assert_eq!(allowance.take(&clock), None);
    let file = std::fs::read_dir(folder.path().join(".allowances")).unwrap().next().unwrap().unwrap().path();
    let held = std::fs::File::open(file).unwrap();
    held.lock().unwrap();
    let mut waited = Duration::ZERO;
    while let Some(wait) = allowance.take(&clock) {
        clock.advance(wait);
        waited += wait;
    }
    assert_eq!(waited, Duration::from_secs(2));
    assert!(allowance.trouble().unwrap().contains("another process holds it"));
}

#[test]
fn what_the_login_itself_asked_counts() {
    let folder = tempfile::tempdir().unwrap();
    let clock = VirtualClock::new(1_764_000_000_000);
    let (one, other) = (process(folder.path()).of("login"), process(folder.path()).of("login"));
    one.set(Some(10));
    other.set(Some(10));
    one.spend(&clock, 3);
    assert_eq!((0..20).take_while(|_| other.take(&clock).is_none()).count(), 7);
}

/// It also tells what each costs, with `--nocapture`; a limit for that would fail on a busy machine.
#[test]
fn whoever_stays_below_the_limit_waits_for_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let clock = crate::clock::SystemClock::default();
    for (name, all) in [("in memory", Allowances::default()), ("with a file", process(folder.path()))] {
        for limit in [None, Some(20_000), Some(1_000_000_000)] {
            let allowance = all.of(&format!("login {limit:?}"));
            allowance.set(limit);
            let started = std::time::Instant::now();
            for _ in 0..10_000 {
                assert_eq!(allowance.take(&clock), None);
            }
            println!("{name}, limit {limit:?}: {:?} a request", started.elapsed() / 10_000);
        }
    }
}

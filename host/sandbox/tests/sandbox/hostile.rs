//! Components that take more than they get. Each loses its own call and nothing else: after each, another instance works.

use std::time::{Duration, Instant};

use rollcall_sandbox::CallError;

use crate::host::{Bench, behave};

/// Runs a test on a runtime of its own.
macro_rules! tests {
    ($($(#[$attribute:meta])* fn $name:ident() $body:block)*) => {
        $($(#[$attribute])* #[test] pub fn $name() {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async $body);
        })*
    };
}
pub(crate) use tests;

/// An instance that is made afterwards does its work.
async fn others_work(bench: &Bench) {
    let (said, _) = bench.behave("keep_values", "").await;
    assert!(said.unwrap().starts_with("2499 keys"));
}

tests! {
    fn spin() {
        let mut bench = Bench::new();
        bench.limits.cpu = Duration::from_millis(200);
        let started = Instant::now();
        let (said, usage) = bench.behave("spin", "").await;
        let error = said.unwrap_err();
        assert!(matches!(error, CallError::OutOfCpu { .. }), "{error:?}");
        assert_eq!(
            error.to_string(),
            "mapping[0]: the component computed for more than 0.2 s in one call (setting `cpu` under [mapping.limits])"
        );
        assert!(usage.computing >= Duration::from_millis(200), "{usage:?}");
        assert!(started.elapsed() < Duration::from_secs(30));
        bench.limits.cpu = Duration::from_secs(20);
        others_work(&bench).await;
    }

    fn two_that_spin_leave_room_for_a_third() {
        // Three on two threads: those that compute let the other have its turn.
        let mut bench = Bench::new();
        bench.limits.cpu = Duration::from_secs(2);
        let bench = std::sync::Arc::new(bench);
        let spinning: Vec<_> = (0..2).map(|_| {
            let bench = std::sync::Arc::clone(&bench);
            tokio::spawn(async move { bench.behave("spin", "").await.0 })
        }).collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        let third = std::sync::Arc::clone(&bench);
        let (said, _) = tokio::spawn(async move { third.behave("open_files", "").await }).await.unwrap();
        assert!(said.is_ok());
        assert!(spinning.iter().all(|task| !task.is_finished()), "the third was done first");
        for task in spinning {
            assert!(matches!(task.await.unwrap(), Err(CallError::OutOfCpu { .. })));
        }
    }

    fn grow() {
        let bench = Bench::new();
        let (said, usage) = bench.behave("grow", "").await;
        let error = said.unwrap_err();
        assert_eq!(
            error.to_string(),
            "mapping[0]: the component wanted more than 67108864 bytes of memory (setting `memory` under [mapping.limits])"
        );
        assert!(usage.peak_memory > 32 << 20 && usage.peak_memory <= 64 << 20, "{usage:?}");
        others_work(&bench).await;
    }

    fn sleep() {
        let mut bench = Bench::new();
        bench.limits.wall = Duration::from_millis(200);
        let (said, usage) = bench.behave("sleep", "").await;
        assert_eq!(
            said.unwrap_err().to_string(),
            "mapping[0]: the component took more than 0.2 s for one call (setting `wall` under [mapping.limits])"
        );
        assert!(usage.computing < Duration::from_millis(150), "waiting is not computing: {usage:?}");
    }

    fn trap() {
        let bench = Bench::new();
        let mut instance = bench.instance().await;
        let error = behave(&mut instance, "trap", "now").await.unwrap_err();
        assert!(matches!(error, CallError::Trap { .. }), "{error:?}");
        assert!(error.to_string().lines().count() == 1, "{error}");
        let lines = bench.lines();
        assert!(lines.iter().any(|line| line.starts_with("stderr: ") && line.contains("on request: now")), "{lines:?}");
        assert!(!instance.is_usable());
        assert_eq!(behave(&mut instance, "trap", "again").await.unwrap_err(), CallError::Gone { step: "mapping[0]".into() });
        others_work(&bench).await;
    }

    fn a_call_that_is_given_up_leaves_nothing_that_can_be_called() {
        let bench = Bench::new();
        let mut instance = bench.instance().await;
        let given_up = tokio::time::timeout(Duration::from_millis(50), behave(&mut instance, "sleep", "")).await;
        assert!(given_up.is_err());
        assert!(matches!(behave(&mut instance, "ask_huge_header", "").await, Err(CallError::Gone { .. })));
    }

    fn exit() {
        let (said, _) = Bench::new().behave("exit", "").await;
        assert_eq!(said.unwrap_err().to_string(), "mapping[0]: the component broke off: it called exit(1)");
    }

    fn recurse() {
        let bench = Bench::new();
        let (said, _) = bench.behave("recurse", "").await;
        let error = said.unwrap_err();
        assert!(matches!(error, CallError::Trap { .. }), "{error:?}");
        others_work(&bench).await;
    }

    fn leak_handles() {
        let bench = Bench::new();
        let (said, usage) = bench.behave("leak_handles", "").await;
        assert!(matches!(said.unwrap_err(), CallError::Trap { .. }));
        assert!(usage.computing < Duration::from_secs(10), "{usage:?}");
        others_work(&bench).await;
    }

    fn give_big_output() {
        let mut bench = Bench::new();
        bench.limits.memory = 512 << 20;
        let (said, _) = bench.behave("give_big_output", "").await;
        let error = said.unwrap_err();
        assert!(matches!(error, CallError::OutputTooLarge { .. }), "{error:?}");
        assert!(error.to_string().contains("more than 32 MiB"), "{error}");
    }

    fn break_pack() {
        let bench = Bench::new();
        for (how, expected) in [
            ("a huge count", "`marks`, at 0: 268435455 of them, and so many do not follow"),
            (
                "half a character",
                "`marks`, at 0: 1 bytes are no text of those that are left, or end within a character",
            ),
            ("something left over", "`texts`: the last 4 belong to nothing"),
        ] {
            let mut instance = bench.packed_instance().await;
            let error = behave(&mut instance, "break_pack", how).await.unwrap_err();
            let expected = format!("mapping[0]: the component's packed answer cannot be read: {expected}");
            assert_eq!(error.to_string(), expected);
            assert!(!instance.is_usable());
            assert!(matches!(behave(&mut instance, "break_pack", how).await, Err(CallError::Gone { .. })));
        }
        let mut instance = bench.packed_instance().await;
        let error = behave(&mut instance, "break_pack", "nothing but rows").await.unwrap_err();
        assert!(matches!(error, CallError::OutputTooLarge { .. }), "{error:?}");
        others_work(&bench).await;
    }

    fn the_limits_hold_for_packed_batches_too() {
        let mut bench = Bench::new();
        bench.limits.memory = 512 << 20;
        bench.limits.cpu = Duration::from_millis(200);
        let error = behave(&mut bench.packed_instance().await, "spin", "").await.unwrap_err();
        assert!(matches!(error, CallError::OutOfCpu { .. }), "{error:?}");
        bench.limits.cpu = Duration::from_secs(20);
        let error = behave(&mut bench.packed_instance().await, "give_big_output", "").await.unwrap_err();
        assert!(matches!(error, CallError::OutputTooLarge { .. }), "{error:?}");
        assert!(behave(&mut bench.packed_instance().await, "open_files", "").await.is_ok());
    }

    fn flood_log() {
        let mut bench = Bench::new();
        bench.limits.log_bytes = 10_000;
        let (said, usage) = bench.behave("flood_log", "").await;
        assert_eq!(said.unwrap(), "done");
        let lines = bench.lines();
        assert!(lines.len() < 200, "{}", lines.len());
        assert_eq!(lines[0], "info: flood: line 0 of a flood that is not of interest to anybody");
        assert_eq!(lines.last().unwrap(), "warn: more lines than `log_bytes` allows: the rest of this call is left out");
        assert!(usage.log_bytes <= 10_000 && usage.log_bytes > 5_000, "{usage:?}");
    }

    fn flood_stdout() {
        let mut bench = Bench::new();
        bench.limits.log_bytes = 10_000;
        let (said, _) = bench.behave("flood_stdout", "").await;
        assert_eq!(said.unwrap(), "done");
        let lines = bench.lines();
        assert!(lines.len() < 200, "{}", lines.len());
        assert_eq!(lines[0], "stdout: line 0 of a flood that is not of interest to anybody");
    }

    fn forge_lines() {
        let bench = Bench::new();
        bench.behave("forge_lines", "").await.0.unwrap();
        assert_eq!(
            bench.lines(),
            ["info: mine", "info: the host: all is well\u{fffd}[2K", "stdout: half a line\u{fffd}"]
        );
    }

    fn flood_storage() {
        let bench = Bench::new();
        let (said, _) = bench.behave("flood_storage", "").await;
        let error = said.unwrap_err();
        assert!(matches!(error, CallError::LeftTooMuch { .. }), "{error:?}");
        assert!(error.to_string().contains("more than 64 MiB of storage, wake-ups and look-ups"), "{error}");
    }

    fn flood_wakes() {
        let (said, _) = Bench::new().behave("flood_wakes", "").await;
        assert!(matches!(said.unwrap_err(), CallError::LeftTooMuch { .. }));
    }

    fn flood_lookups() {
        let (said, _) = Bench::new().behave("flood_lookups", "").await;
        assert!(matches!(said.unwrap_err(), CallError::LeftTooMuch { .. }));
    }

    fn open_files() {
        let (said, _) = Bench::new().behave("open_files", "").await;
        assert_eq!(said.unwrap(), "16: 16 files are open already");
    }

    fn ask_huge_header() {
        let (said, _) = Bench::new().behave("ask_huge_header", "").await;
        // Headers beyond the engine's limit end the instance.
        let said = said.unwrap_err().to_string();
        assert!(said.contains("total size of fields exceeds limit"), "{said}");
    }

    fn what_is_counted_for_a_call_starts_anew_with_the_next() {
        let mut bench = Bench::new();
        bench.limits.cpu = Duration::from_secs(5);
        bench.limits.log_bytes = 1_000;
        let mut instance = bench.instance().await;
        for _ in 0..3 {
            behave(&mut instance, "flood_log", "").await.unwrap();
            let lines = bench.lines();
            assert!(lines.len() > 5, "the next call has its own bytes for the log: {lines:?}");
            assert!(instance.usage().log_bytes <= 1_000);
        }
    }
}

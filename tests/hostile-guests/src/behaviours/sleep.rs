//! Waits for an hour.

pub(super) fn run(_: &str) -> String {
    std::thread::sleep(std::time::Duration::from_secs(3_600));
    "awake".to_owned()
}

//! Takes memory as long as there is some.

pub(super) fn run(_: &str) -> String {
    let mut taken = Vec::new();
    for _ in 0..4_096 {
        taken.push(vec![1u8; 1 << 20]);
    }
    format!("{} MiB", taken.len())
}

//! Computes for ever.

pub(super) fn run(_: &str) -> String {
    let mut number = 0u64;
    loop {
        number = std::hint::black_box(number.wrapping_add(1));
    }
}

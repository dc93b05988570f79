//! Calls itself for ever.

pub(super) fn run(argument: &str) -> String {
    deeper(argument, 0).to_string()
}

#[allow(unconditional_recursion, reason = "that is the point")]
fn deeper(argument: &str, depth: u64) -> u64 {
    let kept = std::hint::black_box([depth; 32]);
    deeper(argument, depth + 1) + kept.iter().sum::<u64>()
}

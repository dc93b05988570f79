//! Batches of operations against a small Kaizala.

mod adopting;
mod calls;
mod doubles;
mod leaving;
mod parents;
mod people;
mod refusals;

use rollcall_sdk::target::{MemberReceipt, Outcome, Receipt};

/// The receipt of an operation that was done.
fn receipt(outcome: &Outcome) -> &Receipt {
    match outcome {
        Outcome::Done(receipt) => receipt,
        other => panic!("not done: {other:?}"),
    }
}

fn is_done(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Done(_))
}

/// The members of whom something was refused, with the reason.
fn refused(receipt: &Receipt) -> Vec<(&str, &str)> {
    let refused = |member: &'_ MemberReceipt| member.refused.is_some();
    receipt
        .members
        .iter()
        .filter(|member| refused(member))
        .map(|member| (member.person.as_str(), member.refused.as_deref().unwrap_or_default()))
        .collect()
}

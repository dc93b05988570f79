//! As few calls as possible: they are the cost.

use rollcall_sdk::target::{Operation, Outcome, Role};

use super::{receipt, refused};
use crate::fake::{Break, Fake, group, member, members};

#[test]
fn a_group_of_250_takes_three_calls() {
    let fake = Fake::new();
    let outcomes = fake.push(&[Operation::PutGroup(group("a", None, members(0..100)))]);
    let id = receipt(&outcomes[0]).remote.clone().unwrap();
    fake.push(&[
        Operation::AddMembers(group("a", Some(&id), members(100..200))),
        Operation::AddMembers(group("a", Some(&id), members(200..250))),
    ]);
    let path = format!("PUT /GROUPS/{}/MEMBERS", id.replace('@', "%40")).to_uppercase();
    assert_eq!(fake.calls(), ["POST /GROUPS", &path, &path]);
    assert_eq!(fake.groups()[0].numbers().len(), 250);
}

#[test]
fn removing_members_reads_the_ids_once_for_a_group_and_batch_and_only_if_one_is_missing() {
    let fake = Fake::new();
    let id = fake.foreign_group("Group a", &[]);
    fake.push(&[Operation::AddMembers(group("a", Some(&id), members(0..9)))]);
    fake.calls();
    let outcomes = fake.push(&[
        Operation::RemoveMembers(group("a", Some(&id), members(0..3))),
        Operation::RemoveMembers(group("a", Some(&id), members(3..5))),
    ]);
    assert!(outcomes.iter().all(super::is_done));
    assert_eq!(fake.calls().len(), 1 + 5);
    let known = fake.groups()[0].members.iter().rfind(|member| !member.admin).cloned().unwrap();
    let mut last = member(8);
    last.membership = Some(known.id);
    fake.push(&[Operation::RemoveMembers(group("a", Some(&id), vec![last]))]);
    assert_eq!(fake.calls().len(), 1);
    assert_eq!(fake.groups()[0].numbers().len(), 3);
}

#[test]
fn somebody_who_has_left_already_is_removed_without_a_call() {
    let fake = Fake::new();
    let id = fake.foreign_group("Group a", &[]);
    let outcomes = fake.push(&[Operation::RemoveMembers(group("a", Some(&id), members(0..5)))]);
    assert!(refused(receipt(&outcomes[0])).is_empty());
    assert_eq!(fake.calls().len(), 1);
}

#[test]
fn an_administrator_costs_a_read_and_a_promotion_and_the_ids_are_told() {
    let fake = Fake::new();
    let mut people = members(0..3);
    people[1].role = Role::Admin;
    let outcomes = fake.push(&[Operation::PutGroup(group("a", None, people))]);
    let told = &receipt(&outcomes[0]).members;
    assert_eq!(fake.calls().len(), 3);
    assert_eq!(told.len(), 3);
    let group = &fake.groups()[0];
    for told in told {
        let found = group.members.iter().find(|member| Some(&member.id) == told.membership.as_ref()).unwrap();
        assert_eq!(found.admin, told.person == "p1", "{}", told.person);
    }
}

#[test]
fn a_known_member_changes_role_in_one_call() {
    let fake = Fake::new();
    let id = fake.foreign_group("Group a", &[&member(1).matching]);
    let mut one = member(1);
    one.membership = fake.groups()[0].members.last().map(|member| member.id.clone());
    one.role = Role::Admin;
    fake.push(&[Operation::AddMembers(group("a", Some(&id), vec![one.clone()]))]);
    assert!(fake.groups()[0].members[1].admin);
    one.role = Role::Member;
    fake.push(&[Operation::AddMembers(group("a", Some(&id), vec![one]))]);
    assert!(!fake.groups()[0].members[1].admin);
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_membership_that_is_gone_is_made_again() {
    let fake = Fake::new();
    let id = fake.foreign_group("Group a", &[]);
    let mut one = member(1);
    one.membership = Some("gone@1".to_owned());
    one.role = Role::Admin;
    let outcomes = fake.push(&[Operation::AddMembers(group("a", Some(&id), vec![one]))]);
    assert!(refused(receipt(&outcomes[0])).is_empty());
    assert!(fake.groups()[0].members[1].admin);
}

#[test]
fn throttling_tells_what_was_done_and_leaves_the_rest_for_later() {
    let fake = Fake::new();
    fake.break_at(2, Break::Throttle);
    let groups: Vec<Operation> =
        ["a", "b", "c", "d"].map(|key| Operation::PutGroup(group(key, None, members(0..2)))).to_vec();
    let outcomes = fake.push(&groups);
    assert_eq!(outcomes.len(), 4);
    assert!(outcomes[..2].iter().all(super::is_done));
    for later in &outcomes[2..] {
        assert!(matches!(later, Outcome::Retry(retry) if retry.after_seconds == Some(12)), "{later:?}");
    }
    assert_eq!(fake.calls().len(), 3);
    // A call that was throttled was not done: nothing is looked for before it is made again.
    fake.mend();
    assert!(fake.push(&groups[2..]).iter().all(super::is_done));
    assert_eq!(fake.calls().len(), 2);
}

#[test]
fn a_batch_that_has_done_its_share_is_handed_out_again_and_repeats_no_call() {
    let fake = Fake::new();
    let id = fake.foreign_group("Group a", &[]);
    fake.push(&[Operation::AddMembers(group("a", Some(&id), members(0..50)))]);
    let mut leaving = members(0..50);
    for (member, found) in leaving.iter_mut().zip(&fake.groups()[0].members[1..]) {
        member.membership = Some(found.id.clone());
    }
    let operation = [Operation::RemoveMembers(group("a", Some(&id), leaving))];
    fake.calls();
    let component = fake.component(r#"{"batch_requests": 20}"#);
    let mut counts = Vec::new();
    while !super::is_done(&component.push(&operation)[0]) {
        counts.push(fake.calls().len());
    }
    assert_eq!(counts, [20, 20]);
    assert_eq!(fake.calls().len(), 10);
    assert!(fake.groups()[0].numbers().is_empty());
}

#[test]
fn a_batch_begins_nothing_new_after_two_calls_without_an_answer() {
    let fake = Fake::new();
    fake.break_from(0, Break::Before);
    let groups: Vec<Operation> = (0..9).map(|key| Operation::PutGroup(group(&key.to_string(), None, vec![]))).collect();
    let outcomes = fake.push(&groups);
    assert_eq!(fake.calls().len(), 2);
    let waits: Vec<Option<u32>> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Retry(retry) => retry.after_seconds,
            other => panic!("{other:?}"),
        })
        .collect();
    // Those that were tried count as attempts, the others do not.
    assert_eq!((&waits[..3], waits.len()), (&[None, None, Some(0)][..], 9));
}

#[test]
fn renaming_and_deleting_a_group_cost_no_call_and_say_what_to_do() {
    let fake = Fake::new();
    let id = fake.foreign_group("Group a", &[]);
    let entry = group("a", Some(&id), vec![]);
    let outcomes = fake.push(&[Operation::PutGroup(entry.clone()), Operation::RemoveGroup(entry.group)]);
    for outcome in &outcomes {
        assert!(
            matches!(outcome, Outcome::Unsupported(sentence) if sentence.contains("management portal")),
            "{outcome:?}"
        );
    }
    assert!(fake.calls().is_empty());
}

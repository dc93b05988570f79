//! Nothing is created twice, wherever it breaks.

use rollcall_sdk::target::{Operation, Outcome};

use super::{is_done, receipt};
use crate::fake::{Break, Fake, group, member, members};

fn operations() -> Vec<Operation> {
    let mut admin = members(0..4);
    admin[2].role = rollcall_sdk::target::Role::Admin;
    vec![
        Operation::PutGroup(group("a", None, members(0..3))),
        Operation::PutGroup(group("b", None, admin)),
        Operation::PutGroup(group("c", None, vec![])),
    ]
}

fn assert_right(fake: &Fake, context: &str) {
    let mut groups = fake.groups();
    groups.sort_by(|one, other| one.name.cmp(&other.name));
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!(names, ["Group a", "Group b", "Group c"], "{context}");
    let counts: Vec<usize> = groups.iter().map(|group| group.numbers().len()).collect();
    assert_eq!(counts, [3, 4, 0], "{context}");
    let admins: Vec<&str> =
        groups[1].members.iter().filter(|member| member.admin).map(|member| member.phone.as_str()).collect();
    assert_eq!(admins, [crate::fake::LOGIN, &member(2).matching], "{context}");
}

/// How many calls it takes when nothing breaks.
const CALLS: usize = 3 + 2;

#[test]
fn a_connection_that_breaks_at_any_call_doubles_nothing() {
    for at in 0..CALLS {
        for how in [Break::Before, Break::After, Break::Throttle] {
            let context = format!("{how:?} at call {at}");
            let fake = Fake::new();
            fake.break_at(at, how);
            let mut rest = operations();
            let mut pushes = 0;
            while !rest.is_empty() {
                let outcomes = fake.push(&rest);
                assert!(
                    !outcomes.iter().any(|outcome| matches!(outcome, Outcome::Rejected(_))),
                    "{context}: {outcomes:?}"
                );
                let mut outcomes = outcomes.iter();
                rest.retain(|_| !outcomes.next().is_some_and(is_done));
                pushes += 1;
                assert!(pushes < 5, "{context}: not done");
            }
            assert_right(&fake, &context);
        }
    }
}

#[test]
fn a_crash_at_any_call_after_which_the_host_remembers_nothing_doubles_nothing() {
    for at in 0..CALLS {
        let fake = Fake::new();
        fake.break_at(at, Break::Crash);
        fake.push(&operations());
        fake.mend();
        let outcomes = fake.push(&operations());
        assert!(outcomes.iter().all(is_done), "{outcomes:?}");
        assert_right(&fake, &format!("crash at call {at}"));
    }
}

#[test]
fn a_batch_that_was_done_and_is_pushed_again_finds_its_groups() {
    let fake = Fake::new();
    let first = fake.push(&operations());
    let again = fake.push(&operations());
    assert_right(&fake, "pushed twice");
    for (one, other) in first.iter().zip(&again) {
        assert_eq!(receipt(one).remote, receipt(other).remote);
    }
}

#[test]
fn somebody_elses_group_of_the_same_name_is_left_alone() {
    let fake = Fake::new();
    let theirs = fake.foreign_group("Group a", &["+19990000001", "+19990000002"]);
    fake.break_at(0, Break::Before);
    let operation = [Operation::PutGroup(group("a", None, members(0..3)))];
    assert!(!is_done(&fake.push(&operation)[0]));
    let outcomes = fake.push(&operation);
    assert_ne!(receipt(&outcomes[0]).remote.as_ref(), Some(&theirs));
    assert_eq!(fake.groups()[0].numbers(), ["+19990000001", "+19990000002"]);
    assert_eq!(fake.groups()[1].numbers().len(), 3);
}

#[test]
fn when_several_groups_could_be_the_lost_one_an_administrator_decides() {
    let fake = Fake::new();
    fake.foreign_group("Group a", &[]);
    fake.break_at(0, Break::After);
    let operation = [Operation::PutGroup(group("a", None, members(0..3)))];
    fake.push(&operation);
    let outcomes = fake.push(&operation);
    let Outcome::Rejected(fault) = &outcomes[0] else { panic!("{outcomes:?}") };
    for group in fake.groups() {
        assert!(fault.message.contains(&group.id), "{}", fault.message);
    }
}

#[test]
fn two_groups_of_one_name_stay_two() {
    let fake = Fake::new();
    let mut other = group("b", None, members(5..7));
    other.group.name = "Group a".to_owned();
    fake.break_at(1, Break::After);
    let operations = [Operation::PutGroup(group("a", None, members(0..3))), Operation::PutGroup(other)];
    fake.push(&operations);
    let outcomes = fake.push(&operations[1..]);
    assert_eq!(receipt(&outcomes[0]).remote.as_ref(), Some(&fake.groups()[1].id));
    assert_eq!(fake.groups().len(), 2);
}

#[test]
fn a_group_that_was_deleted_before_the_host_learned_of_it_is_created_anew() {
    let fake = Fake::new();
    let storage_knows = [Operation::PutGroup(group("a", None, members(0..2)))];
    fake.push(&storage_knows);
    fake.delete_groups();
    let outcomes = fake.push(&storage_knows);
    assert!(is_done(&outcomes[0]), "{outcomes:?}");
    assert_eq!(fake.groups().len(), 1);
}

//! Groups that the organization has already are taken over; nobody else's are touched.

use rollcall_sdk::target::{Operation, Outcome};

use super::{is_done, receipt};
use crate::fake::{Fake, group, members};

/// A group of the organization.
fn there(fake: &Fake, name: &str, numbers: &[&str]) -> String {
    let id = fake.foreign_group(name, numbers);
    fake.by_hand(&id, |group| group.of_organization = Some(true));
    id
}

#[test]
fn a_group_of_the_organization_is_taken_over_and_its_other_members_stay() {
    let fake = Fake::new();
    let id = there(&fake, "Group a", &["+19990000001"]);
    let component = fake.component("{}");
    let operations =
        [Operation::PutGroup(group("a", None, members(0..2))), Operation::PutGroup(group("b", None, members(0..2)))];
    let outcomes = component.push(&operations);
    let adopted = receipt(&outcomes[0]);
    assert_eq!((adopted.remote.as_ref(), adopted.adopted), (Some(&id), true));
    assert!(!receipt(&outcomes[1]).adopted);
    assert_eq!(fake.groups()[0].numbers(), ["+14250000000", "+14250000001", "+19990000001"]);
    assert_eq!(fake.groups().len(), 2);
    assert_eq!(fake.calls()[0], "GET /GROUPS?FETCHALLGROUPS=TRUE&SHOWDETAILS=TRUE", "once for both");
    // It is ours from now on, also for an instance that knows nothing.
    let again = fake.component("{}").push(&operations[..1]);
    assert_eq!(receipt(&again[0]).remote.as_ref(), Some(&id));
}

#[test]
fn a_private_group_and_one_of_which_nothing_is_told_are_left_alone() {
    for of_organization in [Some(false), None] {
        let fake = Fake::new();
        let id = fake.foreign_group("Group a", &[]);
        fake.by_hand(&id, |group| group.of_organization = of_organization);
        let outcomes = fake.component("{}").push(&[Operation::PutGroup(group("a", None, members(0..2)))]);
        assert_ne!(receipt(&outcomes[0]).remote.as_ref(), Some(&id));
        assert!(fake.groups()[0].numbers().is_empty(), "{of_organization:?}");
    }
}

#[test]
fn several_of_one_name_are_told_and_an_administrator_decides() {
    let fake = Fake::new();
    let ids = [there(&fake, "Group a", &[]), there(&fake, "Group a", &[])];
    let operation = [Operation::PutGroup(group("a", None, members(0..2)))];
    let outcomes = fake.component("{}").push(&operation);
    let Outcome::Rejected(fault) = &outcomes[0] else { panic!("{outcomes:?}") };
    assert!(ids.iter().all(|id| fault.message.contains(id)), "{}", fault.message);
    assert_eq!(fake.groups().len(), 2);
    assert!(is_done(&fake.component(r#"{"adopt_groups": false}"#).push(&operation)[0]));
    assert_eq!(fake.groups().len(), 3);
}

#[test]
fn a_group_that_another_key_has_is_not_taken_over() {
    let fake = Fake::new();
    let id = there(&fake, "Group a", &[]);
    let mut other = group("b", None, members(5..7));
    other.group.name = "Group a".to_owned();
    let outcomes =
        fake.component("{}").push(&[Operation::PutGroup(group("a", None, members(0..2))), Operation::PutGroup(other)]);
    assert_eq!(receipt(&outcomes[0]).remote.as_ref(), Some(&id));
    assert_ne!(receipt(&outcomes[1]).remote.as_ref(), Some(&id));
}

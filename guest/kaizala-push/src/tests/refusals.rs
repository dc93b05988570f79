//! What Kaizala refuses is told person by person.

use rollcall_sdk::target::{Operation, Outcome, Role};

use super::{receipt, refused};
use crate::fake::{Fake, group, member, members};

#[test]
fn a_number_that_was_not_added_is_told_and_the_others_are_members() {
    let fake = Fake::new();
    let mut people = members(0..3);
    people[1].matching = "+bad".to_owned();
    let outcomes = fake.push(&[Operation::PutGroup(group("a", None, people.clone()))]);
    let receipt_ = receipt(&outcomes[0]);
    assert_eq!(refused(receipt_).iter().map(|(person, _)| *person).collect::<Vec<_>>(), ["p1"]);
    assert_eq!(receipt_.members.iter().filter(|member| member.membership.is_some()).count(), 2);
    let id = receipt_.remote.clone().unwrap();
    let outcomes = fake.push(&[Operation::AddMembers(group("a", Some(&id), people))]);
    assert_eq!(refused(receipt(&outcomes[0])).len(), 1);
}

#[test]
fn a_removal_that_was_refused_is_looked_into() {
    let fake = Fake::new();
    let id = fake.foreign_group("Group a", &[&member(1).matching, &member(2).matching]);
    let ids: Vec<String> = fake.groups()[0].members.iter().map(|member| member.id.clone()).collect();
    let with = |number: u32, membership: &str| {
        let mut member = member(number);
        member.membership = Some(membership.to_owned());
        member
    };
    // One whose id is right, one who came back under another id, one who left long ago.
    let leaving = vec![with(1, &ids[1]), with(2, "old@1"), with(3, "older@1")];
    let outcomes = fake.push(&[Operation::RemoveMembers(group("a", Some(&id), leaving))]);
    assert!(refused(receipt(&outcomes[0])).is_empty(), "{outcomes:?}");
    assert!(fake.groups()[0].numbers().is_empty());
}

#[test]
fn members_of_a_group_whose_id_nobody_knows_are_refused() {
    let fake = Fake::new();
    let outcomes = fake.push(&[Operation::AddMembers(group("a", None, members(0..1)))]);
    assert!(matches!(outcomes[0], Outcome::Rejected(_)));
    assert!(fake.calls().is_empty());
}

#[test]
fn in_a_public_group_administrators_are_members_and_the_others_subscribe() {
    let fake = Fake::new();
    let mut people = members(0..3);
    people[0].role = Role::Admin;
    people[2].matching = "+bad".to_owned();
    let outcomes = fake.component(r#"{"group_type": "public"}"#).push(&[Operation::PutGroup(group("a", None, people))]);
    assert_eq!(refused(receipt(&outcomes[0])), [("p2", "Kaizala refused: bad number")]);
    assert_eq!(fake.groups()[0].numbers(), [member(0).matching]);
    assert!(fake.calls().last().unwrap().ends_with("/SUBSCRIBERS/ADD"));
}

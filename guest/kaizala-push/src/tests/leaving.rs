//! Whoever is to leave a group is not in it afterwards, or it is said.

use rollcall_sdk::http::{Method, Response};
use rollcall_sdk::target::{Listing, Operation};
use rollcall_sdk::testing::{MemoryOutbox, MemoryStorage, ScriptedHttp};
use rollcall_sdk::{Attribute, settings};

use super::{receipt, refused};
use crate::fake::{Fake, group, member, members};
use crate::kaizala::Kaizala;

#[test]
fn ids_that_were_read_once_are_not_read_again() {
    let fake = Fake::new();
    let id = fake.foreign_group("Group a", &[]);
    fake.push(&[Operation::AddMembers(group("a", Some(&id), members(0..9)))]);
    fake.push(&[Operation::RemoveMembers(group("a", Some(&id), members(0..2)))]);
    fake.calls();
    // Another run, in which the host knows no ids either.
    fake.push(&[Operation::RemoveMembers(group("a", Some(&id), members(2..5)))]);
    assert_eq!(fake.calls().len(), 3);
    assert_eq!(fake.groups()[0].numbers().len(), 4);
    // Somebody who came after the reading has an id that was never told.
    fake.push(&[Operation::AddMembers(group("a", Some(&id), vec![member(20)]))]);
    fake.calls();
    fake.push(&[Operation::RemoveMembers(group("a", Some(&id), vec![member(20)]))]);
    assert_eq!(fake.calls().len(), 2);
    assert_eq!(fake.groups()[0].numbers().len(), 4);
}

#[test]
fn somebody_who_came_back_under_another_id_leaves_all_the_same() {
    let fake = Fake::new();
    let id = fake.foreign_group("Group a", &[]);
    fake.push(&[Operation::AddMembers(group("a", Some(&id), members(0..3)))]);
    fake.push(&[Operation::RemoveMembers(group("a", Some(&id), members(0..1)))]);
    fake.by_hand(&id, |group| group.members[1].id = "another@1".to_owned());
    let outcomes = fake.push(&[Operation::RemoveMembers(group("a", Some(&id), members(1..2)))]);
    assert!(refused(receipt(&outcomes[0])).is_empty());
    assert_eq!(fake.groups()[0].numbers(), [member(2).matching]);
}

/// The component before a Kaizala that answers what is written here.
fn before(http: &ScriptedHttp, json: &str) -> Kaizala<ScriptedHttp, MemoryStorage, MemoryOutbox> {
    let attributes = [Attribute::text("phone").matching(1)];
    let settings = settings::parse(json).unwrap();
    Kaizala::new(http.clone(), MemoryStorage::new(), MemoryOutbox::new(), settings, &attributes).unwrap()
}

const GROUP: &str = "https://api.kaiza.la/v1/groups/g/members";

#[test]
fn a_member_whose_id_answers_404_is_looked_for() {
    let listed = format!(r#"{{"members":[{{"id":"new","mobileNumber":"{}"}}]}}"#, member(1).matching);
    let http = ScriptedHttp::new()
        .answer(Method::Delete, format!("{GROUP}/old"), Response::json_of(404, "{}"))
        .answer(Method::Get, GROUP, Response::json_of(200, &listed))
        .answer(Method::Delete, format!("{GROUP}/new"), Response::json_of(200, r#"{"result":"true"}"#));
    let mut leaving = member(1);
    leaving.membership = Some("old".to_owned());
    let outcomes = before(&http, "{}").push(&[Operation::RemoveMembers(group("a", Some("g"), vec![leaving]))]);
    assert!(refused(receipt(&outcomes[0])).is_empty(), "{outcomes:?}");
    assert_eq!(http.requests().len(), 3);
}

#[test]
fn a_group_that_is_gone_has_no_members() {
    let http = ScriptedHttp::new().answer(Method::Get, GROUP, Response::json_of(404, "{}"));
    let outcomes = before(&http, "{}").push(&[Operation::RemoveMembers(group("a", Some("g"), members(0..2)))]);
    assert!(refused(receipt(&outcomes[0])).is_empty(), "{outcomes:?}");
}

#[test]
fn where_numbers_are_hidden_nobody_is_taken_for_gone() {
    let fake = Fake::new();
    let id = fake.foreign_group("Group a", &[&member(0).matching]);
    fake.hide_numbers();
    let outcomes = fake.push(&[Operation::RemoveMembers(group("a", Some(&id), members(0..1)))]);
    let told = refused(receipt(&outcomes[0]));
    assert!(matches!(told.as_slice(), [("p0", why)] if why.contains("without their phone numbers")), "{told:?}");
    assert_eq!(fake.groups()[0].numbers().len(), 1);
}

#[test]
fn the_login_is_never_removed_nor_told_about() {
    let fake = Fake::new();
    let id = fake.foreign_group("Group a", &[&member(0).matching]);
    let component = fake.component(&format!(r#"{{"own_number": "{}"}}"#, crate::fake::LOGIN));
    let mut own = member(7);
    own.matching = crate::fake::LOGIN.to_owned();
    let outcomes = component.push(&[Operation::RemoveMembers(group("a", Some(&id), vec![own, member(0)]))]);
    assert_eq!(refused(receipt(&outcomes[0])).iter().map(|(person, _)| *person).collect::<Vec<_>>(), ["p7"]);
    assert_eq!(fake.groups()[0].members.len(), 1);
    assert!(component.read(&Listing::Members(id), None).unwrap().entries.is_empty());
}

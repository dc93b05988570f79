//! Groups that are parts of others.

use rollcall_sdk::target::{GroupWithMembers, Operation, Outcome};

use super::{is_done, receipt};
use crate::fake::{Fake, group, members};

fn part_of(parent: Option<&str>, remote: Option<&str>) -> GroupWithMembers {
    let mut entry = group("a", remote, if remote.is_none() { members(0..1) } else { vec![] });
    entry.group.parent = parent.map(str::to_owned);
    entry
}

#[test]
fn a_group_that_moves_leaves_its_former_parent() {
    let fake = Fake::new();
    let (north, south) = (fake.foreign_group("North", &[]), fake.foreign_group("South", &[]));
    let outcomes = fake.push(&[Operation::PutGroup(part_of(Some(&north), None))]);
    let id = receipt(&outcomes[0]).remote.clone().unwrap();
    let parents = || fake.groups().into_iter().find(|group| group.id == id).unwrap().parents;
    assert_eq!(parents(), [north.as_str()]);
    assert!(is_done(&fake.push(&[Operation::PutGroup(part_of(Some(&south), Some(&id)))])[0]));
    assert_eq!(parents(), [south.as_str()]);
    let outcomes = fake.push(&[Operation::PutGroup(part_of(None, Some(&id)))]);
    assert!(receipt(&outcomes[0]).note.as_ref().unwrap().contains("no part of another group"), "{outcomes:?}");
    assert!(parents().is_empty());
}

#[test]
fn a_new_name_of_a_group_that_stays_where_it_is_costs_no_call() {
    let fake = Fake::new();
    let north = fake.foreign_group("North", &[]);
    let outcomes = fake.push(&[Operation::PutGroup(part_of(Some(&north), None))]);
    let mut renamed = part_of(Some(&north), receipt(&outcomes[0]).remote.as_deref());
    renamed.group.name = "Else".to_owned();
    fake.calls();
    assert!(matches!(fake.push(&[Operation::PutGroup(renamed)])[0], Outcome::Unsupported(_)));
    assert!(fake.calls().is_empty());
}

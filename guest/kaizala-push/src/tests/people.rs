//! People: by the endpoint, by the file, or not at all.

use rollcall_sdk::Value;
use rollcall_sdk::target::{Abilities, Delivery, Operation, Outcome, Part, PersonEntry};

use super::is_done;
use crate::fake::Fake;

const ENDPOINT: &str = r#"{"directory": "endpoint"}"#;

fn person(number: u32, phone: &str) -> PersonEntry {
    let values = vec![Value::from("Adele"), if phone.is_empty() { Value::Null } else { phone.into() }];
    PersonEntry { person: format!("p{number}"), remote: None, values, before: vec![], active: true }
}

#[test]
fn the_endpoint_takes_a_hundred_people_in_a_call() {
    let fake = Fake::new();
    let people: Vec<Operation> =
        (0..250).map(|number| Operation::PutPerson(person(number, &format!("+1{number:06}")))).collect();
    let outcomes = fake.component(ENDPOINT).push(&people);
    assert_eq!(outcomes.len(), 250);
    assert!(outcomes.iter().all(is_done));
    assert_eq!(fake.calls(), ["PUT /DIRECTORY/USERS"; 3]);
    assert_eq!(fake.people().len(), 250);
}

#[test]
fn one_bad_person_does_not_hold_up_the_others() {
    let fake = Fake::new();
    let people: Vec<Operation> = (0..16)
        .map(|number| match number {
            7 => person(number, "+bad"),
            9 => person(number, ""),
            _ => person(number, &format!("+1{number:06}")),
        })
        .map(Operation::PutPerson)
        .collect();
    let outcomes = fake.component(ENDPOINT).push(&people);
    let rejected: Vec<usize> = (0..16).filter(|at| matches!(outcomes[*at], Outcome::Rejected(_))).collect();
    assert_eq!(rejected, [7, 9]);
    assert!(matches!(&outcomes[7], Outcome::Rejected(fault) if fault.message.contains("A number is bad.")));
    assert_eq!(fake.people().len(), 14);
}

#[test]
fn the_limits_say_what_each_way_can_do() {
    let limits = |settings: &str| Fake::new().component(settings).limits();
    let csv = limits("{}");
    assert_eq!((csv.people, csv.groups), (Delivery::Everything, Delivery::Changes));
    assert!(!csv.can.has(Abilities::REMOVAL_ENDS_MEMBERSHIPS));
    let endpoint = limits(ENDPOINT);
    assert_eq!(endpoint.people, Delivery::Changes);
    assert!(endpoint.can.has(Abilities::REMOVAL_ENDS_MEMBERSHIPS | Abilities::REMOVE_PEOPLE));
    assert_eq!(limits(r#"{"directory": "none"}"#).people, Delivery::Nothing);
    for limits in [csv, endpoint] {
        assert_eq!((limits.members, limits.concurrency, limits.requests_per_minute), (100, 4, Some(98)));
        assert!(limits.can.has(Abilities::MATCHING_IS_IDENTITY | Abilities::READ));
        for ability in [Abilities::RENAME_GROUPS, Abilities::REMOVE_GROUPS, Abilities::SUSPEND_PEOPLE] {
            assert!(!limits.can.has(ability));
        }
    }
}

#[test]
fn the_import_file_costs_no_call() {
    let fake = Fake::new();
    let component = fake.component("{}");
    component.push(&[Operation::PutPerson(person(1, "+1425"))]);
    assert!(is_done(&component.push(&[Operation::Finish(Part::People)])[0]));
    assert_eq!(fake.file("kaizala-import.csv").as_deref(), Some("Mobile Number,name\r\n+1425,Adele\r\n"));
    assert!(fake.calls().is_empty());
}

#[test]
fn a_directory_that_is_not_kept_in_step_takes_nobody() {
    let fake = Fake::new();
    let outcomes = fake.component(r#"{"directory": "none"}"#).push(&[Operation::PutPerson(person(1, "+1425"))]);
    assert!(matches!(outcomes[0], Outcome::Unsupported(_)));
}

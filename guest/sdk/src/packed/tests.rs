#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::*;
use crate::grouping::{Assignment, Belonging, Undecided};
use crate::mapping::Outcome;

fn row() -> Vec<crate::Value> {
    use crate::Value;
    vec![
        Value::Null,
        Value::Boolean(true),
        Value::Boolean(false),
        Value::Integer(-7),
        Value::Number(0.5),
        Value::from("Zoë"),
        Value::DateTime("2026-11-23T06:30:00Z".into()),
        Value::Texts(vec!["a".into(), String::new(), "é".into()]),
        Value::Json("{}".into()),
        Value::Keep,
    ]
}

/// A pack with one row, and marks before it.
fn packed(before: &[u32], texts: &str) -> Pack {
    let mut outcomes = Outcomes::for_people(1);
    outcomes.outcome(&Outcome::Profile(row()));
    let mut pack = outcomes.into_pack();
    pack.marks.splice(0..0, before.iter().copied());
    pack.texts.insert_str(0, texts);
    pack
}

#[test]
fn a_person_is_read_where_it_stands() {
    let pack =
        packed(&[kind::TEXT | 2 << KIND_BITS, kind::JSON | 3 << KIND_BITS, kind::BOOLEAN | 1 << KIND_BITS], "é{ }");
    let mut people = People::new(1, &pack);
    let person = people.next().unwrap();
    assert_eq!((person.id, person.object, person.exists), ("é", "{ }", true));
    let values: Vec<crate::Value> = person.inherited.iter().map(|value| value.to_value()).collect();
    assert_eq!(values, row());
    assert!(people.next().is_none());
}

#[test]
fn a_candidate_is_read_where_it_stands() {
    let mut pack = packed(&[kind::TEXT | 1 << KIND_BITS], "7");
    pack.marks.extend([kind::ROW | 1 << KIND_BITS, kind::TEXT | 2 << KIND_BITS]);
    pack.texts.push_str("it");
    let mut people = Candidates::new(1, &pack);
    let person = people.next().unwrap();
    assert_eq!((person.id, person.properties.len(), person.profile), ("7", row().len(), &[Value::Text("it")][..]));
    assert!(people.next().is_none());
}

#[test]
#[should_panic = "the packed batch cannot be read"]
fn a_batch_that_breaks_the_contract_ends_the_call() {
    People::new(
        1,
        &Pack { marks: vec![kind::TEXT | 5 << KIND_BITS], texts: "a".into(), integers: vec![], numbers: vec![] },
    )
    .next();
}

#[test]
fn a_row_that_was_begun_can_be_taken_back() {
    let mut outcomes = Outcomes::for_people(2);
    outcomes.skip("guest");
    let place = outcomes.place();
    outcomes.row(row().len());
    row().iter().take(9).for_each(|value| outcomes.value(value));
    outcomes.back_to(place);
    outcomes.reject("no");
    let pack = outcomes.into_pack();
    assert_eq!(pack.marks, [kind::SKIP | 5 << KIND_BITS, kind::REJECT | 2 << KIND_BITS]);
    assert_eq!((pack.texts.as_str(), pack.integers.len(), pack.numbers.len()), ("guestno", 0, 0));
}

#[test]
fn an_assignment_is_written_as_the_contract_says() {
    let mut assignments = Assignments::for_people(3);
    assignments.rules(&[3, 8]);
    assignments.assignment(&Assignment {
        rules: vec![3, 8],
        belongings: vec![Belonging { key: "city:Oslo".into(), rule: 9 }],
        ..Assignment::nothing()
    });
    assignments.assignment(&Assignment {
        undecided: vec![Undecided { rule: 4, reason: "slow".into() }],
        changes_at: Some("2026-11-23T06:30:00Z".into()),
        ..Assignment::nothing()
    });
    let packed = assignments.into_packed();
    assert_eq!(packed.numbers, [2, 3, 8, 0, 0, 0, 2, 3, 8, 1, 9, 9, 0, 0, 0, 0, 1, 4, 4, 20]);
    assert_eq!(packed.texts, "city:Osloslow2026-11-23T06:30:00Z");
}

//! Nothing that a component answers breaks the host.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::contract::grouping::{Assignment, Belonging, Candidate, Undecided};
use crate::contract::mapping::{Outcome, Person};
use crate::contract::packed_grouping::Assignments;
use crate::contract::types::{Pack, Value};

fn pack(marks: &[u32], texts: &str) -> Pack {
    Pack { marks: marks.to_vec(), texts: texts.to_owned(), integers: vec![], numbers: vec![] }
}

fn told<T: std::fmt::Debug>(result: Result<T, Broken>) -> String {
    match result.unwrap_err() {
        Broken::Unreadable(what) => what,
        Broken::TooLarge => "too large".to_owned(),
    }
}

/// One value of each kind.
fn every_kind() -> Vec<Value> {
    vec![
        Value::Null,
        Value::Boolean(true),
        Value::Boolean(false),
        Value::Integer(i64::MIN),
        Value::Number(-0.5),
        Value::Text("Zoë".into()),
        Value::Text(String::new()),
        Value::DateTime("2026-11-23T06:30:00Z".into()),
        Value::Texts(vec!["a".into(), String::new(), "😀".into()]),
        Value::Texts(vec![]),
        Value::Json("{\"id\":7}".into()),
        Value::Keep,
        Value::Integer(7),
        Value::Number(1e300),
    ]
}

#[test]
fn the_example_of_the_contract_is_written_as_it_says() {
    let texts = Value::Texts(vec!["a".into(), "bc".into()]);
    let properties = vec![Value::Text("Adele".into()), Value::Null, Value::Integer(7), texts];
    let person = Candidate { id: "1".into(), properties, profile: vec![] };
    let mut pack = Pack::empty();
    assert_eq!(candidates(&[person], &mut pack), Some(1));
    assert_eq!(pack.marks, [4 + 16, 9 + 16 * 4, 4 + 16 * 5, 0, 2, 6 + 16 * 2, 4 + 16, 4 + 16 * 2, 9]);
    assert_eq!(
        (pack.texts.as_str(), pack.integers.as_slice(), pack.numbers.as_slice()),
        ("1Adeleabc", &[7][..], &[][..])
    );
}

#[test]
fn what_is_written_is_read_and_the_lists_are_used_again() {
    let mut pack = Pack::empty();
    for _ in 0..2 {
        let person = |exists| Person { id: "é1".into(), object: "{}".into(), inherited: every_kind(), exists };
        assert_eq!(people(&[person(true), person(false)], &mut pack), Some(2));
        // A person is four values; of those, the row is what an outcome can be too.
        let half = pack.marks.len() / 2;
        assert_eq!(pack.marks.get(..3).unwrap(), [4 + 16 * 3, 7 + 16 * 2, 1 + 16]);
        assert_eq!(pack.marks.get(half..half + 3).unwrap(), [4 + 16 * 3, 7 + 16 * 2, 1]);
        let answer = Pack {
            marks: [&pack.marks[3..half], &[10 + 16 * 5, 11 + 16 * 2, 9][..]].concat(),
            texts: pack.texts[5..pack.texts.len() / 2].to_owned() + "guestno",
            integers: pack.integers[..2].to_vec(),
            numbers: pack.numbers[..2].to_vec(),
        };
        let expected = [
            Outcome::Profile(every_kind()),
            Outcome::Skip("guest".into()),
            Outcome::Reject("no".into()),
            Outcome::Profile(vec![]),
        ];
        assert_eq!(outcomes(&answer).unwrap(), expected);
    }
}

#[test]
fn broken_outcomes_are_refused_with_the_place() {
    for (broken, expected) in [
        (pack(&[9 + 16], ""), "`marks`, at 0: 1 of them, and so many do not follow"),
        (pack(&[9 + 16 * 2, 0], ""), "`marks`, at 0: 2 of them, and so many do not follow"),
        (pack(&[0xffff_fff9, 0], ""), "`marks`, at 0: 268435455 of them, and so many do not follow"),
        (pack(&[9, 9 + 16, 6 + 16 * 268_435_455], ""), "`marks`, at 2: 268435455 of them, and so many do not follow"),
        (pack(&[9 + 16 * 2, 6 + 16, 4], ""), "`marks`, at 2: there are only 3, and more are needed"),
        (pack(&[9 + 16, 6, 9], "x"), "`texts`: the last 1 belong to nothing"),
        (
            pack(&[9 + 16, 6 + 16, 4 + 16], ""),
            "`marks`, at 2: 1 bytes are no text of those that are left, or end within a character",
        ),
        (
            pack(&[9 + 16, 4 + 16 * 2], "a"),
            "`marks`, at 1: 2 bytes are no text of those that are left, or end within a character",
        ),
        (
            pack(&[9 + 16, 4 + 16], "é"),
            "`marks`, at 1: 1 bytes are no text of those that are left, or end within a character",
        ),
        (
            pack(&[10 + 16 * 3], "no"),
            "`marks`, at 0: 3 bytes are no text of those that are left, or end within a character",
        ),
        (pack(&[9 + 16, 2], ""), "`marks`, at 1: `integers` has no more"),
        (pack(&[9 + 16, 3], ""), "`marks`, at 1: `numbers` has no more"),
        (pack(&[9 + 16, 2 + 16], ""), "`marks`, at 1: the count is 1, where it must be 0"),
        (pack(&[9 + 16, 16], ""), "`marks`, at 1: the count is 1, where it must be 0"),
        (pack(&[9 + 16, 8 + 16], ""), "`marks`, at 1: the count is 1, where it must be 0"),
        (pack(&[9 + 16, 1 + 16 * 2], ""), "`marks`, at 1: a boolean has the count 0 or 1, and not 2"),
        (
            pack(&[4 + 16], "a"),
            "`marks`, at 0: the kind is 4, where a row (9), a skip (10) or a reject (11) is expected",
        ),
        (pack(&[9 + 16, 9], ""), "`marks`, at 1: the kind is 9, where a value (0 to 8) is expected"),
        (pack(&[9 + 16, 15], ""), "`marks`, at 1: the kind is 15, where a value (0 to 8) is expected"),
        (pack(&[9 + 16 * 2, 6 + 16, 0], ""), "`marks`, at 2: the kind is 0, where a text (4) is expected"),
        (pack(&[9], "over"), "`texts`: the last 4 belong to nothing"),
        (Pack { integers: vec![1], ..pack(&[9], "") }, "`integers`: the last 1 belong to nothing"),
        (Pack { numbers: vec![1.0, 2.0], ..pack(&[9], "") }, "`numbers`: the last 2 belong to nothing"),
    ] {
        assert_eq!(told(outcomes(&broken)), expected, "{broken:?}");
    }
}

#[test]
fn an_answer_may_not_unfold_to_more_than_one_that_crosses_value_by_value() {
    let nulls = 2 << 20;
    let mut marks = vec![9 + 16 * nulls];
    marks.resize(1 + nulls as usize, 0);
    assert_eq!(told(outcomes(&pack(&marks, ""))), "too large");
    assert_eq!(told(outcomes(&pack(&vec![9; 4 << 20], ""))), "too large");
    let numbers = vec![0; 4 << 20];
    assert_eq!(told(assignments(&Assignments { numbers, texts: String::new() })), "too large");
}

fn assigned(numbers: &[u32], texts: &str) -> Result<Vec<Assignment>, Broken> {
    assignments(&Assignments { numbers: numbers.to_vec(), texts: texts.to_owned() })
}

#[test]
fn assignments_are_read() {
    let moment = "2026-11-23T06:30:00Z";
    let numbers = [2, 3, 8, 1, 9, 9, 0, 0, 0, 0, 1, 4, 4, 20, 0, 0, 0, 0];
    let expected = [
        Assignment {
            rules: vec![3, 8],
            belongings: vec![Belonging { key: "city:Oslo".into(), rule: 9 }],
            undecided: vec![],
            changes_at: None,
        },
        Assignment {
            rules: vec![],
            belongings: vec![],
            undecided: vec![Undecided { rule: 4, reason: "slow".into() }],
            changes_at: Some(moment.into()),
        },
        Assignment { rules: vec![], belongings: vec![], undecided: vec![], changes_at: None },
    ];
    assert_eq!(assigned(&numbers, &format!("city:Osloslow{moment}")).unwrap(), expected);
    assert_eq!(assigned(&[], "").unwrap(), []);
}

#[test]
fn broken_assignments_are_refused_with_the_place() {
    for (numbers, texts, expected) in [
        (&[1][..], "", "`numbers`, at 0: 1 of them, and so many do not follow"),
        (&[u32::MAX, 1, 2], "", "`numbers`, at 0: 4294967295 of them, and so many do not follow"),
        (&[0, 1, 5, 1], "", "`numbers`, at 3: 1 bytes are no text of those that are left, or end within a character"),
        (&[0, u32::MAX, 5, 1], "a", "`numbers`, at 1: 4294967295 of them, and so many do not follow"),
        (&[0, 0, 2, 1, 0, 0], "", "`numbers`, at 2: 2 of them, and so many do not follow"),
        (&[0], "", "`numbers`, at 0: there are only 1, and more are needed"),
        (&[0, 0, 0], "", "`numbers`, at 2: there are only 3, and more are needed"),
        (&[0, 0, 0, 1], "é", "`numbers`, at 3: 1 bytes are no text of those that are left, or end within a character"),
        (&[0, 0, 0, 0], "a", "`texts`: the last 1 belong to nothing"),
    ] {
        assert_eq!(told(assigned(numbers, texts)), expected, "{numbers:?}");
    }
}

#[test]
fn no_numbers_and_no_text_make_it_panic() {
    // Pseudo-random, by a linear congruential generator: small counts, so that it gets somewhere.
    let mut state = 1_u64;
    let mut random = |below: u32| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as u32 % below
    };
    let mut read = 0;
    for _ in 0..50_000 {
        let marks: Vec<u32> = (0..random(12)).map(|_| random(12) | random(4) << KIND_BITS).collect();
        let texts: String = (0..random(8)).map(|_| ['a', 'é', '😀'][random(3) as usize]).collect();
        let answer =
            Pack { marks, texts, integers: vec![1; random(2) as usize], numbers: vec![0.5; random(2) as usize] };
        read += usize::from(outcomes(&answer).is_ok());
        let numbers: Vec<u32> = (0..random(12)).map(|_| random(4)).collect();
        read += usize::from(assignments(&Assignments { numbers, texts: answer.texts }).is_ok());
    }
    assert!(read > 500, "{read}");
}

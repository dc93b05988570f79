//! Every function, by the tables in `tests/functions`.
//!
//! A line `given {...}` says the user for the lines below it. `EXPRESSION => JSON` says what the expression comes to, and
//! `EXPRESSION =! PART` a part of the message with which it is refused or fails. `#` begins a comment.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may panic"
)]

use attribute_mapping::environment::{Alone, Environment};
use attribute_mapping::evaluation::Given;
use attribute_mapping::moment::Moment;
use attribute_mapping::trial::{Knowledge, run};
use attribute_mapping::value::Value;

/// The run is on 2021-08-25 at 17:41:18, as in Microsoft's examples; `taken@contoso.com` is in use.
struct World(Alone);

impl Environment for World {
    fn now(&self) -> Moment {
        self.0.now()
    }

    fn random(&self, bytes: &mut [u8]) {
        self.0.random(bytes);
    }

    fn look_up(&self, _: &str, _: &[String]) -> Option<Vec<Value<'static>>> {
        None
    }

    fn in_use(&self, _: &str, text: &str) -> bool {
        text.starts_with("taken")
    }
}

fn knowledge() -> Knowledge {
    let regions = [("Pune", "West"), ("pune", "lower")].map(|(key, value)| (key.to_owned(), value.to_owned()));
    let tables = [("regions".to_owned(), regions.into())].into();
    Knowledge { given: Given { tables, default_domain: Some("contoso.com".into()) }, default_region: None }
}

fn check(table: &str) {
    let world = World(Alone { now: Moment::read("8/25/2021 5:41:18 PM").unwrap(), seed: 7 });
    let knowledge = knowledge();
    let mut user = "{}";
    let mut wrong = Vec::new();
    let mut cases = 0;
    for line in table.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(given) = line.strip_prefix("given ") {
            user = given;
            continue;
        }
        cases += 1;
        let (expression, expected, fails) = match (line.rsplit_once(" => "), line.rsplit_once(" =! ")) {
            (_, Some((expression, part))) => (expression.trim(), part.trim(), true),
            (Some((expression, json)), None) => (expression.trim(), json.trim(), false),
            _ => panic!("this line says nothing: {line}"),
        };
        let trial = run(expression, user, &knowledge, &world);
        let found = match &trial.value {
            Ok(value) => value.to_json().to_string(),
            Err(fault) => format!("fault: {}", fault.under(expression)),
        };
        let right = if fails {
            found.starts_with("fault: ") && found.contains(expected)
        } else {
            let expected: serde_json::Value = serde_json::from_str(expected).unwrap_or_else(|e| panic!("{line}: {e}"));
            trial.value.as_ref().is_ok_and(|value| value.to_json() == expected)
        };
        if !right {
            wrong.push(format!("{line}\n    for {user}\n    {}", found.replace('\n', "\n    ")));
        }
    }
    assert!(cases > 0);
    assert!(wrong.is_empty(), "{} of {cases} are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

macro_rules! tables {
    ($($name:ident $file:literal;)*) => {
        $(#[test] fn $name() { check(include_str!(concat!("functions/", $file))); })*
    };
}

tables! {
    the_examples_of_the_public_reference_come_out_as_printed_there "reference.txt";
    texts_are_cut_joined_and_counted "texts.txt";
    letters_change_their_case_and_lose_their_marks "letters.txt";
    conditions_choose "conditions.txt";
    lists_are_counted_split_and_joined "lists.txt";
    replace_has_six_behaviours "replace.txt";
    dates_are_read_shifted_and_printed "dates.txt";
    phone_numbers_come_out_in_e164_or_as_null "phones.txt";
    the_rest_does_what_it_says "others.txt";
    what_administrators_write_comes_out_as_they_expect "practice.txt";
    wrong_expressions_are_refused_with_the_reason "wrong.txt";
}

//! Calls are what a sync with Kaizala costs: its connector allows 100 a minute. So the push is held against the fewest that the API permits.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use fixture::Fixture;
use rollcall_emulator::least::Snapshot;
use rollcall_emulator::{Service, generator};
use serde_json::{Map, Value, json};

/// How many people, in 200 groups of which ten are large.
const PEOPLE: usize = 5_000;

fn department(number: usize) -> String {
    format!("Department {}", if number < PEOPLE / 2 { number % 10 } else { 10 + number % 190 })
}

fn person(number: usize) -> Map<String, Value> {
    let mut person = generator::user(number, 11);
    person.insert("department".to_owned(), department(number).into());
    person.insert("mobilePhone".to_owned(), format!("+9198{number:08}").into());
    person.insert("accountEnabled".to_owned(), true.into());
    person
}

/// A sync; answers the calls that it made to Kaizala and the fewest that would do.
async fn calls(fixture: &Fixture, before: &Snapshot) -> (usize, usize) {
    fixture.emulator.forget_calls();
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    let made = fixture.emulator.calls().iter().filter(|call| call.service == Service::Kaizala).count();
    (made, fixture.emulator.shared().kaizala.least_calls(before))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_makes_at_most_a_twentieth_more_calls_than_the_api_needs() {
    let fixture = Fixture::new((0..PEOPLE).map(person).collect()).await;
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let (before_groups, _) = text.split_once("[[group]]").unwrap();
    let by = "[[group_by]]\nattributes = [\"department\"]\nname = \"{department}\"\n";
    // Without the allowance, which would only make this test wait.
    let settings =
        before_groups.replace("directory = \"endpoint\"", "directory = \"endpoint\"\nrequests_per_minute = 60000");
    std::fs::write(fixture.tenant(), format!("{settings}{by}")).unwrap();

    let (made, least) = calls(&fixture, &Snapshot::default()).await;
    {
        let kaizala = &fixture.emulator.shared().kaizala;
        assert_eq!((kaizala.people.len(), kaizala.groups.len()), (PEOPLE, 200));
    }
    println!("initial: {made} calls, {least} at least ({:.3} times)", made as f64 / least as f64);
    assert!(least > 250 && made * 100 <= least * 105, "initial: {made} calls, {least} at least");

    // 300 changes: promotions, moves, departures, newcomers.
    let before = fixture.emulator.shared().kaizala.snapshot();
    {
        let world = &mut fixture.emulator.shared().world;
        let change = |number: usize, patch: Value| {
            let mut patch = patch.as_object().cloned().unwrap();
            patch.insert("id".to_owned(), generator::id(number).into());
            patch
        };
        for number in (0..PEOPLE).step_by(50) {
            world.put(change(number, json!({ "jobTitle": "Principal" })));
            world.put(change(number + 1, json!({ "department": department(number + 33) })));
        }
        for number in (2..PEOPLE).step_by(100) {
            world.delete(&generator::id(number), false);
            world.put(person(PEOPLE + number));
        }
    }
    let (made, least) = calls(&fixture, &before).await;
    println!("300 changes: {made} calls, {least} at least ({:.3} times)", made as f64 / least as f64);
    assert!(least > 100 && made * 100 <= least * 105, "300 changes: {made} calls, {least} at least");

    // Nothing changed: nothing is asked.
    let now = fixture.emulator.shared().kaizala.snapshot();
    assert_eq!(calls(&fixture, &now).await, (0, 0));
}

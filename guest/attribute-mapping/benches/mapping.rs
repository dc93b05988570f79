//! Users a second, natively: the same library that the component is made of.
//!
//! `cargo bench -p attribute-mapping`. A user is about 1.1 KB of JSON with 30 properties; every phone number is another one, so
//! that nothing is gained by remembering them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a benchmark may panic")]

mod users;

use std::hint::black_box;
use std::time::{Duration, Instant};

use attribute_mapping::environment::Alone;
use attribute_mapping::mapper::Mapper;
use attribute_mapping::moment::Moment;
use rollcall_sdk::mapping::Outcome;
use rollcall_sdk::settings;
use users::{plain, user};

const USERS: usize = 1_000;
const ROUNDS: usize = 41;

fn expressions() -> String {
    let expressions = [
        "Join(\", \", \"\", [surname], [givenName])",
        "Coalesce([mail],[userPrincipalName])",
        "ToLower(Replace([mail], \"@contoso.com\", , ,\"\", ,))",
        "Switch([state], \"other\", \"WA\", \"west\", \"NY\", \"east\")",
        "Replace([mobilePhone], , \"[()\\\\s-]+\", , \"\", , )",
        "IIF([country]=\"United States\",[city],[department])",
        "FormatDateTime([createdDateTime], , \"yyyy-MM-ddTHH:mm:ssZ\", \"yyyy-MM-dd\")",
        "Count([proxyAddresses])",
        "Append(Left([givenName], 1), [surname])",
        "PCase([jobTitle])",
        "NormalizeDiacritics([displayName])",
        "DateDiff(\"d\", [createdDateTime], Now())",
    ];
    let attribute =
        |(place, text): (usize, &&str)| serde_json::json!({"name": format!("a{place}"), "expression": text});
    let attributes: Vec<serde_json::Value> = expressions.iter().enumerate().map(attribute).collect();
    serde_json::json!({ "attribute": attributes }).to_string()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

fn measure(name: &str, settings: &str, users: &[String]) {
    let alone = Alone { now: Moment::read("2026-11-23").unwrap(), seed: 1 };
    let new = || Mapper::new(settings::parse(settings).unwrap(), &[]).unwrap();
    let (mut starts, mut batches) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let mapper = new();
        starts.push(began.elapsed());
        let began = Instant::now();
        for user in users {
            let outcome = mapper.map_person(black_box(user), &[], &alone);
            if !matches!(black_box(outcome), Outcome::Profile(_)) {
                panic!("a user of the benchmark is not mapped");
            }
        }
        batches.push(began.elapsed());
    }
    let best = batches.iter().min().copied().unwrap_or_default();
    let (start, batch) = (median(starts), median(batches));
    let each = batch / USERS as u32;
    println!(
        "{name:<28} {:>9.0} users/s  {each:>8.2?} each  (best round {:.0} users/s; to begin {start:.2?})",
        USERS as f64 / batch.as_secs_f64(),
        USERS as f64 / best.as_secs_f64()
    );
}

fn main() {
    let users: Vec<String> = (0..USERS).map(user).collect();
    let bytes: usize = users.iter().map(String::len).sum();
    println!("{USERS} users of {} bytes, {ROUNDS} rounds, a new mapper each", bytes / USERS);
    measure("12 plain attributes", &plain(), &users);
    measure("the usual 9, with phones", "{}", &users);
    measure("12 expressions", &expressions(), &users);
}

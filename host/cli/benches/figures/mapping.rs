//! Mapping people of about 1.1 KB in the sandbox, and by the same library natively, on one core.

use std::hint::black_box;

use attribute_mapping::environment::Alone;
use attribute_mapping::mapper::Mapper;
use attribute_mapping::moment::Moment;
use rollcall_sandbox::contract::mapping::{Outcome, Person};
use rollcall_sandbox::{Capabilities, Grants, Limits, MappingStep};
use tokio::runtime::Runtime;

use crate::users::{plain, user};
use crate::{Report, fastest_batches, loaded};

const PEOPLE: usize = 10_000;
/// People in a call: what a run uses.
const BATCH: usize = 500;
const ROUNDS: usize = 15;

pub fn run(runtime: &Runtime, report: &mut Report) {
    let people: Vec<Person> = (0..PEOPLE)
        .map(|number| Person { id: number.to_string(), object: user(number), inherited: vec![], exists: false })
        .collect();
    let (sandbox, component) = loaded("attribute-mapping");
    let grants = Grants { lookup: true, ..Grants::default() };
    let step = MappingStep::link(&sandbox, &component, "mapping[0]", &grants, Limits::default()).unwrap();
    for (name, settings) in [("12 plain attributes", plain()), ("the usual 9 with phone numbers", "{}".to_owned())] {
        let mut instance = runtime.block_on(step.instance(Capabilities::default())).unwrap();
        runtime.block_on(instance.configure(&settings, &[])).unwrap().unwrap();
        let inside = fastest_batches(ROUNDS, &people, BATCH, |batch| {
            let outcomes = runtime.block_on(instance.map_people(black_box(batch))).unwrap();
            assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Profile(_))));
        });
        let alone = Alone { now: Moment::read("2026-11-23").unwrap(), seed: 1 };
        let mapper = Mapper::new(rollcall_sdk::settings::parse(&settings).unwrap(), &[]).unwrap();
        let natively = fastest_batches(ROUNDS, &people, BATCH, |batch| {
            for person in batch {
                black_box(mapper.map_person(black_box(&person.object), &[], &alone));
            }
        });
        let rate = |time: std::time::Duration| PEOPLE as f64 / time.as_secs_f64();
        report.add(&format!("mapping: {name}, sandboxed"), rate(inside), "people/s");
        report.add(&format!("mapping: {name}, natively"), rate(natively), "people/s");
        report.add(&format!("mapping: {name}, ratio"), inside.as_secs_f64() / natively.as_secs_f64(), "x");
    }
}

//! Mapping people of about 1.1 KB in the sandbox, and by the same library natively, on one core.

use std::hint::black_box;

use attribute_mapping::environment::Alone;
use attribute_mapping::mapper::Mapper;
use attribute_mapping::moment::Moment;
use rollcall_sandbox::contract::mapping::{Outcome, Person};
use rollcall_sandbox::{Capabilities, Grants, Limits, MappingStep};
use tokio::runtime::Runtime;

use crate::{Report, fastest, loaded};

const PEOPLE: usize = 10_000;
/// People in a call: what a run uses.
const BATCH: usize = 500;
const ROUNDS: usize = 7;

/// A user with 30 properties; every phone number is another one, so that nothing is gained by remembering them.
fn user(number: usize) -> String {
    let id = format!("{number:08x}-1f2e-4d3c-8b5a-{number:012x}");
    serde_json::json!({
        "id": id, "accountEnabled": true, "displayName": format!("Person Number {number}"), "givenName": "Person",
        "surname": format!("Number {number}"), "mail": format!("person{number}@contoso.com"),
        "mobilePhone": format!("+1 425 {:03} {:04}", 200 + number / 10_000 % 700, number % 10_000),
        "businessPhones": [format!("(206) 555-{:04}", number % 10_000)], "jobTitle": "Senior Programme Manager",
        "department": "Product Marketing", "officeLocation": "18/2111", "city": "Seattle", "state": "WA",
        "country": "United States", "usageLocation": "US", "postalCode": "98052", "streetAddress": "One Example Way",
        "preferredLanguage": "en-US", "employeeId": format!("E{number:06}"), "employeeType": "Employee",
        "companyName": "Contoso", "userPrincipalName": format!("person{number}@contoso.com"), "userType": "Member",
        "createdDateTime": "2024-02-29T10:00:00Z", "mailNickname": format!("person{number}"),
        "proxyAddresses": [format!("SMTP:person{number}@contoso.com"), format!("smtp:p{number}@contoso.com")],
        "onPremisesExtensionAttributes": {"extensionAttribute1": "A1", "extensionAttribute2": null,
            "extensionAttribute3": "Cost center 4711"},
        "employeeOrgData": {"division": "North", "costCenter": "4711"}, "manager": {"id": id, "displayName": "Ana Manager"},
        "imAddresses": [format!("sip:person{number}@contoso.com")], "ageGroup": null, "faxNumber": null
    })
    .to_string()
}

/// Twelve attributes that are properties as they stand.
fn plain() -> String {
    let names = [
        "displayName",
        "mobilePhone",
        "city",
        "mail",
        "jobTitle",
        "department",
        "officeLocation",
        "employeeId",
        "manager.displayName",
        "country",
        "employeeOrgData.division",
        "onPremisesExtensionAttributes.extensionAttribute3",
    ];
    let attributes = names.iter().enumerate();
    let attributes: Vec<serde_json::Value> = attributes
        .map(|(at, name)| serde_json::json!({"name": format!("a{at}"), "expression": format!("[{name}]")}))
        .collect();
    serde_json::json!({ "attribute": attributes }).to_string()
}

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
        let inside = fastest(ROUNDS, || {
            for batch in people.chunks(BATCH) {
                let outcomes = runtime.block_on(instance.map_people(black_box(batch))).unwrap();
                assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Profile(_))));
            }
        });
        let alone = Alone { now: Moment::read("2026-11-23").unwrap(), seed: 1 };
        let mapper = Mapper::new(rollcall_sdk::settings::parse(&settings).unwrap(), &[]).unwrap();
        let natively = fastest(ROUNDS, || {
            for person in &people {
                black_box(mapper.map_person(black_box(&person.object), &[], &alone));
            }
        });
        let rate = |time: std::time::Duration| PEOPLE as f64 / time.as_secs_f64();
        report.add(&format!("mapping: {name}, sandboxed"), rate(inside), "people/s");
        report.add(&format!("mapping: {name}, natively"), rate(natively), "people/s");
        report.add(&format!("mapping: {name}, ratio"), inside.as_secs_f64() / natively.as_secs_f64(), "x");
    }
}

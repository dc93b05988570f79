//! The conformance suite over every target that comes with Rollcall, against the emulated Kaizala, an unmodified SCIM service and files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;
mod service;

use std::collections::BTreeMap;

use fixture::Fixture;
use rollcall_emulator::Service as Emulated;
use rollcall_emulator::faults::{Action, Fault};
use rollcall_emulator::scim::Quirks;
use serde_json::Value;
use service::{Service, TOKEN};

/// Calls as fast as they go: what the suite asks for is not how fast a target is.
const UNLIMITED: &str = "directory = \"endpoint\"\nrequests_per_minute = 1000000000\n";

async fn kaizala() -> Fixture {
    let fixture = Fixture::new(Vec::new()).await;
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    std::fs::write(fixture.tenant(), text.replace("directory = \"endpoint\"\n", UNLIMITED)).unwrap();
    fixture
}

/// The suite's verdicts, by check. All must be well, or not, as is `expected`.
async fn suite(fixture: &Fixture, expected: bool) -> BTreeMap<String, (String, String)> {
    let output = fixture.run(&["component", "test", "--tenant", "contoso.toml", "--json"]).await;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let report: Value =
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = report["checks"].as_array().unwrap().iter();
    let checks: BTreeMap<_, _> = checks
        .map(|check| {
            let lines: Vec<String> = check["lines"].as_array().unwrap().iter().map(text).collect();
            (text(&check["check"]), (text(&check["verdict"]), lines.join("\n")))
        })
        .collect();
    assert_eq!((&report["passed"], output.status.success()), (&expected.into(), expected), "{checks:#?}");
    checks
}

/// The usual tenant with another target.
fn with_target(fixture: &Fixture, target: &str) {
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let (source, rest) = text.split_once("[target.login]").unwrap();
    let groups = rest.split_once("[[group]]").unwrap().1;
    std::fs::write(fixture.tenant(), format!("{source}{target}[[group]]{groups}")).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn kaizala_conforms_also_when_it_is_throttled() {
    let fixture = kaizala().await;
    let throttled = Fault {
        service: Emulated::Kaizala,
        path: "/v1/groups".to_owned(),
        after: 3,
        times: 2,
        action: Action::Status(429, Some(1)),
    };
    fixture.emulator.shared().faults.add(throttled);
    let checks = suite(&fixture, true).await;
    for check in [
        "create",
        "repeat",
        "lost answer",
        "adopt",
        "update",
        "clear",
        "partial failure",
        "group repeated",
        "adopt group",
        "batches",
    ] {
        assert_eq!(checks[check].0, "ok", "{check}: {checks:#?}");
    }
    assert_eq!(checks["remove group"], ("ok".to_owned(), "cannot be removed: emptied".to_owned()));
    assert!(checks["throttling"].1.starts_with("came back "), "{checks:#?}");
    // Nothing of the suite is left but the emptied group.
    assert_eq!(fixture.groups(), BTreeMap::from([("Conformance One".to_owned(), Vec::new())]));
    assert!(!fixture.folder.path().join("contoso.state").exists() && !fixture.folder.path().join("state").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_directory_that_removes_nobody_is_found_out() {
    let fixture = kaizala().await;
    let refused = Fault {
        service: Emulated::Kaizala,
        path: "/v1/directory/users/remove".to_owned(),
        after: 4,
        times: 1_000,
        action: Action::Status(403, None),
    };
    fixture.emulator.shared().faults.add(refused);
    let checks = suite(&fixture, false).await;
    assert_eq!((checks["create"].0.as_str(), checks["remove people"].0.as_str()), ("ok", "FAIL"), "{checks:#?}");
    assert!(checks["remove people"].1.contains("refused: "), "{checks:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unmodified_scim_service_conforms() {
    let fixture = Fixture::new(Vec::new()).await;
    let service = Service::start(fixture.folder.path());
    with_target(
        &fixture,
        &format!(
            "[target]\ncomponent = \"scim-push\"\nsettings.base_url = \"{}\"\nlogin = {{ kind = \"bearer\", token = \"{TOKEN}\" }}\n",
            service.url()
        ),
    );
    let checks = suite(&fixture, true).await;
    for check in [
        "create",
        "lost answer",
        "adopt",
        "adopt group",
        "update",
        "clear",
        "suspend",
        "members out",
        "batches",
        "rename",
        "remove group",
    ] {
        assert_eq!(checks[check].0, "ok", "{check}: {checks:#?}");
    }
    assert!(service.users().is_empty() && service.groups().is_empty());
}

/// What services do that a target may stumble over; `scim_habits.rs` has all of it.
const HABITS: [&[&str]; 5] = [
    &["patch=false", "versions=true", "silent=true", "names=lower"],
    &["filter=false", "text_truth=true", "no_schemas=true", "most_members=50"],
    &["bulk=10", "only_location=true", "odd_ids=true", "or=false"],
    &["absent_removal=false", "nothing_is_404=true", "ends_memberships=true"],
    &["chosen_removal=false", "discovery=false", "group_keys=false"],
];

#[tokio::test(flavor = "multi_thread")]
async fn scim_services_of_every_habit_conform() {
    let fixture = Fixture::new(Vec::new()).await;
    let url = fixture.emulator.scim_url.clone();
    with_target(
        &fixture,
        &format!(
            "[target]\ncomponent = \"scim-push\"\nsettings.base_url = \"{url}\"\n\
             login = {{ kind = \"bearer\", token = \"{}\" }}\n",
            rollcall_emulator::scim::TOKEN
        ),
    );
    for habits in HABITS {
        fixture.emulator.shared().scim.quirks = Quirks::parse(habits.iter().copied()).unwrap();
        let throttled = Fault {
            service: Emulated::Scim,
            path: "/Users".to_owned(),
            after: 5,
            times: 1,
            action: Action::Status(429, Some(1)),
        };
        fixture.emulator.shared().faults.add(throttled);
        let checks = suite(&fixture, true).await;
        for check in ["adopt", "adopt group", "batches", "rename", "suspend", "remove people"] {
            assert_eq!(checks[check].0, "ok", "{habits:?}: {check}: {checks:#?}");
        }
        let scim = &fixture.emulator.shared().scim;
        assert!(scim.users.is_empty() && scim.groups.is_empty(), "{habits:?}: {:?}", scim.users);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_conform() {
    let fixture = Fixture::new(Vec::new()).await;
    with_target(&fixture, "[target]\ncomponent = \"csv-push\"\n");
    let checks = suite(&fixture, true).await;
    assert_eq!((checks["people whole"].0.as_str(), checks["groups whole"].0.as_str()), ("ok", "ok"));
}

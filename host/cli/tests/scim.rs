//! A SCIM 2.0 service of somebody else's, unmodified: `scim2-server`, which `scripts/setup` installs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;
mod service;

use fixture::Fixture;
use serde_json::{Map, Value, json};
use service::{Service, TOKEN};

fn person(id: &str, department: &str, title: &str, manager: Option<&str>) -> Map<String, Value> {
    let mut person = json!({"id": id, "displayName": format!("Person {id}"), "mail": format!("{id}@contoso.com"),
        "mobilePhone": format!("+91980000000{}", id.len()), "department": department, "jobTitle": title, "city": "Pune",
        "employeeId": format!("E-{id}"), "accountEnabled": true, "usageLocation": "IN"});
    if let Some(manager) = manager {
        person["manager"] = json!({ "id": manager });
    }
    person.as_object().cloned().unwrap()
}

fn change(fixture: &Fixture, patch: Value) {
    fixture.emulator.shared().world.put(patch.as_object().cloned().unwrap());
}

/// The usual tenant with this service as its target.
fn write(fixture: &Fixture, service: &Service) {
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let (source, rest) = text.split_once("[target.login]").unwrap();
    let groups = rest.split_once("[[group]]").unwrap().1;
    let target = format!(
        "[target]\ncomponent = \"scim-push\"\nsettings.base_url = \"{}\"\nlogin = {{ kind = \"bearer\", token = \"{TOKEN}\" }}\n",
        service.url()
    );
    let by_department = "\n[[group_by]]\nattributes = [\"department\"]\nname = \"Department {department}\"\n";
    std::fs::write(fixture.tenant(), format!("{source}{target}[[group]]{groups}{by_department}")).unwrap();
}

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

#[tokio::test(flavor = "multi_thread")]
async fn an_unmodified_service_is_kept_in_step() {
    let people = vec![
        person("a", "Sales", "Director", None),
        person("bb", "Sales", "Analyst", Some("a")),
        person("ccc", "HR", "Recruiter", Some("a")),
    ];
    let fixture = Fixture::new(people).await;
    let folder = fixture.folder.path();
    let service = Service::start(folder);
    write(&fixture, &service);

    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    let users = service.users();
    assert_eq!(users.keys().collect::<Vec<_>>(), ["a", "bb", "ccc"]);
    let analyst = &users["bb"];
    assert_eq!(
        (&analyst["userName"], &analyst["displayName"], &analyst["title"], &analyst["active"]),
        (&json!("bb@contoso.com"), &json!("Person bb"), &json!("Analyst"), &json!(true))
    );
    assert_eq!(analyst["phoneNumbers"][0]["value"], "+919800000002");
    assert_eq!(
        (&analyst[ENTERPRISE]["department"], &analyst[ENTERPRISE]["employeeNumber"]),
        (&json!("Sales"), &json!("E-bb"))
    );
    let both = || vec!["a".to_owned(), "bb".to_owned()];
    let groups = service.groups();
    assert_eq!((&groups["Sales"], &groups["Department Sales"]), (&both(), &both()));
    assert_eq!(groups["Department HR"], ["ccc"]);

    // A promotion, a move, a deletion, a newcomer, and a value that is cleared.
    change(&fixture, json!({"id": "a", "jobTitle": "Vice President", "city": null}));
    change(&fixture, json!({"id": "bb", "department": "HR"}));
    fixture.emulator.shared().world.delete("ccc", false);
    change(&fixture, Value::Object(person("dddd", "Sales", "Analyst", Some("bb"))));
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    let users = service.users();
    assert_eq!(users.keys().collect::<Vec<_>>(), ["a", "bb", "dddd"]);
    assert_eq!(users["a"]["title"], "Vice President");
    let shown = users["a"].to_string();
    assert!(!shown.contains("Pune") && users["bb"].to_string().contains("Pune"), "{shown}");
    let groups = service.groups();
    assert_eq!(groups["Sales"], ["a", "dddd"]);
    assert_eq!(groups["Department HR"], ["bb"]);

    // Nothing changed, so nothing is written.
    let before = service.writes(folder);
    assert!(before > 0);
    assert_eq!(fixture.sync().await["status"], "Success");
    assert_eq!(service.writes(folder), before);

    // The service holds what it was brought to, read back in its own words; then somebody else changes it, and that is repaired.
    let verify = async |arguments: &[&str]| -> Value {
        let output = fixture.run(&[&["verify", "contoso.toml", "--json"], arguments].concat()).await;
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    };
    let same = verify(&[]).await;
    assert_eq!((&same["report"]["status"], &same["differences"]), (&json!("Success"), &json!([])), "{same}");
    assert_eq!(service.writes(folder), before);
    let id = |user: &str| users[user]["id"].as_str().unwrap().to_owned();
    let department = service.list("Groups").into_iter().find(|group| group["displayName"] == "Department HR").unwrap();
    let patch = |operation: Value| {
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}).to_string()
    };
    let title = patch(json!({"op": "replace", "path": "title", "value": "Chief"}));
    service.send("PATCH", &format!("Users/{}", id("a")), &title);
    let member = patch(json!({"op": "add", "path": "members", "value": [{"value": id("dddd")}]}));
    service.send("PATCH", &format!("Groups/{}", department["id"].as_str().unwrap()), &member);
    service.send("DELETE", &format!("Users/{}", id("bb")), "");
    let found = verify(&[]).await;
    let told: Vec<&str> =
        found["differences"].as_array().unwrap().iter().filter_map(|difference| difference["what"].as_str()).collect();
    assert!(told.contains(&"the entry was changed") && told.contains(&"the entry is gone"), "{found}");
    assert!(told.iter().any(|what| what.ends_with("was added by hand")), "{found}");
    verify(&["--repair"]).await;
    let users = service.users();
    assert_eq!(
        (users.len(), &users["a"]["title"], &users["bb"]["displayName"]),
        (3, &json!("Vice President"), &json!("Person bb"))
    );
    // This service does not end the memberships of an entry that somebody removes: the old one stays, and means nobody.
    assert_eq!(service.groups()["Department HR"], ["bb", "nobody"]);
    let same = verify(&[]).await;
    assert_eq!(
        (&same["report"]["status"], &same["report"]["counts"]["differences"]),
        (&json!("Success"), &json!(0)),
        "{same}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_there_already_is_adopted_and_what_could_be_two_is_held_back() {
    let people = vec![
        person("a", "Sales", "Director", None),
        person("bb", "Sales", "Analyst", None),
        person("ccc", "HR", "Recruiter", None),
    ];
    let fixture = Fixture::new(people).await;
    let service = Service::start(fixture.folder.path());
    write(&fixture, &service);
    let schemas = r#""schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"]"#;
    let there = |name: &str, more: &str| {
        service.send("POST", "Users", &format!(r#"{{{schemas}, "userName": "{name}"{more}}}"#))
    };
    // Known by the name alone; by the key of the source; and two with the same key.
    there("a@contoso.com", "");
    there("bob", r#", "externalId": "bb""#);
    there("carla", r#", "externalId": "ccc""#);
    there("carla2", r#", "externalId": "ccc""#);

    let report = fixture.sync().await;
    assert_eq!((&report["status"], &report["counts"]["people_adopted"]), (&json!("Partial"), &json!(2)), "{report}");
    let users = service.list("Users");
    assert_eq!(users.len(), 4, "nobody was made: {users:#?}");
    let of = |name: &str| users.iter().find(|user| user["userName"] == name).unwrap();
    assert_eq!(
        (&of("a@contoso.com")["title"], &of("bb@contoso.com")["title"]),
        (&json!("Director"), &json!("Analyst"))
    );
    let log = fixture.run(&["log", "contoso.toml", "1", "--failed"]).await;
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    for candidate in ["carla", "carla2"] {
        assert!(log.contains(of(candidate)["id"].as_str().unwrap()), "{log}");
    }

    // An administrator decides.
    let id = of("carla2")["id"].as_str().unwrap().to_owned();
    service.send("DELETE", &format!("Users/{id}"), "");
    fixture.run(&["retry", "contoso.toml"]).await;
    let report = fixture.sync().await;
    assert_eq!((&report["status"], &report["counts"]["people_adopted"]), (&json!("Success"), &json!(1)), "{report}");
    assert_eq!(service.users().keys().collect::<Vec<_>>(), ["a", "bb", "ccc"]);
}

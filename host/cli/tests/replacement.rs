//! Each step replaced by a component that is known by its path alone, and components that want more than they were granted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use std::path::Path;

use fixture::{Fixture, guests};
use rollcall_emulator::{APPLICATION_SECRET, CLIENT_SECRET, REFRESH_TOKEN};
use serde_json::{Map, Value, json};

fn people() -> Vec<Map<String, Value>> {
    let person = |id: &str, phone: &str, title: &str| {
        json!({"id": id, "displayName": format!("Person {id}"), "mobilePhone": phone, "department": "Sales", "jobTitle": title,
            "accountEnabled": true, "usageLocation": "IN"})
    };
    let people = [person("a", "+919800000001", "Manager"), person("b", "+919800000002", "Analyst")];
    people.iter().map(|person| person.as_object().cloned().unwrap()).collect()
}

/// The target that writes files.
const BUILT_IN: &str = "component = \"csv-push\"\n";

/// Puts the component into the tenant's folder and answers the line that names it.
fn named(fixture: &Fixture, package: &str) -> String {
    let name = format!("{package}.wasm");
    std::fs::copy(guests::build(package), fixture.folder.path().join(&name)).unwrap();
    format!("component = \"./{name}\"\n")
}

/// Writes the tenant's file with files as the target, no rules, and more.
fn write_for_files(fixture: &Fixture, target: &str, more: &str) {
    fixture.write("");
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let source = text.split_once("[target.login]").unwrap().0;
    std::fs::write(fixture.tenant(), format!("{source}[target]\n{target}{more}")).unwrap();
}

/// Everything that the run wrote, in one text.
fn everything_in(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        // The file that the administrator wrote has the secrets, and the component cannot hold what it is not given.
        if path.is_dir() {
            bytes.extend(everything_in(&path));
        } else if !path.extension().is_some_and(|extension| extension == "toml" || extension == "wasm") {
            bytes.extend(std::fs::read(path).unwrap());
        }
    }
    bytes
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_of_ones_own_takes_the_place_of_ours() {
    let fixture = Fixture::new(people()).await;
    fixture.write(&format!("[[mapping]]\n{}", named(&fixture, "shout-mapping")));
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    let shared = fixture.emulator.shared();
    let names: Vec<_> = shared.kaizala.people.values().map(|entry| entry.attributes["name"].clone()).collect();
    assert_eq!(names, [json!("PERSON A"), json!("PERSON B")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grouping_of_ones_own_takes_the_place_of_ours() {
    let fixture = Fixture::new(people()).await;
    let (with_rules, component) =
        (std::fs::read_to_string(fixture.tenant()).unwrap(), named(&fixture, "letter-groups"));
    let without_rules = with_rules.split("[[group]]").next().unwrap();
    std::fs::write(fixture.tenant(), format!("{without_rules}[grouping]\n{component}")).unwrap();
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    let groups: Vec<_> = fixture.groups().into_iter().collect();
    let wanted = [("Letter A", "+919800000002"), ("Letter M", "+919800000001")];
    assert_eq!(groups, wanted.map(|(name, phone)| (name.to_owned(), vec![phone.to_owned()])));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_of_ones_own_takes_the_place_of_graph() {
    let fixture = Fixture::new(people()).await;
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let component = named(&fixture, "csv-pull");
    let file = "id,displayName,mobilePhone,department\n1,Ada,+919800000007,Sales\n2,Bo,+919800000008,HR\n";
    std::fs::write(fixture.folder.path().join("staff.csv"), file).unwrap();
    let rest = text.split_once("[target.login]").unwrap().1;
    let source = format!("[source]\n{component}settings.file = \"staff.csv\"\ngrants.files = [\"staff.csv\"]\n");
    std::fs::write(fixture.tenant(), format!("{source}[target.login]{rest}")).unwrap();
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    assert_eq!(fixture.emulator.shared().kaizala.people.len(), 2);
    assert_eq!(fixture.groups()["Sales"], ["+919800000007"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_of_ones_own_takes_the_place_of_kaizala() {
    let fixture = Fixture::new(people()).await;
    let target = format!("{}grants.outbox = true\n", named(&fixture, "csv-push"));
    let group = "[[group]]\nkey = \"managers\"\nname = \"Managers\"\nrule = 'user.jobTitle -contains \"Manager\"'\n";
    write_for_files(&fixture, &target, group);
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    assert_eq!(fixture.emulator.shared().kaizala.people.len(), 0);
    let written = everything_in(fixture.folder.path());
    assert!(contains(&written, "Person a") && contains(&written, "managers,a,member"), "the files are in the outbox");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_was_not_granted_is_refused_with_the_step_the_origin_and_the_setting() {
    let mut users = people();
    users[0].insert("id".into(), json!("ask_once"));
    // The hostile mapping takes the name for an address.
    users[0].insert("displayName".into(), json!("https://elsewhere.example/"));
    let fixture = Fixture::new(users).await;
    let grants = "outbox = true\nstorage = true\nlookup = true\nscheduling = true\nfiles = [\"staff.csv\"]\n";
    let mapping =
        |http: &str| format!("[[mapping]]\n{}[mapping.grants]\n{http}{grants}", named(&fixture, "hostile-guests"));
    std::fs::write(fixture.folder.path().join("staff.csv"), "").unwrap();
    // An import that is not granted: the component is not even started.
    write_for_files(&fixture, BUILT_IN, &mapping("").replace("files", "#files"));
    let output = fixture.run(&["sync", "contoso.toml"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    let named = ["mapping[0]: the component asks for", "which it is not granted", "under [mapping.grants]"];
    assert!(named.iter().all(|text| said.contains(text)), "{said}");
    // Another origin granted: the request is refused, and the log says so.
    write_for_files(&fixture, BUILT_IN, &mapping("http = [\"https://hr.example\"]\n"));
    fixture.sync().await;
    let output = fixture.run(&["log", "contoso.toml", "1"]).await;
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    let named = ["mapping", "https://elsewhere.example", "mapping.grants"];
    assert!(named.iter().all(|text| log.contains(text)), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_that_tells_everything_it_sees_tells_no_secret() {
    let mut users = people();
    users[0].insert("id".into(), json!("dump"));
    let fixture = Fixture::new(users).await;
    // It asks the granted origin too, and tells what comes back.
    let name = json!({"id": "dump", "displayName": format!("{}/v1.0/users/b", fixture.emulator.graph_url)});
    fixture.emulator.shared().world.put(name.as_object().cloned().unwrap());
    std::fs::write(fixture.folder.path().join("staff.csv"), "").unwrap();
    let grants = "outbox = true\nstorage = true\nlookup = true\nscheduling = true\nfiles = [\"staff.csv\"]\n";
    let http = format!("http = [\"{}\"]\n", fixture.emulator.graph_url);
    let mapping = format!("[[mapping]]\n{}[mapping.grants]\n{http}{grants}", named(&fixture, "hostile-guests"));
    write_for_files(&fixture, BUILT_IN, &mapping);
    let mut command = fixture.command(&["sync", "contoso.toml", "--json"]);
    command.env("SOME_SECRET", "in-the-environment");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let mut seen = everything_in(fixture.folder.path());
    let said = String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(contains(&seen, "environment []"), "it did not tell what it sees: {said}");
    seen.extend(output.stdout);
    seen.extend(output.stderr);
    for secret in [CLIENT_SECRET, APPLICATION_SECRET, REFRESH_TOKEN, "in-the-environment", "emulated-access-token"] {
        assert!(!contains(&seen, secret), "{secret} can be seen");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_component_is_looked_at_before_it_is_used() {
    let fixture = Fixture::new(Vec::new()).await;
    named(&fixture, "shout-mapping");
    let inspect = async |component: &str| {
        let output = fixture.run(&["component", "inspect", component, "--json"]).await;
        serde_json::from_slice::<Value>(&output.stdout).unwrap()
    };
    let own = inspect("shout-mapping.wasm").await;
    assert_eq!(own["steps"], json!([{ "step": "mapping", "contract": "0.1.0" }]));
    assert_eq!((&own["grants"], &own["refused"]), (&json!([]), &json!([])));
    assert!(own["digest"].as_str().unwrap().starts_with("sha256:"), "{own}");
    let ours = inspect("kaizala-push").await;
    assert_eq!(ours["grants"], json!(["http", "storage", "outbox"]));

    let output = fixture.run(&["component", "inspect", "contoso.toml"]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("contoso.toml cannot be used"), "{said}");
    let output = fixture.run(&["component", "inspect", "nowhere.wasm"]).await;
    assert!(String::from_utf8_lossy(&output.stderr).contains("there is no such file"));
}

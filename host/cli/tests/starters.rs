//! What `rollcall init` prints works as it is, once the secrets and addresses are filled in.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use fixture::Fixture;
use rollcall_emulator::kaizala::LOGIN;
use rollcall_emulator::scim::{ENTERPRISE, TOKEN};
use rollcall_emulator::{APPLICATION_ID, APPLICATION_SECRET, CLIENT_ID, CLIENT_SECRET, REFRESH_TOKEN};
use serde_json::{Map, Value, json};

const NOBODY: &str = "00000000-0000-0000-0000-000000000000";

fn people() -> Vec<Map<String, Value>> {
    // Two have no phone number: to a service that knows people by their names they are people all the same.
    [
        json!({"id": "ann", "displayName": "Ann Lee", "givenName": "Ann", "surname": "Lee", "mobilePhone": "+919800000001",
            "userPrincipalName": "ann@contoso.com", "mail": "ann@contoso.com", "department": "Sales", "accountEnabled": true}),
        json!({"id": "bob", "displayName": "Bob Ray", "userPrincipalName": "bob@contoso.com", "department": "Sales",
            "manager": "ann", "accountEnabled": true}),
        json!({"id": "cyd", "displayName": "Cyd Orr", "userPrincipalName": "cyd@contoso.com", "mobilePhone": "ext. 42",
            "department": "HR", "accountEnabled": false}),
    ]
    .into_iter()
    .map(|person| person.as_object().cloned().unwrap())
    .collect()
}

/// The file for a target, with what belongs to the emulator filled in.
async fn starter(target: &str) -> Fixture {
    let fixture = Fixture::new(people()).await;
    let printed = fixture.run(&["init", "--target", target]).await;
    let (graph, kaizala) = (&fixture.emulator.graph_url, &fixture.emulator.kaizala_url);
    let text = String::from_utf8(printed.stdout).unwrap();
    let text = text
        .replacen(NOBODY, CLIENT_ID, 1)
        .replacen(NOBODY, APPLICATION_ID, 1)
        .replace("{ env = \"ROLLCALL_CLIENT_SECRET\" }", &format!("\"{CLIENT_SECRET}\""))
        .replace("{ env = \"ROLLCALL_KAIZALA_SECRET\" }", &format!("\"{APPLICATION_SECRET}\""))
        .replace("{ env = \"ROLLCALL_KAIZALA_REFRESH_TOKEN\" }", &format!("\"{REFRESH_TOKEN}\""))
        .replace("{ env = \"ROLLCALL_SCIM_TOKEN\" }", &format!("\"{TOKEN}\""))
        .replace("https://directory.example.org/scim/v2", &fixture.emulator.scim_url)
        .replace("[source.login]\n", &format!("[source.login]\nlogin_url = \"{graph}\"\ngraph_url = \"{graph}\"\n"))
        .replace("[target.login]\napplication_id", &format!("[target.login]\nurl = \"{kaizala}\"\napplication_id"));
    std::fs::write(fixture.tenant(), text).unwrap();
    let checked = fixture.run(&["check", "contoso.toml"]).await;
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    fixture
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_for_scim_brings_everybody_with_managers_and_disabled_accounts_inactive() {
    let fixture = starter("scim").await;
    let report = fixture.sync().await;
    assert_eq!((&report["status"], &report["counts"]["people_skipped"]), (&json!("Success"), &json!(0)), "{report}");
    let scim = &fixture.emulator.shared().scim;
    let user = |name: &str| {
        let named = |user: &&rollcall_emulator::scim::Resource| user.attributes["userName"] == name;
        scim.users.values().find(named).unwrap_or_else(|| panic!("no {name}: {:#?}", scim.users)).attributes.clone()
    };
    let (ann, bob, cyd) = (user("ann@contoso.com"), user("bob@contoso.com"), user("cyd@contoso.com"));
    assert_eq!((&ann["name"]["givenName"], &ann["name"]["familyName"]), (&json!("Ann"), &json!("Lee")));
    let manager = bob[ENTERPRISE]["manager"]["value"].as_str().unwrap();
    assert_eq!(scim.users[manager].attributes["userName"], "ann@contoso.com");
    assert_eq!((&cyd["active"], &bob["active"]), (&json!(false), &json!(true)));
    assert_eq!(scim.groups.values().next().unwrap().attributes["members"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_for_csv_lists_everybody_and_writes_them_again_when_asked() {
    let fixture = starter("csv").await;
    let report = fixture.sync().await;
    assert_eq!((&report["status"], &report["counts"]["people_skipped"]), (&json!("Success"), &json!(0)), "{report}");
    let file = |name: &str| fixture.folder.path().join("contoso.state/outbox").join(name);
    let people = std::fs::read_to_string(file("people.csv")).unwrap();
    assert!(people.starts_with("id,name,email,phone_number,") && people.lines().count() == 4, "{people}");
    assert!(people.contains("bob,Bob Ray,") && people.contains(",ann\r\n"), "{people}");
    assert_eq!(std::fs::read_to_string(file("members.csv")).unwrap().lines().count(), 3);

    // Nothing changed: the file stays as it is, whatever somebody did to it.
    std::fs::write(file("people.csv"), "spoilt").unwrap();
    fixture.sync().await;
    assert_eq!(std::fs::read_to_string(file("people.csv")).unwrap(), "spoilt");
    let verified = fixture.run(&["verify", "contoso.toml"]).await;
    let said = String::from_utf8_lossy(&verified.stdout).into_owned() + &String::from_utf8_lossy(&verified.stderr);
    assert!(!verified.status.success() && said.contains("`rollcall verify --repair`"), "{said}");
    let repaired = fixture.run(&["verify", "contoso.toml", "--repair"]).await;
    assert!(repaired.status.success(), "{repaired:?}");
    assert_eq!(std::fs::read_to_string(file("people.csv")).unwrap(), people);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_for_kaizala_makes_groups_and_an_import_file_and_says_who_must_be_removed_by_hand() {
    let fixture = starter("kaizala").await;
    // The smallest directory loses one person at a time.
    fixture.emulator.shared().world.put(
        json!({"id": "dan", "displayName": "Dan Fox", "mobilePhone": "+919800000004", "department": "Sales", "accountEnabled": true})
            .as_object()
            .cloned()
            .unwrap(),
    );
    let report = fixture.sync().await;
    // Whom nobody can call is nobody at Kaizala.
    assert_eq!((&report["status"], &report["counts"]["people_skipped"]), (&json!("Success"), &json!(2)), "{report}");
    assert_eq!(fixture.groups()["Sales"], ["+919800000001", "+919800000004"]);
    let path = fixture.folder.path().join("contoso.state/outbox/kaizala-import.csv");
    let file = std::fs::read_to_string(&path).unwrap();
    assert!(file.starts_with("Mobile Number,name,") && file.lines().count() == 3, "{file}");

    // Nothing changed, so nothing is written.
    std::fs::remove_file(&path).unwrap();
    fixture.sync().await;
    assert!(!path.exists());

    fixture.emulator.shared().world.delete("dan", false);
    let report = fixture.sync().await;
    assert_eq!((&report["status"], &report["counts"]["people_removed"]), (&json!("Success"), &json!(0)), "{report}");
    assert_eq!(fixture.groups()["Sales"], ["+919800000001"]);
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 2);
    let log =
        |fixture: &Fixture, run: &Value| fixture.command(&["log", "contoso.toml", &run.to_string()]).output().unwrap();
    let told = String::from_utf8(log(&fixture, &report["run"]).stdout).unwrap();
    assert!(told.contains("+919800000004 (dan) is not in the import file any more"), "{told}");
    assert!(told.contains("Delete this person in the management portal"), "{told}");

    // Whoever runs it reads the groups back; the directory has no call for that, and the login is a member that nobody added.
    let verify = fixture.run(&["verify", "contoso.toml"]).await;
    let said = String::from_utf8(verify.stdout).unwrap();
    assert!(
        said.contains("people cannot be compared") && said.contains("export them in the management portal"),
        "{said}"
    );
    assert!(said.contains(LOGIN), "{said}");
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let settings = format!("[target.settings]\nown_number = \"{LOGIN}\"\n\n[target.login]");
    std::fs::write(fixture.tenant(), text.replace("[target.login]", &settings)).unwrap();
    fixture.emulator.forget_calls();
    let verify = fixture.run(&["verify", "contoso.toml"]).await;
    assert!(!String::from_utf8(verify.stdout).unwrap().contains(LOGIN));
}

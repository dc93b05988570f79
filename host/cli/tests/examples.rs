//! The examples of guest/examples: each made, built and tried as an author would do it, and then a part of whole syncs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;
mod service;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::extract::Query;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use fixture::{Fixture, project};
use rollcall_emulator::kaizala::Entry;
use rollcall_sdk::scheduling::moment;
use serde_json::{Map, Value, json};
use service::{Service, TOKEN};

/// Makes a project of an example, builds and tries it, and puts its component beside the tenant's file, as `example.wasm`.
async fn build(fixture: &Fixture, example: &'static str, language: &'static str) {
    let to = fixture.folder.path().join("example.wasm");
    let work = move || {
        let folder = tempfile::tempdir().unwrap();
        project::done(folder.path(), &["component", "new", example, "--example", example]);
        let own = folder.path().join(example);
        project::done(&own, &["component", "build"]);
        let tried = project::done(&own, &["component", "test"]);
        assert!(tried.contains(", 0 to note, 0 failed"), "{tried}");
        project::own_tests(language, &own);
        if language == "javascript" {
            project::well("npm", &["run", "check"], &own);
        }
        std::fs::copy(own.join(format!("{example}.wasm")), to).unwrap();
    };
    tokio::task::spawn_blocking(work).await.unwrap();
}

fn user(id: &str, more: Value) -> Map<String, Value> {
    let mut user = json!({"id": id, "displayName": format!("Person {id}"), "accountEnabled": true, "usageLocation": "IN",
        "mobilePhone": format!("+91980000000{id}")});
    user.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
    user.as_object().cloned().unwrap()
}

/// Serves these routes on loopback; answers the origin.
async fn serve(router: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    origin
}

/// An attribute of everybody at the target, by phone number.
fn attribute(fixture: &Fixture, name: &str) -> Vec<Value> {
    let shared = fixture.emulator.shared();
    let mut entries: Vec<&Entry> = shared.kaizala.people.values().collect();
    entries.sort_by_key(|entry| &entry.phone);
    entries.into_iter().map(|entry| entry.attributes.get(name).cloned().unwrap_or_default()).collect()
}

async fn synced(fixture: &Fixture, status: &str) {
    let report = fixture.sync().await;
    assert_eq!(report["status"], status, "{report}");
}

/// A sync with the calls of a step recorded; then the first one is made again, and the same comes of it.
async fn recorded(fixture: &Fixture, step: &str) {
    let output = fixture.run(&["sync", "contoso.toml", "--record", &format!("{step}=recorded")]).await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.contains(&format!("{step}: ")), "{said}");
    let sample = std::fs::read_to_string(fixture.folder.path().join("recorded/0001/sample.jsonl")).unwrap();
    let output = fixture.run(&["component", "run", "example.wasm", "--recorded", "recorded/0001"]).await;
    let (found, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}");
    let lines: Vec<Value> = found.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut count = 0;
    for (line, case) in lines.iter().zip(sample.lines()) {
        let case: Value = serde_json::from_str(case).unwrap();
        // A page's line says what kind of change it is.
        let line = line.get("user").unwrap_or(line);
        for (key, wanted) in case["expect"].as_object().unwrap() {
            assert_eq!(&line[key], wanted, "{said}\n{found}\n{sample}");
            count += 1;
        }
    }
    assert!(count > 0, "{sample}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_hr_service_adds_what_it_knows_and_is_asked_again() {
    // Cost centers by number; without any, the service is down.
    let known = Arc::new(Mutex::new(HashMap::from([("17", "4711"), ("18", "0815")])));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let (answers, questions) = (Arc::clone(&known), Arc::clone(&asked));
    let employees = move |Query(query): Query<HashMap<String, String>>| async move {
        questions.lock().unwrap().push(query["numbers"].clone());
        let known = answers.lock().unwrap();
        let found = query["numbers"].split(',').filter_map(|number| {
            Some(json!({ "number": number, "cost_center": known.get(number)?, "preferred_name": format!("Dr. {number}") }))
        });
        let status = if known.is_empty() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
        (status, json!({ "employees": found.collect::<Vec<_>>() }).to_string())
    };
    let origin = serve(Router::new().route("/employees", get(employees))).await;
    let person = |id: &str, number: &str| user(id, json!({ "employeeId": number }));
    let fixture = Fixture::new(vec![person("1", "17"), person("2", "18"), user("3", json!({}))]).await;
    build(&fixture, "hr-service", "rust").await;
    let settings = format!("{{ base_url = \"{origin}\", ask_again_hours = 0 }}");
    fixture.write(&format!(
        "[[mapping]]\n[[mapping]]\ncomponent = \"./example.wasm\"\nsettings = {settings}\n\
         grants = {{ http = [\"{origin}\"], scheduling = true }}\n"
    ));
    recorded(&fixture, "mapping[1]").await;
    assert_eq!(attribute(&fixture, "cost_center"), [json!("4711"), json!("0815"), Value::Null]);
    assert_eq!(attribute(&fixture, "name"), [json!("Dr. 17"), json!("Dr. 18"), json!("Person 3")]);
    assert_eq!(asked.lock().unwrap().join(" "), "17,18", "one question for all");

    // Nothing changes in the directory, and something at the service.
    known.lock().unwrap().insert("18", "0816");
    synced(&fixture, "Success").await;
    assert_eq!(attribute(&fixture, "cost_center"), [json!("4711"), json!("0816"), Value::Null]);

    // The service is down: those whom it knows keep what they have.
    let before = std::mem::take(&mut *known.lock().unwrap());
    synced(&fixture, "Partial").await;
    assert_eq!(attribute(&fixture, "cost_center"), [json!("4711"), json!("0816"), Value::Null]);
    let output = fixture.run(&["log", "contoso.toml", "3", "--failed"]).await;
    let log = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(log.contains("The HR service did not answer. (status 503)"), "{log}");
    *known.lock().unwrap() = before;
    fixture.run(&["retry", "contoso.toml"]).await;
    synced(&fixture, "Success").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_written_by_the_custom_of_the_country() {
    let ilona = json!({ "displayName": "Ilona", "givenName": "Ilona", "surname": "Nagy", "usageLocation": "HU" });
    let taro = json!({ "displayName": "Taro", "givenName": "太郎", "surname": "山田", "usageLocation": "JP" });
    let adele = json!({ "displayName": "Adele V.", "givenName": "Adele", "surname": "Vance", "usageLocation": "US" });
    let fixture = Fixture::new(vec![user("1", ilona), user("2", taro), user("3", adele)]).await;
    build(&fixture, "local-names", "python").await;
    fixture.write("[[mapping]]\n[[mapping]]\ncomponent = \"./example.wasm\"\nsettings.capitals = true\n");
    recorded(&fixture, "mapping[1]").await;
    assert_eq!(attribute(&fixture, "name"), ["NAGY Ilona", "山田太郎", "Adele Vance"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn shifts_follow_the_schedule_in_storage_and_the_clock() {
    let crew = |id: &str, crew: &str| user(id, json!({ "department": crew }));
    let fixture = Fixture::new(vec![crew("1", "Red"), crew("2", "Blue"), crew("3", "Office")]).await;
    build(&fixture, "shift-groups", "javascript").await;
    let with_rules = std::fs::read_to_string(fixture.tenant()).unwrap();
    let without_rules = with_rules.split("[[group]]").next().unwrap();
    let grouping = "[grouping]\ncomponent = \"./example.wasm\"\ngrants = { storage = true, scheduling = true }\n";
    std::fs::write(fixture.tenant(), format!("{without_rules}{grouping}")).unwrap();
    let at = |seconds: i64| {
        let now = SystemTime::now();
        let distance = Duration::from_secs(seconds.unsigned_abs());
        moment(if seconds < 0 { now - distance } else { now + distance })
    };
    let set = async |schedule: Value| {
        std::fs::write(fixture.folder.path().join("shifts.json"), schedule.to_string()).unwrap();
        let output = fixture.run(&["storage", "contoso.toml", "grouping", "--set", "schedule=shifts.json"]).await;
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("the next run asks for everybody again"), "{said}{output:?}");
    };
    let (red, blue) = ("+919800000001".to_owned(), "+919800000002".to_owned());

    // Nobody is decided for without a schedule.
    synced(&fixture, "Success").await;
    assert!(fixture.groups().is_empty());

    set(json!([
        { "crew": "Red", "shift": "early", "from": at(-3_600), "to": at(3_600) },
        { "crew": "Blue", "shift": "late", "from": at(-3_600), "to": at(3_600) },
    ]))
    .await;
    recorded(&fixture, "grouping").await;
    assert_eq!(fixture.groups()["Early shift"], std::slice::from_ref(&red));
    assert_eq!(fixture.groups()["Late shift"], std::slice::from_ref(&blue));

    // The crews change places in a moment. Nothing else happens: the host comes back because it was asked to.
    let (until, from) = (at(4), at(4));
    set(json!([
        { "crew": "Red", "shift": "early", "from": at(-3_600), "to": until },
        { "crew": "Red", "shift": "late", "from": from, "to": at(3_600) },
        { "crew": "Blue", "shift": "late", "from": at(-3_600), "to": until },
        { "crew": "Blue", "shift": "early", "from": from, "to": at(3_600) },
    ]))
    .await;
    synced(&fixture, "Success").await;
    tokio::time::sleep(Duration::from_secs(5)).await;
    synced(&fixture, "Success").await;
    assert_eq!(
        (fixture.groups()["Early shift"].clone(), fixture.groups()["Late shift"].clone()),
        (vec![blue], vec![red])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_directory_is_read_over_scim() {
    let fixture = Fixture::new(Vec::new()).await;
    let service = Service::start(fixture.folder.path());
    let person = |name: &str, phone: &str, department: &str| {
        let schemas = [
            "urn:ietf:params:scim:schemas:core:2.0:User",
            "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User",
        ];
        let body = json!({ "schemas": schemas, "userName": format!("{name}@contoso.example"), "displayName": name, "active": true,
            "phoneNumbers": [{ "type": "mobile", "value": phone }], schemas[1]: { "department": department } });
        service.send("POST", "Users", &body.to_string());
    };
    person("Adele", "+919800000001", "Sales");
    person("Alex", "+919800000002", "Sales");
    person("Isaiah", "+919800000003", "Support");
    build(&fixture, "scim-pull", "rust").await;
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let rest = text.split_once("[target.login]").unwrap().1;
    let (url, origin) = (service.url(), service.url().replace("/v2", ""));
    let source = format!(
        "[source]\ncomponent = \"./example.wasm\"\nsettings = {{ base_url = \"{url}\", page = 2 }}\ngrants.http = [\"{origin}\"]\n\
         login = {{ kind = \"bearer\", token = \"{TOKEN}\", origins = [\"{origin}\"] }}\n"
    );
    std::fs::write(fixture.tenant(), format!("{source}[target.login]{rest}")).unwrap();
    recorded(&fixture, "source").await;
    assert_eq!(attribute(&fixture, "name"), ["Adele", "Alex", "Isaiah"]);
    assert_eq!(fixture.groups()["Sales"], ["+919800000001", "+919800000002"]);

    // One leaves, one comes, one moves: nobody tells, and the next round finds out.
    let id = |name: &str| {
        let found = service.list("Users").into_iter().find(|user| user["displayName"] == name).unwrap();
        found["id"].as_str().unwrap().to_owned()
    };
    service.send("DELETE", &format!("Users/{}", id("Alex")), "");
    person("Lidia", "+919800000004", "Sales");
    synced(&fixture, "Success").await;
    assert_eq!(attribute(&fixture, "name"), ["Adele", "Isaiah", "Lidia"]);
    assert_eq!(fixture.groups()["Sales"], ["+919800000001", "+919800000004"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chat_is_told_once_who_came_and_left() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let hook = Arc::clone(&told);
    let take = move |headers: HeaderMap, body: String| async move {
        assert_eq!(headers["x-hook-key"], "hook-secret", "the host adds the login");
        let message: Value = serde_json::from_str(&body).unwrap();
        hook.lock().unwrap().push(message["text"].as_str().unwrap().to_owned());
        "ok"
    };
    let origin = serve(Router::new().route("/hooks/people", post(take))).await;
    let sales = |id: &str| user(id, json!({ "department": "Sales" }));
    let fixture = Fixture::new(vec![sales("1"), sales("2")]).await;
    build(&fixture, "chat-notices", "rust").await;
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let source = text.split_once("[target.login]").unwrap().0;
    let group = "[[group]]\nkey = \"sales\"\nname = \"Sales\"\nrule = 'user.department -eq \"Sales\"'\n";
    let target = format!(
        "[target]\ncomponent = \"./example.wasm\"\nsettings.webhook = \"{origin}/hooks/people\"\n\
         grants = {{ http = [\"{origin}\"], storage = true }}\n\
         login = {{ kind = \"header\", name = \"x-hook-key\", value = \"hook-secret\", origins = [\"{origin}\"] }}\n"
    );
    std::fs::write(fixture.tenant(), format!("{source}{target}{group}")).unwrap();
    let messages = || std::mem::take(&mut *told.lock().unwrap());
    recorded(&fixture, "target").await;
    assert_eq!(messages(), ["Person 1 and Person 2 are here now.", "There is a new group: Sales."]);

    synced(&fixture, "Success").await;
    assert_eq!(messages(), Vec::<String>::new());

    fixture.emulator.shared().world.delete("2", false);
    fixture.emulator.shared().world.put(sales("3"));
    synced(&fixture, "Success").await;
    assert_eq!(messages(), ["Person 3 is here now.", "Person 2 has left."]);
}

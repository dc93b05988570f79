//! SCIM services as they are: each habit of theirs alone, and many together. The emulated one takes the standard by the letter.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod built_in;
mod fixture;

use std::collections::BTreeMap;
use std::sync::Arc;

use fixture::Fixture;
use rollcall_emulator::Service;
use rollcall_emulator::scim::{ENTERPRISE, Quirks, Resource, TOKEN};
use rollcall_sync::config::TenantConfig;
use rollcall_sync::host::{Host, Hosted};
use rollcall_sync::progress::Silent;
use rollcall_sync::run::{Report, Status, Verify, Wish};
use serde_json::{Map, Value, json};

/// What services do, each of them alone, and together where that is another thing.
const HABITS: [&[&str]; 28] = [
    &[],
    &["discovery=false"],
    &["patch=false"],
    &["patch=false", "versions=true", "silent=true"],
    &["patch=false", "no_schemas=true", "names=lower"],
    &["patch=false", "text_truth=true", "filter=false"],
    &["filter=false", "largest_page=2"],
    &["or=false"],
    &["or=false", "key_filter=false", "group_keys=false"],
    &["nothing_is_404=true"],
    &["bulk=3"],
    &["bulk=100", "bulk_without_marks=true", "versions=true"],
    &["versions=true"],
    &["versions=true", "strict_versions=true"],
    &["patch=false", "versions=true", "strict_versions=true"],
    &["silent=true"],
    &["only_location=true"],
    &["no_schemas=true"],
    &["text_truth=true"],
    &["names=lower"],
    &["names=upper", "largest_page=1"],
    &["odd_ids=true"],
    &["removes_users=false", "removes_groups=false"],
    &["ends_memberships=true"],
    &["most_members=2"],
    &["absent_removal=false"],
    &["chosen_removal=false"],
    &[
        "silent=true",
        "only_location=true",
        "no_schemas=true",
        "text_truth=true",
        "names=lower",
        "odd_ids=true",
        "or=false",
        "nothing_is_404=true",
        "absent_removal=false",
        "chosen_removal=false",
        "bulk=4",
    ],
];

fn person(id: &str, department: &str, manager: Option<&str>) -> Map<String, Value> {
    let mut person = json!({"id": id, "displayName": format!("Person {id}"), "mail": format!("{id}@contoso.com"),
        "department": department, "jobTitle": "Analyst", "city": "Pune", "accountEnabled": true});
    if let Some(manager) = manager {
        person["manager"] = json!(manager);
    }
    person.as_object().cloned().unwrap()
}

const ATTRIBUTES: &str = r#"
[deprovisioning]
disabled_accounts = "suspend"

[[attribute]]
name = "name"
expression = "[displayName]"

[[attribute]]
name = "email"
expression = "[mail]"
matching = 1

[[attribute]]
name = "job_title"
expression = "[jobTitle]"

[[attribute]]
name = "city"
expression = "[city]"

[[attribute]]
name = "department"
expression = "[department]"

[[attribute]]
name = "manager_id"
expression = "[manager.id]"

[[group_by]]
attributes = ["department"]
name = "{department}"
"#;

/// A tenant with a service of these habits as its target, and people of whom one is there already.
async fn tenant(habits: &[&str]) -> Fixture {
    let people = vec![
        person("ann", "Sales", None),
        person("bob", "Sales", Some("ann")),
        person("cyd", "Sales", Some("bob")),
        person("dan", "HR", Some("ann")),
        person("eve", "HR", Some("gus")),
        person("fay", "Sales", Some("eve")),
        person("gus", "Legal", None),
    ];
    let fixture = Fixture::new(people).await;
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let (source, _) = text.split_once("[target.login]").unwrap();
    let url = &fixture.emulator.scim_url;
    let target = format!(
        "[target]\ncomponent = \"scim-push\"\nsettings.base_url = \"{url}\"\nlogin = {{ kind = \"bearer\", token = \"{TOKEN}\" }}\n"
    );
    std::fs::write(fixture.tenant(), format!("{source}{target}{ATTRIBUTES}")).unwrap();
    let quirks = Quirks::parse(habits.iter().copied()).unwrap();
    let there = json!({"userName": "BOB@contoso.com", "displayName": "Robert", "title": "Boss",
        "emails": [{"type": "home", "value": "bob@home.example", "primary": true}]});
    let there = Resource { attributes: there.as_object().cloned().unwrap(), version: 1 };
    {
        let scim = &mut fixture.emulator.shared().scim;
        scim.quirks = quirks;
        scim.users.insert("was-there".to_owned(), there);
    }
    fixture
}

async fn run(host: &Host, fixture: &Fixture, wish: Wish) -> (Report, Arc<Hosted>) {
    let tenant = host.open(TenantConfig::load(fixture.tenant()).unwrap()).await.unwrap();
    let report = tenant.sync(&wish, Arc::new(Silent)).await.unwrap();
    (report, tenant)
}

/// A run that must end well.
async fn sync(host: &Host, fixture: &Fixture, habits: &[&str]) -> Report {
    let (report, tenant) = run(host, fixture, Wish::default()).await;
    let log: Vec<String> = tenant.tenant.log(report.run).unwrap().map(|entry| entry.text()).collect();
    assert_eq!(report.status, Status::Success, "{habits:?}: {report:#?}\n{}", log.join("\n"));
    report
}

/// Title, city, department, the manager's id at the source, and whether the entry is active.
type User = (String, String, String, String, bool);

/// Users by their ids at the source.
type Users = BTreeMap<String, User>;

fn users(fixture: &Fixture) -> Users {
    let scim = &fixture.emulator.shared().scim;
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let key = |id: &str| {
        scim.users.get(id).map_or_else(|| "nobody".to_owned(), |user| text(user.attributes.get("externalId")))
    };
    let user = |user: &Resource| {
        let attributes = &user.attributes;
        let extension = attributes.get(ENTERPRISE);
        let manager = text(extension.and_then(|extension| extension.pointer("/manager/value")));
        let manager = if manager.is_empty() { manager } else { key(&manager) };
        let city = attributes.get("addresses").and_then(|addresses| addresses.pointer("/0/locality"));
        (
            text(attributes.get("externalId")),
            (
                text(attributes.get("title")),
                text(city),
                text(extension.and_then(|extension| extension.get("department"))),
                manager,
                attributes["active"] == true,
            ),
        )
    };
    scim.users.values().map(user).collect()
}

fn groups(fixture: &Fixture) -> BTreeMap<String, Vec<String>> {
    let scim = &fixture.emulator.shared().scim;
    let key = |member: &Value| {
        let user = scim.users.get(member["value"].as_str().unwrap());
        user.map_or("nobody", |user| user.attributes["externalId"].as_str().unwrap()).to_owned()
    };
    let group = |group: &Resource| {
        let members = group.attributes.get("members").and_then(Value::as_array);
        let mut members: Vec<String> = members.into_iter().flatten().map(key).collect();
        members.sort();
        (group.attributes["displayName"].as_str().unwrap().to_owned(), members)
    };
    scim.groups.values().map(group).collect()
}

fn is(title: &str, city: &str, department: &str, manager: &str, active: bool) -> User {
    (title.to_owned(), city.to_owned(), department.to_owned(), manager.to_owned(), active)
}

fn holds(fixture: &Fixture, expected: &[(&str, User)], habits: &[&str]) {
    let expected: Users = expected.iter().map(|(id, user)| ((*id).to_owned(), user.clone())).collect();
    assert_eq!(users(fixture), expected, "{habits:?}");
}

fn members(expected: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
    let members = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    expected.iter().map(|(name, ids)| ((*name).to_owned(), members(ids))).collect()
}

fn put(fixture: &Fixture, patch: Value) {
    fixture.emulator.shared().world.put(patch.as_object().cloned().unwrap());
}

/// Requests to the service, and how many of them changed something.
fn requests(fixture: &Fixture) -> (usize, usize) {
    let calls = fixture.emulator.calls();
    let scim = calls.iter().filter(|call| call.service == Service::Scim);
    (scim.clone().count(), scim.filter(|call| call.writes()).count())
}

async fn is_kept_in_step(host: &Host, habits: &[&str]) {
    let fixture = tenant(habits).await;
    let quirks = fixture.emulator.shared().scim.quirks.clone();
    let report = sync(host, &fixture, habits).await;
    assert_eq!((report.counts.people_created, report.counts.people_adopted), (6, 1), "{habits:?}: {report:?}");
    let expected = [
        ("ann", is("Analyst", "Pune", "Sales", "", true)),
        ("bob", is("Analyst", "Pune", "Sales", "ann", true)),
        ("cyd", is("Analyst", "Pune", "Sales", "bob", true)),
        ("dan", is("Analyst", "Pune", "HR", "ann", true)),
        ("eve", is("Analyst", "Pune", "HR", "gus", true)),
        ("fay", is("Analyst", "Pune", "Sales", "eve", true)),
        ("gus", is("Analyst", "Pune", "Legal", "", true)),
    ];
    holds(&fixture, &expected, habits);
    let expected = [("HR", &["dan", "eve"][..]), ("Legal", &["gus"]), ("Sales", &["ann", "bob", "cyd", "fay"])];
    assert_eq!(groups(&fixture), members(&expected), "{habits:?}");

    // Nothing changed: nothing is asked.
    fixture.emulator.forget_calls();
    sync(host, &fixture, habits).await;
    assert_eq!(requests(&fixture), (0, 0), "{habits:?}");

    // A promotion, a value that is cleared, a move, another manager, one who leaves, one who is suspended, and a newcomer. Where there
    // are versions, somebody else is faster twice.
    fixture.emulator.shared().scim.races = if quirks.versions { 2 } else { 0 };
    put(&fixture, json!({"id": "ann", "jobTitle": "Chief", "city": null}));
    put(&fixture, json!({"id": "bob", "department": "HR"}));
    put(&fixture, json!({"id": "cyd", "manager": "ann"}));
    put(&fixture, json!({"id": "dan", "manager": null}));
    put(&fixture, json!({"id": "gus", "accountEnabled": false}));
    fixture.emulator.shared().world.delete("fay", false);
    put(&fixture, Value::Object(person("hal", "Sales", Some("eve"))));
    sync(host, &fixture, habits).await;
    let mut expected = vec![
        ("ann", is("Chief", "", "Sales", "", true)),
        ("bob", is("Analyst", "Pune", "HR", "ann", true)),
        ("cyd", is("Analyst", "Pune", "Sales", "ann", true)),
        ("dan", is("Analyst", "Pune", "HR", "", true)),
        ("eve", is("Analyst", "Pune", "HR", "gus", true)),
        ("gus", is("Analyst", "Pune", "Legal", "", false)),
        ("hal", is("Analyst", "Pune", "Sales", "eve", true)),
    ];
    if !quirks.removes_users {
        // Whoever cannot be removed is inactive.
        expected.push(("fay", is("Analyst", "Pune", "Sales", "eve", false)));
    }
    holds(&fixture, &expected, habits);
    let in_step = members(&[("HR", &["bob", "dan", "eve"]), ("Legal", &[]), ("Sales", &["ann", "cyd", "hal"])]);
    assert_eq!(groups(&fixture), in_step, "{habits:?}");

    is_repaired(host, &fixture, habits).await;
    holds(&fixture, &expected, habits);
    assert_eq!(groups(&fixture), in_step, "{habits:?}");
}

/// Somebody else changes what is there: that is told, and repaired.
async fn is_repaired(host: &Host, fixture: &Fixture, habits: &[&str]) {
    let verify = |repair| Wish { verify: Some(repair), ..Wish::default() };
    let (report, _) = run(host, fixture, verify(Verify::Report)).await;
    assert_eq!((report.status, report.counts.differences), (Status::Success, 0), "{habits:?}: {report:?}");
    {
        let scim = &mut fixture.emulator.shared().scim;
        let id_of = |scim: &rollcall_emulator::scim::Scim, key: &str| {
            scim.users.iter().find(|(_, user)| user.attributes["externalId"] == key).unwrap().0.clone()
        };
        let (ann, cyd, eve) = (id_of(scim, "ann"), id_of(scim, "cyd"), id_of(scim, "eve"));
        scim.users.get_mut(&ann).unwrap().attributes.insert("title".to_owned(), "Boss".into());
        scim.users.get_mut(&eve).unwrap().attributes.insert("active".to_owned(), false.into());
        for group in scim.groups.values_mut() {
            match group.attributes["displayName"].as_str().unwrap() {
                "HR" => group.attributes["members"].as_array_mut().unwrap().push(json!({ "value": cyd })),
                "Sales" => {
                    group.attributes["members"].as_array_mut().unwrap().retain(|member| member["value"] != cyd.as_str())
                }
                _ => drop(group.attributes.insert("displayName".to_owned(), "Lawyers".into())),
            }
        }
    }
    let (report, _) = run(host, fixture, verify(Verify::Report)).await;
    assert_eq!((report.status, report.counts.differences), (Status::Partial, 5), "{habits:?}: {report:?}");
    run(host, fixture, verify(Verify::Repair)).await;
    let (report, _) = run(host, fixture, verify(Verify::Report)).await;
    assert_eq!((report.status, report.counts.differences), (Status::Success, 0), "{habits:?}: {report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn services_with_every_habit_are_kept_in_step() {
    let host = built_in::host();
    for habits in HABITS {
        is_kept_in_step(&host, habits).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_has_no_place_for_is_left_out() {
    let host = built_in::host();
    let habits = ["wide_schema=false", "groups=false"];
    let fixture = tenant(&habits).await;
    let (report, tenant) = run(&host, &fixture, Wish::default()).await;
    let log: Vec<String> = tenant.tenant.log(report.run).unwrap().map(|entry| entry.text()).collect();
    assert_eq!((report.status, users(&fixture).len()), (Status::Success, 7), "{report:?}\n{}", log.join("\n"));
    let bob = users(&fixture)["bob"].clone();
    assert_eq!(bob, is("Analyst", "", "", "", true));
    for left_out in ["department", "manager", "addresses"] {
        assert!(log.iter().any(|line| line.contains("does not take") && line.contains(left_out)), "{}", log.join("\n"));
    }
    assert!(fixture.emulator.shared().scim.groups.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_is_put_back_whole_keeps_the_members_that_lists_leave_out() {
    let host = built_in::host();
    let habits = ["patch=false", "short_lists=true"];
    let fixture = tenant(&habits).await;
    {
        let scim = &mut fixture.emulator.shared().scim;
        let resource =
            |attributes: Value| Resource { attributes: attributes.as_object().cloned().unwrap(), version: 1 };
        let other = json!({"userName": "other@contoso.com", "externalId": "other", "active": true});
        scim.users.insert("another".to_owned(), resource(other));
        let group = json!({"displayName": "HR", "members": [{"value": "another"}]});
        scim.groups.insert("known".to_owned(), resource(group));
    }
    sync(&host, &fixture, &habits).await;
    assert_eq!(groups(&fixture)["HR"], ["dan", "eve", "other"]);
}

/// Requests about users since the last time: method, status, and whether a version was named.
fn about_users(fixture: &Fixture) -> Vec<(String, u16, bool)> {
    let calls = fixture.emulator.calls();
    fixture.emulator.forget_calls();
    let about = calls.into_iter().filter(|call| call.service == Service::Scim && call.path.contains("/Users/"));
    about.map(|call| (call.method, call.status, call.if_match.is_some())).collect()
}

/// Somebody else changes an entry.
fn touch(fixture: &Fixture, key: &str) {
    let scim = &mut fixture.emulator.shared().scim;
    scim.users.values_mut().find(|user| user.attributes["externalId"] == key).unwrap().version += 1;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_names_the_version_that_was_last_written_and_an_outdated_one_is_read_again() {
    let host = built_in::host();
    let fixture = tenant(&["versions=true"]).await;
    sync(&host, &fixture, &[]).await;
    about_users(&fixture);
    let asked = |method: &str, status, named| (method.to_owned(), status, named);

    // Twice: what the first answers is what the second names.
    for title in ["Chief", "Head"] {
        put(&fixture, json!({"id": "ann", "jobTitle": title}));
        sync(&host, &fixture, &[]).await;
        assert_eq!(about_users(&fixture), [asked("PATCH", 200, true)]);
    }
    touch(&fixture, "ann");
    put(&fixture, json!({"id": "ann", "jobTitle": "Boss"}));
    sync(&host, &fixture, &[]).await;
    let again = [asked("PATCH", 412, true), asked("GET", 200, false), asked("PATCH", 200, true)];
    assert_eq!(about_users(&fixture), again);
    assert_eq!(users(&fixture)["ann"], is("Boss", "Pune", "Sales", "", true));

    fixture.emulator.shared().world.delete("dan", false);
    sync(&host, &fixture, &[]).await;
    assert_eq!(about_users(&fixture), [asked("DELETE", 204, true)]);
    touch(&fixture, "fay");
    fixture.emulator.shared().world.delete("fay", false);
    sync(&host, &fixture, &[]).await;
    let again = [asked("DELETE", 412, true), asked("GET", 200, false), asked("DELETE", 204, true)];
    assert_eq!(about_users(&fixture), again);
    assert!(!users(&fixture).contains_key("fay"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_entry_is_put_back_with_the_version_that_was_read() {
    let host = built_in::host();
    let fixture = tenant(&["versions=true", "patch=false"]).await;
    sync(&host, &fixture, &[]).await;
    about_users(&fixture);
    fixture.emulator.shared().scim.races = 1;
    put(&fixture, json!({"id": "ann", "jobTitle": "Chief"}));
    sync(&host, &fixture, &[]).await;
    let asked: Vec<_> = about_users(&fixture).into_iter().map(|(method, status, _)| (method, status)).collect();
    let expected = [("GET", 200), ("PUT", 412), ("GET", 200), ("PUT", 200)];
    assert_eq!(asked, expected.map(|(method, status)| (method.to_owned(), status)));
}

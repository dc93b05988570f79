//! Kaizala as it was documented, and as it answered: every way of writing an answer, groups within groups, public groups, groups that were
//! there before, and tokens that end or are replaced.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod built_in;
mod fixture;

use std::collections::BTreeMap;
use std::sync::Arc;

use fixture::Fixture;
use rollcall_emulator::Service;
use rollcall_emulator::faults::{Action, Fault};
use rollcall_emulator::kaizala::{Group, LOGIN, Manners};
use rollcall_sync::config::TenantConfig;
use rollcall_sync::host::{Host, Hosted};
use rollcall_sync::progress::Silent;
use rollcall_sync::run::{Report, Status, Verify, Wish};
use serde_json::{Map, Value, json};

fn phone(number: usize) -> String {
    format!("+9198{number:08}")
}

fn person(number: usize, department: &str, title: &str) -> Map<String, Value> {
    json!({"id": format!("p{number}"), "displayName": format!("Person {number}"), "mobilePhone": phone(number),
        "department": department, "jobTitle": title, "accountEnabled": true})
    .as_object()
    .cloned()
    .unwrap()
}

/// A tenant with these groups, and settings of the target.
async fn tenant(people: Vec<Map<String, Value>>, settings: &str, groups: &str) -> Fixture {
    let fixture = Fixture::new(people).await;
    write(&fixture, settings, groups);
    fixture
}

fn write(fixture: &Fixture, settings: &str, groups: &str) {
    fixture.write("");
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let (before, _) = text.split_once("[[group]]").unwrap();
    let settings = format!("directory = \"endpoint\"\nrequests_per_minute = 60000\n{settings}\n");
    let before = before.replace("directory = \"endpoint\"\n", &settings);
    std::fs::write(
        fixture.tenant(),
        format!("{before}[safety]\nmax_deletion_share = 1.0\nlarge_group = 1000\n{groups}"),
    )
    .unwrap();
}

async fn open(host: &Host, fixture: &Fixture) -> Arc<Hosted> {
    host.open(TenantConfig::load(fixture.tenant()).unwrap()).await.unwrap()
}

fn log(tenant: &Hosted, report: &Report) -> String {
    tenant.tenant.log(report.run).unwrap().map(|entry| entry.text() + "\n").collect()
}

/// A run, and its log.
async fn run(tenant: &Hosted, wish: Wish) -> (Report, String) {
    let report = tenant.sync(&wish, Arc::new(Silent)).await.unwrap();
    let log = log(tenant, &report);
    (report, log)
}

/// A run that must end well; answers its log.
async fn sync(tenant: &Hosted) -> String {
    let (report, log) = run(tenant, Wish::default()).await;
    assert_eq!(report.status, Status::Success, "{report:#?}\n{log}");
    log
}

/// How many differences the target has.
async fn differences(tenant: &Hosted) -> u64 {
    let (report, log) = run(tenant, Wish { verify: Some(Verify::Report), ..Wish::default() }).await;
    assert!(!log.contains(LOGIN), "{log}");
    report.counts.differences
}

fn put(fixture: &Fixture, person: Map<String, Value>) {
    fixture.emulator.shared().world.put(person);
}

fn group(key: &str, department: &str, more: &str) -> String {
    format!("[[group]]\nkey = \"{key}\"\nname = \"{key}\"\nrule = 'user.department -eq \"{department}\"'\n{more}\n")
}

fn named(fixture: &Fixture, name: &str) -> (String, Group) {
    let groups = fixture.emulator.shared().kaizala.groups.clone();
    groups.into_iter().find(|(_, group)| group.name == name).unwrap_or_else(|| panic!("no {name}"))
}

fn holds(fixture: &Fixture, expected: &[(&str, &[usize])]) {
    let phones = |numbers: &[usize]| numbers.iter().map(|number| phone(*number)).collect::<Vec<_>>();
    let expected: BTreeMap<_, _> = expected.iter().map(|(name, of)| ((*name).to_owned(), phones(of))).collect();
    assert_eq!(fixture.groups(), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_of_writing_an_answer_is_understood_and_a_token_that_ends_is_renewed_once() {
    let host = built_in::host();
    for manners in [
        Manners::default(),
        Manners { no_slash: true, plain_truth: true, ..Manners::default() },
        Manners { bare: true, status_of_errors: Some(200), ..Manners::default() },
        Manners { status_of_errors: Some(403), ..Manners::default() },
    ] {
        let people = (1..=4).map(|number| person(number, "Sales", "Analyst")).collect();
        let fixture = tenant(people, "", &group("Sales", "Sales", "admins = [\"p2\"]")).await;
        fixture.emulator.shared().kaizala.manners = manners.clone();
        let tenant = open(&host, &fixture).await;
        sync(&tenant).await;
        holds(&fixture, &[("Sales", &[1, 2, 3, 4])]);
        assert_eq!(named(&fixture, "Sales").1.members[&phone(2)].role, "Admin", "{manners:?}");

        // The token ends while it is in use.
        fixture.emulator.shared().kaizala.end_token();
        fixture.emulator.forget_calls();
        put(&fixture, person(1, "HR", "Analyst"));
        put(&fixture, person(5, "Sales", "Analyst"));
        sync(&tenant).await;
        holds(&fixture, &[("Sales", &[2, 3, 4, 5])]);
        let tokens = fixture.emulator.calls().iter().filter(|call| call.path == "/v1/accessToken").count();
        assert_eq!(tokens, 1, "{manners:?}");
        assert_eq!(differences(&tenant).await, 0, "{manners:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_was_replaced_is_used_by_the_next_process_also_if_this_one_did_nothing_with_it() {
    let host = built_in::host();
    let fixture = tenant(vec![person(1, "Sales", "Analyst")], "", &group("Sales", "Sales", "")).await;
    fixture.emulator.shared().kaizala.rotate = true;
    let fault = Fault {
        service: Service::Kaizala,
        path: "/v1/directory".to_owned(),
        after: 0,
        times: 1_000,
        action: Action::CutBefore,
    };
    fixture.emulator.shared().faults.add(fault);
    let (report, log) = run(open(&host, &fixture).await.as_ref(), Wish::default()).await;
    assert_ne!(report.status, Status::Success, "{log}");
    assert!(!fixture.emulator.shared().kaizala.rotate, "a token was fetched");
    fixture.emulator.shared().faults.clear();
    // Another process, whose file still has the token from before.
    let tenant = open(&host, &fixture).await;
    tenant.tenant.retry(None, None).unwrap();
    sync(&tenant).await;
    holds(&fixture, &[("Sales", &[1])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_that_moves_to_another_parent_leaves_the_one_before() {
    let host = built_in::host();
    let people = vec![person(1, "North", "Analyst"), person(2, "South", "Analyst"), person(3, "Sales", "Analyst")];
    let parents = group("North", "North", "") + &group("South", "South", "");
    let fixture = tenant(people, "", &(parents.clone() + &group("Sales", "Sales", "parent = \"North\""))).await;
    sync(open(&host, &fixture).await.as_ref()).await;
    let (north, south) = (named(&fixture, "North").0, named(&fixture, "South").0);
    assert_eq!(named(&fixture, "Sales").1.parents, [north]);

    write(&fixture, "", &(parents.clone() + &group("Sales", "Sales", "parent = \"South\"")));
    sync(open(&host, &fixture).await.as_ref()).await;
    assert_eq!(named(&fixture, "Sales").1.parents, [south]);

    write(&fixture, "", &(parents + &group("Sales", "Sales", "")));
    let tenant = open(&host, &fixture).await;
    let log = sync(&tenant).await;
    assert!(named(&fixture, "Sales").1.parents.is_empty(), "{log}");
    assert_eq!(fixture.emulator.shared().kaizala.created, 3);
    assert_eq!(differences(&tenant).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_of_a_public_group_are_its_hub_and_everybody_else_subscribes() {
    let host = built_in::host();
    let people = (1..=120).map(|number| person(number, "Sales", "Analyst")).collect();
    let public = "group_type = \"public\"";
    let fixture = tenant(people, public, &group("Sales", "Sales", "admins = [\"p1\"]")).await;
    let tenant = open(&host, &fixture).await;
    sync(&tenant).await;
    let (_, sales) = named(&fixture, "Sales");
    assert!(sales.public);
    assert_eq!(sales.members.keys().collect::<Vec<_>>(), [&phone(1)]);
    assert_eq!(sales.subscribers.len(), 119);
    assert_eq!(differences(&tenant).await, 0, "three pages of subscribers");

    // Another administrator, one who leaves, and a newcomer.
    write(&fixture, public, &group("Sales", "Sales", "admins = [\"p2\"]"));
    put(&fixture, person(3, "HR", "Analyst"));
    put(&fixture, person(200, "Sales", "Analyst"));
    let tenant = open(&host, &fixture).await;
    sync(&tenant).await;
    let (_, sales) = named(&fixture, "Sales");
    assert_eq!((&sales.members[&phone(2)].role, sales.members.len()), (&"Admin".to_owned(), 1), "{:?}", sales.members);
    assert!(sales.subscribers.contains_key(&phone(1)) && sales.subscribers.contains_key(&phone(200)));
    assert!(!sales.subscribers.contains_key(&phone(3)) && !sales.members.contains_key(&phone(3)));
    assert_eq!(differences(&tenant).await, 0);

    // Somebody else takes one out and puts one in.
    {
        let mut shared = fixture.emulator.shared();
        let sales = shared.kaizala.groups.values_mut().next().unwrap();
        sales.subscribers.remove(&phone(77)).unwrap();
        sales.subscribers.insert(phone(3), "by hand".to_owned());
    }
    assert_eq!(differences(&tenant).await, 2);
    run(&tenant, Wish { verify: Some(Verify::Repair), ..Wish::default() }).await;
    assert_eq!(differences(&tenant).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_of_the_organization_are_taken_over_private_ones_left_alone_and_what_could_be_two_is_held_back() {
    let host = built_in::host();
    let people = vec![person(1, "Sales", "Analyst"), person(2, "HR", "Analyst"), person(3, "Legal", "Analyst")];
    let groups = group("Sales", "Sales", "") + &group("HR", "HR", "") + &group("Legal", "Legal", "");
    let fixture = tenant(people, "", &groups).await;
    let stranger = || {
        [(
            "+15550100".to_owned(),
            rollcall_emulator::kaizala::Member { id: "s@1".to_owned(), role: "Member".to_owned() },
        )]
    };
    let there = |id: &str, name: &str, private: bool| {
        let group = Group { name: name.to_owned(), private, members: stranger().into(), ..Group::default() };
        fixture.emulator.shared().kaizala.groups.insert(id.to_owned(), group);
    };
    there("sales@2", "Sales", false);
    there("private@2", "HR", true);
    there("legal@2", "Legal", false);
    there("legal@3", "Legal", false);
    let (report, log) = run(open(&host, &fixture).await.as_ref(), Wish::default()).await;
    assert_eq!(report.status, Status::Partial, "{log}");
    let groups = fixture.emulator.shared().kaizala.groups.clone();
    assert_eq!(groups["sales@2"].members.keys().collect::<Vec<_>>(), ["+15550100", &phone(1)]);
    for untouched in ["private@2", "legal@2", "legal@3"] {
        assert_eq!(groups[untouched].members.keys().collect::<Vec<_>>(), ["+15550100"], "{untouched}");
    }
    assert_eq!(fixture.emulator.shared().kaizala.created, 1, "HR of the organization");
    assert!(log.contains("2 groups called \"Legal\"") && log.contains("legal@2, legal@3"), "{log}");

    // An administrator decides.
    fixture.emulator.shared().kaizala.groups.remove("legal@3");
    let tenant = open(&host, &fixture).await;
    tenant.tenant.retry(None, None).unwrap();
    sync(&tenant).await;
    assert_eq!(fixture.emulator.shared().kaizala.groups["legal@2"].members.len(), 2);
    assert_eq!(differences(&tenant).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_whose_rule_is_gone_is_emptied_and_marked_and_comes_back_as_the_same() {
    let host = built_in::host();
    let people = vec![person(1, "Sales", "Analyst"), person(2, "HR", "Analyst")];
    let both = group("Sales", "Sales", "") + &group("HR", "HR", "");
    let fixture = tenant(people, "", &both).await;
    sync(open(&host, &fixture).await.as_ref()).await;
    let (id, _) = named(&fixture, "Sales");
    write(&fixture, "", &group("HR", "HR", ""));
    let log = sync(open(&host, &fixture).await.as_ref()).await;
    assert!(named(&fixture, "Sales").1.members.is_empty());
    assert!(log.contains("Kaizala has no call that deletes a group") && log.contains("management portal"), "{log}");
    // It is said once.
    assert!(!sync(open(&host, &fixture).await.as_ref()).await.contains("no call that deletes"));

    write(&fixture, "", &both);
    sync(open(&host, &fixture).await.as_ref()).await;
    assert_eq!(named(&fixture, "Sales").0, id);
    holds(&fixture, &[("HR", &[2]), ("Sales", &[1])]);
    assert_eq!(fixture.emulator.shared().kaizala.created, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_numbers_are_hidden_nobody_is_said_to_have_left() {
    let host = built_in::host();
    let people = vec![person(1, "Sales", "Analyst"), person(2, "Sales", "Analyst")];
    let fixture = tenant(people, "", &group("Sales", "Sales", "")).await;
    sync(open(&host, &fixture).await.as_ref()).await;
    fixture.emulator.shared().kaizala.manners.hides_numbers = true;
    put(&fixture, person(1, "HR", "Analyst"));
    let (report, log) = run(open(&host, &fixture).await.as_ref(), Wish::default()).await;
    assert_eq!(report.status, Status::Partial, "{log}");
    assert!(log.contains("without their phone numbers"), "{log}");
    fixture.emulator.shared().kaizala.manners.hides_numbers = false;
    let tenant = open(&host, &fixture).await;
    tenant.tenant.retry(None, None).unwrap();
    sync(&tenant).await;
    holds(&fixture, &[("Sales", &[2])]);
}

//! The real command against the emulator.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use std::collections::BTreeMap;
use std::path::Path;

use fixture::Fixture;
use rollcall_emulator::faults::{Action, Fault};
use rollcall_emulator::{CLIENT_SECRET, Service, generator};
use serde_json::{Map, Value, json};

fn person(id: &str, phone: &str, department: &str, title: &str) -> Map<String, Value> {
    json!({"id": id, "displayName": format!("Person {id}"), "mobilePhone": phone, "department": department, "jobTitle": title,
        "accountEnabled": true, "usageLocation": "IN"})
    .as_object()
    .cloned()
    .unwrap()
}

fn few() -> Vec<Map<String, Value>> {
    vec![
        person("a", "+919800000001", "Sales", "Manager"),
        person("b", "+919800000002", "Sales", "Analyst"),
        person("c", "+919800000003", "HR", "Manager"),
        json!({"id": "room", "displayName": "Conf Room Adams", "accountEnabled": true}).as_object().cloned().unwrap(),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn people_and_groups_appear_change_and_leave_with_no_call_too_many() {
    let fixture = Fixture::new(few()).await;
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    assert_eq!((&report["counts"]["people_created"], &report["counts"]["people_skipped"]), (&json!(3), &json!(1)));
    let groups = fixture.groups();
    assert_eq!(groups["Sales"], ["+919800000001", "+919800000002"]);
    assert_eq!(groups["Managers"], ["+919800000001", "+919800000003"]);

    fixture.emulator.forget_calls();
    {
        let mut shared = fixture.emulator.shared();
        shared.world.put(json!({"id": "b", "jobTitle": "Senior Manager"}).as_object().cloned().unwrap());
        shared.world.delete("c", false);
        shared.world.put(person("d", "+919800000004", "Sales", "Analyst"));
    }
    // One removal of three people is more than the usual tenth, and one removal is always allowed.
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    let groups = fixture.groups();
    assert_eq!(groups["Sales"], ["+919800000001", "+919800000002", "+919800000004"]);
    assert_eq!(groups["Managers"], ["+919800000001", "+919800000002"]);
    let writes: Vec<String> = fixture.writes().iter().map(|call| format!("{} {}", call.method, call.path)).collect();
    assert_eq!(writes.len(), 4, "people in, two groups with one addition each, people out: {writes:?}");

    fixture.emulator.forget_calls();
    assert_eq!(fixture.sync().await["status"], "Success");
    assert_eq!(fixture.writes(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_mapped_twice_in_a_first_sync_though_managers_come_on_later_pages() {
    let fixture = Fixture::new(generator::users(4_000, 5)).await;
    let output = fixture.run(&["sync", "contoso.toml", "--record", "mapping[0]=recorded"]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut mapped: BTreeMap<String, usize> = BTreeMap::new();
    for call in std::fs::read_dir(fixture.folder.path().join("recorded")).unwrap() {
        let sample = std::fs::read_to_string(call.unwrap().path().join("sample.jsonl")).unwrap();
        for line in sample.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            *mapped.entry(case["user"]["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    assert_eq!(mapped.len(), 4_000);
    mapped.retain(|_, times| *times > 1);
    assert!(
        mapped.is_empty(),
        "{} people were mapped more than once, such as {:?}",
        mapped.len(),
        mapped.first_key_value()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_for_one_person_brings_that_person_alone_and_says_how_it_was_mapped_and_grouped() {
    let fixture = Fixture::new(few()).await;
    fixture.sync().await;
    {
        let mut shared = fixture.emulator.shared();
        shared.world.put(json!({"id": "b", "jobTitle": "Senior Manager"}).as_object().cloned().unwrap());
        shared.world.put(json!({"id": "c", "jobTitle": "Analyst"}).as_object().cloned().unwrap());
    }
    let output = fixture.run(&["sync", "contoso.toml", "--person", "b", "--json"]).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&report["status"], &report["kind"]), (&json!("Success"), &json!("person")), "{report}");
    assert_eq!(fixture.groups()["Managers"], ["+919800000001", "+919800000002", "+919800000003"], "c waits");
    let run = report["run"].to_string();
    let log = String::from_utf8(fixture.run(&["log", "contoso.toml", &run]).await.stdout).unwrap();
    assert!(log.contains("= \"Person b\""), "the mapping: {log}");
    assert!(log.contains("belongs, by the rule user.department -eq \"Sales\""), "the rules: {log}");
    assert!(log.contains("belongs, by the rule user.jobTitle -contains \"Manager\""), "the rules: {log}");

    let output = fixture.run(&["sync", "contoso.toml", "--person", "nobody"]).await;
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap() + &String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("the source has no user nobody, and none was known before"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_changes_nothing_and_says_what_would_change() {
    let fixture = Fixture::new(few()).await;
    let output = fixture.run(&["plan", "contoso.toml", "--json"]).await;
    let plan: Value = serde_json::from_slice(&output.stdout).unwrap();
    let created = plan["changes"].as_array().unwrap().iter().filter(|change| change["deed"] == "created").count();
    assert_eq!(created, 5, "three people and two groups: {plan}");
    assert_eq!(fixture.writes(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_shows_what_a_changed_configuration_would_do_and_forgets_it() {
    let fixture = Fixture::new(few()).await;
    assert_eq!(fixture.sync().await["status"], "Success");
    fixture.emulator.forget_calls();
    let everybody = "[[group]]\nkey = \"all\"\nname = \"Everybody\"\nrule = 'user.objectId -ne null'\n";
    // The second plan is as the first: nothing of it was kept.
    for _ in 0..2 {
        fixture.write(everybody);
        let output = fixture.run(&["plan", "contoso.toml", "--json"]).await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}"));
        let created = plan["changes"].as_array().unwrap().iter().filter(|change| change["deed"] == "created").count();
        assert_eq!(created, 1, "a group: {plan}");
        fixture.write("");
        assert_eq!(fixture.sync().await["status"], "Success");
    }
    assert_eq!(fixture.writes(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_of_an_expired_link_starts_over_or_waits_for_a_reset() {
    let fixture = Fixture::new(few()).await;
    assert_eq!(fixture.sync().await["status"], "Success");
    for form in 0..4 {
        let expired = |form| Fault {
            service: Service::Graph,
            path: "delta".into(),
            after: 0,
            times: 1,
            action: Action::Expired(form),
        };
        fixture.write("");
        fixture.emulator.shared().faults.add(expired(form));
        assert_eq!(fixture.sync().await["status"], "Success", "form {form}");

        fixture.write("[failure]\non_expired_cursor = \"fail\"\n");
        fixture.emulator.shared().faults.add(expired(form));
        let report = fixture.sync().await;
        assert_eq!(report["status"], "Failure", "form {form}: {report}");
        let report = fixture.sync().await;
        assert_eq!(report["status"], "Failure", "it waits for a reset: {report}");
        assert!(fixture.run(&["reset", "contoso.toml"]).await.status.success());
        assert_eq!(fixture.sync().await["status"], "Success", "form {form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_is_quoted_when_it_refuses_an_old_link() {
    let fixture = Fixture::new(few()).await;
    fixture.sync().await;
    fixture.write("[failure]\non_expired_cursor = \"fail\"\n");
    let fault = Fault { service: Service::Graph, path: "delta".into(), after: 0, times: 1, action: Action::Expired(2) };
    fixture.emulator.shared().faults.add(fault);
    let report = fixture.sync().await;
    let message = report["message"].as_str().unwrap();
    assert!(message.contains("DeltaLink older than 30 days is not supported."), "{message}");
    assert!(message.contains("rollcall reset"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn throttling_cut_answers_and_ended_tokens_are_overcome_without_doing_anything_twice() {
    let fixture = Fixture::new(generator::users(300, 3)).await;
    fixture.emulator.shared().faults.random(11, 150);
    let mut report = Value::Null;
    for _ in 0..6 {
        report = fixture.sync().await;
        if report["status"] == "Success" {
            break;
        }
        assert!(fixture.run(&["retry", "contoso.toml"]).await.status.success());
    }
    fixture.emulator.shared().faults.clear();
    fixture.emulator.shared().kaizala.end_token();
    fixture.emulator.shared().world.end_tokens();
    assert!(fixture.run(&["retry", "contoso.toml"]).await.status.success());
    report = if report["status"] == "Success" { report } else { fixture.sync().await };
    assert_eq!(report["status"], "Success", "{report}");
    let shared = fixture.emulator.shared();
    assert_eq!(shared.kaizala.created, shared.kaizala.groups.len());
    assert_eq!(shared.kaizala.groups.len(), 2, "{:?}", shared.kaizala.membership().keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sync_that_is_killed_is_finished_by_the_next_one() {
    let fixture = Fixture::new(generator::users(400, 5)).await;
    let reference = Fixture::new(generator::users(400, 5)).await;
    assert_eq!(reference.sync().await["status"], "Success");
    for milliseconds in [60, 120, 200, 300, 400, 500, 650, 800] {
        let mut child =
            fixture.command(&["sync", "contoso.toml", "--json"]).stdout(std::process::Stdio::null()).spawn().unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    assert_eq!(fixture.groups(), reference.groups());
    let (mine, other) = (fixture.emulator.shared(), reference.emulator.shared());
    assert_eq!(mine.kaizala.created, 2);
    assert_eq!(mine.kaizala.people, other.kaizala.people);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_file_is_refused_before_any_call_with_the_place_in_the_file() {
    let fixture = Fixture::new(few()).await;
    for (more, expected) in [
        ("[[group]]\nname = \"Broken\"\nrule = 'user.department -eq Sales'\n", "contoso.toml"),
        ("[[group]]\nname = \"Broken\"\nrule = 'user.departmnet -eq \"Sales\"'\n", "user.department"),
        ("[safety]\nmax_deletoins = 3\n", "max_deletions"),
        ("[[attribute]]\nname = \"name\"\nexpression = 'Jion(\" \", [givenName])'\n", "Join"),
    ] {
        fixture.write(more);
        for command in ["check", "sync"] {
            let output = fixture.run(&[command, "contoso.toml"]).await;
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{text}");
            assert!(text.contains(expected) && text.contains("contoso.toml"), "{text}");
            assert!(!text.contains(CLIENT_SECRET) && !text.contains("backtrace"), "{text}");
        }
    }
    assert_eq!(fixture.emulator.calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_secret_ends_the_run_with_the_providers_words_and_without_the_secret() {
    let fixture = Fixture::new(few()).await;
    let text = std::fs::read_to_string(fixture.tenant()).unwrap().replace(CLIENT_SECRET, "a-wrong-secret");
    std::fs::write(fixture.tenant(), text).unwrap();
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Failure");
    let log = fixture.run(&["log", "contoso.toml"]).await;
    let log = String::from_utf8_lossy(&log.stdout).into_owned();
    assert!(log.contains("AADSTS7000215"), "{report}\n{log}");
    assert!(!log.contains("a-wrong-secret") && !report.to_string().contains("a-wrong-secret"));
}

fn user_file(folder: &Path) -> String {
    let path = folder.join("user.json");
    let user = json!({"id": "u", "department": "Sales", "givenName": "Asha", "surname": "Iyer", "city": null});
    std::fs::write(&path, user.to_string()).unwrap();
    path.display().to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_is_tried_without_a_tenant() {
    let fixture = Fixture::new(Vec::new()).await;
    let user = user_file(fixture.folder.path());
    let output =
        fixture.run(&["rules", "try", r#"-not (user.department -eq "sales")"#, "--user", &user, "--json"]).await;
    let tried: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((tried["membershipRuleEvaluationResult"].clone(), output.status.code()), (json!(false), Some(0)));
    let output = fixture.run(&["rules", "try", "user.department -eq Sales", "--user", &user, "--json"]).await;
    let tried: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(tried["error"]["message"].is_string() && tried["error"]["position"].is_number());
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expression_is_tried_without_a_tenant() {
    let fixture = Fixture::new(Vec::new()).await;
    let user = user_file(fixture.folder.path());
    let output = fixture
        .run(&[
            "mapping",
            "try",
            "--expression",
            r#"Join(" ", [givenName], [city], [surname])"#,
            "--user",
            &user,
            "--json",
        ])
        .await;
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).unwrap(), json!({"value": "Asha Iyer"}));
    let output = fixture.run(&["mapping", "try", "--expression", r#"Jion(" ")"#, "--user", &user, "--json"]).await;
    let error: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(error["error"]["message"].as_str().unwrap().contains("Join"));
    assert_eq!(output.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_removals_wait_until_somebody_who_has_seen_them_lets_them_go() {
    let users: Vec<_> = (1..=9)
        .map(|number| person(&format!("p{number}"), &format!("+91980000000{number}"), "Sales", "Analyst"))
        .collect();
    let fixture = Fixture::new(users).await;
    fixture.write("[safety]\nmax_deletions = 1\n");
    assert_eq!(fixture.sync().await["status"], "Success");
    for id in ["p1", "p2", "p3"] {
        fixture.emulator.shared().world.delete(id, false);
    }
    let report = fixture.sync().await;
    assert_eq!((&report["status"], &report["counts"]["deletions_held"]), (&json!("Held"), &json!(3)), "{report}");
    assert_eq!(fixture.emulator.shared().kaizala.people.len(), 9);
    let history = fixture.run(&["history", "contoso.toml"]).await;
    let history = String::from_utf8_lossy(&history.stdout).into_owned();
    let told = ["waiting for a confirmation", "Person p1 (p1)", "Person p3 (p3)", "--confirm-deletions 2"];
    assert!(told.iter().all(|text| history.contains(text)), "{history}");

    let output = fixture.run(&["sync", "contoso.toml", "--confirm-deletions", "2"]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(fixture.emulator.shared().kaizala.people.len(), 6);
    assert_eq!(fixture.groups()["Sales"].len(), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rule_that_would_empty_a_large_group_waits_for_a_confirmation() {
    let users: Vec<_> = (1..=9)
        .map(|number| person(&format!("p{number}"), &format!("+91980000000{number}"), "Sales", "Analyst"))
        .collect();
    let fixture = Fixture::new(users).await;
    let safety = "[safety]\nlarge_group = 5\n";
    let rule = |department: &str| {
        format!("[[group]]\nkey = \"staff\"\nname = \"Staff\"\nrule = 'user.department -eq \"{department}\"'\n{safety}")
    };
    fixture.write(&rule("Sales"));
    assert_eq!(fixture.sync().await["status"], "Success");
    assert_eq!(fixture.sync().await["status"], "Success");
    // A slip of the pen.
    fixture.write(&rule("Salse"));
    let report = fixture.sync().await;
    assert_eq!((&report["status"], &report["counts"]["groups_held"]), (&json!("Held"), &json!(1)), "{report}");
    assert_eq!(fixture.groups()["Staff"].len(), 9);
    // Mended, it is not held any more.
    fixture.write(&rule("Sales"));
    assert_eq!(fixture.sync().await["status"], "Success");
    fixture.write(&rule("Salse"));
    let run = fixture.sync().await["run"].to_string();
    let history = fixture.run(&["history", "contoso.toml"]).await;
    let history = String::from_utf8_lossy(&history.stdout).into_owned();
    assert!(history.contains("group Staff is held: of 9 members 9 would leave"), "{history}");
    fixture.run(&["sync", "contoso.toml", "--confirm-deletions", &run]).await;
    assert_eq!(fixture.groups().get("Staff").map_or(0, Vec::len), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_refuses_the_login_ends_the_run_and_nothing_is_held_back_for_it() {
    let fixture = Fixture::new(few()).await;
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    std::fs::write(fixture.tenant(), text.replace(rollcall_emulator::REFRESH_TOKEN, "an-old-token")).unwrap();
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Failure", "{report}");
    assert!(report["message"].as_str().unwrap().contains("the login was refused"), "{report}");
    // Mended, the next run does all of it.
    std::fs::write(fixture.tenant(), text).unwrap();
    let report = fixture.sync().await;
    assert_eq!((&report["status"], &report["counts"]["people_created"]), (&json!("Success"), &json!(3)), "{report}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_moves_is_followed_to_where_the_tenant_lets_it_go() {
    let fixture = Fixture::new(few()).await;
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let line = |url: &str| format!("kind = \"kaizala\"\nendpoint_origins = [\"{url}\"]");
    let write = |url: &str| {
        std::fs::write(fixture.tenant(), text.replace("kind = \"kaizala\"", &line(url))).unwrap();
    };
    write(&fixture.emulator.kaizala_other_url);
    assert_eq!(fixture.sync().await["status"], "Success");
    fixture.emulator.shared().kaizala.moved = true;
    fixture.emulator.shared().world.put(person("d", "+919800000004", "Sales", "Analyst"));
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    assert_eq!(fixture.groups()["Sales"].len(), 3);
    // Another tenant's file names other places: there the credential does not go.
    write("https://elsewhere.example");
    fixture.emulator.shared().world.put(person("e", "+919800000005", "Sales", "Analyst"));
    let report = fixture.sync().await;
    assert_ne!(report["status"], "Success", "{report}");
    assert_eq!(fixture.groups()["Sales"].len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_changed_at_the_target_by_hand_is_told_and_repaired_and_others_are_left_alone() {
    use rollcall_emulator::kaizala::{Entry, Group, Member};

    let fixture = Fixture::new(few()).await;
    fixture.sync().await;
    let verify = async |arguments: &[&str]| -> Value {
        let output = fixture.run(&[&["verify", "contoso.toml", "--json"], arguments].concat()).await;
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    };
    fixture.emulator.forget_calls();
    let same = verify(&[]).await;
    assert_eq!((&same["report"]["status"], &same["differences"]), (&json!("Success"), &json!([])), "{same}");
    assert_eq!(fixture.writes(), [], "reading changes nothing");

    let (people, groups) = {
        let mut shared = fixture.emulator.shared();
        let before = (shared.kaizala.people.clone(), fixture_groups(&shared.kaizala.groups));
        let kaizala = &mut shared.kaizala;
        // Changed by hand: an entry gone, another changed, a member put out, a person and a stranger put in, a group and an entry of others.
        kaizala.people.remove("b").unwrap();
        let name = kaizala.people.get_mut("c").unwrap().attributes.get_mut("name").unwrap();
        *name = "Somebody else".into();
        let member = |id: &str| Member { id: id.to_owned(), role: "Member".to_owned() };
        for group in kaizala.groups.values_mut() {
            match group.name.as_str() {
                "Sales" => {
                    group.members.remove("+919800000001").unwrap();
                    group.members.insert("+919800000003".to_owned(), member("by-hand@1"));
                    group.members.insert("+15550100".to_owned(), member("stranger@1"));
                }
                "Managers" => "Bosses".clone_into(&mut group.name),
                other => panic!("{other}"),
            }
        }
        let theirs = Group { name: "Football".to_owned(), ..Group::default() };
        kaizala.groups.insert("theirs@1".to_owned(), theirs);
        kaizala.people.insert("theirs".to_owned(), Entry { phone: "+15550199".to_owned(), ..Entry::default() });
        before
    };
    let found = verify(&[]).await;
    assert_eq!(found["report"]["status"], "Partial", "{found}");
    let texts: Vec<String> = found["differences"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(
        texts,
        [
            "b: the entry is gone",
            "c: the entry was changed",
            "1 entries of the target are not Rollcall's: left alone",
            "managers the group was renamed",
            "sales a: is not in the group any more",
            "group \"Sales\": +15550100, whom Rollcall does not know, is a member: left alone",
            "sales +919800000003 was added by hand",
        ]
    );
    let text = String::from_utf8(fixture.run(&["verify", "contoso.toml"]).await.stdout).unwrap();
    assert!(text.contains("name: \"Person c\" -> \"Somebody else\""), "{text}");
    assert!(text.contains("`rollcall verify --repair`"), "{text}");

    verify(&["--repair"]).await;
    let shared = fixture.emulator.shared();
    let mut repaired = shared.kaizala.people.clone();
    assert!(repaired.remove("theirs").is_some(), "an entry of others");
    assert_eq!(repaired, people);
    let mut repaired = fixture_groups(&shared.kaizala.groups);
    assert!(repaired.remove("Football").is_some(), "a group of others");
    // Kaizala cannot rename a group, and a stranger is somebody's guest.
    let bosses = repaired.remove("Bosses").unwrap();
    assert_eq!(bosses, groups["Managers"]);
    let mut sales = repaired.remove("Sales").unwrap();
    assert!(sales.remove("+15550100"), "the stranger");
    assert_eq!(sales, groups["Sales"]);
}

/// Names of groups with the numbers of their members.
fn fixture_groups(
    groups: &std::collections::BTreeMap<String, rollcall_emulator::kaizala::Group>,
) -> std::collections::BTreeMap<String, std::collections::BTreeSet<String>> {
    groups.values().map(|group| (group.name.clone(), group.members.keys().cloned().collect())).collect()
}

/// A difference as one line.
fn told(difference: &Value) -> String {
    let word = |name: &str| difference[name].as_str().unwrap_or_default();
    match (word("group"), word("person")) {
        ("", "") => word("message").to_owned(),
        ("", person) => format!("{person}: {}", word("what")),
        (group, "") => format!("{group} {}", word("what")),
        (group, person) => format!("{group} {person}: {}", word("what")),
    }
}

//! `rollcall component`: projects as they are generated, built and run by the real command.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use fixture::project::{done, own_tests, refused, rollcall, well};

#[test]
fn a_project_in_rust_builds_as_generated_and_maps_its_sample() {
    let folder = tempfile::tempdir().unwrap();
    done(folder.path(), &["component", "new", "family-names", "--step", "mapping"]);
    let project = folder.path().join("family-names");
    let built = done(&project, &["component", "build"]);
    assert!(built.contains("no grants needed"), "{built}");
    let lines = done(&project, &["component", "run"]);
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(
        lines,
        [
            r#"{"id":"1","profile":{"display_name":"VANCE Adele","phone":"+14255550109"}}"#,
            r#"{"id":"2","profile":{"display_name":"Cher","phone":null}}"#,
            r#"{"id":"3","skip":"has no name"}"#,
        ]
    );
    let inspected = done(&project, &["component", "inspect", "family-names.wasm", "--json"]);
    let inspected: serde_json::Value = serde_json::from_str(&inspected).unwrap();
    assert_eq!(inspected["steps"], serde_json::json!([{ "step": "mapping", "contract": "0.1.0" }]));
    assert_eq!(inspected["grants"], serde_json::json!([]));
}

#[test]
fn a_source_and_a_target_talk_to_the_server_of_their_project() {
    let folder = tempfile::tempdir().unwrap();
    for (step, last) in [("source", r#"{"more":"18"}"#), ("target", r#"{"unsupported":"the book has entries only"}"#)] {
        done(folder.path(), &["component", "new", step, "--step", step]);
        let project = folder.path().join(step);
        let built = done(&project, &["component", "build"]);
        assert!(built.contains("needs http"), "{built}");
        assert_eq!(done(&project, &["component", "run"]).lines().last(), Some(last));
    }
}

#[test]
fn what_is_not_granted_is_refused_with_what_to_write_here() {
    let folder = tempfile::tempdir().unwrap();
    let said = refused(folder.path(), &["component", "run", "csv-push", "--input", "/dev/null"]);
    assert!(said.contains("here, give --grant outbox; in a tenant's file, under [target.grants]"), "{said}");
}

#[test]
fn a_batch_can_be_run_through_a_component_that_comes_with_rollcall() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("users.jsonl"), "{\"id\": \"1\", \"department\": \"Sales\"}\n{\"id\": \"2\"}\n")
        .unwrap();
    let rules = "[[group]]\nkey = \"sales\"\nname = \"Sales\"\nrule = 'user.department -eq \"Sales\"'\n";
    std::fs::write(folder.path().join("rules.toml"), rules).unwrap();
    let arguments = [
        "component",
        "run",
        "group-rules",
        "--settings",
        "rules.toml",
        "--input",
        "users.jsonl",
        "--grant",
        "scheduling",
    ];
    let lines = done(folder.path(), &arguments);
    assert!(lines.starts_with("{\"groups\":[\"sales\"],\"id\":\"1\"}\n{\"groups\":[],\"id\":\"2\"}\n"), "{lines}");
}

#[test]
fn a_name_that_no_tool_takes_and_a_folder_that_is_there_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["Names", "7names", "../names", "names-", "a--b", "na_mes", ""] {
        let said = refused(folder.path(), &["component", "new", name, "--step", "mapping"]);
        assert!(said.contains("cannot be the name of a component"), "{said}");
    }
    std::fs::create_dir(folder.path().join("names")).unwrap();
    let said = refused(folder.path(), &["component", "new", "names", "--step", "mapping"]);
    assert!(said.contains("is there already: nothing was changed"), "{said}");
    let said = refused(folder.path(), &["component", "new", "book", "--step", "target", "--lang", "python"]);
    assert!(said.contains("there is no template of a target in python; there are: mapping, grouping"), "{said}");
}

/// What `rollcall component new` makes is built and passes `rollcall component test` as it is, with what stands below as its checks.
fn passes_as_generated(language: &str, step: &str, checks: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let name = format!("{language}-{step}");
    done(folder.path(), &["component", "new", &name, "--step", step, "--lang", language]);
    let project = folder.path().join(&name);
    done(&project, &["component", "build"]);
    let report = done(&project, &["component", "test", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!((&report["step"], &report["passed"]), (&step.into(), &true.into()), "{report}");
    let of = |field: &str| -> Vec<String> {
        let all = report["checks"].as_array().unwrap().iter();
        all.map(|check| check[field].as_str().unwrap_or_default().to_owned()).collect()
    };
    assert_eq!(of("check"), checks, "{report}");
    assert!(of("verdict").iter().all(|verdict| verdict == "ok"), "{report}");
    own_tests(language, &project);
    if matches!(language, "javascript" | "typescript") {
        well("npm", &["run", "check"], &project);
    }
}

const MAPPING: [&str; 10] = [
    "grants",
    "settings",
    "unknown setting",
    "schema",
    "sample",
    "values",
    "batches",
    "properties",
    "odd people",
    "cost",
];
const GROUPING: [&str; 11] = [
    "grants",
    "settings",
    "unknown setting",
    "plan",
    "sample",
    "batches",
    "rules",
    "groups",
    "explanations",
    "odd people",
    "cost",
];

#[test]
fn projects_in_rust_pass_their_tests_as_generated() {
    passes_as_generated("rust", "mapping", &MAPPING);
    passes_as_generated("rust", "grouping", &GROUPING);
    let source =
        ["grants", "settings", "unknown setting", "round", "changes", "sample", "pages again", "one user", "cost"];
    passes_as_generated("rust", "source", &source);
    let target = ["grants", "settings", "unknown setting", "limits", "operations", "nothing", "cost"];
    passes_as_generated("rust", "target", &target);
}

#[test]
fn projects_in_python_pass_their_tests_as_generated() {
    passes_as_generated("python", "grouping", &GROUPING);
}

#[test]
fn projects_in_javascript_pass_their_tests_as_generated() {
    passes_as_generated("javascript", "grouping", &GROUPING);
}

#[test]
fn projects_in_typescript_pass_their_tests_as_generated() {
    passes_as_generated("typescript", "grouping", &GROUPING);
}

/// A component that does not keep its promises is told so, each fault in its own line.
#[test]
fn a_wrong_component_fails_its_test_with_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    done(folder.path(), &["component", "new", "wrong", "--step", "mapping"]);
    let project = folder.path().join("wrong");
    let sample = project.join("sample.jsonl");
    let text = std::fs::read_to_string(&sample).unwrap();
    assert!(text.contains("VANCE Adele"), "{text}");
    std::fs::write(&sample, text.replace("VANCE Adele", "Vance Adele")).unwrap();
    done(&project, &["component", "build"]);
    let output = rollcall(&project, &["component", "test"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let line = said.lines().find(|line| line.contains("FAIL")).unwrap_or_default();
    assert!(line.contains("sample") && line.contains("user 1"), "{said}");
    assert!(said.contains("\"Vance Adele\"") && said.contains("\"VANCE Adele\""), "{said}");
    assert!(said.contains("FAILED: 9 ok, 0 to note, 1 failed"), "{said}");
}

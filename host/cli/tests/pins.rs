//! Components of other people are used as they were pinned, and not otherwise.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use std::path::PathBuf;

use axum::Router;
use axum::routing::get;
use fixture::{Fixture, guests};
use serde_json::{Value, json};

/// A tenant whose mapping is this component.
async fn tenant(component: &str) -> Fixture {
    let person = json!({"id": "a", "displayName": "Asha", "mobilePhone": "+919800000001", "department": "Sales",
        "accountEnabled": true, "usageLocation": "IN"});
    let fixture = Fixture::new(vec![person.as_object().cloned().unwrap()]).await;
    fixture.write(&format!("[[mapping]]\ncomponent = \"{component}\"\n"));
    fixture
}

/// What a command says, and whether it was well.
async fn said(fixture: &Fixture, arguments: &[&str]) -> (bool, String) {
    let output = fixture.run(arguments).await;
    let text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text.into_owned())
}

/// Another component that does the same: a custom section more at its end.
fn other(component: &[u8]) -> Vec<u8> {
    [component, &[0, 3, 1, b'x', b'y']].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_pinned_by_the_first_sync_and_refused_when_it_changed() {
    let fixture = tenant("./mine.wasm").await;
    let (file, lock): (PathBuf, PathBuf) =
        (fixture.folder.path().join("mine.wasm"), fixture.folder.path().join("contoso.lock"));
    let component = std::fs::read(guests::build("shout-mapping")).unwrap();
    std::fs::write(&file, &component).unwrap();
    // Looking pins nothing.
    assert!(said(&fixture, &["check", "contoso.toml"]).await.0 && !lock.exists());
    assert_eq!(fixture.sync().await["status"], "Success");
    let pinned = std::fs::read_to_string(&lock).unwrap();
    assert!(pinned.contains("from = \"./mine.wasm\""), "{pinned}");

    std::fs::write(&file, other(&component)).unwrap();
    let calls = fixture.emulator.calls().len();
    for command in [["check", "contoso.toml"], ["sync", "contoso.toml"], ["plan", "contoso.toml"]] {
        let (well, text) = said(&fixture, &command).await;
        assert!(!well && text.contains("is not the one that was pinned"), "{text}");
        assert!(text.contains("rollcall component pin"), "{text}");
    }
    assert_eq!(fixture.emulator.calls().len(), calls, "nothing ran");

    let (well, text) = said(&fixture, &["component", "pin", "contoso.toml", "--show"]).await;
    assert!(well && text.contains("./mine.wasm: changed, sha256 ") && text.contains("not written"), "{text}");
    assert_eq!(std::fs::read_to_string(&lock).unwrap(), pinned);
    assert!(said(&fixture, &["component", "pin", "contoso.toml"]).await.0);
    assert_eq!(fixture.sync().await["status"], "Success");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_new_component_asks_for_is_shown() {
    let fixture = tenant("./mine.wasm").await;
    let file = fixture.folder.path().join("mine.wasm");
    std::fs::copy(guests::build("shout-mapping"), &file).unwrap();
    said(&fixture, &["component", "pin", "contoso.toml"]).await;
    // The usual mapping looks others up; this one does not.
    std::fs::copy(guests::build("attribute-mapping"), &file).unwrap();
    let output = fixture.run(&["component", "pin", "contoso.toml", "--json"]).await;
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let looked = &report["components"][0];
    assert_eq!((&looked["state"], &looked["grants"]["added"]), (&"changed".into(), &json!(["lookup"])));
    assert!(
        looked["imports"]["added"].as_array().unwrap().iter().any(|import| import.as_str().unwrap().contains("lookup"))
    );
    // Not used any more: forgotten.
    fixture.write("");
    let (_, text) = said(&fixture, &["component", "pin", "contoso.toml"]).await;
    assert!(text.contains("./mine.wasm: not used any more"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_used_as_it_was_pinned_and_not_before() {
    let component = std::fs::read(guests::build("shout-mapping")).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/mine.wasm", listener.local_addr().unwrap());
    let served = std::sync::Arc::new(std::sync::Mutex::new(component.clone()));
    let serving = std::sync::Arc::clone(&served);
    let router = Router::new().route("/mine.wasm", get(move || async move { serving.lock().unwrap().clone() }));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });

    let fixture = tenant(&address).await;
    let cache = fixture.folder.path().join("cache");
    let run = async |arguments: &[&str]| {
        let mut command = fixture.command(arguments);
        command.env("XDG_CACHE_HOME", &cache);
        let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
        (
            output.status.success(),
            (String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr)).into_owned(),
        )
    };
    let (well, text) = run(&["sync", "contoso.toml"]).await;
    assert!(!well && text.contains("is not pinned"), "{text}");
    let (well, text) = run(&["component", "pin", "contoso.toml"]).await;
    assert!(well && text.contains(&format!("{address}: new")), "{text}");
    // Somebody changes it there before it was ever used.
    *served.lock().unwrap() = other(&component);
    let (well, text) = run(&["sync", "contoso.toml"]).await;
    assert!(!well && text.contains("is not the one that was pinned"), "{text}");
    *served.lock().unwrap() = component;
    assert!(run(&["sync", "contoso.toml"]).await.0);
    // It is kept: the server may be gone.
    *served.lock().unwrap() = Vec::new();
    let (well, text) = run(&["sync", "contoso.toml"]).await;
    assert!(well, "{text}");
}

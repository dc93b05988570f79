//! What was built against a published contract keeps working.
//!
//! `tests/data/contract-0.1.0` holds the contract as it was published and components that were built against it; neither is ever changed. When
//! another version is published, it gets a folder of its own beside this one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fixture::Fixture;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn published() -> PathBuf {
    root().join("tests/data/contract-0.1.0")
}

/// Everything that a WIT text declares, by interface and beginning: `grouping: record rule` and all of it, without comments.
fn items(text: &str) -> BTreeMap<String, String> {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap()).collect();
    let mut words = code.join(" ");
    for sign in ['{', '}', ';', ',', ':', '(', ')', '<', '>', '='] {
        words = words.replace(sign, &format!(" {sign} "));
    }
    let (mut items, mut outer, mut item, mut depth) = (BTreeMap::new(), String::new(), Vec::new(), 0);
    for word in words.split_whitespace() {
        match (word, depth) {
            ("{", 0) => {
                outer = std::mem::take(&mut item).join(" ");
                depth = 1;
                continue;
            }
            ("}", 1) => {
                depth = 0;
                continue;
            }
            ("{", _) => depth += 1,
            ("}", _) => depth -= 1,
            _ => {}
        }
        item.push(word);
        if depth <= 1 && matches!(word, ";" | "}") {
            let text = item.join(" ").replace(", }", "}").replace(", )", ")");
            let head = item.iter().position(|word| matches!(*word, "{" | ":" | "=" | ";")).unwrap();
            // `use types.{...}` and imports are many of one beginning: each is an item by itself.
            let head = if matches!(item[0], "use" | "import" | "export" | "include") {
                text.clone()
            } else {
                item[..head].join(" ")
            };
            items.insert(format!("{outer}: {head}"), text);
            item.clear();
        }
    }
    items
}

/// What was declared and is not any more, or otherwise.
fn broken(before: &str, after: &str) -> Vec<String> {
    let after = items(after);
    let gone = items(before).into_iter().filter(|(head, item)| after.get(head) != Some(item));
    // What a file uses of another may be written otherwise: if it were missing, the file could not be read.
    gone.filter(|(_, item)| !item.starts_with("use ")).map(|(head, _)| head).collect()
}

#[test]
fn the_contract_changes_by_addition_alone() {
    for entry in std::fs::read_dir(published().join("wit")).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_file() {
            continue;
        }
        let now = root().join("wit").join(path.file_name().unwrap());
        let read = |path: &Path| std::fs::read_to_string(path).unwrap_or_else(|_| panic!("{} is gone", path.display()));
        assert_eq!(
            broken(&read(&path), &read(&now)),
            Vec::<String>::new(),
            "{}: published, and changed since",
            now.display()
        );
    }
}

#[test]
fn a_changed_declaration_is_found_and_an_added_one_is_none() {
    let before = "package a:b@0.1.0; /// Text\ninterface one { record r { a: string, } f: func(x: r) -> list<r>; }";
    assert_eq!(broken(before, before), Vec::<String>::new());
    let more = before.replace("f: func", "enum e { x } // more\n g: func(); f: func");
    assert_eq!(broken(before, &more), Vec::<String>::new());
    assert_eq!(broken(before, &before.replace("a: string", "a: string, b: u32")), ["interface one: record r"]);
    assert_eq!(broken(before, &before.replace("x: r", "x: string")), ["interface one: f"]);
    assert_eq!(broken(before, &before.replace("0.1.0", "0.2.0")).len(), 1);
    assert_eq!(broken(before, "").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn components_that_were_built_against_it_sync() {
    let fixture = Fixture::new(Vec::new()).await;
    let folder = fixture.folder.path();
    for name in ["csv_pull", "shout_mapping", "letter_groups", "csv_push"] {
        let name = format!("{name}.wasm");
        std::fs::copy(published().join("components").join(&name), folder.join(&name)).unwrap();
    }
    let file = "id,displayName,mobilePhone,jobTitle\n1,Ada,+919800000007,Manager\n2,Bo,+919800000008,Analyst\n";
    std::fs::write(folder.join("staff.csv"), file).unwrap();
    let tenant = r#"
[source]
component = "./csv_pull.wasm"
settings.file = "staff.csv"
grants.files = ["staff.csv"]
[[mapping]]
component = "./shout_mapping.wasm"
[grouping]
component = "./letter_groups.wasm"
[target]
component = "./csv_push.wasm"
grants.outbox = true
"#;
    std::fs::write(fixture.tenant(), tenant).unwrap();
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    let outbox = |name: &str| std::fs::read_to_string(folder.join("contoso.state/outbox").join(name)).unwrap();
    assert_eq!(outbox("people.csv"), "id,name,phone_number\r\n1,ADA,+919800000007\r\n2,BO,+919800000008\r\n");
    assert_eq!(outbox("members.csv"), "group,person,role\r\nletter/M,1,member\r\nletter/A,2,member\r\n");
}

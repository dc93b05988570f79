//! CSV at both ends: people from a file or an address, with columns of somebody else's naming, to files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use fixture::Fixture;
use serde_json::{Value, json};

const HEAD: &str = "Personnel number;Full name;Mobile;Org unit;Boss\n";

/// A tenant that reads people from this place, whose columns are named by somebody else.
async fn tenant(place: &str) -> Fixture {
    let fixture = Fixture::new(Vec::new()).await;
    let text = format!(
        r#"
attribute = [
  {{ name = "name", expression = "[displayName]", required = true }},
  {{ name = "phone_number", expression = "[mobilePhone]" }},
  {{ name = "department", expression = "[department]" }},
  {{ name = "manager_name", expression = "[manager.displayName]" }},
]

[source]
component = "csv-pull"

[source.settings]
{place}
delimiter = ";"
id_column = "Personnel number"
columns = {{ displayName = "Full name", department = "Org unit", manager = "Boss" }}

[target]
component = "csv-push"

[[group_by]]
attributes = ["department"]
name = "{{department}}"
"#
    );
    std::fs::write(fixture.tenant(), text).unwrap();
    fixture
}

fn write(fixture: &Fixture, lines: &str) {
    std::fs::write(fixture.folder.path().join("hr.csv"), format!("{HEAD}{lines}")).unwrap();
}

fn outbox(fixture: &Fixture, name: &str) -> String {
    std::fs::read_to_string(fixture.folder.path().join("contoso.state/outbox").join(name)).unwrap()
}

async fn succeeds(fixture: &Fixture) -> Value {
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    report
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_by_its_columns_and_what_changed_in_it_is_found() {
    let fixture = tenant("file = \"hr.csv\"").await;
    write(&fixture, "7;Ann Lee;+91 98;Sales;\n8;\"Ray, Bob\";;Sales;7\n9;Cyd Orr;;HR;7\n");
    let report = succeeds(&fixture).await;
    assert_eq!(report["counts"]["people_created"], 3, "{report}");
    let people = outbox(&fixture, "people.csv");
    assert_eq!(
        people,
        "id,name,phone_number,department,manager_name\r\n7,Ann Lee,+91 98,Sales,\r\n8,\"Ray, Bob\",,Sales,Ann Lee\r\n9,Cyd Orr,,HR,Ann Lee\r\n"
    );
    let members = outbox(&fixture, "members.csv");
    assert!(members.lines().count() == 4 && members.contains(",8,member"), "{members}");

    // The same again changes nothing.
    let report = succeeds(&fixture).await;
    assert_eq!((&report["counts"]["people_updated"], &report["counts"]["people_removed"]), (&json!(0), &json!(0)));

    // A manager is renamed, one moves, one leaves, one comes; a line that cannot be understood is nobody who left.
    write(&fixture, "7;Ann Li;+91 98;Sales;\n8;\"Ray, Bob;;Sales;7\n");
    let report = fixture.sync().await;
    let people = outbox(&fixture, "people.csv");
    assert!(people.contains("8,\"Ray, Bob\",,Sales,Ann Li\r\n"), "{report}: {people}");
    write(&fixture, "7;Ann Li;+91 98;Sales;\n8;\"Ray, Bob\";;HR;7\n10;Dan Fox;;HR;7\n");
    succeeds(&fixture).await;
    let people = outbox(&fixture, "people.csv");
    assert!(!people.contains("Cyd") && people.contains("10,Dan Fox,,HR,Ann Li\r\n"), "{people}");
    let members = outbox(&fixture, "members.csv");
    assert!(!members.contains(",9,") && members.contains(",10,member"), "{members}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_which_half_is_missing_removes_nobody_without_somebodys_word() {
    let fixture = tenant("file = \"hr.csv\"").await;
    let lines: Vec<String> = (1..=20).map(|number| format!("{number};Person {number};;Sales;\n")).collect();
    write(&fixture, &lines.concat());
    succeeds(&fixture).await;
    write(&fixture, &lines[..10].concat());
    let report = fixture.sync().await;
    assert_eq!((&report["status"], &report["counts"]["deletions_held"]), (&json!("Held"), &json!(10)), "{report}");
    assert_eq!(outbox(&fixture, "people.csv").lines().count(), 21);
    assert_eq!(outbox(&fixture, "members.csv").lines().count(), 21);
    // An empty file is a file that is being written, not an organization without people.
    std::fs::write(fixture.folder.path().join("hr.csv"), "").unwrap();
    assert_eq!(fixture.sync().await["status"], "Failure");
    assert_eq!(outbox(&fixture, "people.csv").lines().count(), 21);
    // The whole file is there again.
    write(&fixture, &lines.concat());
    succeeds(&fixture).await;
    assert_eq!(outbox(&fixture, "people.csv").lines().count(), 21);
}

/// A web server of one file.
fn serve(content: Arc<Mutex<String>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/export/hr.csv", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // One packet holds the request; what it says is always the same.
            if stream.read(&mut [0; 4096]).unwrap_or(0) == 0 {
                continue;
            }
            let body = content.lock().unwrap().clone();
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + &body).as_bytes());
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_read_as_a_file_is() {
    let content = Arc::new(Mutex::new(format!("{HEAD}7;Ann Lee;;Sales;\n8;Bob Ray;;Sales;7\n")));
    let fixture = tenant(&format!("url = \"{}\"", serve(Arc::clone(&content)))).await;
    succeeds(&fixture).await;
    assert!(outbox(&fixture, "people.csv").contains("8,Bob Ray,,Sales,Ann Lee\r\n"));
    *content.lock().unwrap() = format!("{HEAD}7;Ann Lee;;Sales;\n8;Bob Ray;;HR;7\n");
    succeeds(&fixture).await;
    assert!(outbox(&fixture, "people.csv").contains("8,Bob Ray,,HR,Ann Lee\r\n"));
}

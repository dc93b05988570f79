use super::*;
use rollcall_sdk::http::{Method, Response};
use rollcall_sdk::testing::{MemoryInbox, ScriptedHttp, log_lines};
use serde_json::{Value as Json, json};

const URL: &str = "https://hr.example/people.csv";

fn from_file(inbox: &MemoryInbox, settings: &str) -> Csv<ScriptedHttp, MemoryInbox> {
    let settings = rollcall_sdk::settings::parse(settings).unwrap();
    let properties = ["displayName", "mail"].map(str::to_owned);
    Csv::new(ScriptedHttp::new(), inbox.clone(), settings, &properties).unwrap()
}

fn file(text: impl AsRef<[u8]>) -> MemoryInbox {
    MemoryInbox::new().file("people.csv", text)
}

const FILE: &str = r#"{"file": "people.csv"}"#;

/// The people of a page: id and properties.
fn people(page: &Page) -> Vec<(String, Json)> {
    let person = |change: &Change| match change {
        Change::User(patch) => (patch.id.clone(), serde_json::from_str(&patch.properties).unwrap()),
        other => panic!("no person: {other:?}"),
    };
    page.changes.iter().map(person).collect()
}

fn ids(page: &Page) -> Vec<String> {
    people(page).into_iter().map(|(id, _)| id).collect()
}

fn more(page: &Page) -> String {
    match &page.next {
        Next::More(cursor) => cursor.clone(),
        next @ Next::Complete(_) => panic!("no more: {next:?}"),
    }
}

fn many(count: usize) -> String {
    let lines = (1..=count).map(|number| format!("{number},Person {number}\r\n"));
    std::iter::once("id,name\r\n".to_owned()).chain(lines).collect()
}

#[test]
fn a_small_file_is_one_page_and_the_round_is_complete_without_a_cursor() {
    let inbox = file("\u{feff}id;name;e-mail\r\n1;\"Vance; Adele\";a@x.example\r\n2;Zoë;\r\n");
    let page = from_file(&inbox, r#"{"file": "people.csv", "delimiter": ";"}"#).pull(None).unwrap();
    let expected = [
        ("1".to_owned(), json!({"displayName": "Vance; Adele", "mail": "a@x.example"})),
        ("2".to_owned(), json!({"displayName": "Zoë", "mail": null})),
    ];
    assert_eq!(people(&page), expected);
    assert_eq!(page.next, Next::Complete(None));
}

#[test]
fn a_large_file_comes_in_pages_and_nobody_is_missed_or_doubled() {
    let inbox = file(many(2_500));
    let mut all = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        // A fresh instance for each page, as after a crash.
        let page = from_file(&inbox, FILE).pull(cursor.as_deref()).unwrap();
        all.extend(ids(&page));
        assert!(page.changes.len() <= PAGE);
        match page.next {
            Next::More(next) => cursor = Some(next),
            Next::Complete(next) => {
                assert_eq!(next, None);
                break;
            }
        }
    }
    assert_eq!(all, (1..=2_500).map(|number| number.to_string()).collect::<Vec<_>>());
}

#[test]
fn a_file_that_changes_in_mid_round_is_read_again_from_the_beginning() {
    let inbox = file(many(1_500));
    let csv = from_file(&inbox, FILE);
    let cursor = more(&csv.pull(None).unwrap());
    inbox.put("people.csv", many(1_200));
    let page = csv.pull(Some(&cursor)).unwrap();
    assert_eq!(ids(&page).first().map(String::as_str), Some("1"));
    let page = csv.pull(Some(&more(&page))).unwrap();
    assert_eq!(ids(&page).last().map(String::as_str), Some("1200"));
    assert_eq!(page.next, Next::Complete(None));
}

#[test]
fn a_file_that_keeps_changing_is_left_alone_for_a_while() {
    let inbox = file(many(1_500));
    let csv = from_file(&inbox, FILE);
    let mut cursor = more(&csv.pull(None).unwrap());
    for count in 1_501..=1_503 {
        inbox.put("people.csv", many(count));
        cursor = more(&csv.pull(Some(&cursor)).unwrap());
    }
    inbox.put("people.csv", many(1_504));
    assert!(matches!(csv.pull(Some(&cursor)), Err(Failure::Retry(retry)) if retry.after_seconds == Some(60)));
}

#[test]
fn a_bad_line_is_named_in_the_log_and_whoever_stands_there_stays_as_known() {
    let inbox = file("id,name\n1,A\n2\n\n,Nobody\n3,\"open\n4,D\n");
    log_lines();
    let page = from_file(&inbox, FILE).pull(None).unwrap();
    let (full, empty) = (|name: &str| json!({"displayName": name, "mail": null}), json!({}));
    let expected = [("1", full("A")), ("2", empty.clone()), ("3", empty), ("4", full("D"))];
    assert_eq!(people(&page), expected.map(|(id, properties)| (id.to_owned(), properties)));
    let lines: Vec<String> = log_lines().into_iter().map(|(_, line)| line).collect();
    let expected = [
        "The file has no column for: mail.",
        "Line 3 (2, who stays as known) was skipped: it has 1 fields, and the first line names 2 columns.",
        "Line 5 was skipped: it has no id.",
        "Line 6 (3, who stays as known) was skipped: a quote is never closed.",
    ];
    assert_eq!(lines, expected);
}

#[test]
fn a_file_of_bad_lines_does_not_flood_the_log() {
    let lines = "1,M\u{fc}ller\n".repeat(500);
    let bytes: Vec<u8> = format!("id,name\n{lines}").chars().map(|letter| letter as u8).collect();
    log_lines();
    from_file(&file(&bytes), FILE).pull(None).unwrap();
    assert_eq!(log_lines().len(), NAMED + 2);
    let page = from_file(&file(&bytes), r#"{"file": "people.csv", "encoding": "windows-1252"}"#).pull(None).unwrap();
    assert_eq!(people(&page)[0].1["displayName"], "Müller");
}

#[test]
fn what_is_no_csv_fails_the_round_instead_of_removing_everybody() {
    for (bytes, reason) in [
        (b"".as_slice(), "it is empty, without even a line of column names"),
        (b"\xFF\xFEi\0d\0", "it is UTF-16; save it as UTF-8 (Excel: \"CSV UTF-8\")"),
        (b"<!DOCTYPE html><title>Log in</title>", "it is a web page or XML, not CSV"),
        (b"\"id,name\n1,A\n", "its first line is broken: a quote is never closed"),
        (b"id,Stra\xDFe\n", "it is no UTF-8; the setting `encoding` can say what it is"),
    ] {
        let failure = from_file(&file(bytes), FILE).pull(None).unwrap_err();
        let expected = format!("The file with the people cannot be read: {reason}.");
        assert_eq!(failure, Failure::Failed(Fault::new(expected)));
    }
}

#[test]
fn an_address_is_downloaded_once_for_a_round() {
    let text = many(1_500);
    let answer = || Response { status: 200, headers: vec![], body: text.clone().into_bytes() };
    let http = ScriptedHttp::new().answer(Method::Get, URL, answer()).answer(Method::Get, URL, answer());
    let settings = rollcall_sdk::settings::parse(&format!(r#"{{"url": "{URL}"}}"#)).unwrap();
    let csv = Csv::new(http.clone(), MemoryInbox::new(), settings, &[]).unwrap();
    let cursor = more(&csv.pull(None).unwrap());
    let page = csv.pull(Some(&cursor)).unwrap();
    assert_eq!((page.changes.len(), &page.next), (500, &Next::Complete(None)));
    assert_eq!(http.requests().len(), 1);
    // The next round looks again.
    csv.pull(None).unwrap();
    http.assert_finished();
}

#[test]
fn one_person_is_fetched_by_id() {
    let inbox = file("id,name\n1,A\n2,B\n3\n2,B again\n");
    let csv = from_file(&inbox, FILE);
    let fetched = csv.fetch("2").unwrap().unwrap();
    assert_eq!(fetched.properties, r#"{"displayName":"B again","mail":null}"#);
    assert_eq!(csv.fetch("9"), Ok(None));
    assert!(matches!(csv.fetch("3"), Err(Failure::Failed(_))));
}

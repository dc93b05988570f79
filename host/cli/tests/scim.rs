//! A SCIM 2.0 service of somebody else's, unmodified: `scim2-server`, which `scripts/setup` installs.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fixture::Fixture;
use serde_json::{Map, Value, json};

const TOKEN: &str = "scim-secret";

/// The service, for as long as a test runs.
struct Service {
    process: Child,
    port: u16,
}

impl Service {
    fn start(folder: &Path) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/scim2-server/bin/scim2-server");
        assert!(program.exists(), "{} is missing: scripts/setup installs it", program.display());
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::fs::File::create(folder.join("scim.txt")).unwrap();
        let mut command = Command::new(program);
        command.args(["--hostname", "127.0.0.1", "--port", &port.to_string(), "--bearer-token", TOKEN]);
        let process = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
        let service = Self { process, port };
        for _ in 0..200 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return service;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("the service does not start: {}", std::fs::read_to_string(folder.join("scim.txt")).unwrap());
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v2", self.port)
    }

    /// Everything of a kind.
    fn list(&self, kind: &str) -> Vec<Value> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!("GET /v2/{kind} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["Resources"].as_array().cloned().unwrap_or_default()
    }

    fn users(&self) -> BTreeMap<String, Value> {
        self.list("Users").into_iter().map(|user| (user["externalId"].as_str().unwrap().to_owned(), user)).collect()
    }

    /// Group names with their members' ids at the source.
    fn groups(&self) -> BTreeMap<String, Vec<String>> {
        let ids: BTreeMap<String, String> =
            self.users().into_iter().map(|(id, user)| (user["id"].as_str().unwrap().to_owned(), id)).collect();
        let members = |group: &Value| {
            let mut members: Vec<String> = group["members"]
                .as_array()
                .map(|members| members.iter().map(|member| ids[member["value"].as_str().unwrap()].clone()).collect())
                .unwrap_or_default();
            members.sort();
            members
        };
        self.list("Groups")
            .iter()
            .map(|group| (group["displayName"].as_str().unwrap().to_owned(), members(group)))
            .collect()
    }

    /// Requests so far that changed something.
    fn writes(&self, folder: &Path) -> usize {
        let log = std::fs::read_to_string(folder.join("scim.txt")).unwrap();
        log.lines()
            .filter(|line| ["\"POST", "\"PUT", "\"PATCH", "\"DELETE"].iter().any(|verb| line.contains(verb)))
            .count()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn person(id: &str, department: &str, title: &str, manager: Option<&str>) -> Map<String, Value> {
    let mut person = json!({"id": id, "displayName": format!("Person {id}"), "mail": format!("{id}@contoso.com"),
        "mobilePhone": format!("+91980000000{}", id.len()), "department": department, "jobTitle": title, "city": "Pune",
        "employeeId": format!("E-{id}"), "accountEnabled": true, "usageLocation": "IN"});
    if let Some(manager) = manager {
        person["manager"] = json!({ "id": manager });
    }
    person.as_object().cloned().unwrap()
}

fn change(fixture: &Fixture, patch: Value) {
    fixture.emulator.shared().world.put(patch.as_object().cloned().unwrap());
}

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

#[tokio::test(flavor = "multi_thread")]
async fn an_unmodified_service_is_kept_in_step() {
    let people = vec![
        person("a", "Sales", "Director", None),
        person("bb", "Sales", "Analyst", Some("a")),
        person("ccc", "HR", "Recruiter", Some("a")),
    ];
    let fixture = Fixture::new(people).await;
    let folder = fixture.folder.path();
    let service = Service::start(folder);
    let text = std::fs::read_to_string(fixture.tenant()).unwrap();
    let (source, rest) = text.split_once("[target.login]").unwrap();
    let groups = rest.split_once("[[group]]").unwrap().1;
    let target = format!(
        "[target]\ncomponent = \"scim-push\"\nsettings.base_url = \"{}\"\nlogin = {{ kind = \"bearer\", token = \"{TOKEN}\" }}\n",
        service.url()
    );
    let by_department = "\n[[group_by]]\nattributes = [\"department\"]\nname = \"Department {department}\"\n";
    std::fs::write(fixture.tenant(), format!("{source}{target}[[group]]{groups}{by_department}")).unwrap();

    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    let users = service.users();
    assert_eq!(users.keys().collect::<Vec<_>>(), ["a", "bb", "ccc"]);
    let analyst = &users["bb"];
    assert_eq!(
        (&analyst["userName"], &analyst["displayName"], &analyst["title"], &analyst["active"]),
        (&json!("bb@contoso.com"), &json!("Person bb"), &json!("Analyst"), &json!(true))
    );
    assert_eq!(analyst["phoneNumbers"][0]["value"], "+919800000002");
    assert_eq!(
        (&analyst[ENTERPRISE]["department"], &analyst[ENTERPRISE]["employeeNumber"]),
        (&json!("Sales"), &json!("E-bb"))
    );
    let both = || vec!["a".to_owned(), "bb".to_owned()];
    let groups = service.groups();
    assert_eq!((&groups["Sales"], &groups["Department Sales"]), (&both(), &both()));
    assert_eq!(groups["Department HR"], ["ccc"]);

    // A promotion, a move, a deletion, a newcomer, and a value that is cleared.
    change(&fixture, json!({"id": "a", "jobTitle": "Vice President", "city": null}));
    change(&fixture, json!({"id": "bb", "department": "HR"}));
    fixture.emulator.shared().world.delete("ccc", false);
    change(&fixture, Value::Object(person("dddd", "Sales", "Analyst", Some("bb"))));
    let report = fixture.sync().await;
    assert_eq!(report["status"], "Success", "{report}");
    let users = service.users();
    assert_eq!(users.keys().collect::<Vec<_>>(), ["a", "bb", "dddd"]);
    assert_eq!(users["a"]["title"], "Vice President");
    let shown = users["a"].to_string();
    assert!(!shown.contains("Pune") && users["bb"].to_string().contains("Pune"), "{shown}");
    let groups = service.groups();
    assert_eq!(groups["Sales"], ["a", "dddd"]);
    assert_eq!(groups["Department HR"], ["bb"]);

    // Nothing changed, so nothing is written.
    let before = service.writes(folder);
    assert!(before > 0);
    assert_eq!(fixture.sync().await["status"], "Success");
    assert_eq!(service.writes(folder), before);
}

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

    /// What somebody else does there.
    fn send(&self, method: &str, path: &str, body: &str) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        let head = format!(
            "{method} /v2/{path} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\
             Content-Type: application/scim+json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + body).as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.split_whitespace().nth(1).is_some_and(|status| status.starts_with('2')), "{answer}");
    }

    fn users(&self) -> BTreeMap<String, Value> {
        self.list("Users").into_iter().map(|user| (user["externalId"].as_str().unwrap().to_owned(), user)).collect()
    }

    /// Group names with their members' ids at the source.
    fn groups(&self) -> BTreeMap<String, Vec<String>> {
        let ids: BTreeMap<String, String> =
            self.users().into_iter().map(|(id, user)| (user["id"].as_str().unwrap().to_owned(), id)).collect();
        let name = |id: &str| ids.get(id).cloned().unwrap_or_else(|| "nobody".to_owned());
        let members = |group: &Value| {
            let mut members: Vec<String> = group["members"]
                .as_array()
                .map(|members| members.iter().map(|member| name(member["value"].as_str().unwrap())).collect())
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

    // The service holds what it was brought to, read back in its own words; then somebody else changes it, and that is repaired.
    let verify = async |arguments: &[&str]| -> Value {
        let output = fixture.run(&[&["verify", "contoso.toml", "--json"], arguments].concat()).await;
        serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"))
    };
    let same = verify(&[]).await;
    assert_eq!((&same["report"]["status"], &same["differences"]), (&json!("Success"), &json!([])), "{same}");
    assert_eq!(service.writes(folder), before);
    let id = |user: &str| users[user]["id"].as_str().unwrap().to_owned();
    let department = service.list("Groups").into_iter().find(|group| group["displayName"] == "Department HR").unwrap();
    let patch = |operation: Value| {
        json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": [operation]}).to_string()
    };
    let title = patch(json!({"op": "replace", "path": "title", "value": "Chief"}));
    service.send("PATCH", &format!("Users/{}", id("a")), &title);
    let member = patch(json!({"op": "add", "path": "members", "value": [{"value": id("dddd")}]}));
    service.send("PATCH", &format!("Groups/{}", department["id"].as_str().unwrap()), &member);
    service.send("DELETE", &format!("Users/{}", id("bb")), "");
    let found = verify(&[]).await;
    let told: Vec<&str> =
        found["differences"].as_array().unwrap().iter().filter_map(|difference| difference["what"].as_str()).collect();
    assert!(told.contains(&"the entry was changed") && told.contains(&"the entry is gone"), "{found}");
    assert!(told.iter().any(|what| what.ends_with("was added by hand")), "{found}");
    verify(&["--repair"]).await;
    let users = service.users();
    assert_eq!(
        (users.len(), &users["a"]["title"], &users["bb"]["displayName"]),
        (3, &json!("Vice President"), &json!("Person bb"))
    );
    // This service does not end the memberships of an entry that somebody removes: the old one stays, and means nobody.
    assert_eq!(service.groups()["Department HR"], ["bb", "nobody"]);
    let same = verify(&[]).await;
    assert_eq!(
        (&same["report"]["status"], &same["report"]["counts"]["differences"]),
        (&json!("Success"), &json!(0)),
        "{same}"
    );
}

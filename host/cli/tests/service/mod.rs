//! A SCIM 2.0 service of somebody else's, unmodified: `scim2-server`, which `scripts/setup` installs.
#![allow(dead_code, reason = "each test file uses a part of it")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;

/// What it lets in.
pub const TOKEN: &str = "scim-secret";

/// The service, for as long as a test runs.
pub struct Service {
    process: Child,
    port: u16,
}

impl Service {
    pub fn start(folder: &Path) -> Self {
        let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/scim2-server/bin/scim2-server");
        assert!(program.exists(), "{} is missing: scripts/setup installs it", program.display());
        // It cannot choose a port by itself, and one that is free now may be somebody else's when it starts.
        for _ in 0..5 {
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let log = std::fs::File::create(folder.join("scim.txt")).unwrap();
            let mut command = Command::new(&program);
            command.args(["--hostname", "127.0.0.1", "--port", &port.to_string(), "--bearer-token", TOKEN]);
            let process = command.stdout(Stdio::null()).stderr(log).spawn().unwrap();
            let mut service = Self { process, port };
            for _ in 0..200 {
                if service.process.try_wait().unwrap().is_some() {
                    break;
                }
                if service.get("ServiceProviderConfig").is_ok_and(|answer| answer.split(' ').nth(1) == Some("200")) {
                    return service;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        panic!("the service does not start: {}", std::fs::read_to_string(folder.join("scim.txt")).unwrap());
    }

    fn get(&self, path: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        let head = format!("GET /v2/{path} HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n\r\n");
        stream.write_all(head.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/v2", self.port)
    }

    /// Everything of a kind.
    pub fn list(&self, kind: &str) -> Vec<Value> {
        // Its sockets are closed so early now and then that the answer is lost.
        let answer = (0..5).find_map(|_| self.get(kind).ok()).expect("an answer");
        let body: Value = serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap();
        body["Resources"].as_array().cloned().unwrap_or_default()
    }

    /// What somebody else does there.
    pub fn send(&self, method: &str, path: &str, body: &str) {
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

    /// Users by their ids at the source.
    pub fn users(&self) -> BTreeMap<String, Value> {
        self.list("Users").into_iter().map(|user| (user["externalId"].as_str().unwrap().to_owned(), user)).collect()
    }

    /// Group names with their members' ids at the source.
    pub fn groups(&self) -> BTreeMap<String, Vec<String>> {
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
    pub fn writes(&self, folder: &Path) -> usize {
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

//! Tells everything that it can see.

use crate::component::rollcall::sync::{inbox, lookup, scheduling};
use crate::component::wasi::keyvalue::store;
use crate::http;

pub(super) fn run(url: &str) -> String {
    let mut seen = vec![
        format!("environment {:?}", std::env::vars().collect::<Vec<_>>()),
        format!("arguments {:?}", std::env::args().collect::<Vec<_>>()),
        format!("directory {:?}", std::env::current_dir().ok()),
        format!("due {:?}", scheduling::due()),
        format!("properties {:?}", lookup::properties("me", "1", &["*".to_owned(), "secret".to_owned()])),
        http::whole(url, &[]).unwrap_or_else(|error| error),
    ];
    for name in ["/etc/passwd", "../tenant.toml", "/proc/self/environ"] {
        if let Err(reason) = inbox::open(name) {
            seen.push(reason);
        }
    }
    for path in ["/", ".", "/etc", "/proc/self"] {
        seen.push(format!("folder {path} {:?}", std::fs::read_dir(path).map(|entries| entries.count()).ok()));
    }
    seen.push(format!("file {:?}", std::fs::read_to_string("/etc/passwd").ok()));
    seen.push(format!("written {:?}", std::fs::write("/tmp/hostile", "x").ok()));
    let (_, authority, _) = http::parts(url);
    seen.push(format!("connected {:?}", std::net::TcpStream::connect(authority).ok()));
    seen.push(format!("bound {:?}", std::net::TcpListener::bind("127.0.0.1:0").ok()));
    seen.push(format!("datagrams {:?}", std::net::UdpSocket::bind("127.0.0.1:0").ok()));
    let mut line = String::new();
    let _ = std::io::stdin().read_line(&mut line);
    seen.push(format!("input {line:?}"));
    if let Ok(bucket) = store::open("default") {
        for key in bucket.list_keys(None).map(|page| page.keys).unwrap_or_default() {
            let value = bucket.get(&key).ok().flatten().unwrap_or_default();
            seen.push(format!("{key} = {}", String::from_utf8_lossy(&value)));
        }
    }
    for line in &seen {
        println!("{line}");
    }
    seen.join("\n")
}

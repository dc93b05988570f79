//! HTTPS as it is outside: a server with a certificate, whose authority this machine trusts or does not.
//!
//! The host trusts what the machine trusts, and asks the machine in the usual way: `SSL_CERT_FILE` names a file of authorities, which is how
//! an administrator adds one of the organization's own. `tests/data/tls` has such an authority, whose key nobody kept, and two certificates
//! of it with their keys: for 127.0.0.1, and for another name. They end in a hundred years.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod fixture;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use fixture::Fixture;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/tls").join(name)
}

/// A web server of one file, with TLS.
struct Server {
    url: String,
    content: Arc<Mutex<String>>,
    /// How many requests came through.
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn start(certificate: &str, content: &str) -> Self {
        let pem = std::fs::read(data(certificate)).unwrap();
        let chain: Vec<CertificateDer<'_>> = CertificateDer::pem_slice_iter(&pem).map(Result::unwrap).collect();
        let key = PrivateKeyDer::from_pem_slice(&pem).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain.into_iter().map(CertificateDer::into_owned).collect(), key)
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("https://{}/export/hr.csv", listener.local_addr().unwrap());
        let (content, requests) = (Arc::new(Mutex::new(content.to_owned())), Arc::new(AtomicUsize::new(0)));
        let server = Self { url, content: Arc::clone(&content), requests: Arc::clone(&requests) };
        let config = Arc::new(config);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = StreamOwned::new(connection, stream.unwrap());
                // One packet holds the request; who does not trust the certificate sends none.
                if stream.read(&mut [0; 4096]).unwrap_or(0) == 0 {
                    continue;
                }
                requests.fetch_add(1, Ordering::Relaxed);
                let body = content.lock().unwrap().clone();
                let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
                let _ = stream.write_all((head + &body).as_bytes());
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        });
        server
    }

    fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }
}

/// A tenant that reads people from there into files.
async fn tenant(server: &Server) -> Fixture {
    let fixture = Fixture::new(Vec::new()).await;
    let text = format!(
        r#"
attribute = [
  {{ name = "name", expression = "[displayName]", required = true }},
  {{ name = "department", expression = "[department]" }},
]

[source]
component = "csv-pull"
settings.url = "{}"

[target]
component = "csv-push"

[[group_by]]
attributes = ["department"]
name = "{{department}}"
"#,
        server.url
    );
    std::fs::write(fixture.tenant(), text).unwrap();
    fixture
}

/// A run on a machine that trusts these authorities and no others.
async fn sync(fixture: &Fixture, authorities: &Path) -> (Value, String) {
    let mut command = fixture.command(&["sync", "contoso.toml", "--json"]);
    command.env("SSL_CERT_FILE", authorities).env_remove("SSL_CERT_DIR");
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{said}")), said)
}

fn people(fixture: &Fixture) -> String {
    std::fs::read_to_string(fixture.folder.path().join("contoso.state/outbox/people.csv")).unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_read_from_a_server_whose_authority_is_trusted() {
    let server = Server::start("here.pem", "id,displayName,department\n7,Ann Lee,Sales\n8,Bob Ray,Sales\n");
    let fixture = tenant(&server).await;
    let (report, said) = sync(&fixture, &data("authority.pem")).await;
    assert_eq!(report["status"], "Success", "{said}");
    assert_eq!(people(&fixture), "id,name,department\r\n7,Ann Lee,Sales\r\n8,Bob Ray,Sales\r\n");

    *server.content.lock().unwrap() = "id,displayName,department\n7,Ann Li,Sales\n8,Bob Ray,HR\n".to_owned();
    let (report, said) = sync(&fixture, &data("authority.pem")).await;
    assert_eq!(report["status"], "Success", "{said}");
    assert_eq!(people(&fixture), "id,name,department\r\n7,Ann Li,Sales\r\n8,Bob Ray,HR\r\n");
    assert_eq!(server.requests(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_of_a_server_whose_certificate_is_not_trusted_or_is_for_another_name() {
    let folder = tempfile::tempdir().unwrap();
    // A machine that trusts another authority: itself signed, and not the one that is asked for.
    let other = folder.path().join("other.pem");
    let pem = std::fs::read_to_string(data("elsewhere.pem")).unwrap();
    std::fs::write(&other, pem.split_inclusive("-----END CERTIFICATE-----\n").next().unwrap()).unwrap();
    for (certificate, authorities) in [("here.pem", other), ("elsewhere.pem", data("authority.pem"))] {
        let server = Server::start(certificate, "id,displayName,department\n7,Ann Lee,Sales\n");
        let fixture = tenant(&server).await;
        let (report, said) = sync(&fixture, &authorities).await;
        assert_ne!(report["status"], "Success", "{certificate}: {said}");
        assert!(said.contains("certificate"), "{certificate}: {said}");
        assert_eq!((server.requests(), people(&fixture)), (0, String::new()), "{certificate}");
    }
}

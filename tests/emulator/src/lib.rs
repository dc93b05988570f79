//! Stands in for Microsoft Graph, its login, Kaizala and a SCIM service, on loopback, and misbehaves on request.
//!
//! | service | base address | what it does |
//! | --- | --- | --- |
//! | login | `{graph}` | client credentials at `/{tenant}/oauth2/v2.0/token` |
//! | Graph | `{graph}` | `users/delta`, `groups/delta`, `users/{id}` |
//! | Kaizala | `{kaizala}` | `accessToken`, groups, members, and a directory of our own invention |
//! | SCIM | `{scim}` | users and groups, with the habits that are switched on |
//! | admin | `{graph}/admin` | changes the directory, lists the calls, sets faults and limits |
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use rollcall_emulator::{Emulator, Options};
//! let emulator = Emulator::start(Options { users: rollcall_emulator::generator::users(100, 7), ..Options::default() }).await?;
//! println!("Graph is at {}", emulator.graph_url);
//! # Ok(()) }
//! ```

pub mod admin;
pub mod faults;
pub mod generator;
pub mod graph;
pub mod kaizala;
pub mod least;
pub mod login;
pub mod population;
pub mod record;
pub mod reply;
pub mod scim;
pub mod world;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::response::Response;
use serde_json::{Map, Value};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::faults::Faults;
use crate::kaizala::Kaizala;
use crate::record::{Call, Record};
use crate::scim::{Quirks, Scim};
use crate::world::World;

/// What an administrator registers with Microsoft. The emulator accepts nothing else.
pub const CLIENT_ID: &str = "11111111-2222-3333-4444-555555555555";
/// The secret of that application.
pub const CLIENT_SECRET: &str = "emulated-client-secret";
/// The connector's id.
pub const APPLICATION_ID: &str = "emulated-connector";
/// The connector's secret.
pub const APPLICATION_SECRET: &str = "EMULATED01";
/// The refresh token that is accepted at first.
pub const REFRESH_TOKEN: &str = "emulated-refresh-token";

/// How an emulator starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// The port of Graph; Kaizala and SCIM have the next two. Default: 0, any three that are free.
    pub port: u16,
    /// The users that are there at first, as Graph shows them.
    pub users: Vec<Map<String, Value>>,
    /// Users on a page. Default: 100.
    pub page_size: usize,
    /// Kaizala's calls a minute for a connector; none for no limit. Default: 100.
    pub kaizala_limit: Option<usize>,
    /// How the SCIM service differs from others. Default: not at all.
    pub scim: Quirks,
    /// Whether calls are recorded. Default: true.
    pub record: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            port: 0,
            users: Vec::new(),
            page_size: 100,
            kaizala_limit: Some(100),
            scim: Quirks::default(),
            record: true,
        }
    }
}

/// Everything that the services share.
#[derive(Debug)]
pub struct Shared {
    /// The directory.
    pub world: World,
    /// Kaizala's groups and people.
    pub kaizala: Kaizala,
    /// The SCIM service's users and groups.
    pub scim: Scim,
    /// The calls.
    pub record: Record,
    /// What is to go wrong.
    pub faults: Faults,
    /// Where Graph is.
    pub graph_url: String,
    /// Where Kaizala is.
    pub kaizala_url: String,
    /// Where Kaizala is too, and where it moves to.
    pub kaizala_other_url: String,
    /// Where the SCIM service is, without the path before its resources.
    pub scim_url: String,
}

/// A handle to what the services share.
pub type Handle = Arc<Mutex<Shared>>;

/// Which service a call is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Service {
    /// Microsoft's login.
    Login,
    /// Microsoft Graph.
    Graph,
    /// Kaizala.
    Kaizala,
    /// The SCIM service.
    Scim,
}

/// A running emulator; it stops when it is dropped.
#[derive(Debug)]
pub struct Emulator {
    /// Where Graph and the login are.
    pub graph_url: String,
    /// Where Kaizala is.
    pub kaizala_url: String,
    /// Where Kaizala is too, and where it moves to when `kaizala.moved` says so.
    pub kaizala_other_url: String,
    /// The base URL of the SCIM service: what stands before `/Users`.
    pub scim_url: String,
    shared: Handle,
    tasks: Vec<JoinHandle<()>>,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

impl Emulator {
    /// Starts the services.
    ///
    /// # Errors
    /// When the ports cannot be had.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let graph = TcpListener::bind(("127.0.0.1", options.port)).await?;
        let after = |places: u16| if options.port == 0 { 0 } else { options.port.saturating_add(places) };
        let kaizala = TcpListener::bind(("127.0.0.1", after(1))).await?;
        let scim = TcpListener::bind(("127.0.0.1", after(2))).await?;
        let other = TcpListener::bind(("127.0.0.1", 0)).await?;
        let graph_url = format!("http://{}", graph.local_addr()?);
        let kaizala_url = format!("http://{}", kaizala.local_addr()?);
        let kaizala_other_url = format!("http://{}", other.local_addr()?);
        let scim_url = format!("http://{}", scim.local_addr()?);
        let shared = Arc::new(Mutex::new(Shared {
            world: World::new(options.users, options.page_size),
            kaizala: Kaizala::new(options.kaizala_limit),
            scim: Scim::new(options.scim),
            record: Record::new(options.record),
            faults: Faults::default(),
            graph_url: graph_url.clone(),
            kaizala_url: kaizala_url.clone(),
            kaizala_other_url: kaizala_other_url.clone(),
            scim_url: scim_url.clone(),
        }));
        let first = Router::new().fallback(microsoft).with_state(Arc::clone(&shared));
        let second = Router::new().fallback(kaizala_call).with_state(Arc::clone(&shared));
        let third = Router::new().fallback(other_kaizala_call).with_state(Arc::clone(&shared));
        let fourth = Router::new().fallback(scim_call).with_state(Arc::clone(&shared));
        let serve = |listener: TcpListener, router: Router| {
            tokio::spawn(async move {
                let _ = axum::serve(listener, router).await;
            })
        };
        let tasks = vec![serve(graph, first), serve(kaizala, second), serve(other, third), serve(scim, fourth)];
        let scim_url = format!("{scim_url}{}", scim::BASE);
        Ok(Self { graph_url, kaizala_url, kaizala_other_url, scim_url, shared, tasks })
    }

    /// The state, to look at and to change.
    pub fn shared(&self) -> MutexGuard<'_, Shared> {
        lock(&self.shared)
    }

    /// The calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.shared().record.calls().to_vec()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.shared().record.clear();
    }
}

pub(crate) fn lock(shared: &Handle) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A request, read whole.
#[derive(Debug)]
pub struct Asked {
    /// The method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query, decoded.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: axum::http::HeaderMap,
    /// The body.
    pub body: Bytes,
}

/// The largest body that is read.
const LARGEST: usize = 64 << 20;

impl Asked {
    async fn read(request: Request) -> Self {
        let (parts, body) = request.into_parts();
        let body = axum::body::to_bytes(body, LARGEST).await.unwrap_or_default();
        let query = parts.uri.query().map(reply::decode_query).unwrap_or_default();
        Self {
            method: parts.method.to_string(),
            path: reply::decode(parts.uri.path()),
            query,
            headers: parts.headers,
            body,
        }
    }

    /// A parameter of the query.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }
}

async fn microsoft(State(shared): State<Handle>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    if asked.path.starts_with("/admin/") {
        return admin::answer(&mut lock(&shared), &asked);
    }
    let service = if asked.path.ends_with("/oauth2/v2.0/token") { Service::Login } else { Service::Graph };
    faults::guarded(&shared, service, &asked, |shared| match service {
        Service::Login => login::answer(shared, &asked),
        _ => graph::answer(shared, &asked),
    })
    .await
}

async fn kaizala_call(shared: State<Handle>, request: Request) -> Response {
    let moved = {
        let shared = lock(&shared);
        shared.kaizala.moved.then(|| shared.kaizala_other_url.clone())
    };
    match moved {
        Some(url) => {
            let location = format!("{url}{}", request.uri().path_and_query().map_or("/", |path| path.as_str()));
            reply::with_header(reply::json(308, &serde_json::json!({})), "location", &location)
        }
        None => other_kaizala_call(shared, request).await,
    }
}

async fn other_kaizala_call(State(shared): State<Handle>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    faults::guarded(&shared, Service::Kaizala, &asked, |shared| kaizala::answer(shared, &asked)).await
}

async fn scim_call(State(shared): State<Handle>, request: Request) -> Response {
    let asked = Asked::read(request).await;
    faults::guarded(&shared, Service::Scim, &asked, |shared| scim::answer(shared, &asked)).await
}

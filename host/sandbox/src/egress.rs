//! HTTP to the outside: the host's own client behind the wasi:http hook.
//!
//! A request passes, in this order: the budget of the call, the grant (scheme, host, port), the origin's pause and the login's allowance, the
//! credentials with the address that the login names, and, where a name was resolved, the check that it does not lead into a private
//! network. Redirects are handed to the component as they are: following one is another request that passes the same checks.
//!
//! | what could go wrong | what is done about it |
//! | --- | --- |
//! | a name that leads into a private network, now or a moment later | the client connects to the very addresses that were checked |
//! | a server that repeats the credential it was sent | its text is masked in the headers and the body of the answer |
//! | a small compressed answer that becomes an endless one | bytes are counted as the component gets them |
//! | many answers held open | an instance has a fixed number of open requests |
//! | one step that ignores "too many requests" | the pause holds for every step that shares the [`Gate`] |

mod allowance;
mod answer;
mod gate;
mod hooks;
mod mask;
mod resolver;
mod retry_after;
mod send;
mod tape;

use std::sync::Arc;
use std::time::Duration;

pub use self::allowance::{Allowance, Allowances};
pub use self::gate::Gate;
pub(crate) use self::hooks::Hooks;
pub(crate) use self::mask::Mask;
pub(crate) use self::send::reason;
pub use self::tape::{Exchange, Tape};
use crate::capabilities::LogSink;
use crate::credentials::Credential;
use crate::grants::OriginGrant;

/// How long an answer, or the next part of it, may let itself be waited for. Kaizala's documentation suggests a minute to clients.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// How long a connection may take, with TLS.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// A call that was made, without anything secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Call {
    /// The method.
    pub method: String,
    /// Origin and path, without the query.
    pub address: String,
    /// The status; none when there was no answer.
    pub status: Option<u16>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// How long it took until the head of the answer was there.
    pub duration: Duration,
    /// Bytes of the body that was sent.
    pub sent: u64,
    /// What went wrong, if there was no answer.
    pub error: Option<String>,
}

/// Who is told of calls.
pub trait Observer: Send + Sync {
    /// A call was made.
    fn called(&self, call: &Call);
    /// A login was refused, in the provider's own words: no call that needs it will be answered. Default: nothing.
    fn login_refused(&self, reason: &str) {
        let _ = reason;
    }
}

/// The way out for one step of a tenant.
#[derive(Clone)]
pub struct Egress {
    inner: Arc<Inner>,
    tape: Option<Arc<dyn Tape>>,
}

struct Inner {
    client: reqwest::Client,
    grants: Vec<OriginGrant>,
    credentials: Vec<Arc<Credential>>,
    gate: Arc<Gate>,
    observer: Option<Arc<dyn Observer>>,
    log: Arc<dyn LogSink>,
    step: String,
}

impl Egress {
    /// A way out to the granted origins. No grants: no way out.
    ///
    /// # Errors
    /// When the client cannot be made on this machine.
    pub fn new(
        step: &str,
        grants: Vec<OriginGrant>,
        credentials: Vec<Arc<Credential>>,
        gate: Arc<Gate>,
        observer: Option<Arc<dyn Observer>>,
        log: Arc<dyn LogSink>,
    ) -> Result<Self, String> {
        let client = client(&grants, &credentials)?;
        let inner = Inner { client, grants, credentials, gate, observer, log, step: step.to_owned() };
        Ok(Self { inner: Arc::new(inner), tape: None })
    }

    /// The same way out, with every exchange kept.
    #[must_use]
    pub fn with_tape(&self, tape: Arc<dyn Tape>) -> Self {
        Self { inner: Arc::clone(&self.inner), tape: Some(tape) }
    }
}

/// A client that follows no redirects, knows no proxy of the environment, and does not resolve into private networks.
fn client(grants: &[OriginGrant], credentials: &[Arc<Credential>]) -> Result<reqwest::Client, String> {
    // Somebody else may have installed it already; then it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let logins: Vec<String> = credentials.iter().filter_map(|credential| credential.login_host()).collect();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(ANSWER_TIMEOUT)
        .pool_max_idle_per_host(64)
        .tcp_nodelay(true)
        .gzip(true)
        .user_agent(concat!("Rollcall/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(resolver::PublicResolver::new(grants, logins.iter().map(String::as_str))))
        .build()
        .map_err(|error| format!("the HTTP client cannot be made: {error}"))
}

//! HTTP to the outside: the host's own client behind the wasi:http hook.
//!
//! A request passes, in this order: the grant (scheme, host, port), the budget of the call, the origin's pause and the login's allowance, the
//! credentials, and, where a name was resolved, the check that it does not lead into a private network. Redirects are handed to the
//! component as they are: following one is another request that passes the same checks.

mod gate;
mod resolver;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http_body_util::{BodyExt, Limited};
use url::Url;
use wasmtime_wasi_http::{
    DEFAULT_FORBIDDEN_HEADERS, Error, ForbiddenHeaderFilter, RequestOptions, WasiBody, WasiHttpHooks,
};

pub use self::gate::{Allowance, Gate};
use crate::capabilities::LogSink;
use crate::credentials::{Credential, CredentialError};
use crate::grants::{OriginGrant, section_of};
use crate::limits::Limits;

/// The largest request body: a batch of a thousand operations is far below.
const REQUEST_BYTES: usize = 16 << 20;

/// The largest answer that is looked into for a provider's own error code.
const PEEK_BYTES: usize = 64 << 10;

/// The longest that a call is held back because an origin asked for a pause. Beyond it the component is told, and the run decides.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// How long an answer may let itself be waited for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A call that was made, without anything secret in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: String,
    /// Origin and path, without the query.
    pub address: String,
    /// The status; none when there was no answer.
    pub status: Option<u16>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// How long it took.
    pub duration: Duration,
    /// What went wrong, if there was no answer.
    pub error: Option<String>,
}

/// Who is told of calls.
pub trait Observer: Send + Sync {
    /// A call was made.
    fn called(&self, call: &Call);
}

/// The way out for one step of a tenant.
#[derive(Clone)]
pub struct Egress(Arc<Inner>);

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
    /// A way out to the granted origins.
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
        let client = client(&grants)?;
        Ok(Self(Arc::new(Inner { client, grants, credentials, gate, observer, log, step: step.to_owned() })))
    }
}

/// A client that follows no redirects, knows no proxy of the environment, and does not resolve into private networks.
pub(crate) fn client(grants: &[OriginGrant]) -> Result<reqwest::Client, String> {
    // Somebody else may have installed it already; then it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(ANSWER_TIMEOUT)
        .pool_max_idle_per_host(64)
        .tcp_nodelay(true)
        .gzip(true)
        .user_agent(concat!("Rollcall/", env!("CARGO_PKG_VERSION")))
        .dns_resolver(Arc::new(resolver::PublicResolver::new(grants)))
        .build()
        .map_err(|error| format!("the HTTP client cannot be made: {error}"))
}

/// What an instance may still send, and what it sends through.
pub(crate) struct Hooks {
    step: String,
    egress: Option<Egress>,
    calls: Arc<AtomicU32>,
    bytes: Arc<AtomicU64>,
    waited: Arc<AtomicU64>,
}

impl Hooks {
    pub(crate) fn new(step: &str, egress: Option<Egress>, limits: &Limits) -> Self {
        let hooks = Self {
            step: step.to_owned(),
            egress,
            calls: Arc::default(),
            bytes: Arc::default(),
            waited: Arc::default(),
        };
        hooks.begin(limits);
        hooks
    }

    pub(crate) fn begin(&self, limits: &Limits) {
        self.calls.store(limits.http_calls, Ordering::Relaxed);
        self.bytes.store(limits.http_bytes, Ordering::Relaxed);
        self.waited.store(0, Ordering::Relaxed);
    }

    pub(crate) fn waited(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.waited)
    }
}

type Sent = Result<(http::Response<WasiBody>, Box<dyn Future<Output = Result<(), Error>> + Send>), Error>;

impl WasiHttpHooks for Hooks {
    fn forbidden_header_filter(&mut self) -> ForbiddenHeaderFilter {
        // These are the host's to set: a component that sets them could send what is not its own.
        Arc::new(|name| DEFAULT_FORBIDDEN_HEADERS.contains(name) || *name == header::ACCEPT_ENCODING)
    }

    fn send_request(
        &mut self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Box<dyn Future<Output = Sent> + Send> {
        let Some(egress) = self.egress.clone() else { return Box::new(async { Err(Error::HttpRequestDenied) }) };
        let (calls, bytes, waited) = (Arc::clone(&self.calls), Arc::clone(&self.bytes), Arc::clone(&self.waited));
        let step = self.step.clone();
        Box::new(async move {
            let spent = calls.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
            if spent.is_err() {
                let section = section_of(&step).replace(".grants", ".limits");
                egress.0.log.line(
                    "error",
                    &format!("{step}: more HTTP requests in one call than `http_calls` under [{section}] allows"),
                );
                return Err(Error::ConnectionLimitReached);
            }
            let answer = egress.0.send(request, options, &bytes, &waited).await?;
            Ok((answer, Box::new(async { Ok(()) }) as Box<dyn Future<Output = Result<(), Error>> + Send>))
        })
    }
}

impl Inner {
    async fn send(
        &self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        bytes: &Arc<AtomicU64>,
        waited: &AtomicU64,
    ) -> Result<http::Response<WasiBody>, Error> {
        let (parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|_| Error::HttpRequestUriInvalid)?;
        if !self.grants.iter().any(|grant| grant.covers(&url)) {
            let origin = url.origin().ascii_serialization();
            let section = section_of(&self.step);
            let message = format!(
                "{}: the component wanted to call {origin}, which it is not granted; to grant it, write http = [\"{origin}\"] under [{section}]",
                self.step
            );
            self.log.line("error", &message);
            return Err(Error::HttpRequestDenied);
        }
        let body = Limited::new(body, REQUEST_BYTES)
            .collect()
            .await
            .map_err(|_| Error::HttpRequestBodySize(Some(REQUEST_BYTES as u64)))?
            .to_bytes();
        spend(bytes, body.len())?;
        let credential = self.credentials.iter().find(|credential| credential.covers(&url));
        let patience = options.and_then(|options| options.first_byte_timeout).unwrap_or(ANSWER_TIMEOUT);
        let mut renewed = false;
        for _ in 0..4 {
            self.wait_for_turn(&url, credential.map(Arc::as_ref), waited).await?;
            let mut address = url.clone();
            let mut headers = parts.headers.clone();
            headers.remove(header::HOST);
            headers.remove(header::CONTENT_LENGTH);
            if let Some(credential) = credential {
                address = credential
                    .prepare(address, &mut headers, &self.client)
                    .await
                    .map_err(|error| self.refused(&error))?;
            }
            let started = Instant::now();
            let sent =
                self.client.request(parts.method.clone(), address.clone()).headers(headers).body(body.clone()).send();
            let answer = match tokio::time::timeout(patience, sent).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(error)) => return Err(self.failed(&parts.method, &address, started, &error)),
                Err(_) => {
                    self.observe(&parts.method, &address, None, None, started, Some("no answer in time".to_owned()));
                    return Err(Error::HttpResponseTimeout);
                }
            };
            let status = answer.status();
            let request_id = ["request-id", "x-ms-request-id", "x-request-id"]
                .iter()
                .find_map(|name| answer.headers().get(*name)?.to_str().ok().map(str::to_owned));
            self.observe(&parts.method, &address, Some(status.as_u16()), request_id, started, None);
            self.gate.note(&url, status, answer.headers());
            let Some(credential) = credential else { return self.answer(answer, bytes) };
            if status == http::StatusCode::PERMANENT_REDIRECT
                && credential.follow(&address, answer.headers(), &self.grants)
            {
                continue;
            }
            let (answer, peeked) = peek(answer, credential).await?;
            if !renewed && credential.is_refused(status, peeked.as_deref()) {
                credential.forget().await;
                renewed = true;
                continue;
            }
            return match peeked {
                Some(body) => {
                    spend(bytes, body.len())?;
                    Ok(rebuilt(answer, body))
                }
                None => self.answer(answer, bytes),
            };
        }
        Err(Error::LoopDetected)
    }

    async fn wait_for_turn(&self, url: &Url, credential: Option<&Credential>, waited: &AtomicU64) -> Result<(), Error> {
        let started = Instant::now();
        if let Some(pause) = self.gate.pause(url) {
            if pause > LONGEST_PAUSE {
                return Err(Error::ConnectionLimitReached);
            }
            let until = started + pause;
            waited.fetch_add(u64::try_from(pause.as_millis()).unwrap_or(0), Ordering::Relaxed);
            tokio::time::sleep_until(until.into()).await;
        }
        if let Some(allowance) = credential.and_then(Credential::allowance) {
            while let Some(wait) = allowance.take() {
                waited.fetch_add(u64::try_from(wait.as_millis()).unwrap_or(0) + 1, Ordering::Relaxed);
                tokio::time::sleep(wait).await;
            }
        }
        Ok(())
    }

    fn answer(&self, answer: reqwest::Response, bytes: &Arc<AtomicU64>) -> Result<http::Response<WasiBody>, Error> {
        let (mut parts, body) = http::Response::<reqwest::Body>::from(answer).into_parts();
        clean(&mut parts.headers);
        let left = usize::try_from(bytes.load(Ordering::Relaxed)).unwrap_or(usize::MAX);
        let bytes = Arc::clone(bytes);
        let counted = body.map_frame(move |frame| {
            let length = frame.data_ref().map_or(0, Bytes::len);
            // What goes beyond the budget ends the body below; here it is only counted.
            let _ = spend(&bytes, length);
            frame
        });
        let body = Limited::new(counted, left).map_err(|error| {
            if error.is::<http_body_util::LengthLimitError>() {
                Error::HttpResponseBodySize(None)
            } else {
                Error::HttpResponseIncomplete
            }
        });
        Ok(http::Response::from_parts(parts, body.boxed_unsync()))
    }

    fn refused(&self, error: &CredentialError) -> Error {
        self.log.line("error", &format!("{}: {error}", self.step));
        Error::InternalError(Some(error.to_string()))
    }

    fn failed(&self, method: &http::Method, address: &Url, started: Instant, error: &reqwest::Error) -> Error {
        let reason = without_address(error);
        self.observe(method, address, None, None, started, Some(reason.clone()));
        if resolver::is_prohibited(error) {
            self.log.line(
                "error",
                &format!(
                    "{}: {} leads into a private network: refused",
                    self.step,
                    address.host_str().unwrap_or_default()
                ),
            );
            Error::DestinationIpProhibited
        } else if error.is_timeout() {
            Error::ConnectionTimeout
        } else if error.is_connect() {
            Error::ConnectionRefused
        } else {
            Error::ConnectionTerminated
        }
    }

    fn observe(
        &self,
        method: &http::Method,
        address: &Url,
        status: Option<u16>,
        request_id: Option<String>,
        started: Instant,
        error: Option<String>,
    ) {
        if let Some(observer) = &self.observer {
            observer.called(&Call {
                method: method.to_string(),
                address: format!("{}{}", address.origin().ascii_serialization(), address.path()),
                status,
                request_id,
                duration: started.elapsed(),
                error,
            });
        }
    }
}

/// The message of an error and its causes, without the address, whose query may hold what is nobody's business.
fn without_address(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut cause: Option<&dyn std::error::Error> = std::error::Error::source(error);
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    if text.is_empty() { "the request failed".to_owned() } else { text }
}

fn spend(bytes: &AtomicU64, count: usize) -> Result<(), Error> {
    bytes
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(count as u64))
        .map(|_| ())
        .map_err(|_| Error::HttpResponseBodySize(None))
}

/// Headers of a connection say nothing about the message that the component gets.
fn clean(headers: &mut http::HeaderMap) {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::UPGRADE, header::TRAILER] {
        headers.remove(name);
    }
    headers.remove(HeaderName::from_static("keep-alive"));
}

/// Reads a small answer whole where the credential wants to look into it.
async fn peek(answer: reqwest::Response, credential: &Credential) -> Result<(reqwest::Response, Option<Bytes>), Error> {
    let small = answer.content_length().is_some_and(|length| length <= PEEK_BYTES as u64);
    if !small || !credential.looks_into(answer.status()) {
        return Ok((answer, None));
    }
    let (parts, body) = http::Response::<reqwest::Body>::from(answer).into_parts();
    let body = body.collect().await.map_err(|_| Error::HttpResponseIncomplete)?.to_bytes();
    let empty = http::Response::from_parts(parts, reqwest::Body::from(Bytes::new()));
    Ok((reqwest::Response::from(empty), Some(body)))
}

fn rebuilt(answer: reqwest::Response, body: Bytes) -> http::Response<WasiBody> {
    let (mut parts, _) = http::Response::<reqwest::Body>::from(answer).into_parts();
    clean(&mut parts.headers);
    if let Ok(length) = HeaderValue::from_str(&body.len().to_string()) {
        parts.headers.insert(header::CONTENT_LENGTH, length);
    }
    http::Response::from_parts(parts, http_body_util::Full::new(body).map_err(|never| match never {}).boxed_unsync())
}

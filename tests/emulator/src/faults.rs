//! What is to go wrong: an answer with a status, an answer that is lost, an answer that is cut.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::record::Call;
use crate::reply::{graph_error, json, kaizala_error, with_header};
use crate::{Asked, Handle, Service, Shared, lock};

/// How a call goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// This status, with the seconds of `Retry-After` if they are given, and nothing is done.
    Status(u16, Option<u32>),
    /// The connection is cut and nothing is done.
    CutBefore,
    /// Everything is done, and the answer is cut after half of it.
    CutAfter,
    /// Everything is done and answered after this many milliseconds.
    Slow(u64),
    /// The delta link is refused: 410 with a Location, `syncStateNotFound`, "DeltaLink older than 30 days", `resyncRequired`.
    Expired(u8),
}

/// Calls that go wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// Of which service.
    pub service: Service,
    /// Whose path has this text in it.
    #[serde(default)]
    pub path: String,
    /// After this many that go well.
    #[serde(default)]
    pub after: u32,
    /// For this many calls.
    #[serde(default = "one")]
    pub times: u32,
    /// How.
    pub action: Action,
}

fn one() -> u32 {
    1
}

/// The faults that are set.
#[derive(Debug, Default)]
pub struct Faults {
    set: Vec<Fault>,
    random: Option<(u64, u32)>,
}

impl Faults {
    /// Sets a fault.
    pub fn add(&mut self, fault: Fault) {
        self.set.push(fault);
    }

    /// Lets about `per_mille` of a thousand calls go wrong, drawn from a seed.
    pub fn random(&mut self, seed: u64, per_mille: u32) {
        self.random = Some((seed, per_mille));
    }

    /// Lets everything go well from now on.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn take(&mut self, service: Service, path: &str) -> Option<Action> {
        for fault in &mut self.set {
            if fault.service != service || !path.contains(&fault.path) || fault.times == 0 {
                continue;
            }
            if fault.after > 0 {
                fault.after -= 1;
                continue;
            }
            fault.times -= 1;
            return Some(fault.action.clone());
        }
        let (state, per_mille) = self.random.as_mut()?;
        let draw = crate::generator::next(state);
        if draw % 1_000 >= u64::from(*per_mille) {
            return None;
        }
        Some(match (draw >> 32) % 5 {
            0 => Action::Status(429, Some(1)),
            1 => Action::Status(503, None),
            2 => Action::CutBefore,
            3 => Action::CutAfter,
            _ => Action::Status(504, None),
        })
    }
}

/// Answers a call, unless a fault is set for it, and records it.
pub(crate) async fn guarded(
    shared: &Handle,
    service: Service,
    asked: &Asked,
    answer: impl FnOnce(&mut Shared) -> Response,
) -> Response {
    let (action, response) = {
        let mut shared = lock(shared);
        let action = shared.faults.take(service, &asked.path);
        let response = match &action {
            Some(Action::Status(status, wait)) => refusal(service, *status, *wait, shared.record.count),
            Some(Action::CutBefore) => cut(None),
            Some(Action::Expired(form)) => expired(*form, &shared.graph_url, shared.record.count),
            _ => answer(&mut shared),
        };
        let items = asked.json().map_or(0, |body| items(&body));
        let lost = matches!(action, Some(Action::CutBefore | Action::CutAfter));
        let status = if lost { 0 } else { response.status().as_u16() };
        let (method, path) = (asked.method.clone(), asked.path.clone());
        let if_match = asked.header("if-match").map(str::to_owned);
        shared.record.add(Call { service, method, path, status, items, if_match });
        (action, response)
    };
    match action {
        Some(Action::CutAfter) => cut(Some(response)),
        Some(Action::Slow(milliseconds)) => {
            tokio::time::sleep(std::time::Duration::from_millis(milliseconds)).await;
            response
        }
        _ => response,
    }
}

fn items(body: &Value) -> usize {
    match body {
        Value::Array(entries) => entries.len(),
        Value::Object(fields) => fields.values().filter_map(Value::as_array).map(Vec::len).max().unwrap_or(1),
        _ => 0,
    }
}

fn refusal(service: Service, status: u16, wait: Option<u32>, number: u64) -> Response {
    let response = match service {
        Service::Kaizala => kaizala_error(status, "Unknown", "ServerException", "Please try again later!"),
        Service::Graph => {
            let code = match status {
                429 => "TooManyRequests",
                401 => "InvalidAuthenticationToken",
                403 => "Authorization_RequestDenied",
                _ => "ServiceUnavailable",
            };
            graph_error(status, code, "The service answers like this because it was told to.", number)
        }
        Service::Scim => json(
            status,
            &serde_json::json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": status.to_string(),
                "detail": "The service answers like this because it was told to."}),
        ),
        Service::Login => json(
            status,
            &serde_json::json!({"error": "temporarily_unavailable", "error_description": "AADSTS90033: A transient error has occurred. Please try again."}),
        ),
    };
    match wait {
        Some(seconds) => with_header(response, "retry-after", &seconds.to_string()),
        None => response,
    }
}

fn expired(form: u8, graph: &str, number: u64) -> Response {
    match form {
        0 => {
            let response = graph_error(410, "Gone", "The delta token is no longer valid.", number);
            with_header(response, "location", &format!("{graph}/v1.0/users/delta?$deltatoken="))
        }
        1 => graph_error(
            410,
            "syncStateNotFound",
            "The sync state generation is not found; continuing with initial sync is required.",
            number,
        ),
        2 => graph_error(400, "Request_UnsupportedQuery", "DeltaLink older than 30 days is not supported.", number),
        _ => graph_error(410, "resyncRequired", "Resync required.", number),
    }
}

/// A body that breaks off.
struct Broken {
    first: Option<Bytes>,
}

impl HttpBody for Broken {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, std::io::Error>>> {
        Poll::Ready(Some(match self.first.take() {
            Some(first) => Ok(http_body::Frame::data(first)),
            None => Err(std::io::Error::new(std::io::ErrorKind::ConnectionReset, "cut")),
        }))
    }
}

/// An answer whose connection is cut.
fn cut(response: Option<Response>) -> Response {
    let mut response = response.unwrap_or_default();
    let first = Some(Bytes::from_static(b"{\"val"));
    *response.body_mut() = Body::new(Broken { first });
    response.headers_mut().insert("content-length", axum::http::HeaderValue::from_static("100000"));
    response
}

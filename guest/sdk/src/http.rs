//! HTTP, blocking. Granted with the origins that the tenant's file lists; the host attaches credentials and decodes gzip.
//!
//! ```
//! use rollcall_sdk::http::{Client, Request};
//!
//! #[derive(serde::Deserialize)]
//! struct Office { city: String }
//!
//! /// The step hands in `rollcall_sdk::Host`; a test hands in `rollcall_sdk::testing::ScriptedHttp`.
//! fn city(http: &impl Client, office: &str) -> Result<Option<String>, rollcall_sdk::Failure> {
//!     let response = http.send(&Request::get(format!("https://hr.example/offices/{office}")))?;
//!     match response.status {
//!         200 => Ok(response.json::<Office>().ok().map(|office| office.city)),
//!         404 => Ok(None),
//!         _ => Err(response.failure("The HR service refused.")),
//!     }
//! }
//!
//! # use rollcall_sdk::http::{Method, Response};
//! let http = rollcall_sdk::testing::ScriptedHttp::new()
//!     .answer(Method::Get, "https://hr.example/offices/7", Response::json_of(200, r#"{"city":"Cairo"}"#));
//! assert_eq!(city(&http, "7"), Ok(Some("Cairo".into())));
//! ```

mod error;
mod network;
mod retry_after;
mod url;

use std::time::{Duration, SystemTime};

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::error::Error;
pub use self::url::{Url, encode_segment};
use crate::{Failure, Fault};

/// Something that sends requests: [`Host`](crate::Host) in a component, a double in a test.
pub trait Client {
    /// Sends a request and waits for the whole answer. Every status is an answer; an error means that there was none.
    fn send(&self, request: &Request) -> Result<Response, Error>;
}

impl<C: Client + ?Sized> Client for &C {
    fn send(&self, request: &Request) -> Result<Response, Error> {
        (**self).send(request)
    }
}

/// The method of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "RFC 9110 section 9 and RFC 5789 say what they mean")]
pub enum Method {
    Get,
    Head,
    Post,
    Put,
    Patch,
    Delete,
}

/// How long to wait for each part of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection. Default: 10 s.
    pub connect: Duration,
    /// For the first byte of the answer. Default: 60 s, what Kaizala's documentation suggests to clients.
    pub first_byte: Duration,
    /// Between two parts of the body. Default: 60 s.
    pub between_bytes: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        let minute = Duration::from_secs(60);
        Timeouts { connect: Duration::from_secs(10), first_byte: minute, between_bytes: minute }
    }
}

/// A request to be sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The absolute URL.
    pub url: String,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body, if there is one.
    pub body: Option<Vec<u8>>,
    /// How long to wait.
    pub timeouts: Timeouts,
    /// The largest body of an answer that is taken, in bytes. Default: 16 MiB.
    pub largest_answer: usize,
}

impl Request {
    /// A request without headers or body.
    pub fn new(method: Method, url: impl Into<String>) -> Self {
        Request {
            method,
            url: url.into(),
            headers: Vec::new(),
            body: None,
            timeouts: Timeouts::default(),
            largest_answer: 16 * 1024 * 1024,
        }
    }

    /// A GET.
    pub fn get(url: impl Into<String>) -> Self {
        Request::new(Method::Get, url)
    }

    /// A POST.
    pub fn post(url: impl Into<String>) -> Self {
        Request::new(Method::Post, url)
    }

    /// A PUT.
    pub fn put(url: impl Into<String>) -> Self {
        Request::new(Method::Put, url)
    }

    /// A DELETE.
    pub fn delete(url: impl Into<String>) -> Self {
        Request::new(Method::Delete, url)
    }

    /// Adds a header.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Gives it a body of JSON, with its `content-type`. The error is that of a type that has no JSON (a map whose keys are
    /// no texts, say).
    pub fn json(self, body: &impl Serialize) -> Result<Self, Error> {
        let body =
            serde_json::to_vec(body).map_err(|error| Error::Invalid(format!("the body has no JSON: {error}")))?;
        Ok(Request { body: Some(body), ..self.header("content-type", "application/json") })
    }

    /// Waits this long for the first byte and between two parts of the body.
    pub fn timeout(self, time: Duration) -> Self {
        Request { timeouts: Timeouts { first_byte: time, between_bytes: time, ..self.timeouts }, ..self }
    }

    /// Takes an answer of at most this many bytes.
    pub fn largest_answer(self, bytes: usize) -> Self {
        Request { largest_answer: bytes, ..self }
    }
}

/// What was answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Response {
    /// An answer with this status and this JSON text. For tests.
    pub fn json_of(status: u16, json: &str) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Response { status, headers, body: json.as_bytes().to_vec() }
    }

    /// The same answer with another header. For tests.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// True for 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name, in any case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as a type of the author's own.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// The body as text; what is not UTF-8 is replaced.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The seconds that `Retry-After` asks to wait, whether it gives seconds or a date (RFC 9110 section 10.2.3).
    pub fn retry_after(&self) -> Option<u32> {
        self.header("retry-after").and_then(|value| retry_after::seconds(value, SystemTime::now()))
    }

    /// True when the same request may well succeed later: 408, 425, 429, 500, 502, 503, 504.
    pub fn is_worth_retrying(&self) -> bool {
        matches!(self.status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
    }

    /// This answer as a failure: to be tried again if that may help, after the time that it names.
    pub fn failure(&self, message: impl Into<String>) -> Failure {
        let fault = Fault::new(message).status(self.status);
        if self.is_worth_retrying() { Failure::Retry(fault.retry(self.retry_after())) } else { Failure::Failed(fault) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_found_in_any_case() {
        let response = Response::json_of(200, "{}").with_header("Retry-After", "7");
        assert_eq!(response.header("retry-AFTER"), Some("7"));
        assert_eq!(response.retry_after(), Some(7));
    }

    #[test]
    fn throttling_is_to_be_retried_after_the_time_that_was_named_and_a_refusal_is_not() {
        let busy = Response::json_of(429, "{}").with_header("retry-after", "30");
        assert_eq!(busy.failure("Busy."), Failure::Retry(Fault::new("Busy.").status(429).retry(Some(30))));
        assert_eq!(Response::json_of(403, "{}").failure("No."), Failure::Failed(Fault::new("No.").status(403)));
    }

    #[test]
    fn a_json_body_brings_its_content_type() {
        let request = Request::post("https://a.example/").json(&serde_json::json!({"a": 1})).unwrap();
        assert_eq!(request.body.as_deref(), Some(br#"{"a":1}"#.as_slice()));
        assert_eq!(request.headers, [("content-type".to_owned(), "application/json".to_owned())]);
    }
}

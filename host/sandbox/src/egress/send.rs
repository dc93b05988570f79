//! Sending one request of a component.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderValue};
use http::{Method, StatusCode};
use http_body_util::{BodyExt, Limited};
use tokio::sync::OwnedSemaphorePermit;
use url::Url;
use wasmtime_wasi_http::{Error, RequestOptions, WasiBody};

use super::answer::Answer;
use super::{ANSWER_TIMEOUT, Call, Inner, Mask, resolver};
use crate::credentials::{Credential, CredentialError, Prepared};
use crate::grants::section_of;
use crate::usage::Budget;

/// The largest request body: a batch of a thousand operations is far below. It is kept, so that it can be sent once more with a new token.
const REQUEST_BYTES: usize = 16 << 20;

/// A request as sent, an answer that moved the service, and one that refused the token, in any order: more is a circle.
const ATTEMPTS: usize = 4;

impl Inner {
    pub(super) async fn send(
        &self,
        request: http::Request<WasiBody>,
        options: Option<RequestOptions>,
        budget: &Arc<Budget>,
        place: OwnedSemaphorePermit,
    ) -> Result<http::Response<WasiBody>, Error> {
        let (parts, body) = request.into_parts();
        let url = self.checked(&parts.method, &parts.uri)?;
        let body = Limited::new(body, REQUEST_BYTES)
            .collect()
            .await
            .map_err(|_| Error::HttpRequestBodySize(Some(REQUEST_BYTES as u64)))?
            .to_bytes();
        budget.send(body.len()).map_err(|_| Error::HttpRequestBodySize(None))?;
        let credential = self.credentials.iter().find(|credential| credential.covers(&url)).map(Arc::as_ref);
        let patience = options
            .and_then(|options| options.first_byte_timeout)
            .map_or(ANSWER_TIMEOUT, |patience| patience.min(ANSWER_TIMEOUT));
        let mut renewed = false;
        for _ in 0..ATTEMPTS {
            if let Some(pause) = self.wait_for_turn(&url, credential, budget).await {
                return Ok(too_many(pause).hand_over(Mask::default(), budget, place));
            }
            let Prepared { address, headers, token } = self.prepare(&url, &parts.headers, credential).await?;
            let response = self.once(&parts.method, &address, headers, body.clone(), patience).await?;
            self.gate.note(&url, response.status(), response.headers());
            let mut answer = Answer::new(response);
            let status = answer.head.status;
            if let (Some(credential), Some(token)) = (credential, &token) {
                if status == StatusCode::PERMANENT_REDIRECT
                    && credential.follow(&address, &answer.head.headers, &self.grants)
                {
                    continue;
                }
                let seen = if credential.looks_into(status) { answer.peek().await? } else { None };
                if !renewed && credential.is_refused(status, seen) {
                    credential.forget(token).await;
                    renewed = true;
                    continue;
                }
            }
            return Ok(answer.hand_over(Mask::new(&token), budget, place));
        }
        Err(Error::LoopDetected)
    }

    /// The address, if it is one that this step may send to.
    fn checked(&self, method: &Method, uri: &http::Uri) -> Result<Url, Error> {
        // A tunnel leads past all that is checked here, and TRACE repeats the credential.
        if matches!(*method, Method::CONNECT | Method::TRACE) {
            return Err(Error::HttpRequestMethodInvalid);
        }
        let url = Url::parse(&uri.to_string()).map_err(|_| Error::HttpRequestUriInvalid)?;
        // A name before the host would become a credential of the component's own.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::HttpRequestUriInvalid);
        }
        self.granted(&url)?;
        Ok(url)
    }

    fn granted(&self, url: &Url) -> Result<(), Error> {
        if self.grants.iter().any(|grant| grant.covers(url)) {
            return Ok(());
        }
        let (origin, section) = (url.origin().ascii_serialization(), section_of(&self.step));
        self.refuse(&format!(
            "the component wanted to call {origin}, which it is not granted; to grant it, write http = [\"{origin}\"] under [{section}]"
        ));
        Err(Error::HttpRequestDenied)
    }

    /// Waits until the origin and the login's allowance permit a request; answers the pause if it is longer than anybody should wait here.
    async fn wait_for_turn(&self, url: &Url, credential: Option<&Credential>, budget: &Budget) -> Option<Duration> {
        let clock = self.gate.clock();
        loop {
            let wait = match self.gate.pause(url) {
                Some(pause) if pause > self.gate.longest() => return Some(pause),
                Some(pause) => Some(pause),
                None => credential.and_then(|credential| self.turn(credential)),
            };
            let wait = wait?;
            budget.wait(wait);
            clock.sleep(wait).await;
        }
    }

    /// Takes one request of the login's allowance; answers how long to wait if there is none left.
    fn turn(&self, credential: &Credential) -> Option<Duration> {
        let allowance = credential.allowance();
        let wait = allowance.take(self.gate.clock());
        if let Some(trouble) = allowance.trouble() {
            self.log.line("warn", &format!("{}: {trouble}", self.step));
        }
        wait
    }

    /// The headers and the address to send to, with the credential.
    async fn prepare(
        &self,
        url: &Url,
        headers: &HeaderMap,
        credential: Option<&Credential>,
    ) -> Result<Prepared, Error> {
        let mut headers = headers.clone();
        // The client writes its own.
        headers.remove(header::HOST);
        headers.remove(header::CONTENT_LENGTH);
        let Some(credential) = credential else { return Ok(Prepared { address: url.clone(), headers, token: None }) };
        let prepared = credential.prepare(url.clone(), headers, &self.client).await;
        credential.count_logins(self.gate.clock());
        let prepared = prepared.map_err(|error| {
            self.refuse(&error.to_string());
            if let (CredentialError::Refused(_), Some(observer)) = (&error, &self.observer) {
                observer.login_refused(&error.to_string());
            }
            match error {
                // The guest's words for these: "not allowed", which is for good, and "broken", which may pass.
                CredentialError::Elsewhere(_) => Error::HttpRequestDenied,
                other => Error::InternalError(Some(other.to_string())),
            }
        })?;
        if prepared.address.origin() != url.origin() {
            self.granted(&prepared.address)?;
        }
        Ok(prepared)
    }

    async fn once(
        &self,
        method: &Method,
        address: &Url,
        headers: HeaderMap,
        body: Bytes,
        patience: Duration,
    ) -> Result<reqwest::Response, Error> {
        let (started, sent) = (Instant::now(), body.len() as u64);
        let request = self.client.request(method.clone(), address.clone()).headers(headers).body(body).send();
        let answer = tokio::time::timeout(patience, request).await;
        let mut call = Call {
            method: method.to_string(),
            address: format!("{}{}", address.origin().ascii_serialization(), address.path()),
            status: None,
            request_id: None,
            duration: started.elapsed(),
            sent,
            error: None,
        };
        let answer = match answer {
            Ok(Ok(answer)) => {
                call.status = Some(answer.status().as_u16());
                call.request_id = request_id(answer.headers());
                Ok(answer)
            }
            Ok(Err(error)) => {
                call.error = Some(reason(&error));
                Err(self.failed(address, &error))
            }
            Err(_) => {
                call.error = Some(format!("no answer within {} s", patience.as_secs_f64()));
                Err(Error::HttpResponseTimeout)
            }
        };
        if let Some(observer) = &self.observer {
            observer.called(&call);
        }
        answer
    }

    fn failed(&self, address: &Url, error: &reqwest::Error) -> Error {
        if resolver::is_prohibited(error) {
            let host = address.host_str().unwrap_or_default();
            self.refuse(&format!("the name {host} leads into a private network, where this step may not go"));
            return Error::DestinationIpProhibited;
        }
        if resolver::is_not_found(error) {
            return Error::DnsError { rcode: Some("no such name".to_owned()), info_code: None };
        }
        let certificate =
            causes(error).any(|cause| matches!(cause.downcast_ref(), Some(rustls::Error::InvalidCertificate(_))));
        match error {
            _ if certificate => Error::TlsCertificateError,
            _ if error.is_connect() && error.is_timeout() => Error::ConnectionTimeout,
            _ if error.is_timeout() => Error::HttpResponseTimeout,
            _ if error.is_connect() => Error::ConnectionRefused,
            _ => Error::ConnectionTerminated,
        }
    }

    /// A refusal, for the log.
    fn refuse(&self, message: &str) {
        self.log.line("error", &format!("{}: {message}", self.step));
    }
}

/// What an origin that wants to be left alone would answer.
fn too_many(pause: Duration) -> Answer {
    let seconds = pause.as_secs_f64().ceil();
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(&seconds.to_string()) {
        headers.insert(header::RETRY_AFTER, value);
    }
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    let text = format!("The server asked for a pause, of which {seconds} seconds are left.");
    Answer::own(StatusCode::TOO_MANY_REQUESTS, headers, &text)
}

/// The provider's id of a request: Microsoft's two, and the usual one. It is bounded, since it goes to the log.
fn request_id(headers: &HeaderMap) -> Option<String> {
    let mut ids = ["request-id", "x-ms-request-id", "x-request-id"].iter().filter_map(|name| headers.get(*name));
    ids.find_map(|value| value.to_str().ok()).map(|text| text.chars().take(128).collect())
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    std::iter::successors(std::error::Error::source(error), |error| {
        // An I/O error keeps what it wraps to itself, unless it is asked.
        match error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            Some(inner) => Some(inner as &(dyn std::error::Error + 'static)),
            None => error.source(),
        }
    })
}

/// The innermost cause of an error, without the address, whose query may hold what is nobody's business.
pub(crate) fn reason(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "the request failed".to_owned(), ToString::to_string)
}

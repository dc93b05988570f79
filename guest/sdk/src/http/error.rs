//! Why there was no answer.

use std::fmt;

use crate::bindings::capabilities::wasi::http::types::ErrorCode;
use crate::{Failure, Fault};

/// Why a request got no answer.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// The request itself cannot be sent: its URL, a header, its body.
    Invalid(String),
    /// The host refused it: the origin is not granted, or the address is one that may not be called.
    Denied(String),
    /// The server was not reached. It has seen nothing of the request.
    Unreachable(String),
    /// The connection broke or took too long. **The server may have done what it was asked.**
    Interrupted(String),
    /// The answer is larger than it may be. The server has done what it was asked.
    TooLarge(String),
}

impl Error {
    /// True when the server may have seen the request and acted on it.
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, Error::Interrupted(_) | Error::TooLarge(_))
    }

    /// Which error a code of `wasi:http` is.
    pub(super) fn of_code(code: ErrorCode) -> Self {
        let text = words(&code);
        match code {
            ErrorCode::HttpRequestDenied | ErrorCode::DestinationIpProhibited => Error::Denied(text),
            ErrorCode::HttpRequestMethodInvalid
            | ErrorCode::HttpRequestUriInvalid
            | ErrorCode::HttpRequestUriTooLong
            | ErrorCode::HttpRequestLengthRequired
            | ErrorCode::HttpRequestBodySize(_)
            | ErrorCode::HttpRequestHeaderSize(_)
            | ErrorCode::HttpRequestHeaderSectionSize(_) => Error::Invalid(text),
            ErrorCode::DnsTimeout
            | ErrorCode::DnsError(_)
            | ErrorCode::DestinationNotFound
            | ErrorCode::DestinationUnavailable
            | ErrorCode::DestinationIpUnroutable
            | ErrorCode::ConnectionRefused
            | ErrorCode::ConnectionTimeout
            | ErrorCode::ConnectionLimitReached
            | ErrorCode::TlsProtocolError
            | ErrorCode::TlsCertificateError
            | ErrorCode::TlsAlertReceived(_) => Error::Unreachable(text),
            ErrorCode::HttpResponseBodySize(_)
            | ErrorCode::HttpResponseHeaderSize(_)
            | ErrorCode::HttpResponseHeaderSectionSize(_) => Error::TooLarge(text),
            ErrorCode::InternalError(Some(text)) => Error::Interrupted(text),
            // A timeout after the connection stood, a broken answer, and whatever is added later: nobody knows what the
            // server did.
            _ => Error::Interrupted(text),
        }
    }
}

/// A code in words: `ErrorCode::ConnectionRefused` is "connection refused".
fn words(code: &ErrorCode) -> String {
    if let ErrorCode::DnsError(payload) = code {
        return format!(
            "its name was not found: {}",
            payload.rcode.as_deref().unwrap_or("the name server gave no reason")
        );
    }
    let name = format!("{code:?}");
    let name = name.strip_prefix("ErrorCode::").unwrap_or(&name);
    let name = name.split('(').next().unwrap_or(name);
    let mut words = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(letter.to_lowercase());
    }
    words
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, detail) = match self {
            Error::Invalid(detail) => ("the request cannot be sent", detail),
            Error::Denied(detail) => ("the request was not allowed; the origin must be granted to this step", detail),
            Error::Unreachable(detail) => ("the server could not be reached", detail),
            Error::Interrupted(detail) => ("the connection broke before the answer was complete", detail),
            Error::TooLarge(detail) => ("the answer is too large", detail),
        };
        write!(f, "{what} ({detail})")
    }
}

impl std::error::Error for Error {}

/// What may pass is to be tried again; what cannot be sent or is not allowed is not.
impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let fault = Fault::new(error.to_string());
        match error {
            Error::Unreachable(_) | Error::Interrupted(_) => Failure::Retry(fault.retry(None)),
            Error::Invalid(_) | Error::Denied(_) | Error::TooLarge(_) => Failure::Failed(fault),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_told_in_words() {
        for (code, words) in [
            (ErrorCode::ConnectionRefused, "the server could not be reached (connection refused)"),
            (ErrorCode::HttpResponseBodySize(Some(7)), "the answer is too large (http response body size)"),
            (
                ErrorCode::InternalError(Some("reset".into())),
                "the connection broke before the answer was complete (reset)",
            ),
        ] {
            assert_eq!(Error::of_code(code).to_string(), words);
        }
    }

    #[test]
    fn only_a_server_that_was_reached_can_have_acted() {
        for (code, arrived) in [
            (ErrorCode::ConnectionRefused, false),
            (ErrorCode::DnsTimeout, false),
            (ErrorCode::HttpRequestDenied, false),
            (ErrorCode::HttpResponseTimeout, true),
            (ErrorCode::ConnectionTerminated, true),
            (ErrorCode::HttpResponseBodySize(None), true),
        ] {
            assert_eq!(Error::of_code(code.clone()).may_have_arrived(), arrived, "{code:?}");
        }
    }
}

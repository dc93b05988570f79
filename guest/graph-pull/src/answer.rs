//! What Graph's errors mean.
//!
//! Sources: Graph, "Microsoft Graph error responses and resource types", "Microsoft Graph throttling guidance", "Use delta
//! query", Synchronization reset. The words for an expired link differ from service to service; all known forms are recognised.

use rollcall_sdk::http::Response;
use rollcall_sdk::{Failure, Fault};
use serde::Deserialize;

#[derive(Deserialize)]
struct Body {
    error: Error,
}

#[derive(Deserialize)]
struct Error {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
    #[serde(rename = "innerError", alias = "innererror")]
    inner: Option<InnerError>,
}

#[derive(Deserialize)]
struct InnerError {
    #[serde(rename = "request-id")]
    request_id: Option<String>,
}

/// How the page was asked for: only a link can be too old.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// By a URL that this source made.
    Anew,
    /// By a link that Graph gave.
    ByLink,
}

/// What an answer that is not a success means.
pub(crate) fn failure(response: &Response, asked: Asked) -> Failure {
    let error = response.json::<Body>().ok().map(|body| body.error);
    let (code, words, inner) = match error {
        Some(error) => (error.code, error.message, error.inner.and_then(|inner| inner.request_id)),
        None => Default::default(),
    };
    let words = if words.is_empty() { format!("it gave no reason (status {})", response.status) } else { words };
    let id = response.header("request-id").map(str::to_owned).or(inner);
    let expired = asked == Asked::ByLink && is_expired(response.status, &code, &words);
    let fault = |start: &str| {
        let code = Some(code.clone()).filter(|code| !code.is_empty());
        Fault::new(format!("{start}: {words}")).status(response.status).code(code).request_id(id.clone())
    };
    match response.status {
        _ if expired => Failure::CursorExpired(fault("Microsoft Graph no longer accepts the delta link")),
        429 => Failure::Retry(fault("Microsoft Graph asks to slow down").retry(response.retry_after())),
        _ if response.is_worth_retrying() => {
            Failure::Retry(fault("Microsoft Graph is out of service for a while").retry(response.retry_after()))
        }
        401 => Failure::Failed(fault("Microsoft Graph refused the login")),
        403 => Failure::Failed(fault("Microsoft Graph refused: a permission is missing")),
        501 => Failure::Failed(fault("Microsoft Graph cannot track one of the properties that the steps read")),
        _ => Failure::Failed(fault("Microsoft Graph refused the request")),
    }
}

/// 410 in every form; `syncStateNotFound` and its kin with any status; and the directory's own words with status 400.
fn is_expired(status: u16, code: &str, words: &str) -> bool {
    let code_says_so = ["syncStateNotFound", "syncStateInvalid", "resyncRequired"]
        .iter()
        .any(|known| code.eq_ignore_ascii_case(known) && (400..500).contains(&status));
    let words_say_so = status == 400
        && code.eq_ignore_ascii_case("Request_UnsupportedQuery")
        && words.to_ascii_lowercase().contains("deltalink older than");
    status == 410 || code_says_so || words_say_so
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str, message: &str) -> Response {
        let body = format!(
            r#"{{"error":{{"code":"{code}","message":"{message}","innerError":{{"date":"x","request-id":"inner-1"}}}}}}"#
        );
        Response::json_of(status, &body)
    }

    fn kind(failure: &Failure) -> &'static str {
        match failure {
            Failure::Retry(_) => "retry",
            Failure::CursorExpired(_) => "expired",
            Failure::Failed(_) => "failed",
        }
    }

    #[test]
    fn every_documented_answer_means_what_the_documentation_says() {
        for (status, code, message, expected) in [
            (429, "TooManyRequests", "x", "retry"),
            (429, "Request_Throttled", "x", "retry"),
            (503, "ServiceUnavailable", "x", "retry"),
            (504, "GatewayTimeout", "x", "retry"),
            (500, "InternalServerError", "x", "retry"),
            (410, "", "", "expired"),
            (410, "resyncRequired", "x", "expired"),
            (410, "syncStateNotFound", "x", "expired"),
            (400, "syncStateNotFound", "x", "expired"),
            (400, "SyncStateNotFound", "x", "expired"),
            (400, "Request_UnsupportedQuery", "DeltaLink older than 30 days is not supported.", "expired"),
            (400, "Request_UnsupportedQuery", "Unsupported Query.", "failed"),
            (400, "Request_BadRequest", "x", "failed"),
            (401, "InvalidAuthenticationToken", "x", "failed"),
            (403, "Authorization_RequestDenied", "x", "failed"),
            (404, "ResourceNotFound", "x", "failed"),
            (501, "NotImplemented", "x", "failed"),
            (302, "", "", "failed"),
        ] {
            let failure = failure(&answer(status, code, message), Asked::ByLink);
            assert_eq!(kind(&failure), expected, "{status} {code} {message}");
        }
    }

    #[test]
    fn an_expired_link_is_told_in_the_providers_own_words() {
        let words = "DeltaLink older than 30 days is not supported.";
        let failure = failure(&answer(400, "Request_UnsupportedQuery", words), Asked::ByLink);
        let fault = failure.fault();
        assert!(fault.message.ends_with(words), "{}", fault.message);
        assert_eq!(fault.code.as_deref(), Some("Request_UnsupportedQuery"));
        assert_eq!(fault.request_id.as_deref(), Some("inner-1"));
    }

    #[test]
    fn a_first_page_cannot_be_expired() {
        assert_eq!(kind(&failure(&answer(410, "resyncRequired", "x"), Asked::Anew)), "failed");
    }

    #[test]
    fn the_time_to_wait_is_what_graph_says() {
        let Failure::Retry(retry) = failure(&answer(429, "x", "x").with_header("Retry-After", "17"), Asked::Anew)
        else {
            panic!("not to be retried");
        };
        assert_eq!(retry.after_seconds, Some(17));
    }

    #[test]
    fn an_answer_without_an_error_body_is_told_by_its_status_and_header() {
        let response =
            Response { status: 403, headers: vec![], body: b"<html>".to_vec() }.with_header("request-id", "r-1");
        let failure = failure(&response, Asked::Anew);
        assert_eq!(failure.fault().request_id.as_deref(), Some("r-1"));
        assert_eq!(failure.fault().code, None);
        assert!(failure.fault().message.contains("(status 403)"));
    }
}

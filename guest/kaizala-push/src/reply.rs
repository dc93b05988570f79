//! What Kaizala's answers mean, parsed as tolerantly as its clients had to.
//!
//! No list of its errors was ever published. What is known comes from live answers that were reported: a flat object of
//! `message`, `errorCode` and `errorCategoryKey`, *whatever the status*; 429 with `Retry-After` when throttled. The service also
//! wrote truths as texts, and one list in two envelopes.

use rollcall_sdk::http::{Error, Response};
use rollcall_sdk::target::Outcome;
use rollcall_sdk::{Failure, Fault, Retry};
use serde_json::Value as Json;

/// Why a call was not done, as far as that is known.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    /// Nothing was done, and no other call will fare better now: throttled, out of service, login refused.
    Halt(Retry),
    /// Nobody knows whether it was done.
    Unclear(Fault),
    /// Kaizala refused, and will again.
    Refused(Fault),
    /// What the call was about is not there.
    Gone(Fault),
}

impl Trouble {
    /// True when it may have been done after all. A 503 can come from a gateway in front of a server that works.
    pub(crate) fn may_be_done(&self) -> bool {
        match self {
            Trouble::Unclear(_) => true,
            Trouble::Halt(retry) => retry.fault.status == Some(503),
            Trouble::Refused(_) | Trouble::Gone(_) => false,
        }
    }
}

impl From<Trouble> for Outcome {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Halt(retry) => Outcome::Retry(retry),
            Trouble::Unclear(fault) => Outcome::Retry(fault.retry(None)),
            Trouble::Refused(fault) | Trouble::Gone(fault) => Outcome::Rejected(fault),
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Halt(retry) => Failure::Retry(retry),
            Trouble::Unclear(fault) => Failure::Retry(fault.retry(None)),
            Trouble::Refused(fault) | Trouble::Gone(fault) => Failure::Failed(fault),
        }
    }
}

/// What an answer, or the lack of one, means. A success is its JSON; null when it has no body.
pub(crate) fn judge(answer: Result<Response, Error>) -> Result<Json, Trouble> {
    let response = answer.map_err(no_answer)?;
    let body: Result<Json, _> = if response.body.is_empty() { Ok(Json::Null) } else { response.json() };
    let body = match body {
        Ok(body) => body,
        Err(error) if response.is_success() => {
            let message = format!("The answer of Kaizala cannot be read: {error}.");
            return Err(Trouble::Unclear(Fault::new(message).status(response.status)));
        }
        Err(_) => Json::Null,
    };
    let field = |name: &str| body.get(name).and_then(Json::as_str).unwrap_or_default();
    let (code, category) = (field("errorCode"), field("errorCategoryKey"));
    if response.is_success() && code.is_empty() && category.is_empty() {
        return Ok(body);
    }
    let words = match field("message") {
        "" => format!("it gave no reason (status {})", response.status),
        words => words.to_owned(),
    };
    let fault = |start: &str| {
        Fault::new(format!("{start}: {words}")).status(response.status).code(Some(code).filter(|code| !code.is_empty()))
    };
    Err(match response.status {
        429 => Trouble::Halt(fault("Kaizala asks to slow down").retry(response.retry_after())),
        // The host has renewed the token once already.
        _ if matches!(code, "InvalidToken" | "Unauthenticated") || category == "AuthException" => {
            Trouble::Halt(fault("Kaizala refused the login").retry(None))
        }
        401 => Trouble::Halt(fault("Kaizala refused the login").retry(None)),
        503 => Trouble::Halt(fault("Kaizala is out of service for a while").retry(response.retry_after())),
        408 | 500.. => Trouble::Unclear(fault("Kaizala failed")),
        _ if category == "ServerException" => Trouble::Unclear(fault("Kaizala failed")),
        404 | 410 => Trouble::Gone(fault("Kaizala does not have it")),
        _ => Trouble::Refused(fault("Kaizala refused")),
    })
}

fn no_answer(error: Error) -> Trouble {
    let fault = Fault::new(format!("Kaizala could not be asked: {error}."));
    match error {
        Error::Unreachable(_) => Trouble::Halt(fault.retry(None)),
        error if error.may_have_arrived() => Trouble::Unclear(fault),
        _ => Trouble::Refused(fault),
    }
}

/// A truth: `true`, or `"true"` in any case. None when nothing is told.
pub(crate) fn truth(value: Option<&Json>) -> Option<bool> {
    match value? {
        Json::Bool(truth) => Some(*truth),
        Json::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Json::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A text that says something.
pub(crate) fn text<'a>(object: &'a Json, name: &str) -> Option<&'a str> {
    object.get(name).and_then(Json::as_str).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(result: &Result<Json, Trouble>) -> &'static str {
        match result {
            Ok(_) => "done",
            Err(Trouble::Halt(_)) => "halt",
            Err(Trouble::Unclear(_)) => "unclear",
            Err(Trouble::Refused(_)) => "refused",
            Err(Trouble::Gone(_)) => "gone",
        }
    }

    fn error(code: &str, category: &str) -> String {
        format!(r#"{{"message":"Words.","errorCode":"{code}","errorCategoryKey":"{category}"}}"#)
    }

    #[test]
    fn an_error_is_recognised_by_its_body_whatever_the_status() {
        for (status, body, expected) in [
            (200, r#"{"result":"true"}"#.to_owned(), "done"),
            (200, String::new(), "done"),
            (204, String::new(), "done"),
            (200, "{".to_owned(), "unclear"),
            (200, error("InvalidToken", "AuthException"), "halt"),
            (400, error("InvalidToken", "AuthException"), "halt"),
            (401, String::new(), "halt"),
            (200, error("Unknown", "ServerException"), "unclear"),
            (400, error("InvalidParameters", ""), "refused"),
            (200, error("InvalidParameters", ""), "refused"),
            (429, String::new(), "halt"),
            (503, "<html>".to_owned(), "halt"),
            (500, "<html>".to_owned(), "unclear"),
            (404, "{}".to_owned(), "gone"),
            (308, String::new(), "refused"),
        ] {
            assert_eq!(kind(&judge(Ok(Response::json_of(status, &body)))), expected, "{status} {body}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_kaizalas_own_words() {
        let trouble = judge(Ok(Response::json_of(400, &error("InvalidParameters", "")))).unwrap_err();
        let fault = Fault::new("Kaizala refused: Words.").status(400).code(Some("InvalidParameters"));
        assert_eq!(trouble, Trouble::Refused(fault));
    }

    #[test]
    fn being_throttled_says_how_long() {
        let answer = Response::json_of(429, "").with_header("Retry-After", "12");
        let Err(Trouble::Halt(retry)) = judge(Ok(answer)) else { panic!("no halt") };
        assert_eq!(retry.after_seconds, Some(12));
    }

    #[test]
    fn only_a_call_that_may_have_arrived_may_be_done() {
        for (error, done) in [
            (Error::Unreachable("x".into()), false),
            (Error::Interrupted("x".into()), true),
            (Error::Denied("x".into()), false),
        ] {
            assert_eq!(judge(Err(error.clone())).unwrap_err().may_be_done(), done, "{error}");
        }
        for (status, done) in [(429, false), (503, true), (500, true), (400, false)] {
            assert_eq!(judge(Ok(Response::json_of(status, ""))).unwrap_err().may_be_done(), done, "{status}");
        }
    }

    #[test]
    fn a_truth_may_be_a_text() {
        for (json, expected) in
            [("true", Some(true)), ("\"true\"", Some(true)), ("\"False\"", Some(false)), ("1", None), ("null", None)]
        {
            assert_eq!(truth(Some(&serde_json::from_str(json).unwrap())), expected, "{json}");
        }
        assert_eq!(truth(None), None);
    }
}

//! Calls, and what answers mean (RFC 7644 section 3.12).

use rollcall_sdk::http::{Client, Error, Method, Request, Response};
use rollcall_sdk::storage;
use rollcall_sdk::target::Outcome;
use rollcall_sdk::{Failure, Fault, Retry};
use serde_json::Value as Json;

use crate::path::{field, text};

/// The media type of SCIM (RFC 7644 section 8.1).
const MEDIA_TYPE: &str = "application/scim+json";

/// Why something was not done.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Trouble {
    /// The service wants to be left alone, or cannot be reached: nothing else need be tried now.
    Halt(Retry),
    /// This one thing is to be tried again.
    Later(Retry),
    /// Refused until something changes.
    Refused(Fault),
}

impl Trouble {
    /// The status of a refusal.
    pub(crate) fn status(&self) -> Option<u16> {
        match self {
            Trouble::Refused(fault) => fault.status,
            Trouble::Halt(_) | Trouble::Later(_) => None,
        }
    }

    /// True when what was asked for is not there.
    pub(crate) fn is_missing(&self) -> bool {
        matches!(self.status(), Some(404 | 410))
    }

    /// True when the service does not know how to do this.
    pub(crate) fn is_unable(&self) -> bool {
        matches!(self.status(), Some(405 | 501))
    }

    /// True when the content of a request was refused.
    pub(crate) fn is_bad_request(&self) -> bool {
        matches!(self.status(), Some(400 | 422))
    }

    /// True when the resource has another version by now (RFC 7644 section 3.14).
    pub(crate) fn is_outdated(&self) -> bool {
        self.status() == Some(412)
    }

    /// True when less in one request may do: a part of the content was refused, or there was too much of it.
    pub(crate) fn is_too_much(&self) -> bool {
        self.is_bad_request() || self.status() == Some(413)
    }
}

impl From<Trouble> for Outcome {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Halt(retry) | Trouble::Later(retry) => Outcome::Retry(retry),
            Trouble::Refused(fault) => Outcome::Rejected(fault),
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Halt(retry) | Trouble::Later(retry) => Failure::Retry(retry),
            Trouble::Refused(fault) => Failure::Failed(fault),
        }
    }
}

/// Without its memory this step could link people to the wrong managers or forget whose entry is whose.
impl From<storage::Error> for Trouble {
    fn from(error: storage::Error) -> Self {
        Trouble::Later(Fault::new(format!("Nothing more was done, because {error}.")).retry(None))
    }
}

/// An answer that says yes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Reply {
    /// The body; null when there is none.
    pub(crate) body: Json,
    etag: Option<String>,
    location: Option<String>,
}

impl Reply {
    pub(crate) fn new(body: Json, location: Option<String>) -> Self {
        Reply { body, etag: None, location }
    }

    /// With a version that was told beside the body.
    pub(crate) fn with_version(self, version: Option<String>) -> Self {
        Reply { etag: version, ..self }
    }

    /// The version of the resource (RFC 7644 section 3.14).
    pub(crate) fn version(&self) -> Option<&str> {
        let meta = field(&self.body, "meta").and_then(|meta| text(meta, "version"));
        self.etag.as_deref().or(meta)
    }

    /// The id of the resource: of the body, or the end of its address where a server sends nothing else.
    pub(crate) fn id(&self) -> Option<String> {
        let of_meta = || field(&self.body, "meta").and_then(|meta| text(meta, "location"));
        let location = self.location.as_deref().or_else(of_meta);
        let end = || location?.trim_end_matches('/').rsplit('/').next().filter(|end| !end.is_empty());
        text(&self.body, "id").map(str::to_owned).or_else(|| end().and_then(decode_segment))
    }
}

/// The reverse of `encode_segment`.
pub(crate) fn decode_segment(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8(bytes).ok()
}

/// The calls.
#[derive(Debug)]
pub(crate) struct Api<C> {
    http: C,
    base: String,
}

impl<C: Client> Api<C> {
    pub(crate) fn new(http: C, base: String) -> Self {
        Api { http, base }
    }

    /// Sends a request to a path below the base URL.
    pub(crate) fn call(&self, method: Method, path: &str, body: Option<&Json>) -> Result<Reply, Trouble> {
        self.call_if(method, path, body, None)
    }

    /// The same, if the resource still has this version.
    pub(crate) fn call_if(
        &self,
        method: Method,
        path: &str,
        body: Option<&Json>,
        version: Option<&str>,
    ) -> Result<Reply, Trouble> {
        let mut request = Request::new(method, format!("{}{path}", self.base))
            .header("accept", format!("{MEDIA_TYPE}, application/json;q=0.9"));
        if let Some(version) = version {
            request = request.header("if-match", version);
        }
        if let Some(body) = body {
            request.body = Some(body.to_string().into_bytes());
            request = request.header("content-type", MEDIA_TYPE);
        }
        let response = self.http.send(&request).map_err(unsent)?;
        if response.is_success() {
            return Ok(reply(&response));
        }
        let body: Json = response.json().unwrap_or(Json::Null);
        Err(refusal(response.status, &body, || response.text(), response.retry_after()))
    }
}

fn reply(response: &Response) -> Reply {
    let header = |name: &str| response.header(name).map(str::to_owned);
    Reply {
        // A body that cannot be read says nothing; what had to be in it will be missed by whoever needs it.
        body: response.json().unwrap_or(Json::Null),
        etag: header("etag"),
        location: header("location").or_else(|| header("content-location")),
    }
}

/// Whatever came of a request that broke, everything here looks before it creates.
fn unsent(error: Error) -> Trouble {
    match Failure::from(error) {
        Failure::Retry(retry) => Trouble::Halt(retry),
        Failure::Failed(fault) | Failure::CursorExpired(fault) => Trouble::Refused(fault),
    }
}

/// What a status other than 2xx means, in an answer or in a part of a bulk answer.
pub(crate) fn refusal(status: u16, body: &Json, plain: impl FnOnce() -> String, after: Option<u32>) -> Trouble {
    let detail = text(body, "detail").or_else(|| text(body, "message")).map_or_else(plain, str::to_owned);
    let fault = Fault::new(match short(&detail) {
        detail if detail.is_empty() => format!("The SCIM service answered with status {status}."),
        detail => format!("The SCIM service refused: {detail}"),
    });
    let fault = fault.status(status).code(text(body, "scimType"));
    match status {
        429 | 503 => Trouble::Halt(fault.retry(after)),
        // The host renews a token once by itself.
        401 | 408 | 425 | 500 | 502 | 504 => Trouble::Later(fault.retry(after)),
        _ => Trouble::Refused(fault),
    }
}

/// The provider's words, as long as a line of a log bears.
fn short(text: &str) -> String {
    const LETTERS: usize = 300;
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    if text.starts_with('<') {
        return String::new();
    }
    let mut short: String = text.chars().filter(|letter| !letter.is_control()).take(LETTERS).collect();
    if text.chars().count() > LETTERS {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use rollcall_sdk::testing::ScriptedHttp;
    use serde_json::json;

    fn call(response: Response) -> Result<Reply, Trouble> {
        let http = ScriptedHttp::new().answer(Method::Get, "https://a.example/Users/1", response);
        Api::new(http, "https://a.example".to_owned()).call(Method::Get, "/Users/1", None)
    }

    #[test]
    fn an_error_in_scims_shape_is_told_with_its_type() {
        let body = r#"{"schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"], "status": "409", "scimType": "uniqueness", "detail": "userName is taken"}"#;
        let trouble = call(Response::json_of(409, body)).unwrap_err();
        let fault = Fault::new("The SCIM service refused: userName is taken").status(409).code(Some("uniqueness"));
        assert_eq!(trouble, Trouble::Refused(fault));
    }

    #[test]
    fn a_status_decides_whether_and_what_to_try_again() {
        for (status, body, expected) in [
            (429, "{}", "halt"),
            (503, "<html>", "halt"),
            (500, "{}", "later"),
            (401, "{}", "later"),
            (400, "nonsense", "refused"),
            (404, "{}", "refused"),
        ] {
            let found = match call(Response::json_of(status, body)).unwrap_err() {
                Trouble::Halt(_) => "halt",
                Trouble::Later(_) => "later",
                Trouble::Refused(_) => "refused",
            };
            assert_eq!(found, expected, "{status}");
        }
    }

    #[test]
    fn the_time_to_wait_is_the_one_that_was_asked_for() {
        let trouble = call(Response::json_of(429, "{}").with_header("retry-after", "7")).unwrap_err();
        assert!(matches!(trouble, Trouble::Halt(retry) if retry.after_seconds == Some(7)));
    }

    #[test]
    fn a_web_page_is_no_message() {
        let Trouble::Refused(fault) = call(Response::json_of(403, "<html><body>No</body></html>")).unwrap_err() else {
            panic!("not refused")
        };
        assert_eq!(fault.message, "The SCIM service answered with status 403.");
    }

    #[test]
    fn an_id_is_found_in_the_body_or_at_the_end_of_the_address() {
        let location = || Some("https://a.example/Users/7".to_owned());
        for (body, location, id) in [
            (json!({"id": "1"}), None, Some("1")),
            (json!({"ID": "1"}), location(), Some("1")),
            (Json::Null, location(), Some("7")),
            (json!({"meta": {"location": "https://a.example/Users/8"}}), None, Some("8")),
            (Json::Null, Some("https://a.example/Users/a%2Fb%20c".to_owned()), Some("a/b c")),
            (Json::Null, None, None),
        ] {
            assert_eq!(Reply::new(body, location).id().as_deref(), id);
        }
    }
}

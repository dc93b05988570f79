//! How Kaizala writes its answers: it had two ways for many of them.

use axum::http::StatusCode;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How answers are written. By default as the documentation's samples are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Manners {
    /// `endpointUrl` has no slash at its end, as in the published definition. Default: it has one.
    pub no_slash: bool,
    /// A result is `true`, as it is typed, rather than `"true"`. Default: false.
    pub plain_truth: bool,
    /// A list with one group is that group, without an envelope. Default: false.
    pub bare: bool,
    /// Members are told without their numbers. Default: false.
    pub hides_numbers: bool,
    /// The status of everything that is refused. Default: one that fits.
    pub status_of_errors: Option<u16>,
}

impl Manners {
    pub(super) fn truth(&self, truth: bool) -> Value {
        if self.plain_truth { truth.into() } else { truth.to_string().into() }
    }

    pub(super) fn groups(&self, mut groups: Vec<Value>) -> Value {
        if self.bare && groups.len() == 1 {
            return groups.pop().unwrap_or_default();
        }
        json!({ "groups": groups })
    }
}

/// The same answer with another status.
pub(super) fn with_status(mut response: Response, status: u16) -> Response {
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or_default();
    response
}

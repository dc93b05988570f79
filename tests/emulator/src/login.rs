//! Microsoft's login: client credentials.

use axum::response::Response;
use serde_json::json;

use crate::reply::{decode_query, json as answer_json};
use crate::{Asked, CLIENT_ID, CLIENT_SECRET, Shared};

/// Seconds that a token lives, as the real one answers.
const LIFE: u64 = 3_599;

pub(crate) fn answer(shared: &mut Shared, asked: &Asked) -> Response {
    let form = decode_query(&String::from_utf8_lossy(&asked.body));
    let field = |name: &str| form.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let refuse = |status, error: &str, number: u32, text: &str| {
        answer_json(
            status,
            &json!({
            "error": error,
            "error_description": format!("AADSTS{number}: {text}\r\nTrace ID: 0\r\nCorrelation ID: 0"),
            "error_codes": [number], "timestamp": "2026-11-23 00:00:00Z", "trace_id": "0", "correlation_id": "0"}),
        )
    };
    if field("grant_type") != "client_credentials" {
        return refuse(400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type.");
    }
    if field("client_id") != CLIENT_ID {
        let text = format!("Application with identifier '{}' was not found in the directory.", field("client_id"));
        return refuse(400, "unauthorized_client", 700_016, &text);
    }
    if field("client_secret") != CLIENT_SECRET {
        return refuse(401, "invalid_client", 7_000_215, "Invalid client secret provided.");
    }
    if !field("scope").ends_with("/.default") {
        return refuse(400, "invalid_scope", 1_002_012, "The provided value for scope is not valid.");
    }
    let token = shared.world.issue_token();
    answer_json(
        200,
        &json!({"token_type": "Bearer", "expires_in": LIFE, "ext_expires_in": LIFE, "access_token": token}),
    )
}

//! Answers and addresses.

use axum::body::Body;
use axum::http::{StatusCode, header};
use axum::response::Response;
use serde_json::{Value, json};

/// A JSON answer.
pub fn json_text(status: u16, text: String) -> Response {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

/// A JSON answer.
pub fn json(status: u16, value: &Value) -> Response {
    json_text(status, value.to_string())
}

/// A header on an answer.
pub fn with_header(mut response: Response, name: &'static str, value: &str) -> Response {
    if let Ok(value) = header::HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
    response
}

/// An error in Graph's shape, with a request id.
pub fn graph_error(status: u16, code: &str, message: &str, number: u64) -> Response {
    let id = format!("00000000-0000-4000-8000-{number:012x}");
    let body = json!({"error": {"code": code, "message": message, "innerError": {
        "date": "2026-11-23T00:00:00", "request-id": id, "client-request-id": id}}});
    with_header(json(status, &body), "request-id", &id)
}

/// An error in Kaizala's shape.
pub fn kaizala_error(status: u16, code: &str, category: &str, message: &str) -> Response {
    json(status, &json!({"message": message, "errorCode": code, "errorCategoryKey": category}))
}

/// Undoes percent-encoding.
pub fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let hex = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        match (byte, hex.and_then(|pair| u8::from_str_radix(pair, 16).ok())) {
            (b'%', Some(decoded)) => {
                out.push(decoded);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The parameters of a query or a form.
pub fn decode_query(query: &str) -> Vec<(String, String)> {
    let part = |text: &str| decode(&text.replace('+', " "));
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            pair.split_once('=').map_or_else(|| (part(pair), String::new()), |(name, value)| (part(name), part(value)))
        })
        .collect()
}

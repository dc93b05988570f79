//! Follows a redirect, wherever it leads.

use crate::http;

pub(super) fn run(url: &str) -> String {
    let first = match http::request(url, &[]).and_then(http::send) {
        Ok(first) => first,
        Err(error) => return error,
    };
    let Some(to) = http::header(&first, "location") else { return format!("status {}", first.status()) };
    let second = http::request(&to, &[]).and_then(http::send);
    format!("status {} to {to}: {}", first.status(), second.map_or_else(|error| error, |second| second.status().to_string()))
}

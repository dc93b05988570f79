//! Reads an answer as long as it comes.

use crate::http;

pub(super) fn run(url: &str) -> String {
    let answer = http::request(url, &[]).and_then(http::send).and_then(|response| http::body(&response));
    answer.map_or_else(|error| error, |bytes| format!("{} bytes", bytes.len()))
}

//! Puts a name and a password before the host.

use crate::http;

pub(super) fn run(url: &str) -> String {
    let url = url.replacen("://", "://name:password@", 1);
    http::whole(&url, &[]).unwrap_or_else(|error| error)
}

//! Fetching a component from where an administrator says it is.

use std::time::Duration;

use reqwest::redirect::Policy;
use url::Url;

/// Redirects are followed this often: hosts of releases send one on to their storage.
const REDIRECTS: usize = 5;

/// Nothing comes for this long.
const SILENCE: Duration = Duration::from_secs(30);

/// The bytes at an address, at most `largest`. Who uses them compares their digest: what is fetched is nobody's word yet.
///
/// A redirect from https leads to https alone.
///
/// # Errors
/// A sentence with the address.
pub async fn download(url: &Url, largest: u64) -> Result<Vec<u8>, String> {
    let fail = |error: reqwest::Error| format!("{url} cannot be downloaded: {error}");
    // Somebody else may have installed it already; then it is there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let secure = url.scheme() == "https";
    let policy = Policy::custom(move |attempt| {
        if attempt.previous().len() > REDIRECTS {
            attempt.error("too many redirects")
        } else if secure && attempt.url().scheme() != "https" {
            attempt.error("a redirect away from https")
        } else {
            attempt.follow()
        }
    });
    let client = reqwest::Client::builder()
        .redirect(policy)
        .connect_timeout(Duration::from_secs(10))
        .read_timeout(SILENCE)
        .user_agent(concat!("Rollcall/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(fail)?;
    let mut answer = client.get(url.clone()).send().await.map_err(fail)?;
    if !answer.status().is_success() {
        return Err(format!("{url} cannot be downloaded: the server answered {}", answer.status()));
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(fail)? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() as u64 > largest {
            return Err(format!("{url} is larger than a component may be ({largest} bytes)"));
        }
    }
    Ok(bytes)
}

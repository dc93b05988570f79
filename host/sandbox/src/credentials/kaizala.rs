//! Kaizala's connector login: a refresh token and the connector's secret give an access token and the address to send to.
//!
//! Facts: kaizala-docs, "Tokens" (an access token lives 24 hours, a refresh token 365 days, and near its end each answer brings another
//! one), "API" (the answer's `endpointUrl` is where everything else goes; a 308 moves it).

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::token::Token;
use super::{CredentialError, Secret, SecretStore, read};
use crate::clock::Clock;
use crate::egress::{Mask, reason};
use crate::grants::OriginGrant;

/// The name under which a renewed refresh token is kept.
const KEPT: &str = "kaizala.refresh_token";

/// A token is renewed this long before it ends.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// What a token lives when the answer does not say: a little less than the documented day.
const USUAL_LIFE: Duration = Duration::from_secs(23 * 3_600);

/// A connector's login.
pub struct Kaizala {
    base: Url,
    application_id: String,
    application_secret: Secret,
    refresh_token: Secret,
    endpoints: Vec<OriginGrant>,
    store: Arc<dyn SecretStore>,
    token: Token,
    endpoint: RwLock<Option<Url>>,
    /// Requests for tokens that were not counted yet: they go to the service whose requests are limited.
    asked: AtomicU32,
}

impl std::fmt::Debug for Kaizala {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Kaizala").field("base", &self.base.as_str()).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    access_token: Option<String>,
    endpoint_url: Option<String>,
    access_token_expiry: Option<u64>,
    refresh_token: Option<String>,
    message: Option<String>,
}

/// Whether a body is the service's way of saying that the token is no good.
pub(super) fn is_invalid_token(body: &[u8]) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Body {
        error_code: String,
    }
    serde_json::from_slice::<Body>(body).is_ok_and(|body| body.error_code == "InvalidToken")
}

impl Kaizala {
    /// A connector whose tokens come from `base`, and whose endpoint may only be among `endpoints`.
    pub fn new(
        base: Url,
        application_id: String,
        application_secret: Secret,
        refresh_token: Secret,
        endpoints: Vec<OriginGrant>,
        store: Arc<dyn SecretStore>,
    ) -> Self {
        Self {
            base,
            application_id,
            application_secret,
            refresh_token,
            endpoints,
            store,
            token: Token::default(),
            endpoint: RwLock::default(),
            asked: AtomicU32::new(0),
        }
    }

    /// Goes by another clock than the machine's.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.token = Token::new(clock);
        self
    }

    /// What makes two logins the same to the service's limits: the connector.
    pub(super) fn identity(&self) -> String {
        format!("kaizala {} {}", self.base, self.application_id)
    }

    /// How many requests for tokens were sent since the last time somebody asked.
    pub(super) fn take_asked(&self) -> u32 {
        self.asked.swap(0, Ordering::Relaxed)
    }

    pub(super) fn host(&self) -> Option<&str> {
        self.base.host_str()
    }

    /// The token, and the address where this request goes now.
    pub(super) async fn token(&self, client: &reqwest::Client, url: Url) -> Result<(Secret, Url), CredentialError> {
        let token = self.token.get(|| self.renew(client)).await?;
        Ok((token, self.moved_address(url)))
    }

    async fn renew(&self, client: &reqwest::Client) -> Result<(Secret, Duration), CredentialError> {
        let kept = self.store.get(KEPT);
        match self.exchange(client, kept.as_ref().unwrap_or(&self.refresh_token)).await {
            // Somebody may have written a newer one into the tenant's file since.
            Err(CredentialError::Refused(_)) if kept.is_some_and(|kept| kept != self.refresh_token) => {
                self.exchange(client, &self.refresh_token).await
            }
            other => other,
        }
    }

    async fn exchange(
        &self,
        client: &reqwest::Client,
        refresh_token: &Secret,
    ) -> Result<(Secret, Duration), CredentialError> {
        let mut address = self.base.clone();
        for _ in 0..3 {
            let url = join(&address, "/v1/accessToken");
            let request = client
                .get(url.clone())
                .header("applicationId", super::sensitive(&Secret::new(self.application_id.clone()))?)
                .header("applicationSecret", super::sensitive(&self.application_secret)?)
                .header("refreshToken", super::sensitive(refresh_token)?);
            self.asked.fetch_add(1, Ordering::Relaxed);
            let answer = request.send().await.map_err(|error| CredentialError::Unreachable(reason(&error)))?;
            let status = answer.status();
            if status == http::StatusCode::PERMANENT_REDIRECT {
                let location = answer.headers().get(http::header::LOCATION).and_then(|value| value.to_str().ok());
                let to = location.and_then(|text| url.join(text).ok());
                match to {
                    Some(to) if self.may_go(&to) => {
                        address = origin_of(&to);
                        continue;
                    }
                    Some(to) => return Err(CredentialError::Elsewhere(to.origin().ascii_serialization())),
                    None => return Err(CredentialError::Unreachable("a move without an address".to_owned())),
                }
            }
            let body = read(answer).await?;
            let answer: Answer = serde_json::from_slice(&body).map_err(|_| {
                CredentialError::Unreachable(format!("Kaizala answered {status} with what is no token"))
            })?;
            return self.accept(answer, status, refresh_token);
        }
        Err(CredentialError::Unreachable("the login moves in a circle".to_owned()))
    }

    fn accept(
        &self,
        answer: Answer,
        status: http::StatusCode,
        used: &Secret,
    ) -> Result<(Secret, Duration), CredentialError> {
        let token = answer.access_token.filter(|token| !token.is_empty() && status.is_success());
        let Some(token) = token else {
            let mask = Mask::new([used, &self.application_secret]);
            let words = answer.message.map_or_else(|| format!("status {status}"), |message| mask.text(&message));
            return Err(if status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS {
                CredentialError::Unreachable(words)
            } else {
                CredentialError::Refused(words)
            });
        };
        if let Some(endpoint) = answer.endpoint_url.filter(|endpoint| !endpoint.is_empty()) {
            let url = Url::parse(&endpoint).map_err(|_| CredentialError::Elsewhere(endpoint.clone()))?;
            if !self.may_go(&url) {
                return Err(CredentialError::Elsewhere(url.origin().ascii_serialization()));
            }
            *self.endpoint.write().unwrap_or_else(PoisonError::into_inner) = Some(origin_of(&url));
        }
        // Null and "" both mean "the one you have" (kaizala-docs, Tokens).
        if let Some(renewed) = answer.refresh_token.filter(|token| !token.is_empty()) {
            self.store.put(KEPT, &Secret::new(renewed)).map_err(CredentialError::Unreachable)?;
        }
        let now = self.token.clock().unix_millis();
        let life = answer.access_token_expiry.map_or(USUAL_LIFE, |end| Duration::from_millis(end.saturating_sub(now)));
        // A token that ends at once is used for the request that waits for it, and no other.
        Ok((Secret::new(token), life.saturating_sub(MARGIN)))
    }

    fn may_go(&self, to: &Url) -> bool {
        to.origin() == self.base.origin() || self.endpoints.iter().any(|grant| grant.covers(to))
    }

    fn moved_address(&self, mut url: Url) -> Url {
        let endpoint = self.endpoint.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(endpoint) = endpoint.as_ref().filter(|_| url.origin() == self.base.origin()) {
            let _ = url.set_scheme(endpoint.scheme());
            let _ = url.set_host(endpoint.host_str());
            let _ = url.set_port(endpoint.port());
        }
        url
    }

    /// The service moved (308).
    pub(super) fn moved(&self, to: &Url) -> bool {
        if !self.may_go(to) {
            return false;
        }
        *self.endpoint.write().unwrap_or_else(PoisonError::into_inner) = Some(origin_of(to));
        true
    }

    pub(super) async fn forget(&self, used: &Secret) {
        self.token.forget(used).await;
    }
}

fn origin_of(url: &Url) -> Url {
    let mut origin = url.clone();
    origin.set_path("/");
    origin.set_query(None);
    origin.set_fragment(None);
    origin
}

fn join(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_token_is_known_by_the_body() {
        assert!(is_invalid_token(br#"{"message":"x","errorCode":"InvalidToken","errorCategoryKey":"AuthException"}"#));
        for other in [&br#"{"errorCode":"Unknown"}"#[..], b"{}", b"", b"<html>"] {
            assert!(!is_invalid_token(other));
        }
    }
}

//! OAuth 2.0 client credentials (RFC 6749, section 4.4), as Microsoft's identity platform has them.

use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use url::Url;

use super::token::Token;
use super::{CredentialError, Secret, read};
use crate::clock::Clock;
use crate::egress::{Mask, reason};

/// A token is renewed this long before it ends, so that it does not end on the way.
const MARGIN: Duration = Duration::from_secs(120);

/// What a token lives when the answer does not say.
const USUAL_LIFE: u64 = 3_600;

/// A client that asks for tokens with its id and secret.
pub struct ClientCredentials {
    token_url: String,
    client_id: String,
    client_secret: Secret,
    scope: Option<String>,
    token: Token,
}

impl std::fmt::Debug for ClientCredentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("ClientCredentials").field("token_url", &self.token_url).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    /// A number, but Microsoft's first version wrote it as a text.
    expires_in: Option<serde_json::Value>,
    error: Option<String>,
    error_description: Option<String>,
}

impl Answer {
    fn life(&self) -> Duration {
        let seconds =
            self.expires_in.as_ref().and_then(|value| value.as_u64().or_else(|| value.as_str()?.parse().ok()));
        Duration::from_secs(seconds.unwrap_or(USUAL_LIFE))
    }

    /// The provider's code and the first line of its words; what follows are ids and times.
    fn refusal(&self, status: http::StatusCode) -> String {
        let line = |text: &Option<String>| text.as_deref().and_then(|text| text.lines().next()).map(str::to_owned);
        match (line(&self.error), line(&self.error_description)) {
            (Some(code), Some(words)) => format!("{code}: {words}"),
            (Some(text), None) | (None, Some(text)) => text,
            (None, None) => format!("status {status}"),
        }
    }
}

impl ClientCredentials {
    /// A client of the login at `token_url`.
    pub fn new(token_url: String, client_id: String, client_secret: Secret, scope: Option<String>) -> Self {
        Self { token_url, client_id, client_secret, scope, token: Token::default() }
    }

    /// Goes by another clock than the machine's.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.token = Token::new(clock);
        self
    }

    /// What makes two logins the same to a service's limits: the client.
    pub(super) fn identity(&self) -> String {
        format!("oauth {} {}", self.token_url, self.client_id)
    }

    pub(super) fn host(&self) -> Option<String> {
        Url::parse(&self.token_url).ok()?.host_str().map(str::to_owned)
    }

    /// The token, renewed when its end is near. Calls that come meanwhile wait for the one that asks.
    pub(super) async fn token(&self, client: &reqwest::Client) -> Result<Secret, CredentialError> {
        self.token.get(|| self.renew(client)).await
    }

    async fn renew(&self, client: &reqwest::Client) -> Result<(Secret, Duration), CredentialError> {
        let request = client
            .post(&self.token_url)
            .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(http::header::ACCEPT, "application/json")
            .body(self.form());
        let answer = request.send().await.map_err(|error| CredentialError::Unreachable(reason(&error)))?;
        let status = answer.status();
        let body = read(answer).await?;
        let mut answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| CredentialError::Unreachable(format!("the login answered {status} with what is no token")))?;
        match answer.access_token.take() {
            Some(token) if status.is_success() && !token.is_empty() => {
                let life = answer.life();
                Ok((Secret::new(token), life.checked_sub(MARGIN).unwrap_or(life / 2)))
            }
            // A login that is out of service says so with a body of the same form.
            _ if status.is_server_error() || status == http::StatusCode::TOO_MANY_REQUESTS => {
                Err(CredentialError::Unreachable(self.mask(&answer.refusal(status))))
            }
            _ => Err(CredentialError::Refused(self.mask(&answer.refusal(status)))),
        }
    }

    fn mask(&self, text: &str) -> String {
        Mask::new([&self.client_secret]).text(text)
    }

    fn form(&self) -> String {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("grant_type", "client_credentials");
        form.append_pair("client_id", &self.client_id);
        form.append_pair("client_secret", self.client_secret.reveal());
        if let Some(scope) = &self.scope {
            form.append_pair("scope", scope);
        }
        form.finish()
    }

    pub(super) async fn forget(&self, used: &Secret) {
        self.token.forget(used).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_provider_s_words_without_what_follows() {
        for (json, words) in [
            (
                r#"{"error":"invalid_client","error_description":"AADSTS7000215: Invalid client secret.\r\nTrace ID: 1"}"#,
                "invalid_client: AADSTS7000215: Invalid client secret.",
            ),
            (r#"{"error":"invalid_scope"}"#, "invalid_scope"),
            ("{}", "status 400 Bad Request"),
        ] {
            let answer: Answer = serde_json::from_str(json).unwrap();
            assert_eq!(answer.refusal(http::StatusCode::BAD_REQUEST), words);
        }
    }

    #[test]
    fn the_life_of_a_token_is_a_number_or_a_text() {
        for (json, seconds) in [(r#"{"expires_in":3599}"#, 3_599), (r#"{"expires_in":"60"}"#, 60), ("{}", USUAL_LIFE)] {
            assert_eq!(serde_json::from_str::<Answer>(json).unwrap().life(), Duration::from_secs(seconds));
        }
    }
}

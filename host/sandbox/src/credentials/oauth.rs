//! OAuth 2.0 client credentials (RFC 6749, section 4.4), as Microsoft's identity platform has them.

use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::sync::Mutex;

use super::{CredentialError, Secret, read};

/// A token is renewed this long before it ends, so that it does not end on the way.
const MARGIN: Duration = Duration::from_secs(120);

/// What a token lives when the answer does not say.
const USUAL_LIFE: u64 = 3_600;

/// A client that asks for tokens with its id and secret.
#[derive(Debug)]
pub struct ClientCredentials {
    token_url: String,
    client_id: String,
    client_secret: Secret,
    scope: Option<String>,
    token: Mutex<Option<(Secret, Instant)>>,
}

#[derive(Deserialize)]
struct Answer {
    access_token: Option<String>,
    expires_in: Option<u64>,
    error: Option<String>,
    error_description: Option<String>,
}

impl ClientCredentials {
    /// A client of the login at `token_url`.
    pub fn new(token_url: String, client_id: String, client_secret: Secret, scope: Option<String>) -> Self {
        Self { token_url, client_id, client_secret, scope, token: Mutex::default() }
    }

    /// The token, renewed when its end is near. Calls that come meanwhile wait for the one that asks.
    pub(super) async fn token(&self, client: &reqwest::Client) -> Result<Secret, CredentialError> {
        let mut kept = self.token.lock().await;
        if let Some((token, until)) = kept.as_ref() {
            if *until > Instant::now() {
                return Ok(token.clone());
            }
        }
        let request = client
            .post(&self.token_url)
            .header(http::header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(self.form());
        let answer = request.send().await.map_err(|error| CredentialError::Unreachable(reason(&error)))?;
        let status = answer.status();
        let body = read(answer).await?;
        let answer: Answer = serde_json::from_slice(&body)
            .map_err(|_| CredentialError::Unreachable(format!("the login answered {status} with what is no token")))?;
        match answer {
            Answer { access_token: Some(token), expires_in, .. } if status.is_success() => {
                let life = Duration::from_secs(expires_in.unwrap_or(USUAL_LIFE));
                let token = Secret::new(token);
                let usable = life.checked_sub(MARGIN).unwrap_or(life / 2);
                *kept = Some((token.clone(), Instant::now() + usable));
                Ok(token)
            }
            Answer { error, error_description, .. } => {
                let text = error_description.or(error).unwrap_or_else(|| format!("status {status}"));
                // The first line is for people; what follows are ids and times.
                let line = text.lines().next().unwrap_or_default().replace(self.client_secret.reveal(), "[secret]");
                Err(CredentialError::Refused(line))
            }
        }
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

    pub(super) async fn forget(&self) {
        *self.token.lock().await = None;
    }
}

/// An error of the client without the address.
pub(super) fn reason(error: &reqwest::Error) -> String {
    let mut text = "the request failed".to_owned();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = error.to_string();
        cause = error.source();
    }
    text
}

//! Credentials that the host attaches on the way out. A component never sees one: not the secret, not the token, not where it goes.

mod kaizala;
mod oauth;
mod secret;
mod token;

use bytes::Bytes;
use http::StatusCode;
use http::header::{HeaderMap, HeaderName, HeaderValue, LOCATION};
use sha2::{Digest, Sha256};
use url::Url;

pub use self::kaizala::Kaizala;
pub use self::oauth::ClientCredentials;
pub use self::secret::Secret;
use crate::clock::Clock;
use crate::egress::{Allowance, Allowances};
use crate::grants::OriginGrant;

/// Keeps secrets that were renewed, durably.
pub trait SecretStore: Send + Sync {
    /// The kept secret.
    fn get(&self, name: &str) -> Option<Secret>;
    /// Keeps a secret in place of the one before it.
    ///
    /// # Errors
    /// When it could not be written.
    fn put(&self, name: &str, secret: &Secret) -> Result<(), String>;
}

/// Why a credential could not be attached. The text holds no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// The login refused: the provider's own words.
    #[error("the login was refused: {0}")]
    Refused(String),
    /// The login could not be reached, or answered what cannot be understood.
    #[error("no token could be had: {0}")]
    Unreachable(String),
    /// The login sends us where nobody granted.
    #[error("the login names the address {0}, which is not among the granted origins")]
    Elsewhere(String),
}

/// One login of a step.
#[derive(Debug)]
pub struct Credential {
    origins: Vec<OriginGrant>,
    kind: Kind,
    allowance: Allowance,
}

/// A request's address and headers, with the credential.
pub(crate) struct Prepared {
    pub(crate) address: Url,
    pub(crate) headers: HeaderMap,
    /// What was attached.
    pub(crate) token: Option<Secret>,
}

#[derive(Debug)]
enum Kind {
    Header { name: HeaderName, value: Secret },
    OAuth(ClientCredentials),
    Kaizala(Box<Kaizala>),
}

impl Credential {
    /// A fixed header.
    pub fn header(origins: Vec<OriginGrant>, name: HeaderName, value: Secret) -> Self {
        // Two steps with the same header share its allowance, which is kept under a name that gives nothing away.
        let digest = crate::component::hex(&Sha256::digest(value.reveal()));
        let allowance = Allowances::of_process().of(&format!("header {name} {digest}"));
        Self { origins, kind: Kind::Header { name, value }, allowance }
    }

    /// A fixed token in `Authorization: Bearer`.
    pub fn bearer(origins: Vec<OriginGrant>, token: &Secret) -> Self {
        let value = Secret::new(format!("Bearer {}", token.reveal()));
        Self::header(origins, http::header::AUTHORIZATION, value)
    }

    /// OAuth 2.0 client credentials.
    pub fn oauth(origins: Vec<OriginGrant>, login: ClientCredentials) -> Self {
        let allowance = Allowances::of_process().of(&login.identity());
        Self { origins, kind: Kind::OAuth(login), allowance }
    }

    /// Kaizala's connector.
    pub fn kaizala(origins: Vec<OriginGrant>, login: Kaizala) -> Self {
        let allowance = Allowances::of_process().of(&login.identity());
        Self { origins, kind: Kind::Kaizala(Box::new(login)), allowance }
    }

    /// Shares the allowance of this login with these. Default: with everything in this process.
    #[must_use]
    pub fn with_allowances(self, allowances: &Allowances) -> Self {
        Self { allowance: allowances.of(self.allowance.login()), ..self }
    }

    /// The requests a minute that everything with this login shares. Without a limit until one is set.
    pub fn allowance(&self) -> &Allowance {
        &self.allowance
    }

    /// Counts what the login itself asked of the service that the requests go to.
    pub(crate) fn count_logins(&self, clock: &dyn Clock) {
        if let Kind::Kaizala(login) = &self.kind {
            self.allowance.spend(clock, login.take_asked());
        }
    }

    /// The host of its login server.
    pub(crate) fn login_host(&self) -> Option<String> {
        match &self.kind {
            Kind::Header { .. } => None,
            Kind::OAuth(login) => login.host(),
            Kind::Kaizala(login) => login.host().map(str::to_owned),
        }
    }

    pub(crate) fn covers(&self, url: &Url) -> bool {
        self.origins.iter().any(|origin| origin.covers(url))
    }

    /// Attaches the credential, over whatever the component wrote there, and finds the address to send to, which the login may have moved.
    pub(crate) async fn prepare(
        &self,
        url: Url,
        mut headers: HeaderMap,
        client: &reqwest::Client,
    ) -> Result<Prepared, CredentialError> {
        let (name, token, address) = match &self.kind {
            Kind::Header { name, value } => (name.clone(), value.clone(), url),
            Kind::OAuth(login) => (http::header::AUTHORIZATION, login.token(client).await?, url),
            Kind::Kaizala(login) => {
                let (token, address) = login.token(client, url).await?;
                (HeaderName::from_static("accesstoken"), token, address)
            }
        };
        let value = match &self.kind {
            Kind::OAuth(_) => sensitive(&Secret::new(format!("Bearer {}", token.reveal())))?,
            _ => sensitive(&token)?,
        };
        headers.insert(name, value);
        Ok(Prepared { address, headers, token: Some(token) })
    }

    /// Whether a small answer of this status may say that the token is no good.
    pub(crate) fn looks_into(&self, status: StatusCode) -> bool {
        // Kaizala's own client goes by the body, whatever the status.
        matches!(self.kind, Kind::Kaizala(_)) && (status != StatusCode::TOO_MANY_REQUESTS)
    }

    /// Whether the answer says that the token is no good.
    pub(crate) fn is_refused(&self, status: StatusCode, body: Option<&[u8]>) -> bool {
        match &self.kind {
            Kind::Header { .. } => false,
            Kind::OAuth(_) => status == StatusCode::UNAUTHORIZED,
            Kind::Kaizala(_) => body.is_some_and(kaizala::is_invalid_token),
        }
    }

    /// Forgets this token, so that the next request gets another.
    pub(crate) async fn forget(&self, used: &Secret) {
        match &self.kind {
            Kind::Header { .. } => {}
            Kind::OAuth(login) => login.forget(used).await,
            Kind::Kaizala(login) => login.forget(used).await,
        }
    }

    /// Follows a move of the whole service (308), if it leads where it may.
    pub(crate) fn follow(&self, from: &Url, headers: &HeaderMap, grants: &[OriginGrant]) -> bool {
        let Kind::Kaizala(login) = &self.kind else { return false };
        let location =
            headers.get(LOCATION).and_then(|value| value.to_str().ok()).and_then(|text| from.join(text).ok());
        location.is_some_and(|to| grants.iter().any(|grant| grant.covers(&to)) && login.moved(&to))
    }
}

fn sensitive(secret: &Secret) -> Result<HeaderValue, CredentialError> {
    let mut value = HeaderValue::from_str(secret.reveal())
        .map_err(|_| CredentialError::Refused("the credential has characters that no header can carry".to_owned()))?;
    value.set_sensitive(true);
    Ok(value)
}

/// The largest answer of a login.
const TOKEN_BYTES: usize = 64 << 10;

/// Reads a login's answer, bounded.
async fn read(answer: reqwest::Response) -> Result<Bytes, CredentialError> {
    use http_body_util::BodyExt;
    let body = http_body_util::Limited::new(reqwest::Body::from(answer), TOKEN_BYTES);
    Ok(body.collect().await.map_err(|error| CredentialError::Unreachable(error.to_string()))?.to_bytes())
}

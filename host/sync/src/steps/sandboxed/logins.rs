//! From the logins of a tenant's file to the credentials that the host attaches.

use std::sync::Arc;

use rollcall_sandbox::OriginGrant;
use rollcall_sandbox::credentials::{ClientCredentials, Credential, Kaizala, Secret, SecretStore};
use rollcall_sandbox::egress::Allowances;

use crate::config::{Login, Origin, StepConfig};
use crate::store::Store;

/// An origin of the configuration as the sandbox's grant.
pub(super) fn grant(origin: &Origin) -> Result<OriginGrant, String> {
    OriginGrant::parse(&origin.to_string()).map_err(|error| error.to_string())
}

fn grants(origins: &[Origin]) -> Result<Vec<OriginGrant>, String> {
    origins.iter().map(grant).collect()
}

/// The credentials of a step.
pub(super) fn credentials(
    step: &StepConfig,
    store: &Arc<dyn Store>,
    allowances: &Allowances,
) -> Result<Vec<Arc<Credential>>, String> {
    let credential = |login| Ok(Arc::new(credential(&step.name, login, store)?.with_allowances(allowances)));
    step.logins.iter().map(credential).collect()
}

fn secret(secret: &crate::config::Secret) -> Secret {
    Secret::new(secret.reveal())
}

fn credential(step: &str, login: &Login, store: &Arc<dyn Store>) -> Result<Credential, String> {
    let origins = grants(&login.origins())?;
    Ok(match login {
        Login::Microsoft(login) => {
            let scope = Some(login.scope());
            let secret = secret(&login.client_secret);
            let client = ClientCredentials::new(login.token_url(), login.client_id.clone(), secret, scope);
            Credential::oauth(origins, client)
        }
        Login::OAuth2(login) => {
            let secret = secret(&login.client_secret);
            let (url, scope) = (login.token_url.to_string(), login.scope.clone());
            Credential::oauth(origins, ClientCredentials::new(url, login.client_id.clone(), secret, scope))
        }
        Login::Header(login) => {
            let name = login.name.parse().map_err(|_| format!("\"{}\" is no header name", login.name))?;
            Credential::header(origins, name, secret(&login.value))
        }
        Login::Bearer(login) => Credential::bearer(origins, &secret(&login.token)),
        Login::Kaizala(login) => {
            let kept = Kept { store: Arc::clone(store), step: step.to_owned() };
            Credential::kaizala(
                origins,
                Kaizala::new(
                    login.url.url().clone(),
                    login.application_id.clone(),
                    secret(&login.application_secret),
                    secret(&login.refresh_token),
                    grants(&login.endpoint_origins)?,
                    Arc::new(kept),
                ),
            )
        }
    })
}

/// Secrets that were renewed, in the tenant's state, whose folder only its owner can read.
struct Kept {
    store: Arc<dyn Store>,
    step: String,
}

impl Kept {
    fn setting(&self, name: &str) -> String {
        format!("secret {} {name}", self.step)
    }
}

impl SecretStore for Kept {
    fn get(&self, name: &str) -> Option<Secret> {
        self.store.setting(&self.setting(name)).ok().flatten().map(Secret::new)
    }

    fn put(&self, name: &str, secret: &Secret) -> Result<(), String> {
        self.store.set(&[(self.setting(name).as_str(), Some(secret.reveal()))]).map_err(|error| error.to_string())
    }
}

//! Logins: credentials that the host attaches to a step's requests. A component never sees them.

use super::credential;
use super::origin::{BaseUrl, Origin};
use super::secret::Secret;
use super::section::Section;
use super::text::quoted;
use super::values::choice;

choice! {
    /// How a login works.
    LoginKind {
        /// Microsoft's identity platform.
        Microsoft = "microsoft",
        /// Kaizala's connector.
        Kaizala = "kaizala",
        /// A fixed header.
        Header = "header",
        /// A fixed bearer token.
        Bearer = "bearer",
        /// OAuth 2.0 client credentials.
        OAuth2 = "oauth2",
    }
}

choice! {
    /// Microsoft's clouds, each with its own login and its own Graph.
    Cloud {
        /// login.microsoftonline.com, graph.microsoft.com
        Global = "global",
        /// US Government L4: login.microsoftonline.us, graph.microsoft.us
        UsGovernment = "us-government",
        /// US Government L5 (DoD): login.microsoftonline.us, dod-graph.microsoft.us
        UsGovernmentDod = "us-government-dod",
        /// China, operated by 21Vianet: login.chinacloudapi.cn, microsoftgraph.chinacloudapi.cn
        China = "china",
    }
}

impl Cloud {
    /// The address of the login (Graph: national cloud deployments).
    pub fn login_url(self) -> &'static str {
        match self {
            Self::Global => "https://login.microsoftonline.com",
            Self::UsGovernment | Self::UsGovernmentDod => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    /// The address of Graph.
    pub fn graph_url(self) -> &'static str {
        match self {
            Self::Global => "https://graph.microsoft.com",
            Self::UsGovernment => "https://graph.microsoft.us",
            Self::UsGovernmentDod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }
}

/// A login of a step: `[source.login]` and so on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Login {
    /// Microsoft's identity platform, client credentials.
    Microsoft(MicrosoftLogin),
    /// Kaizala's connector: an access token for a refresh token.
    Kaizala(KaizalaLogin),
    /// A fixed header.
    Header(HeaderLogin),
    /// A fixed token in `Authorization: Bearer`.
    Bearer(BearerLogin),
    /// OAuth 2.0 client credentials (RFC 6749, section 4.4).
    OAuth2(OAuth2Login),
}

/// `kind = "microsoft"`: an application that was registered in the tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MicrosoftLogin {
    /// The cloud. Default: global.
    pub cloud: Cloud,
    /// The tenant's id or one of its domains.
    pub tenant_id: String,
    /// The application's id.
    pub client_id: String,
    /// The application's secret.
    pub client_secret: Secret,
    /// The address of the login. Default: the cloud's.
    pub login_url: BaseUrl,
    /// The address of Graph. Default: the cloud's.
    pub graph_url: BaseUrl,
}

impl MicrosoftLogin {
    /// Where tokens are asked for.
    pub fn token_url(&self) -> String {
        format!("{}/{}/oauth2/v2.0/token", self.login_url, self.tenant_id)
    }

    /// What tokens are asked for: the cloud's Graph, also when a gateway stands before it.
    pub fn scope(&self) -> String {
        format!("{}/.default", self.cloud.graph_url())
    }
}

/// `kind = "kaizala"`: a connector of Kaizala's management portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KaizalaLogin {
    /// Where access tokens are asked for. Default: `https://api.kaiza.la`.
    pub url: BaseUrl,
    /// The connector's id.
    pub application_id: String,
    /// The connector's secret.
    pub application_secret: Secret,
    /// The refresh token; where it is renewed, the newer one is kept in the tenant's state.
    pub refresh_token: Secret,
    /// Where the token answer and a move (308) may send us. Default: `https://*.kaiza.la`, `https://*.osi.office.net`.
    pub endpoint_origins: Vec<Origin>,
}

/// `kind = "header"`: a header with a fixed value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderLogin {
    /// The header's name, in lower case.
    pub name: String,
    /// Its value.
    pub value: Secret,
    /// Where it is sent.
    pub origins: Vec<Origin>,
}

/// `kind = "bearer"`: a fixed token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BearerLogin {
    /// The token.
    pub token: Secret,
    /// Where it is sent.
    pub origins: Vec<Origin>,
}

/// `kind = "oauth2"`: client credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth2Login {
    /// Where tokens are asked for.
    pub token_url: BaseUrl,
    /// The client's id.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: Secret,
    /// What tokens are asked for. Default: not said.
    pub scope: Option<String>,
    /// Where they are sent.
    pub origins: Vec<Origin>,
}

/// The settings of logins that are no secrets. What stands under any other name is never shown.
pub(super) const PUBLIC_KEYS: [&str; 15] = [
    "kind",
    "cloud",
    "tenant_id",
    "client_id",
    "login_url",
    "graph_url",
    "url",
    "application_id",
    "endpoint_origins",
    "name",
    "origins",
    "token_url",
    "scope",
    "env",
    "file",
];

/// Kaizala's own address and those it is known to send clients to (kaizala-docs, Tokens and API).
const KAIZALA_URL: &str = "https://api.kaiza.la";
const KAIZALA_ENDPOINTS: [&str; 2] = ["https://*.kaiza.la", "https://*.osi.office.net"];

/// Headers that belong to the request itself: a login over one of these would change what is asked or where.
const RESERVED_HEADERS: [&str; 9] = [
    "connection",
    "content-length",
    "content-type",
    "host",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Login {
    /// Where the host attaches this login. These origins are granted to the step.
    pub fn origins(&self) -> Vec<Origin> {
        match self {
            Self::Microsoft(login) => login.graph_url.origin().into_iter().collect(),
            Self::Kaizala(login) => {
                let mut origins: Vec<Origin> = login.url.origin().into_iter().collect();
                origins.extend(
                    login
                        .endpoint_origins
                        .iter()
                        .filter(|origin| !origins.contains(origin))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
                origins
            }
            Self::Header(login) => login.origins.clone(),
            Self::Bearer(login) => login.origins.clone(),
            Self::OAuth2(login) => login.origins.clone(),
        }
    }

    /// How it works.
    pub fn kind(&self) -> LoginKind {
        match self {
            Self::Microsoft(_) => LoginKind::Microsoft,
            Self::Kaizala(_) => LoginKind::Kaizala,
            Self::Header(_) => LoginKind::Header,
            Self::Bearer(_) => LoginKind::Bearer,
            Self::OAuth2(_) => LoginKind::OAuth2,
        }
    }

    /// Reads a login. `usual_kind` is what the step's component needs; `usual_origins` is where it talks to.
    pub(super) fn read(section: Section<'_>, usual_kind: Option<LoginKind>, usual_origins: &[Origin]) -> Option<Self> {
        let kind = if section.entry("kind").is_some() { section.get("kind") } else { usual_kind };
        let Some(kind) = kind else {
            if section.entry("kind").is_none() && section.is_present() {
                let message = "the kind of the login is missing";
                let suggestion = "write kind = \"bearer\", \"header\", \"oauth2\", \"microsoft\" or \"kaizala\"";
                section.missing("kind", message, Some(suggestion.into()));
            }
            // Without the kind nobody can say which of the other settings are right.
            return None;
        };
        let login = match kind {
            LoginKind::Microsoft => read_microsoft(&section).map(Self::Microsoft),
            LoginKind::Kaizala => read_kaizala(&section).map(Self::Kaizala),
            LoginKind::Header => read_header(&section, usual_origins).map(Self::Header),
            LoginKind::Bearer => {
                let (token, origins) =
                    (credential::required(&section, "token", "the token"), read_origins(&section, usual_origins));
                token.zip(origins).map(|(token, origins)| Self::Bearer(BearerLogin { token, origins }))
            }
            LoginKind::OAuth2 => read_oauth2(&section, usual_origins).map(Self::OAuth2),
        };
        section.finish();
        login
    }
}

fn read_microsoft(section: &Section<'_>) -> Option<MicrosoftLogin> {
    let cloud = section.get_or("cloud", Cloud::Global);
    let tenant_id =
        required(section, "tenant_id", "the directory (tenant) id", "the application's overview in Entra shows it")
            .filter(|id| {
                // It becomes a part of the login's address.
                let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
                if !plain {
                    let message = format!("{} is neither a tenant's id nor one of its domains", quoted(id));
                    section.error("tenant_id", message, None);
                }
                plain
            });
    let client_id =
        required(section, "client_id", "the application (client) id", "the application's overview in Entra shows it");
    let client_secret = credential::required(section, "client_secret", "the client secret");
    let login_url = base_url(section, "login_url", cloud.login_url());
    let graph_url = base_url(section, "graph_url", cloud.graph_url());
    Some(MicrosoftLogin {
        cloud,
        tenant_id: tenant_id?,
        client_id: client_id?,
        client_secret: client_secret?,
        login_url: login_url?,
        graph_url: graph_url?,
    })
}

fn read_kaizala(section: &Section<'_>) -> Option<KaizalaLogin> {
    let url = base_url(section, "url", KAIZALA_URL);
    let application_id =
        required(section, "application_id", "the connector's id", "Kaizala's management portal shows it");
    let application_secret = credential::required(section, "application_secret", "the connector's secret");
    let refresh_token = credential::required(section, "refresh_token", "the refresh token");
    let endpoint_origins = section
        .list("endpoint_origins")
        .unwrap_or_else(|| KAIZALA_ENDPOINTS.iter().filter_map(|origin| Origin::parse(origin).ok()).collect());
    Some(KaizalaLogin {
        url: url?,
        application_id: application_id?,
        application_secret: application_secret?,
        refresh_token: refresh_token?,
        endpoint_origins,
    })
}

fn read_header(section: &Section<'_>, usual_origins: &[Origin]) -> Option<HeaderLogin> {
    let name = required(section, "name", "the header's name", "write name = \"X-Api-Key\"").and_then(|name| {
        let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let lower = name.to_ascii_lowercase();
        // RFC 9110, section 5.1: a field name is a token.
        if !name.bytes().all(token) {
            section.error("name", format!("{} is no name of a header", quoted(&name)), None);
            return None;
        }
        if RESERVED_HEADERS.contains(&lower.as_str()) {
            section.error("name", format!("the header {} belongs to the request itself", quoted(&name)), None);
            return None;
        }
        Some(lower)
    });
    let value = credential::required(section, "value", "the header's value");
    let origins = read_origins(section, usual_origins);
    Some(HeaderLogin { name: name?, value: value?, origins: origins? })
}

fn read_oauth2(section: &Section<'_>, usual_origins: &[Origin]) -> Option<OAuth2Login> {
    let token_url = if section.entry("token_url").is_some() {
        section.get("token_url")
    } else {
        section.missing("token_url", "the address of the token endpoint is missing", None);
        None
    };
    let client_id = required(section, "client_id", "the client's id", "the service that you log in to gave it to you");
    let client_secret = credential::required(section, "client_secret", "the client secret");
    let scope = section.get("scope");
    let origins = read_origins(section, usual_origins);
    Some(OAuth2Login {
        token_url: token_url?,
        client_id: client_id?,
        client_secret: client_secret?,
        scope,
        origins: origins?,
    })
}

/// A text that must be there.
fn required(section: &Section<'_>, key: &'static str, what: &str, remedy: &str) -> Option<String> {
    if section.entry(key).is_none() {
        section.missing(key, format!("{what} is missing"), Some(remedy.to_owned()));
    }
    section.get(key)
}

/// An address of the file, or the usual one.
fn base_url(section: &Section<'_>, key: &'static str, usual: &str) -> Option<BaseUrl> {
    if section.entry(key).is_some() { section.get(key) } else { BaseUrl::parse(usual).ok() }
}

/// Where a login is attached: as the file says, or else the one place where the step talks to.
fn read_origins(section: &Section<'_>, usual: &[Origin]) -> Option<Vec<Origin>> {
    if section.entry("origins").is_some() {
        let origins = section.list("origins")?;
        if origins.is_empty() {
            section.error("origins", "a login that goes nowhere has no effect", Some("name an origin".into()));
        }
        return Some(origins);
    }
    match usual {
        [only] => Some(vec![only.clone()]),
        _ => {
            let message = "it is not said where this login is to be sent";
            section.missing("origins", message, Some("write origins = [\"https://...\"]".into()));
            None
        }
    }
}

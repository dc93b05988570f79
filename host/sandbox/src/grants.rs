//! What a step is granted. An empty list of origins denies all.

use url::{Host, Url};

use crate::component::Component;
use crate::extension::Extension;

/// Why an origin cannot be granted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct OriginGrantError(String);

/// One origin that HTTP may go to: a scheme, a host (or all hosts below a domain) and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginGrant {
    https: bool,
    host: String,
    below: bool,
    port: u16,
    private: bool,
}

impl OriginGrant {
    /// Reads `https://graph.microsoft.com`, `https://*.kaiza.la` or `http://127.0.0.1:8080`. Plain http only to this machine.
    ///
    /// # Errors
    /// When it is no origin, or plain http to another machine.
    pub fn parse(text: &str) -> Result<Self, OriginGrantError> {
        let (below, plain) = match text.split_once("://*.") {
            Some((scheme, rest)) => (true, format!("{scheme}://{rest}")),
            None => (false, text.to_owned()),
        };
        let url = Url::parse(&plain).map_err(|error| OriginGrantError(format!("\"{text}\" is no origin: {error}")))?;
        let https = match url.scheme() {
            "https" => true,
            "http" if is_loopback(&url) && !below => false,
            "http" => {
                return Err(OriginGrantError(format!(
                    "\"{text}\": plain http is only allowed to this machine; use https"
                )));
            }
            other => return Err(OriginGrantError(format!("\"{text}\": the scheme {other} is not known; use https"))),
        };
        let Some(host) = url.host_str() else { return Err(OriginGrantError(format!("\"{text}\" names no host"))) };
        let more = url.query().is_some() || url.fragment().is_some();
        if url.path() != "/" || more || !url.username().is_empty() || url.password().is_some() {
            return Err(OriginGrantError(format!(
                "\"{text}\" is more than an origin: only scheme, host and port count"
            )));
        }
        if below && !matches!(url.host(), Some(Host::Domain(_))) {
            return Err(OriginGrantError(format!("\"{text}\": there is nothing below an address")));
        }
        let port = url.port_or_known_default().unwrap_or(443);
        Ok(Self { https, host: host.to_owned(), below, port, private: false })
    }

    /// The same origin, which may be in the organization's own network. Without this, a name that leads to a private, link-local or
    /// loopback address is refused; an address that the grant itself names, and `localhost`, need it not.
    #[must_use]
    pub fn in_private_network(self) -> Self {
        Self { private: true, ..self }
    }

    /// Whether a request to this address is covered.
    pub fn covers(&self, url: &Url) -> bool {
        let named = self.names(url.host_str().unwrap_or_default());
        named && (url.scheme() == "https") == self.https && url.port_or_known_default() == Some(self.port)
    }

    /// Whether this host is the one, or one of those, that it names.
    pub(crate) fn names(&self, host: &str) -> bool {
        if self.below {
            host.strip_suffix(&self.host).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
        } else {
            host == self.host
        }
    }

    /// Whether a private address is no trick of a name server here.
    pub(crate) fn is_private(&self) -> bool {
        self.private || (self.host == "localhost" && !self.below)
    }
}

impl std::fmt::Display for OriginGrant {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        let star = if self.below { "*." } else { "" };
        write!(formatter, "{scheme}://{star}{}:{}", self.host, self.port)
    }
}

pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// The capabilities of a step. Default: none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grants {
    /// Where HTTP may go. Empty: nowhere.
    pub http: Vec<OriginGrant>,
    /// Key-value storage.
    pub storage: bool,
    /// Looking at other users.
    pub lookup: bool,
    /// Being called again at a time.
    pub scheduling: bool,
    /// Files for somebody else.
    pub outbox: bool,
    /// Files to be read. Which ones is for the inbox that is lent to say.
    pub files: bool,
    /// What the embedding application offers besides the contract.
    pub extensions: Vec<Extension>,
}

/// Something that a step may be granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Capability {
    /// HTTP to named origins.
    Http,
    /// Key-value storage.
    Storage,
    /// Looking at other users.
    Lookup,
    /// Being called again at a time.
    Scheduling,
    /// Files for somebody else.
    Outbox,
    /// Files to be read.
    Files,
}

impl Capability {
    /// What is written in a tenant's file to grant it.
    pub const fn setting(self) -> &'static str {
        match self {
            Self::Http => "http = [\"https://the-origin-it-talks-to\"]",
            Self::Storage => "storage = true",
            Self::Lookup => "lookup = true",
            Self::Scheduling => "scheduling = true",
            Self::Outbox => "outbox = true",
            Self::Files => "files = [\"the-file-it-reads\"]",
        }
    }
}

/// What it takes to import an interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Every step has it.
    Nothing,
    /// It must be granted.
    Grant(Capability),
    /// No step gets it.
    Never,
}

impl Need {
    /// What it takes to import this interface, whatever its version.
    pub fn of(import: &str) -> Self {
        match import.split('@').next().unwrap_or_default() {
            "rollcall:sync/lookup" => Self::Grant(Capability::Lookup),
            "rollcall:sync/scheduling" => Self::Grant(Capability::Scheduling),
            "rollcall:sync/outbox" => Self::Grant(Capability::Outbox),
            "rollcall:sync/inbox" => Self::Grant(Capability::Files),
            "wasi:keyvalue/store" => Self::Grant(Capability::Storage),
            "wasi:http/outgoing-handler" | "wasi:http/types" => Self::Grant(Capability::Http),
            name if is_harmless(name) => Self::Nothing,
            _ => Self::Never,
        }
    }
}

/// Why a component cannot be linked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// It does another step.
    #[error("{step}: this component does no {wanted} step; it does {found}")]
    OtherStep {
        /// The step.
        step: String,
        /// What it should do.
        wanted: &'static str,
        /// What it does.
        found: String,
    },
    /// It imports something that it is not granted.
    #[error(
        "{step}: the component asks for {import}, which it is not granted; to grant it, write `{setting}` under [{section}]"
    )]
    NotGranted {
        /// The step.
        step: String,
        /// What it imports.
        import: String,
        /// What to write.
        setting: String,
        /// Where.
        section: String,
    },
    /// It imports something that no step gets.
    #[error(
        "{step}: the component asks for {import}, which no step gets; it has to do without, or with what the contract offers"
    )]
    NeverGranted {
        /// The step.
        step: String,
        /// What it imports.
        import: String,
    },
    /// It was built against another contract.
    #[error("{step}: the component does not fit the contract: {reason}")]
    Mismatch {
        /// The step.
        step: String,
        /// Why.
        reason: String,
    },
}

impl LinkError {
    pub(crate) fn mismatch(step: &str, error: &wasmtime::Error) -> Self {
        // The chain of causes, each of which may be a page, on one line.
        let causes: Vec<String> = error.chain().map(|cause| cause.to_string().replace('\n', " ")).collect();
        Self::Mismatch { step: step.to_owned(), reason: causes.join(": ") }
    }
}

impl Grants {
    /// Checks what a component imports against what it is granted.
    ///
    /// # Errors
    /// Names the first import that is not granted, and the setting that would grant it.
    ///
    /// A component that asks for HTTP and for files (a source that reads one or the other) may do with either: the other is linked,
    /// and refuses whatever it is asked for.
    pub fn check(&self, step: &str, component: &Component) -> Result<(), LinkError> {
        let asks = |interface: &str| component.imports.iter().any(|import| import.starts_with(interface));
        let either = self.reads() && asks("rollcall:sync/inbox@") && asks("wasi:http/outgoing-handler@");
        for import in &component.imports {
            let capability = match Need::of(import) {
                Need::Nothing => continue,
                Need::Never if self.extensions.iter().any(|extension| extension.interface() == import) => continue,
                Need::Grant(capability) => capability,
                Need::Never => return Err(LinkError::NeverGranted { step: step.to_owned(), import: import.clone() }),
            };
            let read = matches!(capability, Capability::Http | Capability::Files);
            let granted = self.has(capability) || (either && read);
            if !granted {
                let section = section_of(step);
                let (step, import, setting) = (step.to_owned(), import.clone(), capability.setting().to_owned());
                return Err(LinkError::NotGranted { step, import, setting, section });
            }
        }
        Ok(())
    }
}

impl Grants {
    /// Whether it is granted.
    pub fn has(&self, capability: Capability) -> bool {
        match capability {
            Capability::Http => !self.http.is_empty(),
            Capability::Storage => self.storage,
            Capability::Lookup => self.lookup,
            Capability::Scheduling => self.scheduling,
            Capability::Outbox => self.outbox,
            Capability::Files => self.files,
        }
    }

    /// Whether anything can be read from outside: the two ways in are linked together (see [`check`](Self::check)).
    pub(crate) fn reads(&self) -> bool {
        self.files || !self.http.is_empty()
    }
}

/// Where the grants of a step stand in a tenant's file.
pub(crate) fn section_of(step: &str) -> String {
    format!("{}.grants", step.split('[').next().unwrap_or(step))
}

/// Interfaces that give nothing away: types, streams, clocks, random numbers, output that goes to the log, and an environment without
/// variables, files or sockets.
fn is_harmless(name: &str) -> bool {
    let packages = ["wasi:io/", "wasi:clocks/", "wasi:random/", "wasi:cli/", "wasi:filesystem/", "wasi:sockets/"];
    name == "rollcall:sync/types"
        || name == "wasi:logging/logging"
        || packages.iter().any(|package| name.starts_with(package))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covers(grant: &str, url: &str) -> bool {
        OriginGrant::parse(grant).unwrap().covers(&Url::parse(url).unwrap())
    }

    #[test]
    fn it_covers_the_origin_that_it_names_and_no_other() {
        assert!(covers("https://graph.microsoft.com", "https://graph.microsoft.com/v1.0/users?x=1"));
        assert!(covers("https://graph.microsoft.com", "https://graph.microsoft.com:443/"));
        assert!(covers("https://*.kaiza.la", "https://kms.kaiza.la/v1"));
        for other in [
            "http://graph.microsoft.com/",
            "https://graph.microsoft.com:444/",
            "https://xgraph.microsoft.com/",
            "https://graph.microsoft.com.evil.example/",
        ] {
            assert!(!covers("https://graph.microsoft.com", other), "{other}");
        }
        for other in ["https://kaiza.la/", "https://evilkaiza.la/", "https://.kaiza.la/"] {
            let url = Url::parse(other);
            assert!(url.is_err() || !covers("https://*.kaiza.la", other), "{other}");
        }
    }

    #[test]
    fn it_returns_an_error_for_plain_http_to_another_machine_and_for_more_than_an_origin() {
        for wrong in [
            "http://example.org",
            "http://*.localhost",
            "ftp://example.org",
            "https://example.org/path",
            "https://u@example.org",
            "https://example.org/#x",
            "https://:secret@example.org",
            "https://*.127.0.0.1",
            "https://*.254",
            "example.org",
            "https://",
        ] {
            assert!(OriginGrant::parse(wrong).is_err(), "{wrong}");
        }
        assert!(OriginGrant::parse("http://localhost:8080").is_ok());
        assert!(OriginGrant::parse("http://[::1]:8080").is_ok());
    }
}

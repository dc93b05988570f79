//! Addresses that a tenant's file names: origins that a step may call, and base addresses of services.
//!
//! Everything is read once into these types, so that the way of a request decides on no strings. Plain http is accepted to this
//! machine alone: anywhere else it would show credentials and people's data to the network.

use std::fmt;

use url::{Host, Url};

/// http or https.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Only to loopback.
    Http,
    /// Anywhere.
    Https,
}

/// Which hosts an origin stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostPattern {
    /// This host, in lower case; an IPv6 address stands in brackets.
    Exact(String),
    /// Every host below this domain, at any depth, but not the domain itself.
    Below(String),
}

/// An origin that may be called: `https://graph.microsoft.com` or `https://*.kaiza.la`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The scheme.
    pub scheme: Scheme,
    /// The host or hosts.
    pub host: HostPattern,
    /// The port.
    pub port: u16,
}

/// Why an address is refused: the sentence, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressError {
    /// What is wrong with it.
    pub message: String,
    /// What would be right.
    pub suggestion: Option<String>,
}

impl AddressError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), suggestion: None }
    }
}

impl Origin {
    /// Reads an origin. A path, a query or a user name is refused rather than ignored.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let (plain, below) = match text.split_once("://*.") {
            Some((scheme, rest)) => (format!("{scheme}://{rest}"), true),
            None => (text.to_owned(), false),
        };
        let url = checked(&plain)?;
        let mut origin = Self::of(&url).ok_or_else(|| AddressError::new("it names no host"))?;
        if below {
            let HostPattern::Exact(domain) = &origin.host else { return Err(AddressError::new("it names no host")) };
            if url.domain().is_none() || !domain.trim_end_matches('.').contains('.') {
                return Err(AddressError::new(
                    "`*.` must stand before a domain of at least two parts, such as `*.kaiza.la`",
                ));
            }
            origin.host = HostPattern::Below(domain.clone());
        }
        if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError {
                message: "an origin is a scheme, a host and perhaps a port, with nothing behind them".into(),
                suggestion: Some(format!("write \"{origin}\"")),
            });
        }
        Ok(origin)
    }

    /// The origin of an address; none when it has no host or is neither http nor https.
    pub fn of(url: &Url) -> Option<Self> {
        let scheme = match url.scheme() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => return None,
        };
        let host = HostPattern::Exact(url.host_str()?.to_ascii_lowercase());
        Some(Self { scheme, host, port: url.port_or_known_default()? })
    }

    /// Whether an address is at this origin.
    pub fn covers(&self, url: &Url) -> bool {
        let Some(Self { scheme, host: HostPattern::Exact(host), port }) = Self::of(url) else { return false };
        scheme == self.scheme
            && port == self.port
            && match &self.host {
                HostPattern::Exact(own) => *own == host,
                HostPattern::Below(domain) => {
                    host.strip_suffix(domain.as_str()).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
                }
            }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, usual_port) = match self.scheme {
            Scheme::Http => ("http", 80),
            Scheme::Https => ("https", 443),
        };
        match &self.host {
            HostPattern::Exact(host) => write!(f, "{scheme}://{host}")?,
            HostPattern::Below(domain) => write!(f, "{scheme}://*.{domain}")?,
        }
        if self.port != usual_port { write!(f, ":{}", self.port) } else { Ok(()) }
    }
}

/// The address of a service, to which paths are added: `https://graph.microsoft.com`, with a path where a gateway has one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// Reads an address. A query, a fragment or a user name is refused.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let url = checked(text)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(AddressError::new("a base address ends before `?` and `#`"));
        }
        Ok(Self(url))
    }

    /// The address, with no slash at its end.
    pub fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    /// The address.
    pub fn url(&self) -> &Url {
        &self.0
    }

    /// Its origin.
    pub fn origin(&self) -> Option<Origin> {
        Origin::of(&self.0)
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads an https address, or an http address of this machine.
pub(super) fn checked(text: &str) -> Result<Url, AddressError> {
    let url = Url::parse(text).map_err(|error| AddressError {
        message: format!("this is no address: {error}"),
        suggestion: (!text.contains("://")).then(|| "an address begins with \"https://\"".to_owned()),
    })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(AddressError {
            message: "an address must not hold a user name or password".into(),
            suggestion: Some("credentials belong into the step's `login`".into()),
        });
    }
    if url.host_str().is_some_and(|host| host.contains('*')) {
        return Err(AddressError::new(
            "a star stands for hosts only as `*.` before a domain, such as `https://*.kaiza.la`",
        ));
    }
    match url.scheme() {
        "https" if url.host().is_some() => Ok(url),
        "http" if is_loopback(&url) => Ok(url),
        "http" => Err(AddressError {
            message: "plain http is accepted to this machine (localhost, 127.0.0.1, [::1]) alone".into(),
            suggestion: Some("use https".into()),
        }),
        other => Err(AddressError::new(format!("an address begins with https://, not with {other}:"))),
    }
}

/// Whether an address is on this machine.
pub(super) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_read_in_a_single_form() {
        for (text, read) in [
            ("https://graph.microsoft.com", "https://graph.microsoft.com"),
            ("https://Graph.Microsoft.com:443/", "https://graph.microsoft.com"),
            ("https://*.kaiza.la", "https://*.kaiza.la"),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080", "http://[::1]:8080"),
            ("http://localhost", "http://localhost"),
        ] {
            assert_eq!(Origin::parse(text).unwrap().to_string(), read, "{text}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in [
            "",
            "graph.microsoft.com",
            "https://",
            "https://*",
            "https://*.com",
            "https://a*.example.org",
            "https://*.*.example.org",
            "https://*.127.0.0.1",
            "https://a.example/path",
            "https://a.example?x",
            "https://user:word@a.example",
            "http://a.example",
            "http://*.localhost",
            "http://127.0.0.1.example.org",
            "ftp://a.example",
            "file:///etc/passwd",
            "*",
        ] {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_covers_its_own_hosts_and_no_lookalikes() {
        for (origin, url, covered) in [
            ("https://a.example", "https://a.example/x?y", true),
            ("https://a.example", "https://A.EXAMPLE:443/", true),
            ("https://a.example", "https://a.example:444/", false),
            ("https://a.example", "http://a.example/", false),
            ("https://a.example", "https://a.example.evil.net/", false),
            ("https://*.kaiza.la", "https://kms.kaiza.la/v1", true),
            ("https://*.kaiza.la", "https://a.b.kaiza.la/", true),
            ("https://*.kaiza.la", "https://kaiza.la/", false),
            ("https://*.kaiza.la", "https://evilkaiza.la/", false),
            ("https://*.kaiza.la", "https://kms.kaiza.la.evil.net/", false),
        ] {
            assert_eq!(Origin::parse(origin).unwrap().covers(&Url::parse(url).unwrap()), covered, "{origin} {url}");
        }
    }

    #[test]
    fn a_base_address_keeps_its_path_without_the_last_slash() {
        assert_eq!(BaseUrl::parse("https://gateway.example/graph/").unwrap().as_str(), "https://gateway.example/graph");
        assert!(BaseUrl::parse("https://gateway.example/?key=1").is_err());
    }
}

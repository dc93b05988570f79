//! Resolving names, without being led into a private network.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::grants::OriginGrant;

/// Resolves names to public addresses only, but for names that a grant or a login puts into the private network.
pub(super) struct PublicResolver {
    private: Vec<OriginGrant>,
    /// Hosts of logins on this machine.
    local: BTreeSet<String>,
}

/// A name leads to an address that nobody granted.
#[derive(Debug, thiserror::Error)]
#[error("the name leads into a private network")]
struct Prohibited;

/// A name leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("the name was not found: {0}")]
struct NotFound(String);

fn has_cause<E: std::error::Error + 'static>(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<E>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether a request failed because its name leads into a private network.
pub(super) fn is_prohibited(error: &reqwest::Error) -> bool {
    has_cause::<Prohibited>(error)
}

/// Whether a request failed because its name leads nowhere.
pub(super) fn is_not_found(error: &reqwest::Error) -> bool {
    has_cause::<NotFound>(error)
}

impl PublicResolver {
    pub(super) fn new<'a>(grants: &[OriginGrant], logins: impl Iterator<Item = &'a str>) -> Self {
        let private = grants.iter().filter(|grant| grant.is_private()).cloned().collect();
        Self { private, local: logins.filter(|host| *host == "localhost").map(str::to_owned).collect() }
    }

    fn may_be_private(&self, name: &str) -> bool {
        self.local.contains(name) || self.private.iter().any(|grant| grant.names(name))
    }
}

impl Resolve for PublicResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let name = name.as_str().to_owned();
        let private = self.may_be_private(&name);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await;
            let found: Vec<SocketAddr> = found.map_err(|error| NotFound(error.to_string()))?.collect();
            // One private address among public ones is a trick too.
            if !private && found.iter().any(|address| !is_public(address.ip())) {
                return Err(Box::new(Prohibited) as Box<dyn std::error::Error + Send + Sync>);
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Whether an address is one of the public internet (IANA special-purpose address registries).
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let [a, b, c, _] = address.octets();
            !(address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_unspecified()
                || address.is_broadcast()
                || address.is_multicast()
                || address.is_documentation()
                || a == 0
                || a >= 240
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (b == 18 || b == 19))
                || (a == 192 && b == 0 && c == 0))
        }
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public(IpAddr::V4(mapped)),
            None => {
                let [first, second, ..] = address.segments();
                !(address.is_loopback()
                    || address.is_unspecified()
                    || address.is_multicast()
                    || address.is_unique_local()
                    || address.is_unicast_link_local()
                    // Translated and tunnelled addresses can hold a private one.
                    || (first == 0x64 && second == 0xff9b)
                    || first == 0x2002
                    || (first == 0x2001 && second == 0)
                    || (first == 0x2001 && second == 0xdb8))
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_grant_or_a_login_of_its_own_opens_the_private_network() {
        let grants: Vec<OriginGrant> =
            ["https://hr.example", "http://localhost:8080"].map(|text| OriginGrant::parse(text).unwrap()).into();
        let inner = OriginGrant::parse("https://*.corp.example").unwrap().in_private_network();
        let resolver = PublicResolver::new(&[grants.clone(), vec![inner]].concat(), ["login.example"].into_iter());
        for (name, may) in [
            ("hr.example", false),
            ("localhost", true),
            ("ldap.corp.example", true),
            ("corp.example", false),
            ("login.example", false),
        ] {
            assert_eq!(resolver.may_be_private(name), may, "{name}");
        }
        assert!(PublicResolver::new(&[], ["localhost"].into_iter()).may_be_private("localhost"));
    }

    #[test]
    fn private_and_special_addresses_are_not_public() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:7f00:1::",
        ] {
            assert!(!is_public(address.parse().unwrap()), "{address}");
        }
        for address in ["20.190.128.1", "1.1.1.1", "2603:1006:2000::1"] {
            assert!(is_public(address.parse().unwrap()), "{address}");
        }
    }
}

//! Absolute http and https URLs: their parts, and whether two have the same origin.

use super::Error;

/// An absolute URL, in the parts that a request needs.
///
/// ```
/// use rollcall_sdk::http::Url;
/// let url = Url::parse("https://Graph.example/v1.0/users?$select=id#top")?;
/// assert_eq!((url.authority(), url.path_and_query()), ("Graph.example", "/v1.0/users?$select=id"));
/// assert!(url.same_origin(&Url::parse("https://graph.example:443/")?));
/// # Ok::<(), rollcall_sdk::http::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Url {
    secure: bool,
    authority: String,
    path_and_query: String,
}

impl Url {
    /// Takes a URL apart. A name and password in it are refused, as are spaces and other characters that a URL has not.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |why: &str| Err(Error::Invalid(format!("`{text}` {why}")));
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) || text.contains('\\') {
            return refuse("has a character that a URL cannot have");
        }
        let Some((scheme, rest)) = text.split_once("://") else { return refuse("is not an absolute URL") };
        let secure = match scheme.to_ascii_lowercase().as_str() {
            "https" => true,
            "http" => false,
            _ => return refuse("is neither http nor https"),
        };
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        if authority.is_empty() || authority.starts_with(':') {
            return refuse("has no host");
        }
        if authority.contains('@') {
            return refuse("has a name or password in it");
        }
        let path = path.split_once('#').map_or(path, |(path, _fragment)| path);
        let path_and_query = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Url { secure, authority: authority.to_owned(), path_and_query })
    }

    /// True for https.
    pub fn is_https(&self) -> bool {
        self.secure
    }

    /// The host, with the port if one was written.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// From the first `/`, without the fragment.
    pub fn path_and_query(&self) -> &str {
        &self.path_and_query
    }

    /// True when scheme, host and port are the same (RFC 6454).
    pub fn same_origin(&self, other: &Url) -> bool {
        self.secure == other.secure && self.host_and_port() == other.host_and_port()
    }

    fn host_and_port(&self) -> String {
        let authority = self.authority.to_ascii_lowercase();
        let default = if self.secure { ":443" } else { ":80" };
        authority.strip_suffix(default).or_else(|| authority.strip_suffix(':')).unwrap_or(&authority).to_owned()
    }
}

/// A text as one segment of a path: everything but letters, digits, `-`, `.`, `_` and `~` is percent-encoded.
///
/// ```
/// assert_eq!(rollcall_sdk::http::encode_segment("8b1f@2"), "8b1f%402");
/// ```
pub fn encode_segment(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_url_is_refused_with_the_reason() {
        for (text, reason) in [
            ("graph.example/x", "is not an absolute URL"),
            ("ftp://a.example/", "is neither http nor https"),
            ("https:///x", "has no host"),
            ("https://:443/", "has no host"),
            ("https://user:word@a.example/", "has a name or password in it"),
            ("https://a.example/a b", "has a character that a URL cannot have"),
            ("https://a.example\\@b.example/", "has a character that a URL cannot have"),
            ("https://a.example/\r\nx: y", "has a character that a URL cannot have"),
        ] {
            let error = Url::parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }

    #[test]
    fn origins_are_compared_by_scheme_host_and_port() {
        let url = |text: &str| Url::parse(text).unwrap();
        for (a, b, same) in [
            ("https://a.example", "https://A.example:443/x?y", true),
            ("http://a.example", "http://a.example:80", true),
            ("https://a.example", "http://a.example", false),
            ("https://a.example", "https://a.example:8443", false),
            ("https://a.example", "https://a.example.evil.example", false),
            ("http://127.0.0.1:8080", "http://127.0.0.1:8081", false),
        ] {
            assert_eq!(url(a).same_origin(&url(b)), same, "{a} {b}");
        }
    }

    #[test]
    fn a_url_without_a_path_asks_for_the_root() {
        assert_eq!(Url::parse("https://a.example?x=1").unwrap().path_and_query(), "/?x=1");
        assert_eq!(Url::parse("https://a.example").unwrap().path_and_query(), "/");
    }
}

//! An origin: scheme, host and port of an API. `https` anywhere, `http` for loopback literals only.

use std::fmt;
use std::net::IpAddr;

use url::{Host, Url};

use crate::failure::{Exit, Explain};

/// A checked address of an API, with an optional path prefix that every request path is put below.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    url: Url,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum OriginError {
    #[error("`{0}` is no address")]
    NotAnAddress(String),
    #[error("`{0}` has a host with other letters than ASCII has; write it in Punycode (`xn--…`)")]
    NotAscii(String),
    #[error("`{0}` would send the key unencrypted: `http` is accepted for 127.0.0.0/8 and [::1] only")]
    NotEncrypted(String),
    #[error("`{0}` carries a user name, a query or a fragment, which an API address must not have")]
    Decorated(String),
}

impl Explain for OriginError {
    fn code(&self) -> &'static str {
        "bad_address"
    }
    fn exit(&self) -> Exit {
        Exit::Usage
    }
    fn hint(&self) -> Option<String> {
        Some("give an address such as `https://api.lumabill.ch`".to_owned())
    }
}

impl Origin {
    /// Parses `https://host[:port][/prefix]`, or `http://` with a loopback literal.
    pub fn parse(text: &str) -> Result<Self, OriginError> {
        let text = text.trim();
        // The text may hold a key in its query or before an `@`: errors show no more than scheme and host.
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let host = rest.split(['?', '#', '/', '\\']).next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        let shown = if scheme.is_empty() { host.to_owned() } else { format!("{scheme}://{host}") };
        if !host.is_ascii() {
            return Err(OriginError::NotAscii(shown));
        }
        let url = Url::parse(text).map_err(|_| OriginError::NotAnAddress(shown.clone()))?;
        let loopback = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
            Some(Host::Domain(_)) => false,
            None => return Err(OriginError::NotAnAddress(shown)),
        };
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(OriginError::NotEncrypted(shown)),
            _ => return Err(OriginError::NotAnAddress(shown)),
        }
        if !url.username().is_empty()
            || url.password().is_some()
            || url.query().is_some()
            || url.fragment().is_some()
        {
            return Err(OriginError::Decorated(shown));
        }
        let mut url = url;
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(&path);
        Ok(Self { url })
    }

    /// True for 127.0.0.0/8 and `[::1]`.
    pub fn is_loopback(&self) -> bool {
        match self.url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            _ => false,
        }
    }

    /// True for `https`.
    pub fn is_encrypted(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Host without port, for messages.
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The address of `path` (absolute, percent-encoded; empty for this address itself) below this origin; `None` if it
    /// would leave it.
    pub fn join(&self, path: &str) -> Option<Url> {
        if path.is_empty() {
            return Some(self.url.clone());
        }
        if !path.starts_with('/')
            || path.starts_with("//")
            || path.contains("..")
            || path.contains(['?', '#', '\\'])
        {
            return None;
        }
        let mut url = self.url.clone();
        let whole = format!("{}{path}", url.path().trim_end_matches('/'));
        url.set_path(&whole);
        // `.`, `%2e%2e` and the like would be resolved here and name another record.
        (url.path() == whole && self.covers(&url)).then_some(url)
    }

    /// The address of `target` (a path and perhaps a query) from the root of this origin's host; `None` if it would leave it.
    pub fn join_on_host(&self, target: &str) -> Option<Url> {
        let plain = |letter: char| letter.is_ascii_graphic() && !matches!(letter, '#' | '\\');
        if !target.starts_with('/') || target.starts_with("//") || !target.chars().all(plain) {
            return None;
        }
        self.url.join(target).ok().filter(|url| self.covers(url))
    }

    /// True when `url` has this scheme, host and port.
    pub fn covers(&self, url: &Url) -> bool {
        url.origin() == self.url.origin()
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::{Origin, OriginError};

    #[test]
    fn only_encrypted_or_loopback_addresses_are_origins() {
        for good in [
            "https://api.lumabill.ch",
            "https://a.example:8443/base",
            "http://127.0.0.1:8080",
            "http://[::1]:1",
        ] {
            assert!(Origin::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "http://api.lumabill.ch",
            "http://localhost:1",
            "ftp://x",
            "api.lumabill.ch",
            "https://u:p@h",
            "https://h?key=1",
            "",
        ] {
            assert!(Origin::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_host_beyond_ascii_is_refused_with_the_spelling_that_works() {
        let refused = Origin::parse("https://zürich.example/v1").unwrap_err();
        assert_eq!(refused, OriginError::NotAscii("https://zürich.example".to_owned()));
        assert!(refused.to_string().contains("Punycode"), "{refused}");
        assert!(Origin::parse("https://z%C3%BCrich.example").is_err());
        assert_eq!(Origin::parse("https://XN--zrich-kva.example").unwrap().host(), "xn--zrich-kva.example");
    }

    #[test]
    fn an_error_shows_no_secret_of_the_address() {
        for text in ["https://user:secret@h/x", "https://h/x?key=secret", "http://h/#secret", "user:secret@h"]
        {
            assert!(!Origin::parse(text).unwrap_err().to_string().contains("secret"), "{text}");
        }
    }

    #[test]
    fn a_path_cannot_leave_the_origin() {
        let origin = Origin::parse("https://h/base/").unwrap();
        assert_eq!(origin, Origin::parse("https://H:443/base").unwrap());
        assert_eq!(origin.join("/v1/x").unwrap().as_str(), "https://h/base/v1/x");
        for bad in [
            "v1",
            "//evil/x",
            "/a/../../x",
            "/a?b",
            "/a#b",
            "/\\evil",
            "/a/.",
            "/a/./b",
            "/a/%2e%2E/b",
            "/a\t/b",
        ] {
            assert!(origin.join(bad).is_none(), "{bad}");
        }
    }
}

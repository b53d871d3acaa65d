//! [`Secret`], which no formatter can print, and [`Key`], which opens for its own origin only.

use std::fmt;
use std::pin::Pin;

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};
use ring::digest;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::{Origin, oauth};
use crate::failure::Failure;
use crate::settings::{KeyProblem, Service, check_key};

/// What keys begin with, longest first.
const PREFIXES: &[&str] = &["lmb_sandbox_", "lmb_live_", "lmb_test_", "lmb_", "bb_sk_", "bb_"];

/// A key's text. It has no `Display`, hides in `Debug`, and is wiped when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The one door. Only `credentials` may call it: to store the key, and to sign for its own origin.
    pub(in crate::credentials) fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Checks that this can be a key of `service`, to be sent to a loopback address or not.
    pub fn check(&self, service: Service, loopback: bool) -> Result<(), KeyProblem> {
        check_key(service, self.expose(), loopback)
    }

    /// True where both are the same text; takes as long for one difference as for another.
    pub fn is(&self, other: &Self) -> bool {
        let (one, two) = (self.expose().as_bytes(), other.expose().as_bytes());
        one.len() == two.len() && one.iter().zip(two).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
    }

    /// What people see of a key: its prefix and its last four characters, or nothing where it is short; of a sign-in,
    /// the same of its access token.
    pub fn masked(&self) -> String {
        if let Some(signed_in) = oauth::signed_in(self) {
            return signed_in.masked;
        }
        let text = self.expose();
        // Known words only: what follows them may hold underscores of its own.
        let prefix = PREFIXES.iter().find(|prefix| text.starts_with(**prefix)).copied().unwrap_or_default();
        match text.char_indices().rev().nth(3) {
            Some((tail, _)) if text.chars().count() >= 16 => {
                format!("{prefix}…{}", text.get(tail..).unwrap_or_default())
            }
            _ => format!("{prefix}…"),
        }
    }
}

impl From<SecretString> for Secret {
    fn from(text: SecretString) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// A key together with the only origin it may be sent to, and how it goes there.
#[derive(Clone, Debug)]
pub struct Key {
    secret: Secret,
    origin: Origin,
    carried: Carried,
    /// What stands for the key where requests are counted.
    counted: Option<Secret>,
}

/// How requests carry a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carried {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// A header of this name whose value is the key.
    Header(HeaderName),
    /// A parameter of this name in the query: the address itself is then as secret as the key.
    Query(String),
    /// The server wants none.
    Nothing,
}

/// Where a request goes and what it carries there; only [`Key`] makes one.
pub struct Signed {
    /// May hold the key ([`Carried::Query`]): for the request only, never for words.
    pub url: Url,
    /// Marked sensitive: no formatter prints it.
    pub header: Option<(HeaderName, HeaderValue)>,
}

impl fmt::Debug for Signed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Signed(hidden)")
    }
}

/// Why a request was not signed; nothing was sent.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum NotSigned {
    #[error("the key belongs to {belongs} and is not sent to {asked}")]
    OtherOrigin { belongs: String, asked: String },
    #[error("the path `{0}` leaves the address that the key belongs to")]
    Path(String),
    #[error("the key holds characters that no header can carry")]
    Unsendable,
}

impl Key {
    /// Carried as a bearer token.
    pub fn new(secret: Secret, origin: Origin) -> Self {
        Self { secret, origin, carried: Carried::Bearer, counted: None }
    }

    /// The same key, carried in another way.
    pub fn carried(self, carried: Carried) -> Self {
        Self { carried, ..self }
    }

    /// The same key, whose requests are counted together with those of all keys that have this text.
    pub(super) fn counted_as(self, counted: Secret) -> Self {
        Self { counted: Some(counted), ..self }
    }

    /// The one place where a key meets a request: `path` (absolute, percent-encoded; empty for the origin's own
    /// address) is joined to the key's own origin, which has to be `origin`, the one that the caller talks to.
    pub fn sign(&self, origin: &Origin, path: &str) -> Result<Signed, NotSigned> {
        self.attach(origin, path, Origin::join)
    }

    /// The same for a path and query from the root of the origin's host: the older MCP transport names the address
    /// that messages go to in its stream, beside its own.
    pub fn sign_on_host(&self, origin: &Origin, target: &str) -> Result<Signed, NotSigned> {
        self.attach(origin, target, Origin::join_on_host)
    }

    fn attach(
        &self,
        origin: &Origin,
        path: &str,
        join: fn(&Origin, &str) -> Option<Url>,
    ) -> Result<Signed, NotSigned> {
        if *origin != self.origin {
            return Err(NotSigned::OtherOrigin {
                belongs: self.origin.to_string(),
                asked: origin.to_string(),
            });
        }
        let mut url = join(&self.origin, path)
            .filter(|url| self.origin.covers(url))
            .ok_or_else(|| NotSigned::Path(path.to_owned()))?;
        let header = match &self.carried {
            Carried::Nothing => None,
            Carried::Query(name) => {
                url.query_pairs_mut().append_pair(name, self.secret.expose());
                None
            }
            Carried::Bearer => Some((AUTHORIZATION, format!("Bearer {}", self.secret.expose()))),
            Carried::Header(name) => Some((name.clone(), self.secret.expose().to_owned())),
        };
        let sensitive = |(name, text): (HeaderName, String)| {
            let mut value = HeaderValue::from_str(&text).map_err(|_| NotSigned::Unsendable)?;
            value.set_sensitive(true);
            Ok((name, value))
        };
        Ok(Signed { url, header: header.map(sensitive).transpose()? })
    }

    /// True when both are the same text for the same origin.
    pub fn same_as(&self, other: &Self) -> bool {
        self.origin == other.origin && self.secret.is(&other.secret)
    }

    /// True when `text` holds this key.
    pub fn is_in(&self, text: &str) -> bool {
        let key = self.secret.expose();
        // A short text is looked for many times faster than a long one.
        let start = key.get(..16).unwrap_or(key);
        !key.is_empty() && text.contains(start) && text.contains(key)
    }

    /// `text` with this key masked, should somebody have sent it back to us.
    pub fn scrub(&self, text: &str) -> String {
        if self.is_in(text) {
            return text.replace(self.secret.expose(), &self.masked());
        }
        text.to_owned()
    }

    /// Masks this key wherever an answer carries it back, in names of fields too.
    pub fn scrub_all(&self, value: &mut Value) {
        match value {
            Value::String(text) if self.is_in(text) => *text = self.scrub(text),
            Value::Array(items) => items.iter_mut().for_each(|item| self.scrub_all(item)),
            Value::Object(object) => {
                if object.keys().any(|name| self.is_in(name)) {
                    *object = std::mem::take(object)
                        .into_iter()
                        .map(|(name, value)| (self.scrub(&name), value))
                        .collect();
                }
                object.values_mut().for_each(|value| self.scrub_all(value));
            }
            _ => {}
        }
    }

    /// A name for what all processes with this key share, which tells nothing of the key: 16 hex digits
    /// of a digest. `origin` is what the key's address is known under.
    pub fn limit_name(&self, origin: &str) -> String {
        let mut context = digest::Context::new(&digest::SHA256);
        let counted = self.counted.as_ref().unwrap_or(&self.secret);
        for part in ["lumabill-rl-v1", "\0", origin, "\0", counted.expose()] {
            context.update(part.as_bytes());
        }
        let first = context.finish().as_ref().first_chunk().copied().unwrap_or_default();
        format!("{:016x}", u64::from_be_bytes(first))
    }

    /// The only origin that this key may be sent to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    pub fn masked(&self) -> String {
        self.secret.masked()
    }
}

/// Hands out the key of one origin. The API client knows no more of the stores than this.
pub trait Keys: Send + Sync {
    /// The key; kept after the first read. Errors say `lumabill login`.
    fn key(&self) -> BoxFuture<'_, Result<Key, Failure>>;

    /// After a 401: reads the store once more. `Some` only if the key there differs from `refused`.
    fn reread<'a>(&'a self, refused: &'a Key) -> BoxFuture<'a, Option<Key>>;

    /// Why the last [`Keys::reread`] found none, where more is known than that the key was refused: a sign-in that has
    /// expired, or could not be renewed just now.
    fn trouble(&self) -> Option<Failure> {
        None
    }
}

/// A future behind a pointer, for traits that are used as objects.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

#[cfg(test)]
mod tests {
    use super::{Carried, Key, NotSigned, Origin, Secret};

    fn key(origin: &str) -> Key {
        Key::new(Secret::new("lmb_0123456789abcdef".into()), Origin::parse(origin).unwrap())
    }

    #[test]
    fn a_key_signs_for_its_own_origin_only() {
        let key = key("https://api.lumabill.ch/base");
        let here = Origin::parse("https://api.lumabill.ch/base").unwrap();
        let signed = key.sign(&here, "/v1/invoices").unwrap();
        assert_eq!(signed.url.as_str(), "https://api.lumabill.ch/base/v1/invoices");
        let (name, value) = signed.header.as_ref().unwrap();
        assert_eq!(
            (name.as_str(), value.to_str().unwrap()),
            ("authorization", "Bearer lmb_0123456789abcdef")
        );
        assert!(!format!("{signed:?}{key:?}").contains("0123456789"));
        for other in ["https://api.lumabill.ch:8443/base", "https://evil.example", "http://127.0.0.1:1"] {
            let refused = key.sign(&Origin::parse(other).unwrap(), "/v1/invoices").unwrap_err();
            assert!(matches!(refused, NotSigned::OtherOrigin { .. }), "{other}");
        }
        for path in ["//evil.example/v1", "/v1/../../x", "https://evil.example", "/v1?x=1"] {
            assert_eq!(key.sign(&here, path).unwrap_err(), NotSigned::Path(path.to_owned()));
        }
    }

    #[test]
    fn a_key_goes_as_its_service_wants_it_and_shows_nowhere() {
        let key = key("https://mcp.example/api/mcp");
        let here = key.origin().clone();
        let signed = key.clone().carried(Carried::Query("key".into())).sign(&here, "").unwrap();
        assert_eq!(signed.url.as_str(), "https://mcp.example/api/mcp?key=lmb_0123456789abcdef");
        assert!(signed.header.is_none() && !format!("{signed:?}").contains("0123"));
        let named = key.clone().carried(Carried::Header("x-api-key".parse().unwrap()));
        let (name, value) = named.sign(&here, "").unwrap().header.unwrap();
        assert_eq!((name.as_str(), value.to_str().unwrap()), ("x-api-key", "lmb_0123456789abcdef"));
        assert!(value.is_sensitive());
        assert!(key.clone().carried(Carried::Nothing).sign(&here, "").unwrap().header.is_none());
        let beside = key.sign_on_host(&here, "/messages?session=1").unwrap();
        assert_eq!(beside.url.as_str(), "https://mcp.example/messages?session=1");
        for away in
            ["//evil.example/x", "https://evil.example/x", "messages", "/\\evil.example", "/@evil\n.example"]
        {
            assert!(
                key.sign_on_host(&here, away).is_err_and(|why| matches!(why, NotSigned::Path(_))),
                "{away}"
            );
        }
    }

    #[test]
    fn the_name_of_a_limit_is_the_same_for_the_same_key_and_address_only() {
        let (one, other) = (key("https://h"), Key::new(Secret::new("lmb_x".into()), key("https://h").origin));
        let name = one.limit_name("https://h");
        assert_eq!(name, one.clone().limit_name("https://h"));
        assert!(name.len() == 16 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
        assert_ne!(name, one.limit_name("https://i"));
        assert_ne!(name, other.limit_name("https://h"));
    }

    #[test]
    fn a_key_that_comes_back_is_masked() {
        let key = key("https://h");
        assert_eq!(key.scrub("bad key lmb_0123456789abcdef!"), "bad key lmb_…cdef!");
        assert_eq!(key.scrub("fine"), "fine");
        assert!(key.same_as(&key.clone()));
    }

    #[test]
    fn a_secret_shows_its_prefix_and_four_characters_at_most() {
        assert_eq!(Secret::new("lmb_0123456789abcdef".into()).masked(), "lmb_…cdef");
        assert_eq!(Secret::new("lmb_sandbox_read_write_5d1f8a3c".into()).masked(), "lmb_sandbox_…8a3c");
        assert_eq!(Secret::new("lmb_Ab_cd_ef0123456789".into()).masked(), "lmb_…6789");
        assert_eq!(Secret::new("lmb_short".into()).masked(), "lmb_…");
        assert_eq!(format!("{:?}", Secret::new("lmb_0123456789abcdef".into())), "Secret(hidden)");
    }
}

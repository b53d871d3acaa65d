//! [`Secret`], which no formatter can print, and [`Key`], which opens for its own origin only.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};

use super::Origin;

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

    /// True where both are the same text; takes as long for one difference as for another.
    pub(in crate::credentials) fn is(&self, other: &Self) -> bool {
        let (one, two) = (self.expose().as_bytes(), other.expose().as_bytes());
        one.len() == two.len() && one.iter().zip(two).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
    }

    /// What people see of a key: its prefix and its last four characters, or nothing where it is short.
    pub fn masked(&self) -> String {
        let text = self.expose();
        let prefix = text
            .rfind('_')
            .and_then(|end| text.get(..=end))
            .filter(|prefix| prefix.len() <= 16)
            .unwrap_or_default();
        match text.char_indices().rev().nth(3) {
            Some((tail, _)) if text.chars().count() >= 16 => {
                format!("{prefix}…{}", text.get(tail..).unwrap_or_default())
            }
            _ => format!("{prefix}…"),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// A key together with the only origin it may be sent to.
#[derive(Clone, Debug)]
pub struct Key {
    secret: Secret,
    origin: Origin,
}

/// A key was about to be sent somewhere else than to its own origin.
#[derive(Debug, thiserror::Error)]
#[error("the key belongs to {belongs} and is not sent to {asked}")]
pub struct WrongOrigin {
    pub belongs: String,
    pub asked: String,
}

impl Key {
    pub fn new(secret: Secret, origin: Origin) -> Self {
        Self { secret, origin }
    }

    /// The text of the `Authorization` header for a request to `url`; refused for any other origin.
    pub fn authorization_for(&self, url: &url::Url) -> Result<String, WrongOrigin> {
        if self.origin.covers(url) {
            return Ok(format!("Bearer {}", self.secret.expose()));
        }
        Err(WrongOrigin { belongs: self.origin.to_string(), asked: url.origin().ascii_serialization() })
    }

    /// True where both are the same key for the same origin.
    pub fn is(&self, other: &Self) -> bool {
        self.origin == other.origin && self.secret.is(&other.secret)
    }

    /// The only origin that this key may be sent to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    pub fn masked(&self) -> String {
        self.secret.masked()
    }
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_shows_its_prefix_and_four_characters_at_most() {
        assert_eq!(Secret::new("lmb_0123456789abcdef".into()).masked(), "lmb_…cdef");
        assert_eq!(Secret::new("lmb_short".into()).masked(), "lmb_…");
        assert_eq!(format!("{:?}", Secret::new("lmb_0123456789abcdef".into())), "Secret(hidden)");
    }
}

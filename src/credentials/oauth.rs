//! OAuth 2.1 sign-in for remote MCP servers: discovery, registration, the answer to the browser, tokens in the keyring,
//! and their refresh. Besides `api` and `bridge` the only part that reaches the network.

use std::time::Duration;

use super::{Origin, Secret};
use crate::failure::{Exit, Explain};
use crate::https::Trust;

/// Why there are no tokens.
#[derive(Debug, thiserror::Error)]
pub enum OAuthError {
    #[error("{0} was not asked for a sign-in")]
    NotBuilt(String),
}

impl Explain for OAuthError {
    fn code(&self) -> &'static str {
        "sign_in_failed"
    }
    fn exit(&self) -> Exit {
        Exit::Refused
    }
}

/// A server whose sign-in was found.
#[derive(Debug)]
pub struct Found {
    /// Who signs people in, as its metadata names itself.
    pub issuer: String,
    /// The issuer is on another host than the server: a person has to agree to that.
    pub elsewhere: bool,
}

/// Finds out how people sign in to `server`. `challenge` is the `WWW-Authenticate` of its 401.
pub async fn discover(
    server: &Origin,
    _trust: &Trust,
    _user_agent: &str,
    _challenge: Option<&str>,
) -> Result<Found, OAuthError> {
    Err(OAuthError::NotBuilt(server.to_string()))
}

impl Found {
    /// Signs in: registers where that is needed, listens on loopback, calls `open` with the address that the person's
    /// browser has to go to, and waits for its one answer, for `patience` at most. The secret is what the keyring keeps:
    /// tokens, issuer, resource and client in JSON.
    pub async fn sign_in(
        &self,
        _open: &mut (dyn FnMut(&str) + Send),
        _patience: Duration,
    ) -> Result<Secret, OAuthError> {
        Err(OAuthError::NotBuilt(self.issuer.clone()))
    }
}

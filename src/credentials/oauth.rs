//! OAuth 2.1 sign-in for remote MCP servers: discovery, registration, the answer to the browser, tokens in the keyring,
//! and their refresh. Besides `api` and `bridge` the only part that reaches the network.
//!
//! Written over what the program has: `rmcp`'s own sign-in was 0.31 MB more, forgets the secret of a registered client and
//! does not look below the path of the server; the `oauth2` crate was 0.10 MB for the third of it that it does.

mod challenge;
mod discovery;
mod error;
mod http;
mod listener;
mod random;
mod registration;
pub(super) mod renewal;
mod tokens;

use std::time::{Duration, SystemTime};

use url::Url;

pub use error::OAuthError;

use super::{Origin, Secret};
use crate::https::Trust;
use discovery::{Metadata, is_same};
use http::Http;
use listener::{Arrived, Listener};
use tokens::{Client, Tokens};

/// A server whose sign-in was found.
pub struct Found {
    /// Who signs people in, as its metadata names itself.
    pub issuer: String,
    /// What of the sign-in is on another host than the server: the issuer, and where the person, the code or the
    /// registration goes. A person has to agree to that; empty where all of it is at the server.
    pub elsewhere: Vec<String>,
    server: Origin,
    metadata: Metadata,
    http: Http,
}

/// Finds out how people sign in to `server`. `challenge` is the `WWW-Authenticate` of its 401. Takes 30 s at most.
pub async fn discover(
    server: &Origin,
    trust: &Trust,
    user_agent: &str,
    challenge: Option<&str>,
) -> Result<Found, OAuthError> {
    let http = Http::new(server, trust, user_agent);
    let metadata = discovery::discover(server, &http, challenge).await?;
    Ok(Found {
        issuer: metadata.issuer.clone(),
        elsewhere: elsewhere(server, &metadata),
        server: server.clone(),
        metadata,
        http,
    })
}

/// An issuer at the server itself may still send the person to somebody else's page and take the code of that page.
fn elsewhere(server: &Origin, metadata: &Metadata) -> Vec<String> {
    let mut known = vec![server.host().to_owned()];
    let mut elsewhere = Vec::new();
    let issuer = Url::parse(&metadata.issuer).ok();
    let endpoints = [Some(&metadata.authorization), Some(&metadata.token), metadata.registration.as_ref()];
    for url in issuer.as_ref().into_iter().chain(endpoints.into_iter().flatten()) {
        let host = url.host_str().unwrap_or_default();
        if !known.iter().any(|known| known == host) {
            known.push(host.to_owned());
            let is_issuer = issuer.as_ref().is_some_and(|issuer| std::ptr::eq(issuer, url));
            elsewhere.push(if is_issuer {
                metadata.issuer.clone()
            } else {
                url.origin().ascii_serialization()
            });
        }
    }
    elsewhere
}

impl Found {
    /// Signs in: registers where that is needed, listens on loopback, calls `open` with the address that the person's
    /// browser has to go to, and waits for its one answer, for `patience` at most. The secret is what the keyring keeps:
    /// tokens, issuer, resource and client in JSON.
    pub async fn sign_in(
        &self,
        open: &mut (dyn FnMut(&str) + Send),
        patience: Duration,
    ) -> Result<Secret, OAuthError> {
        let path = if registration::by_document(&self.metadata) {
            registration::DOCUMENT_PATH.to_owned()
        } else {
            format!("/{}", random::unguessable()?)
        };
        let listener = Listener::open(path).await?;
        let redirect = listener.address();
        let client = registration::client(&self.http, &self.metadata, &redirect).await?;
        let (state, verifier) = (random::unguessable()?, random::unguessable()?);
        open(&self.question(&client, &redirect, &state, &random::challenge(&verifier)));
        let waiting = listener.answer(|arrived| self.judge(arrived, &state));
        let code = tokio::time::timeout(patience, waiting).await;
        let code = code.unwrap_or(Err(OAuthError::NobodyCame(patience)))?;
        let grant = [
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("redirect_uri", &redirect),
            ("code_verifier", &verifier),
            ("resource", &self.metadata.resource),
        ];
        let answer = tokens::request(&self.http, &self.metadata.token, &client, &grant).await?;
        Ok(answer.into_tokens(|access| self.tokens(client, access)).secret())
    }

    /// The address that the person's browser has to go to.
    fn question(&self, client: &Client, redirect: &str, state: &str, challenge: &str) -> String {
        let mut url = self.metadata.authorization.clone();
        let scope = &self.metadata.scope;
        let consent = if scope.split(' ').any(|one| one == "offline_access") { "consent" } else { "" };
        let fields = [
            ("response_type", "code"),
            ("client_id", &client.id),
            ("redirect_uri", redirect),
            ("state", state),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
            ("resource", &self.metadata.resource),
            ("scope", scope),
            ("prompt", consent),
        ];
        url.query_pairs_mut().extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
        url.into()
    }

    /// The code in the browser's answer, where that answer belongs to this sign-in and to this issuer.
    fn judge(&self, arrived: &Arrived, state: &str) -> Result<Secret, OAuthError> {
        let said = |name: &str| error::said(arrived.parameter(name).unwrap_or_default());
        let theirs = Secret::new(arrived.parameter("state").unwrap_or_default().to_owned());
        if !theirs.is(&Secret::new(state.to_owned())) {
            return Err(OAuthError::WrongState);
        }
        match arrived.parameter("iss") {
            Some(issuer) if is_same(issuer, &self.issuer) => {}
            None if !self.metadata.names_issuer => {}
            other => {
                let got =
                    other.map_or_else(|| "unnamed".to_owned(), |issuer| format!("`{}`", error::said(issuer)));
                return Err(OAuthError::WrongIssuer { expected: format!("`{}`", self.issuer), got });
            }
        }
        if arrived.parameter("error").is_some() {
            let host = self.metadata.authorization.host_str().unwrap_or_default().to_owned();
            return Err(OAuthError::Refused {
                host,
                error: said("error"),
                description: said("error_description"),
            });
        }
        arrived.parameter("code").map(|code| Secret::new(code.to_owned())).ok_or(OAuthError::NoCode)
    }

    fn tokens(&self, client: Client, access: Secret) -> Tokens {
        Tokens {
            server: self.server.to_string(),
            issuer: self.issuer.clone(),
            token_endpoint: self.metadata.token.to_string(),
            resource: self.metadata.resource.clone(),
            client,
            access,
            refresh: None,
            scope: self.metadata.scope.clone(),
            received_at: 0,
            expires_in: None,
        }
    }
}

/// What may be shown of a sign-in.
pub struct SignedIn {
    pub issuer: String,
    pub scope: String,
    /// When the access token stops being good, where that is known.
    pub expires: Option<SystemTime>,
    /// It can be renewed without the person.
    pub renewable: bool,
    /// The end of the access token, as of any key.
    pub masked: String,
}

/// What may be shown of a stored sign-in; `None` where `stored` is none.
pub fn signed_in(stored: &Secret) -> Option<SignedIn> {
    let tokens = Tokens::from_secret(stored)?;
    Some(SignedIn {
        expires: tokens.expires(),
        renewable: tokens.refresh.is_some(),
        masked: tokens.access.masked(),
        issuer: tokens.issuer,
        scope: tokens.scope,
    })
}

#[cfg(test)]
mod tests;

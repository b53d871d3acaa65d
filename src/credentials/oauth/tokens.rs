//! [`Tokens`]: what a sign-in leaves behind, as the keyring keeps it; and the requests that bring tokens.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use serde_json::{Value, json};
use url::Url;

use super::OAuthError;
use super::error::said;
use super::http::{Content, Http, Reply, form};
use crate::credentials::Secret;

const WHAT: &str = "the request for tokens";

/// Tokens with everything that their renewal needs. Only as a whole they go to a store.
#[derive(Clone)]
pub struct Tokens {
    /// The server that they are for, as `Origin` prints it.
    pub server: String,
    pub issuer: String,
    pub token_endpoint: String,
    /// RFC 8707.
    pub resource: String,
    pub client: Client,
    pub access: Secret,
    pub refresh: Option<Secret>,
    pub scope: String,
    /// When the access token came, in seconds since 1970.
    pub received_at: u64,
    /// How long it is good from then on, in seconds, where that was said.
    pub expires_in: Option<u64>,
}

/// What this program is to the authorization server.
#[derive(Clone)]
pub struct Client {
    pub id: String,
    pub secret: Option<Secret>,
    pub auth: ClientAuth,
}

/// How a program proves at the token endpoint who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    None,
    Post,
    Basic,
}

impl ClientAuth {
    pub const ALL: [Self; 3] = [Self::None, Self::Post, Self::Basic];

    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Post => "client_secret_post",
            Self::Basic => "client_secret_basic",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|auth| auth.name() == name)
    }
}

impl Tokens {
    /// As the keyring keeps them: JSON on one line.
    pub fn secret(&self) -> Secret {
        let text = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.expose().to_owned());
        Secret::new(
            json!({
                "server": self.server,
                "issuer": self.issuer,
                "token_endpoint": self.token_endpoint,
                "resource": self.resource,
                "client_id": self.client.id,
                "client_secret": text(&self.client.secret),
                "client_auth": self.client.auth.name(),
                "access_token": self.access.expose(),
                "refresh_token": text(&self.refresh),
                "scope": self.scope,
                "received_at": self.received_at,
                "expires_in": self.expires_in,
            })
            .to_string(),
        )
    }

    /// `None` where the secret is none of a sign-in.
    pub fn from_secret(secret: &Secret) -> Option<Self> {
        let stored: Value = serde_json::from_str(secret.expose()).ok()?;
        let text = |name: &str| stored.get(name).and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            server: text("server")?,
            issuer: text("issuer")?,
            token_endpoint: text("token_endpoint")?,
            resource: text("resource")?,
            client: Client {
                id: text("client_id")?,
                secret: text("client_secret").map(Secret::new),
                auth: ClientAuth::from_name(&text("client_auth")?)?,
            },
            access: Secret::new(text("access_token")?),
            refresh: text("refresh_token").map(Secret::new),
            scope: text("scope").unwrap_or_default(),
            received_at: seconds(stored.get("received_at"))?,
            expires_in: seconds(stored.get("expires_in")),
        })
    }

    /// When the access token stops being good; `None` where nobody said.
    pub fn expires(&self) -> Option<SystemTime> {
        let received = UNIX_EPOCH.checked_add(Duration::from_secs(self.received_at))?;
        received.checked_add(Duration::from_secs(self.expires_in?))
    }

    /// Takes over what a token endpoint answered; what it does not say again stays.
    pub fn take(&mut self, answer: Answer) {
        self.access = answer.access;
        self.refresh = answer.refresh.or_else(|| self.refresh.take());
        self.scope = answer.scope.unwrap_or_else(|| std::mem::take(&mut self.scope));
        self.received_at = answer.received_at;
        self.expires_in = answer.expires_in;
    }
}

/// What a token endpoint answered.
pub struct Answer {
    access: Secret,
    refresh: Option<Secret>,
    scope: Option<String>,
    received_at: u64,
    expires_in: Option<u64>,
}

/// Asks the token endpoint, as `client`, with the fields of one grant.
pub async fn request(
    http: &Http,
    endpoint: &Url,
    client: &Client,
    grant: &[(&str, &str)],
) -> Result<Answer, OAuthError> {
    let secret = client.secret.as_ref().map(Secret::expose).unwrap_or_default();
    let mut fields = grant.to_vec();
    let mut authorization = None;
    match client.auth {
        ClientAuth::Basic => authorization = basic(&client.id, secret),
        ClientAuth::Post => fields.extend([("client_id", client.id.as_str()), ("client_secret", secret)]),
        ClientAuth::None => fields.push(("client_id", &client.id)),
    }
    let received_at = now();
    let reply = http.send(endpoint, Content::Form(form(&fields), authorization), WHAT).await?;
    read(&reply, endpoint.host_str().unwrap_or_default(), received_at)
}

/// RFC 6749, 2.3.1: both parts are form-encoded first.
fn basic(id: &str, secret: &str) -> Option<HeaderValue> {
    let encoded = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = Secret::new(format!("{}:{}", encoded(id), encoded(secret)));
    let header = Secret::new(format!("Basic {}", STANDARD.encode(pair.expose())));
    let mut value = HeaderValue::from_str(header.expose()).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn read(reply: &Reply, host: &str, received_at: u64) -> Result<Answer, OAuthError> {
    let text = |name: &str| reply.body.get(name).and_then(Value::as_str);
    if let Some(error) = text("error") {
        let description = said(text("error_description").unwrap_or_default());
        return Err(OAuthError::Refused { host: host.to_owned(), error: said(error), description });
    }
    if !reply.is_success() {
        let (host, status) = (host.to_owned(), reply.status);
        return Err(OAuthError::Status { host, what: WHAT, status, said: String::new() });
    }
    let Some(access) = text("access_token").filter(|token| !token.is_empty()) else {
        return Err(OAuthError::unusable(host, WHAT, "there is no `access_token` in it"));
    };
    if !access.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(OAuthError::unusable(host, WHAT, "its `access_token` cannot be sent"));
    }
    if !text("token_type").is_none_or(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err(OAuthError::unusable(host, WHAT, "its token is of another type than `Bearer`"));
    }
    Ok(Answer {
        access: Secret::new(access.to_owned()),
        refresh: text("refresh_token")
            .filter(|token| !token.is_empty())
            .map(|token| Secret::new(token.to_owned())),
        scope: text("scope").map(str::to_owned),
        received_at,
        expires_in: seconds(reply.body.get("expires_in")),
    })
}

/// Whole seconds from a number, or from digits in a text, as some servers send them.
pub fn seconds(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Number(number) => number.to_string().split('.').next()?.parse().ok(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map(|time| time.as_secs()).unwrap_or_default()
}

impl Answer {
    /// The tokens of a new sign-in: `rest` with what was answered.
    pub fn into_tokens(self, rest: impl FnOnce(Secret) -> Tokens) -> Tokens {
        let mut tokens = rest(self.access.clone());
        tokens.take(self);
        tokens
    }
}

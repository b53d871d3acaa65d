//! An authorization server for stand-ins: metadata, dynamic registration, authorize, token with PKCE S256, refresh with
//! rotation. A test plays the browser.

use std::collections::HashMap;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::wire::{HttpAnswer, Received};

/// 30 days, as Billstride's page says.
const LIFE: u64 = 30 * 24 * 60 * 60;

/// One sign-in under way.
#[derive(Clone, Debug)]
struct Granted {
    client: String,
    redirect: String,
    challenge: String,
    resource: Option<String>,
}

/// What is known and what was given out.
#[derive(Default)]
pub struct SignIn {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    clients: HashMap<String, Vec<String>>,
    codes: HashMap<String, Granted>,
    access: Vec<String>,
    refresh: Vec<String>,
    /// Every access and refresh token that was ever given out.
    all: Vec<String>,
    resources: Vec<Option<String>>,
    refreshes: usize,
    next: usize,
}

impl SignIn {
    /// Whether this request carries a token that is alive.
    pub fn admits(&self, request: &Received) -> bool {
        let token = request.header("authorization").and_then(|value| value.strip_prefix("Bearer "));
        token.is_some_and(|token| self.state.lock().unwrap().access.iter().any(|alive| alive == token))
    }

    /// All access tokens are dead; refresh tokens live.
    pub fn expire(&self) {
        self.state.lock().unwrap().access.clear();
    }

    /// All tokens are dead: access was revoked.
    pub fn revoke(&self) {
        let mut state = self.state.lock().unwrap();
        state.access.clear();
        state.refresh.clear();
    }

    pub fn tokens(&self) -> Vec<String> {
        self.state.lock().unwrap().all.clone()
    }

    pub fn registered(&self) -> usize {
        self.state.lock().unwrap().clients.len()
    }

    pub fn refreshes(&self) -> usize {
        self.state.lock().unwrap().refreshes
    }

    /// The `resource` of each code that was turned into tokens.
    pub fn resources(&self) -> Vec<Option<String>> {
        self.state.lock().unwrap().resources.clone()
    }

    /// Metadata of the issuer at `issuer`, whose other addresses lie below it.
    pub fn metadata(issuer: &str) -> Value {
        json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/oauth/authorize"),
            "token_endpoint": format!("{issuer}/oauth/token"),
            "registration_endpoint": format!("{issuer}/oauth/register"),
            "response_types_supported": ["code"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported": ["none"],
            "authorization_response_iss_parameter_supported": true,
        })
    }

    /// Answers below the issuer: `path` is what comes after it.
    pub fn answer(&self, path: &str, issuer: &str, request: &Received) -> Option<HttpAnswer> {
        match (request.verb.as_str(), path) {
            ("GET", "/.well-known/oauth-authorization-server") => {
                Some(HttpAnswer::json(200, &Self::metadata(issuer)))
            }
            ("POST", "/oauth/register") => Some(self.register(request)),
            ("GET", "/oauth/authorize") => Some(self.authorize(issuer, request)),
            ("POST", "/oauth/token") => Some(self.token(request)),
            _ => None,
        }
    }

    fn register(&self, request: &Received) -> HttpAnswer {
        let redirects: Vec<String> =
            serde_json::from_value(request.json["redirect_uris"].clone()).unwrap_or_default();
        if redirects.is_empty() {
            return refused("invalid_redirect_uri");
        }
        let mut state = self.state.lock().unwrap();
        let client = state.name("client");
        state.clients.insert(client.clone(), redirects.clone());
        let mut registered = request.json.clone();
        registered["client_id"] = json!(client);
        registered["token_endpoint_auth_method"] = json!("none");
        HttpAnswer::json(201, &registered)
    }

    /// As if the person had signed in and agreed at once.
    fn authorize(&self, issuer: &str, request: &Received) -> HttpAnswer {
        let field = |name: &str| request.query(name).unwrap_or_default();
        let (client, redirect) = (field("client_id"), field("redirect_uri"));
        let mut state = self.state.lock().unwrap();
        if !state.clients.get(&client).is_some_and(|known| known.contains(&redirect)) {
            return HttpAnswer::new(400, "text/html", "<h1>Unknown client or redirect</h1>");
        }
        if field("response_type") != "code"
            || field("code_challenge_method") != "S256"
            || field("state").is_empty()
        {
            return HttpAnswer::new(400, "text/html", "<h1>code, S256 and state are wanted</h1>");
        }
        let code = state.name("code");
        let granted = Granted {
            client,
            redirect: redirect.clone(),
            challenge: field("code_challenge"),
            resource: request.query("resource"),
        };
        state.codes.insert(code.clone(), granted);
        let answer = url::Url::parse_with_params(
            &redirect,
            [("code", code.as_str()), ("state", &field("state")), ("iss", issuer)],
        );
        HttpAnswer::empty(302).header("location", answer.unwrap())
    }

    fn token(&self, request: &Received) -> HttpAnswer {
        let field = |name: &str| request.form(name).unwrap_or_default();
        let mut state = self.state.lock().unwrap();
        match field("grant_type").as_str() {
            "authorization_code" => {
                let Some(granted) = state.codes.remove(&field("code")) else {
                    return refused("invalid_grant");
                };
                let digest = ring::digest::digest(&ring::digest::SHA256, field("code_verifier").as_bytes());
                let proven = URL_SAFE_NO_PAD.encode(digest) == granted.challenge;
                if !proven
                    || granted.client != field("client_id")
                    || granted.redirect != field("redirect_uri")
                {
                    return refused("invalid_grant");
                }
                state.resources.push(request.form("resource").or(granted.resource));
            }
            "refresh_token" => {
                let token = field("refresh_token");
                let Some(at) = state.refresh.iter().position(|known| *known == token) else {
                    return refused("invalid_grant");
                };
                state.refresh.remove(at);
                state.refreshes += 1;
            }
            _ => return refused("unsupported_grant_type"),
        }
        let (access, refresh) = (state.name("planted-access"), state.name("planted-refresh"));
        state.access.push(access.clone());
        state.refresh.push(refresh.clone());
        state.all.extend([access.clone(), refresh.clone()]);
        HttpAnswer::json(
            200,
            &json!({
                "access_token": access,
                "refresh_token": refresh,
                "token_type": "Bearer",
                "expires_in": LIFE,
            }),
        )
        .header("cache-control", "no-store")
    }
}

impl State {
    fn name(&mut self, what: &str) -> String {
        self.next += 1;
        format!("{what}-{}-Rk5Wz8Qn3Vt7", self.next)
    }
}

fn refused(error: &str) -> HttpAnswer {
    HttpAnswer::json(400, &json!({ "error": error }))
}

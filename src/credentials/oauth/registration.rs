//! What this program is to an authorization server: registered on the spot (RFC 7591), or known by a document.

use serde_json::{Value, json};

use super::OAuthError;
use super::discovery::Metadata;
use super::error::said;
use super::http::{Content, Http};
use super::tokens::{Client, ClientAuth};
use crate::credentials::Secret;

/// Where the document about this program is published; the same as `docs/oauth-client.json`.
pub const DOCUMENT: &str = "https://lumabill.github.io/lumabill/oauth-client.json";
/// The path of the redirect address in that document, whose port does not count (RFC 8252, 7.3).
pub const DOCUMENT_PATH: &str = "/callback";

const WHAT: &str = "the registration of this program";

/// True where the server knows us by our document: only where it registers nobody, since it has to fetch that.
pub fn by_document(metadata: &Metadata) -> bool {
    metadata.registration.is_none() && metadata.client_documents
}

/// This program as `metadata`'s server will know it, with `redirect` as the only address of answers.
pub async fn client(http: &Http, metadata: &Metadata, redirect: &str) -> Result<Client, OAuthError> {
    let Some(endpoint) = &metadata.registration else {
        if metadata.client_documents {
            return Ok(Client { id: DOCUMENT.to_owned(), secret: None, auth: ClientAuth::None });
        }
        let host = metadata.authorization.host_str().unwrap_or_default().to_owned();
        return Err(OAuthError::NoRegistration { host });
    };
    let host = endpoint.host_str().unwrap_or_default();
    let offered = |auth: &ClientAuth| metadata.client_auth.iter().any(|name| name == auth.name());
    let auth = ClientAuth::ALL.into_iter().find(offered).unwrap_or(ClientAuth::None);
    let mut body = json!({
        "client_name": "lumabill",
        "client_uri": env!("CARGO_PKG_HOMEPAGE"),
        "application_type": "native",
        "redirect_uris": [redirect],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": auth.name(),
    });
    if let Some(body) = body.as_object_mut().filter(|_| !metadata.scope.is_empty()) {
        body.insert("scope".to_owned(), json!(metadata.scope));
    }
    let reply = http.send(endpoint, Content::Json(body), WHAT).await?;
    let text = |name: &str| reply.body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    if !reply.is_success() || text("error").is_some() {
        let words: Vec<_> = [text("error"), text("error_description")].into_iter().flatten().collect();
        let (host, status) = (host.to_owned(), reply.status);
        return Err(OAuthError::Status { host, what: WHAT, status, said: said(&words.join(": ")) });
    }
    let Some(id) = text("client_id") else {
        return Err(OAuthError::unusable(host, WHAT, "there is no `client_id` in it"));
    };
    let secret = text("client_secret").map(|secret| Secret::new(secret.to_owned()));
    // The server may have registered something else than it was asked for.
    let auth = match (text("token_endpoint_auth_method").map(ClientAuth::from_name), &secret) {
        (Some(Some(named)), Some(_)) => named,
        (None, Some(_)) if auth == ClientAuth::None => ClientAuth::Basic,
        (None, Some(_)) => auth,
        (Some(Some(ClientAuth::None)) | None, None) => ClientAuth::None,
        (Some(Some(_)), None) => {
            return Err(OAuthError::unusable(host, WHAT, "it wants a `client_secret` and gave none"));
        }
        (Some(None), _) => {
            return Err(OAuthError::unusable(host, WHAT, "it wants another proof of identity than a secret"));
        }
    };
    Ok(Client { id: id.to_owned(), secret, auth })
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::{DOCUMENT, DOCUMENT_PATH};

    #[test]
    fn the_document_that_is_to_be_published_says_what_this_program_does() {
        let text = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/oauth-client.json"));
        let document: Value = serde_json::from_str(text).unwrap();
        assert_eq!(document["client_id"], DOCUMENT);
        assert_eq!(document["redirect_uris"][0], format!("http://127.0.0.1{DOCUMENT_PATH}"));
        assert_eq!(document["token_endpoint_auth_method"], "none");
    }
}

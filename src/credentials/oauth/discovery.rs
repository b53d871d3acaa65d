//! Finding out who signs people in to a server: protected resource metadata (RFC 9728), then the metadata of the
//! authorization server (RFC 8414, or that of `OpenID` Connect). What a server says is believed of its own addresses only, and an
//! issuer only where it says of itself what it was asked as.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::OAuthError;
use super::challenge::Challenge;
use super::error::said;
use super::http::{Content, Http};
use crate::credentials::Origin;
use crate::https::{Moment, within};

/// All requests of a discovery together.
const LIMIT: Duration = Duration::from_secs(30);
/// Authorization servers of one resource that are asked.
const SERVERS: usize = 4;

const RESOURCE: &str = "oauth-protected-resource";
/// Where authorization servers say what they offer, the more common one first.
const SERVER: [&str; 2] = ["oauth-authorization-server", "openid-configuration"];

const WHAT: &str = "the question who signs people in";

/// Who signs people in to a server, and how.
#[derive(Debug)]
pub struct Metadata {
    pub issuer: String,
    pub authorization: Url,
    pub token: Url,
    /// Where programs register (RFC 7591).
    pub registration: Option<Url>,
    /// Programs may be known by the address of a document about them.
    pub client_documents: bool,
    /// The browser's answer names the issuer (RFC 9207).
    pub names_issuer: bool,
    /// How programs prove who they are at the token endpoint; empty where it does not say.
    pub client_auth: Vec<String>,
    /// What the tokens are for (RFC 8707).
    pub resource: String,
    /// What is asked for; empty where nobody said.
    pub scope: String,
}

/// What a protected resource says of itself.
struct Resource {
    name: String,
    issuers: Vec<String>,
    scope: Option<String>,
}

/// Asks `server`, and whom it names.
pub async fn discover(server: &Origin, http: &Http, challenge: Option<&str>) -> Result<Metadata, OAuthError> {
    let silent = OAuthError::Silent { host: server.host().to_owned(), limit: LIMIT };
    let challenge = challenge.map(Challenge::parse).unwrap_or_default();
    let search = Search { server, http, challenge, broken: Mutex::default() };
    match within(Moment::now(), LIMIT, search.run()).await.unwrap_or(Err(silent)) {
        // A place that failed may be the one that has it.
        Err(OAuthError::NotFound { host }) => {
            Err(search.broken().take().unwrap_or(OAuthError::NotFound { host }))
        }
        found => found,
    }
}

struct Search<'a> {
    server: &'a Origin,
    http: &'a Http,
    challenge: Challenge,
    /// The first place that did not say whether it has anything.
    broken: Mutex<Option<OAuthError>>,
}

impl Search<'_> {
    async fn run(&self) -> Result<Metadata, OAuthError> {
        let here = self.here()?;
        let resource = self.resource(&here).await?;
        let mut refused = None;
        if let Some(resource) = &resource {
            for issuer in resource.issuers.iter().take(SERVERS) {
                match self.of_issuer(issuer).await {
                    Ok(found) => return self.complete(&found, Some(resource)),
                    Err(error) => refused = refused.or(Some(error)),
                }
            }
        }
        // Where a resource names its issuers, nobody else is asked.
        if let Some(error) = refused {
            return Err(error);
        }
        self.complete(&self.of_server(&here).await?, resource.as_ref())
    }

    fn broken(&self) -> std::sync::MutexGuard<'_, Option<OAuthError>> {
        self.broken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The server's own address.
    fn here(&self) -> Result<Url, OAuthError> {
        self.server.join("").ok_or_else(|| OAuthError::Address(self.server.to_string()))
    }

    /// The first document about the resource that there is; one that is not about this server is an error.
    async fn resource(&self, here: &Url) -> Result<Option<Resource>, OAuthError> {
        let named = self.challenge.resource_metadata.as_deref().and_then(|named| self.http.endpoint(named));
        let mut places: Vec<Url> = named.into_iter().filter(|url| self.server.covers(url)).collect();
        places.push(inserted(here, RESOURCE, here.path()));
        places.push(inserted(here, RESOURCE, ""));
        places.dedup();
        for place in places {
            let Some(document) = self.document(&place).await? else { continue };
            let text = |name: &str| document.get(name).and_then(Value::as_str);
            let Some(name) = text("resource") else { continue };
            if !self.is_ours(name, here) {
                // The document at the root may be about another part of the host.
                if place.path().trim_end_matches('/').ends_with(RESOURCE) {
                    continue;
                }
                let problem = format!("it is about `{}`, not about {}", said(name), self.server);
                return Err(OAuthError::metadata(self.server.host(), problem));
            }
            return Ok(Some(Resource {
                name: name.to_owned(),
                issuers: texts(&document, "authorization_servers"),
                scope: Some(texts(&document, "scopes_supported").join(" ")).filter(|scope| !scope.is_empty()),
            }));
        }
        Ok(None)
    }

    /// True where `name` is this server, or what it lies below on its host.
    fn is_ours(&self, name: &str, here: &Url) -> bool {
        self.http.endpoint(name).is_some_and(|named| {
            self.server.covers(&named) && named.query().is_none() && is_below(here.path(), named.path())
        })
    }

    /// What the authorization server `issuer` says of itself.
    async fn of_issuer(&self, issuer: &str) -> Result<Value, OAuthError> {
        let host = self.server.host();
        let url = self.http.endpoint(issuer).filter(|url| url.query().is_none());
        let Some(url) = url else {
            let shown = said(issuer);
            return Err(OAuthError::metadata(host, format!("its issuer `{shown}` is no https address")));
        };
        let mut other = None;
        for place in places(&url, url.path()) {
            let Some(document) = self.document(&place).await? else { continue };
            match document.get("issuer").and_then(Value::as_str) {
                Some(named) if is_same(named, issuer) => return Ok(document),
                named => other = other.or(named.map(said)),
            }
        }
        let issuer_host = url.host_str().unwrap_or_default();
        Err(match other {
            Some(named) => {
                let problem = format!("it names the issuer `{named}` and was asked as `{}`", said(issuer));
                OAuthError::metadata(issuer_host, problem)
            }
            None => OAuthError::NotFound { host: issuer_host.to_owned() },
        })
    }

    /// What the server itself says, at the server's path, in each folder above it, and at the root, as older servers do.
    async fn of_server(&self, here: &Url) -> Result<Value, OAuthError> {
        let mut refused = None;
        for folder in folders(here.path()) {
            for place in places(here, folder) {
                let Some(document) = self.document(&place).await? else { continue };
                let Some(named) = document.get("issuer").and_then(Value::as_str) else { continue };
                // Nothing else has named an issuer: it can be this host alone, as far as the server lies below it.
                if self.is_ours(named, here) {
                    return Ok(document);
                }
                let problem =
                    format!("it names the issuer `{}`, which is not at {}", said(named), self.server);
                refused = refused.or(Some(OAuthError::metadata(self.server.host(), problem)));
            }
        }
        Err(refused.unwrap_or_else(|| OAuthError::NotFound { host: self.server.host().to_owned() }))
    }

    /// The JSON object at `place`; `None` where there is none.
    async fn document(&self, place: &Url) -> Result<Option<Value>, OAuthError> {
        let reply = self.http.send(place, Content::Nothing, WHAT).await?;
        if reply.status >= 500 || reply.status == 429 {
            let host = place.host_str().unwrap_or_default().to_owned();
            let failed = OAuthError::Status { host, what: WHAT, status: reply.status, said: String::new() };
            self.broken().get_or_insert(failed);
        }
        Ok((reply.is_success() && reply.body.is_object()).then_some(reply.body))
    }

    /// The parts of the metadata that are used; refuses what is not safe to use.
    fn complete(&self, found: &Value, resource: Option<&Resource>) -> Result<Metadata, OAuthError> {
        let text = |name: &str| found.get(name).and_then(Value::as_str);
        let issuer = text("issuer").unwrap_or_default().to_owned();
        let issuer_url = Url::parse(&issuer).ok();
        let host = issuer_url.as_ref().and_then(Url::host_str).unwrap_or_default();
        let endpoint = |name: &str| {
            let address = text(name).unwrap_or_default();
            let problem = || format!("its {name} `{}` is no https address", said(address));
            self.http.endpoint(address).ok_or_else(|| OAuthError::metadata(host, problem()))
        };
        let names = |name: &str, wanted: &str| texts(found, name).iter().any(|one| one == wanted);
        if !names("code_challenge_methods_supported", "S256") {
            let problem = "it does not offer PKCE with `S256`, without which a sign-in can be stolen";
            return Err(OAuthError::metadata(host, problem));
        }
        if found.get("response_types_supported").is_some() && !names("response_types_supported", "code") {
            return Err(OAuthError::metadata(host, "it does not offer the response type `code`"));
        }
        let truth = |name: &str| found.get(name).and_then(Value::as_bool).unwrap_or_default();
        let mut scope = self.challenge.scope.clone();
        scope = scope.or_else(|| resource.and_then(|resource| resource.scope.clone()));
        let mut scope = scope.unwrap_or_default();
        // Without it some servers give no refresh token.
        let offline = names("scopes_supported", "offline_access");
        if offline && !scope.split(' ').any(|one| one == "offline_access") {
            scope.push_str(if scope.is_empty() { "offline_access" } else { " offline_access" });
        }
        let registration = found.get("registration_endpoint").is_some_and(Value::is_string);
        Ok(Metadata {
            authorization: endpoint("authorization_endpoint")?,
            token: endpoint("token_endpoint")?,
            registration: registration.then(|| endpoint("registration_endpoint")).transpose()?,
            client_documents: truth("client_id_metadata_document_supported"),
            names_issuer: truth("authorization_response_iss_parameter_supported"),
            client_auth: texts(found, "token_endpoint_auth_methods_supported"),
            resource: resource.map_or_else(|| self.server.to_string(), |resource| resource.name.clone()),
            scope,
            issuer,
        })
    }
}

/// True where both name one issuer: a slash at the end is often added or lost on the way.
pub fn is_same(one: &str, other: &str) -> bool {
    one.trim_end_matches('/') == other.trim_end_matches('/')
}

/// The texts of a list; what is no text is left out.
fn texts(document: &Value, name: &str) -> Vec<String> {
    let list = document.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// `/.well-known/NAME` with `path` behind it, on the host of `url`.
fn inserted(url: &Url, name: &str, path: &str) -> Url {
    with_path(url, &format!("/.well-known/{name}{}", path.trim_end_matches('/')))
}

fn with_path(url: &Url, path: &str) -> Url {
    let mut url = url.clone();
    url.set_path(path);
    url
}

/// Where the metadata of an issuer with this path may be: the path behind the well-known name, then before it.
fn places(url: &Url, path: &str) -> Vec<Url> {
    let path = path.trim_end_matches('/');
    let mut places: Vec<Url> = SERVER.iter().map(|name| inserted(url, name, path)).collect();
    if !path.is_empty() {
        let before = SERVER.iter().rev().map(|name| with_path(url, &format!("{path}/.well-known/{name}")));
        places.extend(before);
    }
    places
}

/// `path`, each folder above it, and the root, which is empty.
fn folders(path: &str) -> Vec<&str> {
    let path = path.trim_end_matches('/');
    std::iter::successors(Some(path), |path| path.rsplit_once('/').map(|(above, _)| above)).collect()
}

/// True where `path` is `folder` or lies below it.
fn is_below(path: &str, folder: &str) -> bool {
    folders(path).contains(&folder.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::{folders, is_below, places};

    #[test]
    fn metadata_is_looked_for_where_the_standards_and_billstride_put_it() {
        let url = Url::parse("https://billstride.com/api/mcp/sse").unwrap();
        assert_eq!(folders(url.path()), ["/api/mcp/sse", "/api/mcp", "/api", ""]);
        assert_eq!(folders("/"), [""]);
        let places: Vec<_> = places(&url, "/api/mcp").iter().map(|place| place.path().to_owned()).collect();
        assert_eq!(
            places,
            [
                "/.well-known/oauth-authorization-server/api/mcp",
                "/.well-known/openid-configuration/api/mcp",
                "/api/mcp/.well-known/openid-configuration",
                "/api/mcp/.well-known/oauth-authorization-server",
            ]
        );
    }

    #[test]
    fn a_path_lies_below_its_folders_only() {
        assert!(
            is_below("/api/mcp", "/api/mcp/") && is_below("/api/mcp", "/") && is_below("/api/mcp/", "/api")
        );
        assert!(!is_below("/api/mcp", "/api/mc") && !is_below("/api", "/api/mcp"));
    }
}

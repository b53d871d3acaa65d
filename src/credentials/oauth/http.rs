//! The requests of a sign-in: to https, or to loopback where the server itself is there; bounded in time and size, no
//! redirect followed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderValue, Method};
use serde_json::Value;
use url::{Host, Url};

use super::OAuthError;
use crate::credentials::{Origin, Secret};
use crate::https::{Connector, Moment, Safety, Trust, broken, failed, within};

/// No answer is read beyond this, in bytes.
const MOST: usize = 256 * 1024;
/// One request, until its answer is complete.
const LIMIT: Duration = Duration::from_secs(10);

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Who asks, and whom it trusts.
pub struct Http {
    trust: Trust,
    user_agent: String,
    /// Addresses on this machine may be asked too.
    loopback: bool,
    connectors: Mutex<Vec<(Origin, Arc<Connector>)>>,
}

/// What is sent.
pub enum Content {
    Nothing,
    /// A form, and what goes out as `Authorization`.
    Form(Secret, Option<HeaderValue>),
    Json(Value),
}

/// An answer.
pub struct Reply {
    pub status: u16,
    /// `Null` where it is no JSON.
    pub body: Value,
}

impl Reply {
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl Http {
    /// For a sign-in to `server`; opens nothing.
    pub fn new(server: &Origin, trust: &Trust, user_agent: &str) -> Self {
        Self {
            trust: trust.clone(),
            user_agent: user_agent.to_owned(),
            loopback: server.is_loopback(),
            connectors: Mutex::default(),
        }
    }

    /// `address`, where it may be used in this sign-in.
    pub fn endpoint(&self, address: &str) -> Option<Url> {
        let url = Url::parse(address).ok()?;
        let loopback = leads_here(&url.host()?);
        let plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let allowed = match url.scheme() {
            "https" => !loopback || self.loopback,
            // A name may lead anywhere: literals only.
            "http" => self.loopback && loopback && !matches!(url.host(), Some(Host::Domain(_))),
            _ => false,
        };
        // What a parser passes over, such as a line break, is shown to nobody as a part of an address.
        (plain && allowed && address.bytes().all(|byte| byte.is_ascii_graphic())).then_some(url)
    }

    /// Sends one request to an address that [`Http::endpoint`] let through. `what` is for the words only.
    pub async fn send(&self, url: &Url, content: Content, what: &'static str) -> Result<Reply, OAuthError> {
        let host = url.host_str().unwrap_or_default().to_owned();
        let silent = OAuthError::Silent { host: host.clone(), limit: LIMIT };
        within(Moment::now(), LIMIT, self.exchange(url, content, &host, what)).await.unwrap_or(Err(silent))
    }

    async fn exchange(
        &self,
        url: &Url,
        content: Content,
        host: &str,
        what: &'static str,
    ) -> Result<Reply, OAuthError> {
        let (method, safety) = match content {
            Content::Nothing => (Method::GET, Safety::Read),
            _ => (Method::POST, Safety::Write),
        };
        let client = self.connector(url)?.client(safety)?;
        let request = client.request(method, url.clone()).header(ACCEPT, JSON);
        let request = match content {
            Content::Nothing => request,
            Content::Json(value) => request.header(CONTENT_TYPE, JSON).body(value.to_string()),
            Content::Form(form, authorization) => {
                let request = request.header(CONTENT_TYPE, FORM).body(form.expose().to_owned());
                match authorization {
                    Some(value) => request.header(AUTHORIZATION, value),
                    None => request,
                }
            }
        };
        let mut response = request.send().await.map_err(|error| failed(&error, host))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error, host))? {
            if body.len() + chunk.len() > MOST {
                return Err(OAuthError::TooLarge { host: host.to_owned(), what, most: MOST });
            }
            body.extend_from_slice(&chunk);
        }
        let status = response.status().as_u16();
        Ok(Reply { status, body: serde_json::from_slice(&body).unwrap_or_default() })
    }

    fn connector(&self, url: &Url) -> Result<Arc<Connector>, OAuthError> {
        let address = url.origin().ascii_serialization();
        let origin = Origin::parse(&address).map_err(|_| OAuthError::Address(address))?;
        let mut known = self.connectors.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, connector)) = known.iter().find(|(known, _)| *known == origin) {
            return Ok(Arc::clone(connector));
        }
        let connector = Connector::new(origin.clone(), self.trust.clone(), self.user_agent.clone());
        let connector = Arc::new(connector);
        known.push((origin, Arc::clone(&connector)));
        Ok(connector)
    }
}

/// True for every spelling of this machine: also `0.0.0.0`, which leads here, and IPv4 inside IPv6.
fn leads_here(host: &Host<&str>) -> bool {
    match host {
        Host::Ipv4(ip) => ip.is_loopback() || ip.is_unspecified(),
        Host::Ipv6(ip) => match ip.to_ipv4_mapped() {
            Some(ip) => ip.is_loopback() || ip.is_unspecified(),
            None => ip.is_loopback() || ip.is_unspecified(),
        },
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name == "localhost" || name.ends_with(".localhost")
        }
    }
}

/// The text of a form, in which names and values are percent-encoded.
pub fn form(fields: &[(&str, &str)]) -> Secret {
    let mut text = url::form_urlencoded::Serializer::new(String::new());
    text.extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
    Secret::new(text.finish())
}

//! Asks the API about a key before it is stored: is this the API, is the key good, which profiles does it
//! reach, may it write. Changes nothing.

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::api::pages::{Next, Page};
use crate::api::{
    ApiError, Body, Client, ErrorBody, Forbidden, Method, Refusal, Request, Safety, Unreachable, Watch,
};
use crate::credentials::{FixedKey, Key};
use crate::failure::{Exit, Explain};
use crate::gateway::rate_limit::RateLimits;
use crate::gateway::spoken;
use crate::settings::{Mode, Profile, me};
use crate::spec::Kept;
use crate::text::in_line;

/// More pages of profiles than any account has.
const MOST_PAGES: usize = 20;

/// Characters of a profile's name, as calls show it.
const MOST_OF_NAME: usize = 120;

/// A record that cannot exist: deleting it shows whether a key may write, and changes nothing.
const NOWHERE: &str = "/v1/clients/00000000-0000-0000-0000-000000000000";

/// What the API showed of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    pub profiles: Vec<Profile>,
    pub mode: Mode,
}

/// Why a key was not found good. Nothing is stored then.
#[derive(Debug, thiserror::Error)]
pub enum NotVerified {
    /// It says nothing about the key.
    #[error("{host} did not answer as the Lumabill API: {what}; the key was not judged and not stored")]
    NotTheApi { host: String, what: String },
    #[error("{host} refused the key (HTTP {}{}); nothing was stored", refusal.status, said(refusal))]
    KeyRefused { host: String, refusal: Box<Refusal> },
    #[error(
        "the plan of this key does not include the API, or has lapsed (HTTP {}{}); nothing was stored",
        .0.status,
        said(.0)
    )]
    PlanLapsed(Box<Refusal>),
    #[error("the key could not be checked, so it was not judged and not stored")]
    Unavailable(#[source] ApiError),
}

fn said(refusal: &Refusal) -> String {
    refusal.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default()
}

impl Explain for NotVerified {
    fn code(&self) -> &'static str {
        match self {
            Self::NotTheApi { .. } => "not_the_api",
            Self::KeyRefused { .. } => "key_refused",
            Self::PlanLapsed(_) => "plan_lapsed",
            Self::Unavailable(error) => error.code(),
        }
    }

    fn exit(&self) -> Exit {
        match self {
            Self::KeyRefused { .. } => Exit::NotLoggedIn,
            Self::PlanLapsed(_) => Exit::Refused,
            Self::NotTheApi { .. } | Self::Unavailable(_) => Exit::Unavailable,
        }
    }

    fn hint(&self) -> Option<String> {
        let me = me();
        Some(match self {
            Self::NotTheApi { .. } => format!(
                "give the API's address as Lumabill shows it under Settings > API: `{me} login --api-url URL`; \
                 Lumabill's hosted MCP server is another service: `{me} login --service lumabill-hosted`; \
                 an API that has moved is told by its description: `{me} login --spec FILE`; \
                 `--no-verify` stores the key unchecked"
            ),
            Self::KeyRefused { .. } => {
                "make a new key in Lumabill (Settings > API) and give that one".to_owned()
            }
            Self::PlanLapsed(_) => {
                "look at the plan in Lumabill (Settings > Subscription), then log in again".to_owned()
            }
            Self::Unavailable(_) => {
                format!("try again later, or store the key unchecked: `{me} login --no-verify`")
            }
        })
    }
}

/// Asks for the profiles that `key` reaches and whether it may write, by the user's description of the API where there is
/// one.
pub async fn verify(
    client: &Client,
    key: &Key,
    limits: &RateLimits,
    described: Option<&Kept>,
) -> Result<Seen, NotVerified> {
    let mut profiles = Vec::new();
    let mut query = Vec::new();
    for _ in 0..MOST_PAGES {
        let request = request(Method::GET, "/v1/profiles", query.clone());
        let reply = send(client, key, limits, described, &request).await;
        let reply = reply.map_err(|error| judged(client, error))?;
        let page = Page::read(reply.body, reply.link.as_deref(), "profiles");
        let before = profiles.len();
        profiles.extend(page.records.iter().filter_map(profile));
        if profiles.is_empty() && !(page.listed && page.records.is_empty()) {
            let what = "it answered, but with no list of profiles".to_owned();
            return Err(NotVerified::NotTheApi { host: client.origin().host().to_owned(), what });
        }
        match further(page.next) {
            Some(further) if profiles.len() > before => query = further,
            _ => break,
        }
    }
    Ok(Seen { profiles, mode: mode(client, key, limits, described).await })
}

/// The query of the next page, where the API named one.
fn further(next: Next) -> Option<Vec<(String, String)>> {
    match next {
        Next::Page(page) => Some(vec![("page".to_owned(), page.to_string())]),
        Next::Offset(offset) => Some(vec![("offset".to_owned(), offset.to_string())]),
        Next::Cursor(name, value) => Some(vec![(name, value)]),
        Next::LinkQuery(query) => Some(query),
        Next::End | Next::Unknown => None,
    }
}

/// Whether `key` may write. Deletes what does not exist: 403 comes from the key's rights, 404, 400 or 422 from beyond them.
pub async fn mode(client: &Client, key: &Key, limits: &RateLimits, described: Option<&Kept>) -> Mode {
    let request = request(Method::DELETE, NOWHERE, Vec::new());
    let status = match send(client, key, limits, described, &request).await {
        Ok(_) => return Mode::Unknown,
        Err(error) => error.status(),
    };
    match status {
        Some(403) => Mode::ReadOnly,
        Some(400 | 404 | 422) => Mode::ReadWrite,
        _ => Mode::Unknown,
    }
}

fn request(method: Method, path: &str, query: Vec<(String, String)>) -> Request {
    let safety = if method == Method::GET { Safety::Read } else { Safety::Write };
    Request {
        tool: "login".to_owned(),
        method,
        path: path.to_owned(),
        query,
        body: Body::None,
        profile: None,
        idempotency_key: None,
        if_match: None,
        patience: None,
        safety,
        verbatim: None,
    }
}

async fn send(
    client: &Client,
    key: &Key,
    limits: &RateLimits,
    described: Option<&Kept>,
    request: &Request,
) -> Result<crate::api::Reply, ApiError> {
    limits.count(key, request.safety).await;
    let watch = Watch { cancelled: CancellationToken::new(), waiting: &|_, _| (), permits: None };
    spoken::send(client, described, request, &FixedKey(key.clone()), &watch).await
}

/// What an error means for the key.
fn judged(client: &Client, error: ApiError) -> NotVerified {
    let host = client.origin().host().to_owned();
    let elsewhere = |what: String| NotVerified::NotTheApi { host: client.origin().host().to_owned(), what };
    match error {
        ApiError::Unreachable { why: Unreachable::Name, .. } => {
            elsewhere("this name is not known (DNS)".to_owned())
        }
        ApiError::Redirected { to, status, .. } => elsewhere(format!("it points to {to} (HTTP {status})")),
        ApiError::NotTheApi { what, status, .. } => elsewhere(match status {
            Some(status) => format!("it answered with {what} (HTTP {status})"),
            None => format!("it answered with {what}"),
        }),
        ApiError::Unreadable { what, status, .. } => elsewhere(format!("its answer (HTTP {status}) {what}")),
        ApiError::Refused { refusal, .. } => match refusal.status {
            // A gateway or a web server in the way writes pages; the API writes JSON.
            _ if refusal.body == ErrorBody::Page => {
                elsewhere(format!("it answered with a web page (HTTP {})", refusal.status))
            }
            402 => NotVerified::PlanLapsed(refusal),
            403 if matches!(refusal.forbidden(), Forbidden::Plan | Forbidden::Untold) => {
                NotVerified::PlanLapsed(refusal)
            }
            401 | 403 => NotVerified::KeyRefused { host, refusal },
            status => elsewhere(format!("it knows no `/v1/profiles` (HTTP {status})")),
        },
        other => NotVerified::Unavailable(other),
    }
}

/// A profile's id and the name that a person knows it by.
pub fn profile(record: &Value) -> Option<Profile> {
    let line = |text| in_line(text, MOST_OF_NAME);
    // Some APIs number their records.
    let words = |key: &str| match record.get(key)? {
        Value::String(text) => Some(line(text)),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let text = |key: &str| words(key).filter(|text| !text.is_empty());
    let id = text("id").or_else(|| text("profile_id"))?;
    let names = ["company_name", "name", "display_name", "legal_name", "title"];
    let name = names.iter().find_map(|key| text(key)).unwrap_or_else(|| id.clone());
    Some(Profile { id, name })
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::{NotVerified, Seen, verify};
    use crate::api::{Client, Trust};
    use crate::credentials::{Key, Origin, Secret};
    use crate::failure::{Exit, Failure};
    use crate::gateway::rate_limit::RateLimits;
    use crate::settings::Mode;

    fn no_limits() -> RateLimits {
        RateLimits::new(None, std::path::Path::new(""), None)
    }

    /// Asks a server that answers each connection with the next of `answers` (status, type, body).
    async fn asked(answers: &'static [(u16, &'static str, &'static str)]) -> Result<Seen, NotVerified> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let server = std::thread::spawn(move || {
            for (status, kind, body) in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = [0; 4096];
                let n = stream.read(&mut request).unwrap();
                assert!(String::from_utf8_lossy(&request[..n]).contains("Bearer lmb_0123456789abcdef"));
                let head = format!(
                    "HTTP/1.1 {status} X\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all(format!("{head}{body}").as_bytes()).unwrap();
            }
        });
        let key = Key::new(Secret::new("lmb_0123456789abcdef".into()), origin.clone());
        let seen =
            verify(&Client::new(origin, Trust::default(), "lumabill/test"), &key, &no_limits(), None).await;
        server.join().unwrap();
        seen
    }

    const JSON: &str = "application/json";
    const TWO: &str = r#"{"data":[{"id":"a","company_name":"Muster AG"},{"id":"b","name":"Meier"}],"pagination":{"page":1,"total_pages":1}}"#;

    #[tokio::test]
    async fn the_profiles_and_the_mode_of_a_good_key_are_seen() {
        for (status, mode) in
            [(403, Mode::ReadOnly), (404, Mode::ReadWrite), (422, Mode::ReadWrite), (500, Mode::Unknown)]
        {
            let answers: &'static [_] = Box::leak(Box::new([
                (200, JSON, TWO),
                (status, JSON, r#"{"error":{"code":"x","message":"y"}}"#),
            ]));
            let seen = asked(answers).await.unwrap();
            assert_eq!(seen.mode, mode, "{status}");
            assert_eq!(seen.profiles[0].name, "Muster AG");
            assert_eq!(seen.profiles[1].name, "Meier");
        }
    }

    #[tokio::test]
    async fn an_address_that_is_not_the_api_does_not_judge_the_key() {
        for answers in [
            &[(200_u16, "text/html", "<!doctype html><html>")] as &[(u16, &str, &str)],
            &[(404, "text/html", "<html>not here</html>")],
            &[(404, JSON, r#"{"message":"no such route"}"#)],
            &[(200, JSON, r#"{"hello":"world"}"#)],
            &[(200, JSON, "hello")],
            &[(401, "text/html", "<html>log in</html>")],
        ] {
            let failure = Failure::from(asked(answers).await.unwrap_err());
            assert_eq!(failure.code, "not_the_api", "{answers:?}");
            assert!(failure.message.contains("not judged"), "{}", failure.message);
            let hint = failure.hint.unwrap();
            assert!(hint.contains("--api-url") && hint.contains("lumabill-hosted"), "{hint}");
        }
    }

    #[tokio::test]
    async fn a_refused_key_and_a_lapsed_plan_are_told_apart() {
        let refused = asked(&[(401, JSON, r#"{"error":"unknown key lmb_0123456789abcdef"}"#)]).await;
        let failure = Failure::from(refused.unwrap_err());
        assert_eq!((failure.code, failure.exit), ("key_refused", Exit::NotLoggedIn));
        assert!(!failure.text().contains("0123456789"), "{}", failure.text());
        let lapsed = asked(&[(403, JSON, r#"{"error":{"message":"your plan has lapsed"}}"#)]).await;
        assert_eq!(Failure::from(lapsed.unwrap_err()).code, "plan_lapsed");
    }

    #[tokio::test]
    async fn an_api_that_is_down_does_not_judge_the_key() {
        let origin = {
            let listener = TcpListener::bind("127.0.0.1:0").unwrap();
            Origin::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap()
        };
        let key = Key::new(Secret::new("lmb_0123456789abcdef".into()), origin.clone());
        let failure = Failure::from(
            verify(&Client::new(origin, Trust::default(), "t"), &key, &no_limits(), None).await.unwrap_err(),
        );
        assert_eq!(failure.exit, Exit::Unavailable);
        assert!(failure.message.contains("not judged") && !failure.causes.is_empty(), "{failure:?}");
    }
}

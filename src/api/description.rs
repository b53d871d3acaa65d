//! Fetching an API's description by its address: with no key and no profile, bounded in time and size, from one origin.

mod not_fetched;

use std::time::Duration;

use reqwest::header::{ACCEPT, LOCATION};
use reqwest::{Response, StatusCode};
use url::Url;

pub use not_fetched::NotFetched;

use super::{Moment, Safety, Trust, within};
use crate::credentials::Origin;
use crate::https::{Connector, broken, failed};
use crate::text::in_line;

/// No description is read beyond this, in bytes.
const MOST: usize = 10_000_000;
/// Redirects within the origin that are followed.
const REDIRECTS: usize = 3;
/// For one description, redirects included.
const LIMIT: Duration = Duration::from_secs(20);
/// For one place that is only tried.
const TRY: Duration = Duration::from_secs(5);
const ACCEPTED: &str = "application/json, application/yaml;q=0.9, */*;q=0.5";
/// Addresses that a page names and that are shown.
const LINKS: usize = 3;

/// Where APIs put their description, below their own address: the frameworks' defaults, the more common first, then pages
/// that name it.
const PLACES: [&str; 32] = [
    "/openapi.json",
    "/openapi.yaml",
    "/v1/openapi.json",
    "/v1/openapi.yaml",
    "/api/openapi.json",
    "/api/openapi.yaml",
    "/api/v1/openapi.json",
    "/docs/openapi.json",
    "/docs/openapi.yaml",
    "/swagger.json",
    "/v3/api-docs",
    "/api-docs",
    "/api-docs.json",
    "/docs-json",
    "/api-json",
    "/api/docs-json",
    "/docs/api.json",
    "/docs/api-docs.json",
    "/swagger/v1/swagger.json",
    "/openapi/v1.json",
    "/api/schema",
    "/openapi",
    "/openapi.yml",
    "/swagger.yaml",
    "/swagger/doc.json",
    "/.well-known/openapi.json",
    "/.well-known/openapi.yaml",
    "/.well-known/openapi",
    "/docs",
    "/api/docs",
    "/swagger-ui/index.html",
    "/",
];

/// One origin that is asked for descriptions.
pub struct Source {
    origin: Origin,
    connector: Connector,
}

/// What came.
#[derive(Debug)]
pub struct Fetched {
    pub bytes: Vec<u8>,
    /// Where it came from in the end, without its query: that may hold a secret.
    pub address: String,
}

/// The address that a person gave, which may have a query.
pub fn address(text: &str) -> Result<Url, NotFetched> {
    let shown = shown(text);
    let mut url = Url::parse(text.trim()).map_err(|_| NotFetched::Address { shown: shown.clone() })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(NotFetched::Decorated { shown });
    }
    url.set_fragment(None);
    Ok(url)
}

/// Scheme, host and path: what stands before an `@` or behind a `?` may be secret.
fn shown(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let rest = rest.rsplit('@').next().unwrap_or_default();
    in_line(&if scheme.is_empty() { rest.to_owned() } else { format!("{scheme}://{rest}") }, 200)
}

impl Source {
    /// For the origin of `url`; opens nothing.
    pub fn of(url: &Url, trust: Trust, user_agent: &str) -> Result<Self, NotFetched> {
        let address = url.origin().ascii_serialization();
        let origin = Origin::parse(&address).map_err(|_| match url.scheme() {
            "http" => NotFetched::NotEncrypted { shown: address },
            _ => NotFetched::Address { shown: shown(url.as_str()) },
        })?;
        let connector = Connector::new(origin.clone(), trust, user_agent.to_owned());
        Ok(Self { origin, connector })
    }

    /// The usual places: below `base` (the account's own address), and below its host where that is another place.
    pub fn places(base: &Origin) -> Vec<Url> {
        let below = PLACES.iter().filter_map(|place| base.join(place));
        let mut places: Vec<Url> = Vec::new();
        for place in below.chain(PLACES.iter().filter_map(|place| base.join_on_host(place))) {
            if !places.contains(&place) {
                places.push(place);
            }
        }
        places
    }

    /// Fetches `url`, which is of this origin, within 20 s.
    pub async fn fetch(&self, url: &Url) -> Result<Fetched, NotFetched> {
        self.within(url, LIMIT).await
    }

    /// The same within 5 s, for a place that is only tried.
    pub async fn look(&self, url: &Url) -> Result<Fetched, NotFetched> {
        self.within(url, TRY).await
    }

    async fn within(&self, url: &Url, limit: Duration) -> Result<Fetched, NotFetched> {
        let silent = || NotFetched::Silent { host: self.host(), seconds: limit.as_secs() };
        within(Moment::now(), limit, self.follow(url)).await.unwrap_or_else(|| Err(silent()))
    }

    fn host(&self) -> String {
        self.origin.host().to_owned()
    }

    async fn follow(&self, url: &Url) -> Result<Fetched, NotFetched> {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            if !self.origin.covers(&url) {
                return Err(NotFetched::Elsewhere { host: self.host(), to: shown(url.as_str()) });
            }
            let client = self.connector.client(Safety::Read)?;
            // Nothing but this: neither key nor profile.
            let request = client.get(url.clone()).header(ACCEPT, ACCEPTED);
            let response = request.send().await.map_err(|error| failed(&error, self.origin.host()))?;
            let status = response.status();
            if status.is_redirection() && status != StatusCode::NOT_MODIFIED {
                let to = response.headers().get(LOCATION).and_then(|to| to.to_str().ok());
                let to = to.and_then(|to| url.join(to).ok());
                url = to.ok_or_else(|| NotFetched::Status { host: self.host(), status: status.as_u16() })?;
                continue;
            }
            if !status.is_success() {
                return Err(NotFetched::Status { host: self.host(), status: status.as_u16() });
            }
            let bytes = self.read(response).await?;
            if is_page(&bytes) {
                return Err(NotFetched::Page { host: self.host(), links: links(&bytes, &url) });
            }
            return Ok(Fetched { bytes, address: shown(url.as_str()) });
        }
        Err(NotFetched::Circles { host: self.host() })
    }

    /// The body. Of a page no more than its beginning: a place that is tried often gives one.
    async fn read(&self, mut response: Response) -> Result<Vec<u8>, NotFetched> {
        let too_large = || NotFetched::TooLarge { host: self.host(), most: MOST };
        if response.content_length().is_some_and(|length| length > MOST as u64) {
            return Err(too_large());
        }
        let mut bytes = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error, self.origin.host()))? {
            if bytes.len() + chunk.len() > MOST {
                return Err(too_large());
            }
            bytes.extend_from_slice(&chunk);
            if bytes.len() > 256 * 1024 && is_page(&bytes) {
                break;
            }
        }
        Ok(bytes)
    }
}

/// HTML or other XML: no description begins like that, whatever its content type says.
fn is_page(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'<')
}

/// Addresses of the same origin in a page that look like a description's.
fn links(bytes: &[u8], page: &Url) -> Vec<String> {
    let text = String::from_utf8_lossy(bytes);
    let mut links: Vec<String> = Vec::new();
    for quoted in text.split(['"', '\'', '`']).filter(|quoted| quoted.len() <= 200) {
        let plain = quoted.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>{}\\".contains(&byte));
        let path = quoted.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
        let named = ["openapi", "swagger", "api-docs", "docs-json"].iter().any(|word| path.contains(word));
        let file = [".json", ".yaml", ".yml", "api-docs", "docs-json"].iter().any(|end| path.ends_with(end));
        if !(plain && named && file) {
            continue;
        }
        let Some(url) = page.join(quoted).ok().filter(|url| url.origin() == page.origin()) else { continue };
        let link = shown(url.as_str());
        if !links.contains(&link) && links.len() < LINKS {
            links.push(link);
        }
    }
    links
}

#[cfg(test)]
mod tests {
    use url::Url;

    use std::time::Duration;

    use super::{NotFetched, PLACES, Source, address, is_page, links};
    use crate::api::tests::server::{Play, Server};
    use crate::credentials::Origin;
    use crate::https::Trust;

    #[test]
    fn an_address_is_encrypted_or_on_this_machine_and_holds_no_password() {
        let origin = |text: &str| Source::of(&address(text)?, Trust::default(), "test");
        assert!(origin("https://api.example/openapi.json?v=1#/x").is_ok());
        assert!(origin("http://127.0.0.1:1/openapi.json").is_ok());
        assert!(matches!(origin("http://api.example/x"), Err(NotFetched::NotEncrypted { .. })));
        assert!(matches!(origin("http://localhost:1/x"), Err(NotFetched::NotEncrypted { .. })));
        assert!(matches!(origin("file:///etc/passwd"), Err(NotFetched::Address { .. })));
        let refused = origin("https://u:secret@h/x?key=secret2").err().unwrap().to_string();
        assert!(!refused.contains("secret"), "{refused}");
        assert_eq!(address("https://h/x?a=b#c").unwrap().as_str(), "https://h/x?a=b");
    }

    #[tokio::test]
    async fn who_says_nothing_or_never_ends_is_not_waited_for() {
        let drip = Play::Drip(b"HTTP/1.1 200 OK\r\n\r\n{".to_vec(), Duration::from_millis(20));
        let server = Server::start(vec![Play::Silence, drip]).await;
        for _ in 0..2 {
            let url = server.origin.join("/openapi.json").unwrap();
            let source = Source::of(&url, Trust::default(), "test").unwrap();
            let error = source.within(&url, Duration::from_millis(150)).await.unwrap_err();
            assert!(matches!(error, NotFetched::Silent { .. }), "{error}");
        }
    }

    #[test]
    fn places_lie_below_the_own_address_and_on_its_host() {
        let plain = Source::places(&Origin::parse("https://api.example").unwrap());
        assert_eq!(plain.len(), PLACES.len());
        let below = Source::places(&Origin::parse("https://api.example/base").unwrap());
        assert_eq!(below[0].as_str(), "https://api.example/base/openapi.json");
        assert!(below.iter().any(|place| place.path() == "/openapi.json"));
        assert!(below.iter().all(|place| place.host_str() == Some("api.example")));
    }

    #[test]
    fn a_page_is_known_by_its_beginning_and_its_links_are_of_its_own_origin() {
        assert!(is_page(b"\xef\xbb\xbf\n <!DOCTYPE html>") && !is_page(b"{}") && !is_page(b""));
        let page = Url::parse("https://api.example/docs/").unwrap();
        let html = br#"<script>ui({url: "/v2/openapi.json?x=1", other: 'swagger.yaml',
            evil: "https://evil.example/openapi.json", text: "the openapi.json file", logo: "/logo.json"})"#;
        assert_eq!(
            links(html, &page),
            ["https://api.example/v2/openapi.json", "https://api.example/docs/swagger.yaml"]
        );
    }
}

//! [`Wire`]: one HTTP request to the server, from the key to the beginning of its answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use http::HeaderMap;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, LOCATION};
use hyper::body::Bytes;
use reqwest::{Method, Response};
use tokio::time::Instant;
use url::Url;

use super::Setup;
use super::error::BridgeError;
use crate::credentials::{Key, Origin};
use crate::https::{Connector, Moment, Safety, failed, within};

/// A span of time that also counts while the machine sleeps.
#[derive(Clone, Copy, Debug)]
pub struct Time {
    start: Moment,
    limit: Duration,
}

impl Time {
    pub fn of(limit: Duration) -> Self {
        Self { start: Moment::now(), limit }
    }

    pub fn until(end: Instant) -> Self {
        Self::of(end.saturating_duration_since(Instant::now()))
    }

    /// No more than `most` of this, from now on.
    pub fn at_most(self, most: Duration) -> Self {
        Self::of(self.left().min(most))
    }

    pub fn left(self) -> Duration {
        self.limit.saturating_sub(self.start.elapsed())
    }

    /// Awaits `future` while there is time.
    pub async fn bound<F: Future>(self, future: F) -> Option<F::Output> {
        within(self.start, self.limit, future).await
    }

    /// Seconds, for words.
    pub fn seconds(self) -> u64 {
        (self.limit + Duration::from_millis(500)).as_secs().max(1)
    }
}

/// Sends requests to one server.
pub struct Wire {
    pub setup: Setup,
    connector: Connector,
    /// The server has answered something in this process.
    answered: AtomicBool,
}

/// One request; may be sent twice, with different keys.
pub struct Sending<'a> {
    /// The tool or method, for words.
    pub what: &'a str,
    pub method: Method,
    /// Path and query from the root of the host; `None` for the server's own address.
    pub target: Option<&'a str>,
    pub headers: HeaderMap,
    pub body: Option<Bytes>,
    pub safety: Safety,
}

/// The beginning of an answer, and the key that is masked in it.
pub struct Answered {
    pub response: Response,
    pub key: Key,
}

impl Wire {
    pub fn new(setup: Setup) -> Self {
        let connector =
            Connector::new(setup.origin.clone(), setup.trust.clone(), setup.user_agent.to_owned());
        Self { setup, connector, answered: AtomicBool::new(false) }
    }

    pub fn host(&self) -> &str {
        self.setup.origin.host()
    }

    pub fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    /// The headers that all messages share.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(12);
        headers.insert(ACCEPT, HeaderValue::from_static("application/json, text/event-stream"));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.extend(self.setup.headers.iter().cloned());
        headers
    }

    /// Sends until the answer begins; after a 401 once more, where the key has become another one meanwhile.
    pub async fn send(&self, sending: &Sending<'_>, time: Time) -> Result<Answered, BridgeError> {
        let keys = &self.setup.keys;
        let key = time.bound(keys.key()).await.ok_or_else(|| self.silent(sending.what, time))?;
        let key = key.map_err(|failure| BridgeError::NoKey(Box::new(failure)))?;
        let mut answered = self.attempt(sending, key, time).await?;
        if answered.response.status().as_u16() == 401 {
            let other = time.bound(keys.reread(&answered.key)).await.flatten();
            match other {
                Some(other) => answered = self.attempt(sending, other, time).await?,
                // A sign-in that is over, or could not be renewed: more than that the key was refused.
                None => keys.trouble().map_or(Ok(()), |why| Err(BridgeError::NoKey(Box::new(why))))?,
            }
        }
        Ok(answered)
    }

    async fn attempt(&self, sending: &Sending<'_>, key: Key, time: Time) -> Result<Answered, BridgeError> {
        let client = self.connector.client(sending.safety)?;
        let wire = self.sign(sending, &key)?;
        let from = wire.url().clone();
        if sending.safety == Safety::Write {
            // Lets kept connections see that the server has ended them: `api::Client` says why.
            tokio::task::yield_now().await;
        }
        let response = time
            .bound(client.execute(wire))
            .await
            .ok_or_else(|| self.silent(sending.what, time))?
            .map_err(|error| failed(&error, self.host()))?;
        self.answered.store(true, Ordering::Relaxed);
        if response.status().is_redirection() {
            let (host, status) = (self.host().to_owned(), response.status().as_u16());
            return Err(BridgeError::Redirected { host, status, to: target(response.headers(), &from) });
        }
        Ok(Answered { response, key })
    }

    /// The request with its address and the key: the only place where the two meet.
    fn sign(&self, sending: &Sending<'_>, key: &Key) -> Result<reqwest::Request, BridgeError> {
        let origin: &Origin = &self.setup.origin;
        let signed = match sending.target {
            Some(target) => key.sign_on_host(origin, target),
            None => key.sign(origin, ""),
        };
        let signed = signed.map_err(|why| BridgeError::NotSigned {
            what: sending.what.to_owned(),
            // The path of the older transport holds the session's name.
            why: if sending.target.is_some() {
                "its address leaves the host".to_owned()
            } else {
                why.to_string()
            },
        })?;
        let mut wire = reqwest::Request::new(sending.method.clone(), signed.url);
        *wire.headers_mut() = sending.headers.clone();
        if let Some((name, value)) = signed.header {
            wire.headers_mut().insert(name, value);
        }
        *wire.body_mut() = sending.body.clone().map(reqwest::Body::from);
        Ok(wire)
    }

    pub fn silent(&self, what: &str, time: Time) -> BridgeError {
        BridgeError::Silent { host: self.host().to_owned(), what: what.to_owned(), seconds: time.seconds() }
    }
}

/// Where a redirect points: no more than scheme, host and port, since the rest may carry secrets.
fn target(headers: &HeaderMap, from: &Url) -> String {
    let location = headers.get(LOCATION).and_then(|value| value.to_str().ok());
    match location.and_then(|location| from.join(location).ok()) {
        Some(url) if url.origin() == from.origin() => "another path of its own".to_owned(),
        Some(url) if url.origin().is_tuple() => url.origin().ascii_serialization(),
        Some(_) => "an address that is not on the web".to_owned(),
        None => "nowhere".to_owned(),
    }
}

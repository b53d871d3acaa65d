//! [`Client`]: one request from the key to the reply, with the attempts and waits in between.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::body::Bytes;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};

use super::error::{ApiError, NoKey};
use super::response::{self, Asked};
use super::retry::{self, Ended, Next, Spent};
use super::{Body, Reply, Request, Safety, Trust, Watch};
use crate::credentials::{Key, Keys, Origin};
use crate::https::{CONNECT, Connector, Moment, failed, within};

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// A read, until the answer begins, as long as the origin has not answered once.
    pub first_read: Duration,
    /// The same with all repetitions: a dead origin is known for dead within 10 s.
    pub first_reads: Duration,
    /// A read, until the answer begins, of an origin that has answered before.
    pub read: Duration,
    /// The rest of an answer, once it has begun.
    pub rest: Duration,
    /// A write, until its answer is complete.
    pub write: Duration,
    /// Everything, all repetitions included.
    pub total: Duration,
}

pub const LIMITS: Limits = Limits {
    first_read: Duration::from_secs(8),
    first_reads: Duration::from_millis(9500),
    read: Duration::from_secs(20),
    rest: Duration::from_secs(30),
    write: Duration::from_secs(25),
    total: Duration::from_secs(45),
};

/// Sends requests to one origin.
pub struct Client {
    origin: Origin,
    pub(super) connector: Connector,
    limits: Limits,
    /// The origin has answered something in this process.
    answered: AtomicBool,
}

/// The parts of a request that stay the same over its attempts.
struct Outgoing<'a> {
    request: &'a Request,
    headers: HeaderMap,
    body: Option<Bytes>,
}

/// The times of one call, which began at `start`.
#[derive(Clone, Copy)]
struct Times {
    start: Moment,
    /// No answer begins later than this after `start`.
    until: Duration,
    /// One attempt, until its answer begins (reads) or is complete (writes).
    attempt: Duration,
    /// What has to be left for another attempt, so that it is not cut short.
    needed: Duration,
}

impl Client {
    /// Opens nothing: connections and roots are made when something is sent.
    pub fn new(origin: Origin, trust: Trust, user_agent: impl Into<String>) -> Self {
        let connector = Connector::new(origin.clone(), trust, user_agent.into());
        Self { origin, connector, limits: LIMITS, answered: AtomicBool::new(false) }
    }

    /// With other times, for tests.
    #[cfg(test)]
    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Where this client sends to.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Host and port of the proxy that requests go through, where there is one.
    pub fn proxy(&self) -> Option<String> {
        self.connector.proxy()
    }

    /// Sends `request` with the key of this client's origin, and again where that is safe. Takes no
    /// longer than 45 s.
    pub async fn send(
        &self,
        request: &Request,
        keys: &dyn Keys,
        watch: &Watch<'_>,
    ) -> Result<Reply, ApiError> {
        let times = self.times(request.safety);
        let cancelled = || ApiError::Cancelled { tool: request.tool.clone() };
        let outgoing = Outgoing::new(request)?;
        let found = watch.cancelled.run_until_cancelled(keys.key()).await.ok_or_else(cancelled)?;
        let mut key = found.map_err(|failure| ApiError::NoKey(NoKey::new(failure)))?;
        let mut spent = Spent { attempts: 1, waited: Duration::ZERO, left: Duration::ZERO };
        let mut reread = false;
        loop {
            if watch.cancelled.is_cancelled() {
                return Err(cancelled());
            }
            let attempt = self.attempt(&outgoing, &key, times);
            let result = match request.safety {
                Safety::Read => watch.cancelled.run_until_cancelled(attempt).await.ok_or_else(cancelled)?,
                Safety::Write => attempt.await,
            };
            let error = match result {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
            if error.status() == Some(401) && !std::mem::replace(&mut reread, true) {
                match keys.reread(&key).await {
                    Some(other) => key = other,
                    None => return Err(error),
                }
                admit(request, watch, &error, Duration::ZERO).await.map_err(|()| error)?;
                continue;
            }
            if let (ApiError::Busy { refusal, .. }, Some(permits)) = (&error, watch.permits) {
                let told = refusal.retry_after.filter(|pause| !pause.is_zero());
                permits.blocked(told.unwrap_or(retry::UNTOLD_PAUSE));
            }
            let ended = ended(&error);
            spent.left = times.left(ended);
            let Next::Wait(wait) = retry::next(request.safety, ended, spent, chance()) else {
                return Err(match request.safety {
                    Safety::Read => error,
                    Safety::Write => error.of_a_write(&request.tool, &request.method),
                });
            };
            if request.patience.is_some_and(|most| spent.waited + wait > most) {
                return Err(error);
            }
            if admit(request, watch, &error, wait).await.is_err() {
                return Err(if watch.cancelled.is_cancelled() { cancelled() } else { error });
            }
            spent.waited += wait;
            spent.attempts += 1;
        }
    }

    fn times(&self, safety: Safety) -> Times {
        let Limits { first_read, first_reads, read, write, total, .. } = self.limits;
        let (until, attempt, needed) = match (safety, self.answered.load(Ordering::Relaxed)) {
            (Safety::Read, false) => (first_reads, first_read, first_read / 8),
            (Safety::Read, true) => (total, read, first_read / 8),
            (Safety::Write, _) => (total, write, write),
        };
        Times { start: Moment::now(), until, attempt, needed }
    }

    async fn attempt(&self, outgoing: &Outgoing<'_>, key: &Key, times: Times) -> Result<Reply, ApiError> {
        let request = outgoing.request;
        let host = self.origin.host();
        let client = self.connector.client(request.safety)?;
        let wire = self.sign(outgoing, key)?;
        let url = wire.url().clone();
        let start = Moment::now();
        let spent = times.start.elapsed();
        let limit = times.attempt.min(times.until.saturating_sub(spent));
        if request.safety == Safety::Write {
            notice_ended_connections().await;
        }
        let silent = |seconds: Duration| ApiError::Silent {
            host: host.to_owned(),
            seconds: (seconds + Duration::from_millis(500)).as_secs().max(1),
        };
        let response = within(start, limit, client.execute(wire))
            .await
            .ok_or_else(|| silent(limit))?
            .map_err(|error| ApiError::from(failed(&error, host)))?;
        self.answered.store(true, Ordering::Relaxed);
        let rest = match request.safety {
            // Read in a moment of its own, so that a late refusal does not pass for a lost answer.
            _ if !response.status().is_success() => start.elapsed() + 2 * response::TIME_OF_ERROR,
            Safety::Read => (start.elapsed() + self.limits.rest).min(self.limits.total.saturating_sub(spent)),
            Safety::Write => limit,
        };
        let any = request.verbatim.is_some();
        let asked = Asked { tool: &request.tool, host, url: &url, key, any };
        within(start, rest, response::read(response, &asked)).await.ok_or_else(|| silent(rest))?
    }

    /// The request with its address and the key: the only place where the two meet.
    fn sign(&self, outgoing: &Outgoing<'_>, key: &Key) -> Result<reqwest::Request, ApiError> {
        let request = outgoing.request;
        let signed = key
            .sign(&self.origin, &request.path)
            .map_err(|why| ApiError::NotSigned { tool: request.tool.clone(), why })?;
        let mut url = signed.url;
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        let mut wire = reqwest::Request::new(request.method.clone(), url);
        *wire.headers_mut() = outgoing.headers.clone();
        if let Some((name, value)) = signed.header {
            wire.headers_mut().insert(name, value);
        }
        *wire.body_mut() = outgoing.body.clone().map(reqwest::Body::from);
        Ok(wire)
    }
}

impl Times {
    /// Time within which another attempt may still begin.
    fn left(self, ended: Ended) -> Duration {
        let needed = if ended == Ended::NotConnected { self.needed.max(CONNECT) } else { self.needed };
        self.until.saturating_sub(self.start.elapsed() + needed)
    }
}

impl<'a> Outgoing<'a> {
    fn new(request: &'a Request) -> Result<Self, ApiError> {
        let unsendable = |part| ApiError::Unsendable { tool: request.tool.clone(), part };
        let mut headers = HeaderMap::with_capacity(6);
        headers.insert(ACCEPT, accepted(request.verbatim).ok_or_else(|| unsendable("media type"))?);
        let body = match &request.body {
            Body::None => None,
            Body::Json(json) => {
                headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
                Some(Bytes::from(serde_json::to_vec(json).map_err(|_| unsendable("body"))?))
            }
            Body::File { part, name, content_type, bytes } => {
                let boundary = format!("lumabill-{}", uuid::Uuid::new_v4().simple());
                let kind = format!("multipart/form-data; boundary={boundary}");
                headers.insert(CONTENT_TYPE, HeaderValue::from_str(&kind).map_err(|_| unsendable("body"))?);
                Some(Bytes::from(multipart(&boundary, (part, name), content_type, bytes)))
            }
        };
        for (name, value, part) in [
            ("x-profile-id", &request.profile, "profile"),
            ("idempotency-key", &request.idempotency_key, "idempotency key"),
            ("if-match", &request.if_match, "version"),
        ] {
            if let Some(value) = value {
                let value = HeaderValue::from_str(value).map_err(|_| unsendable(part))?;
                headers.insert(HeaderName::from_static(name), value);
            }
        }
        Ok(Self { request, headers, body })
    }
}

/// What `Accept` says: JSON, and where anything is allowed that after what is hoped for.
fn accepted(verbatim: Option<&str>) -> Option<HeaderValue> {
    match verbatim {
        None => Some(HeaderValue::from_static("application/json")),
        Some(media) => HeaderValue::from_str(&format!("{media}, application/json;q=0.9, */*;q=0.8")).ok(),
    }
}

/// One part, named as browsers do it.
fn multipart(boundary: &str, (part, name): (&str, &str), content_type: &str, bytes: &[u8]) -> Vec<u8> {
    let escaped = |text: &str| text.replace('"', "%22").replace('\r', "%0D").replace('\n', "%0A");
    let (part, name) = (escaped(part), escaped(name));
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"{name}\"\r\n\
         Content-Type: {content_type}\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(bytes);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    body
}

/// Waits before another attempt and gets its permit; an error means that there will be none.
async fn admit(request: &Request, watch: &Watch<'_>, error: &ApiError, wait: Duration) -> Result<(), ()> {
    if watch.permits.is_some_and(|permits| !permits.spend(wait)) {
        return Err(());
    }
    if wait >= Duration::from_secs(1) {
        (watch.waiting)(wait, &error.to_string());
    }
    let ready = async {
        tokio::time::sleep(wait).await;
        match watch.permits {
            Some(permits) => permits.admit(request.safety).await.is_ok(),
            None => true,
        }
    };
    match watch.cancelled.run_until_cancelled(ready).await {
        Some(true) => Ok(()),
        Some(false) | None => Err(()),
    }
}

/// Lets kept connections see that the server has ended them. After a sleep of this process the end and the next
/// call lie ready at the same moment, and a write that went first would be lost. A task that yields runs again
/// after the system was asked what is ready, and after those tasks for which something was.
async fn notice_ended_connections() {
    tokio::task::yield_now().await;
}

/// What an error means for another attempt.
fn ended(error: &ApiError) -> Ended {
    match error {
        ApiError::Unreachable { why, .. } if !why.is_final() => Ended::NotConnected,
        ApiError::Broken { .. } => Ended::Broken,
        ApiError::Busy { refusal, .. } | ApiError::Unavailable { refusal, .. } => {
            Ended::Answered { status: refusal.status, retry_after: refusal.retry_after }
        }
        _ => Ended::Final,
    }
}

/// A random number in `0.0..1.0`, good enough to spread clients.
fn chance() -> f64 {
    f64::from((RandomState::new().hash_one(0u8) >> 32) as u32) / f64::from(u32::MAX)
}

//! [`Link`]: the way to one server, shared by all who ask it something: one session for all, opened once, renewed
//! when the server forgot it, and what is repeated when something goes wrong.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::HeaderValue;
use hyper::body::Bytes;
use reqwest::Method;
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, broadcast};

use super::answer::{self, Asked};
use super::error::BridgeError;
use super::mirrored::Mirrored;
use super::pending::Pending;
use super::session::{Route, Session};
use super::wire::{Sending, Time, Wire};
use super::{Listing, Notice, Request, Setup, Transport, Watch, era, http_sse, listening, streamable};
use crate::credentials::BoxFuture;
use crate::https::{Moment, Safety};

/// Before a request is sent once more; three times as long before it is sent for the last time.
const PAUSE: Duration = Duration::from_millis(250);
const LAST_PAUSE: Duration = Duration::from_millis(750);
/// All waits together of a request that is turned away.
const TURNED_AWAY: Duration = Duration::from_secs(8);
/// A modern server misses arguments in the headers, or finds others there than it wants. Nothing was done.
const HEADER_MISMATCH: i64 = -32020;
/// Between two times that everything may be different.
const TELLING: Duration = Duration::from_secs(60);
/// Requests of the server's that are answered at the same time; what comes beyond them is a flood.
const ANSWERED_AT_ONCE: usize = 32;
/// Resources that are heard of at the same time.
const SUBSCRIPTIONS: usize = 100;

/// The way to one server.
pub struct Link {
    pub wire: Wire,
    pub pending: Pending,
    pub notices: broadcast::Sender<Notice>,
    session: Mutex<Option<Arc<Session>>>,
    /// Held while a session is opened; keeps why the last attempt failed.
    opening: tokio::sync::Mutex<Option<BridgeError>>,
    /// Attempts to open a session that have ended.
    opened: AtomicU64,
    legacy: AtomicBool,
    /// Which transport worked last.
    older: AtomicBool,
    /// Resources that somebody wants to hear of, by address.
    pub subscribed: Mutex<Vec<String>>,
    pub mirrored: Mirrored,
    /// Room for answers to the server's own requests.
    pub answering: Arc<Semaphore>,
    told: Mutex<Told>,
}

/// When it was told that a session took the place of another one.
#[derive(Default)]
enum Told {
    /// There was no session yet.
    #[default]
    Unopened,
    Never,
    At(Moment),
}

/// One request on its way: what, for whom, and how long.
pub struct Asking<'a> {
    pub request: &'a mut Request,
    pub watch: &'a Watch,
    pub time: Time,
}

/// What an answer brought.
pub struct Reply {
    pub result: Map<String, Value>,
    /// The id of a session that began with it.
    pub session_id: Option<HeaderValue>,
}

impl Link {
    pub fn new(setup: Setup) -> Self {
        let older = AtomicBool::new(setup.transport == Transport::HttpSse);
        Self {
            wire: Wire::new(setup),
            pending: Pending::default(),
            notices: broadcast::channel(16).0,
            session: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            opened: AtomicU64::new(0),
            legacy: AtomicBool::new(false),
            older,
            subscribed: Mutex::default(),
            mirrored: Mirrored::default(),
            answering: Arc::new(Semaphore::new(ANSWERED_AT_ONCE)),
            told: Mutex::default(),
        }
    }

    /// Sends one request and gives its result; again where nothing was done or nothing can be harmed.
    pub async fn request(
        self: &Arc<Self>,
        mut request: Request,
        watch: &Watch,
    ) -> Result<Map<String, Value>, BridgeError> {
        let time = Time::until(request.until);
        let read = request.safety == Safety::Read;
        let (mut renewed, mut learned, mut pause) = (false, false, PAUSE);
        let mut patience = TURNED_AWAY;
        loop {
            let error = match self.session(&request, watch, time).await {
                Err(error) => error,
                Ok(_) if watch.cancelled.is_cancelled() => return Err(cancelled(&request)),
                Ok(session) => {
                    if session.route.modern && self.subscribe(&session, &request) {
                        return Ok(Map::new());
                    }
                    let asking = Asking { request: &mut request, watch, time };
                    match self.ask(&session.route, asking).await {
                        Ok(reply) => {
                            self.subscribe(&session, &request);
                            return Ok(reply.result);
                        }
                        Err(error @ BridgeError::SessionGone { .. }) => {
                            self.forget(&session);
                            if !std::mem::replace(&mut renewed, true) {
                                continue;
                            }
                            error
                        }
                        Err(error @ BridgeError::Rpc { code: HEADER_MISMATCH, .. }) => {
                            if session.route.modern && !std::mem::replace(&mut learned, true) {
                                self.learn_headers(watch).await?;
                                continue;
                            }
                            error
                        }
                        Err(error) => error,
                    }
                }
            };
            let wait = match error.retry_after() {
                // Nothing was done.
                Some(told) if error.status() == Some(429) && told <= patience => {
                    patience -= told;
                    told.max(PAUSE)
                }
                _ if error.may_pass(read) && pause <= LAST_PAUSE => {
                    let tripled = pause * 3;
                    std::mem::replace(&mut pause, tripled)
                }
                _ => return Err(error),
            };
            let waiting = watch.cancelled.run_until_cancelled(tokio::time::sleep(wait));
            if time.left() < wait + PAUSE || waiting.await.is_none() {
                return Err(error);
            }
        }
    }

    /// Reads the list of tools, which says what they want to see in headers.
    fn learn_headers<'a>(self: &'a Arc<Self>, watch: &'a Watch) -> BoxFuture<'a, Result<(), BridgeError>> {
        Box::pin(async move { self.list(Listing::Tools, watch).await.map(drop) })
    }

    /// Remembers a subscription for the next session, and for a modern server, which wants to hear of all of them at once;
    /// false for any other request.
    fn subscribe(&self, session: &Session, request: &Request) -> bool {
        let Some(Value::String(uri)) = request.params.get("uri") else { return false };
        let mut subscribed = self.subscribed.lock().unwrap_or_else(PoisonError::into_inner);
        match request.method.as_str() {
            "resources/subscribe" if subscribed.contains(uri) || subscribed.len() >= SUBSCRIPTIONS => {}
            "resources/subscribe" => subscribed.push(uri.clone()),
            "resources/unsubscribe" => subscribed.retain(|known| known != uri),
            _ => return false,
        }
        session.listen_anew.notify_one();
        true
    }

    /// The session that is open, or a new one: whoever comes while it is being opened waits for the same one, and
    /// shares in its failure.
    pub async fn session(
        self: &Arc<Self>,
        request: &Request,
        watch: &Watch,
        time: Time,
    ) -> Result<Arc<Session>, BridgeError> {
        if let Some(session) = self.current() {
            return Ok(session);
        }
        let before = self.opened.load(Ordering::Acquire);
        let mut open = pin!(async {
            let mut failed = self.opening.lock().await;
            if let Some(session) = self.current() {
                return Ok(session);
            }
            if self.opened.load(Ordering::Acquire) != before
                && let Some(error) = &*failed
            {
                return Err(error.clone());
            }
            let opened = Box::pin(era::open(self, watch, time)).await.map_err(BridgeError::not_opened);
            self.opened.fetch_add(1, Ordering::Release);
            *failed = match &opened {
                Ok(session) => {
                    *self.kept() = Some(Arc::clone(session));
                    listening::start(self, session);
                    self.tell_renewed(session);
                    None
                }
                Err(BridgeError::Cancelled { .. }) => None,
                Err(error) => Some(error.clone()),
            };
            opened
        });
        match watch.cancelled.run_until_cancelled(time.bound(open.as_mut())).await {
            Some(Some(opened)) => opened,
            Some(None) => Err(self.wire.silent(what(request), time).not_opened()),
            None => Err(cancelled(request)),
        }
    }

    /// In a session that took the place of another one things may be different. Told once a minute at most, so that a
    /// server that ends every session is not asked for its lists without end.
    fn tell_renewed(&self, session: &Session) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        match &*told {
            Told::Unopened => *told = Told::Never,
            Told::At(last) if last.elapsed() < TELLING => {}
            Told::Never | Told::At(_) => {
                *told = Told::At(Moment::now());
                listening::tell_changes(self, &session.server.capabilities);
            }
        }
    }

    /// Sends one request this way.
    pub fn ask<'a>(
        self: &'a Arc<Self>,
        route: &'a Arc<Route>,
        asking: Asking<'a>,
    ) -> BoxFuture<'a, Result<Reply, BridgeError>> {
        match &route.older {
            Some(older) => Box::pin(http_sse::ask(self, route, older, asking)),
            None => Box::pin(streamable::ask(self, route, asking)),
        }
    }

    /// Sends what wants no answer.
    pub async fn post(&self, route: &Route, what: &str, body: Bytes, time: Time) -> Result<(), BridgeError> {
        let sending = Sending {
            what,
            method: Method::POST,
            target: route.target(),
            headers: route.headers.clone(),
            body: Some(body),
            safety: Safety::Read,
        };
        let answered = self.wire.send(&sending, time).await?;
        if answered.response.status().is_success() {
            return Ok(());
        }
        Err(answer::refusal(answered, Asked { host: self.wire.host(), what }).await)
    }

    /// From now on `session` is not used for further requests.
    pub fn forget(&self, session: &Arc<Session>) {
        let mut kept = self.kept();
        if kept.as_ref().is_some_and(|kept| Arc::ptr_eq(kept, session)) {
            *kept = None;
        }
    }

    /// Ends the session, within a second.
    pub async fn close(&self) {
        let session = self.kept().take();
        if let Some(session) = session {
            self.end(&session).await;
        }
    }

    /// Tells the server that `session` is over, within a second.
    pub async fn end(&self, session: &Session) {
        session.ended.cancel();
        if session.route.has_id() {
            streamable::end(self, &session.route, Time::of(Duration::from_secs(1))).await;
        }
    }

    /// The server is known to speak no modern version.
    pub fn is_legacy(&self) -> bool {
        self.legacy.load(Ordering::Relaxed)
    }

    pub fn set_legacy(&self, legacy: bool) {
        self.legacy.store(legacy, Ordering::Relaxed);
    }

    /// The transport that the server speaks, as far as is known.
    pub fn transport(&self) -> Transport {
        if self.older.load(Ordering::Relaxed) { Transport::HttpSse } else { Transport::Streamable }
    }

    pub fn set_transport(&self, transport: Transport) {
        self.older.store(transport == Transport::HttpSse, Ordering::Relaxed);
    }

    fn current(&self) -> Option<Arc<Session>> {
        self.kept().clone().filter(|session| session.lives())
    }

    fn kept(&self) -> MutexGuard<'_, Option<Arc<Session>>> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a request is called in words: the tool or prompt, else the method.
pub fn what(request: &Request) -> &str {
    let name = match request.method.as_str() {
        "tools/call" | "prompts/get" => request.params.get("name").and_then(Value::as_str),
        _ => None,
    };
    name.unwrap_or(&request.method)
}

pub fn cancelled(request: &Request) -> BridgeError {
    BridgeError::Cancelled { what: what(request).to_owned() }
}

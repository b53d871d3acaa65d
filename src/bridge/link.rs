//! [`Link`]: the way to one server, shared by all who ask it something: one session for all, opened once, renewed
//! when the server forgot it, and what is repeated when something goes wrong.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::header::HeaderValue;
use hyper::body::Bytes;
use serde_json::{Map, Value};
use tokio::sync::broadcast;

use super::error::BridgeError;
use super::pending::Pending;
use super::session::Session;
use super::wire::{Time, Wire};
use super::{Notice, Request, Setup, Watch, era, streamable};
use crate::credentials::BoxFuture;
use crate::https::Safety;

/// Before a request is sent once more.
const PAUSE: Duration = Duration::from_millis(250);

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
        Self {
            wire: Wire::new(setup),
            pending: Pending::default(),
            notices: broadcast::channel(16).0,
            session: Mutex::default(),
            opening: tokio::sync::Mutex::default(),
            opened: AtomicU64::new(0),
            legacy: AtomicBool::new(false),
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
        let (mut renewed, mut repeated) = (false, false);
        loop {
            let error = match self.session(&request, watch, time).await {
                Err(error) => error,
                Ok(_) if watch.cancelled.is_cancelled() => return Err(cancelled(&request)),
                Ok(session) => {
                    let asking = Asking { request: &mut request, watch, time };
                    match self.ask(&session, asking).await {
                        Ok(reply) => return Ok(reply.result),
                        Err(error @ BridgeError::SessionGone { .. }) => {
                            self.forget(&session);
                            if !std::mem::replace(&mut renewed, true) {
                                continue;
                            }
                            error
                        }
                        Err(error) => error,
                    }
                }
            };
            if !error.may_pass(read) || time.left() < PAUSE * 2 || std::mem::replace(&mut repeated, true) {
                return Err(error);
            }
            if watch.cancelled.run_until_cancelled(tokio::time::sleep(PAUSE)).await.is_none() {
                return Err(error);
            }
        }
    }

    /// The session that is open, or a new one: whoever comes while it is being opened waits for the same one, and
    /// shares in its failure.
    pub async fn session(
        self: &Arc<Self>,
        request: &Request,
        watch: &Watch,
        time: Time,
    ) -> Result<Arc<Session>, BridgeError> {
        if let Some(session) = self.current(watch) {
            return Ok(session);
        }
        let before = self.opened.load(Ordering::Acquire);
        let mut open = pin!(async {
            let mut failed = self.opening.lock().await;
            if let Some(session) = self.current(watch) {
                return Ok(session);
            }
            if self.opened.load(Ordering::Acquire) != before
                && let Some(error) = &*failed
            {
                return Err(error.clone());
            }
            let opened = era::open(self, watch, time).await.map_err(BridgeError::not_opened);
            self.opened.fetch_add(1, Ordering::Release);
            *failed = match &opened {
                Ok(session) => {
                    *self.kept() = Some(Arc::clone(session));
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

    /// Sends one request in a session.
    pub fn ask<'a>(
        self: &'a Arc<Self>,
        session: &'a Arc<Session>,
        asking: Asking<'a>,
    ) -> BoxFuture<'a, Result<Reply, BridgeError>> {
        Box::pin(streamable::ask(self, session, asking))
    }

    /// Sends what wants no answer.
    pub async fn post(
        &self,
        session: &Session,
        what: &str,
        body: Bytes,
        time: Time,
    ) -> Result<(), BridgeError> {
        streamable::post(self, session, what, body, time).await
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
        if let Some(session) = session.filter(|session| session.has_id()) {
            streamable::end(self, &session, Time::of(Duration::from_secs(1))).await;
        }
    }

    /// The server is known to speak no modern version.
    pub fn is_legacy(&self) -> bool {
        self.legacy.load(Ordering::Relaxed)
    }

    pub fn set_legacy(&self, legacy: bool) {
        self.legacy.store(legacy, Ordering::Relaxed);
    }

    fn current(&self, watch: &Watch) -> Option<Arc<Session>> {
        self.kept().clone().filter(|session| session.suits(watch.elicitation.as_ref()))
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

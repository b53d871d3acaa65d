//! Hears what a server says unasked, for as long as its session lasts: on the stream of an older server, or on the one
//! that a modern server is asked for.

use std::sync::{Arc, PoisonError, Weak};
use std::time::Duration;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use hyper::body::Bytes;
use reqwest::Method;
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use super::answer::{self, Asked, Events, Kind};
use super::error::BridgeError;
use super::http_sse::listening;
use super::link::{Asking, Link};
use super::session::{Route, Session};
use super::wire::{Sending, Time};
use super::{Notice, Request, Watch, era, message};
use crate::https::{Moment, Safety};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
const STREAM: &str = "the stream of notices";
/// Until such a stream begins.
const BEGINNING: Duration = Duration::from_secs(20);
/// Before it is asked for again; doubled each time nothing came of it.
const PAUSE: Duration = Duration::from_secs(1);
/// Attempts in a row of which nothing came.
const ATTEMPTS: u32 = 6;
/// A stream that lasted as long as this was a good one, whether or not anything was said.
const GOOD: Duration = Duration::from_secs(5);

/// What is asked for.
struct Listener {
    link: Weak<Link>,
    session: Weak<Session>,
    route: Arc<Route>,
    /// What the server declares.
    capabilities: Value,
    anew: Arc<Notify>,
}

/// How one stream ended.
enum Ended {
    /// Asked for again after a while; the id of the last event, and the pause that the server wants.
    Broken(Option<Vec<u8>>, Option<Duration>),
    /// The same of one that did not even begin.
    Unbegun(Option<Vec<u8>>),
    /// Something else is to be asked for.
    Anew,
    /// There is none to be had.
    Never,
}

/// Says that all lists may be different.
pub fn tell_changes(link: &Link, capabilities: &Value) {
    for (name, notice) in [
        ("tools", Notice::ToolsChanged),
        ("prompts", Notice::PromptsChanged),
        ("resources", Notice::ResourcesChanged),
    ] {
        if capabilities.get(name).is_some() {
            // Nobody has to listen.
            let _heard = link.notices.send(notice).is_ok();
        }
    }
}

/// Begins to listen in the background.
pub fn start(link: &Arc<Link>, session: &Arc<Session>) {
    if !session.route.modern {
        tokio::spawn(subscribe_again(Arc::clone(link), Arc::clone(&session.route)));
    }
    // The older transport has one stream for everything.
    if session.route.older.is_some() {
        return;
    }
    let capabilities = session.server.capabilities.clone();
    if !session.route.modern && !session.route.has_id() && !declares_changes(&capabilities) {
        return;
    }
    let listener = Listener {
        link: Arc::downgrade(link),
        session: Arc::downgrade(session),
        route: Arc::clone(&session.route),
        capabilities,
        anew: Arc::clone(&session.listen_anew),
    };
    let ended = session.ended.clone();
    tokio::spawn(async move { ended.run_until_cancelled(listener.listen()).await });
}

/// What was subscribed to in an earlier session.
async fn subscribe_again(link: Arc<Link>, route: Arc<Route>) {
    let subscribed = link.subscribed.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for uri in subscribed {
        let mut request = reading("resources/subscribe", Map::new());
        request.params.insert("uri".to_owned(), uri.into());
        let asking = Asking { request: &mut request, watch: &Watch::default(), time: Time::of(BEGINNING) };
        // A resource that is gone has no news.
        let _subscribed = link.ask(&route, asking).await;
    }
}

fn reading(method: &str, params: Map<String, Value>) -> Request {
    let until = tokio::time::Instant::now();
    Request { method: method.to_owned(), params, safety: Safety::Read, until }
}

fn declares_changes(capabilities: &Value) -> bool {
    ["tools", "prompts", "resources"].iter().any(|name| declares(capabilities, name, "listChanged"))
        || declares(capabilities, "resources", "subscribe")
}

fn declares(capabilities: &Value, name: &str, what: &str) -> bool {
    capabilities.get(name).and_then(|declared| declared.get(what)) == Some(&Value::Bool(true))
}

/// The pause after so many attempts of which nothing came.
fn growing(fruitless: u32) -> Duration {
    PAUSE * 2_u32.saturating_pow(fruitless.saturating_sub(1))
}

impl Listener {
    async fn listen(self) {
        let (mut last_id, mut fruitless) = (None, 0);
        while fruitless < ATTEMPTS {
            let begun = Moment::now();
            match self.once(last_id.take()).await {
                Ended::Never if self.route.modern => self.anew.notified().await,
                Ended::Never => return,
                Ended::Anew => fruitless = 0,
                Ended::Broken(id, pause) => {
                    last_id = id;
                    fruitless = if begun.elapsed() > GOOD { 1 } else { fruitless + 1 };
                    tokio::time::sleep(pause.unwrap_or(growing(fruitless)).max(PAUSE)).await;
                }
                Ended::Unbegun(id) => {
                    last_id = id;
                    fruitless += 1;
                    tokio::time::sleep(growing(fruitless)).await;
                }
            }
        }
    }

    /// One stream from its beginning to its end. Nothing is kept alive by it.
    async fn once(&self, last_id: Option<Vec<u8>>) -> Ended {
        let Some(link) = self.link.upgrade() else { return Ended::Never };
        let Some(sending) = self.sending(&link, last_id.as_deref()) else { return Ended::Never };
        let answered = match link.wire.send(&sending, Time::of(BEGINNING)).await {
            Ok(answered) => answered,
            Err(BridgeError::Https(_) | BridgeError::Silent { .. }) => return Ended::Unbegun(last_id),
            Err(_) => return Ended::Never,
        };
        let status = answered.response.status();
        if status.as_u16() == 404 && self.route.has_id() {
            if let Some(session) = self.session.upgrade() {
                link.forget(&session);
            }
            return Ended::Never;
        }
        if !status.is_success() || answer::kind(answered.response.headers()) != Kind::Events {
            // 409: the stream before this one has not ended there yet.
            return if status.is_server_error() || status.as_u16() == 409 {
                Ended::Unbegun(last_id)
            } else {
                Ended::Never
            };
        }
        let host = link.wire.host().to_owned();
        drop(link);
        let mut events = Events::of(answered);
        events.parser.last_id = last_id;
        loop {
            let event = tokio::select! {
                event = events.next(Asked { host: &host, what: STREAM }) => event,
                // What a legacy stream tells of is not said when it begins, and most servers refuse a second one.
                () = self.anew.notified(), if self.route.modern => return Ended::Anew,
            };
            let Ok(Some(event)) = event else {
                return Ended::Broken(events.parser.last_id, events.parser.retry);
            };
            let Some(link) = self.link.upgrade() else { return Ended::Never };
            for message in message::read(&event.data, &events.key).unwrap_or_default() {
                link.hear(&self.route, message, None);
            }
        }
    }

    /// The request for the stream; `None` where there is nothing to be heard.
    fn sending(&self, link: &Link, last_id: Option<&[u8]>) -> Option<Sending<'static>> {
        let (method, headers, body) = if self.route.modern {
            let (headers, body) = self.asks_for(link)?;
            (Method::POST, headers, Some(body))
        } else {
            let mut headers = listening(self.route.headers.clone());
            let last_id = last_id.and_then(|id| HeaderValue::from_bytes(id).ok());
            headers.extend(last_id.map(|id| (LAST_EVENT_ID, id)));
            (Method::GET, headers, None)
        };
        Some(Sending { what: STREAM, method, target: None, headers, body, safety: Safety::Read })
    }

    /// A modern server is told what is to be heard of.
    fn asks_for(&self, link: &Link) -> Option<(HeaderMap, Bytes)> {
        let mut wanted = Map::new();
        for (name, wish) in [
            ("tools", "toolsListChanged"),
            ("prompts", "promptsListChanged"),
            ("resources", "resourcesListChanged"),
        ] {
            if declares(&self.capabilities, name, "listChanged") {
                wanted.insert(wish.to_owned(), true.into());
            }
        }
        let subscribed = link.subscribed.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if !subscribed.is_empty() {
            wanted.insert("resourceSubscriptions".to_owned(), json!(subscribed));
        }
        if wanted.is_empty() {
            return None;
        }
        let mut params = Map::new();
        params.insert("notifications".to_owned(), Value::Object(wanted));
        let watch = Watch::default();
        let place = link.pending.register(&watch, None);
        era::dress(&self.route, &mut params, &watch, place.id);
        let mut request = reading("subscriptions/listen", params);
        let mut headers = self.route.headers.clone();
        headers.extend(era::headers(&self.route, &request));
        Some((headers, message::request(place.id, &request.method, &mut request.params)))
    }
}

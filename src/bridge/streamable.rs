//! Streamable HTTP: every message is a POST to the server's address, and its answer comes back with it, as JSON or as a
//! stream of events that can be taken up again where it broke.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http::header::{HeaderName, HeaderValue};
use reqwest::Method;
use serde_json::json;

use super::answer::{self, Asked, Events, Kind};
use super::error::BridgeError;
use super::http_sse::listening;
use super::link::{Asking, Link, Reply, cancelled, what};
use super::message::{self, Message, is_id};
use super::pending::Outcome;
use super::session::{Route, SESSION_ID};
use super::wire::{Answered, Sending, Time};
use super::{Watch, era};
use crate::https::{Safety, Trouble};

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// A read of which nothing is heard, not even the beginning of an answer.
const SILENCE: Duration = Duration::from_secs(20);
/// Before a stream is taken up again, where the server does not say.
const BEFORE_RESUMING: Duration = Duration::from_millis(500);
/// Attempts in a row to take up a stream of which nothing comes.
const RESUMPTIONS: u32 = 4;
/// For a notice of ours that nobody waits for.
const NOTICE: Duration = Duration::from_secs(5);

/// Sends one request in a session.
pub async fn ask(link: &Arc<Link>, route: &Arc<Route>, asking: Asking<'_>) -> Result<Reply, BridgeError> {
    let Asking { request, watch, time } = asking;
    let place = link.pending.register(watch, None);
    era::dress(route, &mut request.params, watch, place.id);
    let mut headers = route.headers.clone();
    headers.extend(era::headers(route, request));
    if route.modern && request.method == "tools/call" {
        headers.extend(link.mirrored.headers(request));
    }
    let body = message::request(place.id, &request.method, &mut request.params);
    let sending = Sending {
        what: what(request),
        method: Method::POST,
        target: None,
        headers,
        body: Some(body),
        safety: request.safety,
    };
    let heard = patience(request.safety, watch, time);
    let reading =
        Reading { link, route, id: place.id, asked: Asked { host: link.wire.host(), what: sending.what } };
    // Pinned here: a future that is handed from one to the next takes its room in each of them.
    let mut work = pin!(async { reading.read(link.wire.send(&sending, heard).await?).await });
    let mut work = pin!(time.bound(work.as_mut()));
    let ended = match request.safety {
        Safety::Write => Some(work.await),
        Safety::Read => watch.cancelled.run_until_cancelled(work.as_mut()).await,
    };
    let error = match ended {
        Some(Some(Err(error @ BridgeError::Silent { .. }))) => error,
        Some(Some(result)) => return result,
        Some(None) => link.wire.silent(sending.what, time),
        None => cancelled(request),
    };
    // The end of the stream says the same to a modern server.
    if !route.modern && request.safety == Safety::Read && request.method != "initialize" {
        tell_cancelled(link, route, place.id);
    }
    Err(error)
}

/// Tells the server that the session is over.
pub async fn end(link: &Link, route: &Route, time: Time) {
    let (what, headers) = ("the end of the session", route.headers.clone());
    let sending =
        Sending { what, method: Method::DELETE, target: None, headers, body: None, safety: Safety::Read };
    // 405 says that the server ends sessions by itself; anything else is too late to matter.
    let _ended = link.wire.send(&sending, time).await;
}

/// How long the beginning of an answer is waited for.
pub fn patience(safety: Safety, watch: &Watch, time: Time) -> Time {
    match safety {
        Safety::Read if watch.progress.is_none() => time.at_most(SILENCE),
        _ => time,
    }
}

/// Tells an older server that nobody waits for its answer any more.
pub fn tell_cancelled(link: &Arc<Link>, route: &Arc<Route>, id: u64) {
    let (link, route) = (Arc::clone(link), Arc::clone(route));
    tokio::spawn(async move {
        let params = [("requestId".to_owned(), json!(id)), ("reason".to_owned(), json!("no longer wanted"))];
        let body = message::notification("notifications/cancelled", params.into_iter().collect());
        link.post(&route, "notifications/cancelled", body, Time::of(NOTICE)).await
    });
}

/// What reading one answer needs to know.
struct Reading<'a> {
    link: &'a Arc<Link>,
    route: &'a Arc<Route>,
    id: u64,
    asked: Asked<'a>,
}

impl Reading<'_> {
    async fn read(&self, answered: Answered) -> Result<Reply, BridgeError> {
        let status = answered.response.status().as_u16();
        if !answered.response.status().is_success() {
            return Err(self.refused(answered, status).await);
        }
        let headers = answered.response.headers();
        let session_id = headers.get(SESSION_ID).cloned();
        let outcome = match answer::kind(headers) {
            Kind::Events => self.events(answered).await?,
            Kind::Json | Kind::Page => {
                let mut outcome = None;
                for message in answer::messages(answered, self.asked).await? {
                    self.sort(message, &mut outcome);
                }
                outcome.ok_or_else(|| self.asked.unreadable("does not belong to it"))?
            }
        };
        Ok(Reply { result: outcome?, session_id })
    }

    async fn refused(&self, answered: Answered, status: u16) -> BridgeError {
        let gone = || BridgeError::SessionGone {
            host: self.asked.host.to_owned(),
            what: self.asked.what.to_owned(),
        };
        if status == 404 && self.route.has_id() {
            return gone();
        }
        let error = answer::refusal(answered, self.asked).await;
        if status == 400 && self.route.has_id() && error.names_session() { gone() } else { error }
    }

    /// Keeps our answer, and hands on everything else.
    fn sort(&self, message: Message, outcome: &mut Option<Outcome>) {
        match message {
            Message::Answer { id, outcome: ours }
                if is_id(&id, self.id) || (id.is_null() && ours.is_err()) =>
            {
                *outcome = Some(ours);
            }
            // An answer to somebody else comes on their own stream.
            Message::Answer { .. } => {}
            other => self.link.hear(self.route, other, Some(self.id)),
        }
    }

    /// Reads a stream until our answer is there.
    async fn events(&self, answered: Answered) -> Result<Outcome, BridgeError> {
        let mut events = Events::of(answered);
        let mut fruitless = 0;
        loop {
            match events.next(self.asked).await {
                Ok(Some(event)) => {
                    fruitless = 0;
                    let messages = message::read(&event.data, &events.key);
                    drop(event);
                    let mut outcome = None;
                    for message in messages.map_err(|what| self.asked.unreadable(what))? {
                        self.sort(message, &mut outcome);
                    }
                    if let Some(outcome) = outcome {
                        events.finish();
                        return Ok(outcome);
                    }
                    continue;
                }
                Ok(None) | Err(BridgeError::Https(_)) => {}
                Err(error) => return Err(error),
            }
            fruitless += 1;
            events = self.resume(events, &mut fruitless).await?;
        }
    }

    /// Takes the stream up again behind the last event that came.
    async fn resume(&self, broken: Events, fruitless: &mut u32) -> Result<Events, BridgeError> {
        let lost = || BridgeError::from(Trouble::Broken { host: self.asked.host.to_owned() });
        let (last_id, retry, left) = (broken.parser.last_id, broken.parser.retry, broken.left);
        let id = last_id.filter(|_| !self.route.modern).ok_or_else(lost)?;
        let mut headers = listening(self.route.headers.clone());
        headers.insert(LAST_EVENT_ID, HeaderValue::from_bytes(&id).map_err(|_| lost())?);
        let sending = Sending {
            what: self.asked.what,
            method: Method::GET,
            target: None,
            headers,
            body: None,
            safety: Safety::Read,
        };
        while *fruitless <= RESUMPTIONS {
            tokio::time::sleep(retry.unwrap_or(BEFORE_RESUMING).max(BEFORE_RESUMING / 10)).await;
            match self.link.wire.send(&sending, Time::of(SILENCE)).await {
                Ok(answered) if answered.response.status().is_success() => {
                    let mut events = Events::of(answered);
                    (events.parser.last_id, events.parser.retry, events.left) = (Some(id), retry, left);
                    return Ok(events);
                }
                Err(BridgeError::Https(_)) => *fruitless += 1,
                Ok(_) | Err(_) => return Err(lost()),
            }
        }
        Err(lost())
    }
}

//! The older transport, HTTP+SSE: one stream, whose first event names the address for messages, and on which all
//! answers come.

use std::pin::pin;
use std::sync::{Arc, Weak};

use http::header::{ACCEPT, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::Method;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use url::Position;

use super::answer::{self, Asked, Events, Kind};
use super::era;
use super::error::BridgeError;
use super::link::{Asking, Link, Reply, cancelled, what};
use super::message::{self, Message};
use super::session::{Older, Route};
use super::streamable::{patience, tell_cancelled};
use super::wire::{Sending, Time};
use crate::failure::Sent;
use crate::https::{Safety, Trouble};

const STREAM: &str = "the stream of answers";

/// Opens the stream and waits for the address for messages. The stream is read until `ended`.
pub async fn connect(
    link: &Arc<Link>,
    time: Time,
    ended: &CancellationToken,
) -> Result<Arc<Route>, BridgeError> {
    let asked = Asked { host: link.wire.host(), what: STREAM };
    let sending = Sending {
        what: STREAM,
        method: Method::GET,
        target: None,
        headers: listening(link.wire.headers()),
        body: None,
        safety: Safety::Read,
    };
    let opening = async {
        let answered = link.wire.send(&sending, time).await?;
        let status = answered.response.status();
        if !status.is_success() {
            return Err(answer::refusal(answered, asked).await);
        }
        if answer::kind(answered.response.headers()) != Kind::Events {
            let (host, status) = (asked.host.to_owned(), Some(status.as_u16()));
            return Err(BridgeError::NotMcp { host, status, what: "no stream of events" });
        }
        let mut events = Events::of(answered);
        loop {
            match events.next(asked).await? {
                Some(event) if event.name == b"endpoint" => return Ok((event.data, events)),
                Some(_) => {}
                None => return Err(broken(asked.host)),
            }
        }
    };
    let (address, events) = time.bound(opening).await.ok_or_else(|| link.wire.silent(STREAM, time))??;
    let older = Older { target: target(link, &address)?, over: CancellationToken::new() };
    let over = older.over.clone().drop_guard();
    let headers = link.wire.headers();
    let route = Arc::new(Route { modern: false, headers, older: Some(older) });
    let (weak, route_read, ended) = (Arc::downgrade(link), Arc::downgrade(&route), ended.clone());
    tokio::spawn(async move {
        let _over = over;
        ended.run_until_cancelled(read(weak, route_read, events)).await
    });
    Ok(route)
}

/// The headers of a request for a stream.
pub fn listening(mut headers: HeaderMap) -> HeaderMap {
    headers.remove(CONTENT_TYPE);
    headers.insert(ACCEPT, HeaderValue::from_static("text/event-stream"));
    headers
}

/// Path and query of the address for messages, which has to be on the host that the key belongs to.
fn target(link: &Link, address: &[u8]) -> Result<String, BridgeError> {
    let host = || link.wire.host().to_owned();
    let elsewhere = |to: String| BridgeError::Elsewhere { host: host(), to };
    let origin = &link.wire.setup.origin;
    let url =
        std::str::from_utf8(address).ok().and_then(|address| origin.join("")?.join(address.trim()).ok());
    let Some(url) = url else { return Err(elsewhere("an address that cannot be read".to_owned())) };
    if !origin.covers(&url) {
        let other = url.origin();
        let to =
            if other.is_tuple() { other.ascii_serialization() } else { "an address off the web".to_owned() };
        return Err(elsewhere(to));
    }
    Ok(url[Position::BeforePath..Position::AfterQuery].to_owned())
}

/// Hands on what comes, until the stream ends or nobody is there any more.
async fn read(link: Weak<Link>, route: Weak<Route>, mut events: Events) {
    loop {
        let host = match link.upgrade() {
            Some(link) => link.wire.host().to_owned(),
            None => return,
        };
        let Ok(Some(event)) = events.next(Asked { host: &host, what: STREAM }).await else { return };
        let (Some(link), Some(route)) = (link.upgrade(), route.upgrade()) else { return };
        // What is no message belongs to nobody who waits.
        let messages = message::read(&event.data, &events.key).unwrap_or_default();
        drop(event);
        for message in messages {
            if matches!(message, Message::Answer { .. }) {
                events.refill();
            }
            link.hear(&route, message, None);
        }
    }
}

/// Sends one request; its answer comes on the stream.
pub async fn ask(
    link: &Arc<Link>,
    route: &Arc<Route>,
    older: &Older,
    asking: Asking<'_>,
) -> Result<Reply, BridgeError> {
    let Asking { request, watch, time } = asking;
    let host = link.wire.host();
    let (sender, mut answer) = oneshot::channel();
    let place = link.pending.register(watch, Some(sender));
    era::dress(route, &mut request.params, watch, place.id);
    let body = message::request(place.id, &request.method, &mut request.params);
    let sending = Sending {
        what: what(request),
        method: Method::POST,
        target: Some(&older.target),
        headers: route.headers.clone(),
        body: Some(body),
        safety: request.safety,
    };
    let gone = || BridgeError::SessionGone { host: host.to_owned(), what: what(request).to_owned() };
    if older.over.is_cancelled() {
        return Err(gone());
    }
    let heard = patience(request.safety, watch, time);
    let mut work = pin!(async {
        let mut posting = pin!(post(link, &sending, heard));
        let mut posted = false;
        loop {
            tokio::select! {
                biased;
                outcome = &mut answer => return outcome.unwrap_or_else(|_| Err(broken(host))),
                () = older.over.cancelled() => return Err(broken(host)),
                result = &mut posting, if !posted => {
                    if !result? {
                        return Err(gone());
                    }
                    posted = true;
                }
            }
        }
    });
    let mut work = pin!(heard.bound(work.as_mut()));
    let ended = match request.safety {
        Safety::Write => Some(work.await),
        Safety::Read => watch.cancelled.run_until_cancelled(work.as_mut()).await,
    };
    let error = match ended {
        Some(Some(outcome)) => return outcome.map(|result| Reply { result, session_id: None }),
        Some(None) => link.wire.silent(sending.what, heard),
        None => cancelled(request),
    };
    if request.safety == Safety::Read && request.method != "initialize" {
        tell_cancelled(link, route, place.id);
    }
    Err(error)
}

/// False where the session is not known any more.
async fn post(link: &Link, sending: &Sending<'_>, time: Time) -> Result<bool, BridgeError> {
    let answered = link.wire.send(sending, time).await?;
    if answered.response.status().is_success() {
        return Ok(true);
    }
    let error = answer::refusal(answered, Asked { host: link.wire.host(), what: sending.what }).await;
    match error.status() {
        Some(404 | 410) => Ok(false),
        // No other status says that nothing was done, whatever its words.
        Some(400) if error.names_session() => Ok(false),
        None if error.names_session() && error.sent() == Sent::Refused => Ok(false),
        _ => Err(error),
    }
}

fn broken(host: &str) -> BridgeError {
    Trouble::Broken { host: host.to_owned() }.into()
}

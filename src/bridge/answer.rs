//! Reads what came back: bounded, as JSON or as a stream of events, and errors in words that are harmless.

use std::time::{Duration, SystemTime};

use http::header::{CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::body::Bytes;
use reqwest::Response;
use serde_json::Value;

use super::error::{BridgeError, Refusal};
use super::message::{self, Message};
use super::sse::{Event, Parser};
use super::wire::{Answered, Time};
use crate::credentials::Key;
use crate::https::{broken, within};
use crate::text::{in_line, is_hidden};

/// No answer is read beyond this, in bytes.
pub const MOST: usize = 32 * 1024 * 1024;
/// Nor a stream with one answer, with all that is said beside it.
const MOST_OF_STREAM: usize = 2 * MOST;
/// Nor an error body beyond this.
const MOST_OF_ERROR: usize = 64 * 1024;
/// Nor is one waited for longer than this.
const TIME_OF_ERROR: Duration = Duration::from_secs(2);
/// Characters of a server's words in an error of ours.
pub const WORDS: usize = 300;
/// No `Retry-After` is believed beyond this.
const LONGEST_WAIT: Duration = Duration::from_secs(120);

/// What the words of an error need to know.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub host: &'a str,
    pub what: &'a str,
}

impl Asked<'_> {
    fn too_large(self) -> BridgeError {
        BridgeError::TooLarge { host: self.host.to_owned(), what: self.what.to_owned() }
    }

    pub fn unreadable(self, what: &'static str) -> BridgeError {
        BridgeError::Unreadable { host: self.host.to_owned(), asked: self.what.to_owned(), what }
    }
}

/// How the body of an answer comes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Events,
    Page,
    Json,
}

pub fn kind(headers: &HeaderMap) -> Kind {
    let kind = text_of(headers, CONTENT_TYPE.as_str()).unwrap_or_default().to_ascii_lowercase();
    match kind.split(';').next().unwrap_or_default().trim() {
        "text/event-stream" => Kind::Events,
        page if page.contains("html") => Kind::Page,
        _ => Kind::Json,
    }
}

/// Reads a whole body of messages.
pub async fn messages(mut answered: Answered, asked: Asked<'_>) -> Result<Vec<Message>, BridgeError> {
    let response = &mut answered.response;
    let length = response.content_length().unwrap_or_default();
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    if length > MOST {
        return Err(asked.too_large());
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error, asked.host))? {
        if body.len() + chunk.len() > MOST {
            return Err(asked.too_large());
        }
        if body.is_empty() {
            body.reserve(length.max(chunk.len()));
        }
        body.extend_from_slice(&chunk);
    }
    let start = body.trim_ascii_start();
    if kind(response.headers()) == Kind::Page || start.starts_with(b"<") {
        let what = if start.starts_with(b"<?xml") { "an XML document" } else { "an HTML page" };
        let status = Some(response.status().as_u16());
        return Err(BridgeError::NotMcp { host: asked.host.to_owned(), status, what });
    }
    message::read(&body, &answered.key).map_err(|what| asked.unreadable(what))
}

/// The events of a stream.
pub struct Events {
    response: Response,
    pub key: Key,
    pub parser: Parser,
    piece: Bytes,
    /// Bytes that may still come before an answer has to.
    pub left: usize,
}

impl Events {
    pub fn of(answered: Answered) -> Self {
        Self {
            response: answered.response,
            key: answered.key,
            parser: Parser::new(MOST),
            piece: Bytes::new(),
            left: MOST_OF_STREAM,
        }
    }

    /// The next event that carries data; `None` at the end of the stream.
    pub async fn next(&mut self, asked: Asked<'_>) -> Result<Option<Event>, BridgeError> {
        loop {
            let mut left = self.piece.as_ref();
            let event = self.parser.next(&mut left).map_err(|_| asked.too_large())?;
            let taken = self.piece.len() - left.len();
            drop(self.piece.split_to(taken));
            match event {
                Some(event) if !event.data.is_empty() => return Ok(Some(event)),
                Some(_) => continue,
                None => {}
            }
            match self.response.chunk().await.map_err(|error| broken(&error, asked.host))? {
                Some(piece) => {
                    self.left = self.left.checked_sub(piece.len()).ok_or_else(|| asked.too_large())?;
                    self.piece = piece;
                }
                None => return Ok(None),
            }
        }
    }

    /// An answer came on a stream that carries many.
    pub fn refill(&mut self) {
        self.left = MOST_OF_STREAM;
    }

    /// Reads a stream to its end, which keeps its connection: what was wanted from it is there already.
    pub fn finish(mut self) {
        tokio::spawn(async move {
            let rest = async { while let Ok(Some(_)) = self.response.chunk().await {} };
            Time::of(Duration::from_secs(1)).bound(rest).await
        });
    }
}

/// Reads an answer of 4xx or 5xx, as much of its body as comes.
pub async fn refusal(mut answered: Answered, asked: Asked<'_>) -> BridgeError {
    let response = &mut answered.response;
    let status = response.status().as_u16();
    let mut body = Vec::new();
    let reading = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = MOST_OF_ERROR.saturating_sub(body.len());
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if body.len() >= MOST_OF_ERROR {
                break;
            }
        }
    };
    // The status is the answer; its words are not waited for.
    let _in_time = within(crate::https::Moment::now(), TIME_OF_ERROR, reading).await;
    if !matches!(status, 401 | 403 | 408 | 429 | 500..)
        && let Some(error) = own_error(&body, &answered.key)
    {
        return error;
    }
    let headers = answered.response.headers();
    let page = kind(headers) == Kind::Page || body.trim_ascii_start().starts_with(b"<");
    let refusal = Box::new(Refusal {
        host: asked.host.to_owned(),
        what: asked.what.to_owned(),
        status,
        said: if page { None } else { said(&body, &answered.key) },
        page,
        challenge: text_of(headers, WWW_AUTHENTICATE.as_str()),
        retry_after: retry_after(headers),
    });
    match status {
        429 => BridgeError::Busy(refusal),
        408 | 500.. => BridgeError::Unavailable(refusal),
        _ => BridgeError::Refused(refusal),
    }
}

/// A JSON-RPC error that says for sure that nothing was done; modern servers send them with 400 and 404.
fn own_error(body: &[u8], key: &Key) -> Option<BridgeError> {
    let message = message::read(body, key).ok()?.into_iter().next()?;
    match message {
        Message::Answer { outcome: Err(error @ BridgeError::Rpc { .. }), .. }
            if error.sent() == crate::failure::Sent::Refused =>
        {
            Some(error)
        }
        _ => None,
    }
}

/// The words of an error body.
fn said(body: &[u8], key: &Key) -> Option<String> {
    let text = String::from_utf8_lossy(body);
    let json: Option<Value> = serde_json::from_str(&text).ok();
    let found = json.as_ref().and_then(words).unwrap_or_else(|| match &json {
        Some(_) => "",
        None => text.as_ref(),
    });
    let bare: String = found.chars().filter(|letter| !is_hidden(*letter)).collect();
    // Where hidden characters split the key, they are left out, so that it is found and masked.
    let shown = if key.is_in(&bare) { key.scrub(&bare) } else { found.to_owned() };
    Some(in_line(&shown, WORDS)).filter(|said| !said.is_empty())
}

fn words(json: &Value) -> Option<&str> {
    let named = ["error_description", "message", "detail", "error", "title"].iter();
    match json {
        Value::String(text) => Some(text),
        Value::Object(object) => named.filter_map(|name| object.get(*name)).find_map(words),
        _ => None,
    }
}

/// `Retry-After`: seconds, or a date that is compared with the answer's own `Date` where it has one.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text_of(headers, RETRY_AFTER.as_str())?;
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse().map_or(LONGEST_WAIT, Duration::from_secs).min(LONGEST_WAIT));
    }
    let until = httpdate::parse_http_date(value).ok()?;
    let date = text_of(headers, DATE.as_str()).and_then(|date| httpdate::parse_http_date(&date).ok());
    let from = date.unwrap_or_else(SystemTime::now);
    Some(until.duration_since(from).unwrap_or_default().min(LONGEST_WAIT))
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

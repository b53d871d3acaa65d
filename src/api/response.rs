//! Reads an answer: bounded, JSON unless anything was allowed, and never further than needed.

mod attachment;

use std::time::{Duration, SystemTime};

use reqwest::Response;
use reqwest::header::{CONTENT_TYPE, DATE, ETAG, HeaderMap, LINK, LOCATION, RETRY_AFTER};
use serde_json::Value;
use url::Url;

use super::error::ApiError;
use super::refusal::Refusal;
use super::text::Cleaner;
use super::{Attachment, Reply, retry};
use crate::credentials::Key;
use crate::https::{Moment, broken, within};

/// No answer is read beyond this, in bytes.
const MOST: usize = 5 * 1024 * 1024;
/// Nor a file beyond this.
const MOST_OF_FILE: usize = 20_000_000;
/// Nor an error body beyond this.
const MOST_OF_ERROR: usize = 16 * 1024;
/// Nor is one waited for longer than this.
pub const TIME_OF_ERROR: Duration = Duration::from_secs(2);
const REQUEST_ID: usize = 128;
/// Longer tags are none that anybody sends back.
const LONGEST_ETAG: usize = 512;

/// What the words of an error need to know.
pub struct Asked<'a> {
    pub tool: &'a str,
    pub host: &'a str,
    pub url: &'a Url,
    pub key: &'a Key,
    /// An answer that is no JSON is taken as a file.
    pub any: bool,
}

/// Reads the whole answer. The caller bounds the time.
pub async fn read(mut response: Response, asked: &Asked<'_>) -> Result<Reply, ApiError> {
    let status = response.status().as_u16();
    let host = || asked.host.to_owned();
    if (300..400).contains(&status) {
        let to = target(response.headers(), asked.url);
        return Err(ApiError::Redirected { host: host(), status, to });
    }
    if !response.status().is_success() {
        return Err(refusal(response, asked).await);
    }
    let is_file = asked.any && attachment::is_one(response.headers());
    let body = whole(&mut response, if is_file { MOST_OF_FILE } else { MOST }, asked.host).await?;
    let headers = response.headers();
    if is_file && !body.is_empty() {
        return attachment::reply(headers, body, asked);
    }
    let mut json = match json(status, is_page(headers), &body, asked.host) {
        Err(ApiError::Unreadable { .. }) if asked.any && attachment::is_untold(headers) => {
            return attachment::reply(headers, body, asked);
        }
        read => read?,
    };
    // A body that was read as JSON is UTF-8 but for what its texts escape.
    let text = String::from_utf8_lossy(&body);
    if asked.key.is_in(&text) || text.contains("\\u00") {
        asked.key.scrub_all(&mut json);
    }
    if says_that_it_failed(&json) {
        let mut refusal = Refusal::read(status, false, &body, &Cleaner::new(asked.key));
        refusal.request_id = request_id(headers, asked.key);
        return Err(ApiError::refused(asked.tool, refusal));
    }
    Ok(Reply {
        body: json,
        link: text_of(headers, LINK.as_str()),
        request_id: request_id(headers, asked.key),
        date: text_of(headers, DATE.as_str()).and_then(|date| httpdate::parse_http_date(&date).ok()),
        etag: text_of(headers, ETAG.as_str())
            .filter(|tag| tag.len() <= LONGEST_ETAG && !asked.key.is_in(tag)),
        file: None,
    })
}

/// The body, unless it is larger than that.
async fn whole(response: &mut Response, most: usize, host: &str) -> Result<Vec<u8>, ApiError> {
    let too_large = |status: u16| ApiError::TooLarge { host: host.to_owned(), status, most };
    let status = response.status().as_u16();
    if response.content_length().is_some_and(|length| length > most as u64) {
        return Err(too_large(status));
    }
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error, host))? {
        if body.len() + chunk.len() > most {
            return Err(too_large(status));
        }
        if body.is_empty() {
            let expected = response.content_length().unwrap_or_default();
            body.reserve(usize::try_from(expected).unwrap_or_default().max(chunk.len()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Reads a 2xx body.
fn json(status: u16, page: bool, body: &[u8], host: &str) -> Result<Value, ApiError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    if body.is_empty() {
        return Ok(Value::Null);
    }
    if page || body.starts_with(b"<") {
        let what = if body.starts_with(b"<?xml") { "an XML document" } else { "an HTML page" };
        return Err(ApiError::NotTheApi { host: host.to_owned(), status: Some(status), what });
    }
    serde_json::from_slice(body).map_err(|error| {
        let what = if error.is_eof() { "is half a JSON: it ends in the middle" } else { "is not JSON" };
        ApiError::Unreadable { host: host.to_owned(), status, what }
    })
}

/// Some APIs answer every request with 200 and say in the body that they refused it. Only an answer that
/// brings nothing else counts as that.
fn says_that_it_failed(json: &Value) -> bool {
    const WORDS: &[&str] = &[
        "success",
        "ok",
        "status",
        "message",
        "code",
        "error",
        "errors",
        "details",
        "request_id",
        "timestamp",
    ];
    let Value::Object(object) = json else { return false };
    let is = |name: &str, wanted: &Value| object.get(name) == Some(wanted);
    let outright = is("success", &Value::Bool(false))
        || is("ok", &Value::Bool(false))
        || is("status", &"error".into())
        || is("status", &"fail".into());
    let failed =
        outright || ["error", "errors"].iter().any(|name| object.get(*name).is_some_and(says_something));
    let aside = |name: &str, value: &Value| {
        WORDS.contains(&name)
            || !says_something(value)
            // JSend puts the complaints where a record would stand.
            || (outright && name == "data" && value.is_object() && value.get("id").is_none())
    };
    failed && object.iter().all(|(name, value)| aside(name, value))
}

fn says_something(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

/// Reads an answer of 4xx or 5xx, as much of its body as comes.
async fn refusal(mut response: Response, asked: &Asked<'_>) -> ApiError {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    let reading = async {
        while let Ok(Some(chunk)) = response.chunk().await {
            let room = MOST_OF_ERROR - body.len();
            body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
            if body.len() >= MOST_OF_ERROR {
                break;
            }
        }
    };
    // The status is the answer; its words are not waited for.
    let _in_time = within(Moment::now(), TIME_OF_ERROR, reading).await;
    let headers = response.headers();
    let cleaner = Cleaner::new(asked.key);
    let mut refusal = Refusal::read(status, is_page(headers), &body, &cleaner);
    refusal.request_id = request_id(headers, asked.key);
    refusal.retry_after = text_of(headers, RETRY_AFTER.as_str()).and_then(|value| {
        retry::retry_after(&value, text_of(headers, DATE.as_str()).as_deref(), SystemTime::now())
    });
    ApiError::refused(asked.tool, refusal)
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

fn is_page(headers: &HeaderMap) -> bool {
    text_of(headers, CONTENT_TYPE.as_str()).is_some_and(|kind| kind.to_ascii_lowercase().contains("html"))
}

fn text_of(headers: &HeaderMap, name: &str) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn request_id(headers: &HeaderMap, key: &Key) -> Option<String> {
    ["x-request-id", "request-id", "x-correlation-id"]
        .iter()
        .find_map(|name| text_of(headers, name))
        .map(|id| Cleaner::new(key).clean(&id, REQUEST_ID))
        .filter(|id| !id.is_empty())
}

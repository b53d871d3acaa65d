//! The only HTTP client of REST APIs: [`Client::send`] signs, sends, repeats where that is safe, and reads.

mod client;
pub mod description;
mod error;
mod explain;
pub mod pages;
mod refusal;
mod response;
mod retry;
pub mod text;

#[cfg(test)]
mod tests;

use std::time::{Duration, SystemTime};

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use crate::credentials::BoxFuture;

pub use crate::https::{Moment, Safety, Trust, Unreachable, within};
pub use client::Client;
pub use error::ApiError;
pub use refusal::{ErrorBody, Forbidden, Refusal};
pub use reqwest::Method;

/// One request to the API, complete but for the key.
#[derive(Clone, Debug)]
pub struct Request {
    /// The tool that asks, for messages.
    pub tool: String,
    pub method: Method,
    /// Absolute and percent-encoded, for example `/v1/invoices`.
    pub path: String,
    /// Not yet encoded.
    pub query: Vec<(String, String)>,
    pub body: Body,
    /// `X-Profile-Id`.
    pub profile: Option<String>,
    /// `Idempotency-Key`; sent on creates and acts, never relied on.
    pub idempotency_key: Option<String>,
    /// `If-Match`: the strong `ETag` of the record as it was read.
    pub if_match: Option<String>,
    /// Waits before another attempt come to no more than this: then what the request was made from is read again.
    pub patience: Option<Duration>,
    pub safety: Safety,
    /// The media type that is hoped for, of an operation in the words of the user's own description: such a request is
    /// translated by nobody, and answered with anything. `None`: JSON, in our words.
    pub verbatim: Option<&'static str>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    None,
    Json(Value),
    /// One file as `multipart/form-data`.
    File {
        /// Its name in the form.
        part: &'static str,
        name: String,
        content_type: &'static str,
        bytes: Vec<u8>,
    },
}

/// What the API answered, 2xx.
#[derive(Clone, Debug, Default)]
pub struct Reply {
    /// `Null` where the answer had no body.
    pub body: Value,
    /// The `Link` header, for paging.
    pub link: Option<String>,
    pub request_id: Option<String>,
    /// The server's clock when it answered, to the second.
    pub date: Option<SystemTime>,
    /// The `ETag` header as it came, weak ones included.
    pub etag: Option<String>,
    /// What was no JSON, where that was allowed.
    pub file: Option<Box<Attachment>>,
}

/// An answer that is no JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// As the server has it, without parameters, in small letters; it may be wrong.
    pub media_type: String,
    /// The name that the server proposes, as it came.
    pub name: Option<String>,
    pub bytes: Vec<u8>,
}

/// What goes on around a request while it is being sent.
pub struct Watch<'a> {
    /// Stops a read at any time, and a write that is not yet sent. A write that is under way runs to its
    /// end.
    pub cancelled: CancellationToken,
    /// Told of every wait before it begins: how long, and what for.
    pub waiting: &'a (dyn Fn(Duration, &str) + Send + Sync),
    /// Asked before every attempt after the first, for which the caller has a permit already.
    pub permits: Option<&'a dyn Permits>,
}

/// The limits that all processes with one key share, as the client needs them.
pub trait Permits: Send + Sync {
    /// Waits for one more permit, or says how long that would take.
    fn admit(&self, safety: Safety) -> BoxFuture<'_, Result<(), Duration>>;

    /// The API answered 429 and wants no request for so long.
    fn blocked(&self, pause: Duration);

    /// Counts a wait before another attempt; false where the call has no time left for it.
    fn spend(&self, wait: Duration) -> bool;
}

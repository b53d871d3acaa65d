//! The only HTTP client of REST APIs: [`Client::send`] signs, sends, repeats where that is safe, and reads.

use serde_json::Value;

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
    pub safety: Safety,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    None,
    Json(Value),
    /// One file as `multipart/form-data`, part `file`.
    File {
        name: String,
        content_type: &'static str,
        bytes: Vec<u8>,
    },
}

/// What may be repeated after an answer was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safety {
    /// A GET: repeated on connect failure, reset, 429, 502 to 504.
    Read,
    /// Anything else: repeated on connect failure and 429 only.
    Write,
}

/// What the API answered, 2xx.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    /// `Null` where the answer had no body.
    pub body: Value,
    /// The `Link` header, for paging.
    pub link: Option<String>,
    pub request_id: Option<String>,
}

//! How a request can fail, in the words that people and assistants read.

use std::error::Error;
use std::fmt;

use reqwest::Method;

use super::refusal::{ErrorBody, Forbidden, Refusal};
use crate::credentials::NotSigned;
use crate::failure::Failure;
use crate::https::{Trouble, Unreachable};

/// Why there is no reply. `tool` and `host` are for the words only.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// No key could be had; nothing was sent.
    #[error(transparent)]
    NoKey(NoKey),
    #[error("`{tool}` was not sent: {why}")]
    NotSigned { tool: String, why: NotSigned },
    /// The request cannot be written as HTTP; nothing was sent.
    #[error("`{tool}` was not sent: its {part} holds characters that HTTP cannot carry")]
    Unsendable { tool: String, part: &'static str },
    /// The description of the API that is in use has no such operation, or no such parameter of it; nothing was sent.
    #[error("{}; nothing was sent", not_described(.tool, .missing, .parameter.as_deref()))]
    NotDescribed { tool: String, missing: &'static str, parameter: Option<String> },
    /// The description that is in use has no field for what a write was to set; nothing was sent.
    #[error("`{tool}` takes no `{}` by the API description in use; nothing was sent", .fields.join("`, `"))]
    NoPlace { tool: &'static str, fields: Vec<String> },
    /// An update that replaces the record would drop these fields of it, each in backticks; nothing was sent.
    #[error(
        "`{tool}` was not sent: {fields} would be lost, since the API description's PUT has no place for it"
    )]
    WouldLose { tool: String, fields: String },
    #[error("`{tool}` was cancelled")]
    Cancelled { tool: String },
    /// The roots of trust could not be read; nothing was sent.
    #[error("no encrypted connection can be made: {why}")]
    NoTrust { why: String },
    /// No connection came about; nothing was sent.
    #[error("{host} cannot be reached: {why}")]
    Unreachable { host: String, why: Unreachable },
    #[error("{host} did not answer within {seconds} s")]
    Silent { host: String, seconds: u64 },
    #[error("the connection to {host} broke before the answer was complete")]
    Broken { host: String },
    /// A redirect, which is never followed: the key stays with its own origin.
    #[error("{host} sent the request on to {to} (HTTP {status}), which is not followed")]
    Redirected { host: String, status: u16, to: String },
    #[error("the answer of {host} is larger than {} MB", most / 1_000_000)]
    TooLarge { host: String, status: u16, most: usize },
    /// A web page, or no HTTP at all.
    #[error("{host} answered with {what}{}: it may not be the billing API", http(*.status))]
    NotTheApi { host: String, status: Option<u16>, what: &'static str },
    /// A 2xx answer that is no JSON.
    #[error("the answer of {host} (HTTP {status}) {what}")]
    Unreadable { host: String, status: u16, what: &'static str },
    /// 429, and the wait is longer than a call may take.
    #[error("the API's rate limit is reached: `{tool}` was turned away{}", wait(.refusal))]
    Busy { tool: String, refusal: Box<Refusal> },
    /// 5xx or 408 on a read.
    #[error("the API is not available: it answered `{tool}` with HTTP {}{}", .refusal.status, said(.refusal))]
    Unavailable { tool: String, refusal: Box<Refusal> },
    /// Any other 4xx: nothing was changed.
    #[error("{}", refused(.tool, .refusal))]
    Refused {
        tool: String,
        refusal: Box<Refusal>,
        #[source]
        issues: Option<Chain>,
    },
    /// A write was sent and its fate is not known. Never repeated.
    #[error("`{tool}` was sent, but no clear answer came back: {}", may(.method))]
    Lost {
        tool: String,
        method: Method,
        /// What came instead of an answer.
        source: Box<ApiError>,
    },
}

impl From<Trouble> for ApiError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::NoTrust { why } => Self::NoTrust { why },
            Trouble::Unreachable { host, why } => Self::Unreachable { host, why },
            Trouble::NotHttp { host } => {
                Self::NotTheApi { host, status: None, what: "something that is not HTTP" }
            }
            Trouble::Broken { host } => Self::Broken { host },
        }
    }
}

/// A failure of the key's source, with its causes as a chain.
#[derive(Debug)]
pub struct NoKey {
    pub failure: Failure,
    causes: Option<Chain>,
}

impl NoKey {
    pub fn new(failure: Failure) -> Self {
        let causes = Chain::of(failure.causes.iter().cloned());
        Self { failure, causes }
    }
}

impl fmt::Display for NoKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.failure.message)
    }
}

impl Error for NoKey {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.causes.as_ref().map(|causes| causes as &(dyn Error + 'static))
    }
}

/// Texts as a chain of causes, so that they appear in text as well as in facts.
#[derive(Debug)]
pub struct Chain {
    text: String,
    next: Option<Box<Self>>,
}

impl Chain {
    fn of(texts: impl DoubleEndedIterator<Item = String>) -> Option<Self> {
        texts.rev().fold(None, |next, text| Some(Self { text, next: next.map(Box::new) }))
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Error for Chain {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.next.as_deref().map(|next| next as &(dyn Error + 'static))
    }
}

impl ApiError {
    /// What the API said, where it answered with an error.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Busy { refusal, .. }
            | Self::Unavailable { refusal, .. }
            | Self::Refused { refusal, .. } => Some(refusal),
            Self::Lost { source, .. } => source.refusal(),
            _ => None,
        }
    }

    /// The same where the request was put into the API's words: `ours` gives our name of a field that it complains of.
    pub fn described(self, ours: &dyn Fn(&str) -> Option<String>) -> Self {
        match self {
            Self::Refused { tool, mut refusal, .. } => {
                refusal.described = true;
                for issue in &mut refusal.field_issues {
                    if let Some(field) = issue.field.as_deref().and_then(ours) {
                        issue.field = Some(field);
                    }
                }
                Self::refused(&tool, *refusal)
            }
            Self::Lost { tool, method, source } => {
                Self::Lost { tool, method, source: Box::new(source.described(ours)) }
            }
            other => other,
        }
    }

    /// The status of the answer, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Redirected { status, .. }
            | Self::Unreadable { status, .. }
            | Self::TooLarge { status, .. } => Some(*status),
            Self::NotTheApi { status, .. } => *status,
            Self::Lost { source, .. } => source.status(),
            other => other.refusal().map(|refusal| refusal.status),
        }
    }

    pub(super) fn refused(tool: &str, refusal: Refusal) -> Self {
        let tool = tool.to_owned();
        let refusal = Box::new(refusal);
        match refusal.status {
            429 => Self::Busy { tool, refusal },
            408 | 500.. => Self::Unavailable { tool, refusal },
            _ => {
                let texts = refusal.field_issues.iter().map(|issue| match &issue.field {
                    Some(field) => format!("`{field}`: {}", issue.issue),
                    None => issue.issue.clone(),
                });
                let issues = Chain::of(texts);
                Self::Refused { tool, refusal, issues }
            }
        }
    }

    /// The same failure as it counts for a write: whatever is neither "not sent" nor a refusal may have
    /// taken effect.
    pub(super) fn of_a_write(self, tool: &str, method: &Method) -> Self {
        let harmless = match &self {
            Self::NoKey(_)
            | Self::NotSigned { .. }
            | Self::Unsendable { .. }
            | Self::NotDescribed { .. }
            | Self::NoPlace { .. }
            | Self::WouldLose { .. }
            | Self::Cancelled { .. }
            | Self::NoTrust { .. }
            | Self::Unreachable { .. }
            | Self::Busy { .. }
            | Self::Refused { .. }
            | Self::Lost { .. } => true,
            Self::NotTheApi { .. }
            | Self::Silent { .. }
            | Self::Broken { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::Unreadable { .. }
            | Self::Unavailable { .. } => false,
        };
        if harmless {
            return self;
        }
        Self::Lost { tool: tool.to_owned(), method: method.clone(), source: Box::new(self) }
    }
}

fn not_described(tool: &str, missing: &str, parameter: Option<&str>) -> String {
    match parameter {
        Some(parameter) => format!("`{missing}` takes no `{parameter}` by the API description in use"),
        None if tool == missing => format!("`{tool}` is not in the API description in use"),
        None => format!("`{tool}` needs `{missing}`, which is not in the API description in use"),
    }
}

fn http(status: Option<u16>) -> String {
    status.map(|status| format!(" (HTTP {status})")).unwrap_or_default()
}

fn wait(refusal: &Refusal) -> String {
    refusal.retry_after_s().map(|wait| format!(" for {wait} s")).unwrap_or_default()
}

fn said(refusal: &Refusal) -> String {
    match &refusal.message {
        Some(text) => format!(" ({text})"),
        None if refusal.body == ErrorBody::Page => " (it sent an HTML page)".to_owned(),
        None => String::new(),
    }
}

fn may(method: &Method) -> &'static str {
    match *method {
        Method::POST => "it may have been carried out",
        Method::DELETE => "the record may be gone",
        _ => "the record may have changed",
    }
}

fn refused(tool: &str, refusal: &Refusal) -> String {
    let said = said(refusal);
    match refusal.status {
        401 => format!("the API refused the key: it is revoked or wrong{said}"),
        402 => format!("the API wants a paid plan for `{tool}`{said}"),
        403 => match refusal.forbidden() {
            Forbidden::Plan => format!("the plan does not include `{tool}`, or has lapsed{said}"),
            Forbidden::ReadOnlyKey => format!("the key may only read, `{tool}` was refused{said}"),
            Forbidden::Scope => format!("the key does not reach what `{tool}` asked for{said}"),
            Forbidden::Untold => format!("the API does not allow this key `{tool}`{said}"),
        },
        404 if refusal.path_unknown() => {
            format!("the address does not know the path of `{tool}` (HTTP 404){said}")
        }
        404 => format!("the record that `{tool}` asked for does not exist{said}"),
        409 => format!("`{tool}` does not fit the state of the record{said}"),
        413 => format!("the API finds the request of `{tool}` too large{said}"),
        status => format!("the API refused `{tool}` (HTTP {status}){said}"),
    }
}

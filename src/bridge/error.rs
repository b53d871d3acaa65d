//! [`BridgeError`]: why a remote server gave no result, in words, and what that means for a write.

use std::time::Duration;

use serde_json::Value;

use super::answer::{MOST, WORDS};
use crate::failure::{Failure, Sent};
use crate::https::Trouble;
use crate::text::in_line;

/// Why there is no result. `host` and `what` (the tool, or the method) are for the words only; no address with a query
/// is ever among them, and no key.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BridgeError {
    /// No key could be had; nothing was sent.
    #[error("{}", .0.message)]
    NoKey(Box<Failure>),
    #[error("`{what}` was not sent: {why}")]
    NotSigned { what: String, why: String },
    /// The request cannot be written as HTTP; nothing was sent.
    #[error("`{what}` was not sent: its {part} holds characters that HTTP cannot carry")]
    Unsendable { what: String, part: &'static str },
    /// Nothing was sent, or it was a read.
    #[error("`{what}` was cancelled")]
    Cancelled { what: String },
    /// No connection came about, or it broke.
    #[error(transparent)]
    Https(#[from] Trouble),
    #[error("{host} did not answer `{what}` within {seconds} s")]
    Silent { host: String, what: String, seconds: u64 },
    /// A redirect, which is never followed: the key stays with its own origin.
    #[error("{host} sent the request on to {to} (HTTP {status}), which is not followed")]
    Redirected { host: String, status: u16, to: String },
    #[error("the answer of {host} to `{what}` is larger than {} MiB", MOST / 1024 / 1024)]
    TooLarge { host: String, what: String },
    /// A web page, or something else that no MCP server says.
    #[error("{host} answered with {what}{}: it may not be an MCP server", http(*.status))]
    NotMcp { host: String, status: Option<u16>, what: &'static str },
    /// Half an answer, or none.
    #[error("the answer of {host} to `{asked}` {what}")]
    Unreadable { host: String, asked: String, what: &'static str },
    /// 429. Nothing was done.
    #[error("the rate limit of {} is reached: `{}` was turned away{}", .0.host, .0.what, wait(.0))]
    Busy(Box<Refusal>),
    /// 5xx or 408.
    #[error("{} is not available: it answered `{}` with HTTP {}{}", .0.host, .0.what, .0.status, said(.0))]
    Unavailable(Box<Refusal>),
    /// Any other 4xx: nothing was done.
    #[error("{}", refused(.0))]
    Refused(Box<Refusal>),
    /// The server ended the session; what was sent in it was not processed.
    #[error("{host} ended the session again and again, `{what}` was not done")]
    SessionGone { host: String, what: String },
    /// The server's own JSON-RPC error, as it came; harmless only where it is shown as an error of ours.
    #[error("the server answered with an error of its own: {} ({code})", in_line(.message, WORDS))]
    Rpc { code: i64, message: String, data: Option<Value> },
    /// The older transport's stream named an address for messages that the key does not belong to.
    #[error("{host} wants its messages at {to}, which is not where its key belongs; nothing was sent there")]
    Elsewhere { host: String, to: String },
    #[error("{host} speaks version `{version}` of the protocol, which is not known here")]
    OtherVersion { host: String, version: String },
    /// A list that does not end, or goes in circles.
    #[error("{host} has no end to its answer to `{what}`: {why}")]
    Endless { host: String, what: String, why: &'static str },
    /// The session could not be opened, so the request itself was not sent.
    #[error("{0}")]
    NotOpened(Box<Self>),
}

/// An HTTP error and what was said with it.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub host: String,
    pub what: String,
    pub status: u16,
    /// On one line, harmless, without the key.
    pub said: Option<String>,
    /// The body was a web page.
    pub page: bool,
    /// `WWW-Authenticate`, as it came.
    pub challenge: Option<String>,
    pub retry_after: Option<Duration>,
}

impl BridgeError {
    /// Whether the request may have taken effect, had it been a write.
    pub fn sent(&self) -> Sent {
        match self {
            Self::NoKey(_)
            | Self::NotSigned { .. }
            | Self::Unsendable { .. }
            | Self::Cancelled { .. }
            | Self::Elsewhere { .. }
            | Self::OtherVersion { .. }
            | Self::NotOpened(_)
            | Self::Https(Trouble::NoTrust { .. } | Trouble::Unreachable { .. }) => Sent::Nothing,
            // -32042 wants an address opened first. -32020 to -32022 are the modern era's own refusals of a header, a capability and a version.
            Self::Rpc { code: -32600 | -32601 | -32602 | -32700 | -32042 | -32022..=-32020, .. }
            | Self::Busy(_)
            | Self::Refused(_)
            | Self::SessionGone { .. } => Sent::Refused,
            Self::Rpc { .. }
            | Self::Https(_)
            | Self::Silent { .. }
            | Self::Redirected { .. }
            | Self::TooLarge { .. }
            | Self::NotMcp { .. }
            | Self::Unreadable { .. }
            | Self::Unavailable(_)
            | Self::Endless { .. } => Sent::Unknown,
        }
    }

    /// What the server said with an HTTP error.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Busy(refusal) | Self::Unavailable(refusal) | Self::Refused(refusal) => Some(refusal),
            Self::NotOpened(inner) => inner.refusal(),
            _ => None,
        }
    }

    /// The status of the answer, where it was an HTTP error or a redirect.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Redirected { status, .. } => Some(*status),
            Self::NotMcp { status, .. } => *status,
            Self::NotOpened(inner) => inner.status(),
            other => other.refusal().map(|refusal| refusal.status),
        }
    }

    /// How long the server wants to be left alone, where it said so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.refusal().and_then(|refusal| refusal.retry_after)
    }

    /// True where the same request may work a moment later: `read`, because it changes nothing, or because nothing
    /// was sent.
    pub(super) fn may_pass(&self, read: bool) -> bool {
        match self {
            Self::Https(Trouble::Unreachable { why, .. }) => !why.is_final(),
            Self::Https(Trouble::Broken { .. }) => read,
            Self::Unavailable(refusal) => read && matches!(refusal.status, 502..=504),
            Self::NotOpened(inner) => inner.may_pass(true),
            _ => false,
        }
    }

    /// True for words about the session: servers on an early example of an SDK say with 400 that they do not know it.
    pub(super) fn names_session(&self) -> bool {
        let words = match self {
            Self::Rpc { message, .. } => Some(message),
            other => other.refusal().and_then(|refusal| refusal.said.as_ref()),
        };
        words.is_some_and(|words| words.to_ascii_lowercase().contains("session"))
    }

    pub(super) fn not_opened(self) -> Self {
        match self {
            Self::NotOpened(_) | Self::NoKey(_) | Self::Cancelled { .. } => self,
            other => Self::NotOpened(Box::new(other)),
        }
    }
}

fn http(status: Option<u16>) -> String {
    status.map(|status| format!(" (HTTP {status})")).unwrap_or_default()
}

fn wait(refusal: &Refusal) -> String {
    refusal.retry_after.map(|wait| format!(" for {} s", wait.as_secs())).unwrap_or_default()
}

fn said(refusal: &Refusal) -> String {
    match &refusal.said {
        Some(text) => format!(" ({text})"),
        None if refusal.page => " (it sent an HTML page)".to_owned(),
        None => String::new(),
    }
}

fn refused(refusal: &Refusal) -> String {
    let Refusal { host, what, status, .. } = refusal;
    let said = said(refusal);
    match status {
        401 => format!("{host} refused the credential: it is revoked, lapsed or wrong{said}"),
        402 => format!("{host} wants a paid plan for `{what}`{said}"),
        403 => format!("{host} does not allow this credential `{what}`{said}"),
        404 | 405 => format!("the address at {host} does not know MCP (HTTP {status}){said}"),
        413 => format!("{host} finds the request `{what}` too large{said}"),
        _ => format!("{host} refused `{what}` (HTTP {status}){said}"),
    }
}

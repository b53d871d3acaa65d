//! [`Session`]: what was agreed with a server, and the [`Route`] that messages take in it.

use std::sync::Arc;

use http::HeaderMap;
use http::header::HeaderName;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::Server;

pub const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
pub const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// What was agreed with a server. Requests that are under way keep it alive; with the last of them its streams end.
pub struct Session {
    pub server: Arc<Server>,
    pub route: Arc<Route>,
    /// What is heard in the background has to be asked for anew.
    pub listen_anew: Arc<Notify>,
    /// Ends what listens in the background.
    pub ended: CancellationToken,
}

/// How messages go to the server.
pub struct Route {
    /// Every request stands for itself, with its version and our capabilities in it.
    pub modern: bool,
    /// Of every message: those that all have, the version, and the session's id.
    pub headers: HeaderMap,
    /// The older transport's way.
    pub older: Option<Older>,
}

/// The older transport: messages go to an address of their own, answers come on one stream.
pub struct Older {
    /// Path and query for messages, from the root of the host. Holds the session's name: never for words.
    pub target: String,
    /// Cancelled when the stream has ended.
    pub over: CancellationToken,
}

impl Session {
    /// Whether further requests can go this way.
    pub fn lives(&self) -> bool {
        self.route.older.as_ref().is_none_or(|older| !older.over.is_cancelled())
    }
}

impl Route {
    pub fn has_id(&self) -> bool {
        self.headers.contains_key(SESSION_ID)
    }

    /// The address for messages, where it is not the server's own.
    pub fn target(&self) -> Option<&str> {
        self.older.as_ref().map(|older| older.target.as_str())
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

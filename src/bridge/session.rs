//! [`Session`]: what was agreed with a server, in either era.

use std::sync::Arc;

use http::HeaderMap;
use http::header::HeaderName;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::Server;

pub const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
pub const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");

/// What was agreed with a server. Requests that are under way keep it alive; with the last of them its streams end.
pub struct Session {
    pub server: Arc<Server>,
    /// Every request stands for itself, with its version and our capabilities in it.
    pub modern: bool,
    /// Of every message: those that all have, the version, and the session's id.
    pub headers: HeaderMap,
    /// What we said at the start of asking people.
    pub elicitation: Option<Value>,
    /// Ends what listens in the background.
    pub ended: CancellationToken,
}

impl Session {
    pub fn has_id(&self) -> bool {
        self.headers.contains_key(SESSION_ID)
    }

    /// Whether a client that can ask people this way was announced well enough.
    pub fn suits(&self, elicitation: Option<&Value>) -> bool {
        self.modern || elicitation.is_none() || self.elicitation.is_some()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.ended.cancel();
    }
}

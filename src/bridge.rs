//! Remote MCP servers: one connection to each, in the era that it speaks, as raw JSON, so that nothing that we do
//! not know is lost on the way. Decides nothing about what may be called.

mod answer;
mod era;
mod error;
mod explain;
mod http_sse;
mod incoming;
mod link;
mod listening;
mod listing;
mod message;
mod mirrored;
mod pending;
mod probe;
mod session;
mod sse;
mod streamable;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

use http::{HeaderName, HeaderValue};
use serde_json::{Map, Value};
use tokio::sync::{broadcast, mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::credentials::{Keys, Origin};
use crate::https::{Safety, Trust};
pub use error::BridgeError;
use link::Link;
pub use probe::{Wants, probe};

/// Which transport a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// Streamable HTTP: every message is a POST to one address.
    Streamable,
    /// The older HTTP+SSE: answers come on a stream, whose first event names the address for messages.
    HttpSse,
}

/// Where a remote server is, and how it is spoken to.
#[derive(Clone)]
pub struct Setup {
    /// The server's whole address.
    pub origin: Origin,
    pub trust: Trust,
    pub user_agent: &'static str,
    pub keys: Arc<dyn Keys>,
    pub transport: Transport,
    /// Further headers of every request, such as `x-account-id`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// One remote server. Making one opens nothing; the session comes with the first request.
pub struct Remote {
    link: Arc<Link>,
}

/// One request, complete but for id, era and key.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub params: Map<String, Value>,
    pub safety: Safety,
    /// The answer is there by then.
    pub until: Instant,
}

/// What goes on around a request while it is under way.
#[derive(Clone, Default)]
pub struct Watch {
    /// Stops a read, and tells the server; stops a write that is not yet sent. A write that left runs to its end.
    pub cancelled: CancellationToken,
    /// Receives the server's own progress as it came: done, of, message (perhaps empty).
    pub progress: Option<Progress>,
    /// Takes questions that the server asks while the request is under way (`elicitation/create`, older eras). Without
    /// it they are answered with `cancel`.
    pub questions: Option<mpsc::Sender<Asked>>,
    /// The modes of elicitation that the client has, as its capability says them: `{"form":{},"url":{}}`; `None` for a
    /// client that cannot ask.
    pub elicitation: Option<Value>,
}

/// Receives how much is done, how much there is in all, and a few words.
pub type Progress = Arc<dyn Fn(f64, Option<f64>, &str) + Send + Sync>;

/// A question of the server's, to be answered with the result of `elicitation/create`.
#[derive(Debug)]
pub struct Asked {
    pub params: Map<String, Value>,
    pub answer: oneshot::Sender<Value>,
}

/// What a server says of itself, from `initialize` or `server/discover`.
#[derive(Clone, Debug, Default)]
pub struct Server {
    /// The protocol version that is spoken with it.
    pub version: String,
    /// `serverInfo` as it came.
    pub info: Value,
    /// `capabilities` as they came.
    pub capabilities: Value,
    pub instructions: Option<String>,
}

/// What the server says unasked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    ToolsChanged,
    PromptsChanged,
    ResourcesChanged,
    /// A resource that somebody subscribed to, by its address.
    ResourceUpdated(String),
}

/// A list of the server's, walked to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listing {
    Tools,
    Prompts,
    Resources,
    Templates,
}

impl Listing {
    /// The method, and the field that holds the rows.
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Tools => ("tools/list", "tools"),
            Self::Prompts => ("prompts/list", "prompts"),
            Self::Resources => ("resources/list", "resources"),
            Self::Templates => ("resources/templates/list", "resourceTemplates"),
        }
    }
}

impl Remote {
    pub fn new(setup: Setup) -> Self {
        Self { link: Arc::new(Link::new(setup)) }
    }

    /// Says which protocol version was spoken with this server before: an older one is not asked whether it knows the
    /// modern era.
    pub fn expect(&self, version: &str) {
        self.link.set_legacy(era::is_legacy(version));
    }

    /// Sends one request and gives its `result` as it came, `resultType` and all; `input_required` is a result too.
    /// Opens or renews the session first where there is none.
    pub async fn request(&self, request: Request, watch: &Watch) -> Result<Map<String, Value>, BridgeError> {
        self.link.request(request, watch).await
    }

    /// What the server says of itself; connects where that has not happened yet.
    pub async fn server(&self, watch: &Watch) -> Result<Arc<Server>, BridgeError> {
        self.link.server(watch).await
    }

    /// All rows of a list, over all its pages; empty where the server has no such list.
    pub async fn list(&self, listing: Listing, watch: &Watch) -> Result<Vec<Value>, BridgeError> {
        self.link.list(listing, watch).await
    }

    /// What the server says unasked from now on. Heard only while a session is open.
    pub fn notices(&self) -> broadcast::Receiver<Notice> {
        self.link.notices.subscribe()
    }

    /// Where this server is.
    pub fn origin(&self) -> &Origin {
        &self.link.wire.setup.origin
    }

    /// Ends the session, within a second.
    pub async fn close(&self) {
        self.link.close().await;
    }
}

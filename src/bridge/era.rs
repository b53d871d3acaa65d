//! Which era a server speaks, and how requests are dressed for it: a modern one carries version and capabilities in
//! itself, an older one relies on what `initialize` agreed.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::error::BridgeError;
use super::link::{Asking, Link};
use super::session::{PROTOCOL_VERSION, SESSION_ID, Session};
use super::wire::{FIRST_ANSWER, Time};
use super::{Request, Server, Watch, message};
use crate::https::{Safety, Trouble};

/// The modern version.
pub const MODERN: &str = "2026-07-28";
/// Those that begin with `initialize`, newest first.
const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// How long a server may think about `server/discover` before it counts as one that does not know it.
const DISCOVERY: Duration = Duration::from_secs(3);
/// A server that answered before may take longer over `initialize`.
const LATER_ANSWER: Duration = Duration::from_secs(20);

const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");
/// What the modern era puts into `_meta`.
const META: [&str; 4] = [
    "io.modelcontextprotocol/protocolVersion",
    "io.modelcontextprotocol/clientInfo",
    "io.modelcontextprotocol/clientCapabilities",
    "io.modelcontextprotocol/logLevel",
];

/// Opens a session, in the modern era where the server knows it.
pub async fn open(link: &Arc<Link>, watch: &Watch, time: Time) -> Result<Arc<Session>, BridgeError> {
    let time =
        time.at_most(if link.wire.has_answered() { LATER_ANSWER } else { FIRST_ANSWER + DISCOVERY / 2 });
    // Its own, so that nobody hears of a beginning as of progress.
    let watch = Watch {
        cancelled: watch.cancelled.clone(),
        elicitation: watch.elicitation.clone(),
        ..Watch::default()
    };
    if !link.is_legacy()
        && let Some(session) = discover(link, &watch, time.at_most(DISCOVERY)).await?
    {
        return Ok(session);
    }
    let session = initialize(link, &watch, time).await;
    link.set_legacy(session.is_ok());
    session
}

/// `None` for a server that does not know the modern era.
async fn discover(link: &Arc<Link>, watch: &Watch, time: Time) -> Result<Option<Arc<Session>>, BridgeError> {
    let blank = blank(link, true);
    let mut request = opening("server/discover", Map::new());
    let asking = Asking { request: &mut request, watch, time };
    let mut result = match link.ask(&blank, asking).await {
        Ok(reply) => reply.result,
        Err(error) if is_final(&error) => return Err(error),
        Err(_) => return Ok(None),
    };
    let knows = |version: &Value| version == MODERN;
    let versions = result.get("supportedVersions").and_then(Value::as_array);
    if !versions.is_some_and(|versions| versions.iter().any(knows)) {
        return Ok(None);
    }
    let info = result
        .remove("_meta")
        .and_then(|mut meta| meta.get_mut("io.modelcontextprotocol/serverInfo").map(Value::take));
    let server = Server {
        version: MODERN.to_owned(),
        info: info.unwrap_or_default(),
        capabilities: result.remove("capabilities").unwrap_or_default(),
        instructions: text(result.remove("instructions")),
    };
    Ok(Some(Arc::new(Session {
        server: Arc::new(server),
        modern: true,
        headers: blank.headers.clone(),
        elicitation: watch.elicitation.clone(),
        ended: CancellationToken::new(),
    })))
}

/// True where `initialize` would end the same way.
fn is_final(error: &BridgeError) -> bool {
    match error {
        BridgeError::Refused(refusal) => refusal.status == 401,
        BridgeError::NoKey(_)
        | BridgeError::NotSigned { .. }
        | BridgeError::Cancelled { .. }
        | BridgeError::Redirected { .. }
        | BridgeError::Busy(_)
        | BridgeError::Https(Trouble::NoTrust { .. } | Trouble::Unreachable { .. }) => true,
        _ => false,
    }
}

async fn initialize(link: &Arc<Link>, watch: &Watch, time: Time) -> Result<Arc<Session>, BridgeError> {
    let blank = blank(link, false);
    let Value::Object(params) = json!({
        "protocolVersion": LEGACY[0],
        "capabilities": capabilities(watch),
        "clientInfo": client_info(),
    }) else {
        return Err(BridgeError::Unsendable { what: "initialize".to_owned(), part: "parameters" });
    };
    let mut request = opening("initialize", params);
    let asking = Asking { request: &mut request, watch, time };
    let reply = link.ask(&blank, asking).await?;
    let mut result = reply.result;
    let version = text(result.remove("protocolVersion")).unwrap_or_default();
    if !LEGACY.contains(&version.as_str()) {
        let version = crate::text::in_line(&version, 40);
        return Err(BridgeError::OtherVersion { host: link.wire.host().to_owned(), version });
    }
    let mut headers = blank.headers.clone();
    if let Ok(version) = HeaderValue::from_str(&version) {
        headers.insert(PROTOCOL_VERSION, version);
    }
    headers.extend(reply.session_id.map(|id| (SESSION_ID, id)));
    let server = Server {
        version,
        info: result.remove("serverInfo").unwrap_or_default(),
        capabilities: result.remove("capabilities").unwrap_or_default(),
        instructions: text(result.remove("instructions")),
    };
    let session = Arc::new(Session {
        server: Arc::new(server),
        modern: false,
        headers,
        elicitation: watch.elicitation.clone(),
        ended: CancellationToken::new(),
    });
    // A server that does not take it will say so at the first request.
    let ready = message::notification("notifications/initialized", Map::new());
    let _taken = link.post(&session, "notifications/initialized", ready, time).await;
    Ok(session)
}

/// A session before anything is agreed.
fn blank(link: &Link, modern: bool) -> Arc<Session> {
    let mut headers = link.wire.headers();
    if modern {
        headers.insert(PROTOCOL_VERSION, HeaderValue::from_static(MODERN));
    }
    Arc::new(Session {
        server: Arc::default(),
        modern,
        headers,
        elicitation: None,
        ended: CancellationToken::new(),
    })
}

fn opening(method: &str, params: Map<String, Value>) -> Request {
    let until = tokio::time::Instant::now();
    Request { method: method.to_owned(), params, safety: Safety::Read, until }
}

fn text(value: Option<Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) => Some(text),
        _ => None,
    }
}

fn client_info() -> Value {
    json!({"name": "lumabill", "version": env!("CARGO_PKG_VERSION")})
}

/// What we can do for the server: ask people, where the client can.
fn capabilities(watch: &Watch) -> Value {
    match &watch.elicitation {
        Some(modes) => json!({"elicitation": modes}),
        None => json!({}),
    }
}

/// Puts into `_meta` what the era wants there, and the token under which progress is told; takes out what a client
/// told us of itself.
pub fn dress(session: &Session, params: &mut Map<String, Value>, watch: &Watch, id: u64) {
    let mut meta = match params.remove("_meta") {
        Some(Value::Object(meta)) => meta,
        _ => Map::new(),
    };
    meta.retain(|name, _| name != "progressToken" && !META.contains(&name.as_str()));
    if watch.progress.is_some() {
        meta.insert("progressToken".into(), id.into());
    }
    if session.modern {
        let [version, info, able, _] = META;
        meta.insert(version.into(), MODERN.into());
        meta.insert(info.into(), client_info());
        meta.insert(able.into(), capabilities(watch));
    }
    if !meta.is_empty() {
        params.insert("_meta".into(), Value::Object(meta));
    }
}

/// The headers in which the modern era repeats what a message is about.
pub fn headers(session: &Session, request: &Request) -> Vec<(HeaderName, HeaderValue)> {
    if !session.modern {
        return Vec::new();
    }
    let name = match request.method.as_str() {
        "tools/call" | "prompts/get" => request.params.get("name"),
        "resources/read" => request.params.get("uri"),
        _ => None,
    };
    let name = name.and_then(Value::as_str).and_then(header);
    let method = HeaderValue::from_str(&request.method).ok();
    [(METHOD, method), (NAME, name)].into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}

/// A value as a header carries it: in Base64 where it has characters that no header can.
fn header(text: &str) -> Option<HeaderValue> {
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && text.trim_matches(' ') == text
        && !text.starts_with("=?base64?");
    if plain {
        return HeaderValue::from_str(text).ok();
    }
    HeaderValue::from_str(&format!("=?base64?{}?=", BASE64_STANDARD.encode(text))).ok()
}

//! Which era a server speaks, and how requests are dressed for it: a modern one carries version and capabilities in
//! itself, an older one relies on what `initialize` agreed.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value, json};
use tokio_util::sync::CancellationToken;

use super::error::BridgeError;
use super::link::{Asking, Link};
use super::session::{PROTOCOL_VERSION, Route, SESSION_ID, Session};
use super::wire::Time;
use super::{Request, Server, Transport, Watch, http_sse, message};
use crate::https::{Safety, Trouble};

/// The modern version.
pub const MODERN: &str = "2026-07-28";
/// Those that begin with `initialize`, newest first.
const LEGACY: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];
/// How long a server may think about `server/discover` before it counts as one that does not know it.
const DISCOVERY: Duration = Duration::from_secs(3);
/// For the whole beginning, with a server that has not answered yet: a dead one is known for dead within 10 s.
const FIRST_ANSWERS: Duration = Duration::from_millis(9500);
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

/// True for a version that begins with `initialize`.
pub fn is_legacy(version: &str) -> bool {
    LEGACY.contains(&version)
}

/// Opens a session: over the transport that is expected, else over the other one; in the modern era where the server
/// knows it.
pub async fn open(link: &Arc<Link>, watch: &Watch, time: Time) -> Result<Arc<Session>, BridgeError> {
    let time = time.at_most(if link.wire.has_answered() { LATER_ANSWER } else { FIRST_ANSWERS });
    // Its own, so that nobody hears of a beginning as of progress.
    let watch = Watch {
        cancelled: watch.cancelled.clone(),
        // A session outlives the request that opens it, and servers offer by it what they offer: whoever cannot ask
        // declines.
        elicitation: Some(watch.elicitation.clone().unwrap_or_else(|| json!({"form": {}, "url": {}}))),
        ..Watch::default()
    };
    let expected = link.transport();
    let error = match open_over(link, expected, &watch, time).await {
        Err(error) if is_other_transport(&error) => error,
        result => return result,
    };
    let other = match expected {
        Transport::Streamable => Transport::HttpSse,
        Transport::HttpSse => Transport::Streamable,
    };
    let result = open_over(link, other, &watch, time).await;
    let asks_for_key = |error: &BridgeError| error.status() == Some(401);
    if result.is_ok() || result.as_ref().is_err_and(asks_for_key) {
        link.set_transport(other);
        return result;
    }
    Err(error)
}

async fn open_over(
    link: &Arc<Link>,
    transport: Transport,
    watch: &Watch,
    time: Time,
) -> Result<Arc<Session>, BridgeError> {
    if transport == Transport::HttpSse {
        let ended = CancellationToken::new();
        let guard = ended.clone().drop_guard();
        let route = http_sse::connect(link, time, &ended).await?;
        let session = initialize(link, &route, watch, time, ended).await?;
        guard.disarm();
        return Ok(session);
    }
    let route = blank(link, false);
    let mut initializing = pin!(initialize(link, &route, watch, time, CancellationToken::new()));
    if link.is_legacy() {
        let opened = initializing.await;
        if !matches!(opened, Err(BridgeError::Refused(_) | BridgeError::Rpc { .. })) {
            return opened;
        }
        // What was known of it is no longer true.
        link.set_legacy(false);
        return discover(link, watch, time).await?.map_or(opened, Ok);
    }
    let mut discovering = pin!(discover(link, watch, time));
    let early = time.at_most(DISCOVERY).bound(discovering.as_mut()).await;
    let opened = if let Some(found) = early {
        match found? {
            Some(session) => return Ok(session),
            None => initializing.await,
        }
    } else {
        // Slow, or silent as some servers are to what they do not know: whatever is answered first counts.
        tokio::select! {
            opened = initializing.as_mut() => {
                if opened.is_err() && let Ok(Some(session)) = discovering.await {
                    return Ok(session);
                }
                opened
            }
            found = discovering.as_mut() => {
                if let Ok(Some(session)) = found {
                    return Ok(session);
                }
                initializing.await
            }
        }
    };
    link.set_legacy(opened.is_ok());
    opened
}

/// True where a server may speak the other transport.
fn is_other_transport(error: &BridgeError) -> bool {
    matches!(error, BridgeError::Refused(refusal) if matches!(refusal.status, 400 | 404 | 405 | 406 | 415))
}

/// `None` for a server that does not know the modern era.
async fn discover(link: &Arc<Link>, watch: &Watch, time: Time) -> Result<Option<Arc<Session>>, BridgeError> {
    let route = blank(link, true);
    let mut request = opening("server/discover", Map::new());
    let asking = Asking { request: &mut request, watch, time };
    let mut result = match link.ask(&route, asking).await {
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
    Ok(Some(session(server, route, CancellationToken::new())))
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

async fn initialize(
    link: &Arc<Link>,
    route: &Arc<Route>,
    watch: &Watch,
    time: Time,
    ended: CancellationToken,
) -> Result<Arc<Session>, BridgeError> {
    let Value::Object(params) = json!({
        "protocolVersion": LEGACY[0],
        "capabilities": capabilities(watch),
        "clientInfo": client_info(),
    }) else {
        return Err(BridgeError::Unsendable { what: "initialize".to_owned(), part: "parameters" });
    };
    let mut request = opening("initialize", params);
    let asking = Asking { request: &mut request, watch, time };
    let reply = link.ask(route, asking).await?;
    let mut result = reply.result;
    let version = text(result.remove("protocolVersion")).unwrap_or_default();
    if !is_legacy(&version) {
        let version = crate::text::in_line(&version, 40);
        return Err(BridgeError::OtherVersion { host: link.wire.host().to_owned(), version });
    }
    // The older transport knows neither of these headers.
    let mut agreed = Arc::clone(route);
    if route.older.is_none() {
        let mut headers = route.headers.clone();
        headers.extend(HeaderValue::from_str(&version).ok().map(|version| (PROTOCOL_VERSION, version)));
        headers.extend(reply.session_id.map(|id| (SESSION_ID, id)));
        agreed = Arc::new(Route { modern: false, headers, older: None });
    }
    let server = Server {
        version,
        info: result.remove("serverInfo").unwrap_or_default(),
        capabilities: result.remove("capabilities").unwrap_or_default(),
        instructions: text(result.remove("instructions")),
    };
    // A server that does not take it will say so at the first request.
    let ready = message::notification("notifications/initialized", Map::new());
    let _taken = link.post(&agreed, "notifications/initialized", ready, time).await;
    Ok(session(server, agreed, ended))
}

fn session(server: Server, route: Arc<Route>, ended: CancellationToken) -> Arc<Session> {
    let server = Arc::new(server);
    Arc::new(Session { server, route, listen_anew: Arc::default(), ended })
}

/// The way before anything is agreed.
fn blank(link: &Link, modern: bool) -> Arc<Route> {
    let mut headers = link.wire.headers();
    if modern {
        headers.insert(PROTOCOL_VERSION, HeaderValue::from_static(MODERN));
    }
    Arc::new(Route { modern, headers, older: None })
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
pub fn dress(route: &Route, params: &mut Map<String, Value>, watch: &Watch, id: u64) {
    let mut meta = match params.remove("_meta") {
        Some(Value::Object(meta)) => meta,
        _ => Map::new(),
    };
    meta.retain(|name, _| name != "progressToken" && !META.contains(&name.as_str()));
    if watch.progress.is_some() {
        meta.insert("progressToken".into(), id.into());
    }
    if route.modern {
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
pub fn headers(route: &Route, request: &Request) -> Vec<(HeaderName, HeaderValue)> {
    if !route.modern {
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
pub fn header(text: &str) -> Option<HeaderValue> {
    let plain = text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && text.trim_matches(' ') == text
        && !text.starts_with("=?base64?");
    if plain {
        return HeaderValue::from_str(text).ok();
    }
    HeaderValue::from_str(&format!("=?base64?{}?=", BASE64_STANDARD.encode(text))).ok()
}

//! The older eras on the side of a server: sessions, stateless requests, their streams, and HTTP+SSE.

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::breaks::Break;
use super::events::{Session, UNASKED};
use super::exchange::{Exchange, Road, data_bytes, event_bytes};
use super::server::{Legacy, Reply, Shared};
use super::wire::{HttpAnswer, Received, Wire};

/// An error of the transport, in the words of the TypeScript SDK.
pub(super) fn refusal(status: u16, code: i64, message: &str) -> HttpAnswer {
    let error = json!({ "code": code, "message": message });
    HttpAnswer::json(status, &json!({ "jsonrpc": "2.0", "error": error, "id": null }))
}

/// A POST to a server of the older eras.
pub(super) fn post(wire: &mut Wire, request: &Received, shared: &Shared, fault: Option<Break>) -> bool {
    let accept = request.header("accept").unwrap_or_default();
    if !accept.contains("application/json") || !accept.contains("text/event-stream") {
        let message = "Not Acceptable: Client must accept both application/json and text/event-stream";
        return wire.whole(&refusal(406, -32000, message)).is_ok();
    }
    if !request.header("content-type").unwrap_or_default().starts_with("application/json") {
        let message = "Unsupported Media Type: Content-Type must be application/json";
        return wire.whole(&refusal(415, -32000, message)).is_ok();
    }
    if !request.json.is_object() {
        return wire.whole(&refusal(400, -32700, "Parse error")).is_ok();
    }
    let session = match session_of(request, shared) {
        Ok(session) => session,
        Err(answer) => return wire.whole(&answer).is_ok(),
    };
    if request.json.get("id").is_none() || request.method().is_empty() {
        take_in(request, session.as_deref());
        return wire.whole(&HttpAnswer::empty(202)).is_ok();
    }
    let opens = request.method() == "initialize" && shared.speaks.legacy == Legacy::Sessions;
    let headers = session.iter().filter(|_| opens).map(|one| ("mcp-session-id".to_owned(), one.id.clone()));
    let road = Road::Post { headers: headers.collect(), wire, events: shared.speaks.events, opened: false };
    let stream = session.as_ref().filter(|_| shared.speaks.resumable).map(|session| session.new_stream());
    let exchange = Exchange { request, session, road, stream, fault };
    answer(exchange, shared)
}

/// The session of a POST, made by `initialize`; none for servers without sessions.
fn session_of(request: &Received, shared: &Shared) -> Result<Option<Arc<Session>>, HttpAnswer> {
    const KNOWN: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
    let version = request.header("mcp-protocol-version");
    let opens = request.method() == "initialize";
    if !opens && version.is_some_and(|version| !KNOWN.contains(&version)) {
        let message =
            format!("Bad Request: Unsupported protocol version (supported versions: {})", KNOWN.join(", "));
        return Err(refusal(400, -32000, &message));
    }
    if shared.speaks.legacy == Legacy::Stateless {
        return Ok(None);
    }
    if opens {
        return Ok(Some(shared.new_session(agreed(request, shared))));
    }
    let Some(id) = request.header("mcp-session-id") else {
        return Err(refusal(400, -32000, "Bad Request: Mcp-Session-Id header is required"));
    };
    let session = shared.session(id).ok_or_else(|| refusal(404, -32001, "Session not found"))?;
    if session.version.as_str() >= "2025-06-18" && version != Some(session.version.as_str()) {
        return Err(refusal(
            400,
            -32000,
            "Bad Request: MCP-Protocol-Version is not the one that was agreed on",
        ));
    }
    if request.method() != "notifications/initialized" && request.method() != "ping" && !session.initialized()
    {
        return Err(refusal(400, -32000, "Bad Request: Server not initialized"));
    }
    Ok(Some(session))
}

/// The version that `initialize` agrees to.
fn agreed(request: &Received, shared: &Shared) -> &'static str {
    const KNOWN: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];
    let wanted = request.json["params"]["protocolVersion"].as_str().unwrap_or_default();
    let known = KNOWN.into_iter().find(|version| *version == wanted && *version <= shared.speaks.version);
    known.unwrap_or(shared.speaks.version)
}

/// Takes in a notification, or the client's answer to a question.
fn take_in(request: &Received, session: Option<&Session>) {
    let Some(session) = session else { return };
    match request.method() {
        "notifications/initialized" => session.set_initialized(),
        "notifications/cancelled" => session.cancel(&request.json["params"]["requestId"]),
        "" => session.answered(&request.json["id"], request.json.clone()),
        _ => {}
    }
}

/// Answers a request with an id.
pub(super) fn answer(mut exchange: Exchange, shared: &Shared) -> bool {
    let reply = dispatch(&mut exchange, shared);
    let id = exchange.request.json["id"].clone();
    let message = match reply {
        Reply::Result(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Reply::Error(code, message, data) => {
            let mut error = json!({ "code": code, "message": message });
            if !data.is_null() {
                error["data"] = data;
            }
            json!({ "jsonrpc": "2.0", "id": id, "error": error })
        }
    };
    exchange.answer(message)
}

pub(super) fn dispatch(exchange: &mut Exchange, shared: &Shared) -> Reply {
    let request = exchange.request;
    let (method, params, service) = (request.method(), &request.json["params"], &shared.service);
    if let Some(reply) = service.method(method, params, exchange) {
        return reply;
    }
    match method {
        "initialize" => {
            let mut result = json!({
                "protocolVersion": agreed(request, shared),
                "capabilities": service.capabilities(),
                "serverInfo": service.info(),
            });
            if let Some(instructions) = service.instructions() {
                result["instructions"] = json!(instructions);
            }
            Reply::Result(result)
        }
        "ping" => Reply::Result(json!({})),
        "tools/list" => Reply::Result(json!({ "tools": service.tools(request) })),
        "tools/call" => {
            let known = service.tools(request).iter().any(|tool| tool["name"] == params["name"]);
            if !known {
                return Reply::Error(-32602, format!("Tool {} not found", request.tool()), Value::Null);
            }
            service.call(request.tool(), &params["arguments"], exchange)
        }
        _ => Reply::Error(-32601, "Method not found".to_owned(), Value::Null),
    }
}

/// The stream of what comes unasked, or the rest of one that broke.
pub(super) fn get(wire: &mut Wire, request: &Received, shared: &Shared) -> bool {
    if !request.header("accept").unwrap_or_default().contains("text/event-stream") {
        return wire
            .whole(&refusal(406, -32000, "Not Acceptable: Client must accept text/event-stream"))
            .is_ok();
    }
    let Some(session) = request.header("mcp-session-id").and_then(|id| shared.session(id)) else {
        return wire.whole(&refusal(404, -32001, "Session not found")).is_ok();
    };
    let last = request.header("last-event-id").and_then(|id| id.rsplit_once('/'));
    let (stream, seen) = last.map_or((UNASKED, 0), |(stream, seen)| (stream, seen.parse().unwrap_or(0)));
    if wire.open_events(&[]).is_err() {
        return false;
    }
    deliver(wire, &session, stream, seen, true) && wire.end_chunks().is_ok()
}

/// Delivers the events of a stream after the first `seen` ones, until it is over or the client has gone.
pub(super) fn deliver(wire: &mut Wire, session: &Session, stream: &str, mut seen: usize, ids: bool) -> bool {
    loop {
        let sent = match session.next(stream, seen, Duration::from_secs(5)) {
            Some(event) => {
                seen += 1;
                wire.chunk(&if ids { event_bytes(Some(&event)) } else { data_bytes(&event.message) })
            }
            None if session.is_over(stream) => return true,
            None => wire.chunk(&event_bytes(None)),
        };
        if sent.is_err() {
            return false;
        }
    }
}

/// Where messages go in the older transport.
fn message_path(shared: &Shared) -> String {
    match shared.speaks.path.rsplit_once('/') {
        Some((folder, _)) => format!("{folder}/messages"),
        None => "/messages".to_owned(),
    }
}

pub(super) fn is_message_path(request: &Received, shared: &Shared) -> bool {
    request.path() == message_path(shared)
}

/// HTTP+SSE: a stream whose first event names the address for messages, and answers on that stream.
pub(super) fn older(wire: &mut Wire, request: &Received, shared: &Arc<Shared>, fault: Option<Break>) -> bool {
    let on_stream = request.path() == shared.speaks.path;
    match request.verb.as_str() {
        "GET" if on_stream => {
            let session = shared.new_session(shared.speaks.version);
            let address = format!("{}?sessionId={}", message_path(shared), session.id);
            if wire.open_events(&[]).is_err()
                || wire.chunk(format!("event: endpoint\ndata: {address}\n\n").as_bytes()).is_err()
            {
                return false;
            }
            let whole = deliver(wire, &session, UNASKED, 0, false);
            shared.sessions.lock().unwrap().remove(&session.id);
            whole && wire.end_chunks().is_ok()
        }
        "POST" if !on_stream => {
            let Some(session) = request.query("sessionId").and_then(|id| shared.session(&id)) else {
                return wire.whole(&HttpAnswer::new(404, "text/plain", "Session not found")).is_ok();
            };
            if !request.json.is_object() {
                return wire.whole(&HttpAnswer::new(400, "text/plain", "Invalid message")).is_ok();
            }
            let accepted = wire.whole(&HttpAnswer::new(202, "text/plain", "Accepted")).is_ok();
            if request.json.get("id").is_none() || request.method().is_empty() {
                take_in(request, Some(&session));
                return accepted;
            }
            // On a thread of its own: the next message may come on this connection, and be an answer to a question.
            let (request, shared) = (request.clone(), Arc::clone(shared));
            thread::spawn(move || {
                let (session, request) = (Some(session), &request);
                answer(Exchange { request, session, road: Road::Stream, stream: None, fault }, &shared)
            });
            accepted
        }
        _ => wire
            .whole(&HttpAnswer::empty(405).header("allow", if on_stream { "GET" } else { "POST" }))
            .is_ok(),
    }
}

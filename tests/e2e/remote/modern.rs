//! 2026-07-28 on the side of a server: every request by itself, with its version, capabilities and headers checked.

use std::sync::Arc;

use base64::Engine as _;
use serde_json::{Value, json};

use super::breaks::Break;
use super::events::{Session, UNASKED};
use super::exchange::{Exchange, Road};
use super::legacy::{deliver, dispatch};
use super::server::{Reply, Shared};
use super::wire::{HttpAnswer, Received, Wire};

pub const VERSION: &str = "2026-07-28";

const HEADER_MISMATCH: i64 = -32020;
const UNSUPPORTED_VERSION: i64 = -32022;
const INVALID_PARAMS: i64 = -32602;
const METHOD_NOT_FOUND: i64 = -32601;

/// Methods that went with the handshake.
const GONE: [&str; 5] =
    ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];

/// Lists and reads say how long they hold.
const TIMED: [&str; 6] = [
    "server/discover",
    "tools/list",
    "prompts/list",
    "resources/list",
    "resources/templates/list",
    "resources/read",
];

pub(super) fn handle(wire: &mut Wire, request: &Received, shared: &Shared, fault: Option<Break>) -> bool {
    if request.verb != "POST" {
        return wire.whole(&HttpAnswer::empty(405).header("allow", "POST")).is_ok();
    }
    if request.json.get("id").is_none() || request.method().is_empty() {
        return wire.whole(&HttpAnswer::empty(202)).is_ok();
    }
    if let Err((status, code, message, data)) = check(request) {
        return wire.whole(&error(request, status, code, &message, data)).is_ok();
    }
    let road = Road::Post { wire, events: shared.speaks.events, opened: false, headers: Vec::new() };
    let mut exchange = Exchange { request, session: None, road, stream: None, fault };
    match request.method() {
        "subscriptions/listen" => return listen(exchange, shared),
        "server/discover" => {
            let mut result = json!({
                "supportedVersions": [VERSION],
                "capabilities": shared.service.capabilities(),
            });
            if let Some(instructions) = shared.service.instructions() {
                result["instructions"] = json!(instructions);
            }
            return give(exchange, shared, Reply::Result(result));
        }
        method if GONE.contains(&method) => {
            return refuse(exchange, &error(request, 404, METHOD_NOT_FOUND, "Method not found", Value::Null));
        }
        _ => {}
    }
    let reply = dispatch(&mut exchange, shared);
    if let Reply::Error(METHOD_NOT_FOUND, message, data) = &reply {
        return refuse(exchange, &error(request, 404, METHOD_NOT_FOUND, message, data.clone()));
    }
    give(exchange, shared, reply)
}

/// Gives a result with what this era wants on it.
fn give(exchange: Exchange, shared: &Shared, reply: Reply) -> bool {
    let request = exchange.request;
    let message = match reply {
        Reply::Result(mut result) => {
            if result.get("resultType").is_none() {
                result["resultType"] = json!("complete");
            }
            if TIMED.contains(&request.method()) && result["resultType"] == "complete" {
                result["ttlMs"] = json!(0);
                result["cacheScope"] = json!("private");
            }
            result["_meta"]["io.modelcontextprotocol/serverInfo"] = shared.service.info();
            json!({ "jsonrpc": "2.0", "id": request.json["id"], "result": result })
        }
        Reply::Error(code, message, data) => error_message(request, code, &message, data),
    };
    exchange.answer(message)
}

fn refuse(exchange: Exchange, answer: &HttpAnswer) -> bool {
    match exchange.road {
        Road::Post { wire, .. } => wire.whole(answer).is_ok(),
        Road::Stream => true,
    }
}

fn error_message(request: &Received, code: i64, message: &str, data: Value) -> Value {
    let mut error = json!({ "code": code, "message": message });
    if !data.is_null() {
        error["data"] = data;
    }
    json!({ "jsonrpc": "2.0", "id": request.json["id"], "error": error })
}

fn error(request: &Received, status: u16, code: i64, message: &str, data: Value) -> HttpAnswer {
    HttpAnswer::json(status, &error_message(request, code, message, data))
}

type Refused = (u16, i64, String, Value);

/// What has to stand in `_meta` and in the headers.
fn check(request: &Received) -> Result<(), Refused> {
    let meta = &request.json["params"]["_meta"];
    let missing: Vec<_> = ["protocolVersion", "clientCapabilities"]
        .into_iter()
        .map(|name| format!("io.modelcontextprotocol/{name}"))
        .filter(|name| meta.get(name).is_none())
        .collect();
    if !missing.is_empty() {
        let message = format!("Invalid params: request _meta lacks {}", missing.join(", "));
        return Err((400, INVALID_PARAMS, message, Value::Null));
    }
    let mismatch = |message: String| Err((400, HEADER_MISMATCH, message, Value::Null));
    let version = meta["io.modelcontextprotocol/protocolVersion"].as_str().unwrap_or_default();
    if request.header("mcp-protocol-version") != Some(version) {
        return mismatch("MCP-Protocol-Version is not the version of _meta".to_owned());
    }
    if version != VERSION {
        let data = json!({ "supported": [VERSION], "requested": version });
        return Err((400, UNSUPPORTED_VERSION, "Unsupported protocol version".to_owned(), data));
    }
    if request.header("mcp-method") != Some(request.method()) {
        return mismatch(format!("Mcp-Method is not `{}`", request.method()));
    }
    let params = &request.json["params"];
    let name = match request.method() {
        "tools/call" | "prompts/get" => params["name"].as_str(),
        "resources/read" => params["uri"].as_str(),
        _ => None,
    };
    if let Some(name) = name
        && request.header("mcp-name").map(decoded).as_deref() != Some(name)
    {
        return mismatch(format!("Mcp-Name is not `{name}`"));
    }
    Ok(())
}

/// A header's value, which may be `=?base64?…?=`.
fn decoded(value: &str) -> String {
    let inner = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?="));
    let bytes = inner.and_then(|inner| base64::engine::general_purpose::STANDARD.decode(inner).ok());
    bytes.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_else(|| value.to_owned())
}

/// A long request on which changes are told.
fn listen(exchange: Exchange, shared: &Shared) -> bool {
    let id = exchange.request.json["id"].to_string();
    let listener = Arc::new(Session::new(id.clone(), VERSION.to_owned()));
    let mut acknowledged = json!({ "notifications": exchange.request.json["params"]["notifications"] });
    acknowledged["_meta"]["io.modelcontextprotocol/subscriptionId"] = json!(id);
    listener.put(
        UNASKED,
        json!({
            "jsonrpc": "2.0",
            "method": "notifications/subscriptions/acknowledged",
            "params": acknowledged,
        }),
    );
    shared.listeners.lock().unwrap().push(Arc::clone(&listener));
    let Road::Post { wire, .. } = exchange.road else { return true };
    let whole = wire.open_events(&[]).is_ok() && deliver(wire, &listener, UNASKED, 0, false);
    shared.listeners.lock().unwrap().retain(|one| !Arc::ptr_eq(one, &listener));
    whole && wire.end_chunks().is_ok()
}

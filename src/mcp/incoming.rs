//! Turns one line into what it means: requests, answers to our questions, cancellations. A shape that
//! JSON-RPC forbids becomes an answer wherever an id can be told, so that no caller waits in vain.

use std::time::Duration;

use rmcp::model::{
    ClientCapabilities, ClientRequest, ClientResult, CustomRequest, CustomResult, DiscoverRequest,
    DiscoverRequestParams, ErrorData, GetExtensions, InitializeRequest, InitializeRequestParams, MetaObject,
    ProtocolVersion, Request, RequestId, RequestMetaObject, SubscriptionFilter, SubscriptionsListenRequest,
    SubscriptionsListenRequestParams,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::line_reader::Line;
use super::outline::Outline;

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// One thing that a line said.
pub(super) enum Incoming {
    Request(Box<Asked>),
    /// Nothing that can be served; answered at once with whatever stood where an id belongs.
    Refused(Option<Value>, ErrorData),
    Cancelled(RequestId),
    /// The client's answer to a request of ours.
    Answer(RequestId, Result<ClientResult, ErrorData>),
}

/// A request with an id that can be answered.
pub(super) struct Asked {
    pub id: RequestId,
    /// The id as it was sent, where the SDK would spell it otherwise (`903.0`).
    pub spelled: Option<Value>,
    pub body: Body,
    /// It names a protocol version in its own `_meta`.
    pub versioned: bool,
    pub received: Instant,
    /// Length of its line in bytes.
    pub size: usize,
}

/// What is to be done with a request.
#[expect(clippy::large_enum_variant, reason = "most requests are served, and come in a box")]
pub(super) enum Body {
    Serve(ClientRequest),
    /// The answer is known already.
    Answer(Result<Value, ErrorData>),
}

impl Asked {
    /// When the request has waited long enough.
    pub fn expires(&self, after: Duration) -> Instant {
        self.received + after
    }
}

/// Hands everything that `line` says to `emit`.
pub(super) fn read(line: Line<'_>, limit: usize, emit: &mut impl FnMut(Incoming)) {
    match line {
        Line::Oversized(outline) => {
            let message = format!("the message is longer than {} MiB; nothing was sent", limit >> 20);
            let error = ErrorData::invalid_request(message, None);
            let batch = outline.is_batch();
            match outline.request_id() {
                Some(id) => emit(refused(id, error)),
                None if batch => emit(Incoming::Refused(None, error)),
                None => tracing::info!("ignored an oversized line without a request's id"),
            }
        }
        Line::Whole(bytes) => read_whole(bytes, emit),
    }
}

fn read_whole(bytes: &[u8], emit: &mut impl FnMut(Incoming)) {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes).trim_ascii();
    if bytes.is_empty() {
        return;
    }
    match serde_json::from_slice(bytes) {
        Ok(Value::Array(batch)) => read_batch(batch, bytes.len(), emit),
        Ok(Value::Object(message)) => {
            if let Some(incoming) = read_message(message, bytes.len()) {
                emit(incoming);
            }
        }
        Ok(_) => tracing::info!("ignored a line that is no JSON-RPC message"),
        Err(error) => {
            if let Some(id) = Outline::of(bytes).request_id() {
                let message = format!(
                    "the message could not be read as JSON at column {}; nothing was sent",
                    error.column()
                );
                emit(refused(id, ErrorData::parse_error(message, None)));
            } else {
                tracing::info!("ignored a line that is no JSON");
            }
        }
    }
}

/// Batches existed in one revision only; each message of one is answered on a line of its own.
fn read_batch(batch: Vec<Value>, size: usize, emit: &mut impl FnMut(Incoming)) {
    let (messages, strangers): (Vec<_>, Vec<_>) = batch.into_iter().partition(Value::is_object);
    if messages.is_empty() || !strangers.is_empty() {
        let error =
            ErrorData::invalid_request("a batch must hold one message or more, and only objects", None);
        emit(Incoming::Refused(None, error));
    }
    let share = size / messages.len().max(1);
    for message in messages {
        if let Value::Object(message) = message
            && let Some(incoming) = read_message(message, share)
        {
            emit(incoming);
        }
    }
}

fn read_message(mut message: Map<String, Value>, size: usize) -> Option<Incoming> {
    let id = message.remove("id");
    if !message.contains_key("method") && (message.contains_key("result") || message.contains_key("error")) {
        return read_answer(id?, message);
    }
    let checked = check(&mut message);
    let Some(id) = id else {
        return read_notification(checked.ok()?);
    };
    let (method, params) = match checked {
        Ok(checked) => checked,
        Err(why) => return Some(refused(id, ErrorData::invalid_request(why, None))),
    };
    let Ok(known) = RequestId::deserialize(&id) else {
        let error = ErrorData::invalid_request("the id of a request must be a string or an integer", None);
        return Some(refused(id, error));
    };
    let (body, versioned) = read_request(method, params);
    let spelled = respelled(id);
    let received = Instant::now();
    Some(Incoming::Request(Box::new(Asked { id: known, spelled, body, versioned, received, size })))
}

/// An error for `id`: in turn with other requests of this id where it can be one.
fn refused(id: Value, error: ErrorData) -> Incoming {
    match RequestId::deserialize(&id) {
        Ok(known) => Incoming::Request(Box::new(Asked {
            id: known,
            spelled: respelled(id),
            body: Body::Answer(Err(error)),
            versioned: true,
            received: Instant::now(),
            size: 0,
        })),
        // An id that is an array or an object is nothing that a caller could match.
        Err(_) if id.is_array() || id.is_object() => Incoming::Refused(None, error),
        Err(_) => Incoming::Refused(Some(id), error),
    }
}

fn respelled(id: Value) -> Option<Value> {
    (id.is_number() && id.as_i64().is_none()).then_some(id)
}

/// The method and the parameters, or what JSON-RPC forbids.
fn check(message: &mut Map<String, Value>) -> Result<(String, Map<String, Value>), &'static str> {
    if message.get("jsonrpc").and_then(Value::as_str) != Some("2.0") {
        return Err("`jsonrpc` must be \"2.0\"");
    }
    let Some(Value::String(method)) = message.remove("method") else {
        return Err("`method` must be a string");
    };
    match message.remove("params") {
        None | Some(Value::Null) => Ok((method, Map::new())),
        Some(Value::Object(params)) => Ok((method, params)),
        Some(_) => Err("`params` must be an object"),
    }
}

/// No other notification changes anything here.
fn read_notification((method, params): (String, Map<String, Value>)) -> Option<Incoming> {
    if method != "notifications/cancelled" {
        return None;
    }
    RequestId::deserialize(params.get("requestId")?).ok().map(Incoming::Cancelled)
}

fn read_answer(id: Value, mut message: Map<String, Value>) -> Option<Incoming> {
    let id = match RequestId::deserialize(id).ok()? {
        RequestId::String(text) => text.parse().map_or(RequestId::String(text), RequestId::Number),
        number @ RequestId::Number(_) => number,
    };
    let answer = match message.remove("result") {
        Some(result) => Ok(ClientResult::CustomResult(CustomResult(result))),
        None => Err(ErrorData::internal_error("the client answered with an error", None)),
    };
    Some(Incoming::Answer(id, answer))
}

fn read_request(method: String, mut params: Map<String, Value>) -> (Body, bool) {
    let mut meta = match params.remove("_meta") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(meta)) => meta,
        Some(_) => return (invalid("`_meta` must be an object"), true),
    };
    if let Some(capabilities) = meta.get_mut(CAPABILITIES) {
        keep_readable(capabilities);
    }
    let version = meta.get(VERSION).and_then(Value::as_str);
    let versioned = version.is_some();
    let modern = version.is_some_and(|version| version >= ProtocolVersion::NO_INITIALIZE.as_str());
    // A handshake says in its parameters which version it wants; clients may put any version there.
    let gone = method == "ping" || method == "initialize" && !params.contains_key("protocolVersion");
    if modern && gone {
        return (Body::Answer(Err(unknown_method(&method))), true);
    }
    if method == "ping" {
        return (Body::Answer(Ok(json!({}))), true);
    }
    let body = match request(method, params) {
        Ok(mut request) => {
            request.extensions_mut().insert(RequestMetaObject(MetaObject(meta)));
            Body::Serve(request)
        }
        Err(error) => Body::Answer(Err(error)),
    };
    (body, versioned)
}

/// The typed request, where the SDK answers or keeps it; all else stays a custom one, which the SDK's own checks of
/// the protocol version precede.
fn request(method: String, params: Map<String, Value>) -> Result<ClientRequest, ErrorData> {
    Ok(match method.as_str() {
        "server/discover" => DiscoverRequest::new(DiscoverRequestParams {}).into(),
        "initialize" => InitializeRequest::new(initialize_params(params)?).into(),
        "subscriptions/listen" => {
            let filter = params.get("notifications").map(SubscriptionFilter::deserialize);
            let Some(Ok(filter)) = filter else {
                let message = "subscriptions/listen needs `notifications`, an object of what to listen to";
                return Err(ErrorData::invalid_params(message, None));
            };
            let request: SubscriptionsListenRequest =
                Request::new(SubscriptionsListenRequestParams::new(filter));
            request.into()
        }
        _ => CustomRequest::new(method, Some(Value::Object(params))).into(),
    })
}

/// Lenient: a client is not turned away for a capability in a shape that nobody here reads.
fn initialize_params(mut params: Map<String, Value>) -> Result<InitializeRequestParams, ErrorData> {
    let capabilities = params.entry("capabilities").or_insert_with(|| json!({}));
    if !capabilities.is_object() {
        *capabilities = json!({});
    }
    keep_readable(capabilities);
    if !params.get("clientInfo").is_some_and(is_implementation) {
        params.insert("clientInfo".into(), json!({ "name": "unknown", "version": "" }));
    }
    InitializeRequestParams::deserialize(Value::Object(params))
        .map_err(|_| ErrorData::invalid_params("initialize needs `protocolVersion`, a string", None))
}

fn is_implementation(value: &Value) -> bool {
    rmcp::model::Implementation::deserialize(value).is_ok()
}

/// Reduces capabilities that the SDK cannot read to the one that matters here.
fn keep_readable(capabilities: &mut Value) {
    if !capabilities.is_object() || ClientCapabilities::deserialize(&*capabilities).is_ok() {
        return;
    }
    let elicitation = capabilities.get("elicitation").filter(|value| value.is_object());
    let mut reduced = json!({});
    if let (Some(elicitation), Some(reduced)) = (elicitation, reduced.as_object_mut()) {
        let only_url = elicitation.get("url").is_some() && elicitation.get("form").is_none();
        let kept = if only_url { json!({ "url": {} }) } else { json!({}) };
        reduced.insert("elicitation".into(), kept);
    }
    *capabilities = reduced;
}

/// The answer to a method that is not served.
pub(super) fn unknown_method(method: &str) -> ErrorData {
    ErrorData::new(
        rmcp::model::ErrorCode::METHOD_NOT_FOUND,
        format!("the method `{method}` is not served here"),
        None,
    )
}

fn invalid(message: &'static str) -> Body {
    Body::Answer(Err(ErrorData::invalid_params(message, None)))
}

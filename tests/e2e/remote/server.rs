//! The base of every stand-in: listens on loopback, speaks MCP in the transports and eras that it is told to, hands
//! calls to a service, keeps every request, and breaks where a test says so.

use std::collections::HashMap;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use super::breaks::{Break, On};
use super::events::{Session, UNASKED};
use super::exchange::{Exchange, Road, data_bytes, event_bytes};
use super::modern;
use super::wire::{HttpAnswer, Received, Wire};
use crate::support::PATIENCE;

/// How `initialize` is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Legacy {
    No,
    /// With `Mcp-Session-Id`, a stream for what comes unasked, and an end by `DELETE`.
    Sessions,
    /// Each request by itself.
    Stateless,
}

/// What a server speaks.
#[derive(Clone, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a feature that a server has or has not")]
pub struct Speaks {
    /// The path of the server's address.
    pub path: String,
    pub legacy: Legacy,
    /// Whether 2026-07-28 is spoken too.
    pub modern: bool,
    /// The older HTTP+SSE in place of all that.
    pub older: bool,
    /// Answers as events in place of JSON.
    pub events: bool,
    /// Streams of answers can be asked for again by their events' ids.
    pub resumable: bool,
    /// The newest version that `initialize` agrees to.
    pub version: &'static str,
}

impl Speaks {
    /// Streamable HTTP with sessions, 2025-11-25, answers as JSON.
    pub fn sessions(path: &str) -> Self {
        Self {
            path: path.to_owned(),
            legacy: Legacy::Sessions,
            modern: false,
            older: false,
            events: false,
            resumable: false,
            version: "2025-11-25",
        }
    }

    /// Streamable HTTP without sessions, answers as events.
    pub fn stateless(path: &str, version: &'static str) -> Self {
        Self { legacy: Legacy::Stateless, events: true, version, ..Self::sessions(path) }
    }

    /// 2026-07-28 alone.
    pub fn modern(path: &str) -> Self {
        Self { legacy: Legacy::No, modern: true, ..Self::sessions(path) }
    }

    /// HTTP+SSE of 2024-11-05.
    pub fn older(path: &str) -> Self {
        Self { older: true, version: "2024-11-05", ..Self::sessions(path) }
    }

    /// The same with answers as events.
    pub fn with_events(self) -> Self {
        Self { events: true, ..self }
    }

    /// The same with streams that can be asked for again.
    pub fn resumable(self) -> Self {
        Self { events: true, resumable: true, ..self }
    }

    /// The same, and 2026-07-28 beside it.
    pub fn and_modern(self) -> Self {
        Self { modern: true, ..self }
    }
}

/// What a service answers to a call or another request.
#[derive(Clone, Debug)]
pub enum Reply {
    Result(Value),
    /// Code, message, and data or null.
    Error(i64, String, Value),
}

/// The result of a call, given as JSON in its text.
pub fn result(value: &Value) -> Reply {
    text_result(&value.to_string(), false)
}

pub fn text_result(text: &str, failed: bool) -> Reply {
    let mut result = json!({ "content": [{ "type": "text", "text": text }] });
    if failed {
        result["isError"] = json!(true);
    }
    Reply::Result(result)
}

/// What is behind the transport.
pub trait Service: Send + Sync + 'static {
    /// `serverInfo`.
    fn info(&self) -> Value;
    fn capabilities(&self) -> Value {
        json!({ "tools": { "listChanged": true } })
    }
    fn instructions(&self) -> Option<String> {
        None
    }
    /// Whether a request is let in at all.
    fn admit(&self, _request: &Received) -> Result<(), HttpAnswer> {
        Ok(())
    }
    /// Addresses beside MCP's own.
    fn elsewhere(&self, _request: &Received) -> Option<HttpAnswer> {
        None
    }
    fn tools(&self, request: &Received) -> Vec<Value>;
    fn call(&self, tool: &str, arguments: &Value, exchange: &mut Exchange) -> Reply;
    /// Any other method, and lists that come in pages; `None` for what the base answers.
    fn method(&self, _method: &str, _params: &Value, _exchange: &mut Exchange) -> Option<Reply> {
        None
    }
}

impl<S: Service> Service for Arc<S> {
    fn info(&self) -> Value {
        (**self).info()
    }
    fn capabilities(&self) -> Value {
        (**self).capabilities()
    }
    fn instructions(&self) -> Option<String> {
        (**self).instructions()
    }
    fn admit(&self, request: &Received) -> Result<(), HttpAnswer> {
        (**self).admit(request)
    }
    fn elsewhere(&self, request: &Received) -> Option<HttpAnswer> {
        (**self).elsewhere(request)
    }
    fn tools(&self, request: &Received) -> Vec<Value> {
        (**self).tools(request)
    }
    fn call(&self, tool: &str, arguments: &Value, exchange: &mut Exchange) -> Reply {
        (**self).call(tool, arguments, exchange)
    }
    fn method(&self, method: &str, params: &Value, exchange: &mut Exchange) -> Option<Reply> {
        (**self).method(method, params, exchange)
    }
}

pub(super) struct Shared {
    pub speaks: Speaks,
    pub service: Box<dyn Service>,
    requests: Mutex<Vec<Received>>,
    arrived: Condvar,
    breaks: Mutex<Vec<(On, Break, usize)>>,
    sessions: Mutex<HashMap<String, Arc<Session>>>,
    /// Open `subscriptions/listen`, as sessions that only the server writes to.
    pub listeners: Mutex<Vec<Arc<Session>>>,
    pub next: AtomicUsize,
    stopped: AtomicBool,
}

/// A server; listens until dropped.
pub struct Remote {
    address: String,
    pub(super) shared: Arc<Shared>,
}

impl Remote {
    pub fn start(speaks: Speaks, service: impl Service) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let shared = Arc::new(Shared {
            speaks,
            service: Box::new(service),
            requests: Mutex::default(),
            arrived: Condvar::new(),
            breaks: Mutex::default(),
            sessions: Mutex::default(),
            listeners: Mutex::default(),
            next: AtomicUsize::new(1),
            stopped: AtomicBool::new(false),
        });
        let own = Arc::clone(&shared);
        thread::spawn(move || {
            for (number, stream) in listener.incoming().map_while(Result::ok).enumerate() {
                if own.stopped.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&own);
                thread::spawn(move || serve(Wire::new(stream, number), &shared));
            }
        });
        Self { address, shared }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The whole address of the MCP server.
    pub fn url(&self) -> String {
        format!("{}{}", self.base(), self.shared.speaks.path)
    }

    /// Everything that came so far.
    pub fn requests(&self) -> Vec<Received> {
        self.shared.requests.lock().unwrap().clone()
    }

    /// The calls of a tool so far.
    pub fn calls(&self, tool: &str) -> Vec<Received> {
        self.requests().into_iter().filter(|request| request.tool() == tool).collect()
    }

    /// How many requests with this JSON-RPC method came.
    pub fn count(&self, method: &str) -> usize {
        self.requests().iter().filter(|request| request.method() == method).count()
    }

    /// Waits until `count` requests that `fits` have come.
    #[track_caller]
    pub fn wait_for(&self, count: usize, fits: impl Fn(&Received) -> bool) {
        let guard = self.shared.requests.lock().unwrap();
        let (requests, waited) = self
            .shared
            .arrived
            .wait_timeout_while(guard, PATIENCE, |all| all.iter().filter(|one| fits(one)).count() < count)
            .unwrap();
        let seen: Vec<_> =
            requests.iter().map(|one| format!("{} {} {}", one.verb, one.target, one.method())).collect();
        assert!(!waited.timed_out(), "not {count} such requests came, but {seen:#?}");
    }

    /// Breaks the next request that fits, once.
    pub fn break_once(&self, on: On, what: Break) {
        self.break_times(on, what, 1);
    }

    pub fn break_times(&self, on: On, what: Break, times: usize) {
        self.shared.breaks.lock().unwrap().push((on, what, times));
    }

    /// Breaks every request that fits until [`Remote::mend`].
    pub fn break_always(&self, on: On, what: Break) {
        self.break_times(on, what, usize::MAX);
    }

    pub fn mend(&self) {
        self.shared.breaks.lock().unwrap().clear();
    }

    /// Says something unasked to everybody who listens.
    pub fn say(&self, method: &str, params: Value) {
        let message = json!({ "jsonrpc": "2.0", "method": method, "params": params });
        for session in self.shared.sessions.lock().unwrap().values() {
            session.put(UNASKED, message.clone());
        }
        for listener in self.shared.listeners.lock().unwrap().iter() {
            let mut message = message.clone();
            message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"] = json!(listener.id);
            listener.put(UNASKED, message);
        }
    }

    /// Forgets all sessions and ends their streams, as a restart does.
    pub fn lose_sessions(&self) {
        self.shared.lose_sessions();
    }
}

impl Drop for Remote {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::SeqCst);
        self.shared.lose_sessions();
        // Wakes the listener, which then sees that it is over.
        drop(TcpStream::connect(&self.address));
    }
}

impl Shared {
    fn lose_sessions(&self) {
        for (_, session) in self.sessions.lock().unwrap().drain() {
            session.end();
        }
        for listener in self.listeners.lock().unwrap().drain(..) {
            listener.end();
        }
    }

    pub fn new_session(&self, version: &str) -> Arc<Session> {
        let id = format!("session-{}", self.next.fetch_add(1, Ordering::SeqCst));
        let session = Arc::new(Session::new(id.clone(), version.to_owned()));
        self.sessions.lock().unwrap().insert(id, Arc::clone(&session));
        session
    }

    fn session(&self, id: &str) -> Option<Arc<Session>> {
        self.sessions.lock().unwrap().get(id).cloned()
    }

    fn next_break(&self, request: &Received) -> Option<Break> {
        let mut breaks = self.breaks.lock().unwrap();
        let index = breaks.iter().position(|(on, _, _)| on.fits(request))?;
        breaks[index].2 -= 1;
        let what = breaks[index].1.clone();
        if breaks[index].2 == 0 {
            breaks.remove(index);
        }
        Some(what)
    }
}

fn serve(mut wire: Wire, shared: &Arc<Shared>) {
    while let Some(request) = wire.read() {
        shared.requests.lock().unwrap().push(request.clone());
        shared.arrived.notify_all();
        if !handle(&mut wire, &request, shared) {
            return;
        }
    }
}

/// Handles one request; false when the connection is over.
fn handle(wire: &mut Wire, request: &Received, shared: &Arc<Shared>) -> bool {
    let fault = shared.next_break(request);
    match &fault {
        Some(Break::Answer(answer)) => return wire.whole(answer).is_ok(),
        Some(Break::Reset) => {
            wire.reset_when_closed();
            return false;
        }
        Some(Break::Silence) => {
            wire.until_closed();
            return false;
        }
        Some(Break::LoseSessions) => shared.lose_sessions(),
        Some(Break::Wait(time)) => thread::sleep(*time),
        Some(Break::Hold(gate)) => gate.pass(),
        _ => {}
    }
    let is_mcp =
        request.path() == shared.speaks.path || (shared.speaks.older && is_message_path(request, shared));
    if !is_mcp {
        let answer = shared.service.elsewhere(request);
        return wire
            .whole(&answer.unwrap_or_else(|| HttpAnswer::new(404, "text/plain", "Not Found")))
            .is_ok();
    }
    if let Err(answer) = shared.service.admit(request) {
        return wire.whole(&answer).is_ok();
    }
    if shared.speaks.older {
        return older(wire, request, shared, fault);
    }
    let is_new = request.header("mcp-protocol-version") == Some(modern::VERSION)
        || request.json["params"]["_meta"].get("io.modelcontextprotocol/protocolVersion").is_some();
    if shared.speaks.modern && (is_new || shared.speaks.legacy == Legacy::No) {
        return modern::handle(wire, request, shared, fault);
    }
    match (request.verb.as_str(), shared.speaks.legacy) {
        ("POST", _) => post(wire, request, shared, fault),
        ("GET", Legacy::Sessions) => get(wire, request, shared),
        ("DELETE", Legacy::Sessions) => {
            let gone =
                request.header("mcp-session-id").and_then(|id| shared.sessions.lock().unwrap().remove(id));
            if let Some(session) = &gone {
                session.end();
            }
            wire.whole(&HttpAnswer::empty(if gone.is_some() { 200 } else { 404 })).is_ok()
        }
        _ => wire.whole(&HttpAnswer::empty(405).header("allow", "POST")).is_ok(),
    }
}

/// An error of the transport, in the words of the TypeScript SDK.
pub(super) fn refusal(status: u16, code: i64, message: &str) -> HttpAnswer {
    let error = json!({ "code": code, "message": message });
    HttpAnswer::json(status, &json!({ "jsonrpc": "2.0", "error": error, "id": null }))
}

/// A POST to a server of the older eras.
fn post(wire: &mut Wire, request: &Received, shared: &Shared, fault: Option<Break>) -> bool {
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
fn get(wire: &mut Wire, request: &Received, shared: &Shared) -> bool {
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

fn is_message_path(request: &Received, shared: &Shared) -> bool {
    request.path() == message_path(shared)
}

/// HTTP+SSE: a stream whose first event names the address for messages, and answers on that stream.
fn older(wire: &mut Wire, request: &Received, shared: &Arc<Shared>, fault: Option<Break>) -> bool {
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

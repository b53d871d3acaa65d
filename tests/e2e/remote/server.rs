//! The base of every stand-in: listens on loopback, speaks MCP in the transports and eras that it is told to, hands
//! calls to a service, keeps every request, and breaks where a test says so.

use std::collections::HashMap;
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use serde_json::{Value, json};

use super::breaks::{Break, On};
use super::events::{Session, UNASKED};
use super::exchange::Exchange;
use super::legacy::{get, is_message_path, older, post};
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
    pub sessions: Mutex<HashMap<String, Arc<Session>>>,
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

    pub fn session(&self, id: &str) -> Option<Arc<Session>> {
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

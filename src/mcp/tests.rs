//! The whole server over real pipes, with a stand-in for the gateway: what a client writes, byte for
//! byte, and what it reads.

#![expect(clippy::needless_pass_by_value, reason = "the tests build their messages in place")]

mod asking;
mod beside_tools;
mod calls;
mod ending;
mod passing;
mod remote;
mod remote_questions;
mod shapes;
mod subscribing;

use std::collections::HashMap;
use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Write};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::{Semaphore, broadcast, mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::provider::{Listed, ToolProvider};
use super::serve_over;
use super::session::{Limits, Session};
use crate::failure::{Exit, Failure, Sent};
use crate::gateway::completion::{Completion, Typing};
use crate::gateway::resources::Resource;
use crate::gateway::{Action, Asks, Call, Done, Notice, Outcome, Passing, Question, Tool};

/// Long enough for any machine; a test that waits so long has failed.
const PATIENCE: Duration = Duration::from_secs(60);
/// Length of the text that `big` answers: more than a pipe holds.
const LARGE: usize = 256 << 10;

/// Stands in for the gateway; each tool behaves as it is named.
struct Fake {
    changes: watch::Sender<u64>,
    /// Calls of `wait` and `stubborn` end when they get a permit.
    gate: Semaphore,
    started: Semaphore,
    running: AtomicUsize,
    most: AtomicUsize,
    finished: Semaphore,
    cancelled: Semaphore,
    conversions: AtomicUsize,
    broken: AtomicBool,
    seen: Mutex<Vec<Value>>,
    /// Listed beside the fixed ones.
    further: Mutex<Vec<Tool>>,
    subscribable: AtomicBool,
    notices: broadcast::Sender<Notice>,
}

impl Fake {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            changes: watch::channel(0).0,
            gate: Semaphore::new(0),
            started: Semaphore::new(0),
            running: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            finished: Semaphore::new(0),
            cancelled: Semaphore::new(0),
            conversions: AtomicUsize::new(0),
            broken: AtomicBool::new(false),
            seen: Mutex::new(Vec::new()),
            further: Mutex::new(Vec::new()),
            subscribable: AtomicBool::new(false),
            notices: broadcast::channel(16).0,
        })
    }

    async fn wait(&self, call: &Call) -> Outcome {
        let now = self.running.fetch_add(1, Ordering::SeqCst) + 1;
        self.most.fetch_max(now, Ordering::SeqCst);
        self.started.add_permits(1);
        tokio::select! {
            permit = self.gate.acquire() => permit.unwrap().forget(),
            () = call.caller.cancelled.cancelled() => {
                self.cancelled.add_permits(1);
                if call.tool == "stubborn" {
                    self.gate.acquire().await.unwrap().forget();
                }
            }
        }
        self.running.fetch_sub(1, Ordering::SeqCst);
        self.finished.add_permits(1);
        done(json!({ "waited": call.arguments.get("n") }))
    }
}

fn done(facts: Value) -> Outcome {
    let Value::Object(structured) = facts else { panic!("facts are an object") };
    Outcome::Done(Done { text: Value::Object(structured.clone()).to_string(), structured, receipt: None })
}

fn tool(name: &str, read_only: bool, destructive: Option<bool>) -> Tool {
    Tool {
        name: name.into(),
        description: format!("does {name}"),
        input_schema: Arc::new(Map::from_iter([("type".to_owned(), json!("object"))])),
        output_schema: None,
        more: None,
        read_only,
        destructive,
        idempotent: None,
        open_world: None,
    }
}

impl ToolProvider for Fake {
    fn tools(&self) -> Arc<Vec<Tool>> {
        self.conversions.fetch_add(1, Ordering::SeqCst);
        assert!(!self.broken.load(Ordering::SeqCst), "a defect outside of calls");
        let fixed = [tool("list_invoices", true, None), tool("delete_invoice", false, Some(false))];
        Arc::new(fixed.into_iter().chain(self.further.lock().unwrap().iter().cloned()).collect())
    }

    fn instructions(&self) -> String {
        assert!(!self.broken.load(Ordering::SeqCst), "a defect outside of calls");
        "be careful".into()
    }

    fn tools_changed(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    async fn call(&self, call: Call) -> Outcome {
        self.seen.lock().unwrap().push(json!({
            "tool": call.tool,
            "arguments": call.arguments,
            "caller": call.caller.name,
            "can_ask": call.caller.can_ask,
            "elicitation": call.caller.elicitation,
            "answered": call.answered.as_ref().map(|it| format!("{:?} {}", it.action, it.state)),
        }));
        match call.tool.as_str() {
            "echo" => done(json!({ "got": call.arguments })),
            "wait" | "stubborn" | "list_invoices" | "delete_invoice" => self.wait(&call).await,
            "panic" => panic!("secret payload"),
            "big" => done(json!({ "x": "x".repeat(LARGE), "n": call.arguments.get("n") })),
            "steps" => {
                if let Some(progress) = &call.caller.progress {
                    for (step, what) in [(1.0, "one"), (1.0, "again"), (3.0, "three"), (2.0, "back")] {
                        progress(step, Some(4.0), what);
                    }
                    tokio::task::yield_now().await;
                }
                done(json!({ "progress": call.caller.progress.is_some() }))
            }
            "ask" => match (&call.answered, call.caller.can_ask) {
                (None, true) => Outcome::Ask(Question {
                    message: "delete IV-1?".into(),
                    state: "sealed".into(),
                    asks: Asks::YesOrNo,
                }),
                (None, false) => done(json!({ "asked": false })),
                (Some(answered), _) => done(json!({
                    "accepted": answered.action == Action::Accept && answered.state == "sealed",
                    "action": format!("{:?}", answered.action),
                    "state": answered.state,
                })),
            },
            "insist" => Outcome::Ask(Question {
                message: "sure?".into(),
                state: "sealed".into(),
                asks: Asks::YesOrNo,
            }),
            "fail" => Outcome::Failed(
                Failure::new("rate_limited", Exit::Unavailable, "the API is busy")
                    .hint("wait")
                    .sent(Sent::Refused)
                    .fact("retry_after_s", 12),
            ),
            "find" if call.arguments.get("n") == Some(&json!("nobody")) => Outcome::Failed(
                Failure::new("not_found", Exit::Refused, "no record is called so").hint("look"),
            ),
            tool if tool.starts_with("remote_") => remote::call(&call),
            tool => Outcome::Failed(Failure::new(
                "unknown_tool",
                Exit::Refused,
                format!("there is no tool `{tool}`"),
            )),
        }
    }

    fn listed(&self, what: Listed) -> Vec<Value> {
        assert!(!self.broken.load(Ordering::SeqCst), "a defect outside of calls");
        vec![json!({ "name": format!("{what:?}") })]
    }

    fn prompt(&self, name: &str, arguments: &Map<String, Value>) -> Result<Value, Failure> {
        match name {
            "p" => Ok(json!({ "messages": [], "got": arguments })),
            name => {
                Err(Failure::new("unknown_prompt", Exit::Refused, format!("no prompt `{name}`")).hint("look"))
            }
        }
    }

    /// `lumabill://TOOL/N…` calls the tool with each N in turn.
    fn resource(&self, uri: &str) -> Option<Resource> {
        let mut parts = uri.strip_prefix("lumabill://")?.split('/');
        let tool = match parts.next()? {
            "guide" => return Some(Resource::Written("text/markdown", "# Guide".into())),
            "echo" => "echo",
            "wait" => "wait",
            "panic" => "panic",
            "find" => "find",
            "fail" => "fail",
            _ => return None,
        };
        let attempt = |n: &str| Map::from_iter([("n".to_owned(), json!(n))]);
        Some(Resource::Read(tool.to_owned(), parts.map(attempt).collect()))
    }

    async fn pass(&self, passing: Passing) -> Option<Outcome> {
        let seen =
            json!({ "passed": passing.method, "params": passing.params, "caller": passing.caller.name });
        let outcome = remote::pass(&passing);
        if outcome.is_some() {
            self.seen.lock().unwrap().push(seen);
        }
        if passing.params.get("uri").is_some_and(|uri| uri == "remote://wait") {
            self.started.add_permits(1);
            self.gate.acquire().await.unwrap().forget();
        }
        outcome
    }

    fn subscribable(&self) -> bool {
        self.subscribable.load(Ordering::SeqCst)
    }

    fn notices(&self) -> broadcast::Receiver<Notice> {
        self.notices.subscribe()
    }

    async fn complete(&self, typing: Typing) -> Option<Completion> {
        match typing.typed.as_str() {
            "wait" => {
                self.started.add_permits(1);
                self.gate.acquire().await.unwrap().forget();
            }
            "nowhere" => return None,
            _ => {}
        }
        let values = vec![format!("{} {:?}", typing.argument, typing.profile)];
        Some(Completion { values, total: None, more: true })
    }
}

/// A client on the other end of the pipes.
struct Client {
    input: Option<std::sync::mpsc::Sender<Vec<u8>>>,
    output: mpsc::UnboundedReceiver<Value>,
    kept: Vec<Value>,
    server: JoinHandle<Result<(), Failure>>,
    session: Arc<Session>,
    fake: Arc<Fake>,
}

impl Client {
    fn start() -> Self {
        Self::with(Limits::DEFAULT)
    }

    fn with(limits: Limits) -> Self {
        let (client_end, output) = std::io::pipe().unwrap();
        let mut client = Self::unread(limits, output);
        client.output = reading(client_end);
        client
    }

    /// A server whose stdout is `output`, which nobody reads here.
    fn unread(limits: Limits, output: PipeWriter) -> Self {
        let (server_end, to_server) = std::io::pipe().unwrap();
        let fake = Fake::new();
        let session = Session::new(limits);
        let serving = serve_over(Arc::clone(&fake), Arc::clone(&session), server_end, output);
        Self {
            input: Some(writing(to_server)),
            output: mpsc::unbounded_channel().1,
            kept: Vec::new(),
            server: tokio::spawn(serving),
            session,
            fake,
        }
    }

    /// A client that has shaken hands and offers `capabilities`.
    async fn legacy(limits: Limits, capabilities: Value) -> Self {
        let mut client = Self::with(limits);
        client.request(0, "initialize", initialize("2025-11-25", capabilities));
        client.answer(0).await;
        client.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        client
    }

    fn raw(&self, bytes: impl Into<Vec<u8>>) {
        self.input.as_ref().unwrap().send(bytes.into()).unwrap();
    }

    fn say(&self, message: &Value) {
        self.raw(format!("{message}\n"));
    }

    fn request(&self, id: impl Into<Value>, method: &str, params: Value) {
        self.say(&json!({ "jsonrpc": "2.0", "id": id.into(), "method": method, "params": params }));
    }

    fn call(&self, id: impl Into<Value>, tool: &str, arguments: Value) {
        self.request(id, "tools/call", json!({ "name": tool, "arguments": arguments }));
    }

    fn cancel(&self, id: impl Into<Value>) {
        let params = json!({ "requestId": id.into(), "reason": "changed my mind" });
        self.say(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params }));
    }

    /// The next message, in order.
    async fn next(&mut self) -> Value {
        if !self.kept.is_empty() {
            return self.kept.remove(0);
        }
        let message = timeout(PATIENCE, self.output.recv()).await.expect("the server answers in time");
        message.expect("the server still writes")
    }

    /// The next message that `wanted` picks; the others are kept.
    async fn pick(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.kept.iter().position(&wanted) {
            return self.kept.remove(at);
        }
        loop {
            let message = timeout(PATIENCE, self.output.recv()).await.expect("the server answers in time");
            let message = message.expect("the server still writes");
            if wanted(&message) {
                return message;
            }
            self.kept.push(message);
        }
    }

    async fn answer(&mut self, id: impl Into<Value>) -> Value {
        let id = id.into();
        self.pick(|message| message.get("method").is_none() && message.get("id") == Some(&id)).await
    }

    async fn method(&mut self, method: &str) -> Value {
        self.pick(|message| message["method"] == method).await
    }

    fn end_input(&mut self) {
        self.input = None;
    }

    /// Ends the input, waits for the exit and returns what was still written.
    async fn finish(&mut self) -> Vec<Value> {
        self.end_input();
        self.exited().await
    }

    async fn exited(&mut self) -> Vec<Value> {
        timeout(PATIENCE, &mut self.server).await.expect("the server ends").unwrap().unwrap();
        let mut rest = std::mem::take(&mut self.kept);
        while let Some(message) = timeout(PATIENCE, self.output.recv()).await.expect("stdout is closed") {
            rest.push(message);
        }
        rest
    }

    /// Waits until so many waiting calls have begun.
    async fn started(&self, calls: u32) {
        let permits = timeout(PATIENCE, self.fake.started.acquire_many(calls)).await;
        permits.expect("the calls begin").unwrap().forget();
    }

    async fn finished(&self, calls: u32) {
        let permits = timeout(PATIENCE, self.fake.finished.acquire_many(calls)).await;
        permits.expect("the calls end").unwrap().forget();
    }
}

fn writing(mut pipe: PipeWriter) -> std::sync::mpsc::Sender<Vec<u8>> {
    let (sender, pieces) = std::sync::mpsc::channel::<Vec<u8>>();
    std::thread::spawn(move || {
        for piece in pieces {
            if pipe.write_all(&piece).is_err() {
                return;
            }
        }
    });
    sender
}

fn reading(pipe: PipeReader) -> mpsc::UnboundedReceiver<Value> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in BufReader::new(pipe).lines() {
            let message = serde_json::from_str(&line.unwrap()).expect("every line on stdout is JSON");
            if sender.send(message).is_err() {
                return;
            }
        }
    });
    receiver
}

/// A number in its own digits.
fn exact(digits: &str) -> Value {
    serde_json::from_str(digits).unwrap()
}

fn initialize(version: &str, capabilities: Value) -> Value {
    let client = json!({ "name": "test client", "version": "1" });
    json!({ "protocolVersion": version, "capabilities": capabilities, "clientInfo": client })
}

/// What a modern request carries.
fn meta(version: &str, capabilities: Value) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "io.modelcontextprotocol/clientInfo": { "name": "modern client", "version": "1" },
    })
}

fn modern(mut params: Value) -> Value {
    params["_meta"] = meta("2026-07-28", json!({ "elicitation": { "form": {} } }));
    params
}

/// How often each id was answered.
fn answers(messages: &[Value]) -> HashMap<String, usize> {
    let mut counts = HashMap::new();
    for message in messages {
        if message.get("method").is_none() {
            *counts.entry(message["id"].to_string()).or_default() += 1;
        }
    }
    counts
}

//! An MCP session with `lumabill serve` over real pipes, in either era. Every line that the server writes
//! must be JSON; everything that waits has a limit and shows the transcript when it passes.

use std::collections::{HashMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, ExitStatus};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::run::wait;
use super::{Home, Lumabill, PATIENCE};

/// Which protocol the client speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// `initialize` with 2025-11-25.
    Legacy,
    /// 2026-07-28: everything in each request's `_meta`.
    Modern,
}

impl Era {
    pub const BOTH: [Self; 2] = [Self::Legacy, Self::Modern];
}

/// A running server and what it wrote so far.
pub struct McpSession {
    child: Child,
    era: Era,
    capabilities: Value,
    input: Option<Sender<Vec<u8>>>,
    lines: Receiver<String>,
    stderr: Arc<Mutex<Vec<u8>>>,
    next: u64,
    answers: HashMap<String, Value>,
    /// Answers without an id, which no request can claim.
    pub orphans: Vec<Value>,
    pub notifications: Vec<Value>,
    asked: VecDeque<Value>,
    transcript: Vec<String>,
    /// Stays as long as the server, which would else make its folders anew.
    home: Option<Arc<Home>>,
}

/// The result of `tools/call`, both of its parts.
#[derive(Debug)]
pub struct ToolResult {
    pub failed: bool,
    pub text: String,
    pub structured: Value,
}

impl McpSession {
    /// Spawns the run and opens a session without capabilities of the client.
    pub fn start(run: &Lumabill, era: Era) -> Self {
        Self::with_capabilities(run, era, json!({}))
    }

    /// The same, for a client that can put questions to a person.
    pub fn with_elicitation(run: &Lumabill, era: Era) -> Self {
        Self::with_capabilities(run, era, json!({ "elicitation": { "form": {} } }))
    }

    pub fn with_capabilities(run: &Lumabill, era: Era, capabilities: Value) -> Self {
        let mut session = Self::unopened(run, era);
        session.capabilities = capabilities;
        session.open();
        session
    }

    /// Opens a session with a command that stands elsewhere, for example in a client's file; three pipes.
    pub fn opened(command: Command, era: Era) -> Self {
        let mut session = Self::spawned(command, era);
        session.open();
        session
    }

    /// Spawns the run and says nothing yet.
    pub fn unopened(run: &Lumabill, era: Era) -> Self {
        let mut session = Self::spawned(run.command(), era);
        session.home = Some(Arc::clone(&run.home));
        session
    }

    /// The same, and says nothing yet.
    pub fn spawned(mut command: Command, era: Era) -> Self {
        let mut child = command.spawn().unwrap();
        let (input, requests) = mpsc::channel::<Vec<u8>>();
        let mut stdin = child.stdin.take().unwrap();
        // Writing on a thread of its own: a server that does not read must not hold up the test.
        thread::spawn(move || {
            while let Ok(bytes) = requests.recv() {
                if stdin.write_all(&bytes).is_err() {
                    return;
                }
            }
        });
        let (send, lines) = mpsc::channel();
        let stdout = child.stdout.take().unwrap();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                drop(send.send(line));
            }
        });
        let stderr = Arc::new(Mutex::new(Vec::new()));
        let (mut pipe, kept) = (child.stderr.take().unwrap(), Arc::clone(&stderr));
        thread::spawn(move || {
            let mut part = [0; 4096];
            while let Ok(count @ 1..) = pipe.read(&mut part) {
                kept.lock().unwrap().extend_from_slice(&part[..count]);
            }
        });
        Self {
            child,
            era,
            capabilities: json!({}),
            input: Some(input),
            lines,
            stderr,
            next: 0,
            answers: HashMap::new(),
            orphans: Vec::new(),
            notifications: Vec::new(),
            asked: VecDeque::new(),
            transcript: Vec::new(),
            home: None,
        }
    }

    /// `initialize` and `notifications/initialized`, or `server/discover`; gives its result.
    pub fn open(&mut self) -> Value {
        if self.era == Era::Modern {
            return self.ask("server/discover", json!({}));
        }
        let client = json!({ "name": "e2e", "version": "1" });
        let capabilities = self.capabilities.clone();
        let result = self.ask(
            "initialize",
            json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client }),
        );
        self.notify("notifications/initialized", json!({}));
        result
    }

    /// Sends a request and gives its id without waiting.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        self.next += 1;
        let id = json!(self.next);
        self.request_as(&id, method, params);
        id
    }

    /// Sends a request with this id, complete for its era.
    pub fn request_as(&mut self, id: &Value, method: &str, mut params: Value) {
        if self.era == Era::Modern {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = self.capabilities.clone();
            params["_meta"]["io.modelcontextprotocol/clientInfo"] = json!({ "name": "e2e", "version": "1" });
        }
        self.line(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string());
    }

    pub fn notify(&mut self, method: &str, params: Value) {
        self.line(&json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string());
    }

    /// One line as it stands.
    pub fn line(&mut self, line: &str) {
        self.bytes(format!("{line}\n").into_bytes());
    }

    /// Any bytes at all.
    pub fn bytes(&mut self, bytes: Vec<u8>) {
        self.note('>', &String::from_utf8_lossy(&bytes[..bytes.len().min(400)]));
        if let Some(input) = &self.input {
            drop(input.send(bytes));
        }
    }

    /// The whole message that answers `id`.
    #[track_caller]
    pub fn answer(&mut self, id: &Value) -> Value {
        self.answer_within(id, PATIENCE)
    }

    #[track_caller]
    pub fn answer_within(&mut self, id: &Value, limit: Duration) -> Value {
        let key = id.to_string();
        let began = Instant::now();
        loop {
            if let Some(answer) = self.answers.remove(&key) {
                return answer;
            }
            let left = limit.saturating_sub(began.elapsed());
            if left.is_zero() || !self.read(left) {
                self.fail(&format!("no answer to {id} within {limit:?}"));
            }
        }
    }

    /// The answer to `id` if it has come already.
    pub fn answered(&mut self, id: &Value) -> Option<Value> {
        while self.read(Duration::ZERO) {}
        self.answers.remove(&id.to_string())
    }

    /// Takes in what comes until something has come or the limit passes.
    pub fn listen(&mut self, limit: Duration) {
        self.read(limit);
    }

    /// Sends a request and gives its result; an error fails the test.
    #[track_caller]
    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.request(method, params);
        let mut answer = self.answer(&id);
        if answer.get("error").is_some() || answer.get("result").is_none() {
            self.fail(&format!("`{method}` was answered with {answer}"));
        }
        answer["result"].take()
    }

    /// Calls a tool without waiting.
    pub fn send_call(&mut self, tool: &str, arguments: Value) -> Value {
        self.request("tools/call", json!({ "name": tool, "arguments": arguments }))
    }

    /// Calls a tool, which must not ask back.
    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: Value) -> ToolResult {
        let result = self.ask("tools/call", json!({ "name": tool, "arguments": arguments }));
        ToolResult::from(&result)
    }

    /// Calls a tool that asks a person first; gives the question and the result after `action`
    /// (`accept`, `decline` or `cancel`).
    #[track_caller]
    pub fn call_and_answer(&mut self, tool: &str, arguments: Value, action: &str) -> (Value, ToolResult) {
        let mut reply = json!({ "action": action });
        if action == "accept" {
            reply["content"] = json!({ "confirm": true });
        }
        let params = json!({ "name": tool, "arguments": arguments });
        if self.era == Era::Legacy {
            let id = self.request("tools/call", params);
            let question = self.asked_within(PATIENCE);
            self.line(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": reply }).to_string());
            let answer = self.answer(&id);
            return (question["params"].clone(), ToolResult::from(&answer["result"]));
        }
        let first = self.ask("tools/call", params.clone());
        assert_eq!(first["resultType"], "input_required", "{first}");
        let (key, question) = first["inputRequests"].as_object().and_then(|map| map.iter().next()).unwrap();
        let mut again = params;
        again["inputResponses"][key] = reply;
        again["requestState"] = first["requestState"].clone();
        let result = self.ask("tools/call", again);
        (question["params"].clone(), ToolResult::from(&result))
    }

    /// The next request that the server sends to the client (an elicitation, in the legacy era).
    #[track_caller]
    pub fn asked_within(&mut self, limit: Duration) -> Value {
        let began = Instant::now();
        loop {
            if let Some(request) = self.asked.pop_front() {
                return request;
            }
            let left = limit.saturating_sub(began.elapsed());
            if left.is_zero() || !self.read(left) {
                self.fail(&format!("the server asked nothing within {limit:?}"));
            }
        }
    }

    /// Waits for a notification of this method.
    #[track_caller]
    pub fn notified(&mut self, method: &str) -> Value {
        let began = Instant::now();
        loop {
            if let Some(index) = self.notifications.iter().position(|message| message["method"] == method) {
                return self.notifications.remove(index);
            }
            let left = PATIENCE.saturating_sub(began.elapsed());
            if left.is_zero() || !self.read(left) {
                self.fail(&format!("no `{method}` within {PATIENCE:?}"));
            }
        }
    }

    /// Ends the server's input; everything sent before is written first.
    pub fn close_input(&mut self) {
        self.note('>', "(end of input)");
        self.input = None;
    }

    /// Sends a signal by its name, for example `TERM`.
    pub fn signal(&mut self, name: &str) {
        self.note('>', &format!("(SIG{name})"));
        let pid = self.child.id().to_string();
        let status = Command::new("kill").args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(status.success());
    }

    /// Waits for the end of the process.
    #[track_caller]
    pub fn gone_within(&mut self, limit: Duration) -> (ExitStatus, Duration) {
        let began = Instant::now();
        match wait(&mut self.child, limit) {
            Some(status) => {
                let took = began.elapsed();
                // What it wrote last is still in the pipe.
                while self.read(PATIENCE) {}
                (status, took)
            }
            None => self.fail(&format!("the process still lives after {limit:?}")),
        }
    }

    /// The process lives and answers.
    #[track_caller]
    pub fn lives(&mut self) {
        let tools = self.ask("tools/list", json!({}));
        assert!(tools["tools"].is_array(), "{tools}");
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// A line of `/proc/PID/status` in bytes, for example `VmHWM`.
    pub fn memory(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.pid())).unwrap();
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    }

    pub fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.stderr.lock().unwrap()).into_owned()
    }

    /// Takes one line in; false when none came in time or the output ended.
    fn read(&mut self, limit: Duration) -> bool {
        let Ok(line) = self.lines.recv_timeout(limit) else { return false };
        self.note('<', &line);
        let Ok(message) = serde_json::from_str::<Value>(&line) else {
            self.fail("a line of the server is not JSON");
        };
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        match (message.get("method").is_some(), message.get("id")) {
            (true, Some(_)) => self.asked.push_back(message),
            (true, None) => self.notifications.push(message),
            (false, None | Some(Value::Null)) => self.orphans.push(message),
            (false, Some(id)) => {
                let id = id.to_string();
                if self.answers.insert(id.clone(), message).is_some() {
                    self.fail(&format!("two answers to {id}"));
                }
            }
        }
        true
    }

    fn note(&mut self, direction: char, text: &str) {
        let shown: String = text.trim_end().chars().take(400).collect();
        self.transcript.push(format!("{direction} {shown}"));
    }

    #[track_caller]
    fn fail(&self, what: &str) -> ! {
        let from = self.transcript.len().saturating_sub(40);
        panic!(
            "{what}\n--- transcript\n{}\n--- stderr\n{}",
            self.transcript[from..].join("\n"),
            self.stderr()
        );
    }
}

impl Drop for McpSession {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl ToolResult {
    pub fn from(result: &Value) -> Self {
        let texts = result["content"].as_array().into_iter().flatten();
        Self {
            failed: result["isError"] == true,
            text: texts.filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n"),
            structured: result["structuredContent"].clone(),
        }
    }

    /// The call must have worked.
    #[track_caller]
    pub fn done(self) -> Self {
        assert!(!self.failed, "{}", self.text);
        self
    }

    /// The call must have failed.
    #[track_caller]
    pub fn refused(self) -> Self {
        assert!(self.failed, "{}", self.text);
        self
    }
}

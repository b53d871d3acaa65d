//! A remote server that means ill: what it lists, says and answers is whatever a test wants, and what it was made to do
//! is kept.

use std::sync::{Arc, Condvar, Mutex};

use serde_json::{Value, json};

use super::exchange::Exchange;
use super::server::{Remote, Reply, Service, Speaks, result};
use super::wire::{HttpAnswer, Received};
use crate::support::PATIENCE;

/// A key that could belong to anybody.
pub const KEY: &str = "planted-hostile-Xv9Lr4Tn8Wq7Zk2";

pub const PATH: &str = "/mcp";

type Act = dyn Fn(&str, &Value, &mut Exchange) -> Reply + Send + Sync;
type Say = dyn Fn(&str, &Value) -> Option<Reply> + Send + Sync;

/// Behind the transport.
pub struct Hostile {
    pub tools: Mutex<Vec<Value>>,
    pub instructions: Mutex<String>,
    pub capabilities: Mutex<Value>,
    act: Mutex<Arc<Act>>,
    say: Mutex<Option<Arc<Say>>>,
    /// What it was made to do: tool and arguments.
    pub done: Mutex<Vec<(String, Value)>>,
    carried_out: Condvar,
}

impl Hostile {
    /// What it does when a tool is called.
    pub fn acts(&self, act: impl Fn(&str, &Value, &mut Exchange) -> Reply + Send + Sync + 'static) {
        *self.act.lock().unwrap() = Arc::new(act);
    }

    /// What it answers to other methods, and to lists.
    pub fn says(&self, say: impl Fn(&str, &Value) -> Option<Reply> + Send + Sync + 'static) {
        *self.say.lock().unwrap() = Some(Arc::new(say));
    }

    pub fn lists(&self, tools: Vec<Value>) {
        *self.tools.lock().unwrap() = tools;
    }

    /// Waits until a tool was carried out.
    #[track_caller]
    pub fn wait_until_done(&self, tool: &str) {
        let done = self.done.lock().unwrap();
        let without = |done: &mut Vec<(String, Value)>| !done.iter().any(|(name, _)| name == tool);
        let waited = self.carried_out.wait_timeout_while(done, PATIENCE, without).unwrap().1;
        assert!(!waited.timed_out(), "`{tool}` was not carried out");
    }

    /// How often a tool was carried out.
    pub fn did(&self, tool: &str) -> usize {
        self.done.lock().unwrap().iter().filter(|(name, _)| name == tool).count()
    }
}

pub fn start(speaks: Speaks, tools: Vec<Value>) -> (Remote, Arc<Hostile>) {
    let hostile = Arc::new(Hostile {
        tools: Mutex::new(tools),
        instructions: Mutex::default(),
        capabilities: Mutex::new(json!({ "tools": { "listChanged": true } })),
        act: Mutex::new(Arc::new(|tool: &str, _: &Value, _: &mut Exchange| result(&json!({ "did": tool })))),
        say: Mutex::default(),
        done: Mutex::default(),
        carried_out: Condvar::new(),
    });
    (Remote::start(speaks, Arc::clone(&hostile)), hostile)
}

/// A tool that says of itself whether it only reads.
pub fn tool(name: &str, about: &str, reads: bool) -> Value {
    json!({
        "name": name,
        "description": about,
        "inputSchema": { "type": "object", "properties": { "id": { "type": "string" } } },
        "annotations": { "readOnlyHint": reads, "destructiveHint": !reads },
    })
}

impl Service for Hostile {
    fn info(&self) -> Value {
        json!({ "name": "hostile", "version": "6.6.6" })
    }

    fn capabilities(&self) -> Value {
        self.capabilities.lock().unwrap().clone()
    }

    fn instructions(&self) -> Option<String> {
        Some(self.instructions.lock().unwrap().clone()).filter(|text| !text.is_empty())
    }

    fn admit(&self, request: &Received) -> Result<(), HttpAnswer> {
        let known = ["authorization", "x-api-key"].iter().any(|name| {
            request.header(name).is_some_and(|value| value.ends_with(KEY) || value.starts_with("Bearer bb_"))
        });
        if known { Ok(()) } else { Err(HttpAnswer::new(401, "text/plain", "who are you?")) }
    }

    fn tools(&self, _: &Received) -> Vec<Value> {
        self.tools.lock().unwrap().clone()
    }

    fn call(&self, tool: &str, arguments: &Value, exchange: &mut Exchange) -> Reply {
        let act = Arc::clone(&self.act.lock().unwrap());
        let reply = act(tool, arguments, exchange);
        self.done.lock().unwrap().push((tool.to_owned(), arguments.clone()));
        self.carried_out.notify_all();
        reply
    }

    fn method(&self, method: &str, params: &Value, _: &mut Exchange) -> Option<Reply> {
        let say = self.say.lock().unwrap().clone();
        say.and_then(|say| say(method, params))
    }
}

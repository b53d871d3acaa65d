//! The program as a client starts it, spoken to over its pipes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::books::Books;

pub struct Session {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: u64,
    /// What a client tells its model at the start.
    pub instructions: String,
}

/// What came of a call, in both of the forms of which a client shows its model one.
pub struct Result {
    pub text: String,
    pub structured: String,
    pub facts: Value,
    pub failed: bool,
}

impl Session {
    /// `None` where it does not serve with these arguments.
    pub fn start(books: &Books, arguments: &[&str]) -> Option<Self> {
        let mut command = Command::new(&books.program);
        command.args(arguments).env_clear().envs(books.environment(arguments.contains(&"--sandbox")));
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
        let input = child.stdin.take().expect("its input is a pipe");
        let output = BufReader::new(child.stdout.take().expect("its output is a pipe"));
        let mut session = Self { child, input, output, next: 0, instructions: String::new() };
        let hello = json!({
            "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": { "name": "tokens", "version": "1" },
        });
        let answer = session.ask("initialize", &hello)?;
        answer["instructions"].as_str().unwrap_or_default().clone_into(&mut session.instructions);
        session.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        Some(session)
    }

    pub fn tools(&mut self) -> Value {
        self.ask("tools/list", &json!({})).expect("it lists")["tools"].clone()
    }

    pub fn call(&mut self, tool: &str, arguments: &Value) -> Result {
        let answer =
            self.ask("tools/call", &json!({ "name": tool, "arguments": arguments })).expect("it answers");
        let text = answer["content"][0]["text"].as_str().unwrap_or_default().to_owned();
        let facts = answer.get("structuredContent").cloned().unwrap_or_default();
        let failed = answer["isError"] == true;
        Result {
            failed,
            structured: if facts.is_null() { String::new() } else { facts.to_string() },
            text,
            facts,
        }
    }

    fn ask(&mut self, method: &str, params: &Value) -> Option<Value> {
        self.next += 1;
        self.write(&json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params }));
        let mut line = String::new();
        while self.output.read_line(&mut line).is_ok_and(|count| count > 0) {
            let message: Value = serde_json::from_str(&line).expect("a message");
            if message["id"] == self.next {
                return Some(message["result"].clone());
            }
            line.clear();
        }
        None
    }

    fn write(&mut self, message: &Value) {
        // A program that is gone already is told by the answer that does not come.
        drop(writeln!(self.input, "{message}").and_then(|()| self.input.flush()));
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

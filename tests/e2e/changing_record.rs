//! A scripted API with one record that the test changes, too, as people do at the same time.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::scripted_books::{id, profiles, run};
use crate::support::{Answer, Era, McpSession, Recorded, ScriptedServer, ToolResult, http};

pub const ALL: [&str; 5] = ["serve", "--toolsets", "all", "--confirm", "never"];
pub const JSON: &str = "content-type: application/json";

/// A record that the test, too, can change, and what was written to it.
#[derive(Clone)]
pub struct Record(Arc<Mutex<Value>>);

impl Record {
    pub fn new(fields: Value) -> Self {
        let mut record =
            json!({ "id": id(1), "number": "R-1", "status": "draft", "notes": "old", "title": "T" });
        merge(&mut record, &fields);
        Self(Arc::new(Mutex::new(record)))
    }

    pub fn get(&self) -> Value {
        self.0.lock().unwrap().clone()
    }

    pub fn set(&self, fields: &Value) {
        merge(&mut self.0.lock().unwrap(), fields);
    }

    /// What a PUT does.
    pub fn store(&self, request: &Recorded) {
        self.set(&serde_json::from_slice(&request.body).unwrap());
    }

    pub fn shown(&self) -> Answer {
        said(200, &self.get())
    }
}

pub fn merge(record: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().unwrap() {
        record[name] = value.clone();
    }
}

pub fn said(status: u16, body: &Value) -> Answer {
    Answer::Bytes(http(status, &[JSON], &body.to_string()))
}

pub fn tagged(record: &Record, tag: &str) -> Answer {
    Answer::Bytes(http(200, &[JSON, &format!("etag: {tag}")], &record.get().to_string()))
}

pub fn turned_away(seconds: u8) -> Answer {
    Answer::Bytes(http(429, &[JSON, &format!("retry-after: {seconds}")], "{}"))
}

/// A server whose reads and writes of the record are up to the test; both are told how many came before.
pub fn books(
    read: impl Fn(usize) -> Answer + Send + Sync + 'static,
    write: impl Fn(&Recorded, usize) -> Answer + Send + Sync + 'static,
) -> ScriptedServer {
    let counts = Mutex::new((0, 0));
    ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        let mut counts = counts.lock().unwrap();
        if request.method == "GET" {
            counts.0 += 1;
            return read(counts.0 - 1);
        }
        counts.1 += 1;
        write(request, counts.1 - 1)
    })
}

pub fn sent(server: &ScriptedServer, methods: &[&str]) -> Vec<Recorded> {
    let mut requests = server.requests();
    requests.retain(|request| {
        methods.contains(&request.method.as_str()) && !request.target.starts_with("/v1/profiles")
    });
    requests
}

pub fn writes(server: &ScriptedServer) -> Vec<Recorded> {
    sent(server, &["PUT", "DELETE", "POST"])
}

pub fn reads(server: &ScriptedServer) -> usize {
    sent(server, &["GET"]).len()
}

pub fn body(request: &Recorded) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

pub fn update(server: &ScriptedServer, changes: Value) -> ToolResult {
    let arguments = json!({ "id": id(1), "changes": changes });
    McpSession::start(&run(server, &ALL), Era::Modern).call("update_invoice", arguments)
}

pub fn delete(server: &ScriptedServer) -> ToolResult {
    McpSession::start(&run(server, &ALL), Era::Legacy).call("delete_invoice", json!({ "id": id(1) }))
}

pub fn error(result: &ToolResult) -> &Value {
    &result.structured["error"]
}

pub fn notes(result: &ToolResult) -> String {
    result.structured["notes"].to_string()
}

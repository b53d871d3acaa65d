//! The remote MCP server of the benchmark: streamable HTTP, both eras, stateless, two tools that read; and the bare
//! client that the bridges are held against.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::upstream::{client, invoices, record};

/// Bytes of text in the answer of `large`.
const LARGE: usize = 8_000_000;

pub struct Remote {
    pub url: String,
}

/// Starts it on a free loopback port, on a thread of its own.
pub fn start() -> Remote {
    let (send, receive) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            send.send(listener.local_addr().expect("an address")).expect("the driver listens");
            let answers = Arc::new(Answers::new());
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answers)));
            }
        });
    });
    Remote { url: format!("http://{}/mcp", receive.recv().expect("the server starts")) }
}

/// Results as they go out, made once.
struct Answers {
    discover: String,
    initialize: String,
    tools: String,
    get: String,
    large: String,
}

impl Answers {
    fn new() -> Self {
        let (capabilities, info) = (json!({ "tools": {} }), json!({ "name": "bench", "version": "1" }));
        let tool = |name: &str| {
            let schema = json!({ "type": "object", "properties": {} });
            let hints = json!({ "readOnlyHint": true });
            json!({ "name": name, "description": "Reads.", "inputSchema": schema, "annotations": hints })
        };
        let text = |text: &str| {
            json!({ "resultType": "complete", "content": [{ "type": "text", "text": text }] }).to_string()
        };
        let list = invoices();
        let mut large = list.repeat(LARGE / list.len());
        large.push_str(&" ".repeat(LARGE - large.len()));
        Self {
            discover: json!({
                "resultType": "complete", "supportedVersions": ["2026-07-28"], "capabilities": capabilities,
                "ttlMs": 0, "cacheScope": "private", "_meta": { "io.modelcontextprotocol/serverInfo": info },
            })
            .to_string(),
            initialize: json!({
                "protocolVersion": "2025-11-25", "capabilities": capabilities, "serverInfo": info,
            })
            .to_string(),
            tools: json!({
                "resultType": "complete", "tools": [tool("get"), tool("large")], "ttlMs": 0, "cacheScope": "private",
            })
            .to_string(),
            get: text(record()),
            large: text(&large),
        }
    }

    /// The result of a request, `None` where there is no such method.
    fn result(&self, message: &Value) -> Option<&str> {
        match (message["method"].as_str()?, message["params"]["name"].as_str()) {
            ("server/discover", _) => Some(&self.discover),
            ("initialize", _) => Some(&self.initialize),
            ("tools/list", _) => Some(&self.tools),
            ("tools/call", Some("large")) => Some(&self.large),
            ("tools/call", _) => Some(&self.get),
            _ => None,
        }
    }
}

/// Answers one connection until it is closed.
async fn serve(mut stream: TcpStream, answers: Arc<Answers>) {
    drop(stream.set_nodelay(true));
    let mut buffer = Vec::with_capacity(4096);
    loop {
        let Some(end) = buffer.windows(4).position(|window| window == b"\r\n\r\n") else {
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => continue,
            }
        };
        let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length:"))
            .map_or(0, |length| length.trim().parse().expect("a length"));
        while buffer.len() < end + 4 + length {
            match stream.read_buf(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
        let reply = reply(&head, &buffer[end + 4..end + 4 + length], &answers);
        if stream.write_all(reply.as_bytes()).await.is_err() {
            return;
        }
        buffer.drain(..end + 4 + length);
    }
}

fn reply(head: &str, body: &[u8], answers: &Answers) -> String {
    if !head.starts_with("post ") {
        return "HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n".to_owned();
    }
    let message: Value = serde_json::from_slice(body).expect("a message");
    let Some(id) = message.get("id") else {
        return "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n".to_owned();
    };
    let outcome = answers.result(&message).map_or_else(
        || r#""error":{"code":-32601,"message":"there is no such method"}"#.to_owned(),
        |result| format!(r#""result":{result}"#),
    );
    let body = format!(r#"{{"jsonrpc":"2.0","id":{id},{outcome}}}"#);
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}")
}

/// A bare client: one POST at a time, its answer read to the end and parsed by nobody.
pub struct Client {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    url: String,
}

impl Client {
    pub fn of(remote: &Remote) -> Self {
        let (runtime, http) = client();
        Self { runtime, http, url: remote.url.clone() }
    }

    /// One call of a tool without arguments.
    pub fn call(&mut self, tool: &str) -> Duration {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{{}}}}}}"#
        );
        let began = Instant::now();
        let request = self
            .http
            .post(&self.url)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .body(body);
        let answer = self.runtime.block_on(async { request.send().await?.bytes().await }).expect("an answer");
        let elapsed = began.elapsed();
        assert!(answer.starts_with(br#"{"jsonrpc":"2.0","id":1,"result""#));
        elapsed
    }
}

//! A server that answers each request as a function of the test says, byte for byte, and keeps what it heard.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

use crate::credentials::Origin;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Heard {
    pub method: String,
    pub target: String,
    /// Request line and headers.
    pub head: String,
    /// The body, null where there was none.
    pub json: Value,
    /// Which connection it came on.
    pub connection: u32,
}

impl Heard {
    /// The JSON-RPC method, or the HTTP method where there is no body.
    pub fn what(&self) -> &str {
        self.json["method"].as_str().unwrap_or(&self.method)
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

/// A step of an answer.
#[derive(Clone)]
pub enum Step {
    Say(Vec<u8>),
    Pause(Duration),
    /// Goes on when the test says so.
    Wait(Arc<Notify>),
    /// Closes the connection.
    Close,
    /// Resets the connection.
    Reset,
    /// Nothing more, until the client leaves.
    Hold,
}

pub type Steps = Vec<Step>;

#[derive(Clone)]
pub struct Server {
    pub origin: Origin,
    heard: Arc<Mutex<Vec<Heard>>>,
    changed: Arc<Notify>,
}

impl Server {
    pub async fn start(answer: impl Fn(&Heard) -> Steps + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = Self {
            origin: Origin::parse(&format!("http://{address}/api/mcp")).unwrap(),
            heard: Arc::default(),
            changed: Arc::default(),
        };
        let (task, answer) = (server.clone(), Arc::new(answer));
        tokio::spawn(async move {
            let mut connection = 0;
            while let Ok((stream, _)) = listener.accept().await {
                connection += 1;
                let (task, answer) = (task.clone(), Arc::clone(&answer));
                tokio::spawn(async move { task.serve(stream, connection, &*answer).await });
            }
        });
        server
    }

    /// Everything that was heard, in order.
    pub fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// What was asked, in order.
    pub fn asked(&self) -> Vec<String> {
        self.heard().iter().map(|heard| heard.what().to_owned()).collect()
    }

    /// Waits until something like this was heard.
    pub async fn hears(&self, like: impl Fn(&Heard) -> bool) -> Heard {
        loop {
            let changed = self.changed.notified();
            if let Some(heard) = self.heard().into_iter().find(|heard| like(heard)) {
                return heard;
            }
            tokio::time::timeout(Duration::from_secs(10), changed).await.expect("it was never heard");
        }
    }

    async fn serve(&self, mut stream: TcpStream, connection: u32, answer: &(dyn Fn(&Heard) -> Steps + Sync)) {
        let mut received = Vec::new();
        while let Some(mut heard) = next_request(&mut stream, &mut received).await {
            heard.connection = connection;
            self.heard.lock().unwrap().push(heard.clone());
            self.changed.notify_waiters();
            for step in answer(&heard) {
                match step {
                    Step::Say(bytes) => {
                        if stream.write_all(&bytes).await.is_err() {
                            return;
                        }
                    }
                    Step::Pause(time) => tokio::time::sleep(time).await,
                    Step::Wait(go) => go.notified().await,
                    Step::Close => return,
                    Step::Reset => return stream.set_zero_linger().unwrap(),
                    Step::Hold => {
                        drop(stream.read(&mut [0]).await);
                        return;
                    }
                }
            }
        }
    }
}

/// One request with its body; `None` at the end of the connection.
async fn next_request(stream: &mut TcpStream, received: &mut Vec<u8>) -> Option<Heard> {
    loop {
        if let Some(head) = received.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&received[..head]).into_owned();
            let length: usize = text
                .to_lowercase()
                .lines()
                .find_map(|line| line.strip_prefix("content-length:").map(str::to_owned))
                .map_or(0, |length| length.trim().parse().unwrap());
            if received.len() >= head + 4 + length {
                let rest = received.split_off(head + 4 + length);
                let request = std::mem::replace(received, rest);
                let mut words = text.split(' ').map(str::to_owned);
                return Some(Heard {
                    method: words.next().unwrap(),
                    target: words.next().unwrap(),
                    json: serde_json::from_slice(&request[head + 4..]).unwrap_or_default(),
                    head: text,
                    connection: 0,
                });
            }
        }
        if stream.read_buf(received).await.ok()? == 0 {
            return None;
        }
    }
}

/// A complete answer with these header lines.
pub fn with(headers: &str, status: &str, body: &str) -> Steps {
    vec![Step::Say(
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n{body}", body.len()).into_bytes(),
    )]
}

pub fn json_body(status: &str, body: &Value) -> Steps {
    with("content-type: application/json\r\n", status, &body.to_string())
}

pub fn accepted() -> Steps {
    with("", "202 Accepted", "")
}

/// The message that answers a request with this result.
pub fn message(heard: &Heard, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": heard.json["id"], "result": result})
}

pub fn result(heard: &Heard, result: &Value) -> Steps {
    json_body("200 OK", &message(heard, result))
}

pub fn error(heard: &Heard, code: i64, words: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": heard.json["id"], "error": {"code": code, "message": words}})
}

/// The beginning of a stream of events.
pub fn stream() -> Step {
    Step::Say(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_vec(),
    )
}

/// A piece of a stream.
pub fn piece(text: &str) -> Step {
    Step::Say(format!("{:x}\r\n{text}\r\n", text.len()).into_bytes())
}

/// The proper end of a stream.
pub fn end() -> Step {
    Step::Say(b"0\r\n\r\n".to_vec())
}

pub fn event(message: &Value) -> Step {
    piece(&format!("event: message\ndata: {message}\n\n"))
}

pub fn event_with_id(id: &str, message: &Value) -> Step {
    piece(&format!("id: {id}\nevent: message\ndata: {message}\n\n"))
}

/// What a server of the older era says to everything that has to do with a session, with the session's id where it has
/// one; `None` for the rest.
pub fn legacy(heard: &Heard, session: Option<&str>) -> Option<Steps> {
    let opened = json!({
        "protocolVersion": "2025-06-18",
        "capabilities": {"tools": {"listChanged": true}, "prompts": {}},
        "serverInfo": {"name": "scripted", "version": "1"},
        "instructions": "Ask nicely.",
    });
    Some(match heard.what() {
        "server/discover" => json_body("400 Bad Request", &error(heard, -32000, "Bad Request: no session")),
        "initialize" => {
            let id = session.map(|id| format!("mcp-session-id: {id}\r\n")).unwrap_or_default();
            let headers = format!("content-type: application/json\r\n{id}");
            with(&headers, "200 OK", &message(heard, &opened).to_string())
        }
        "notifications/initialized" | "notifications/cancelled" => accepted(),
        "GET" => with("", "405 Method Not Allowed", ""),
        "DELETE" => with("", "200 OK", ""),
        _ => return None,
    })
}

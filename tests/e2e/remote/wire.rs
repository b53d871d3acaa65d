//! HTTP/1.1 by hand on the side of a server: what came, byte for byte, and answers that may end anywhere.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;

/// One request as it came.
#[derive(Clone, Debug)]
pub struct Received {
    /// `POST`, `GET`, `DELETE`.
    pub verb: String,
    /// Path and query as sent.
    pub target: String,
    /// In the order in which they came, names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The body as JSON; null where it is none.
    pub json: Value,
    /// The how-manieth connection it came on, from 0.
    pub connection: usize,
    /// When it had arrived.
    pub at: Instant,
}

impl Received {
    /// The value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The value of a query parameter, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.target.split_once('?')?;
        field(query.as_bytes(), name)
    }

    /// The value of a field of a form in the body, decoded.
    pub fn form(&self, name: &str) -> Option<String> {
        field(&self.body, name)
    }

    /// The method of a JSON-RPC message; empty for an answer and for what is none.
    pub fn method(&self) -> &str {
        self.json["method"].as_str().unwrap_or_default()
    }

    /// The tool that is called; empty where none is.
    pub fn tool(&self) -> &str {
        if self.method() == "tools/call" {
            self.json["params"]["name"].as_str().unwrap_or_default()
        } else {
            ""
        }
    }

    /// The arguments of a call.
    pub fn arguments(&self) -> &Value {
        &self.json["params"]["arguments"]
    }
}

fn field(pairs: &[u8], name: &str) -> Option<String> {
    url::form_urlencoded::parse(pairs).find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// An answer outside MCP.
#[derive(Clone, Debug)]
pub struct HttpAnswer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl HttpAnswer {
    pub fn new(status: u16, kind: &str, body: impl Into<String>) -> Self {
        Self { status, headers: vec![("content-type".to_owned(), kind.to_owned())], body: body.into() }
    }

    pub fn json(status: u16, body: &Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), body: String::new() }
    }

    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// One connection.
pub struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    number: usize,
}

impl Wire {
    pub fn new(stream: TcpStream, number: usize) -> Self {
        drop(stream.set_nodelay(true));
        Self { stream, buffer: Vec::new(), number }
    }

    /// The next request; `None` at the end of the connection.
    pub fn read(&mut self) -> Option<Received> {
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            self.more()?;
        };
        let head = String::from_utf8_lossy(&self.buffer[..end]).into_owned();
        self.buffer.drain(..end);
        let mut lines = head.lines();
        let mut words = lines.next()?.split(' ');
        let (verb, target) = (words.next()?.to_owned(), words.next()?.to_owned());
        let headers = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut request = Received {
            verb,
            target,
            headers,
            body: Vec::new(),
            json: Value::Null,
            connection: self.number,
            at: Instant::now(),
        };
        request.body = self.body(&request)?;
        request.json = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
        Some(request)
    }

    fn body(&mut self, request: &Received) -> Option<Vec<u8>> {
        if let Some(length) = request.header("content-length").and_then(|text| text.parse().ok()) {
            return self.take(length);
        }
        let mut body = Vec::new();
        if request.header("transfer-encoding").is_some() {
            loop {
                let end = loop {
                    if let Some(end) = self.buffer.windows(2).position(|window| window == b"\r\n") {
                        break end;
                    }
                    self.more()?;
                };
                let line = self.take(end + 2)?;
                let length = usize::from_str_radix(String::from_utf8_lossy(&line).trim(), 16).ok()?;
                let part = self.take(length + 2)?;
                if length == 0 {
                    return Some(body);
                }
                body.extend_from_slice(&part[..length]);
            }
        }
        Some(body)
    }

    fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.buffer.len() < length {
            self.more()?;
        }
        Some(self.buffer.drain(..length).collect())
    }

    fn more(&mut self) -> Option<()> {
        let mut part = [0; 16384];
        let count = self.stream.read(&mut part).ok().filter(|count| *count > 0)?;
        self.buffer.extend_from_slice(&part[..count]);
        Some(())
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// A whole answer; the connection stays open.
    pub fn whole(&mut self, answer: &HttpAnswer) -> io::Result<()> {
        let bytes = whole(answer);
        self.send(&bytes)
    }

    /// The head of an event stream, which comes in chunks.
    pub fn open_events(&mut self, headers: &[(String, String)]) -> io::Result<()> {
        let mut text = head(200, headers);
        text.push_str(
            "content-type: text/event-stream\r\ncache-control: no-cache\r\ntransfer-encoding: chunked\r\n\r\n",
        );
        self.send(text.as_bytes())
    }

    pub fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.send(&chunk)
    }

    /// The end of an answer in chunks.
    pub fn end_chunks(&mut self) -> io::Result<()> {
        self.send(b"0\r\n\r\n")
    }

    /// The connection will end with a reset; the standard library cannot set the option, tokio can.
    pub fn reset_when_closed(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
        let _inside = runtime.enter();
        let same = self.stream.try_clone().unwrap();
        same.set_nonblocking(true).unwrap();
        tokio::net::TcpStream::from_std(same).unwrap().set_zero_linger().unwrap();
    }

    /// Waits until the other side has gone away.
    pub fn until_closed(&mut self) {
        let mut rest = [0; 4096];
        while matches!(self.stream.read(&mut rest), Ok(count) if count > 0) {}
    }

    /// Whether the other side goes away within `limit`.
    pub fn closed_within(&mut self, limit: Duration) -> bool {
        let mut rest = [0; 1];
        self.stream.set_read_timeout(Some(limit)).unwrap();
        let gone = match self.stream.peek(&mut rest) {
            Ok(count) => count == 0,
            Err(error) => !matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut),
        };
        drop(self.stream.set_read_timeout(None));
        gone
    }
}

/// A whole answer in bytes.
pub fn whole(answer: &HttpAnswer) -> Vec<u8> {
    let mut text = head(answer.status, &answer.headers);
    text.extend(["content-length: ", &answer.body.len().to_string(), "\r\n\r\n", &answer.body]);
    text.into_bytes()
}

fn head(status: u16, headers: &[(String, String)]) -> String {
    let mut text = format!("HTTP/1.1 {status} Stand-in\r\n");
    for (name, value) in headers {
        text.extend([name.as_str(), ": ", value, "\r\n"]);
    }
    text
}

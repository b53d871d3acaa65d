//! A plain HTTP client: shows what a stand-in answers without any code of ours.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use serde_json::{Value, json};

use super::Remote;
use crate::support::PATIENCE;

/// Asks one server, with headers of its own.
pub struct Plain {
    base: String,
    target: String,
    headers: Vec<(String, String)>,
    next: u64,
}

/// What came back.
#[derive(Debug)]
pub struct Got {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Got {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The messages of a body: one of JSON, or those of its events.
    pub fn messages(&self) -> Vec<Value> {
        if self.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")) {
            let data = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
            return data.filter_map(|text| serde_json::from_str(text).ok()).collect();
        }
        serde_json::from_str(&self.body).into_iter().collect()
    }

    /// The last message: the answer.
    #[track_caller]
    pub fn json(&self) -> Value {
        self.messages().pop().unwrap_or_else(|| panic!("no message in {self:?}"))
    }
}

impl Plain {
    pub fn new(server: &Remote, headers: &[(&str, &str)]) -> Self {
        let target = server.url().trim_start_matches(&server.base()).to_owned();
        let mut plain = Self { base: server.base(), target, headers: Vec::new(), next: 0 };
        for (name, value) in headers {
            plain = plain.header(name, value);
        }
        plain
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.retain(|(key, _)| key != name);
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with another path and query.
    pub fn at(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    fn send(&self, verb: &str, body: &str) -> BufReader<TcpStream> {
        let mut stream = TcpStream::connect(self.base.trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut text = format!("{verb} {} HTTP/1.1\r\nhost: stand-in\r\nconnection: close\r\n", self.target);
        for (name, value) in &self.headers {
            text.extend([name, ": ", value, "\r\n"]);
        }
        text.extend(["content-length: ", &body.len().to_string(), "\r\n\r\n", body]);
        stream.write_all(text.as_bytes()).unwrap();
        BufReader::new(stream)
    }

    /// Sends a request and reads its answer to the end, or to where the connection ends.
    pub fn request(&self, verb: &str, body: &str) -> Got {
        let mut reader = self.send(verb, body);
        let (status, headers) = head(&mut reader);
        let mut got = Got { status, headers, body: String::new() };
        let mut bytes = Vec::new();
        if got.header("transfer-encoding").is_some() {
            while let Some(part) = chunk(&mut reader) {
                bytes.extend(part);
            }
        } else {
            let length = got.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
            // An answer that was cut is shorter.
            drop(reader.take(length).read_to_end(&mut bytes));
        }
        got.body = String::from_utf8_lossy(&bytes).into_owned();
        got
    }

    /// Opens a stream of events.
    pub fn events(&self) -> Events {
        let mut reader = self.send("GET", "");
        let (status, _) = head(&mut reader);
        assert_eq!(status, 200);
        Events { reader, text: String::new() }
    }

    fn accepts(self) -> Self {
        self.header("accept", "application/json, text/event-stream")
            .header("content-type", "application/json")
    }

    /// Opens a session as `initialize` does; gives its result. `Mcp-Session-Id` and version are kept where there are any.
    #[track_caller]
    pub fn initialize(mut self, version: &str) -> (Self, Value) {
        self = self.accepts();
        let params = json!({
            "protocolVersion": version,
            "capabilities": {},
            "clientInfo": { "name": "plain", "version": "1" },
        });
        let got = self.post("initialize", params);
        let result = got.json()["result"].clone();
        if let Some(id) = got.header("mcp-session-id") {
            self = self.header("mcp-session-id", id);
        }
        self = self.header("mcp-protocol-version", result["protocolVersion"].as_str().unwrap());
        let note = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(self.request("POST", &note.to_string()).status, 202);
        (self, result)
    }

    /// Speaks 2026-07-28 from here on.
    pub fn modern(self) -> Self {
        self.accepts().header("mcp-protocol-version", "2026-07-28")
    }

    /// Sends a JSON-RPC request and does not wait for its answer; dropping what it gives goes away.
    pub fn begin(&mut self, method: &str, params: Value) -> BufReader<TcpStream> {
        let (sender, body) = self.prepared(method, params);
        sender.send("POST", &body)
    }

    /// Sends a JSON-RPC request.
    pub fn post(&mut self, method: &str, params: Value) -> Got {
        let (sender, body) = self.prepared(method, params);
        sender.request("POST", &body)
    }

    fn prepared(&mut self, method: &str, mut params: Value) -> (Self, String) {
        self.next += 1;
        let modern = self.headers.iter().any(|(_, value)| value == "2026-07-28");
        let mut sender = Self {
            next: 0,
            base: self.base.clone(),
            target: self.target.clone(),
            headers: self.headers.clone(),
        };
        if modern {
            params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2026-07-28");
            params["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
            sender = sender.header("mcp-method", method);
            if let Some(name) = params.get("name").or_else(|| params.get("uri")).and_then(Value::as_str) {
                sender = sender.header("mcp-name", name);
            }
        }
        let body = json!({ "jsonrpc": "2.0", "id": self.next, "method": method, "params": params });
        (sender, body.to_string())
    }

    /// The names of all tools.
    #[track_caller]
    pub fn tools(&mut self) -> Vec<String> {
        let answer = self.post("tools/list", json!({})).json();
        let tools = answer["result"]["tools"].as_array().unwrap_or_else(|| panic!("{answer}"));
        tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// Calls a tool; gives whether it failed, and its text.
    #[track_caller]
    pub fn call(&mut self, tool: &str, arguments: Value) -> (bool, String) {
        let answer = self.post("tools/call", json!({ "name": tool, "arguments": arguments })).json();
        let text = answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"));
        (answer["result"]["isError"] == true, text.to_owned())
    }

    /// Calls a tool that works, and whose text is JSON.
    #[track_caller]
    pub fn done(&mut self, tool: &str, arguments: Value) -> Value {
        let (failed, text) = self.call(tool, arguments);
        assert!(!failed, "{text}");
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"))
    }
}

/// An open stream of events.
pub struct Events {
    reader: BufReader<TcpStream>,
    text: String,
}

impl Events {
    /// The next event that says something: its name and its data. `None` at the end.
    pub fn next(&mut self) -> Option<(String, String)> {
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let field = |name: &str| {
                    event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
                };
                let (kind, data) = (field("event: "), field("data: "));
                self.text = rest.to_owned();
                if !data.is_empty() {
                    return Some((kind, data));
                }
            }
            let part = chunk(&mut self.reader)?;
            self.text.push_str(&String::from_utf8_lossy(&part));
        }
    }

    /// The next message.
    #[track_caller]
    pub fn message(&mut self) -> Value {
        let (_, data) = self.next().unwrap_or_else(|| panic!("the stream ended"));
        serde_json::from_str(&data).unwrap_or_else(|error| panic!("{error}: {data}"))
    }
}

fn head(reader: &mut impl BufRead) -> (u16, Vec<(String, String)>) {
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let status = line.split(' ').nth(1).and_then(|text| text.parse().ok());
    let status = status.unwrap_or_else(|| panic!("no answer but {line:?}"));
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        match line.trim_end().split_once(':') {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
            None => return (status, headers),
        }
    }
}

fn chunk(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let length = usize::from_str_radix(line.trim(), 16).ok()?;
    let mut part = vec![0; length + 2];
    reader.read_exact(&mut part).ok()?;
    part.truncate(length);
    (length > 0).then_some(part)
}

/// Opens an address as a browser does, redirects and all; gives the last answer.
pub fn browse(address: &str) -> Got {
    let mut address = url::Url::parse(address).unwrap();
    for _ in 0..5 {
        let base =
            format!("http://{}:{}", address.host_str().unwrap(), address.port_or_known_default().unwrap());
        let target = address[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
        let got = Plain { base, target, headers: Vec::new(), next: 0 }.request("GET", "");
        match got.header("location") {
            Some(next) if (300..400).contains(&got.status) => address = address.join(next).unwrap(),
            _ => return got,
        }
    }
    panic!("too many redirects, the last to {address}")
}

/// Sends one request to any address.
pub fn ask(verb: &str, address: &str, headers: &[(&str, &str)], body: &str) -> Got {
    let address = url::Url::parse(address).unwrap();
    let base = format!("http://{}:{}", address.host_str().unwrap(), address.port_or_known_default().unwrap());
    let target = address[url::Position::BeforePath..url::Position::AfterQuery].to_owned();
    let plain = Plain { base, target, headers: Vec::new(), next: 0 };
    headers.iter().fold(plain, |plain, (name, value)| plain.header(name, value)).request(verb, body)
}

//! The running sandbox over real HTTP. Every answer that the client below reads is held against the OpenAPI file.

mod banking;
mod books;
mod documents;
mod faulty;
mod frame;
mod listing;

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::spec::{Spec, resolve};
use super::{Faults, Options, Sandbox, keys, schema};

/// A sandbox without limits whose day is 21 November 2026.
fn options() -> Options {
    Options { limits: None, today: Some("2026-11-21".parse().unwrap()), ..Options::default() }
}

fn start(options: Options) -> Client {
    let sandbox = Sandbox::start(options).unwrap();
    Client { sandbox, key: keys::READ_WRITE_KEY, profile: Some(keys::MAIN_PROFILE_ID), strict: true }
}

fn with_faults(faults: &[&str]) -> Client {
    let mut client = start(Options { faults: Faults::parse(faults).unwrap(), ..options() });
    client.strict = false;
    client
}

struct Client {
    sandbox: Sandbox,
    key: &'static str,
    profile: Option<&'static str>,
    /// Hold answers against the OpenAPI file.
    strict: bool,
}

#[derive(Debug)]
struct Reply {
    status: u16,
    head: String,
    bytes: Vec<u8>,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes)
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.bytes)))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The status and the error's code.
    fn refusal(&self) -> (u16, String) {
        (self.status, self.json()["error"]["code"].as_str().unwrap_or_default().to_owned())
    }

    /// The fields that a 422 names.
    fn fields(&self) -> Vec<String> {
        assert_eq!(self.status, 422, "{}", self.json());
        let body = self.json();
        let details = body["error"]["details"].as_array().unwrap();
        details.iter().map(|detail| detail["field"].as_str().unwrap().to_owned()).collect()
    }
}

impl Client {
    fn get(&self, path: &str) -> Value {
        let reply = self.send("GET", path, None);
        assert_eq!(reply.status, 200, "{path}: {}", reply.json());
        reply.json()
    }

    fn create(&self, path: &str, body: &Value) -> Value {
        let reply = self.send("POST", path, Some(body));
        assert_eq!(reply.status, 201, "{path}: {}", reply.json());
        reply.json()
    }

    fn put(&self, path: &str, body: &Value) -> Value {
        let reply = self.send("PUT", path, Some(body));
        assert_eq!(reply.status, 200, "{path}: {}", reply.json());
        reply.json()
    }

    /// The id of the one client of this name.
    fn client(&self, name: &str) -> String {
        let rows = self.get("/v1/clients?limit=100")["data"].clone();
        let row = rows.as_array().unwrap().iter().find(|row| row["name"] == name).unwrap().clone();
        row["id"].as_str().unwrap().to_owned()
    }

    /// A draft for a client with the given lines.
    #[expect(clippy::needless_pass_by_value, reason = "tests read better with the lines written in place")]
    fn draft(&self, client: &str, lines: Value) -> Value {
        self.create("/v1/invoices", &json!({ "client_id": self.client(client), "lines": lines }))
    }

    fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Reply {
        let body = body.map(|body| ("application/json", body.to_string().into_bytes()));
        self.send_bytes(method, path, body.as_ref().map(|(media, bytes)| (*media, bytes.as_slice())))
    }

    fn send_bytes(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Reply {
        let reply = self.exchange(method, path, body).expect("an answer");
        if self.strict {
            check(method, path, &reply);
        }
        reply
    }

    /// None when the connection ends without an answer or before its end.
    fn exchange(&self, method: &str, path: &str, body: Option<(&str, &[u8])>) -> Option<Reply> {
        let mut stream = TcpStream::connect(self.sandbox.url().trim_start_matches("http://")).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut head =
            vec![format!("{method} {path} HTTP/1.1"), "host: sandbox".into(), "connection: close".into()];
        if !self.key.is_empty() {
            head.push(format!("authorization: Bearer {}", self.key));
        }
        head.extend(self.profile.map(|profile| format!("x-profile-id: {profile}")));
        let (media, bytes) = body.unwrap_or_default();
        if !media.is_empty() {
            head.push(format!("content-type: {media}"));
        }
        head.push(format!("content-length: {}\r\n\r\n", bytes.len()));
        let head = head.join("\r\n");
        stream.write_all(head.as_bytes()).ok()?;
        stream.write_all(bytes).ok()?;
        let mut answer = Vec::new();
        if let Err(error) = stream.read_to_end(&mut answer) {
            assert!(
                !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
                "{method} {path}: silence"
            );
            return None;
        }
        let split = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8(answer[..split].to_vec()).unwrap();
        let reply = Reply {
            status: head.split(' ').nth(1)?.parse().ok()?,
            bytes: answer[split + 4..].to_vec(),
            head,
        };
        let length: usize = reply.header("content-length").map_or(0, |length| length.parse().unwrap());
        (reply.bytes.len() == length).then_some(reply)
    }
}

/// Holds an answer against the OpenAPI file: its status is listed, its body fits the schema.
fn check(method: &str, path: &str, reply: &Reply) {
    assert_eq!(reply.header("x-lumabill-sandbox"), Some("1"));
    assert!(reply.header("x-request-id").is_some() && reply.header("date").is_some());
    let document = &Spec::built_in().unwrap().document;
    let plain = path.split('?').next().unwrap();
    let Some((route, _)) = Spec::built_in().unwrap().route(plain) else { return };
    let Some(operation) = route.operations.iter().find(|operation| operation.method == method) else {
        return;
    };
    let item = &document["paths"][&operation.path][method.to_lowercase()];
    let response = resolve(document, &item["responses"][reply.status.to_string()]);
    assert!(response.is_object(), "{method} {path}: {} is not in the file: {}", reply.status, reply.json());
    if let Some(schema) = response.pointer("/content/application~1json/schema") {
        let issues = schema::check(document, schema, &reply.json(), "");
        assert!(issues.is_empty(), "{method} {path}: {issues:?} in {}", reply.json());
    }
}

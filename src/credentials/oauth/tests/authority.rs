//! An authorization server that does what a test writes down, on a real socket, and a browser that brings its answer.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

/// What came.
#[derive(Clone, Debug)]
pub struct Request {
    pub method: String,
    pub path: String,
    pub head: String,
    pub body: String,
}

impl Request {
    /// The fields of a form.
    pub fn form(&self) -> BTreeMap<String, String> {
        url::form_urlencoded::parse(self.body.as_bytes()).into_owned().collect()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.head.lines().filter_map(|line| line.split_once(':'));
        found.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
    }
}

/// What is answered: a status, and JSON or the text itself.
pub enum Answer {
    Json(u16, Value),
    Raw(String),
    /// The end of the connection.
    Nothing,
}

type Script = dyn Fn(&Request, &str) -> Answer + Send + Sync;

#[derive(Clone)]
pub struct Authority {
    /// `http://127.0.0.1:PORT`
    pub base: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Authority {
    /// Asks `script` for each answer; it is given the server's own address too.
    pub async fn start(script: impl Fn(&Request, &str) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let authority = Self { base, requests: Arc::default() };
        let (task, script): (_, Arc<Script>) = (authority.clone(), Arc::new(script));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(task.clone().serve(stream, Arc::clone(&script)));
            }
        });
        authority
    }

    /// With metadata at its root, in which `change` is made, registration and tokens.
    pub async fn usual(change: impl Fn(&mut Value, &str) + Send + Sync + 'static) -> Self {
        Self::start(move |request, base| {
            let mut document = metadata(base, base);
            change(&mut document, base);
            usual(request, &document, "/.well-known/oauth-authorization-server")
        })
        .await
    }

    async fn serve(self, mut stream: TcpStream, script: Arc<Script>) -> Option<()> {
        let mut kept = Vec::new();
        loop {
            let end = loop {
                if let Some(end) = kept.windows(4).position(|end| end == b"\r\n\r\n") {
                    break end + 4;
                }
                if stream.read_buf(&mut kept).await.ok()? == 0 {
                    return None;
                }
            };
            let head = String::from_utf8_lossy(&kept[..end]).into_owned();
            let mut words = head.split(' ').map(str::to_owned);
            let (method, path) = (words.next()?, words.next()?);
            let mut request = Request { method, path, head, body: String::new() };
            let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
            while kept.len() < end + length {
                stream.read_buf(&mut kept).await.ok().filter(|read| *read > 0)?;
            }
            request.body = String::from_utf8_lossy(&kept[end..end + length]).into_owned();
            kept.drain(..end + length);
            self.requests.lock().unwrap().push(request.clone());
            let text = match script(&request, &self.base) {
                Answer::Raw(text) => text,
                Answer::Nothing => return None,
                Answer::Json(status, value) => {
                    let body = value.to_string();
                    let kind = "Content-Type: application/json";
                    format!("HTTP/1.1 {status} X\r\n{kind}\r\nContent-Length: {}\r\n\r\n{body}", body.len())
                }
            };
            stream.write_all(text.as_bytes()).await.ok()?;
        }
    }

    pub fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// Those for one path.
    pub fn asked(&self, path: &str) -> Vec<Request> {
        self.requests().into_iter().filter(|request| request.path == path).collect()
    }
}

/// Metadata with endpoints on `base`.
pub fn metadata(base: &str, issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/authorize?tenant=1"),
        "token_endpoint": format!("{base}/token"),
        "registration_endpoint": format!("{base}/register"),
        "code_challenge_methods_supported": ["plain", "S256"],
        "response_types_supported": ["code"],
    })
}

/// `document` at `place`, registration and tokens.
pub fn usual(request: &Request, document: &Value, place: &str) -> Answer {
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", path) if path == place => Answer::Json(200, document.clone()),
        ("POST", "/register") => Answer::Json(201, json!({"client_id": "client-1"})),
        ("POST", "/token") => Answer::Json(
            200,
            json!({
                "access_token": "access-0123456789-1", "token_type": "bearer", "expires_in": 3600,
                "refresh_token": "refresh-1",
            }),
        ),
        _ => Answer::Json(404, json!({"error": "not_found"})),
    }
}

/// The parameters of the address that the browser was sent to.
pub fn parameters(address: &str) -> BTreeMap<String, String> {
    Url::parse(address).unwrap().query_pairs().into_owned().collect()
}

/// What a browser is shown that goes to `address`: status line, headers and page.
pub async fn go(address: &str) -> String {
    let url = Url::parse(address).unwrap();
    let mut stream = TcpStream::connect((url.host_str().unwrap(), url.port().unwrap())).await.unwrap();
    let target = address.split_once("//").unwrap().1.split_once('/').map_or("", |(_, target)| target);
    stream.write_all(format!("GET /{target} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes()).await.unwrap();
    let mut shown = String::new();
    stream.read_to_string(&mut shown).await.unwrap();
    shown
}

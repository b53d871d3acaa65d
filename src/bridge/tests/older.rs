//! The older transport: HTTP+SSE.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

use super::server::{Server, Step, piece, stream, with};
use super::{KEY, ask, failure, read, setup, spawn, write};
use crate::bridge::{Listing, Notice, Remote, Transport, Watch};
use crate::credentials::Origin;
use crate::failure::Sent;

/// What goes out on a stream; `None` ends it.
type Said = Option<Value>;

/// A server of the older transport. What is posted is handed to `answer`, with the number of the stream; what that says
/// goes out on the stream: `None` ends it.
struct Older {
    origin: Origin,
    posted: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Older {
    async fn start(answer: impl Fn(&Value, usize) -> Vec<Said> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let origin =
            Origin::parse(&format!("http://{}/api/mcp/sse", listener.local_addr().unwrap())).unwrap();
        let posted: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let (kept, answer) = (Arc::clone(&posted), Arc::new(answer));
        tokio::spawn(async move {
            let streams: Arc<Mutex<Vec<mpsc::UnboundedSender<Said>>>> = Arc::default();
            while let Ok((mut connection, _)) = listener.accept().await {
                let (streams, kept, answer) = (Arc::clone(&streams), Arc::clone(&kept), Arc::clone(&answer));
                tokio::spawn(async move {
                    let mut received = Vec::new();
                    while let Some((head, body)) = next(&mut connection, &mut received).await {
                        if head.starts_with("GET") {
                            let (sender, messages) = mpsc::unbounded_channel();
                            let number = {
                                let mut streams = streams.lock().unwrap();
                                streams.push(sender);
                                streams.len()
                            };
                            return tell(connection, number, messages).await;
                        }
                        let json: Value = serde_json::from_str(&body).unwrap();
                        kept.lock().unwrap().push((head.clone(), json.clone()));
                        let number: usize = head.split("session=").nth(1).unwrap()[..1].parse().unwrap();
                        let sender = streams.lock().unwrap()[number - 1].clone();
                        let accepted = b"HTTP/1.1 202 Accepted\r\ncontent-length: 8\r\n\r\nAccepted";
                        connection.write_all(accepted).await.unwrap();
                        for message in answer(&json, number) {
                            drop(sender.send(message));
                        }
                    }
                });
            }
        });
        Self { origin, posted }
    }

    fn remote(&self) -> Arc<Remote> {
        let mut setup = setup(&self.origin);
        setup.transport = Transport::HttpSse;
        Arc::new(Remote::new(setup))
    }

    fn posted(&self, method: &str) -> Vec<Value> {
        let posted = self.posted.lock().unwrap();
        posted.iter().filter(|(_, json)| json["method"] == method).map(|(_, json)| json.clone()).collect()
    }
}

async fn tell(mut connection: TcpStream, number: usize, mut messages: mpsc::UnboundedReceiver<Said>) {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
    let first = format!("{head}event: endpoint\ndata: /api/mcp/messages?session={number}&x=%20\n\n");
    connection.write_all(first.as_bytes()).await.unwrap();
    while let Some(Some(message)) = messages.recv().await {
        let event = format!("event: message\r\ndata: {message}\r\n\r\n");
        if connection.write_all(event.as_bytes()).await.is_err() {
            return;
        }
    }
}

/// One request with its body; `None` at the end of the connection.
async fn next(connection: &mut TcpStream, received: &mut Vec<u8>) -> Option<(String, String)> {
    loop {
        let text = String::from_utf8_lossy(received).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            let length: usize = length.map_or(0, |length| length.parse().unwrap());
            if body.len() >= length {
                received.drain(..head.len() + 4 + length);
                return Some((head.to_owned(), body[..length].to_owned()));
            }
        }
        if connection.read_buf(received).await.ok()? == 0 {
            return None;
        }
    }
}

fn reply(asked: &Value, result: &Value) -> Said {
    Said::from(json!({"jsonrpc": "2.0", "id": asked["id"], "result": result}))
}

/// What such a server says to a beginning.
fn opening(asked: &Value) -> Option<Vec<Said>> {
    let told = json!({"protocolVersion": "2024-11-05", "capabilities": {"tools": {}}, "serverInfo": {"name": "older"}});
    match asked["method"].as_str() {
        Some("initialize") => Some(vec![reply(asked, &told)]),
        Some("notifications/initialized" | "notifications/cancelled") => Some(Vec::new()),
        _ => None,
    }
}

#[tokio::test]
async fn messages_go_to_the_address_that_the_stream_names_and_answers_come_on_it() {
    let server = Older::start(|asked, _| {
        opening(asked).unwrap_or_else(|| {
            let token = &asked["params"]["_meta"]["progressToken"];
            let params = json!({"progressToken": token, "progress": 1});
            vec![
                Some(json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})),
                Some(json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})),
                reply(asked, &json!({"tools": [{"name": "a"}]})),
            ]
        })
    })
    .await;
    let remote = server.remote();
    let mut notices = remote.notices();
    assert_eq!(remote.list(Listing::Tools, &Watch::default()).await.unwrap(), [json!({"name": "a"})]);
    assert_eq!(notices.recv().await.unwrap(), Notice::ToolsChanged);
    let seen: Arc<Mutex<Vec<f64>>> = Arc::default();
    let sink = Arc::clone(&seen);
    let watch = Watch {
        progress: Some(Arc::new(move |done, _, _: &str| sink.lock().unwrap().push(done))),
        ..Watch::default()
    };
    remote.request(write(), &watch).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), [1.0]);
    assert_eq!(remote.server(&watch).await.unwrap().version, "2024-11-05");
    assert!(server.posted("server/discover").is_empty(), "this transport is older than that");
    let (head, _) = server.posted.lock().unwrap()[0].clone();
    assert!(head.starts_with("POST /api/mcp/messages?session=1&x=%20 HTTP/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("authorization: Bearer {KEY}")) && !head.contains("mcp-"), "{head}");
}

#[tokio::test]
async fn many_requests_share_one_stream_and_get_their_own_answers() {
    let server = Older::start(|asked, _| {
        opening(asked).unwrap_or_else(|| vec![reply(asked, &asked["params"]["arguments"])])
    })
    .await;
    let remote = server.remote();
    let calls: Vec<_> = (0..30)
        .map(|number| {
            let mut request = read();
            request.params.insert("arguments".into(), json!({"number": number}));
            spawn(&remote, request, Watch::default())
        })
        .collect();
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap()["number"], number);
    }
    assert_eq!(server.posted("initialize").len(), 1);
}

#[tokio::test]
async fn when_the_stream_breaks_reads_are_repeated_and_writes_are_lost() {
    let breaking = |asked: &Value, stream: usize| {
        opening(asked).unwrap_or_else(|| match stream {
            1 => vec![None],
            _ => vec![reply(asked, &json!({"again": true}))],
        })
    };
    let server = Older::start(breaking).await;
    assert_eq!(ask(&server.remote(), read()).await.unwrap()["again"], true);
    assert_eq!(server.posted("tools/call").len(), 2);
    let server = Older::start(breaking).await;
    let remote = server.remote();
    let failure = failure(ask(&remote, write()).await);
    assert_eq!((failure.code, failure.sent), ("answer_cut", Sent::Unknown));
    assert_eq!(server.posted("tools/call").len(), 1);
    assert!(ask(&remote, write()).await.is_ok(), "the next call opens another stream");
}

#[tokio::test]
async fn a_question_on_the_stream_is_put_and_a_cancelled_read_is_told() {
    let server = Older::start(|asked, _| {
        opening(asked).unwrap_or_else(|| match asked["method"].as_str() {
            Some("tools/call") if asked["params"]["name"] == "send_invoice" => {
                let question = json!({"jsonrpc": "2.0", "id": asked["id"], "method": "elicitation/create", "params": {"message": "?"}});
                vec![Some(question)]
            }
            None => vec![reply(asked, &json!({"answer": asked["result"]["action"]}))],
            _ => Vec::new(),
        })
    })
    .await;
    let remote = server.remote();
    let (questions, mut asked) = mpsc::channel(1);
    let call = spawn(&remote, write(), Watch { questions: Some(questions), ..Watch::default() });
    asked.recv().await.unwrap().answer.send(json!({"action": "decline"})).unwrap();
    assert_eq!(call.await.unwrap().unwrap()["answer"], "decline");
    let watch = Watch::default();
    let call = spawn(&remote, read(), watch.clone());
    while server.posted("tools/call").len() < 2 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    watch.cancelled.cancel();
    assert_eq!(failure(call.await.unwrap()).code, "cancelled");
    while server.posted("notifications/cancelled").is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(
        server.posted("notifications/cancelled")[0]["params"]["requestId"],
        server.posted("tools/call")[1]["id"]
    );
}

#[tokio::test]
async fn an_address_for_messages_on_another_host_gets_nothing() {
    for (address, to) in [
        ("https://evil.example/messages?key=1", "https://evil.example"),
        ("//evil.example/messages", "http://evil.example"),
        ("http://127.0.0.1:1/messages", "http://127.0.0.1:1"),
        ("file:///etc/passwd", "an address off the web"),
    ] {
        let server = Server::start(move |_| {
            vec![stream(), piece(&format!("event: endpoint\ndata: {address}\n\n")), Step::Hold]
        })
        .await;
        let mut setup = setup(&server.origin);
        setup.transport = Transport::HttpSse;
        let failure = failure(ask(&Remote::new(setup), write()).await);
        assert_eq!((failure.code, failure.sent), ("wrong_origin", Sent::Nothing));
        assert_eq!(
            failure.message,
            format!(
                "127.0.0.1 wants its messages at {to}, which is not where its key belongs; nothing was sent there"
            )
        );
        assert!(server.heard().iter().all(|heard| heard.method == "GET"));
    }
}

#[tokio::test]
async fn a_server_that_speaks_the_other_transport_is_understood() {
    // An older one where streamable HTTP was expected.
    let posts =
        Older::start(|asked, _| opening(asked).unwrap_or_else(|| vec![reply(asked, &json!({}))])).await;
    let mut other = setup(&posts.origin);
    other.transport = Transport::Streamable;
    // It takes posts to its stream's address for what they are not.
    let only_messages = Server::start(|heard| match heard.method.as_str() {
        "POST" => with("content-type: text/html\r\n", "405 Method Not Allowed", "<html>"),
        _ => vec![stream(), piece("event: endpoint\ndata: ?session=1\n\n"), Step::Hold],
    })
    .await;
    let failure = failure(ask(&Remote::new(setup(&only_messages.origin)), write()).await);
    assert_eq!((failure.code, failure.sent), ("not_mcp", Sent::Nothing), "{}", failure.text());
    let last = only_messages.heard().last().unwrap().clone();
    assert_eq!((last.method.as_str(), last.target.as_str()), ("POST", "/api/mcp?session=1"));
    // A streamable one where the older transport was expected.
    let streamable = Server::start(|heard| {
        super::server::legacy(heard, None)
            .unwrap_or_else(|| super::server::result(heard, &json!({"ok": true})))
    })
    .await;
    let mut setup = setup(&streamable.origin);
    setup.transport = Transport::HttpSse;
    let remote = Remote::new(setup);
    assert_eq!(ask(&remote, write()).await.unwrap()["ok"], true);
    ask(&remote, write()).await.unwrap();
    assert_eq!(streamable.asked().iter().filter(|what| *what == "initialize").count(), 1);
}

#[tokio::test]
async fn a_write_that_an_error_of_the_server_met_is_not_sent_again_whatever_its_words() {
    let opened = Arc::new(tokio::sync::Notify::new());
    let wait = Arc::clone(&opened);
    let server = Server::start(move |heard| match heard.what() {
        "GET" => {
            let told =
                json!({"protocolVersion": "2024-11-05", "capabilities": {"tools": {}}, "serverInfo": {}});
            let answer = json!({"jsonrpc": "2.0", "id": 1, "result": told});
            vec![
                stream(),
                piece("event: endpoint\ndata: /api/messages?s=1\n\n"),
                Step::Wait(Arc::clone(&wait)),
                piece(&format!("data: {answer}\n\n")),
                Step::Hold,
            ]
        }
        "initialize" => {
            opened.notify_one();
            with("", "202 Accepted", "")
        }
        "tools/call" => with("", "500 Internal Server Error", "the session could not be stored"),
        _ => with("", "202 Accepted", ""),
    })
    .await;
    let mut setup = setup(&server.origin);
    setup.transport = Transport::HttpSse;
    let remote = Remote::new(setup);
    assert_eq!(failure(ask(&remote, write()).await).sent, Sent::Unknown);
    assert_eq!(server.asked().iter().filter(|what| *what == "tools/call").count(), 1, "{:?}", server.asked());
}

//! What is sent, how often, and what is said when nothing good comes back.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::server::{Play, Server, json as answer, with};
use super::{ApiError, Body, KEY, Store, client, failure, hurried, once, read, send, write};
use crate::api::{BoxFuture, Client, Permits, Safety, Trust, Watch};
use crate::credentials::{Key, Origin, Secret};
use crate::failure::{Exit, Sent};

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

#[tokio::test]
async fn a_request_carries_exactly_this() {
    let server = Server::say(&[OK]).await;
    let client = client(&server.origin);
    let keys = Store::with(&server.origin, KEY);
    send(&client, &read(), &keys).await.unwrap();
    send(&client, &write(), &keys).await.unwrap();
    let host = server.origin.to_string().replace("http://", "");
    assert_eq!(
        server.requests(),
        [
            format!(
                "GET /v1/invoices?search=M%C3%BCller+%26+S%C3%B6hne HTTP/1.1\r\naccept: application/json\r\n\
                 x-profile-id: 7f0c\r\nauthorization: Bearer {KEY}\r\nuser-agent: lumabill/0.1.0\r\n\
                 host: {host}\r\n\r\n"
            ),
            format!(
                "POST /v1/invoices HTTP/1.1\r\naccept: application/json\r\ncontent-type: application/json\r\n\
                 x-profile-id: 7f0c\r\nidempotency-key: intent-1\r\nauthorization: Bearer {KEY}\r\n\
                 user-agent: lumabill/0.1.0\r\nhost: {host}\r\ncontent-length: 43\r\n\r\n\
                 {{\"client_id\":\"c1\",\"lines\":[{{\"price\":49.9}}]}}"
            ),
        ]
    );
    assert_eq!(server.connections(), 2, "reads and writes have their own connections");
}

#[tokio::test]
async fn a_file_is_one_part_of_a_form() {
    let server = Server::say(&[OK]).await;
    let mut request = write();
    request.body = Body::File {
        part: "file",
        name: "a\"b\r\n.xml".into(),
        content_type: "application/xml",
        bytes: b"<x/>".into(),
    };
    once(&server.origin, &request).await.unwrap();
    let sent = server.requests().remove(0);
    let boundary = sent.split("boundary=").nth(1).unwrap().lines().next().unwrap();
    let body = sent.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(
        body,
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a%22b%0D%0A.xml\"\r\n\
             Content-Type: application/xml\r\n\r\n<x/>\r\n--{boundary}--\r\n"
        )
    );
}

#[tokio::test]
async fn numbers_arrive_digit_for_digit() {
    let server = Server::say(&[&answer("200 OK", "{\"total\":1234567.890123456789012}")]).await;
    for digits in ["49.90", "0.1", "1234567.89", "1234567.890123456789012"] {
        let mut request = write();
        request.body = Body::Json(serde_json::from_str(&format!("{{\"price\":{digits}}}")).unwrap());
        let reply = once(&server.origin, &request).await.unwrap();
        assert!(server.requests().last().unwrap().ends_with(&format!("{{\"price\":{digits}}}")));
        assert_eq!(reply.body.to_string(), "{\"total\":1234567.890123456789012}");
    }
}

#[tokio::test]
async fn a_dead_upstream_is_named_within_ten_seconds() {
    let page = with("content-type: text/html\r\n", "200 OK", "<!doctype html><title>Welcome</title>");
    let silent = Server::start(vec![Play::Silence]).await.origin;
    let cases = [
        (Server::nobody().await, "unreachable"),
        (silent, "no_answer"),
        (Server::say(&[&answer("401 Unauthorized", "{}")]).await.origin, "key_refused"),
        (Server::say(&[&with("retry-after: 7\r\n", "429 Slow", "")]).await.origin, "rate_limited"),
        (Server::say(&[&answer("500 Oops", "{\"error\":\"boom\"}")]).await.origin, "api_unavailable"),
        (Server::say(&[&page]).await.origin, "not_the_api"),
    ];
    let mut running = tokio::task::JoinSet::new();
    for (origin, code) in cases {
        running.spawn(async move {
            let start = Instant::now();
            let failure = failure(send(&client(&origin), &read(), &Store::with(&origin, KEY)).await);
            assert_eq!(failure.code, code, "{}", failure.text());
            assert!(start.elapsed() < Duration::from_secs(10), "{code} took {:?}", start.elapsed());
        });
    }
    while let Some(case) = running.join_next().await {
        case.unwrap();
    }
}

#[tokio::test]
async fn reads_are_repeated_and_writes_are_not() {
    let reset = || Play::SayAndReset(Vec::new());
    let cut = || Play::SayAndClose(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"data\":".to_vec());
    let status = |status: &str| Play::Say(answer(status, "{\"message\":\"no\"}").into_bytes());
    let redirect = Play::Say(b"HTTP/1.1 307 T\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n".to_vec());
    let ok = || Play::Say(OK.as_bytes().to_vec());
    for (first, reads, what) in [
        (Play::ResetUnread, 2, "reset before reading"),
        (reset(), 2, "reset after reading"),
        (cut(), 2, "a cut body"),
        (status("502 Bad Gateway"), 2, "502"),
        (status("503 Away"), 2, "503"),
        (status("504 Late"), 2, "504"),
        (status("500 Oops"), 1, "500"),
        (status("408 Slow"), 1, "408"),
        (redirect, 1, "a redirect"),
        (Play::Silence, 1, "silence"),
        (Play::Say(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{\"data\":[".to_vec()), 1, "half a JSON"),
    ] {
        let server = Server::start(vec![first.clone(), ok()]).await;
        let read = once(&server.origin, &read()).await;
        assert_eq!(server.requests().len(), reads, "a read after {what}");
        assert_eq!(read.is_ok(), reads == 2, "{what}: {read:?}");

        let server = Server::start(vec![first, ok()]).await;
        let failure = failure(once(&server.origin, &write()).await);
        assert_eq!(server.requests().len(), 1, "a write after {what}");
        assert_eq!(
            (failure.code, failure.sent, failure.exit),
            ("outcome_unknown", Sent::Unknown, Exit::Unavailable)
        );
        assert!(failure.message.contains("it may have been carried out"), "{}", failure.text());
        assert!(failure.hint.unwrap().contains("before sending it again"));
        assert!(!failure.causes.is_empty());
        assert_eq!(failure.facts["retryable"], json!(false));
    }
}

#[tokio::test]
async fn a_write_that_was_turned_away_or_never_sent_is_repeated() {
    let busy = with("retry-after: 0\r\n", "429 Slow", "{\"message\":\"slow down\"}");
    let server = Server::say(&[&busy, &busy, &answer("201 Created", "{\"id\":\"i1\"}")]).await;
    let reply = once(&server.origin, &write()).await.unwrap();
    assert_eq!((reply.body, server.requests().len()), (json!({"id": "i1"}), 3));

    let server = Server::say(&[&busy]).await;
    let turned_away = failure(once(&server.origin, &write()).await);
    assert_eq!(server.requests().len(), 3);
    assert_eq!((turned_away.code, turned_away.sent), ("rate_limited", Sent::Refused));

    let unreachable = failure(once(&Server::nobody().await, &write()).await);
    assert_eq!((unreachable.code, unreachable.sent), ("unreachable", Sent::Nothing));
    assert!(unreachable.message.ends_with("the connection was refused"), "{}", unreachable.message);
}

#[tokio::test]
async fn other_refusals_of_a_write_are_final() {
    for status in ["400 B", "403 F", "404 N", "409 C", "413 L", "422 U"] {
        let server = Server::say(&[&answer(status, "{\"error\":{\"code\":\"x\",\"message\":\"no\"}}")]).await;
        let failure = failure(once(&server.origin, &write()).await);
        assert_eq!((server.requests().len(), failure.sent, failure.exit), (1, Sent::Refused, Exit::Refused));
        assert_eq!(failure.facts["api_code"], "x");
    }
}

#[tokio::test]
async fn retry_after_is_obeyed_up_to_eight_seconds_and_told() {
    let date = "date: Sat, 21 Nov 2026 08:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 08:00:01 GMT\r\n";
    for (headers, wait) in [("retry-after: 1\r\n", 1000), (date, 1000), ("retry-after: soon\r\n", 0)] {
        let server = Server::say(&[&with(headers, "429 Slow", ""), OK]).await;
        let told = std::sync::Mutex::new(Vec::new());
        let waiting = |wait: Duration, why: &str| told.lock().unwrap().push((wait, why.to_owned()));
        let watch = Watch { cancelled: CancellationToken::new(), waiting: &waiting, permits: None };
        let start = Instant::now();
        let keys = Store::with(&server.origin, KEY);
        client(&server.origin).send(&write(), &keys, &watch).await.unwrap();
        assert!(start.elapsed() >= Duration::from_millis(wait), "{headers}");
        assert_eq!(told.lock().unwrap().len(), usize::from(wait > 0), "{headers}");
        assert_eq!(server.requests().len(), 2);
    }
    let server = Server::say(&[&with("retry-after: 3600\r\n", "429 Slow", "")]).await;
    let failure = failure(once(&server.origin, &read()).await);
    assert_eq!(server.requests().len(), 1);
    assert_eq!(failure.facts["retry_after_s"], 120);
    assert_eq!(failure.hint.unwrap(), "wait 120 s and call again");
}

#[tokio::test]
async fn a_refused_key_is_read_once_more() {
    let refused = answer("401 Unauthorized", "{\"error\":\"Unauthorized\"}");
    let server = Server::say(&[&refused, OK]).await;
    let mut keys = Store::with(&server.origin, KEY);
    keys.second = Some(Key::new(Secret::new("lmb_new_0123456789".into()), server.origin.clone()));
    send(&client(&server.origin), &write(), &keys).await.unwrap();
    assert!(server.requests()[1].contains("Bearer lmb_new_0123456789"));

    let server = Server::say(&[&refused]).await;
    let keys = Store::with(&server.origin, KEY);
    let failure = failure(send(&client(&server.origin), &read(), &keys).await);
    assert_eq!((server.requests().len(), *keys.rereads.lock().unwrap()), (1, 1));
    assert_eq!((failure.code, failure.exit), ("key_refused", Exit::NotLoggedIn));
    assert_eq!(failure.hint.unwrap(), "run `lumabill login`");
}

#[tokio::test]
async fn without_a_key_nothing_is_sent() {
    let server = Server::say(&[OK]).await;
    let mut keys = Store::with(&server.origin, KEY);
    keys.key = None;
    let missing = failure(send(&client(&server.origin), &read(), &keys).await);
    assert_eq!((missing.code, missing.exit), ("not_logged_in", Exit::NotLoggedIn));
    assert_eq!(missing.causes, ["the keyring has no item `lumabill`"]);

    let elsewhere = Store::with(&Origin::parse("https://api.lumabill.ch").unwrap(), KEY);
    let wrong = failure(send(&client(&server.origin), &read(), &elsewhere).await);
    assert_eq!((wrong.code, wrong.sent), ("wrong_origin", Sent::Nothing));

    let mut request = read();
    request.profile = Some("a\r\nx-evil: 1".into());
    assert_eq!(failure(once(&server.origin, &request).await).code, "unsendable");
    request.profile = None;
    request.path = "//evil.example/v1".into();
    assert_eq!(failure(once(&server.origin, &request).await).code, "wrong_origin");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn cancelling_stops_a_read_and_what_is_not_yet_sent() {
    let server = Server::start(vec![Play::Silence]).await;
    let keys = Store::with(&server.origin, KEY);
    let cancelled = CancellationToken::new();
    let watch = Watch { cancelled: cancelled.clone(), waiting: &|_, _| {}, permits: None };
    let client = hurried(&server.origin);
    let stop = async {
        while server.requests().is_empty() {
            tokio::task::yield_now().await;
        }
        cancelled.cancel();
    };
    let request = read();
    let (result, ()) = tokio::join!(client.send(&request, &keys, &watch), stop);
    assert!(matches!(result, Err(ApiError::Cancelled { .. })));

    let result = client.send(&write(), &keys, &watch).await;
    assert!(matches!(result, Err(ApiError::Cancelled { .. })));
    assert_eq!(server.requests().len(), 1, "nothing more was sent");

    // A write that is under way runs to its end.
    let cancelled = CancellationToken::new();
    let watch = Watch { cancelled: cancelled.clone(), waiting: &|_, _| {}, permits: None };
    let stop = async {
        while server.requests().len() < 2 {
            tokio::task::yield_now().await;
        }
        cancelled.cancel();
    };
    let request = write();
    let (result, ()) = tokio::join!(client.send(&request, &keys, &watch), stop);
    assert_eq!(crate::failure::Failure::from(result.unwrap_err()).sent, Sent::Unknown);
}

#[derive(Default)]
struct Counter {
    admitted: std::sync::Mutex<u32>,
    blocked: std::sync::Mutex<Vec<Duration>>,
}

impl Permits for Counter {
    fn admit(&self, _: Safety) -> BoxFuture<'_, Result<(), Duration>> {
        *self.admitted.lock().unwrap() += 1;
        Box::pin(async { Ok(()) })
    }
    fn blocked(&self, pause: Duration) {
        self.blocked.lock().unwrap().push(pause);
    }
    fn spend(&self, _: Duration) -> bool {
        true
    }
}

#[tokio::test]
async fn every_further_attempt_takes_a_permit_and_a_429_blocks_all() {
    let server =
        Server::say(&[&with("retry-after: 1\r\n", "429 Slow", ""), &answer("503 Away", ""), OK]).await;
    let counter = Counter::default();
    let watch = Watch { cancelled: CancellationToken::new(), waiting: &|_, _| {}, permits: Some(&counter) };
    let keys = Store::with(&server.origin, KEY);
    client(&server.origin).send(&read(), &keys, &watch).await.unwrap();
    assert_eq!(*counter.admitted.lock().unwrap(), 2);
    assert_eq!(*counter.blocked.lock().unwrap(), [Duration::from_secs(1)]);
}

#[test]
fn a_call_can_move_between_threads() {
    fn moves<T: Send>(_: &T) {}
    let origin = Origin::parse("http://127.0.0.1:1").unwrap();
    let client = Client::new(origin.clone(), Trust::default(), "lumabill");
    let (request, keys) = (read(), Store::with(&origin, KEY));
    let watch = Watch { cancelled: CancellationToken::new(), waiting: &|_, _| {}, permits: None };
    moves(&client.send(&request, &keys, &watch));
}

#[tokio::test]
async fn connections_are_kept_for_a_while_and_not_over_a_sleep() {
    let server = Server::say(&[OK]).await;
    let keys = Store::with(&server.origin, KEY);
    let mut client = client(&server.origin);
    for _ in 0..3 {
        send(&client, &write(), &keys).await.unwrap();
    }
    assert_eq!(server.connections(), 1);
    client.connector.sleep(Duration::from_secs(21));
    send(&client, &write(), &keys).await.unwrap();
    assert_eq!(server.connections(), 2, "after a sleep");
    send(&client, &write(), &keys).await.unwrap();
    assert_eq!(server.connections(), 2);

    client.connector.keep_for(Duration::from_secs(9), Duration::from_millis(100));
    client.connector.sleep(Duration::from_secs(21));
    for request in [read(), write(), write()] {
        send(&client, &request, &keys).await.unwrap();
    }
    assert_eq!(server.connections(), 4);
    tokio::time::sleep(Duration::from_millis(120)).await;
    send(&client, &read(), &keys).await.unwrap();
    assert_eq!(server.connections(), 4, "a read goes where reads went");
    send(&client, &write(), &keys).await.unwrap();
    assert_eq!(server.connections(), 5, "a write after being idle for too long");
}

#[tokio::test]
async fn a_connection_that_the_server_closed_is_not_used_for_a_write() {
    let server = Server::start(vec![Play::SayAndClose(OK.as_bytes().to_vec())]).await;
    let (client, keys) = (client(&server.origin), Store::with(&server.origin, KEY));
    for _ in 0..50 {
        send(&client, &write(), &keys).await.unwrap();
    }
    assert_eq!((server.requests().len(), server.connections()), (50, 50));
}

#[tokio::test]
async fn a_refusal_counts_though_its_words_never_come() {
    let head = b"HTTP/1.1 422 U\r\ncontent-length: 50\r\n\r\n".to_vec();
    let server = Server::start(vec![Play::Drip(head, Duration::from_millis(100))]).await;
    let failure = failure(once(&server.origin, &write()).await);
    assert_eq!((failure.code, failure.sent), ("invalid", Sent::Refused));
}

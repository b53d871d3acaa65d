//! What is said when nothing good comes back, and what it means for a write.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use super::server::{Heard, Server, Step, Steps, error, json_body, legacy, message, result, stream, with};
use super::{KEY, ask, failure, read, remote, setup, store, write};
use crate::bridge::probe::Probe;
use crate::bridge::{BridgeError, Remote, Transport, Wants, Watch, probe};
use crate::credentials::{Carried, FixedKey, Key, Origin, Secret};
use crate::failure::{Exit, Failure, Sent};

/// A server that opens a session and answers calls like this.
async fn answering(answer: impl Fn(&Heard) -> Steps + Send + Sync + 'static) -> Server {
    Server::start(move |heard| legacy(heard, None).unwrap_or_else(|| answer(heard))).await
}

#[tokio::test]
async fn a_dead_server_is_named_within_ten_seconds() {
    let page = "<!doctype html><title>Welcome</title>";
    let always = |steps: Steps| Server::start(move |_| steps.clone());
    let nobody = {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        Origin::parse(&format!("http://{}/mcp", listener.local_addr().unwrap())).unwrap()
    };
    let cases = [
        (nobody, "unreachable", Exit::Unavailable),
        (always(vec![Step::Hold]).await.origin, "no_answer", Exit::Unavailable),
        (always(with("", "401 Unauthorized", "")).await.origin, "key_refused", Exit::NotLoggedIn),
        (
            always(with("retry-after: 70\r\n", "429 Too Many Requests", "")).await.origin,
            "rate_limited",
            Exit::Unavailable,
        ),
        (always(with("", "500 Oops", "")).await.origin, "remote_unavailable", Exit::Unavailable),
        (
            always(with("content-type: text/html\r\n", "200 OK", page)).await.origin,
            "not_mcp",
            Exit::Unavailable,
        ),
        (
            always(with("content-type: text/html\r\n", "404 Not Found", page)).await.origin,
            "not_mcp",
            Exit::Refused,
        ),
        (
            always(vec![Step::Say(b"SSH-2.0-OpenSSH\r\n".to_vec()), Step::Close]).await.origin,
            "not_mcp",
            Exit::Unavailable,
        ),
        (always(vec![Step::Reset]).await.origin, "answer_cut", Exit::Unavailable),
    ];
    let begun = Instant::now();
    let tasks = cases.map(|(origin, code, exit)| {
        tokio::spawn(async move {
            let failure = failure(ask(&remote(&origin), write()).await);
            assert_eq!(
                (failure.code, failure.exit, failure.sent),
                (code, exit, Sent::Nothing),
                "{}",
                failure.text()
            );
        })
    });
    for task in tasks {
        task.await.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(10));
}

/// An answer; the code, what it means for a write, and the words that come of it.
type Case = (Steps, &'static str, Sent, &'static str);

fn errors_of_http() -> Vec<Case> {
    let json = |status: &str, body: serde_json::Value| json_body(status, &body);
    vec![
        (
            json(
                "401 Unauthorized",
                json!({"error": "invalid_token", "error_description": format!("no {KEY}\u{202e}")}),
            ),
            "key_refused",
            Sent::Refused,
            "127.0.0.1 refused the credential: it is revoked, lapsed or wrong (no bb_…cdef)",
        ),
        (
            json("403 Forbidden", json!({"message": "plan"})),
            "forbidden",
            Sent::Refused,
            "127.0.0.1 does not allow this credential `send_invoice` (plan)",
        ),
        (
            json("422 Unprocessable", json!({"error": {"message": "no lines"}})),
            "refused",
            Sent::Refused,
            "127.0.0.1 refused `send_invoice` (HTTP 422) (no lines)",
        ),
        (
            with("retry-after: 90\r\n", "429 Too Many Requests", "slow down"),
            "rate_limited",
            Sent::Refused,
            "the rate limit of 127.0.0.1 is reached: `send_invoice` was turned away for 90 s",
        ),
        (
            with("", "408 Request Timeout", ""),
            "remote_unavailable",
            Sent::Unknown,
            "127.0.0.1 is not available: it answered `send_invoice` with HTTP 408",
        ),
        (
            with("content-type: text/html\r\n", "503 Busy", "<html>"),
            "remote_unavailable",
            Sent::Unknown,
            "127.0.0.1 is not available: it answered `send_invoice` with HTTP 503 (it sent an HTML page)",
        ),
        (
            with("location: https://evil.example/x?key=1\r\n", "307 Moved", ""),
            "redirected",
            Sent::Unknown,
            "127.0.0.1 sent the request on to https://evil.example (HTTP 307), which is not followed",
        ),
        (
            with("location: /other?key=1\r\n", "302 Found", ""),
            "redirected",
            Sent::Unknown,
            "127.0.0.1 sent the request on to another path of its own (HTTP 302), which is not followed",
        ),
    ]
}

fn no_answers() -> Vec<Case> {
    let json = "content-type: application/json\r\n";
    vec![
        (
            with(json, "200 OK", "{\"jsonrpc\":"),
            "answer_unreadable",
            Sent::Unknown,
            "the answer of 127.0.0.1 to `send_invoice` is half a JSON: it ends in the middle",
        ),
        (
            with(json, "200 OK", "[1]"),
            "answer_unreadable",
            Sent::Unknown,
            "the answer of 127.0.0.1 to `send_invoice` is not a message of JSON-RPC",
        ),
        (
            with("", "202 Accepted", ""),
            "answer_unreadable",
            Sent::Unknown,
            "the answer of 127.0.0.1 to `send_invoice` is empty",
        ),
    ]
}

#[tokio::test]
async fn http_errors_say_what_to_do_and_whether_anything_was_done() {
    for (answer, code, sent, words) in errors_of_http().into_iter().chain(no_answers()) {
        let server = answering(move |_| answer.clone()).await;
        let failure = failure(ask(&remote(&server.origin), write()).await);
        assert_eq!((failure.code, failure.sent), (code, sent), "{}", failure.text());
        assert_eq!(failure.message, words);
        assert!(failure.hint.is_some(), "{}", failure.text());
        assert_eq!(server.asked().iter().filter(|what| *what == "tools/call").count(), 1);
    }
}

#[tokio::test]
async fn errors_of_the_protocol_come_as_they_are() {
    for (code, status, sent) in [
        (-32602, "200 OK", Sent::Refused),
        (-32602, "400 Bad Request", Sent::Refused),
        (-32601, "404 Not Found", Sent::Refused),
        (-32603, "200 OK", Sent::Unknown),
        (7, "200 OK", Sent::Unknown),
    ] {
        let server = answering(move |heard| json_body(status, &error(heard, code, "no such thing"))).await;
        let error = ask(&remote(&server.origin), write()).await.unwrap_err();
        assert_eq!(error.sent(), sent, "{code} {status}");
        let BridgeError::Rpc { code: came, message, data: None } = error else { unreachable!("{error:?}") };
        assert_eq!((came, message.as_str()), (code, "no such thing"));
    }
    // Where it is an error of ours, it is harmless.
    let server = Server::start(|heard| json_body("200 OK", &error(heard, -32603, "no\u{1b}[2J"))).await;
    let refused = failure(ask(&remote(&server.origin), write()).await);
    assert_eq!(refused.message, "the server answered with an error of its own: no\\u{1b}[2J (-32603)");
    // With 4xx nothing was done, whatever the code is.
    let server = answering(|heard| json_body("400 Bad Request", &error(heard, 7, "no lines"))).await;
    let failure = failure(ask(&remote(&server.origin), write()).await);
    assert_eq!(
        (failure.sent, failure.message.as_str()),
        (Sent::Refused, "127.0.0.1 refused `send_invoice` (HTTP 400) (no lines)")
    );
}

#[tokio::test]
async fn how_long_to_wait_is_told() {
    let date = "date: Sat, 21 Nov 2026 08:00:00 GMT\r\nretry-after: Sat, 21 Nov 2026 08:00:50 GMT\r\n";
    for (headers, seconds) in
        [("retry-after: 70\r\n", Some(70)), (date, Some(50)), ("retry-after: soon\r\n", None)]
    {
        let server = answering(move |_| with(headers, "429 Too Many Requests", "")).await;
        let error = ask(&remote(&server.origin), write()).await.unwrap_err();
        assert_eq!(error.retry_after().map(|wait| wait.as_secs()), seconds);
        assert_eq!((error.status(), error.sent()), (Some(429), Sent::Refused));
    }
}

#[tokio::test]
async fn a_short_wait_that_a_server_wants_is_waited_even_for_a_write() {
    let server = answering(|heard| match heard.number {
        3 => with("retry-after: 1\r\n", "429 Too Many Requests", ""),
        _ => result(heard, &json!({"content": []})),
    })
    .await;
    let begun = Instant::now();
    ask(&remote(&server.origin), write()).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(server.asked().iter().filter(|what| *what == "tools/call").count(), 2);
}

#[tokio::test]
async fn a_refused_key_is_read_again_once() {
    let server = Server::start(|heard| {
        if heard.header("authorization") != Some("Bearer bb_second_0123456789abcdef") {
            return with("www-authenticate: Bearer\r\n", "401 Unauthorized", "");
        }
        legacy(heard, None).unwrap_or_else(|| result(heard, &json!({"content": []})))
    })
    .await;
    let mut setup = setup(&server.origin);
    let keys = store(&server.origin, Some("bb_second_0123456789abcdef"));
    setup.keys = keys;
    ask(&Remote::new(setup), write()).await.unwrap();
    let calls = server.heard().into_iter().filter(|heard| heard.what() == "tools/call").count();
    assert_eq!(calls, 2, "refused, then done");
    let keys = store(&server.origin, None);
    let mut setup = super::setup(&server.origin);
    setup.keys = keys.clone();
    let failure = failure(ask(&Remote::new(setup), write()).await);
    assert_eq!((failure.code, failure.exit, failure.sent), ("key_refused", Exit::NotLoggedIn, Sent::Nothing));
    assert!(failure.hint.unwrap().contains("`lumabill login`"));
    assert_eq!(*keys.rereads.lock().unwrap(), 1);
}

#[tokio::test]
async fn an_answer_that_carries_the_key_back_carries_it_masked() {
    let server = answering(|heard| {
        let text = format!("{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{{\"{KEY}\":\"x {KEY} y\",\"z\":\"bb_planted_0123456789\\u0061bcdef\"}}}}", heard.json["id"]);
        with("content-type: application/json\r\n", "200 OK", &text)
    })
    .await;
    let answer = ask(&remote(&server.origin), read()).await.unwrap();
    assert_eq!(json!(answer), json!({"bb_…cdef": "x bb_…cdef y", "z": "bb_…cdef"}));
}

#[tokio::test]
async fn a_key_in_the_address_shows_in_no_error() {
    let secret = "lmb_planted_0123456789abcdef";
    for steps in [
        with("location: /login?next=1\r\n", "302 Found", ""),
        with("", "500 Oops", &format!("GET /api/mcp?key={secret} failed")),
        vec![Step::Reset],
        vec![stream(), Step::Say(b"nonsense\r\n".to_vec()), Step::Close],
        vec![Step::Say(b"nonsense\r\n\r\n".to_vec()), Step::Close],
    ] {
        let server = Server::start(move |_| steps.clone()).await;
        let key = Key::new(Secret::new(secret.to_owned()), server.origin.clone());
        let mut setup = setup(&server.origin);
        setup.keys = Arc::new(FixedKey(key.carried(Carried::Query("key".to_owned()))));
        let error = ask(&Remote::new(setup), write()).await.unwrap_err();
        let all = format!("{error:?}{error}{:?}", Failure::from(error.clone()));
        assert!(!all.contains(secret) && !all.contains("next="), "{all}");
        assert!(server.heard()[0].target.contains(secret), "but it was sent");
    }
}

#[tokio::test]
async fn answers_up_to_32_mib_are_read_and_no_further() {
    for streamed in [false, true] {
        let server = answering(move |heard| {
            let length = heard.json["params"]["arguments"]["length"].as_u64().unwrap();
            let text = "x".repeat(usize::try_from(length).unwrap());
            let body = message(heard, &json!({"content": [{"type": "text", "text": text}]})).to_string();
            if streamed {
                return with("content-type: text/event-stream\r\n", "200 OK", &format!("data: {body}\n\n"));
            }
            with("content-type: application/json\r\n", "200 OK", &body)
        })
        .await;
        let remote = remote(&server.origin);
        for (length, code) in [(10 << 20, None), (33 << 20, Some("answer_too_large"))] {
            let mut request = read();
            request.params.insert("arguments".into(), json!({"length": length}));
            match (ask(&remote, request).await, code) {
                (Ok(answer), None) => {
                    assert_eq!(answer["content"][0]["text"].as_str().unwrap().len(), length);
                }
                (result, code) => assert_eq!(Some(failure(result).code), code),
            }
        }
    }
}

#[tokio::test]
async fn a_probe_carries_no_credential_and_says_what_is_wanted() {
    let challenge = "Bearer resource_metadata=\"https://h/.well-known/x\"";
    let wants =
        Server::start(move |_| with(&format!("www-authenticate: {challenge}\r\n"), "401 Unauthorized", ""))
            .await;
    let found = probe(&setup(&wants.origin)).await.unwrap();
    let wanted = Wants::Credential(Some(challenge.to_owned()));
    assert_eq!(found, Probe { transport: Transport::Streamable, wants: wanted });
    let open = Server::start(|heard| legacy(heard, Some("s")).unwrap()).await;
    let found = probe(&setup(&open.origin)).await.unwrap();
    assert_eq!(found, Probe { transport: Transport::Streamable, wants: Wants::Nothing });
    assert_eq!(open.asked().last().map(String::as_str), Some("DELETE"));
    let older = Server::start(|heard| match heard.method.as_str() {
        "GET" => with("www-authenticate: Bearer\r\n", "401 Unauthorized", ""),
        _ => with("content-type: text/html\r\n", "405 Method Not Allowed", "<html>"),
    })
    .await;
    let found = probe(&setup(&older.origin)).await.unwrap();
    assert_eq!(
        found,
        Probe { transport: Transport::HttpSse, wants: Wants::Credential(Some("Bearer".to_owned())) }
    );
    let page = Server::start(|_| with("content-type: text/html\r\n", "404 Not Found", "<html>")).await;
    let error = probe(&setup(&page.origin)).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the address at 127.0.0.1 does not know MCP (HTTP 404) (it sent an HTML page)"
    );
    for server in [wants, open, older, page] {
        assert!(server.heard().iter().all(|heard| heard.header("authorization").is_none()));
    }
}

#[tokio::test]
async fn a_read_survives_a_short_outage() {
    let server = Server::start(|heard| match heard.what() {
        "tools/call" if heard.number < 4 => with("", "502 Bad Gateway", ""),
        _ => legacy(heard, None).unwrap_or_else(|| result(heard, &json!({"content": []}))),
    })
    .await;
    let remote = remote(&server.origin);
    assert!(remote.request(read(), &Watch::default()).await.is_ok());
}

//! What comes back: bounded, JSON only, and free of the key.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::server::{Play, Server, json as answer, with};
use super::{KEY, Store, client, failure, hurried, once, read, send, write};
use crate::failure::Sent;

#[tokio::test]
async fn a_reply_carries_status_body_link_and_id() {
    let headers = "link: </v1/invoices?page=2>; rel=\"next\"\r\nx-request-id: r-1\r\n\
                   date: Sat, 21 Nov 2026 08:00:00 GMT\r\n";
    let server = Server::say(&[&with(headers, "200 OK", "\u{feff} {\"data\":[]}")]).await;
    let reply = once(&server.origin, &read()).await.unwrap();
    assert_eq!(reply.body, json!({"data": []}));
    assert_eq!(reply.link.unwrap(), "</v1/invoices?page=2>; rel=\"next\"");
    assert_eq!(reply.request_id.unwrap(), "r-1");
    for empty in ["HTTP/1.1 204 No Content\r\n\r\n", &with("", "200 OK", " \n")] {
        let server = Server::say(&[empty]).await;
        assert_eq!(once(&server.origin, &write()).await.unwrap().body, Value::Null);
    }
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_refused_before_and_while_reading() {
    let declared = b"HTTP/1.1 200 OK\r\ncontent-length: 5000000000\r\n\r\n".to_vec();
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let mut chunk = b"10000\r\n".to_vec();
    chunk.extend_from_slice(&vec![b' '; 0x10000]);
    chunk.extend_from_slice(b"\r\n");
    for play in [Play::Endless(declared, chunk.clone()), Play::Endless(chunked, chunk)] {
        let server = Server::start(vec![play]).await;
        let failure_of_read =
            failure(send(&client(&server.origin), &read(), &Store::with(&server.origin, KEY)).await);
        assert_eq!(failure_of_read.code, "answer_too_large");
        assert!(failure_of_read.hint.unwrap().starts_with("ask for less"));
        let failure_of_write =
            failure(send(&client(&server.origin), &write(), &Store::with(&server.origin, KEY)).await);
        assert_eq!(failure_of_write.sent, Sent::Unknown);
        assert_eq!(server.requests().len(), 2);
    }
    let most = format!("\"{}\"", "x".repeat(5 * 1024 * 1024 - 2));
    let server = Server::say(&[&answer("200 OK", &most)]).await;
    assert!(send(&client(&server.origin), &read(), &Store::with(&server.origin, KEY)).await.is_ok());
}

#[tokio::test]
async fn a_slow_drip_ends() {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n".to_vec();
    let server = Server::start(vec![Play::Drip(head, Duration::from_millis(20))]).await;
    let start = Instant::now();
    let failure = failure(once(&server.origin, &read()).await);
    assert_eq!(failure.code, "no_answer");
    assert!(start.elapsed() < Duration::from_secs(5), "30 s at most, a tenth of it here");
}

#[tokio::test]
async fn what_is_not_json_is_named() {
    let page = with("content-type: text/html; charset=utf-8\r\n", "200 OK", "<html>");
    for (bytes, code) in [
        (page.as_str(), "not_the_api"),
        (&with("", "200 OK", "  <?xml version='1.0'?>"), "not_the_api"),
        ("SSH-2.0-OpenSSH_9.2\r\n", "not_the_api"),
        (&with("", "200 OK", "{\"data\":[{\"id\""), "answer_unreadable"),
        (&with("", "200 OK", "hello"), "answer_unreadable"),
        (&answer("200 OK", &"[".repeat(500)), "answer_unreadable"),
    ] {
        let server = Server::say(&[bytes]).await;
        let failure_of_read = failure(once(&server.origin, &read()).await);
        assert_eq!(failure_of_read.code, code, "{bytes}");
        let lost = failure(once(&server.origin, &write()).await);
        assert_eq!(lost.code, "outcome_unknown", "{bytes}");
        assert!(lost.causes[0].starts_with("127.0.0.1 ") || lost.causes[0].contains("answer of 127.0.0.1"));
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_shows_no_more_than_a_host() {
    let other = Server::say(&[&answer("200 OK", "{}")]).await;
    let to = format!("location: {}/v1?token=abc\r\n", other.origin);
    for status in ["301 M", "302 F", "303 S", "307 T", "308 P"] {
        let server = Server::say(&[&with(&to, status, "")]).await;
        let failure = failure(once(&server.origin, &read()).await);
        assert_eq!(failure.code, "redirected");
        assert!(failure.message.contains(&format!("on to {} (HTTP", other.origin)), "{}", failure.message);
        assert!(!failure.text().contains("token"));
    }
    assert_eq!(other.connections(), 0);
}

#[tokio::test]
async fn a_key_that_the_answer_carries_is_masked() {
    let escaped = KEY.replace('_', "\\u005f");
    for text in [KEY, &escaped] {
        let body = format!("{{\"seen\":[\"Bearer {text}\"],\"{text}\":1}}");
        let server = Server::say(&[&answer("200 OK", &body)]).await;
        let reply = once(&server.origin, &read()).await.unwrap();
        assert_eq!(reply.body.to_string(), "{\"seen\":[\"Bearer lmb_…cdef\"],\"lmb_…cdef\":1}");
        for status in ["400 B", "401 U", "500 E"] {
            let error = format!("{{\"message\":\"bad {text}\",\"errors\":{{\"{text}\":[\"is {text}\"]}}}}");
            let id = format!("x-request-id: {KEY}\r\n");
            let server = Server::say(&[&with(&id, status, &error)]).await;
            failure(once(&server.origin, &read()).await);
        }
        let server = Server::say(&[&with("", "502 B", &format!("no route for {KEY}"))]).await;
        failure(once(&server.origin, &read()).await);
    }
}

#[tokio::test]
async fn error_bodies_are_read_up_to_a_limit_and_made_harmless() {
    let endless = b"HTTP/1.1 422 U\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    let server = Server::start(vec![Play::Endless(endless, b"4\r\nA\x1b\n \r\n".to_vec())]).await;
    let failure = failure(once(&server.origin, &read()).await);
    assert!(failure.message.starts_with("the API refused `list_invoices` (HTTP 422) (A\\u{1b} A\\u{1b} A"));
    assert!(failure.message.len() < 700 && !failure.message.contains('\u{1b}'));
}

#[tokio::test]
async fn an_origin_that_has_answered_gets_more_time() {
    let ok = Play::Say(answer("200 OK", "{}").into_bytes());
    let server = Server::start(vec![ok, Play::Silence]).await;
    let (client, keys) = (hurried(&server.origin), Store::with(&server.origin, KEY));
    send(&client, &read(), &keys).await.unwrap();
    let start = Instant::now();
    assert_eq!(failure(send(&client, &read(), &keys).await).code, "no_answer");
    assert!(start.elapsed() >= Duration::from_secs(2));
}

//! Sessions: opened once for all, renewed when the server forgot them, listened to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::json;

use super::server::{Server, Step, error, event, event_with_id, json_body, legacy, result, stream, with};
use super::{ask, failure, read, remote, spawn, write};
use crate::bridge::{Notice, Watch};
use crate::failure::Sent;

#[tokio::test]
async fn many_first_requests_open_one_session() {
    let server = Server::start(|heard| match heard.what() {
        "initialize" => {
            [vec![Step::Pause(Duration::from_millis(50))], legacy(heard, Some("s")).unwrap()].concat()
        }
        _ => legacy(heard, Some("s")).unwrap_or_else(|| result(heard, &json!({"content": []}))),
    })
    .await;
    let remote = Arc::new(remote(&server.origin));
    let calls: Vec<_> = (0..20).map(|_| spawn(&remote, read(), Watch::default())).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let asked = server.asked();
    let count = |what: &str| asked.iter().filter(|asked| *asked == what).count();
    assert_eq!((count("initialize"), count("tools/call")), (1, 20));
}

#[tokio::test]
async fn a_beginning_that_fails_fails_for_all_who_wait_and_nothing_was_sent() {
    let server = Server::start(|heard| match heard.what() {
        "initialize" => {
            [vec![Step::Pause(Duration::from_millis(100))], with("", "500 Internal Server Error", "")]
                .concat()
        }
        _ => with("", "400 Bad Request", ""),
    })
    .await;
    let remote = Arc::new(remote(&server.origin));
    let calls: Vec<_> = (0..10).map(|_| spawn(&remote, write(), Watch::default())).collect();
    for call in calls {
        let failure = failure(call.await.unwrap());
        assert_eq!((failure.code, failure.sent), ("remote_unavailable", Sent::Nothing));
        assert_eq!(failure.facts["http_status"], 500);
    }
    let opened = server.asked().iter().filter(|what| *what == "initialize").count();
    assert!(opened <= 2, "{opened} attempts for ten calls");
}

#[tokio::test]
async fn an_expired_session_is_renewed_and_even_a_write_is_sent_once_more() {
    for (status, words) in
        [("404 Not Found", "Session not found"), ("400 Bad Request", "No valid session ID provided")]
    {
        let opened = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&opened);
        let server = Server::start(move |heard| {
            if heard.what() == "initialize" {
                count.fetch_add(1, Ordering::SeqCst);
            }
            let session = format!("s-{}", count.load(Ordering::SeqCst));
            legacy(heard, Some(&session)).unwrap_or_else(|| match heard.header("mcp-session-id") {
                Some("s-1") => json_body(status, &error(heard, -32000, words)),
                _ => result(heard, &json!({"content": []})),
            })
        })
        .await;
        let remote = remote(&server.origin);
        let mut notices = remote.notices();
        ask(&remote, write()).await.unwrap();
        let calls: Vec<_> = server.heard().into_iter().filter(|heard| heard.what() == "tools/call").collect();
        assert_eq!(calls.len(), 2);
        assert_eq!(calls[1].header("mcp-session-id"), Some("s-2"));
        assert_eq!(opened.load(Ordering::SeqCst), 2);
        assert_eq!(notices.recv().await.unwrap(), Notice::ToolsChanged, "everything may be different now");
    }
}

#[tokio::test]
async fn a_server_that_ends_every_session_is_not_asked_without_end() {
    let server =
        Server::start(|heard| legacy(heard, Some("s")).unwrap_or_else(|| with("", "404 Not Found", "")))
            .await;
    let failure = failure(ask(&remote(&server.origin), write()).await);
    assert_eq!((failure.code, failure.sent), ("session_gone", Sent::Refused));
    assert_eq!(server.asked().iter().filter(|what| *what == "tools/call").count(), 2);
}

#[tokio::test]
async fn notices_come_on_the_servers_own_stream_which_is_taken_up_again() {
    let server = Server::start(|heard| match (heard.what(), heard.header("last-event-id")) {
        ("GET", None) => vec![
            stream(),
            event_with_id("e-1", &json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})),
            Step::Close,
        ],
        ("GET", Some(_)) => vec![
            stream(),
            event(&json!({"jsonrpc": "2.0", "method": "notifications/prompts/list_changed"})),
            event(&json!({"jsonrpc": "2.0", "id": "p", "method": "ping"})),
            event(&json!({"jsonrpc": "2.0", "id": 9, "method": "roots/list"})),
            event(&json!({"jsonrpc": "2.0", "id": 10, "method": "elicitation/create", "params": {"message": "?"}})),
            Step::Hold,
        ],
        _ => legacy(heard, Some("s")).unwrap_or_else(|| result(heard, &json!({"content": []}))),
    })
    .await;
    let remote = remote(&server.origin);
    let mut notices = remote.notices();
    ask(&remote, read()).await.unwrap();
    assert_eq!(notices.recv().await.unwrap(), Notice::ToolsChanged);
    assert_eq!(notices.recv().await.unwrap(), Notice::PromptsChanged);
    let again = server.hears(|heard| heard.header("last-event-id").is_some()).await;
    assert_eq!(
        (again.header("last-event-id"), again.header("accept")),
        (Some("e-1"), Some("text/event-stream"))
    );
    let pong = server.hears(|heard| heard.json["id"] == "p").await;
    assert_eq!(pong.json, json!({"jsonrpc": "2.0", "id": "p", "result": {}}));
    let refused = server.hears(|heard| heard.json["id"] == 9 && heard.json["method"].is_null()).await;
    assert_eq!(refused.json["error"]["code"], -32601);
    let cancelled = server.hears(|heard| heard.json["id"] == 10 && heard.json["method"].is_null()).await;
    assert_eq!(cancelled.json["result"], json!({"action": "cancel"}), "nobody can be asked");
    remote.close().await;
    let ended = server.hears(|heard| heard.what() == "DELETE").await;
    assert_eq!(ended.header("mcp-session-id"), Some("s"));
}

#[tokio::test]
async fn the_end_waits_for_nobody_for_longer_than_a_second() {
    let server = Server::start(|heard| match heard.what() {
        "DELETE" => vec![Step::Hold],
        _ => legacy(heard, Some("s")).unwrap_or_else(|| result(heard, &json!({}))),
    })
    .await;
    let remote = remote(&server.origin);
    ask(&remote, read()).await.unwrap();
    let begun = std::time::Instant::now();
    remote.close().await;
    assert!(begun.elapsed() < Duration::from_millis(1500), "{:?}", begun.elapsed());
    assert!(server.asked().contains(&"DELETE".to_owned()));
}

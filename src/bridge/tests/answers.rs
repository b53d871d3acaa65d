//! The plain way: a session, a request, its answer.

use serde_json::json;

use super::server::{Heard, Server, end, event, legacy, message, piece, result, stream};
use super::{KEY, ask, read, remote};
use crate::bridge::{Listing, Watch};

#[tokio::test]
async fn a_session_is_opened_once_and_requests_carry_exactly_this() {
    let server = Server::start(|heard| {
        legacy(heard, Some("s-1")).unwrap_or_else(|| result(heard, &json!({"content": [], "price": 49.90})))
    })
    .await;
    let remote = remote(&server.origin);
    let answer = ask(&remote, read()).await.unwrap();
    assert_eq!(serde_json::to_string(&answer).unwrap(), r#"{"content":[],"price":49.9}"#);
    ask(&remote, read()).await.unwrap();
    remote.close().await;
    let heard = server.heard();
    let asked: Vec<&str> = heard.iter().map(Heard::what).filter(|what| *what != "GET").collect();
    assert_eq!(
        asked,
        ["server/discover", "initialize", "notifications/initialized", "tools/call", "tools/call", "DELETE"]
    );
    let call = heard.iter().find(|heard| heard.what() == "tools/call").unwrap();
    let host = server.origin.to_string().replace("http://", "").replace("/api/mcp", "");
    assert_eq!(
        call.head,
        format!(
            "POST /api/mcp HTTP/1.1\r\naccept: application/json, text/event-stream\r\ncontent-type: application/json\r\n\
             mcp-protocol-version: 2025-06-18\r\nmcp-session-id: s-1\r\nauthorization: Bearer {KEY}\r\n\
             user-agent: lumabill/0.1.0\r\nhost: {host}\r\ncontent-length: {}",
            call.json.to_string().len()
        )
    );
    assert_eq!(
        call.json,
        json!({"jsonrpc": "2.0", "method": "tools/call", "id": 3,
               "params": {"name": "list_invoices", "arguments": {"page": 2}}})
    );
}

#[tokio::test]
async fn an_answer_may_come_as_a_stream_in_any_pieces() {
    let server = Server::start(|heard| {
        legacy(heard, None).unwrap_or_else(|| {
            let whole = format!(
                "\u{feff}: hello\r\n\r\nevent: message\r\ndata: {}\r\n\r\n",
                message(heard, &json!({"content": [{"type": "text", "text": "Zürich"}]}))
            );
            let mut steps = vec![stream()];
            // One letter at a time would split the ü, so the bytes of each chunk are those of one letter or more.
            let letters: Vec<String> = whole.chars().map(String::from).collect();
            steps.extend(letters.iter().map(|letter| piece(letter)));
            steps.push(end());
            steps
        })
    })
    .await;
    let answer = ask(&remote(&server.origin), read()).await.unwrap();
    assert_eq!(answer["content"][0]["text"], "Zürich");
}

#[tokio::test]
async fn a_list_is_walked_to_its_end_and_a_server_says_who_it_is() {
    let server = Server::start(|heard| {
        legacy(heard, None).unwrap_or_else(|| match heard.json["params"]["cursor"].as_str() {
            None => vec![
                stream(),
                event(&message(heard, &json!({"tools": [{"name": "a"}], "nextCursor": "2"}))),
                end(),
            ],
            Some(_) => result(heard, &json!({"tools": [{"name": "b"}]})),
        })
    })
    .await;
    let remote = remote(&server.origin);
    let watch = Watch::default();
    let tools = remote.list(Listing::Tools, &watch).await.unwrap();
    assert_eq!(tools, [json!({"name": "a"}), json!({"name": "b"})]);
    assert!(remote.list(Listing::Resources, &watch).await.unwrap().is_empty(), "not declared, not asked");
    let known = remote.server(&watch).await.unwrap();
    assert_eq!((known.version.as_str(), &known.info["name"]), ("2025-06-18", &json!("scripted")));
    assert_eq!(known.instructions.as_deref(), Some("Ask nicely."));
    assert_eq!(server.asked().iter().filter(|what| *what == "initialize").count(), 1);
}

#[tokio::test]
async fn a_request_under_way_takes_little_room() {
    let server = Server::start(|heard| legacy(heard, None).unwrap()).await;
    let size = size_of_val(&remote(&server.origin).request(read(), &Watch::default()));
    assert!(size < 8_000, "{size} bytes on every stack that it is handed through");
}

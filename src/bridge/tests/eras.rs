//! Both eras, and how one is told from the other.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::server::{
    Heard, Server, Step, Steps, accepted, end, error, event, json_body, legacy, piece, result, stream, with,
};
use super::{ask, failure, read, remote, write};
use crate::bridge::{Listing, Notice, Request, Watch};
use crate::failure::Sent;

fn discovered(heard: &Heard) -> Steps {
    let capabilities = json!({"tools": {"listChanged": true}, "resources": {"subscribe": true}});
    let told = json!({
        "supportedVersions": ["2026-07-28", "2025-11-25"],
        "capabilities": capabilities,
        "instructions": "Ask nicely.",
        "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
        "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "modern", "version": "2"}},
    });
    result(heard, &told)
}

#[tokio::test]
async fn a_modern_server_sees_version_and_capabilities_in_every_request() {
    let server = Server::start(|heard| match heard.what() {
        "server/discover" => discovered(heard),
        "subscriptions/listen" => vec![stream(), Step::Hold],
        _ => result(heard, &json!({"resultType": "complete", "content": [], "ttlMs": 5})),
    })
    .await;
    let remote = remote(&server.origin);
    let mut request = write();
    request.params.insert("name".into(), "Rechnung für Müller".into());
    let theirs =
        json!({"progressToken": "theirs", "io.modelcontextprotocol/clientInfo": {"name": "x"}, "trace": 1});
    request.params.insert("_meta".into(), theirs);
    let watch = Watch {
        elicitation: Some(json!({"form": {}})),
        progress: Some(Arc::new(|_, _, _| {})),
        ..Watch::default()
    };
    let answer = remote.request(request, &watch).await.unwrap();
    assert_eq!(answer["resultType"], "complete", "the result comes as it is");
    let known = remote.server(&watch).await.unwrap();
    assert_eq!((known.version.as_str(), &known.info["name"]), ("2026-07-28", &json!("modern")));
    let call = server.hears(|heard| heard.what() == "tools/call").await;
    assert_eq!(call.header("mcp-protocol-version"), Some("2026-07-28"));
    assert_eq!(call.header("mcp-method"), Some("tools/call"));
    assert_eq!(call.header("mcp-name"), Some("=?base64?UmVjaG51bmcgZsO8ciBNw7xsbGVy?="));
    assert_eq!(
        call.json["params"]["_meta"],
        json!({
            "trace": 1,
            "progressToken": call.json["id"],
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "lumabill", "version": "0.1.0"},
            "io.modelcontextprotocol/clientCapabilities": {"elicitation": {"form": {}}},
        })
    );
    assert!(!server.asked().contains(&"initialize".to_owned()));
    remote.close().await;
    assert!(!server.asked().contains(&"DELETE".to_owned()), "there is no session to end");
}

#[tokio::test]
async fn a_modern_server_is_asked_for_its_notices_and_subscriptions() {
    let server = Server::start(|heard| match heard.what() {
        "server/discover" => discovered(heard),
        "subscriptions/listen" if heard.json["params"]["notifications"]["resourceSubscriptions"].is_null() => {
            vec![stream(), event(&json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})), Step::Hold]
        }
        "subscriptions/listen" => vec![
            stream(),
            event(&json!({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": "a://1"}})),
            Step::Hold,
        ],
        _ => result(heard, &json!({})),
    })
    .await;
    let remote = remote(&server.origin);
    let mut notices = remote.notices();
    ask(&remote, read()).await.unwrap();
    assert_eq!(notices.recv().await.unwrap(), Notice::ToolsChanged);
    let Value::Object(params) = json!({"uri": "a://1"}) else { unreachable!("an object") };
    let request = Request { method: "resources/subscribe".into(), params, ..read() };
    assert!(ask(&remote, request).await.unwrap().is_empty());
    assert_eq!(notices.recv().await.unwrap(), Notice::ResourceUpdated("a://1".into()));
    let listen =
        server.hears(|heard| !heard.json["params"]["notifications"]["resourceSubscriptions"].is_null()).await;
    assert_eq!(
        listen.json["params"]["notifications"],
        json!({"toolsListChanged": true, "resourceSubscriptions": ["a://1"]})
    );
    assert!(!server.asked().contains(&"resources/subscribe".to_owned()));
}

#[tokio::test]
async fn arguments_are_repeated_in_headers_where_a_modern_server_wants_them() {
    let server = Server::start(|heard| match heard.what() {
        "server/discover" => discovered(heard),
        "tools/list" => {
            let place = json!({"properties": {"land": {"type": "string", "x-mcp-header": "Land"}}});
            let schema =
                json!({"properties": {"page": {"type": "integer", "x-mcp-header": "Page"}, "place": place}});
            result(heard, &json!({"tools": [{"name": "list_invoices", "inputSchema": schema}]}))
        }
        "tools/call" if heard.header("mcp-param-page").is_none() => {
            json_body("400 Bad Request", &error(heard, -32020, "Header mismatch"))
        }
        "tools/call" => result(heard, &json!({"content": []})),
        _ => with("", "404 Not Found", ""),
    })
    .await;
    let remote = remote(&server.origin);
    let mut request = read();
    request.params["arguments"]["place"] = json!({"land": "Zürich"});
    ask(&remote, request).await.unwrap();
    let calls: Vec<Heard> = server.heard().into_iter().filter(|heard| heard.what() == "tools/call").collect();
    assert_eq!(calls.len(), 2, "the first was refused and did nothing");
    assert_eq!(calls[1].header("mcp-param-page"), Some("2"));
    assert_eq!(calls[1].header("mcp-param-land"), Some("=?base64?WsO8cmljaA==?="));
}

#[tokio::test]
async fn a_server_that_is_slow_or_silent_about_discovery_is_spoken_to_in_its_own_era() {
    // A modern one that thinks for longer than a probe is waited for.
    let modern = Server::start(|heard| match heard.what() {
        "server/discover" => [vec![Step::Pause(Duration::from_millis(3_500))], discovered(heard)].concat(),
        "initialize" => json_body("400 Bad Request", &error(heard, -32022, "Unsupported protocol version")),
        _ => result(heard, &json!({"content": []})),
    });
    // An older one that says nothing to what it does not know.
    let older = Server::start(|heard| match heard.what() {
        "server/discover" => vec![Step::Hold],
        _ => legacy(heard, None).unwrap_or_else(|| result(heard, &json!({"content": []}))),
    });
    let (modern, older) = tokio::join!(modern, older);
    let (to_modern, to_older) = (remote(&modern.origin), remote(&older.origin));
    let (one, two) = tokio::join!(ask(&to_modern, read()), ask(&to_older, read()));
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    assert_eq!(to_modern.server(&Watch::default()).await.unwrap().version, "2026-07-28");
    assert_eq!(to_older.server(&Watch::default()).await.unwrap().version, "2025-06-18");
}

#[tokio::test]
async fn a_server_that_is_known_to_be_older_is_not_asked_and_may_have_become_modern() {
    let older = Server::start(|heard| legacy(heard, None).unwrap_or_else(|| result(heard, &json!({})))).await;
    let to_older = remote(&older.origin);
    to_older.expect("2024-11-05");
    ask(&to_older, read()).await.unwrap();
    assert_eq!(older.asked()[0], "initialize");
    let modern = Server::start(|heard| match heard.what() {
        "server/discover" => discovered(heard),
        "initialize" => json_body("400 Bad Request", &error(heard, -32022, "Unsupported protocol version")),
        _ => result(heard, &json!({})),
    })
    .await;
    let to_modern = remote(&modern.origin);
    to_modern.expect("2025-11-25");
    ask(&to_modern, read()).await.unwrap();
    assert_eq!(modern.asked()[..3], ["initialize", "server/discover", "tools/call"]);
}

#[tokio::test]
async fn a_version_that_nobody_knows_is_said_so_and_nothing_is_sent() {
    let server = Server::start(|heard| match heard.what() {
        "initialize" => result(heard, &json!({"protocolVersion": "1999-01-01\u{202e}", "capabilities": {}})),
        _ => legacy(heard, None).unwrap_or_else(accepted),
    })
    .await;
    let failure = failure(ask(&remote(&server.origin), write()).await);
    assert_eq!((failure.code, failure.sent), ("other_version", Sent::Nothing));
    assert!(failure.message.contains("`1999-01-01\\u{202e}`"), "{}", failure.message);
    assert!(!server.asked().contains(&"tools/call".to_owned()));
}

#[tokio::test]
async fn a_session_declares_what_people_can_be_asked_whoever_opens_it() {
    let server = Server::start(|heard| {
        legacy(heard, Some("s")).unwrap_or_else(|| result(heard, &json!({"tools": []})))
    })
    .await;
    let remote = remote(&server.origin);
    remote.list(Listing::Tools, &Watch::default()).await.unwrap();
    let watch = Watch { elicitation: Some(json!({"form": {}})), ..Watch::default() };
    remote.request(read(), &watch).await.unwrap();
    ask(&remote, read()).await.unwrap();
    let opened: Vec<Value> = server
        .heard()
        .iter()
        .filter(|heard| heard.what() == "initialize")
        .map(|heard| heard.json["params"]["capabilities"].clone())
        .collect();
    assert_eq!(opened, [json!({"elicitation": {"form": {}, "url": {}}})]);
}

#[tokio::test]
async fn a_list_that_goes_in_circles_ends() {
    let server = Server::start(|heard| {
        legacy(heard, None).unwrap_or_else(|| {
            vec![
                stream(),
                piece(": keep\n\n"),
                event(&super::server::message(heard, &json!({"tools": [{}], "nextCursor": "again"}))),
                end(),
            ]
        })
    })
    .await;
    let error = remote(&server.origin).list(Listing::Tools, &Watch::default()).await.unwrap_err();
    assert!(error.to_string().contains("the same page came twice"), "{error}");
    let lists = server.asked().iter().filter(|what| *what == "tools/list").count();
    assert_eq!(lists, 2);
}

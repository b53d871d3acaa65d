//! Messages of every shape, and both eras.

use serde_json::{Value, json};

use super::{Client, initialize, meta, modern};
use crate::mcp::session::Limits;

fn capabilities() -> Value {
    let listed = json!({ "listChanged": true });
    json!({ "completions": {}, "prompts": listed, "resources": listed, "tools": listed })
}

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

#[tokio::test]
async fn initialize_echoes_known_versions_and_offers_the_newest_for_others() {
    for (asked, answered) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let mut client = Client::start();
        client.request(1, "initialize", initialize(asked, json!({})));
        let result = client.answer(1).await["result"].take();
        assert_eq!(result["protocolVersion"], answered);
        assert_eq!(
            result["serverInfo"],
            json!({"name": "lumabill", "title": "Lumabill", "version": env!("CARGO_PKG_VERSION")})
        );
        assert_eq!(result["capabilities"], capabilities());
        assert_eq!(result["instructions"], "be careful");
        client.request(2, "tools/list", json!({}));
        let list = client.answer(2).await["result"].take();
        assert_eq!(
            list,
            json!({"tools": [
                {"name": "list_invoices", "description": "does list_invoices",
                 "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}},
                {"name": "delete_invoice", "description": "does delete_invoice",
                 "inputSchema": {"type": "object"},
                 "annotations": {"readOnlyHint": false, "destructiveHint": false}},
            ]})
        );
        assert!(client.finish().await.is_empty());
    }
}

#[tokio::test]
async fn the_modern_era_is_served_per_request() {
    let mut client = Client::start();
    client.request("d", "server/discover", modern(json!({})));
    let found = client.answer("d").await["result"].take();
    assert_eq!(found["resultType"], "complete");
    assert_eq!(found["supportedVersions"].as_array().unwrap().len(), 5);
    assert_eq!(found["capabilities"], capabilities());
    assert_eq!(found["cacheScope"], "private");
    assert_eq!(found["_meta"][SERVER_INFO]["name"], "lumabill");
    client.request(1, "tools/list", modern(json!({})));
    let list = client.answer(1).await["result"].take();
    assert_eq!((&list["resultType"], &list["cacheScope"]), (&json!("complete"), &json!("private")));
    assert!(list["ttlMs"].is_u64());
    assert_eq!(list["_meta"][SERVER_INFO]["title"], "Lumabill");
    client.request(2, "tools/call", modern(json!({"name": "echo", "arguments": {"a": 0.1}})));
    let called = client.answer(2).await["result"].take();
    assert_eq!(called["resultType"], "complete");
    assert_eq!(called["structuredContent"], json!({"got": {"a": 0.1}}));
    assert_eq!(called["_meta"][SERVER_INFO]["name"], "lumabill");
    client.request(3, "ping", modern(json!({})));
    assert_eq!(client.answer(3).await["error"]["code"], -32601);
    client.request(4, "tools/list", json!({"_meta": meta("2099-01-01", json!({}))}));
    let error = client.answer(4).await["error"].take();
    assert_eq!((&error["code"], &error["data"]["requested"]), (&json!(-32022), &json!("2099-01-01")));
    client.request(
        5,
        "tools/list",
        json!({"_meta": {"io.modelcontextprotocol/protocolVersion": "2026-07-28"}}),
    );
    assert_eq!(client.answer(5).await["error"]["code"], -32602);
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn a_modern_ping_that_comes_first_is_unknown_and_a_legacy_one_is_answered() {
    let mut client = Client::start();
    client.request(1, "ping", modern(json!({})));
    assert_eq!(client.answer(1).await["error"]["code"], -32601);
    client.request(2, "ping", json!({}));
    assert_eq!(client.answer(2).await["result"], json!({}));
}

#[tokio::test]
async fn a_modern_initialize_without_a_handshake_is_unknown_and_one_with_it_is_answered() {
    let mut client = Client::start();
    client.request(1, "initialize", modern(json!({})));
    assert_eq!(client.answer(1).await["error"]["code"], -32601);
    client.request(2, "tools/list", json!({}));
    assert_eq!(client.answer(2).await["error"]["code"], -32602, "it opened no session");
    client.request(3, "initialize", modern(initialize("2026-07-28", json!({}))));
    assert_eq!(client.answer(3).await["result"]["protocolVersion"], "2025-11-25");
    client.request(4, "tools/list", json!({}));
    assert!(client.answer(4).await["result"]["tools"].is_array());
}

#[tokio::test]
async fn neither_discover_nor_a_modern_call_stands_in_the_way_of_initialize() {
    let mut client = Client::start();
    client.request(1, "server/discover", json!({"_meta": meta("2099-01-01", json!({}))}));
    assert_eq!(client.answer(1).await["error"]["code"], -32022);
    client.request(2, "server/discover", json!({}));
    assert_eq!(client.answer(2).await["error"]["code"], -32602);
    client.request(3, "tools/list", json!({}));
    assert_eq!(client.answer(3).await["error"]["code"], -32602, "no era is chosen yet");
    client.request(4, "server/discover", modern(json!({})));
    assert!(client.answer(4).await["result"].is_object());
    client.request(5, "tools/call", modern(json!({"name": "echo"})));
    assert_eq!(client.answer(5).await["result"]["resultType"], "complete");
    client.request(6, "initialize", initialize("2025-06-18", json!({})));
    assert_eq!(client.answer(6).await["result"]["protocolVersion"], "2025-06-18");
    client.call(7, "echo", json!({}));
    let legacy = client.answer(7).await["result"].take();
    assert_eq!(legacy["isError"], false);
    assert!(legacy.get("resultType").is_none() && legacy.get("_meta").is_none());
    client.request(8, "tools/call", modern(json!({"name": "echo"})));
    assert_eq!(client.answer(8).await["result"]["resultType"], "complete");
}

#[tokio::test]
async fn initialize_is_lenient_in_what_it_needs() {
    let mut client = Client::start();
    client.request(1, "initialize", json!({"protocolVersion": "2025-06-18"}));
    assert_eq!(client.answer(1).await["result"]["protocolVersion"], "2025-06-18");
    let odd = json!({"roots": 7, "sampling": "yes", "elicitation": {"form": true}});
    client.request(2, "initialize", initialize("2025-06-18", odd));
    assert!(client.answer(2).await["result"].is_object());
    client.call(3, "echo", json!({}));
    client.answer(3).await;
    assert_eq!(client.fake.seen.lock().unwrap()[0]["can_ask"], true);
    client.request(4, "initialize", json!({}));
    assert_eq!(client.answer(4).await["error"]["code"], -32602);
}

#[tokio::test]
async fn what_comes_before_the_first_request_harms_nothing() {
    let mut client = Client::start();
    for method in ["notifications/initialized", "notifications/cancelled", "notifications/nonsense"] {
        client.say(&json!({"jsonrpc": "2.0", "method": method, "params": {"requestId": 1}}));
    }
    client.say(&json!({"jsonrpc": "2.0", "id": 0, "result": {}}));
    client.say(&json!({"jsonrpc": "2.0", "id": 0, "error": {"code": 1, "message": "x"}}));
    client.request("p", "server/discover", modern(json!({})));
    assert!(client.next().await["result"].is_object());
    client.cancel("p");
    client.request(1, "initialize", initialize("2025-11-25", json!({})));
    assert_eq!(client.next().await["id"], 1);
}

#[tokio::test]
async fn a_wrong_shape_is_answered_with_its_id() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    for (line, id) in [
        (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, json!(1)),
        (r#"{"id":"no version","method":"ping"}"#, json!("no version")),
        (r#"{"jsonrpc":"2.0","id":2}"#, json!(2)),
        (r#"{"jsonrpc":"2.0","id":3,"method":7}"#, json!(3)),
        (r#"{"jsonrpc":"2.0","id":4,"method":"ping","params":[1]}"#, json!(4)),
        (r#"{"jsonrpc":"2.0","id":5,"method":"ping","params":"x"}"#, json!(5)),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, Value::Null),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, json!(1.5)),
        (r#"{"jsonrpc":"2.0","id":18446744073709551615,"method":"ping"}"#, json!(u64::MAX)),
        (r#"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, json!(true)),
    ] {
        client.raw(format!("{line}\n"));
        let answer = client.next().await;
        assert_eq!(answer["error"]["code"], -32600, "{line}");
        assert_eq!(answer.get("id"), Some(&id), "{line}");
    }
    client.raw("{\"jsonrpc\":\"2.0\",\"id\":[1],\"method\":\"ping\"}\n");
    let answer = client.next().await;
    assert_eq!((&answer["error"]["code"], answer.get("id")), (&json!(-32600), None));
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn what_is_no_message_is_ignored_and_a_cut_request_is_answered() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.raw("nonsense\n\n   \r\n{\"jsonrpc\":\n7\n\"x\"\n{}\n{\"jsonrpc\":\"2.0\",\"result\":1}\n");
    client.raw(b"\xff\xfe{}\n".to_vec());
    client.raw("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\n");
    let answer = client.next().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(-32700)));
    client.raw(b"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\",\"params\":{\"x\":\"\xff\"}}\n".to_vec());
    assert_eq!(client.next().await["id"], 2);
    let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
    client.raw(format!("{{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"ping\",\"params\":{{\"x\":{deep}}}}}\n"));
    assert_eq!(client.next().await["id"], 3);
    for method in ["ping", "tools/list", "no/such", ""] {
        client.raw(format!("{{\"jsonrpc\":\"2.0\",\"id\":903.0,\"method\":\"{method}\"}}\r\n"));
        assert_eq!(client.next().await["id"].to_string(), "903.0", "{method}");
    }
    for id in [json!(-7), json!("id"), json!(""), json!(9_007_199_254_740_993_i64)] {
        client.request(id.clone(), "ping", json!({}));
        assert_eq!(client.next().await, json!({"jsonrpc": "2.0", "id": id, "result": {}}));
    }
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn a_batch_is_split_and_every_request_of_it_answered() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.raw("[]\n");
    let answer = client.next().await;
    assert_eq!((&answer["error"]["code"], answer.get("id")), (&json!(-32600), None));
    client.say(&json!([
        {"jsonrpc": "2.0", "id": 1, "method": "ping"},
        {"jsonrpc": "2.0", "method": "notifications/initialized"},
        {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": {"name": "echo"}},
        {"jsonrpc": "2.0", "id": 3, "method": 3},
        4,
    ]));
    assert_eq!(client.answer(1).await["result"], json!({}));
    assert_eq!(client.answer(2).await["result"]["isError"], false);
    assert_eq!(client.answer(3).await["error"]["code"], -32600);
    let stranger = client.next().await;
    assert_eq!((&stranger["error"]["code"], stranger.get("id")), (&json!(-32600), None));
}

#[tokio::test]
async fn methods_that_are_not_served_say_so() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    let methods = [
        "resources/subscribe",
        "resources/unsubscribe",
        "logging/setLevel",
        "tasks/get",
        "subscriptions/listen",
        "no/such",
    ];
    for (id, method) in methods.into_iter().enumerate() {
        client.request(id + 1, method, json!({"notifications": {}}));
        assert_eq!(client.answer(id + 1).await["error"]["code"], -32601, "{method}");
    }
    client.request("m", "resources/subscribe", modern(json!({})));
    assert_eq!(client.answer("m").await["error"]["code"], -32601);
    for method in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
        client.request("c", method, json!({"cursor": "page2"}));
        assert_eq!(client.answer("c").await["error"]["code"], -32602, "{method}");
    }
}

#[tokio::test]
async fn a_line_of_20_mb_is_served_and_one_over_the_limit_is_answered() {
    let limits = Limits { line: 21 << 20, ..Limits::DEFAULT };
    let mut client = Client::legacy(limits, json!({})).await;
    let big = "x".repeat(20 << 20);
    client.call(1, "echo", json!({"big": big}));
    let answer = client.answer(1).await;
    assert_eq!(answer["result"]["structuredContent"]["got"]["big"].as_str().unwrap().len(), 20 << 20);
    let bigger = "x".repeat(22 << 20);
    client.call("head", "echo", json!({"big": bigger}));
    assert_eq!(client.answer("head").await["error"]["code"], -32600);
    client.raw(format!(
        "{{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{{\"id\":5,\"x\":\"{bigger}\"}},\"id\":\"tail\"}}\n"
    ));
    let message = client.answer("tail").await["error"]["message"].take();
    assert_eq!(message, "the message is longer than 21 MiB; nothing was sent");
    client.raw(format!("{{\"jsonrpc\":\"2.0\",\"id\":6,\"result\":\"{bigger}\"}}\n"));
    client.request(7, "ping", json!({}));
    assert_eq!(client.next().await["id"], 7, "an oversized response is no request");
    assert!(client.finish().await.is_empty());
}

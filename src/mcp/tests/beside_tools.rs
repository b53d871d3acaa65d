//! Prompts, resources and completion: shapes in both eras, one answer each, limits and ends as of calls.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Client, answers, modern};
use crate::mcp::session::Limits;

fn typing(value: &str) -> Value {
    json!({ "ref": { "type": "ref/prompt", "name": "p" }, "argument": { "name": "a", "value": value } })
}

fn at(uri: &str) -> Value {
    json!({ "uri": uri })
}

/// The result without what every modern one carries, which is checked.
fn bare(mut answer: Value, fresh: bool) -> Value {
    let mut result = answer["result"].take();
    let fields = result.as_object_mut().unwrap_or_else(|| panic!("{answer}"));
    assert_eq!(fields.remove("resultType"), Some(json!("complete")));
    assert_eq!(fields.remove("_meta").unwrap()["io.modelcontextprotocol/serverInfo"]["name"], "lumabill");
    assert_eq!(fields.remove("ttlMs").is_some_and(|ttl| ttl.is_u64()), fresh);
    assert_eq!(fields.remove("cacheScope"), fresh.then(|| json!("private")));
    result
}

#[tokio::test]
async fn both_eras_get_the_same_and_each_its_own_marks() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    let cases = [
        ("prompts/list", json!({}), json!({ "prompts": [{ "name": "Prompts" }] }), true),
        ("resources/list", json!({}), json!({ "resources": [{ "name": "Resources" }] }), true),
        (
            "resources/templates/list",
            json!({}),
            json!({ "resourceTemplates": [{ "name": "Templates" }] }),
            true,
        ),
        (
            "prompts/get",
            json!({ "name": "p", "arguments": { "x": "1" } }),
            json!({ "messages": [], "got": { "x": "1" } }),
            false,
        ),
        (
            "resources/read",
            at("lumabill://guide"),
            json!({ "contents": [{ "uri": "lumabill://guide", "mimeType": "text/markdown", "text": "# Guide" }] }),
            true,
        ),
        (
            "resources/read",
            at("lumabill://echo/1"),
            json!({ "contents": [{ "uri": "lumabill://echo/1", "mimeType": "application/json",
                "text": "{\"got\":{\"n\":\"1\"}}" }] }),
            true,
        ),
        (
            "completion/complete",
            typing("x"),
            json!({ "completion": { "values": ["a None"], "hasMore": true } }),
            false,
        ),
    ];
    for (method, params, wanted, fresh) in cases {
        client.request(1, method, params.clone());
        assert_eq!(client.answer(1).await["result"], wanted, "{method}");
        client.request(2, method, modern(params));
        assert_eq!(bare(client.answer(2).await, fresh), wanted, "{method}");
    }
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn errors_say_what_was_wrong_in_the_code_of_the_era() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    let cases = [
        ("prompts/get", json!({}), -32602, "needs `name`"),
        ("prompts/get", json!({ "name": "q" }), -32602, "no prompt `q`; look"),
        ("prompts/get", json!({ "name": "p", "arguments": [] }), -32602, "must be an object"),
        ("resources/read", json!({ "uri": 1 }), -32602, "needs `uri`"),
        (
            "resources/read",
            at("lumabill://other\u{202e}"),
            -32002,
            "there is no resource `lumabill://other\\u{202e}`",
        ),
        ("resources/read", at("lumabill://find/nobody/nobody"), -32002, "no record is called so; look"),
        (
            "resources/read",
            at("lumabill://fail/1"),
            -32603,
            "error: the API is busy\nhint: wait\ncode: rate_limited",
        ),
        ("resources/read", at("lumabill://panic/1"), -32603, "a defect of lumabill"),
        ("completion/complete", json!({}), -32602, "needs `ref`"),
        ("completion/complete", typing("nowhere"), -32602, "names no prompt"),
    ];
    for (method, params, code, words) in cases {
        client.request(1, method, params.clone());
        let error = client.answer(1).await["error"].take();
        assert_eq!(error["code"], code, "{method} {params}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains(words) && !message.contains("secret"), "{method}: {message}");
        client.request(2, method, modern(params));
        let modern_code = if code == -32002 { -32602 } else { code };
        assert_eq!(client.answer(2).await["error"]["code"], modern_code, "{method}");
    }
    client.fake.broken.store(true, std::sync::atomic::Ordering::SeqCst);
    client.request(3, "prompts/list", json!({}));
    assert_eq!(client.answer(3).await["error"]["code"], -32603, "a panic costs no answer");
}

#[tokio::test]
async fn the_second_meaning_of_an_address_is_tried_when_the_first_finds_nothing() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.request(1, "resources/read", at("lumabill://echo/a/b"));
    client.answer(1).await;
    assert_eq!(client.fake.seen.lock().unwrap().len(), 1, "the first one found it");
    client.request(2, "resources/read", at("lumabill://find/nobody/nobody"));
    client.answer(2).await;
    assert_eq!(client.fake.seen.lock().unwrap().len(), 3);
    client.request(3, "resources/read", at("lumabill://fail/a/b"));
    client.answer(3).await;
    assert_eq!(client.fake.seen.lock().unwrap().len(), 4, "trouble is not the same as nothing");
}

#[tokio::test]
async fn the_end_of_input_waits_for_a_read_and_a_completion() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.request(1, "resources/read", at("lumabill://wait/1"));
    client.request(2, "completion/complete", typing("wait"));
    client.started(2).await;
    client.end_input();
    client.session.ended.cancelled().await;
    client.fake.gate.add_permits(2);
    assert_eq!(answers(&client.exited().await), [("1".to_owned(), 1), ("2".to_owned(), 1)].into());
}

#[tokio::test]
async fn a_cancelled_read_gets_no_answer_and_stops() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.request(1, "resources/read", at("lumabill://wait/1"));
    client.started(1).await;
    client.cancel(1);
    client.finished(1).await;
    client.request(2, "ping", json!({}));
    client.answer(2).await;
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn reads_take_places_among_the_calls_and_keep_to_their_time() {
    let limits = Limits { running: 1, call: Duration::from_millis(300), ..Limits::DEFAULT };
    let mut client = Client::legacy(limits, json!({})).await;
    client.request(1, "resources/read", at("lumabill://wait/1"));
    client.started(1).await;
    client.request(2, "resources/read", at("lumabill://guide"));
    client.request(3, "resources/read", at("lumabill://wait/2"));
    client.request(4, "completion/complete", typing("x"));
    client.request(5, "prompts/list", json!({}));
    assert!(client.answer(5).await["result"].is_object(), "what is local waits for nobody");
    let late = client.answer(1).await["error"]["message"].take();
    assert!(late.as_str().unwrap().contains("did not finish in the time that clients wait"), "{late}");
    for id in 2..=4 {
        let answer = client.answer(id).await;
        assert!(answer.get("result").is_some() || answer.get("error").is_some(), "{answer}");
    }
    client.fake.gate.add_permits(8);
    assert!(client.finish().await.is_empty());
}

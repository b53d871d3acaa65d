//! Questions to a person, in both eras.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Client, meta, modern};
use crate::mcp::session::Limits;

fn offers_forms() -> Value {
    json!({"elicitation": {"form": {}, "url": {}}})
}

#[tokio::test]
async fn a_legacy_client_is_asked_by_a_request_of_ours() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({"elicitation": {}})).await;
    for (id, action, accepted) in [
        (1, json!({"action": "accept", "content": {}}), true),
        (2, json!({"action": "accept"}), true),
        (3, json!({"action": "decline"}), false),
        (4, json!({"action": "cancel"}), false),
        (5, json!({"action": "of course"}), false),
        (6, json!({}), false),
    ] {
        client.call(id, "ask", json!({"number": "IV-1"}));
        let asked = client.method("elicitation/create").await;
        assert_eq!(asked["params"]["message"], "delete IV-1?");
        assert_eq!(asked["params"]["requestedSchema"], json!({"type": "object", "properties": {}}));
        client.say(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": action}));
        let result = client.answer(id).await["result"]["structuredContent"].take();
        assert_eq!(result["accepted"], accepted, "{action}");
        assert_eq!(result["action"] == "Decline", action["action"] == "decline");
        assert_eq!(result["state"], "sealed");
        let seen = client.fake.seen.lock().unwrap();
        assert_eq!(seen[seen.len() - 1]["arguments"], json!({"number": "IV-1"}), "the same call again");
    }
}

#[tokio::test]
async fn an_error_a_stranger_or_silence_is_no_yes() {
    let limits = Limits { question: Duration::from_millis(200), ..Limits::DEFAULT };
    let mut client = Client::legacy(limits, offers_forms()).await;
    client.call(1, "ask", json!({}));
    let asked = client.method("elicitation/create").await;
    client.say(&json!({"jsonrpc": "2.0", "id": 4711, "result": {"action": "accept"}}));
    client.say(&json!({"jsonrpc": "2.0", "id": asked["id"], "error": {"code": -1, "message": "no"}}));
    assert_eq!(client.answer(1).await["result"]["structuredContent"]["action"], "Cancel");
    client.call(2, "ask", json!({}));
    let asked = client.method("elicitation/create").await;
    let withdrawn = client.method("notifications/cancelled").await;
    assert_eq!(withdrawn["params"]["requestId"], asked["id"]);
    assert_eq!(client.answer(2).await["result"]["structuredContent"]["action"], "Cancel");
    client.say(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": {"action": "accept"}}));
    client.request(3, "ping", json!({}));
    assert_eq!(client.next().await["id"], 3, "a late yes changes nothing");
}

#[tokio::test]
async fn the_question_is_withdrawn_with_the_call() {
    let mut client = Client::legacy(Limits::DEFAULT, offers_forms()).await;
    client.call(1, "ask", json!({}));
    let asked = client.method("elicitation/create").await;
    client.cancel(1);
    let withdrawn = client.method("notifications/cancelled").await;
    assert_eq!(withdrawn["params"]["requestId"], asked["id"]);
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn who_offers_no_forms_is_not_asked() {
    for capabilities in [json!({}), json!({"elicitation": {"url": {}}})] {
        let mut client = Client::legacy(Limits::DEFAULT, capabilities.clone()).await;
        client.call(1, "ask", json!({}));
        assert_eq!(client.next().await["result"]["structuredContent"], json!({"asked": false}));
        client.call(2, "insist", json!({}));
        let error = client.next().await["result"]["structuredContent"]["error"].take();
        assert_eq!(error["code"], "cannot_ask");
        let call = json!({"name": "ask", "_meta": meta("2026-07-28", capabilities)});
        client.request(3, "tools/call", call);
        assert_eq!(client.next().await["result"]["structuredContent"], json!({"asked": false}));
        let call = json!({"name": "insist", "_meta": meta("2026-07-28", json!({}))});
        client.request(4, "tools/call", call);
        assert_eq!(client.next().await["result"]["isError"], true);
    }
}

#[tokio::test]
async fn a_gateway_that_goes_on_asking_is_stopped() {
    let mut client = Client::legacy(Limits::DEFAULT, offers_forms()).await;
    client.call(1, "insist", json!({}));
    for _ in 0..3 {
        let asked = client.method("elicitation/create").await;
        client.say(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": {"action": "accept"}}));
    }
    assert_eq!(client.answer(1).await["result"]["isError"], true);
}

#[tokio::test]
async fn a_modern_client_is_asked_in_the_result_and_calls_again() {
    let mut client = Client::start();
    client.request(1, "tools/call", modern(json!({"name": "ask", "arguments": {"number": "IV-1"}})));
    let asked = client.next().await["result"].take();
    assert_eq!(asked["resultType"], "input_required");
    assert_eq!(asked["requestState"], "sealed");
    assert_eq!(asked["inputRequests"]["confirm"]["method"], "elicitation/create");
    assert_eq!(asked["inputRequests"]["confirm"]["params"]["message"], "delete IV-1?");
    assert_eq!(
        asked["inputRequests"]["confirm"]["params"]["requestedSchema"],
        json!({"type": "object", "properties": {}})
    );
    let yes = json!({"confirm": {"action": "accept", "content": {}}});
    for (id, responses, state, action, accepted) in [
        (2, yes.clone(), json!("sealed"), "Accept", true),
        (3, yes.clone(), json!("forged"), "Accept", false),
        (4, json!({"confirm": {"action": "decline"}}), json!("sealed"), "Decline", false),
        (5, json!({"confirm": {"action": "cancel"}}), json!("sealed"), "Cancel", false),
        (6, json!({}), json!("sealed"), "Cancel", false),
        (7, json!({"other": {"action": "accept"}}), json!("sealed"), "Cancel", false),
        (8, json!([{"action": "accept"}]), json!("sealed"), "Cancel", false),
        (9, json!({"confirm": "accept"}), json!("sealed"), "Cancel", false),
        (10, yes.clone(), json!(7), "Accept", false),
    ] {
        let call = json!({"name": "ask", "inputResponses": responses, "requestState": state});
        client.request(id, "tools/call", modern(call));
        let result = client.answer(id).await["result"]["structuredContent"].take();
        assert_eq!(result["action"], action, "{id}");
        assert_eq!(result["accepted"], accepted, "{id}");
    }
    client.request(11, "tools/call", modern(json!({"name": "ask", "requestState": "sealed"})));
    assert_eq!(client.answer(11).await["result"]["structuredContent"]["action"], "Cancel");
    client.request(12, "tools/call", modern(json!({"name": "ask", "inputResponses": yes})));
    assert_eq!(client.answer(12).await["result"]["resultType"], "input_required", "asked anew");
    assert_eq!(client.fake.seen.lock().unwrap()[0]["caller"], "modern client");
}

//! Questions of remote servers reach the person as they are, and their answers go back as they came.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Client, exact, meta, modern};
use crate::mcp::session::Limits;

fn schema() -> Value {
    json!({ "type": "object", "required": ["who"], "properties": {
        "who": { "type": "string", "default": "me", "x_new": exact("1.10") },
        "which": { "type": "array", "items": { "anyOf": [{ "const": "a", "title": "A" }] } },
    } })
}

/// A form and an address to open, under their keys.
fn asks() -> Value {
    json!({
        "form": { "message": "HOST asks: who?", "requestedSchema": schema() },
        "page": { "mode": "url", "message": "HOST asks: sign there", "url": "https://host/x" },
    })
}

fn asking(asks: &Value) -> Value {
    json!({ "name": "remote_ask", "arguments": { "asks": asks } })
}

fn of(mut params: Value, capabilities: Value) -> Value {
    params["_meta"] = meta("2026-07-28", capabilities);
    params
}

fn said(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{answer}"))
}

#[tokio::test]
async fn a_legacy_client_is_asked_one_after_the_other_and_answers_are_kept_raw() {
    let mut client =
        Client::legacy(Limits::DEFAULT, json!({ "elicitation": { "form": {}, "url": {} } })).await;
    client.request(1, "tools/call", asking(&asks()));
    let mut asked = client.method("elicitation/create").await;
    let progress = asked["params"].as_object_mut().unwrap().remove("_meta").unwrap();
    assert!(progress["progressToken"].is_number());
    assert_eq!(asked["params"], asks()["form"], "as it came");
    let filled = json!({ "action": "accept", "content": { "who": "x", "n": exact("1.10") }, "_meta": { "a": 1 }, "x": [1] });
    client.say(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": filled }));
    let asked = client.method("elicitation/create").await;
    assert_eq!(asked["params"]["mode"], "url");
    assert_eq!(asked["params"]["url"], "https://host/x");
    assert!(asked["params"]["elicitationId"].is_string(), "the older era demands one");
    client.say(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "accept" } }));
    let answer = client.answer(1).await;
    assert!(said(&answer).starts_with("Accept "), "{answer}");
    let responses = json!({ "form": filled, "page": { "action": "accept" } });
    assert_eq!(answer["result"]["responses"].to_string(), responses.to_string());
}

#[tokio::test]
async fn the_worst_answer_counts_and_whatever_is_no_answer_is_a_dismissal() {
    let limits = Limits { question: Duration::from_millis(200), ..Limits::DEFAULT };
    let mut client = Client::legacy(limits, json!({ "elicitation": {} })).await;
    let two = json!({ "a": { "message": "a" }, "b": { "message": "b" } });
    for (first, second, action, responses) in [
        (
            json!({ "result": { "action": "accept" } }),
            json!({ "result": { "action": "decline" } }),
            "Decline",
            json!({ "a": { "action": "accept" }, "b": { "action": "decline" } }),
        ),
        (
            json!({ "error": { "code": 1, "message": "no" } }),
            json!({ "result": { "action": "accept" } }),
            "Cancel",
            json!({ "a": { "action": "cancel" }, "b": { "action": "accept" } }),
        ),
        (
            json!({ "result": "yes" }),
            json!({ "result": { "action": "decline" } }),
            "Decline",
            json!({ "a": { "action": "cancel" }, "b": { "action": "decline" } }),
        ),
    ] {
        client.request(1, "tools/call", asking(&two));
        for mut response in [first, second] {
            let asked = client.method("elicitation/create").await;
            response["jsonrpc"] = json!("2.0");
            response["id"] = asked["id"].clone();
            client.say(&response);
        }
        let answer = client.answer(1).await;
        assert!(said(&answer).starts_with(action), "{answer}");
        assert_eq!(answer["result"]["responses"], responses);
    }
    client.request(2, "tools/call", asking(&json!({ "a": { "message": "a" } })));
    client.method("elicitation/create").await;
    client.method("notifications/cancelled").await;
    assert_eq!(client.answer(2).await["result"]["responses"], json!({ "a": { "action": "cancel" } }));
}

#[tokio::test]
async fn what_the_client_has_no_form_for_counts_as_declined() {
    for (capabilities, put) in
        [(json!({ "form": {} }), "form"), (json!({}), "form"), (json!({ "url": {} }), "page")]
    {
        let capabilities = json!({ "elicitation": capabilities });
        let mut client = Client::legacy(Limits::DEFAULT, capabilities.clone()).await;
        client.request(1, "tools/call", asking(&asks()));
        let asked = client.method("elicitation/create").await;
        assert_eq!(asked["params"]["message"], asks()[put]["message"]);
        client.say(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "accept" } }));
        let mut expected = json!({ "form": { "action": "decline" }, "page": { "action": "decline" } });
        expected[put] = json!({ "action": "accept" });
        assert_eq!(client.answer(1).await["result"]["responses"], expected);
        client.request(2, "tools/call", of(asking(&asks()), capabilities.clone()));
        let requests = client.answer(2).await["result"]["inputRequests"].take();
        assert_eq!(requests.as_object().unwrap().keys().collect::<Vec<_>>(), [put]);
        let other = if put == "form" { "page" } else { "form" };
        let only = json!({ other: asks()[other] });
        client.request(3, "tools/call", of(asking(&only), capabilities));
        let answer = client.answer(3).await;
        assert!(said(&answer).starts_with("Decline"), "nothing to ask: {answer}");
    }
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.request(1, "tools/call", asking(&asks()));
    let error = client.answer(1).await["result"]["structuredContent"]["error"].take();
    assert_eq!(error["code"], "cannot_ask");
}

#[tokio::test]
async fn a_modern_client_gets_all_questions_at_once_and_answers_them_with_the_state() {
    let mut client = Client::start();
    let modes = json!({ "elicitation": { "form": {}, "url": {} } });
    client.request(1, "tools/call", of(asking(&asks()), modes.clone()));
    let asked = client.answer(1).await["result"].take();
    assert_eq!(asked["resultType"], "input_required");
    let expected = |key: &str| json!({ "method": "elicitation/create", "params": asks()[key] });
    assert_eq!(asked["inputRequests"], json!({ "form": expected("form"), "page": expected("page") }));
    assert!(asked["_meta"].is_object());
    let responses = json!({ "form": { "action": "accept", "content": { "n": exact("1.10") } }, "other": 7 });
    let mut again = asking(&asks());
    again["inputResponses"] = responses.clone();
    again["requestState"] = asked["requestState"].clone();
    client.request(2, "tools/call", of(again.clone(), modes.clone()));
    let answer = client.answer(2).await;
    assert_eq!(answer["result"]["responses"].to_string(), responses.to_string());
    assert!(said(&answer).starts_with("Cancel"), "7 is no answer: {answer}");
    again["inputResponses"] = json!({ "form": { "action": "accept" }, "page": { "action": "accept" } });
    client.request(3, "tools/call", of(again.clone(), modes.clone()));
    assert!(said(&client.answer(3).await).starts_with("Accept"));
    again["requestState"] = json!("remote:forged");
    client.request(4, "tools/call", of(again, modes));
    assert_eq!(client.answer(4).await["error"]["message"], "forged", "judged by the gateway");
}

#[tokio::test]
async fn no_answer_to_a_remote_server_is_a_yes_to_us() {
    let mut client = Client::start();
    let yes = json!({ "action": "accept" });
    for state in ["remote:sealed", "sealed"] {
        let call = json!({ "name": "ask", "inputResponses": { "form": yes }, "requestState": state });
        client.request(1, "tools/call", modern(call));
        let result = client.answer(1).await["result"]["structuredContent"].take();
        let accepted = state == "remote:sealed";
        // The state itself says for which question it is: the gateway sealed it.
        assert_eq!(result["accepted"], accepted, "{state}");
        assert_eq!(result["state"], "sealed");
    }
}

#[tokio::test]
async fn a_remote_server_may_ask_ten_times_and_no_more() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({ "elicitation": {} })).await;
    let insisting = json!({ "name": "remote_insist", "arguments": { "asks": { "a": { "message": "a" } } } });
    client.request(1, "tools/call", insisting);
    for _ in 0..10 {
        let asked = client.method("elicitation/create").await;
        client.say(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "accept" } }));
    }
    let error = client.answer(1).await["result"]["structuredContent"]["error"].take();
    assert_eq!(error["code"], "asked_too_often");
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn prompts_ask_like_tools() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({ "elicitation": {} })).await;
    client.request(1, "prompts/get", json!({ "name": "remote_asks" }));
    let asked = client.method("elicitation/create").await;
    assert_eq!(asked["params"]["message"], "HOST asks: name?");
    client.say(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": { "action": "accept" } }));
    assert_eq!(client.answer(1).await["result"]["responses"], json!({ "who": { "action": "accept" } }));
    client.request(2, "prompts/get", modern(json!({ "name": "remote_asks" })));
    let asked = client.answer(2).await["result"].take();
    assert_eq!(asked["resultType"], "input_required");
    let again = json!({
        "name": "remote_asks", "requestState": asked["requestState"],
        "inputResponses": { "who": { "action": "decline" } },
    });
    client.request(3, "prompts/get", modern(again));
    let answer = client.answer(3).await;
    assert!(said(&answer).starts_with("Decline"), "{answer}");
    let seen = client.fake.seen.lock().unwrap();
    let passed = seen.iter().filter(|seen| seen["passed"] == "prompts/get");
    assert!(
        passed.clone().count() == 4
            && passed.clone().all(|seen| seen["params"] == json!({ "name": "remote_asks" }))
    );
}

//! Calls: what they answer, how many run, how they are cancelled, and what a slow reader does to them.

use std::io::{BufRead, BufReader};
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Client, answers, modern};
use crate::mcp::session::Limits;

#[tokio::test]
async fn what_cannot_be_routed_is_a_protocol_error_and_all_else_a_failed_result() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.request(1, "tools/call", json!({"arguments": {}}));
    let error = client.answer(1).await["error"].take();
    assert_eq!(
        (&error["code"], &error["message"]),
        (&json!(-32602), &json!("tools/call needs `name`, the name of a tool as a string"),)
    );
    client.request(2, "tools/call", json!({"name": "echo", "arguments": [1]}));
    assert_eq!(client.answer(2).await["error"]["code"], -32602);
    client.call(3, "list_invoice", json!({}));
    let error = client.answer(3).await["error"].take();
    assert_eq!(error["code"], -32602);
    assert_eq!(error["message"], "there is no tool `list_invoice`; did you mean `list_invoices`?");
    client.call(4, "fail", json!({}));
    let failed = client.answer(4).await["result"].take();
    assert_eq!(failed["isError"], true);
    assert_eq!(
        failed["content"][0]["text"],
        "error: the API is busy\nhint: wait\ncode: rate_limited\nsent: refused_by_api\nretry_after_s: 12"
    );
    assert_eq!(failed["structuredContent"]["error"]["retry_after_s"], 12);
}

#[tokio::test]
async fn amounts_pass_digit_for_digit() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    let amounts = r#"{"a":49.90,"b":0.1,"c":1234567.890123456789012,"d":1e2}"#;
    client.raw(format!(
        "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{{\"name\":\"echo\",\"arguments\":{amounts}}}}}\n"
    ));
    let answer = client.answer(1).await;
    assert_eq!(answer["result"]["structuredContent"]["got"].to_string(), amounts.replace("1e2", "1e+2"));
    assert_eq!(client.fake.seen.lock().unwrap()[0]["arguments"].to_string(), amounts.replace("1e2", "1e+2"));
}

#[tokio::test]
async fn a_panic_is_answered_and_the_server_lives_on() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.call(1, "panic", json!({}));
    let result = client.answer(1).await["result"].take();
    assert_eq!(result["isError"], true);
    assert_eq!(result["structuredContent"]["error"]["code"], "defect");
    let text = result["content"][0]["text"].as_str().unwrap();
    assert!(text.contains("hit a defect of lumabill") && text.contains("report"), "{text}");
    assert!(!text.contains("secret payload"));
    client.request(2, "tools/call", modern(json!({"name": "panic"})));
    assert_eq!(client.answer(2).await["result"]["structuredContent"]["error"]["sent"], "unknown");
    client.call(3, "echo", json!({}));
    assert_eq!(client.answer(3).await["result"]["isError"], false);
}

#[tokio::test]
async fn a_panic_outside_of_a_call_is_answered_too() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.fake.broken.store(true, Ordering::SeqCst);
    client.request(1, "tools/list", json!({}));
    assert_eq!(client.answer(1).await["error"]["code"], -32603);
    client.request(2, "server/discover", modern(json!({})));
    assert_eq!(client.answer(2).await["error"]["code"], -32603);
    client.request(3, "subscriptions/listen", modern(json!({"notifications": {}})));
    assert_eq!(client.answer(3).await["error"]["code"], -32603);
    client.fake.broken.store(false, Ordering::SeqCst);
    client.request(4, "tools/list", json!({}));
    assert!(client.answer(4).await["result"].is_object());
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn a_second_request_with_a_live_id_waits_for_the_first() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.call(1, "wait", json!({"n": "first"}));
    client.started(1).await;
    client.call(1, "echo", json!({"n": "second"}));
    client.raw("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":5}\n");
    client.request(2, "ping", json!({}));
    assert_eq!(client.next().await["id"], 2, "the others are held");
    client.fake.gate.add_permits(1);
    assert_eq!(client.next().await["result"]["structuredContent"]["waited"], "first");
    let rest = client.finish().await;
    assert_eq!(answers(&rest), [("1".to_owned(), 2)].into());
    assert!(rest.iter().any(|answer| answer["result"]["structuredContent"]["got"]["n"] == "second"));
    assert!(rest.iter().any(|answer| answer["error"]["code"] == -32600));
}

#[tokio::test]
async fn so_many_calls_run_at_once_and_the_rest_wait_while_pings_pass() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    for id in 1..=200 {
        client.call(id, "wait", json!({"n": id}));
    }
    client.started(64).await;
    client.request("ping", "ping", json!({}));
    assert_eq!(client.next().await["id"], "ping");
    assert_eq!(client.fake.running.load(Ordering::SeqCst), 64);
    client.fake.gate.add_permits(200);
    for id in 1..=200 {
        assert_eq!(client.answer(id).await["result"]["structuredContent"]["waited"], id);
    }
    assert_eq!(client.fake.most.load(Ordering::SeqCst), 64);
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn a_cancelled_call_gets_no_answer_runs_to_its_end_and_frees_its_id() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.call(1, "stubborn", json!({}));
    client.started(1).await;
    client.cancel(1);
    client.call(1, "echo", json!({"n": 2}));
    assert_eq!(client.next().await["result"]["structuredContent"]["got"]["n"], 2);
    assert_eq!(client.fake.cancelled.available_permits(), 1);
    assert_eq!(client.fake.finished.available_permits(), 0, "what is sent goes on");
    client.fake.gate.add_permits(1);
    client.finished(1).await;
    client.cancel(1);
    client.request(2, "ping", json!({}));
    assert_eq!(client.next().await["id"], 2);
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn a_modern_call_is_cancelled_like_a_legacy_one() {
    let mut client = Client::start();
    client.request("a", "tools/call", modern(json!({"name": "wait"})));
    client.started(1).await;
    client.cancel("a");
    client.finished(1).await;
    client.request("b", "tools/call", modern(json!({"name": "echo"})));
    assert_eq!(client.next().await["id"], "b");
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn a_waiting_call_can_be_cancelled_before_it_starts() {
    let limits = Limits { running: 1, ..Limits::DEFAULT };
    let mut client = Client::legacy(limits, json!({})).await;
    client.call(1, "wait", json!({}));
    client.call(2, "wait", json!({}));
    client.started(1).await;
    client.cancel(2);
    client.request(3, "ping", json!({}));
    assert_eq!(client.next().await["id"], 3);
    client.fake.gate.add_permits(2);
    assert_eq!(answers(&client.finish().await), [("1".to_owned(), 1)].into());
    assert_eq!(client.fake.seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_call_is_answered_within_its_time_and_one_that_never_got_a_place_too() {
    let limits = Limits { running: 1, call: Duration::from_millis(300), ..Limits::DEFAULT };
    let mut client = Client::legacy(limits, json!({})).await;
    client.call("write", "delete_invoice", json!({}));
    client.started(1).await;
    client.call("late", "echo", json!({}));
    let unfinished = client.answer("write").await["result"].take();
    assert_eq!(unfinished["isError"], true);
    let error = &unfinished["structuredContent"]["error"];
    assert_eq!((&error["code"], &error["sent"]), (&json!("call_unfinished"), &json!("unknown")));
    assert_eq!(error["caused_by"][0], "it may still take effect");
    client.answer("late").await;
    client.finished(1).await;
    client.call("read", "list_invoices", json!({}));
    let error = client.answer("read").await["result"]["structuredContent"]["error"].take();
    assert_eq!(error["caused_by"][0], "it only reads: nothing was changed");
    client.finished(1).await;
    client.call("hold", "stubborn", json!({}));
    client.started(2).await;
    client.call("busy", "echo", json!({}));
    let error = client.answer("busy").await["result"]["structuredContent"]["error"].take();
    assert_eq!((&error["code"], &error["sent"]), (&json!("busy"), &json!("nothing_sent")));
    client.fake.gate.add_permits(1);
}

#[tokio::test]
async fn progress_is_sent_where_a_token_was_given_and_only_upwards() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.call(1, "steps", json!({}));
    assert_eq!(client.next().await["result"]["structuredContent"]["progress"], false);
    for (id, token) in [(2, json!("token")), (3, json!(7))] {
        let params = json!({"name": "steps", "_meta": {"progressToken": token}});
        client.request(id, "tools/call", params);
        let mut last = 0.0;
        let answer = loop {
            let message = client.next().await;
            if message.get("id").is_some() {
                break message;
            }
            assert_eq!(message["method"], "notifications/progress");
            assert_eq!(message["params"]["progressToken"], token);
            assert_eq!(message["params"]["total"].as_f64(), Some(4.0));
            let progress = message["params"]["progress"].as_f64().unwrap();
            assert!(progress > last, "{progress} after {last}");
            last = progress;
        };
        assert_eq!(answer["id"], id);
    }
    assert!(client.finish().await.is_empty(), "nothing follows the answer");
}

#[tokio::test]
async fn large_answers_to_a_slow_reader_neither_mix_nor_block() {
    let (slow, output) = std::io::pipe().unwrap();
    let mut client = Client::unread(Limits::DEFAULT, output);
    client.request(0, "initialize", super::initialize("2025-11-25", json!({})));
    for id in 1..=200 {
        client.call(id, "big", json!({"n": id}));
    }
    client.end_input();
    let reader = tokio::task::spawn_blocking(move || {
        let mut seen = Vec::new();
        for line in BufReader::with_capacity(4096, slow).lines() {
            let message: Value = serde_json::from_str(&line.unwrap()).unwrap();
            let n = message["result"]["structuredContent"]["n"].clone();
            if message["id"] != 0 {
                assert_eq!(message["id"], n);
                assert_eq!(message["result"]["structuredContent"]["x"].as_str().unwrap().len(), super::LARGE);
            }
            seen.push(json!({"id": message["id"]}));
        }
        seen
    });
    client.exited().await;
    let seen = answers(&reader.await.unwrap());
    assert_eq!(seen.len(), 201);
    assert!(seen.values().all(|count| *count == 1));
}

#[tokio::test]
async fn the_tools_are_converted_once_until_they_change() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    for id in 1..=3 {
        client.request(id, "tools/list", json!({}));
        client.answer(id).await;
    }
    assert_eq!(client.fake.conversions.load(Ordering::SeqCst), 1);
    client.fake.changes.send_modify(|version| *version += 1);
    client.method("notifications/tools/list_changed").await;
    client.request(4, "tools/list", json!({}));
    client.answer(4).await;
    assert_eq!(client.fake.conversions.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_modern_client_hears_of_other_tools_on_its_subscription_only() {
    let mut client = Client::start();
    client.request(1, "server/discover", modern(json!({})));
    client.answer(1).await;
    client.fake.changes.send_modify(|version| *version += 1);
    let wanted = json!({"notifications": {
        "toolsListChanged": true, "resourcesListChanged": true, "resourceSubscriptions": ["lumabill://profiles"],
    }});
    client.request("listen:0", "subscriptions/listen", modern(wanted));
    let acknowledged = client.next().await;
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");
    assert_eq!(
        acknowledged["params"]["notifications"],
        json!({"toolsListChanged": true, "resourcesListChanged": true})
    );
    client.request("deaf", "subscriptions/listen", modern(json!({"notifications": {}})));
    client.method("notifications/subscriptions/acknowledged").await;
    client.fake.changes.send_modify(|version| *version += 1);
    let changed = client.next().await;
    assert_eq!(changed["method"], "notifications/tools/list_changed");
    assert_eq!(changed["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "listen:0");
    let changed = client.next().await;
    assert_eq!(changed["method"], "notifications/resources/list_changed");
    client.cancel("listen:0");
    client.request(2, "tools/list", modern(json!({})));
    client.answer(2).await;
    client.fake.changes.send_modify(|version| *version += 1);
    let rest = client.finish().await;
    assert_eq!(answers(&rest), [("\"deaf\"".to_owned(), 1)].into());
    assert_eq!(rest.len(), 1, "a cancelled subscription hears nothing more: {rest:?}");
}

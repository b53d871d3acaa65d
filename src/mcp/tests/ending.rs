//! How serving ends: at the end of input, on a signal, and when nobody reads any more.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::timeout;

use super::{Client, answers, initialize, modern};
use crate::mcp::session::Limits;

/// What a server that is not ready to go is given.
const PROMPT: Duration = Duration::from_millis(200);
/// What one that is gets on a busy machine: far below the SDK's own 5 s.
const BUSY: Duration = Duration::from_secs(2);

async fn ends_promptly(client: &mut Client) {
    timeout(BUSY, &mut client.server).await.expect("gone in time").unwrap().unwrap();
}

#[tokio::test]
async fn an_idle_server_is_gone_at_once() {
    let mut client = Client::start();
    client.end_input();
    ends_promptly(&mut client).await;
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.end_input();
    ends_promptly(&mut client).await;
}

#[tokio::test]
async fn a_last_line_without_a_line_break_is_served() {
    let mut client = Client::start();
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    client.raw(ping.to_string());
    assert_eq!(client.finish().await, [json!({"jsonrpc": "2.0", "id": 1, "result": {}})]);
}

#[tokio::test]
async fn calls_under_way_and_waiting_are_answered_before_the_end() {
    let limits = Limits { running: 2, ..Limits::DEFAULT };
    let mut client = Client::legacy(limits, json!({})).await;
    for id in 1..=5 {
        client.call(id, "wait", json!({"n": id}));
    }
    client.end_input();
    client.started(2).await;
    timeout(PROMPT, &mut client.server).await.expect_err("it waits for the calls");
    client.fake.gate.add_permits(5);
    let rest = client.exited().await;
    assert_eq!(answers(&rest), (1..=5).map(|id| (id.to_string(), 1)).collect());
}

#[tokio::test]
async fn an_open_subscription_holds_nothing_and_ends_with_its_result() {
    let mut client = Client::start();
    client.request("l", "subscriptions/listen", modern(json!({"notifications": {"toolsListChanged": true}})));
    client.next().await;
    client.request(1, "tools/call", modern(json!({"name": "wait"})));
    client.started(1).await;
    client.end_input();
    timeout(PROMPT, &mut client.server).await.expect_err("it waits for the call");
    let before = Instant::now();
    client.fake.gate.add_permits(1);
    let rest = client.exited().await;
    assert!(before.elapsed() < Duration::from_secs(2));
    assert_eq!(rest[0]["id"], 1);
    assert_eq!(rest[1]["id"], "l");
    assert_eq!(rest[1]["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "l");

    let mut client = Client::start();
    client.request("l", "subscriptions/listen", modern(json!({"notifications": {}})));
    client.next().await;
    client.end_input();
    ends_promptly(&mut client).await;
}

#[tokio::test]
async fn an_open_question_counts_as_dismissed_at_the_end_of_input() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({"elicitation": {}})).await;
    client.call(1, "ask", json!({}));
    client.method("elicitation/create").await;
    client.end_input();
    ends_promptly(&mut client).await;
    assert_eq!(client.answer(1).await["result"]["structuredContent"]["action"], "Cancel");
}

#[tokio::test]
async fn a_cancelled_call_that_is_already_sent_is_waited_for() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.call(1, "stubborn", json!({}));
    client.started(1).await;
    client.cancel(1);
    client.end_input();
    timeout(PROMPT, &mut client.server).await.expect_err("it waits for what is sent");
    client.fake.gate.add_permits(1);
    assert!(client.exited().await.is_empty());
    assert_eq!(client.fake.finished.available_permits(), 1);
}

#[tokio::test]
async fn a_signal_ends_an_idle_server_at_once_and_gives_a_call_some_time() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.session.stop.cancel();
    ends_promptly(&mut client).await;

    let limits = Limits { stop: Duration::from_millis(300), ..Limits::DEFAULT };
    let mut client = Client::legacy(limits, json!({})).await;
    client.call(1, "wait", json!({}));
    client.started(1).await;
    client.session.stop.cancel();
    client.fake.gate.add_permits(1);
    assert_eq!(answers(&client.exited().await), [("1".to_owned(), 1)].into());

    let mut client = Client::legacy(limits, json!({})).await;
    client.call(1, "stubborn", json!({}));
    client.started(1).await;
    let before = Instant::now();
    client.session.stop.cancel();
    assert_eq!(answers(&client.exited().await), [("1".to_owned(), 1)].into());
    assert!(before.elapsed() >= limits.stop && before.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_closed_stdout_ends_the_server() {
    let (gone, output) = std::io::pipe().unwrap();
    drop(gone);
    let mut client = Client::unread(Limits::DEFAULT, output);
    client.request(0, "initialize", initialize("2025-11-25", json!({})));
    assert!(client.exited().await.is_empty());
    assert!(client.input.is_some(), "the input is still open");
}

#[tokio::test]
async fn a_client_that_stopped_reading_does_not_keep_the_server_alive() {
    let (_unread, output) = std::io::pipe().unwrap();
    let limits = Limits { stop: Duration::from_millis(300), ..Limits::DEFAULT };
    let mut client = Client::unread(limits, output);
    client.request(0, "initialize", initialize("2025-11-25", json!({})));
    client.call(1, "big", json!({}));
    client.end_input();
    assert!(client.exited().await.is_empty());
}

#[tokio::test]
async fn a_call_that_never_ends_does_not_keep_the_server_alive() {
    let short = Duration::from_millis(200);
    let mut client = Client::legacy(Limits { call: short, stop: short, ..Limits::DEFAULT }, json!({})).await;
    client.call(1, "stubborn", json!({}));
    client.started(1).await;
    assert_eq!(answers(&client.finish().await), [("1".to_owned(), 1)].into());
    assert_eq!(client.fake.finished.available_permits(), 0);
}

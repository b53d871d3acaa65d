//! Changes of single resources of remote servers, in both eras.

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::{Client, initialize, modern};
use crate::gateway::Notice;

fn updated(uri: &str) -> Notice {
    Notice::ResourceUpdated(uri.to_owned())
}

/// What was passed on, by method and address.
fn passed(client: &Client) -> Vec<String> {
    let seen = client.fake.seen.lock().unwrap();
    seen.iter()
        .filter(|seen| seen["passed"].is_string())
        .map(|seen| {
            format!("{} {}", seen["passed"].as_str().unwrap(), seen["params"]["uri"].as_str().unwrap())
        })
        .collect()
}

#[tokio::test]
async fn a_legacy_client_subscribes_where_there_is_something_to_subscribe_to() {
    let mut client = Client::start();
    client.fake.subscribable.store(true, Ordering::SeqCst);
    client.request(0, "initialize", initialize("2025-11-25", json!({})));
    let capabilities = client.answer(0).await["result"]["capabilities"].take();
    assert_eq!(capabilities["resources"], json!({ "subscribe": true, "listChanged": true }));
    for (id, method) in [(1, "resources/subscribe"), (2, "resources/unsubscribe")] {
        client.request(id, method, json!({ "uri": "remote://x" }));
        let result = client.answer(id).await["result"].take();
        assert_eq!(result["got"], json!({ "uri": "remote://x" }), "{method}: the server's own answer");
    }
    for params in [json!({}), json!({ "uri": "lumabill://guide" })] {
        client.request(3, "resources/subscribe", params);
        assert_eq!(client.answer(3).await["error"]["code"], -32602);
    }
    client.request(4, "resources/subscribe", modern(json!({ "uri": "remote://x" })));
    assert_eq!(client.answer(4).await["error"]["code"], -32601, "gone in the modern era");
    client.fake.notices.send(Notice::ResourcesChanged).unwrap();
    client.fake.notices.send(updated("remote://x")).unwrap();
    let told = client.next().await;
    assert_eq!(told["method"], "notifications/resources/updated");
    assert_eq!(told["params"]["uri"], "remote://x");
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn a_modern_client_is_told_on_its_subscription_of_what_it_asked_for() {
    let mut client = Client::start();
    client.fake.subscribable.store(true, Ordering::SeqCst);
    let listen = |uris: Value| modern(json!({ "notifications": { "resourceSubscriptions": uris } }));
    client.request("one", "subscriptions/listen", listen(json!(["remote://x", "lumabill://guide"])));
    let acknowledged = client.next().await;
    assert_eq!(acknowledged["params"]["notifications"], json!({ "resourceSubscriptions": ["remote://x"] }));
    client.request("two", "subscriptions/listen", listen(json!(["remote://x", "remote://y/"])));
    assert_eq!(client.next().await["method"], "notifications/subscriptions/acknowledged");
    // Both streams listen once the second has had its address passed on.
    while !passed(&client).contains(&"resources/subscribe remote://y/".to_owned()) {
        tokio::task::yield_now().await;
    }
    for uri in ["remote://other", "remote://xyz", "remote://y/deep", "remote://x/deep", "remote://x"] {
        client.fake.notices.send(updated(uri)).unwrap();
    }
    let mut told = Vec::new();
    for _ in 0..5 {
        let message = client.method("notifications/resources/updated").await;
        let stream = message["params"]["_meta"]["io.modelcontextprotocol/subscriptionId"].as_str().unwrap();
        told.push(format!("{stream} {}", message["params"]["uri"].as_str().unwrap()));
    }
    told.sort();
    let expected = [
        "one remote://x",
        "one remote://x/deep",
        "two remote://x",
        "two remote://x/deep",
        "two remote://y/deep",
    ];
    assert_eq!(told, expected);
    client.cancel("one");
    client.cancel("two");
    while passed(&client).len() < 4 {
        tokio::task::yield_now().await;
    }
    let mut passed = passed(&client);
    passed.sort();
    let expected = [
        "resources/subscribe remote://x",
        "resources/subscribe remote://y/",
        "resources/unsubscribe remote://x",
        "resources/unsubscribe remote://y/",
    ];
    assert_eq!(passed, expected, "each once, whoever else listens");
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn nothing_is_declared_and_nothing_accepted_where_nobody_tells_of_changes() {
    let mut client = Client::start();
    let wanted = json!({ "notifications": { "resourceSubscriptions": ["remote://x"] } });
    client.request(1, "subscriptions/listen", modern(wanted));
    assert_eq!(client.next().await["params"]["notifications"], json!({}));
    client.request(2, "server/discover", modern(json!({})));
    assert_eq!(client.answer(2).await["result"]["capabilities"]["resources"], json!({ "listChanged": true }));
    client.fake.notices.send(updated("remote://x")).unwrap();
    let rest = client.finish().await;
    assert_eq!(rest.len(), 1, "only the end of the subscription: {rest:?}");
    assert!(passed(&client).is_empty());
}

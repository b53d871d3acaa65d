//! What remote servers answer passes unharmed, with the marks of the client's era and no others.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Client, exact, modern, tool};
use crate::mcp::session::Limits;

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

fn passing(result: &Value) -> Value {
    json!({ "name": "remote_pass", "arguments": { "result": result } })
}

async fn both(client: &mut Client, method: &str, params: Value) -> (Value, Value) {
    client.request(1, method, params.clone());
    let legacy = client.answer(1).await;
    client.request(2, method, modern(params));
    (legacy, client.answer(2).await)
}

/// Every kind of content, and what nobody knows.
fn everything() -> Value {
    json!({
        "content": [
            { "type": "text", "text": "a", "annotations": { "audience": ["user"], "priority": exact("0.10") }, "x": 1 },
            { "type": "image", "data": "aGk=", "mimeType": "image/png", "_meta": { "a": 1 } },
            { "type": "audio", "data": "aGk=", "mimeType": "audio/wav" },
            { "type": "resource", "resource": { "uri": "a://b", "blob": "aGk=", "_meta": {} } },
            { "type": "resource_link", "uri": "a://b", "name": "b", "size": exact("123456789012345678901234") },
            { "type": "hologram", "depth": [1, { "of": null }] },
        ],
        "structuredContent": { "amount": exact("1.10"), "deep": [{ "n": null }] },
        "isError": true,
        "_meta": { "example.com/trace": "t", "progress": 1 },
        "x_new": { "unknown": [true] },
    })
}

#[tokio::test]
async fn a_result_passes_as_it_came() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    let (legacy, modern) = both(&mut client, "tools/call", passing(&everything())).await;
    assert_eq!(legacy["result"].to_string(), everything().to_string(), "byte for byte");
    let mut expected = everything();
    expected["resultType"] = json!("complete");
    expected["_meta"][SERVER_INFO] = modern["result"]["_meta"][SERVER_INFO].clone();
    assert_eq!(modern["result"], expected);
    assert_eq!(modern["result"]["_meta"][SERVER_INFO]["name"], "lumabill");
}

#[tokio::test]
async fn results_of_other_shapes_pass_too() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    for result in [json!({}), json!({ "toolResult": 7 }), json!({ "content": "no list" })] {
        let (legacy, modern) = both(&mut client, "tools/call", passing(&result)).await;
        assert_eq!(legacy["result"], result);
        let mut modern = modern["result"].clone();
        let fields = modern.as_object_mut().unwrap();
        assert_eq!(fields.remove("resultType"), Some(json!("complete")));
        assert!(fields.remove("_meta").is_some());
        assert_eq!(modern, result);
    }
    let task = json!({ "resultType": "task", "task": { "taskId": "1" } });
    let (_, modern) = both(&mut client, "tools/call", passing(&task)).await;
    assert_eq!(modern["result"]["resultType"], "task", "a kind of its own is kept");
}

#[tokio::test]
async fn marks_of_the_servers_own_era_do_not_pass() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    let theirs = json!({ "name": "other", "version": "1" });
    let result = json!({ "content": [], "resultType": "complete", "_meta": { SERVER_INFO: theirs } });
    let (legacy, modern) = both(&mut client, "tools/call", passing(&result)).await;
    assert_eq!(legacy["result"], json!({ "content": [] }));
    assert_eq!(modern["result"]["_meta"][SERVER_INFO]["name"], "lumabill", "the client speaks with us");
}

#[tokio::test]
async fn structured_content_that_is_no_object_becomes_a_text_for_legacy_clients() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    let text = |text: &str| json!({ "type": "text", "text": text });
    let image = json!({ "type": "image", "data": "aGk=", "mimeType": "image/png" });
    for (structured, content, shown) in [
        (json!([1, { "a": exact("1.10") }]), json!([]), json!([text("[1,{\"a\":1.10}]")])),
        (json!([1]), json!([image]), json!([image, text("[1]")])),
        (json!([1, 2]), json!([text("[1, 2]")]), json!([text("[1, 2]")])),
        (json!("yes"), json!([text("yes")]), json!([text("yes")])),
        (json!("yes"), json!([text("see there")]), json!([text("see there"), text("\"yes\"")])),
        (Value::Null, json!([text("nothing")]), json!([text("nothing"), text("null")])),
        (json!(false), Value::Null, json!([text("false")])),
    ] {
        let mut result = json!({ "structuredContent": structured });
        if !content.is_null() {
            result["content"] = content.clone();
        }
        let (legacy, modern) = both(&mut client, "tools/call", passing(&result)).await;
        assert_eq!(legacy["result"], json!({ "content": shown }), "{structured}");
        assert_eq!(modern["result"]["structuredContent"], structured);
        assert_eq!(modern["result"].get("content"), result.get("content"));
    }
}

#[tokio::test]
async fn an_error_of_the_protocol_passes_with_its_code_message_and_data() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    for error in [
        json!({ "code": -32602, "message": "no `x`", "data": { "field": "x", "n": exact("1.10") } }),
        json!({ "code": -32002, "message": "a tool may say so" }),
        json!({ "code": -32042, "message": "go there", "data": { "elicitations": [] } }),
        json!({ "code": 99_999_999_999_i64, "message": "" , "data": null }),
    ] {
        let call = json!({ "name": "remote_reject", "arguments": { "error": error } });
        let (legacy, modern) = both(&mut client, "tools/call", call).await;
        assert_eq!(legacy["error"], error);
        assert_eq!(modern["error"], error);
        assert!(legacy.get("result").is_none());
    }
    let versions = json!({ "code": -32022, "message": "not this version" });
    let call = json!({ "name": "remote_reject", "arguments": { "error": versions } });
    let (legacy, modern) = both(&mut client, "tools/call", call.clone()).await;
    assert_eq!((&legacy["error"]["code"], &modern["error"]["code"]), (&json!(-32603), &json!(-32603)));
    client.raw(
        format!("{}\n", json!({ "jsonrpc": "2.0", "id": 0, "method": "tools/call", "params": call }))
            .replace("\"id\":0", "\"id\":903.0"),
    );
    let answer = client.next().await;
    assert_eq!((answer["id"].to_string(), &answer["error"]["code"]), ("903.0".to_owned(), &json!(-32603)));
}

#[tokio::test]
async fn progress_passes_to_the_last_step_and_before_the_answer() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.request(1, "tools/call", json!({ "name": "remote_steps", "_meta": { "progressToken": "t" } }));
    for expected in [
        json!({ "progressToken": "t", "progress": 0.5 }),
        json!({ "progressToken": "t", "progress": 1.25, "total": 2.5, "message": "half" }),
        json!({ "progressToken": "t", "progress": 2.5, "total": 2.5, "message": "all" }),
    ] {
        assert_eq!(client.next().await["params"], expected);
    }
    assert_eq!(client.next().await["id"], 1);
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn a_large_result_is_handed_on_in_pieces() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.call(1, "remote_large", json!({}));
    client.call(2, "echo", json!({}));
    let answer = client.answer(1).await;
    assert_eq!(answer["result"]["content"][0]["text"].as_str().unwrap().len(), 8 << 20);
    client.answer(2).await;
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn what_a_remote_server_says_of_its_tools_is_listed_and_its_hints_are_not() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    let object = |value: Value| value.as_object().unwrap().clone();
    let more = json!({
        "name": "other", "inputSchema": {}, "outputSchema": {}, "description": "x",
        "title": "Send", "icons": [{ "src": "https://a/b.png" }], "execution": { "taskSupport": "optional" },
        "annotations": { "title": "Send it", "readOnlyHint": true, "destructiveHint": false, "x_cost": exact("0.30") },
        "_meta": { "ui": { "resourceUri": "ui://a" } }, "x_new": exact("1.10"),
    });
    let mut sends = tool("send", false, None);
    sends.more = Some(Arc::new(object(more)));
    let mut lists = tool("list", true, None);
    lists.output_schema = Some(Arc::new(object(json!({ "type": "array" }))));
    let mut gets = tool("get", true, None);
    gets.output_schema = Some(Arc::new(object(json!({ "type": "object", "properties": {} }))));
    client.fake.further.lock().unwrap().extend([sends, lists, gets]);
    let (legacy, modern) = both(&mut client, "tools/list", json!({})).await;
    let row = |list: &Value, name: &str| {
        let rows = list["result"]["tools"].as_array().unwrap();
        rows.iter().find(|row| row["name"] == name).unwrap().clone()
    };
    let expected = json!({
        "name": "send", "description": "does send", "inputSchema": { "type": "object" },
        "annotations": { "readOnlyHint": false, "title": "Send it", "x_cost": exact("0.30") },
        "title": "Send", "icons": [{ "src": "https://a/b.png" }], "execution": { "taskSupport": "optional" },
        "_meta": { "ui": { "resourceUri": "ui://a" } }, "x_new": exact("1.10"),
    });
    assert_eq!(row(&legacy, "send").to_string(), expected.to_string());
    assert_eq!(row(&modern, "send"), expected);
    assert!(
        row(&legacy, "list").get("outputSchema").is_none(),
        "a legacy client would refuse the whole list"
    );
    assert_eq!(row(&modern, "list")["outputSchema"], json!({ "type": "array" }));
    assert_eq!(row(&legacy, "get")["outputSchema"]["type"], "object");
    assert_eq!(modern["result"]["ttlMs"], 60_000);
    assert_eq!(modern["result"]["_meta"][SERVER_INFO]["name"], "lumabill");
}

#[tokio::test]
async fn prompts_resources_and_completions_of_remote_servers_come_first_and_pass() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    let read = json!({ "uri": "remote://x", "x_new": exact("1.10") });
    let (legacy, modern) = both(&mut client, "resources/read", read.clone()).await;
    assert_eq!(legacy["result"], json!({ "got": read, "_meta": { "theirs": 1 } }));
    let result = &modern["result"];
    assert_eq!((&result["resultType"], &result["ttlMs"]), (&json!("complete"), &json!(0)));
    assert_eq!((&result["cacheScope"], &result["_meta"]["theirs"]), (&json!("private"), &json!(1)));
    assert_eq!(result["got"], read, "neither `_meta` nor answers are among the parameters");
    let get = json!({ "name": "remote_prompt", "arguments": { "a": "1" } });
    let (legacy, modern) = both(&mut client, "prompts/get", get.clone()).await;
    assert_eq!(legacy["result"]["got"], get);
    assert_eq!(modern["result"]["resultType"], "complete");
    assert!(modern["result"].get("ttlMs").is_none());
    let typing = json!({ "ref": { "type": "ref/prompt", "name": "p" }, "argument": { "name": "remote", "value": "" } });
    let (legacy, modern) = both(&mut client, "completion/complete", typing).await;
    assert_eq!(legacy["result"].to_string(), r#"{"completion":{"values":["r"]},"x_new":1.10}"#);
    assert_eq!(modern["result"]["completion"]["values"], json!(["r"]));
    let (legacy, _) = both(&mut client, "prompts/get", json!({ "name": "p" })).await;
    assert_eq!(legacy["result"]["got"], json!({}), "what is no remote server's is our own");
}

#[tokio::test]
async fn errors_beside_tools_pass_in_the_code_of_the_era() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    let (legacy, modern) = both(&mut client, "resources/read", json!({ "uri": "remote://gone" })).await;
    assert_eq!(legacy["error"], json!({ "code": -32002, "message": "gone", "data": [1] }));
    assert_eq!(modern["error"], json!({ "code": -32602, "message": "gone", "data": [1] }));
    let (legacy, _) = both(&mut client, "resources/read", json!({ "uri": "remote://fail" })).await;
    assert_eq!(legacy["error"]["code"], -32603);
    let message = legacy["error"]["message"].as_str().unwrap();
    assert!(
        message.starts_with("`remote://fail` was not read\nerror: HOST is down\nhint: wait"),
        "{message}"
    );
}

#[tokio::test]
async fn a_read_of_a_remote_server_is_bounded_and_counted_like_a_call() {
    let limits = Limits { running: 1, call: Duration::from_millis(300), ..Limits::DEFAULT };
    let mut client = Client::legacy(limits, json!({})).await;
    client.request(1, "resources/read", json!({ "uri": "remote://wait" }));
    client.started(1).await;
    client.request(2, "prompts/get", json!({ "name": "remote_prompt" }));
    let late = client.answer(1).await["error"]["message"].take();
    assert!(late.as_str().unwrap().contains("it only reads: nothing was changed"), "{late}");
    let busy = client.answer(2).await;
    assert!(busy["error"]["message"].as_str().unwrap().contains("was not started"), "{busy}");
    client.fake.gate.add_permits(1);
    assert!(client.finish().await.is_empty());
}

#[tokio::test]
async fn a_cancelled_read_of_a_remote_server_gets_no_answer() {
    let mut client = Client::legacy(Limits::DEFAULT, json!({})).await;
    client.request(3, "resources/read", json!({ "uri": "remote://wait" }));
    client.started(1).await;
    client.cancel(3);
    client.request(4, "ping", json!({}));
    client.answer(4).await;
    client.fake.gate.add_permits(1);
    assert!(client.finish().await.is_empty());
}

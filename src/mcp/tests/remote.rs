//! Stands in for a remote server behind the gateway: what it answers is given in the request.

use serde_json::{Map, Value, json};

use crate::failure::{Exit, Failure};
use crate::gateway::{Answered, Ask, Asks, Call, Outcome, Passed, Passing, Question, Rejected};

fn object(value: &Value) -> Map<String, Value> {
    value.as_object().expect("an object").clone()
}

fn passed(result: &Value) -> Outcome {
    Outcome::Passed(Passed { result: object(result), receipt: None })
}

fn rejected(error: &Value) -> Outcome {
    Outcome::Rejected(Rejected {
        code: error["code"].as_i64().unwrap(),
        message: error["message"].as_str().unwrap().to_owned(),
        data: error.get("data").cloned(),
    })
}

/// Asks once what `asks` says (`{key: params}`), and then answers with what came back.
fn asking(asks: &Value, answered: Option<&Answered>) -> Outcome {
    match answered {
        Some(answered) if answered.state == "sealed" => {
            let text = format!("{:?} {}", answered.action, Value::Object(answered.responses.clone()));
            passed(&json!({ "content": [{ "type": "text", "text": text }], "responses": answered.responses }))
        }
        Some(answered) => rejected(&json!({ "code": -32602, "message": answered.state })),
        None => insisting(asks),
    }
}

fn insisting(asks: &Value) -> Outcome {
    let asks = object(asks).into_iter().map(|(key, params)| Ask { key, params: object(&params) });
    let asks = Asks::Remote(asks.collect());
    Outcome::Ask(Question { message: "never shown".into(), state: "sealed".into(), asks })
}

pub fn call(call: &Call) -> Outcome {
    let given = |name: &str| call.arguments.get(name).unwrap_or(&Value::Null);
    match call.tool.as_str() {
        "remote_pass" => passed(given("result")),
        "remote_steps" => {
            if let Some(progress) = &call.caller.progress {
                progress(0.5, None, "");
                progress(1.25, Some(2.5), "half");
                progress(1.25, Some(2.5), "still");
                progress(2.5, Some(2.5), "all");
            }
            passed(&json!({ "content": [] }))
        }
        "remote_reject" => rejected(given("error")),
        "remote_ask" => asking(given("asks"), call.answered.as_ref()),
        "remote_insist" => insisting(given("asks")),
        "remote_large" => passed(&json!({ "content": [{ "type": "text", "text": "x".repeat(8 << 20) }] })),
        tool => Outcome::Failed(Failure::new("unknown_tool", Exit::Refused, format!("no `{tool}`"))),
    }
}

/// `remote://…` and prompts and arguments of such names are this server's.
pub fn pass(passing: &Passing) -> Option<Outcome> {
    let text = |name: &str| passing.params.get(name).and_then(Value::as_str);
    let own = |_: &&str| text("uri").or(text("name")).is_some_and(|name| name.starts_with("remote"));
    match passing.method {
        "completion/complete" => {
            let asked = passing.params["argument"]["name"] == "remote";
            asked
                .then(|| passed(&json!({ "completion": { "values": ["r"] }, "x_new": super::exact("1.10") })))
        }
        _ if text("name") == Some("remote_asks") => {
            let name = json!({ "message": "HOST asks: name?", "requestedSchema": { "type": "object" } });
            Some(asking(&json!({ "who": name }), passing.answered.as_ref()))
        }
        method => Some(method).filter(own).map(|_| match text("uri") {
            Some("remote://gone") => rejected(&json!({ "code": -32002, "message": "gone", "data": [1] })),
            Some("remote://fail") => {
                Outcome::Failed(Failure::new("remote_failed", Exit::Unavailable, "HOST is down").hint("wait"))
            }
            _ => passed(&json!({ "got": passing.params, "_meta": { "theirs": 1 } })),
        }),
    }
}

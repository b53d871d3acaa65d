//! What an assistant understands of an answer.

use serde_json::Value;

/// The result of a call that creates.
#[derive(Debug)]
pub enum Told {
    /// The record exists since this call.
    Created(String),
    /// It was not made again: this one exists.
    NotAgain(String),
    /// Anything else: refused, unknown, limited, not there.
    Failed { code: String, text: String },
}

impl Told {
    /// In a word.
    pub fn word(&self) -> &str {
        match self {
            Self::Created(_) => "created",
            Self::NotAgain(_) => "not created again",
            Self::Failed { code, .. } => code,
        }
    }
}

/// Reads a message that answers `tools/call`.
pub fn read(message: &Value) -> Told {
    let result = &message["result"];
    let texts = result["content"].as_array().into_iter().flatten();
    let text = texts.filter_map(|part| part["text"].as_str()).collect::<Vec<_>>().join("\n");
    let facts = &result["structuredContent"];
    let id = id(facts);
    if result["isError"] != true {
        match (facts["created"].as_bool(), id) {
            (Some(true), id) => return Told::Created(id.unwrap_or_default()),
            (Some(false), Some(id)) => return Told::NotAgain(id),
            _ => {}
        }
    }
    let code = facts["code"].as_str().or(facts["error"]["code"].as_str()).unwrap_or("no code").to_owned();
    Told::Failed { code, text: message.get("error").map_or(text, Value::to_string) }
}

/// The id of the record that an answer is about.
fn id(facts: &Value) -> Option<String> {
    let places = [&facts["record"]["id"], &facts["id"], &facts["record_id"], &facts["same_as"]["id"]];
    places.iter().find_map(|place| place.as_str()).map(str::to_owned)
}

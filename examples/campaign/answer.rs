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
    Failed(String),
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
    Told::Failed(if message.get("error").is_some() { message["error"].to_string() } else { text })
}

/// The id of the record that an answer is about.
fn id(facts: &Value) -> Option<String> {
    let places = [&facts["record"]["id"], &facts["id"], &facts["record_id"], &facts["duplicate_of"]["id"]];
    places.iter().find_map(|place| place.as_str()).map(str::to_owned)
}

//! What a remote server answered, on its way to the client: as it came, but for the marks of the client's era, and
//! for what clients of the older one cannot read.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::reply::{Reply, text_block};
use super::session::Prepared;
use crate::gateway::Rejected;

const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// The result of `method`, for a client of the modern era, which gets `meta` of ours beside the server's own, or else
/// of the older one.
pub(super) fn passed(
    method: &str,
    mut result: Map<String, Value>,
    meta: Option<Map<String, Value>>,
) -> Reply {
    match meta {
        Some(meta) => mark(method, &mut result, meta),
        None => unmark(method, &mut result),
    }
    Reply::Result(Value::Object(result))
}

fn mark(method: &str, result: &mut Map<String, Value>, ours: Map<String, Value>) {
    result.entry("resultType").or_insert_with(|| json!("complete"));
    if method == "resources/read" && result.get("resultType").is_some_and(|kind| kind == "complete") {
        result.entry("ttlMs").or_insert_with(|| json!(0));
        result.entry("cacheScope").or_insert_with(|| json!("private"));
    }
    match result.get_mut("_meta").and_then(Value::as_object_mut) {
        Some(theirs) => theirs.extend(ours),
        None => drop(result.insert("_meta".to_owned(), Value::Object(ours))),
    }
}

fn unmark(method: &str, result: &mut Map<String, Value>) {
    if result.get("resultType").is_some_and(|kind| kind == "complete") {
        result.shift_remove("resultType");
    }
    if method == "resources/read" {
        result.shift_remove("ttlMs");
        result.shift_remove("cacheScope");
    }
    // Which server it is was said at the handshake.
    if let Some(Value::Object(meta)) = result.get_mut("_meta")
        && meta.shift_remove(SERVER_INFO).is_some()
        && meta.is_empty()
    {
        result.shift_remove("_meta");
    }
    if method == "tools/call"
        && result.get("structuredContent").is_some_and(|structured| !structured.is_object())
        && let Some(structured) = result.shift_remove("structuredContent")
    {
        say(result, &structured);
    }
}

/// Says in a text what the client may not get as structured content, where no text says it yet.
fn say(result: &mut Map<String, Value>, structured: &Value) {
    let content = result.entry("content").or_insert_with(|| json!([]));
    let Value::Array(blocks) = content else { return };
    let texts = blocks.iter().filter_map(|block| block.get("text").and_then(Value::as_str));
    let said = texts.into_iter().any(|text| {
        structured.as_str() == Some(text)
            || serde_json::from_str::<Value>(text).is_ok_and(|text| text == *structured)
    });
    if !said {
        blocks.push(text_block(structured.to_string()));
    }
}

/// The error that the server itself gave for `method`. In the modern era, a resource that is not there has another
/// code; and which versions a remote server speaks is no news to a client of ours.
pub(super) fn rejected(method: &str, error: Rejected, modern: bool) -> Reply {
    let Rejected { code, message, data } = error;
    let code = match code {
        -32002 if modern && method == "resources/read" => -32602,
        -32022 => -32603,
        code => code,
    };
    let mut error = json!({ "code": code, "message": message });
    if let (Some(data), Some(fields)) = (data, error.as_object_mut()) {
        fields.insert("data".to_owned(), data);
    }
    let json = Arc::new(error.to_string().into_bytes());
    Reply::Prepared(Prepared { member: "error", json })
}

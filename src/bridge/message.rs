//! JSON-RPC messages: written for a server, and read from what it sent, with our key masked in them.

use hyper::body::Bytes;
use serde_json::{Map, Value};

use super::error::BridgeError;
use crate::credentials::Key;

/// What a server sent.
#[derive(Debug)]
pub enum Message {
    Answer { id: Value, outcome: Result<Map<String, Value>, BridgeError> },
    Request { id: Value, method: String, params: Map<String, Value> },
    Notification { method: String, params: Map<String, Value> },
}

/// The request as it is sent; `params` are lent for the time of writing, not copied.
pub fn request(id: u64, method: &str, params: &mut Map<String, Value>) -> Bytes {
    let mut message = begin(method);
    message.insert("id".into(), id.into());
    message.insert("params".into(), Value::Object(std::mem::take(params)));
    let message = Value::Object(message);
    let bytes = write(&message);
    if let Value::Object(mut message) = message
        && let Some(Value::Object(lent)) = message.remove("params")
    {
        *params = lent;
    }
    bytes
}

pub fn notification(method: &str, params: Map<String, Value>) -> Bytes {
    let mut message = begin(method);
    if !params.is_empty() {
        message.insert("params".into(), Value::Object(params));
    }
    write(&Value::Object(message))
}

/// The answer to a server's own request; `name` is `result` or `error`.
pub fn answer(id: Value, name: &str, value: Value) -> Bytes {
    let mut message = Map::new();
    message.insert("jsonrpc".into(), "2.0".into());
    message.insert("id".into(), id);
    message.insert(name.into(), value);
    write(&Value::Object(message))
}

fn begin(method: &str) -> Map<String, Value> {
    let mut message = Map::new();
    message.insert("jsonrpc".into(), "2.0".into());
    message.insert("method".into(), method.into());
    message
}

fn write(message: &Value) -> Bytes {
    // A JSON value can always be written into memory.
    Bytes::from(serde_json::to_vec(message).unwrap_or_default())
}

/// True where `id` is this number of ours; some servers make a text of it.
pub fn is_id(id: &Value, ours: u64) -> bool {
    match id {
        Value::Number(number) => number.as_u64() == Some(ours),
        Value::String(text) => text.parse() == Ok(ours),
        _ => false,
    }
}

/// Reads one message or, as version 2025-03-26 had it, several. The error says what came instead.
pub fn read(body: &[u8], key: &Key) -> Result<Vec<Message>, &'static str> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii();
    let text = std::str::from_utf8(body).map_err(|_| "is not UTF-8")?;
    if text.is_empty() {
        return Err("is empty");
    }
    let mut json: Value = serde_json::from_str(text).map_err(|error| {
        if error.is_eof() { "is half a JSON: it ends in the middle" } else { "is not JSON" }
    })?;
    // A key may be written with escapes; many servers escape every slash.
    if key.is_in(text) || text.contains("\\u00") || text.contains("\\/") {
        key.scrub_all(&mut json);
    }
    match json {
        Value::Array(messages) => messages.into_iter().map(take_apart).collect(),
        one => Ok(vec![take_apart(one)?]),
    }
}

fn take_apart(json: Value) -> Result<Message, &'static str> {
    const OTHER: &str = "is not a message of JSON-RPC";
    let Value::Object(mut message) = json else { return Err(OTHER) };
    let id = message.remove("id");
    if let Some(Value::String(method)) = message.remove("method") {
        let params = match message.remove("params") {
            Some(Value::Object(params)) => params,
            _ => Map::new(),
        };
        return Ok(match id {
            Some(id) if !id.is_null() => Message::Request { id, method, params },
            _ => Message::Notification { method, params },
        });
    }
    let id = id.unwrap_or(Value::Null);
    let outcome = match (message.remove("result"), message.remove("error")) {
        (_, Some(Value::Object(error))) => Err(rpc(error)),
        (Some(Value::Object(result)), _) => Ok(result),
        (Some(Value::Null), _) => Ok(Map::new()),
        _ => return Err(OTHER),
    };
    Ok(Message::Answer { id, outcome })
}

fn rpc(mut error: Map<String, Value>) -> BridgeError {
    let code = error.get("code").and_then(Value::as_i64).unwrap_or(-32603);
    let message = match error.remove("message") {
        Some(Value::String(text)) => text,
        _ => "the server gave no reason".to_owned(),
    };
    BridgeError::Rpc { code, message, data: error.remove("data") }
}

#[cfg(test)]
mod tests {
    use crate::credentials::{Key, Origin, Secret};

    #[test]
    fn a_key_is_masked_however_its_letters_are_escaped() {
        let key = "ab/cd+ef/0123456789/ghijkl";
        let secret = Secret::new(key.to_owned());
        let key_of = Key::new(secret, Origin::parse("https://h").unwrap());
        for spelled in [key.to_owned(), key.replace('/', "\\/"), key.replace('c', "\\u0063")] {
            let body = format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"a":["{spelled}"]}}}}"#);
            let read = format!("{:?}", super::read(body.as_bytes(), &key_of).unwrap());
            assert!(!read.contains(key) && read.contains("…"), "{read}");
        }
    }
}

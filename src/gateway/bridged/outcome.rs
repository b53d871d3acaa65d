//! What a remote server's answer to `tools/call` comes to: for the journal, and as it is handed on. Pure.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::redaction;
use super::records::{Named, named_in, texts};
use crate::bridge::BridgeError;
use crate::failure::Sent;

/// Marks of the server's own era.
const MARKS: &[&str] = &["resultType", "ttlMs", "cacheScope"];
/// Words of a failed result that leave open whether it took effect.
const DOUBTFUL: &[&str] = &[
    "timeout",
    "timed out",
    "time out",
    "internal error",
    "internal server error",
    "server error",
    "bad gateway",
    "gateway",
    "service unavailable",
    "temporarily unavailable",
    "connection reset",
    "econnreset",
    "socket hang up",
    "fetch failed",
    "network error",
    "zeitüberschreitung",
    "interner fehler",
];
/// Words before a number that make it a status of HTTP.
const STATUS: &[&str] = &["http", "status", "code", "error", "fehler"];
/// How long a lost request may still be carried out, where the server may not know that it was lost.
const SOON: Duration = Duration::from_secs(10);
const LATE: Duration = Duration::from_secs(90);

/// What became of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// The server says that it did it.
    Done,
    /// The server asks something first.
    Asks,
    /// The server said no.
    Refused,
    /// Nothing left this machine.
    NotSent,
    /// Nobody knows; it may still take effect for so long.
    Lost(Duration),
}

/// What an answer means for a write.
pub fn fate(answer: &Result<Map<String, Value>, BridgeError>) -> Fate {
    match answer {
        Ok(result) if asks(result) => Fate::Asks,
        Ok(result) if !failed(result) => match status_of_error(result) {
            None => Fate::Done,
            Some(408 | 500..) => Fate::Lost(LATE),
            Some(_) => Fate::Refused,
        },
        Ok(result) if texts(result).any(is_doubtful) => Fate::Lost(LATE),
        Ok(_) => Fate::Refused,
        Err(error) => match error.sent() {
            Sent::Nothing => Fate::NotSent,
            Sent::Refused | Sent::WithoutEffect | Sent::Read => Fate::Refused,
            // What gave up waiting says nothing of what is still at work behind it.
            Sent::Unknown if is_silence(error) => Fate::Lost(LATE),
            Sent::Unknown => Fate::Lost(SOON),
        },
    }
}

fn is_silence(error: &BridgeError) -> bool {
    matches!(error, BridgeError::Silent { .. }) || matches!(error.status(), Some(408 | 504))
}

/// A result that asks for something first.
pub fn asks(result: &Map<String, Value>) -> bool {
    result.get("resultType").and_then(Value::as_str) == Some("input_required")
}

/// A result that says of itself that the tool failed.
pub fn failed(result: &Map<String, Value>) -> bool {
    result.get("isError") == Some(&Value::Bool(true))
}

/// The status in an error body that a server hands on as if it were a result: `{"statusCode":400,"message":"…"}` alone,
/// with nothing in it that names a record.
fn status_of_error(result: &Map<String, Value>) -> Option<u64> {
    let parsed = || {
        let mut all = texts(result);
        all.next().filter(|_| all.next().is_none()).and_then(|text| serde_json::from_str(text).ok())
    };
    let body: Value = result.get("structuredContent").cloned().or_else(parsed)?;
    let body = body.as_object().filter(|body| body.contains_key("message"))?;
    let status = body.get("statusCode")?.as_u64().filter(|status| (400..600).contains(status))?;
    (named_in(result) == Named::default()).then_some(status)
}

/// A text of a failed result that does not say whether the tool did its work.
fn is_doubtful(text: &str) -> bool {
    let text = text.to_lowercase();
    DOUBTFUL.iter().any(|words| text.contains(words)) || names_server_error(&text)
}

/// `HTTP 502`, `"statusCode": 500`, `error 503`; not `500 must be positive`.
fn names_server_error(text: &str) -> bool {
    let mut words = text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let mut before = words.next().unwrap_or_default();
    for word in words {
        let server_error =
            word.len() == 3 && word.starts_with('5') && word.bytes().all(|byte| byte.is_ascii_digit());
        if server_error && STATUS.iter().any(|status| before.contains(status)) {
            return true;
        }
        before = word;
    }
    false
}

/// The result as it is handed on: texts that a person or model reads made visible, files left as they are, marks of the
/// server's era taken out.
pub fn passed(mut result: Map<String, Value>) -> Map<String, Value> {
    for mark in MARKS {
        result.shift_remove(*mark);
    }
    for (name, value) in &mut result {
        match (name.as_str(), value) {
            ("content" | "contents" | "messages", Value::Array(blocks)) => blocks.iter_mut().for_each(block),
            (_, value) => redaction::apply(value),
        }
    }
    result
}

/// One block of content: `data` of images and sounds and the `blob` of a resource are no text.
fn block(value: &mut Value) {
    let Value::Object(fields) = value else { return redaction::apply(value) };
    let mut kept = Vec::new();
    for name in ["data", "blob"] {
        if let Some(place) = fields.get_mut(name).filter(|place| place.as_str().is_some_and(is_base64)) {
            kept.push((name, place.take()));
        }
    }
    let inner: Vec<(&str, Value)> = ["resource", "content"]
        .into_iter()
        .filter_map(|name| {
            let place = fields.get_mut(name).filter(|place| place.is_object())?;
            let mut inner = place.take();
            block(&mut inner);
            Some((name, inner))
        })
        .collect();
    redaction::apply(value);
    let Value::Object(fields) = value else { return };
    for (name, value) in kept.into_iter().chain(inner) {
        fields.insert(name.to_owned(), value);
    }
}

fn is_base64(text: &str) -> bool {
    text.bytes().all(|byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=' | b'\n' | b'\r')
    })
}

/// Adds words of ours to a result, as a block of their own.
pub fn note(result: &mut Map<String, Value>, words: &str) {
    let block = json!({"type": "text", "text": format!("note from lumabill: {words}")});
    match result.get_mut("content").and_then(Value::as_array_mut) {
        Some(blocks) => blocks.push(block),
        None => drop(result.insert("content".into(), json!([block]))),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Map, Value, json};

    use super::{Fate, fate, note, passed};
    use crate::bridge::BridgeError;
    use crate::https::{Trouble, Unreachable};

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => unreachable!(),
        }
    }

    fn failed(text: &str) -> Fate {
        fate(&Ok(map(json!({"isError": true, "content": [{"type": "text", "text": text}]}))))
    }

    #[test]
    fn a_failed_result_is_a_refusal_unless_its_text_leaves_it_open() {
        for text in [
            "{\"code\":\"BAD_REQUEST\",\"statusCode\":400,\"message\":\"invoiceNumber 500 exists\"}",
            "the amount 500 must be positive",
            "invoice 512 not found",
            "client_id is required",
            "Error: 404",
        ] {
            assert_eq!(failed(text), Fate::Refused, "{text}");
        }
        for text in [
            "Request failed with status code 502",
            "{\"statusCode\":500,\"message\":\"x\"}",
            "HTTP 503",
            "Internal Server Error",
            "upstream timed out",
            "Error 504",
        ] {
            assert!(matches!(failed(text), Fate::Lost(_)), "{text}");
        }
    }

    #[test]
    fn errors_are_refusals_only_where_the_server_did_not_begin() {
        let rpc = |code| fate(&Err(BridgeError::Rpc { code, message: "m".into(), data: None }));
        for code in [-32600, -32601, -32602, -32700] {
            assert_eq!(rpc(code), Fate::Refused);
        }
        for code in [-32603, -32000, 1] {
            assert_eq!(rpc(code), Fate::Lost(Duration::from_secs(10)));
        }
        let broken = Trouble::Broken { host: "h".into() };
        assert!(matches!(fate(&Err(broken.into())), Fate::Lost(_)));
        let refused = Trouble::Unreachable { host: "h".into(), why: Unreachable::Refused };
        assert_eq!(fate(&Err(refused.into())), Fate::NotSent);
    }

    #[test]
    fn done_and_asking_are_told_apart() {
        assert_eq!(fate(&Ok(map(json!({"content": []})))), Fate::Done);
        assert_eq!(fate(&Ok(map(json!({"resultType": "complete", "isError": false})))), Fate::Done);
        assert_eq!(fate(&Ok(map(json!({"resultType": "input_required"})))), Fate::Asks);
    }

    #[test]
    fn an_error_body_without_its_mark_is_no_success() {
        let said =
            |body: Value| fate(&Ok(map(json!({"content": [{"type": "text", "text": body.to_string()}]}))));
        assert_eq!(
            said(json!({"code": "BAD_REQUEST", "statusCode": 400, "message": "invoiceNumber exists"})),
            Fate::Refused
        );
        assert!(matches!(said(json!({"statusCode": 500, "message": "x"})), Fate::Lost(_)));
        let structured = json!({"structuredContent": {"statusCode": 404, "message": "no such customer"}});
        assert_eq!(fate(&Ok(map(structured))), Fate::Refused);
        for done in [
            json!({"statusCode": 201, "message": "created"}),
            json!({"id": "wh_1", "statusCode": 404, "message": "the target answered so"}),
            json!({"statusCode": 400}),
        ] {
            assert_eq!(said(done), Fate::Done);
        }
    }

    #[test]
    fn texts_become_visible_and_files_and_unknown_shapes_stay() {
        let exact: Value = serde_json::from_str("1.10").unwrap();
        let result = map(json!({
            "resultType": "complete", "ttlMs": 3, "futureField": {"a": [1, "x\u{200b}"]},
            "content": [
                {"type": "text", "text": "a\u{202e}b", "_meta": {"k": 1}},
                {"type": "image", "data": "aGk=", "mimeType": "image/png"},
                {"type": "resource", "resource": {"uri": "x://y", "blob": "aGk=", "text": "c\u{200b}"}},
                {"type": "image", "data": "not base64 \u{202e}"},
                {"type": "hologram", "beam": [null]},
                "bare\u{7}"
            ],
            "structuredContent": {"name": "d\u{200b}", "amount": exact}
        }));
        let shown = Value::Object(passed(result));
        assert_eq!(shown["content"][0]["text"], "a\\u{202e}b");
        assert_eq!(shown["content"][1]["data"], "aGk=");
        assert_eq!(
            shown["content"][2]["resource"],
            json!({"uri": "x://y", "text": "c\\u{200b}", "blob": "aGk="})
        );
        assert_eq!(shown["content"][3]["data"], "not base64 \\u{202e}");
        assert_eq!(shown["content"][4]["type"], "hologram");
        assert_eq!(shown["content"][5], "bare\\u{7}");
        assert_eq!(shown["structuredContent"]["name"], "d\\u{200b}");
        assert_eq!(shown["structuredContent"]["amount"].to_string(), "1.10");
        assert_eq!(shown["futureField"]["a"][1], "x\\u{200b}");
        assert!(shown.get("resultType").is_none() && shown.get("ttlMs").is_none());
    }

    #[test]
    fn a_note_is_a_block_of_its_own() {
        let mut result = map(json!({"structuredContent": {}}));
        note(&mut result, "x");
        assert_eq!(result["content"][0]["text"], "note from lumabill: x");
    }
}

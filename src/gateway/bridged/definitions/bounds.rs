//! How much of a server's lists is kept: whatever it sends, they stay small enough to be read at every start and shown
//! to a model.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

/// Rows of each list.
const TOOLS: usize = 1_000;
const ROWS: usize = 2_000;
/// Characters of one text: far more than is shown.
const TEXT: usize = 4_000;
/// Characters of a name or an address; what is longer is left out, since a cut one is another one.
const NAME: usize = 1_000;
/// Bytes of an input or output schema as JSON; first its words go, then its shape.
const SCHEMA: usize = 32_768;
/// Bytes of everything else in a row, such as icons and `_meta`.
const FURTHER: usize = 16_384;
/// Bytes of all tools together; what comes after that is left out.
const ALL: usize = 4 << 20;

/// The tools worth keeping: objects with a name of their own. `seen` gets each of them as it came.
pub(super) fn tools(tools: Vec<Value>, mut seen: impl FnMut(&str, &Map<String, Value>)) -> Vec<Value> {
    let mut names = HashSet::new();
    let mut bytes = 0;
    let mut kept = Vec::new();
    for tool in tools {
        let Value::Object(tool) = tool else { continue };
        let Some(name) = tool.get("name").and_then(Value::as_str).map(str::to_owned) else { continue };
        if name.is_empty() || name.chars().count() > NAME || !names.insert(name.clone()) {
            continue;
        }
        let cut = Value::Object(self::tool(&tool));
        bytes += size(&cut);
        if kept.len() == TOOLS || bytes > ALL {
            tracing::warn!("a remote server lists more tools than are served; the first {} are", kept.len());
            break;
        }
        seen(&name, &tool);
        kept.push(cut);
    }
    kept
}

fn tool(tool: &Map<String, Value>) -> Map<String, Value> {
    let fields = tool.iter().filter_map(|(name, value)| {
        let kept = match name.as_str() {
            "name" => value.clone(),
            "inputSchema" => schema(value),
            "outputSchema" => Some(schema(value)).filter(|schema| size(schema) <= SCHEMA)?,
            _ => further(name, value)?,
        };
        Some((name.clone(), kept))
    });
    fields.collect()
}

/// The schema, without its words where it is too long with them, or without anything else.
fn schema(schema: &Value) -> Value {
    let mut cut = schema.clone();
    shorten(&mut cut);
    if size(&cut) > SCHEMA {
        wordless(&mut cut);
    }
    if size(&cut) > SCHEMA { json!({ "type": "object" }) } else { cut }
}

fn wordless(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for word in ["description", "title", "examples", "$comment"] {
                // A property may be called so: its schema is no text.
                if fields.get(word).is_some_and(|value| !value.is_object()) {
                    fields.shift_remove(word);
                }
            }
            fields.values_mut().for_each(wordless);
        }
        Value::Array(items) => items.iter_mut().for_each(wordless),
        _ => {}
    }
}

/// Prompts, resources or templates worth keeping: objects with a name or address of their own.
pub(super) fn rows(rows: Vec<Value>, place: &str) -> Vec<Value> {
    let mut names = HashSet::new();
    let mut bytes = 0;
    let mut kept = Vec::new();
    for row in rows {
        let Value::Object(row) = row else { continue };
        let name = row.get(place).and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() || name.chars().count() > NAME || !names.insert(name.to_owned()) {
            continue;
        }
        let fields = row.iter().filter_map(|(field, value)| {
            let value = if field == place { value.clone() } else { further(field, value)? };
            Some((field.clone(), value))
        });
        let row = Value::Object(fields.collect());
        bytes += size(&row);
        if kept.len() == ROWS || bytes > ALL {
            break;
        }
        kept.push(row);
    }
    kept
}

/// What a server says of itself.
pub(super) fn server(mut server: Value) -> Value {
    if let Some(fields) = server.as_object_mut() {
        for (name, value) in fields {
            *value = further(name, value).unwrap_or(Value::Null);
        }
    }
    server
}

/// A field with its texts cut; `None` where it is too long even so.
fn further(name: &str, value: &Value) -> Option<Value> {
    let mut cut = value.clone();
    // An icon that is cut is none.
    if name != "icons" {
        shorten(&mut cut);
    }
    (size(&cut) <= FURTHER).then_some(cut)
}

/// Cuts every text.
fn shorten(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some((end, _)) = text.char_indices().nth(TEXT) {
                text.truncate(end);
                text.push('…');
            }
        }
        Value::Array(items) => items.iter_mut().for_each(shorten),
        Value::Object(fields) => fields.values_mut().for_each(shorten),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Bytes as JSON, without writing it.
fn size(value: &Value) -> usize {
    match value {
        Value::Null | Value::Bool(_) => 5,
        Value::Number(number) => number.as_str().len(),
        Value::String(text) => written(text),
        Value::Array(items) => 2 + items.iter().map(|item| size(item) + 1).sum::<usize>(),
        Value::Object(fields) => {
            2 + fields.iter().map(|(name, value)| written(name) + 2 + size(value)).sum::<usize>()
        }
    }
}

/// The same of a text: a control character is six bytes there, and the file must not outgrow what is read of it.
fn written(text: &str) -> usize {
    let more = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 1,
        0..=0x1f => 5,
        _ => 0,
    };
    text.len() + 2 + text.bytes().map(more).sum::<usize>()
}

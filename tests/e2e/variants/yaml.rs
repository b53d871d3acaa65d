//! A small writer of block YAML, so that the reader meets what people keep by hand.

use serde_json::Value;

/// The document's text.
pub fn text(value: &Value) -> String {
    let mut out = String::from("# written for a test\n---\n");
    write(value, 0, &mut out);
    out
}

fn write(value: &Value, depth: usize, out: &mut String) {
    let pad = "  ".repeat(depth);
    match value {
        Value::Object(map) => {
            for (key, inner) in map {
                out.extend([pad.as_str(), scalar(key).as_str(), ":"]);
                after(inner, depth + 1, out);
            }
        }
        Value::Array(items) => {
            for item in items {
                out.extend([pad.as_str(), "-"]);
                after(item, depth + 1, out);
            }
        }
        _ => {}
    }
}

fn after(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            write(value, depth, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            write(value, depth, out);
        }
        Value::String(text) => out.extend([" ", scalar(text).as_str(), "\n"]),
        other => out.extend([" ", other.to_string().as_str(), "\n"]),
    }
}

/// Plain where YAML reads it as the same text, else quoted as in JSON (which YAML reads).
fn scalar(text: &str) -> String {
    let plain = text.chars().next().is_some_and(|sign| sign.is_ascii_alphabetic() || sign == '/')
        && text.chars().all(|sign| sign.is_ascii_alphanumeric() || "_/-. ".contains(sign))
        && !text.ends_with(' ')
        && !["null", "true", "false", "yes", "no", "on", "off", "y", "n"]
            .contains(&text.to_lowercase().as_str());
    if plain { text.to_owned() } else { Value::String(text.to_owned()).to_string() }
}

//! Values written as JSON: over several lines or on one.

use serde_json::Value;

/// How a value is written.
pub enum Style<'a> {
    /// A member a line; the value itself begins on a line with this indentation.
    Lines { indent: &'a str, unit: &'a str, newline: &'a str },
    /// All on one line, with or without a space after colons and commas.
    Line { spaced: bool },
}

/// A list of plain values stays on its line up to this many bytes.
const SHORT: usize = 80;

pub fn written(value: &Value, style: &Style<'_>) -> String {
    let (indent, unit, newline) = match style {
        Style::Line { spaced } => return on_a_line(value, *spaced),
        Style::Lines { indent, unit, newline } => (*indent, *unit, *newline),
    };
    let inner = format!("{indent}{unit}");
    let style = Style::Lines { indent: &inner, unit, newline };
    let (open, close, parts): (char, char, Vec<String>) = match value {
        Value::Object(map) if !map.is_empty() => (
            '{',
            '}',
            map.iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), written(value, &style)))
                .collect(),
        ),
        Value::Array(items) if !items.is_empty() => {
            let line = on_a_line(value, true);
            if line.len() <= SHORT && !items.iter().any(|item| item.is_object() || item.is_array()) {
                return line;
            }
            ('[', ']', items.iter().map(|item| written(item, &style)).collect())
        }
        plain => return plain.to_string(),
    };
    let parts = parts.join(&format!(",{newline}{inner}"));
    format!("{open}{newline}{inner}{parts}{newline}{indent}{close}")
}

fn on_a_line(value: &Value, spaced: bool) -> String {
    if !spaced {
        return value.to_string();
    }
    match value {
        Value::Object(map) => {
            let parts: Vec<String> = map
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), on_a_line(value, true)))
                .collect();
            format!("{{{}}}", parts.join(", "))
        }
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(|item| on_a_line(item, true)).collect();
            format!("[{}]", parts.join(", "))
        }
        plain => plain.to_string(),
    }
}

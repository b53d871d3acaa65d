//! Plain words of YAML: what they mean, and which may be written without quotes.

use std::fmt::Write as _;

use serde_json::Value;

/// What a word without quotes means, by the core schema of YAML 1.2; numbers that JSON does not know stay words.
pub fn read(words: &str) -> Value {
    match words {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        other => match other.bytes().next() {
            Some(b'0'..=b'9' | b'-') => {
                other.parse().map_or_else(|_| Value::String(other.to_owned()), Value::Number)
            }
            _ => Value::String(other.to_owned()),
        },
    }
}

/// A value without parts, or an empty one, as it stands behind a colon or a dash.
pub fn written(value: &Value) -> String {
    match value {
        Value::String(words) if is_plain(words) => words.clone(),
        Value::String(words) => quoted(words),
        other => other.to_string(),
    }
}

/// Whether every reader of YAML, old or new, takes these words for a text when they have no quotes.
pub fn is_plain(words: &str) -> bool {
    let first = words.strip_prefix("--").unwrap_or(words);
    let begins =
        first.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '/' || letter == '_');
    let plain = words
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '/' | '_' | '-' | '.' | '@'));
    let word = words.to_ascii_lowercase();
    begins
        && plain
        && !matches!(word.as_str(), "true" | "false" | "null" | "yes" | "no" | "on" | "off" | "y" | "n")
}

/// In double quotes. JSON's escapes are YAML's; what YAML does not print is escaped too.
fn quoted(words: &str) -> String {
    let mut out = String::new();
    for letter in Value::from(words).to_string().chars() {
        match letter {
            '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                let _ = write!(out, "\\u{:04x}", u32::from(letter));
            }
            other => out.push(other),
        }
    }
    out
}

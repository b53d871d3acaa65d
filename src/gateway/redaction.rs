//! The last step before anything leaves the gateway: control, invisible and direction-changing
//! characters in text from outside are made visible, so that they can neither steer a terminal nor
//! hide words from a person who is asked to say yes.

use serde_json::{Map, Value};

use crate::failure::Failure;
pub use crate::text::visible;
use crate::text::{hides, in_line};

/// Characters of a text that is quoted inside a sentence.
const QUOTE: usize = 120;
/// Characters of a text that a person has to see whole before they say yes.
const WHOLE: usize = 2_000;

/// Makes every text in `value` visible, names of fields included.
pub fn apply(value: &mut Value) {
    match value {
        Value::String(text) => {
            if hides(text) {
                *text = visible(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(apply),
        Value::Object(fields) => {
            if fields.keys().any(|name| hides(name)) {
                *fields = std::mem::take(fields).into_iter().fold(Map::new(), |mut shown, (name, value)| {
                    let mut name = visible(&name);
                    // Two names that look alike once they are written out are still two.
                    while shown.contains_key(&name) {
                        name.push('\'');
                    }
                    shown.insert(name, value);
                    shown
                });
            }
            fields.values_mut().for_each(apply);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Makes a failure visible: each of its sentences on one line, so that none passes for another.
pub fn failure(mut failure: Failure) -> Failure {
    let line = |text: &mut String| *text = visible(text).replace('\n', " ");
    line(&mut failure.message);
    failure.causes.iter_mut().chain(&mut failure.hint).for_each(line);
    failure.facts.values_mut().for_each(apply);
    failure
}

/// Text from outside as it is quoted inside a sentence of ours: visible, on one line, at most 120 characters.
pub fn quoted(text: &str) -> String {
    in_line(text, QUOTE)
}

/// The same for a text that decides where money or mail goes: all of it, or how much more there is, so that
/// nothing goes elsewhere behind a cut.
pub fn quoted_whole(text: &str) -> String {
    let line = in_line(text, usize::MAX);
    let left = line.chars().count().saturating_sub(WHOLE);
    if left == 0 {
        return line;
    }
    let shown: String = line.chars().take(WHOLE).collect();
    format!("{shown}… ({left} more characters that are not shown here)")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{apply, quoted, quoted_whole};

    #[test]
    fn names_and_nested_texts_are_covered() {
        let mut value = json!({"a\u{200b}": [{"b": "\u{7}"}], "n": 1});
        apply(&mut value);
        assert_eq!(value, json!({"a\\u{200b}": [{"b": "\\u{7}"}], "n": 1}));
        let mut alike = json!({"a\\u{200b}": 1, "a\u{200b}": 2});
        apply(&mut alike);
        assert_eq!(alike, json!({"a\\u{200b}": 1, "a\\u{200b}'": 2}));
    }

    #[test]
    fn a_quote_is_one_short_line() {
        assert_eq!(quoted("a\n  b"), "a b");
        assert_eq!(quoted(&"x".repeat(500)).chars().count(), 120);
        assert_eq!(quoted_whole(&"x".repeat(500)), "x".repeat(500));
        assert!(
            quoted_whole(&"x".repeat(2_100)).ends_with("x… (100 more characters that are not shown here)")
        );
    }
}

//! The last step before anything leaves the gateway: control, invisible and direction-changing
//! characters in text from outside are made visible, so that they can neither steer a terminal nor
//! hide words from a person who is asked to say yes.

use serde_json::Value;

use crate::failure::Failure;

/// Invisible characters and those that change the direction of text, by range.
const HIDDEN: &[(char, char)] = &[
    ('\u{00ad}', '\u{00ad}'),
    ('\u{034f}', '\u{034f}'),
    ('\u{061c}', '\u{061c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{2028}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff9}', '\u{fffb}'),
    ('\u{e0000}', '\u{e0fff}'),
];

/// True for characters that a reader cannot see or that change what is seen: C0 and C1 controls (but
/// line break and tab), bidirectional controls, zero-width and tag characters, variation fillers.
fn is_hidden(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        c if c.is_control() => true,
        c => HIDDEN.iter().any(|(first, last)| (*first..=*last).contains(&c)),
    }
}

/// The text with hidden characters written out, for example `\u{202e}`.
pub fn visible(text: &str) -> String {
    if !text.chars().any(is_hidden) {
        return text.to_owned();
    }
    text.chars().fold(String::with_capacity(text.len() + 16), |mut shown, c| {
        if is_hidden(c) {
            shown.extend(c.escape_unicode());
        } else {
            shown.push(c);
        }
        shown
    })
}

/// Makes every text in `value` visible, names of fields included.
pub fn apply(value: &mut Value) {
    match value {
        Value::String(text) => {
            if text.chars().any(is_hidden) {
                *text = visible(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(apply),
        Value::Object(fields) => {
            if fields.keys().any(|name| name.chars().any(is_hidden)) {
                *fields =
                    std::mem::take(fields).into_iter().map(|(name, value)| (visible(&name), value)).collect();
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
    let line = visible(text).split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= 120 {
        return line;
    }
    line.chars().take(119).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{apply, quoted, visible};

    #[test]
    fn hidden_characters_become_visible_and_the_rest_stays() {
        let cases = [
            ("Müller & Söhne\nZürich", "Müller & Söhne\nZürich"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("\u{1b}[2J", "\\u{1b}[2J"),
            ("x\u{200b}y\u{feff}", "x\\u{200b}y\\u{feff}"),
            ("t\u{e0041}", "t\\u{e0041}"),
        ];
        for (input, shown) in cases {
            assert_eq!(visible(input), shown);
        }
    }

    #[test]
    fn names_and_nested_texts_are_covered() {
        let mut value = json!({"a\u{200b}": [{"b": "\u{7}"}], "n": 1});
        apply(&mut value);
        assert_eq!(value, json!({"a\\u{200b}": [{"b": "\\u{7}"}], "n": 1}));
    }

    #[test]
    fn a_quote_is_one_short_line() {
        assert_eq!(quoted("a\n  b"), "a b");
        assert_eq!(quoted(&"x".repeat(500)).chars().count(), 120);
    }
}

//! What can be told of a message without parsing it: a scanner over the bytes of one line that finds
//! the id at its top level. For lines that are too long, too deep, or no JSON at all.

use serde_json::Value;

/// An id of more bytes than this is no id.
const LONGEST_ID: usize = 1024;
/// The keys that matter are shorter than this.
const LONGEST_KEY: usize = 16;

/// Fed with bytes, it knows the top-level `id` and whether there is a `method`.
#[derive(Default)]
pub(super) struct Outline {
    at: At,
    depth: usize,
    text: Text,
    key: Vec<u8>,
    value: Vec<u8>,
    id: Option<Value>,
    method: bool,
    batch: bool,
}

/// Where in the top-level object the scanner stands.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum At {
    #[default]
    Start,
    Key,
    Colon,
    Value,
    /// After the object, or in something that is no object.
    End,
}

/// Whether the scanner stands in a string.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Text {
    #[default]
    Outside,
    Inside,
    /// Behind a backslash.
    Escaped,
}

impl Outline {
    /// The outline of a whole line.
    pub fn of(line: &[u8]) -> Self {
        let mut outline = Self::default();
        outline.read(line);
        outline
    }

    /// Reads on.
    pub fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if self.at == At::End {
                return;
            }
            self.step(*byte);
        }
    }

    /// The id, of whatever type, of what was meant as a request: a response has one too, and gets no answer.
    pub fn request_id(self) -> Option<Value> {
        if self.method { self.id } else { None }
    }

    /// The line is an array.
    pub fn is_batch(&self) -> bool {
        self.batch
    }

    fn step(&mut self, byte: u8) {
        if self.text != Text::Outside {
            self.inside_string(byte);
            return;
        }
        match byte {
            b'{' if self.at == At::Start => {
                self.at = At::Key;
                self.depth = 1;
            }
            b' ' | b'\t' | b'\r' | b'\n' => {}
            _ if self.at == At::Start => {
                self.batch = byte == b'[';
                self.at = At::End;
            }
            b'"' => {
                self.text = Text::Inside;
                self.record(byte);
            }
            b'{' | b'[' => {
                self.depth += 1;
                self.record(byte);
            }
            b'}' | b']' if self.depth == 1 => {
                self.end_value();
                self.at = At::End;
            }
            b'}' | b']' => {
                self.depth -= 1;
                self.record(byte);
            }
            b',' if self.depth == 1 => {
                self.end_value();
                self.at = At::Key;
            }
            b':' if self.depth == 1 && self.at == At::Colon => self.at = At::Value,
            _ => self.record(byte),
        }
    }

    fn inside_string(&mut self, byte: u8) {
        if self.text == Text::Escaped {
            self.text = Text::Inside;
        } else if byte == b'\\' {
            self.text = Text::Escaped;
        } else if byte == b'"' {
            self.text = Text::Outside;
            if self.depth == 1 && self.at == At::Key {
                self.at = At::Colon;
                return;
            }
        }
        self.record(byte);
    }

    fn record(&mut self, byte: u8) {
        if self.at == At::Key && self.depth == 1 {
            if self.key.len() < LONGEST_KEY {
                self.key.push(byte);
            }
        } else if self.at == At::Value && self.value.len() <= LONGEST_ID && self.key == b"\"id" {
            self.value.push(byte);
        } else if self.at == At::Value && self.key == b"\"method" {
            self.method = true;
        }
    }

    fn end_value(&mut self) {
        if self.at == At::Value && self.key == b"\"id" && self.value.len() <= LONGEST_ID {
            self.id = serde_json::from_slice(&self.value).ok();
        }
        self.key.clear();
        self.value.clear();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Outline;

    fn id(line: &str) -> Option<Value> {
        Outline::of(line.as_bytes()).request_id()
    }

    #[test]
    fn finds_the_id_at_the_top_level_only() {
        assert_eq!(id(r#"{"method":"m","id": 12 ,"params":{"id":3}}"#), Some(json!(12)));
        assert_eq!(id(r#"{"params":{"id":3,"s":"\"id\":4,}"},"method":"m"}"#), None);
        assert_eq!(id(r#"{"method":"m","params":[{"a":[1,2]}],"id":"x\"y"}"#), Some(json!("x\"y")));
        assert_eq!(id(r#"[{"method":"m","id":1}]"#), None);
    }

    #[test]
    fn a_response_yields_no_request_id_and_a_cut_line_what_it_had() {
        assert_eq!(id(r#"{"id":1,"result":{"#), None);
        assert_eq!(id(r#"{"id":1,"method":"tools/call","params":{"a"#), Some(json!(1)));
        assert_eq!(id(r#"{"method":"tools/call","id":1"#), None, "the number may go on");
    }

    #[test]
    fn an_endless_id_or_key_is_none() {
        let long = "9".repeat(5000);
        assert_eq!(id(&format!(r#"{{"method":"m","id":{long}}}"#)), None);
        assert_eq!(id(&format!(r#"{{"{long}":1,"method":"m","id":2}}"#)), Some(json!(2)));
    }
}

//! YAML as JSON values: the core schema of YAML 1.2 and merge keys, read from the parser's events. What aliases amount to
//! counts, so that a small file cannot become a large value.

use std::collections::HashMap;

use granit_parser::{Event, Options, Parser, ScalarStyle, Tag};
use serde_json::{Map, Number, Value};

use super::DEEPEST;

/// A collection that is being read.
struct Open {
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Value>),
    Map {
        fields: Map<String, Value>,
        key: Option<Key>,
        /// What `<<` brings, the first the strongest; what the map says itself is stronger.
        merged: Vec<Map<String, Value>>,
    },
}

enum Key {
    Name(String),
    Merge,
}

/// A value with a name, its parts and its levels.
#[derive(Clone)]
struct Anchored {
    value: Value,
    parts: usize,
    levels: usize,
}

struct Reading {
    open: Vec<Open>,
    root: Option<Value>,
    anchors: HashMap<usize, Anchored>,
    /// Parts that there may still be.
    left: usize,
}

/// Reads one document of at most `most` parts; the error says where and what.
pub fn read(text: &str, most: usize) -> Result<Value, String> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.flow_nesting_limit = DEEPEST;
    options.block_nesting_limit = DEEPEST;
    let mut reading = Reading { open: Vec::new(), root: None, anchors: HashMap::new(), left: most };
    let mut documents = 0;
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|error| {
            format!("line {}, column {}: {}", error.marker().line(), error.marker().col() + 1, error.info())
        })?;
        if matches!(event, Event::DocumentStart(..)) {
            documents += 1;
        }
        let done = if documents > 1 {
            Err("a second document begins here".to_owned())
        } else {
            reading.event(event)
        };
        done.map_err(|what| format!("line {}: {what}", span.start.line()))?;
    }
    reading.root.ok_or_else(|| "there is nothing in it".to_owned())
}

impl Reading {
    fn event(&mut self, event: Event<'_>) -> Result<(), String> {
        match event {
            Event::SequenceStart(_, anchor, _) => self.begin(anchor, Kind::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => {
                self.begin(anchor, Kind::Map { fields: Map::new(), key: None, merged: Vec::new() })
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open { anchor, kind: Kind::List(items) }) => self.closed(Value::Array(items), anchor),
                Some(Open { anchor, kind: Kind::Map { mut fields, merged, .. } }) => {
                    for (name, value) in merged.into_iter().flatten() {
                        fields.entry(name).or_insert(value);
                    }
                    self.closed(Value::Object(fields), anchor)
                }
                None => Ok(()),
            },
            Event::Scalar(words, style, anchor, tag) => {
                self.spend(1 + words.len() / 64)?;
                if self.expects_key() {
                    let merges = style == ScalarStyle::Plain && words == "<<";
                    self.key(if merges { Key::Merge } else { Key::Name(words.into_owned()) });
                    return Ok(());
                }
                self.closed(scalar(&words, style, tag.as_deref()), anchor)
            }
            Event::Alias(anchor) => {
                let Some(found) = self.anchors.get(&anchor).cloned() else {
                    return Err("an alias of what is around it".to_owned());
                };
                self.spend(found.parts)?;
                if self.open.len() + found.levels > DEEPEST {
                    return Err(format!("more than {DEEPEST} levels behind aliases"));
                }
                match (self.expects_key(), found.value) {
                    (true, Value::String(name)) => {
                        self.key(Key::Name(name));
                        Ok(())
                    }
                    (_, value) => self.closed(value, 0),
                }
            }
            _ => Ok(()),
        }
    }

    fn spend(&mut self, parts: usize) -> Result<(), String> {
        self.left = self.left.checked_sub(parts).ok_or("more parts than are read, counted behind aliases")?;
        Ok(())
    }

    fn begin(&mut self, anchor: usize, kind: Kind) -> Result<(), String> {
        if self.expects_key() {
            return Err("a list or map as a key".to_owned());
        }
        self.spend(1)?;
        self.open.push(Open { anchor, kind });
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { kind: Kind::Map { key: None, .. }, .. }))
    }

    fn key(&mut self, name: Key) {
        if let Some(Open { kind: Kind::Map { key, .. }, .. }) = self.open.last_mut() {
            *key = Some(name);
        }
    }

    fn closed(&mut self, value: Value, anchor: usize) -> Result<(), String> {
        if anchor != 0 {
            let (parts, levels) = size(&value);
            self.spend(parts)?;
            self.anchors.insert(anchor, Anchored { value: value.clone(), parts, levels });
        }
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.root = Some(value),
            Some(Kind::List(items)) => items.push(value),
            Some(Kind::Map { fields, key, merged }) => match key.take() {
                Some(Key::Name(name)) => {
                    if fields.contains_key(&name) {
                        return Err(format!("`{}` is there twice", crate::text::in_line(&name, 60)));
                    }
                    fields.insert(name, value);
                }
                Some(Key::Merge) => match value {
                    Value::Object(map) => merged.push(map),
                    Value::Array(maps) => merged.extend(maps.into_iter().filter_map(|map| match map {
                        Value::Object(map) => Some(map),
                        _ => None,
                    })),
                    _ => return Err("`<<` merges something that is no map".to_owned()),
                },
                None => return Err("a list or map as a key".to_owned()),
            },
        }
        Ok(())
    }
}

/// Parts and levels.
fn size(value: &Value) -> (usize, usize) {
    let below = |values: &mut dyn Iterator<Item = &Value>| {
        values.map(size).fold((1, 1), |(parts, levels), (more, deep)| (parts + more, levels.max(deep + 1)))
    };
    match value {
        Value::Object(map) => {
            let names: usize = map.keys().map(|name| name.len() / 64).sum();
            let (parts, levels) = below(&mut map.values());
            (parts + names, levels)
        }
        Value::Array(items) => below(&mut items.iter()),
        Value::String(words) => (1 + words.len() / 64, 0),
        _ => (1, 0),
    }
}

fn scalar(words: &str, style: ScalarStyle, tag: Option<&Tag>) -> Value {
    let tagged = |name: &str| tag.is_some_and(|tag| tag.is_yaml_core_schema_tag(name));
    if tagged("str") {
        Value::String(words.to_owned())
    } else if style == ScalarStyle::Plain
        || tagged("int")
        || tagged("float")
        || tagged("bool")
        || tagged("null")
    {
        plain(words)
    } else {
        Value::String(words.to_owned())
    }
}

/// What words without quotes mean, by the core schema.
fn plain(words: &str) -> Value {
    match words {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        words => match words.bytes().next() {
            Some(b'0'..=b'9' | b'-' | b'+' | b'.') => {
                number(words).map_or_else(|| Value::String(words.to_owned()), Value::Number)
            }
            _ => Value::String(words.to_owned()),
        },
    }
}

/// A number, digit for digit where it is decimal; those that JSON does not know (`.inf`) are none.
fn number(words: &str) -> Option<Number> {
    for (mark, radix) in [("0o", 8), ("0x", 16)] {
        if let Some(digits) = words.strip_prefix(mark) {
            let value = digits.bytes().all(|digit| digit.is_ascii_alphanumeric());
            return u128::from_str_radix(digits, radix).ok().filter(|_| value)?.to_string().parse().ok();
        }
    }
    let (sign, rest) = match words.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", words.strip_prefix('+').unwrap_or(words)),
    };
    let (mantissa, exponent) = match rest.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (rest, None),
    };
    let (whole, places) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let exponent_digits = exponent.map(|text| text.strip_prefix(['+', '-']).unwrap_or(text));
    if !digits(whole)
        || !digits(places)
        || (whole.is_empty() && places.is_empty())
        || exponent_digits.is_some_and(|text| text.is_empty() || !digits(text))
    {
        return None;
    }
    let whole = whole.trim_start_matches('0');
    let mut json = format!("{sign}{}", if whole.is_empty() { "0" } else { whole });
    if !places.is_empty() {
        json.extend([".", places]);
    }
    if let Some(exponent) = exponent {
        json.extend(["e", exponent]);
    }
    json.parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::read;

    const MOST: usize = 10_000;

    #[test]
    fn plain_words_mean_what_the_core_schema_says() {
        for (words, value) in [
            ("~", "null"),
            ("", "null"),
            ("Null", "null"),
            ("TRUE", "true"),
            ("yes", r#""yes""#),
            ("on", r#""on""#),
            ("2026-11-21", r#""2026-11-21""#),
            ("1.0.0", r#""1.0.0""#),
            ("12:30", r#""12:30""#),
            ("1_000", r#""1_000""#),
            ("+12", "12"),
            ("012", "12"),
            ("-0.50", "-0.50"),
            (".5", "0.5"),
            ("5.", "5"),
            ("0x1F", "31"),
            ("0o17", "15"),
            ("1e+3", "1e+3"),
            (".inf", r#"".inf""#),
            ("-", "["),
            ("123456789012345678901234567890.123456789", "123456789012345678901234567890.123456789"),
            ("!!str 12", r#""12""#),
            ("!!int \"12\"", "12"),
            ("'12'", r#""12""#),
        ] {
            let read = read(&format!("a: {words}\n"), MOST);
            match value {
                "[" => assert!(read.is_err() || read.unwrap()["a"].is_array(), "{words}"),
                value => assert_eq!(read.unwrap()["a"].to_string(), value, "{words}"),
            }
        }
    }

    #[test]
    fn keys_are_texts_and_stand_once() {
        let read = |text: &str| read(text, MOST);
        assert_eq!(
            read("200: a\nnull: b\n'x y': c\n").unwrap(),
            json!({"200": "a", "null": "b", "x y": "c"})
        );
        assert!(read("a: 1\nb: 2\na: 3\n").unwrap_err().contains("line 3: `a` is there twice"));
        assert!(read("{a: 1, a: 2}").unwrap_err().contains("twice"));
        assert!(read("? [a]\n: b\n").unwrap_err().contains("key"));
        assert!(read("a: 1\n---\nb: 2\n").unwrap_err().contains("second document"));
        assert!(read("").unwrap_err().contains("nothing"));
        assert!(read("a: [1, 2").is_err() && read("a:\n\t- b\n").is_err());
    }

    #[test]
    fn aliases_and_merge_keys_bring_what_they_name() {
        let text = "base: &base {x: 1, y: [a]}\nmore: &more {y: 3, z: 4}\none:\n  <<: *base\n  x: 2\n\
                    two:\n  <<: [*base, *more]\nthree: {'<<': 5}\n*base : no\n";
        let value = read(&text.replace("*base : no\n", ""), MOST).unwrap();
        assert_eq!(value["one"], json!({"x": 2, "y": ["a"]}));
        assert_eq!(value["two"], json!({"x": 1, "y": ["a"], "z": 4}));
        assert_eq!(value["three"], json!({"<<": 5}));
        assert!(read(text, MOST).is_err());
        assert!(read("a: &a [*a]\n", MOST).is_err());
        assert!(read("a: {<<: 1}\n", MOST).unwrap_err().contains("no map"));
    }

    #[test]
    fn aliases_of_aliases_are_bounded_in_number_and_depth() {
        let line = |level: u32| {
            let nine = vec![format!("*a{}", level - 1); 9].join(", ");
            format!("a{level}: &a{level} [{nine}]")
        };
        let laughs = (1..30).map(line).collect::<Vec<_>>().join("\n");
        let refused = read(&format!("a0: &a0 ha\n{laughs}"), 400_000).unwrap_err();
        assert!(refused.contains("aliases"), "{refused}");
        let line =
            |level: u32| format!("a{level}: &a{level} {}*a{}{}", "[".repeat(60), level - 1, "]".repeat(60));
        let deep = (1..4000).map(line).collect::<Vec<_>>().join("\n");
        let refused = read(&format!("a0: &a0 ha\n{deep}"), 400_000).unwrap_err();
        assert!(refused.contains("levels"), "{refused}");
        assert!(read(&"[".repeat(100_000), 400_000).is_err());
        assert!(read(&"- ".repeat(100_000), 400_000).is_err());
        assert!(read(&format!("[{}]", "a,".repeat(500_000)), 400_000).unwrap_err().contains("more parts"));
    }

    #[test]
    fn our_own_description_reads_as_the_build_read_it() {
        let ours = read(include_str!("../../sandbox/openapi.yaml"), 400_000).unwrap();
        let built: Value = serde_json::from_str(crate::spec::OURS).unwrap();
        assert_eq!(ours, built);
    }
}

//! One value against a JSON Schema that came from outside: types, values to choose from, required and named fields. What is
//! not understood here is the API's to refuse.

use serde_json::{Map, Value};

use super::argument_error::quoted;
use super::value::{is_plain, not};
use super::{Checker, Issue, nearest, unquoted};

/// Levels that are looked into; further down everything passes.
const LEVELS: usize = 6;
/// Values to choose from that a message names.
const NAMED: usize = 30;

impl Checker {
    /// The value in the form that the schema wants, as far as that has one meaning: numbers and booleans may come as text,
    /// lists and objects as JSON text.
    pub(super) fn described(&mut self, schema: &'static Value, given: Value, path: &str) -> Option<Value> {
        self.within(schema, given, path, 0)
    }

    fn within(&mut self, schema: &'static Value, given: Value, path: &str, level: usize) -> Option<Value> {
        let combined = ["anyOf", "oneOf", "allOf"].iter().any(|word| schema.get(*word).is_some());
        if level == LEVELS || combined || given.is_null() {
            return Some(given);
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return self.one_of(values, &given, path);
        }
        match schema.get("type").and_then(Value::as_str) {
            Some("object") => match unquoted(given) {
                Value::Object(fields) => Some(Value::Object(self.object(schema, fields, path, level))),
                _ => self.wrong(path, "an object".to_owned()),
            },
            Some("array") => match unquoted(given) {
                Value::Array(items) => self.array(schema, items, path, level),
                // One value without its list is a common slip with one meaning.
                Value::Null => None,
                one => self.array(schema, vec![one], path, level),
            },
            Some(kind) => match scalar(kind, given) {
                Ok(value) => Some(value),
                Err(wanted) => self.wrong(path, wanted),
            },
            None => Some(given),
        }
    }

    fn one_of(&mut self, values: &'static [Value], given: &Value, path: &str) -> Option<Value> {
        let text = words(given);
        let same = |value: &&Value| *value == given || words(value) == text;
        let alike = |value: &&Value| words(value).eq_ignore_ascii_case(&text);
        let found = values.iter().find(same).or_else(|| values.iter().find(alike));
        if let Some(value) = found {
            return Some(value.clone());
        }
        let names: Vec<String> = values.iter().take(NAMED).map(words).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let more = if values.len() > NAMED { ", …" } else { "" };
        self.wrong(path, format!("one of {}{more}{}", quoted(&names, ", "), not(&text)))
    }

    fn object(
        &mut self,
        schema: &'static Value,
        given: Map<String, Value>,
        path: &str,
        level: usize,
    ) -> Map<String, Value> {
        let known = schema.get("properties").and_then(Value::as_object);
        let closed = schema.get("additionalProperties") == Some(&Value::Bool(false));
        // A wrong value is not reported as a missing one too.
        let missing: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .filter(|name| !given.contains_key(*name))
            .collect();
        for name in missing {
            self.issues.push(Issue::Missing { path: format!("{path}.{name}"), or: None });
        }
        let mut checked = Map::new();
        for (name, value) in given {
            let below = format!("{path}.{name}");
            match known.and_then(|known| known.get(&name)) {
                Some(schema) => {
                    if let Some(value) = self.within(schema, value, &below, level + 1) {
                        checked.insert(name, value);
                    }
                }
                None if closed => {
                    let accepted: Vec<&'static str> =
                        known.into_iter().flat_map(Map::keys).map(String::as_str).collect();
                    let nearest = nearest::find(&name, &accepted);
                    self.issues.push(Issue::Unknown { path: below, nearest, accepted });
                }
                None => drop(checked.insert(name, value)),
            }
        }
        checked
    }

    fn array(
        &mut self,
        schema: &'static Value,
        items: Vec<Value>,
        path: &str,
        level: usize,
    ) -> Option<Value> {
        let Some(of) = schema.get("items") else { return Some(Value::Array(items)) };
        let mut checked = Vec::with_capacity(items.len());
        for (index, item) in items.into_iter().enumerate() {
            checked.push(self.within(of, item, &format!("{path}[{index}]"), level + 1)?);
        }
        Some(Value::Array(checked))
    }
}

/// A scalar of a type of JSON Schema, or what was wanted. Numbers keep their digits.
fn scalar(kind: &str, given: Value) -> Result<Value, String> {
    let fits = match (kind, &given) {
        ("string", Value::String(_)) | ("boolean", Value::Bool(_)) => true,
        ("number" | "integer", Value::Number(number)) => kind == "number" || is_whole(&number.to_string()),
        _ => false,
    };
    if fits {
        return Ok(given);
    }
    match (kind, &given) {
        ("string", Value::Number(number)) => Ok(Value::String(number.to_string())),
        ("number" | "integer", Value::String(text))
            if is_plain(text.trim()) && (kind == "number" || is_whole(text.trim())) =>
        {
            text.trim().parse().map(Value::Number).map_err(|_| "a number".to_owned())
        }
        ("boolean", Value::String(text)) if text.trim().eq_ignore_ascii_case("true") => Ok(Value::Bool(true)),
        ("boolean", Value::String(text)) if text.trim().eq_ignore_ascii_case("false") => {
            Ok(Value::Bool(false))
        }
        ("string" | "number" | "integer" | "boolean", _) => {
            let wanted = match kind {
                "string" => "text",
                "number" => "a number such as 1234.50",
                "integer" => "a whole number",
                _ => "true or false",
            };
            Err(format!("{wanted}{}", not(&words(&given))))
        }
        _ => Ok(given),
    }
}

fn is_whole(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let all = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    all(whole) && part.bytes().all(|byte| byte == b'0')
}

fn words(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::Checker;

    fn checked(schema: Value, given: Value) -> Result<Value, String> {
        let schema: &'static Value = Box::leak(Box::new(schema));
        let mut checker = Checker { tool: "x", named: false, issues: Vec::new() };
        let value = checker.described(schema, given, "a");
        match checker.issues.as_slice() {
            [] => Ok(value.unwrap()),
            issues => Err(issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")),
        }
    }

    #[test]
    fn scalars_are_brought_into_their_type_where_that_has_one_meaning() {
        for (kind, given, wanted) in [
            ("integer", json!("3"), json!(3)),
            ("integer", json!(-3), json!(-3)),
            ("number", json!("12.50"), serde_json::from_str("12.50").unwrap()),
            ("boolean", json!("TRUE"), json!(true)),
            ("string", json!(8001), json!("8001")),
            ("whatever", json!([1]), json!([1])),
        ] {
            assert_eq!(checked(json!({ "type": kind }), given), Ok(wanted), "{kind}");
        }
        for (kind, given) in [
            ("integer", json!(1.5)),
            ("integer", json!("1'000")),
            ("number", json!("12,50")),
            ("boolean", json!(1)),
            ("string", json!({})),
            ("object", json!("x")),
        ] {
            assert!(checked(json!({ "type": kind }), given.clone()).is_err(), "{kind} {given}");
        }
    }

    #[test]
    fn fields_values_and_lists_are_looked_into_and_what_is_not_understood_passes() {
        let schema = json!({"type": "object", "required": ["to"], "additionalProperties": false, "properties": {
            "to": {"type": "array", "items": {"type": "string"}}, "language": {"enum": ["de", "fr"]},
            "when": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}});
        let given = json!("{\"to\": \"a@b.ch\", \"language\": \"DE\", \"when\": [1]}");
        let wanted = json!({"to": ["a@b.ch"], "language": "de", "when": [1]});
        assert_eq!(checked(schema.clone(), given), Ok(wanted));
        let said = checked(schema, json!({"language": "it", "tow": 1})).unwrap_err();
        for words in ["`a.language` to be one of `de`, `fr`, not `it`", "`a.tow`", "needs `a.to`"] {
            assert!(said.contains(words), "{words}: {said}");
        }
        assert_eq!(checked(json!({}), Value::Object(Map::new())), Ok(json!({})));
    }
}

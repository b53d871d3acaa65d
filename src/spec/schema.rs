//! What a JSON Schema without references says of a value, as far as matching names needs it.

use serde_json::Value;

/// Levels of `allOf` and its like that are looked into.
const DEPTH: usize = 6;

/// What kind of value is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Object,
    List,
    Text,
    Number,
    Integer,
    Boolean,
    /// Anything, or not said.
    Unknown,
}

/// A property of an object.
#[derive(Clone, Copy, Debug)]
pub struct Property<'a> {
    pub name: &'a str,
    pub schema: &'a Value,
    pub required: bool,
}

/// The properties of an object: its own, those of all parts of `allOf`, and those of each alternative.
pub fn properties(schema: &Value) -> Vec<Property<'_>> {
    let mut found = Vec::new();
    gather(schema, true, DEPTH, &mut found);
    found
}

fn gather<'a>(schema: &'a Value, may_require: bool, depth: usize, found: &mut Vec<Property<'a>>) {
    if depth == 0 {
        return;
    }
    let required = schema.get("required").and_then(Value::as_array);
    for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let required = may_require
            && required.is_some_and(|names| names.iter().any(|one| one.as_str() == Some(name.as_str())));
        match found.iter_mut().find(|known: &&mut Property<'_>| known.name == name) {
            Some(known) => known.required |= required,
            None => found.push(Property { name, schema: inner, required }),
        }
    }
    for part in parts(schema, "allOf") {
        gather(part, may_require, depth - 1, found);
    }
    for name in ["anyOf", "oneOf"] {
        let only = parts(schema, name).filter(|part| !is_null(part)).count() == 1;
        for part in parts(schema, name) {
            gather(part, may_require && only, depth - 1, found);
        }
    }
}

fn parts<'a>(schema: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    schema.get(name).and_then(Value::as_array).into_iter().flatten()
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("null")
}

/// The first thing that a schema, or one that it is made of, says under a keyword.
fn said<'a, T>(schema: &'a Value, read: &impl Fn(&'a Value) -> Option<T>, depth: usize) -> Option<T> {
    if let Some(found) = read(schema) {
        return Some(found);
    }
    let below = depth.checked_sub(1)?;
    ["allOf", "anyOf", "oneOf"]
        .iter()
        .find_map(|name| parts(schema, name).find_map(|part| said(part, read, below)))
}

pub fn kind(schema: &Value) -> Kind {
    let named = said(schema, &|schema| kind_of(schema), DEPTH);
    named.unwrap_or(Kind::Unknown)
}

fn kind_of(schema: &Value) -> Option<Kind> {
    let word = |word: &str| match word {
        "object" => Some(Kind::Object),
        "array" => Some(Kind::List),
        "string" => Some(Kind::Text),
        "number" => Some(Kind::Number),
        "integer" => Some(Kind::Integer),
        "boolean" => Some(Kind::Boolean),
        _ => None,
    };
    match schema.get("type") {
        Some(Value::String(name)) => word(name),
        Some(Value::Array(names)) => {
            let mut kinds = names.iter().filter_map(|name| word(name.as_str()?));
            let first = kinds.next();
            // Several types: nothing is ruled out.
            if kinds.next().is_some() { Some(Kind::Unknown) } else { first }
        }
        _ if schema.get("properties").is_some() => Some(Kind::Object),
        _ if schema.get("items").is_some() => Some(Kind::List),
        _ if values_of(schema).is_some_and(|values| !values.is_empty()) => Some(Kind::Text),
        _ => None,
    }
}

/// Of the members of a list.
pub fn items(schema: &Value) -> Option<&Value> {
    said(schema, &|schema| schema.get("items"), DEPTH)
}

pub fn format(schema: &Value) -> &str {
    said(schema, &|schema| schema.get("format").and_then(Value::as_str), DEPTH).unwrap_or_default()
}

pub fn description(schema: &Value) -> &str {
    said(schema, &|schema| schema.get("description").and_then(Value::as_str), DEPTH).unwrap_or_default()
}

/// The texts of an enumeration; empty where it is none.
pub fn values(schema: &Value) -> Vec<&str> {
    said(schema, &values_of, DEPTH).unwrap_or_default()
}

fn values_of(schema: &Value) -> Option<Vec<&str>> {
    match (schema.get("enum").and_then(Value::as_array), schema.get("const").and_then(Value::as_str)) {
        (Some(values), _) => Some(values.iter().filter_map(Value::as_str).collect()),
        (None, Some(only)) => Some(vec![only]),
        (None, None) => None,
    }
}

pub fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name) == Some(&Value::Bool(true))
}

/// Says that more than the listed properties is taken.
pub fn is_open(schema: &Value) -> bool {
    let open =
        |schema: &Value| schema.get("additionalProperties").is_some_and(|more| more != &Value::Bool(false));
    ["allOf", "anyOf", "oneOf"].iter().any(|name| parts(schema, name).any(open)) || open(schema)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Kind, is_open, items, kind, properties, values};

    #[test]
    fn parts_are_read_as_one_object() {
        let schema = json!({"allOf": [
            {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
            {"properties": {"b": {"anyOf": [{"type": "null"}, {"type": "array", "items": {"type": "integer"}}]}}},
        ]});
        let found = properties(&schema);
        assert_eq!(
            found.iter().map(|one| (one.name, one.required)).collect::<Vec<_>>(),
            [("a", true), ("b", false)]
        );
        assert_eq!((kind(&schema), kind(found[1].schema)), (Kind::Object, Kind::List));
        assert_eq!(kind(items(found[1].schema).unwrap()), Kind::Integer);
    }

    #[test]
    fn one_of_several_requires_nothing() {
        let schema = json!({"oneOf": [
            {"required": ["a"], "properties": {"a": {}}},
            {"required": ["b"], "properties": {"b": {}}},
        ]});
        assert!(properties(&schema).iter().all(|one| !one.required));
    }

    #[test]
    fn types_may_be_null_too() {
        assert_eq!(kind(&json!({"type": ["string", "null"]})), Kind::Text);
        assert_eq!(kind(&json!({"type": ["string", "number"]})), Kind::Unknown);
        assert_eq!(values(&json!({"enum": ["a", null]})), ["a"]);
        assert!(is_open(&json!({"additionalProperties": {}})) && !is_open(&json!({})));
        assert!(!is_open(&json!({"additionalProperties": false})));
    }
}

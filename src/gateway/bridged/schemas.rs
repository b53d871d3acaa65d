//! Input and output schemas of a remote server as clients get them: nothing hidden in their words, nothing to be
//! fetched from elsewhere, and of the shape that every client takes: a plain object with plain property names at the
//! root, `items` on every array. Clients drop a tool, or a whole request, over less.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::naming;
use crate::catalogue::params::{ALLOW_DUPLICATE, CONFIRM_NUMBER, DRY_RUN};
use crate::text::{hides, in_line};

/// Characters of a text in a schema.
const TEXT: usize = 1_000;
/// Steps from one reference to the next at the root.
const HOPS: usize = 5;
/// Keywords that combine schemas: not at the root.
const COMBINING: [&str; 3] = ["allOf", "anyOf", "oneOf"];

/// Which arguments of ours a tool takes beside its own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ours {
    pub confirm_number: bool,
    pub allow_duplicate: bool,
    pub dry_run: bool,
}

/// An input schema, and the arguments that are called otherwise here: (here, there).
pub type Input = (Map<String, Value>, Vec<(String, String)>);

/// The input schema of a tool.
pub fn input(given: Option<&Value>, ours: Ours) -> Input {
    let mut schema = object(given);
    neutralise(&mut schema, 0);
    let root = schema.clone();
    flatten(&mut schema, &root);
    schema.insert("type".into(), json!("object"));
    let renamed = rename(&mut schema);
    let added = [
        (ours.confirm_number, CONFIRM_NUMBER.name, "string"),
        (ours.allow_duplicate, ALLOW_DUPLICATE.name, "boolean"),
        (ours.dry_run, DRY_RUN.name, "boolean"),
    ];
    for (_, name, kind) in added.iter().filter(|(wanted, _, _)| *wanted) {
        if let Some(properties) = fields_of(&mut schema, "properties") {
            properties.shift_remove(*name);
            properties.insert((*name).to_owned(), json!({ "type": kind }));
        }
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            required.retain(|required| required != name);
        }
    }
    tidy_required(&mut schema);
    (schema, renamed)
}

/// The output schema of a tool.
pub fn output(given: &Value) -> Option<Map<String, Value>> {
    let Value::Object(mut schema) = given.clone() else { return None };
    neutralise(&mut schema, 0);
    Some(schema)
}

fn object(given: Option<&Value>) -> Map<String, Value> {
    match given {
        Some(Value::Object(schema)) => schema.clone(),
        _ => Map::new(),
    }
}

/// The object in a field, which is made where there is none.
fn fields_of<'a>(schema: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Map<String, Value>> {
    let field = schema.entry(name).or_insert_with(|| json!({}));
    if !field.is_object() {
        *field = json!({});
    }
    field.as_object_mut()
}

/// Words become visible and short, references to elsewhere go, and every array gets its `items`.
fn neutralise(schema: &mut Map<String, Value>, depth: usize) {
    for elsewhere in ["$ref", "$dynamicRef", "$recursiveRef"] {
        if schema.get(elsewhere).is_some_and(|to| !to.as_str().is_some_and(|to| to.starts_with('#'))) {
            schema.shift_remove(elsewhere);
        }
    }
    for gone in ["$id", "id", "$comment"] {
        if schema.get(gone).is_some_and(Value::is_string) {
            schema.shift_remove(gone);
        }
    }
    // A value that looks otherwise than it is would be sent as it looks.
    for values in ["default", "const", "pattern", "format", "$schema"] {
        if schema.get(values).is_some_and(anything_hides) {
            schema.shift_remove(values);
        }
    }
    for values in ["enum", "examples", "required"] {
        if let Some(Value::Array(values)) = schema.get_mut(values) {
            values.retain(|value| !anything_hides(value));
        }
    }
    for words in ["description", "title"] {
        if let Some(Value::String(text)) = schema.get_mut(words) {
            *text = in_line(text, TEXT);
        }
    }
    let is_array = schema.get("type") == Some(&json!("array"));
    if is_array && !["items", "prefixItems", "$ref"].iter().any(|known| schema.contains_key(*known)) {
        schema.insert("items".into(), json!({}));
    }
    // Deeper than anybody writes a form: whatever is there says nothing any more.
    if depth == 32 {
        *schema = Map::new();
        return;
    }
    for (name, value) in schema.iter_mut() {
        match name.as_str() {
            "enum" | "const" | "default" | "examples" | "required" => {}
            "properties" | "patternProperties" | "$defs" | "definitions" | "dependentSchemas" => {
                if let Value::Object(schemas) = value {
                    schemas.retain(|name, _| !name.chars().any(crate::text::is_hidden));
                    schemas.values_mut().for_each(|schema| beneath(schema, depth));
                }
            }
            _ => beneath(value, depth),
        }
    }
}

fn beneath(value: &mut Value, depth: usize) {
    match value {
        Value::Object(schema) => neutralise(schema, depth + 1),
        Value::Array(schemas) => schemas.iter_mut().for_each(|schema| beneath(schema, depth)),
        // A word that no keyword of ours knows.
        Value::String(text) if hides(text) => *text = in_line(text, TEXT),
        _ => {}
    }
}

fn anything_hides(value: &Value) -> bool {
    match value {
        Value::String(text) => hides(text),
        Value::Array(items) => items.iter().any(anything_hides),
        Value::Object(fields) => fields.iter().any(|(name, value)| hides(name) || anything_hides(value)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// Takes references and combinations at the root apart: all their properties are shown, and only those are required
/// that are in every way. The server checks the rest.
fn flatten(schema: &mut Map<String, Value>, root: &Map<String, Value>) {
    for _ in 0..HOPS {
        let Some(Value::String(to)) = schema.shift_remove("$ref") else { break };
        let Some(Value::Object(named)) =
            Value::Object(root.clone()).pointer(to.trim_start_matches('#')).cloned()
        else {
            break;
        };
        take_in(schema, &named, true);
        if let Some(further) = named.get("$ref") {
            schema.insert("$ref".into(), further.clone());
        }
    }
    for combining in COMBINING {
        let Some(Value::Array(ways)) = schema.shift_remove(combining) else { continue };
        let ways: Vec<_> = ways.iter().map(|way| resolved(way, root)).collect();
        let mut in_all: Option<HashSet<String>> = None;
        for way in &ways {
            take_in(schema, way, combining == "allOf");
            let needs: HashSet<String> = texts(way.get("required")).collect();
            in_all = Some(in_all.map_or_else(|| needs.clone(), |known| &known & &needs));
        }
        if combining != "allOf" {
            require(schema, in_all.unwrap_or_default());
        }
    }
}

fn resolved(way: &Value, root: &Map<String, Value>) -> Map<String, Value> {
    let to = way.get("$ref").and_then(Value::as_str);
    let named = to.and_then(|to| Value::Object(root.clone()).pointer(to.trim_start_matches('#')).cloned());
    object(named.as_ref().or(Some(way)))
}

/// The properties and definitions of another schema, and what it requires where that holds in any case.
fn take_in(schema: &mut Map<String, Value>, other: &Map<String, Value>, requires: bool) {
    for place in ["properties", "$defs", "definitions"] {
        let Some(Value::Object(others)) = other.get(place) else { continue };
        if let Some(own) = fields_of(schema, place) {
            for (name, value) in others {
                own.entry(name).or_insert_with(|| value.clone());
            }
        }
    }
    if requires {
        require(schema, texts(other.get("required")));
    }
}

fn require(schema: &mut Map<String, Value>, names: impl IntoIterator<Item = String>) {
    let mut required: Vec<String> = texts(schema.get("required")).collect();
    let mut new: Vec<String> = names.into_iter().filter(|name| !required.contains(name)).collect();
    new.sort();
    required.append(&mut new);
    schema.insert("required".into(), json!(required));
}

fn texts(list: Option<&Value>) -> impl Iterator<Item = String> {
    list.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).map(str::to_owned)
}

/// Gives properties at the root names that clients take, and says which.
fn rename(schema: &mut Map<String, Value>) -> Vec<(String, String)> {
    let Some(properties) = fields_of(schema, "properties") else { return Vec::new() };
    if properties.keys().all(|name| is_plain(name)) {
        return Vec::new();
    }
    let given = std::mem::take(properties);
    let safe = naming::safe_names(given.keys().map(String::as_str), &[]);
    let mut renamed = Vec::new();
    for ((name, value), safe) in given.into_iter().zip(safe) {
        if is_plain(&name) {
            properties.insert(name, value);
        } else if let Some(safe) = safe {
            properties.insert(safe.clone(), value);
            renamed.push((safe, name));
        }
    }
    if let Some(Value::Array(required)) = schema.get_mut("required") {
        for name in required.iter_mut() {
            if let Some((safe, _)) = renamed.iter().find(|(_, there)| name == there) {
                *name = json!(safe);
            }
        }
    }
    renamed
}

/// What Claude Code and the Anthropic API take as a property's name.
fn is_plain(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

/// Nothing is required that is not there to be given.
fn tidy_required(schema: &mut Map<String, Value>) {
    let Some(required) = schema.get("required") else { return };
    let known = |name: &String| {
        schema.get("properties").and_then(Value::as_object).is_some_and(|known| known.contains_key(name))
    };
    let kept: Vec<String> = texts(Some(required)).filter(known).collect();
    if kept.is_empty() {
        schema.shift_remove("required");
    } else {
        schema.insert("required".into(), json!(kept));
    }
}

#[cfg(test)]
mod tests;

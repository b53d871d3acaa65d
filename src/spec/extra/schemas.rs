//! JSON Schemas from the file as clients get them: only keywords that are known here, no references, nothing hidden in their
//! words, and no larger than a form that somebody fills in.

use serde_json::{Map, Value, json};

use super::{Fields, names_in, object};
use crate::text::{hides, in_line};

/// Levels of a schema that are shown.
const DEPTH: usize = 5;
/// Bytes of one argument's schema.
const BYTES: usize = 6_000;
/// Schemas within one argument's.
const NODES: usize = 150;
/// Characters of a description in a schema.
const WORDS: usize = 200;
/// Values to choose from.
const VALUES: usize = 60;
/// Keywords whose numbers bound a value.
const BOUNDS: &[&str] =
    &["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "multipleOf"];
/// Formats that say more than their name.
const FORMATS: &[&str] = &["date", "date-time", "email", "uuid", "uri", "time", "decimal"];
/// Levels of `allOf` that are merged.
const MERGED: usize = 6;

/// The schema of an argument. Where it is too large its words go first, then its lower levels, then all but its type.
pub fn pruned(schema: &Value, description: &str) -> Value {
    let attempts = [(DEPTH, true), (DEPTH, false), (2, false), (0, false)];
    let fits = attempts.into_iter().find_map(|(depth, words)| {
        let mut pruning = Pruning { nodes: 0, words };
        let shown = pruning.schema(schema, depth);
        (pruning.nodes <= NODES && Value::Object(shown.clone()).to_string().len() <= BYTES).then_some(shown)
    });
    let mut shown = fits.unwrap_or_default();
    let description = in_line(description, WORDS);
    if !description.is_empty() {
        shown.insert("description".into(), json!(description));
    }
    Value::Object(shown)
}

/// The schema of a parameter of the query: a list that is written as one text is one here; `None` for what is written in a
/// way that nobody here writes.
pub fn in_query(schema: &Value, description: &str) -> Option<Value> {
    let style = schema.get("x-style").and_then(Value::as_str).unwrap_or("form");
    let whole = schema.get("x-explode") == Some(&Value::Bool(false)) || schema.get("x-style").is_some();
    let kind = kind_of(schema);
    let between = match (style, kind) {
        ("form", Some("array")) if whole => ",",
        ("spaceDelimited", Some("array")) => " ",
        ("pipeDelimited", Some("array")) => "|",
        ("form", kind) if kind != Some("object") => return Some(pruned(schema, description)),
        _ => return None,
    };
    let says = in_line(description, WORDS);
    let says = if says.is_empty() { says } else { format!("{says}; ") };
    let says = format!("{says}values with `{between}` between them");
    Some(json!({ "type": "string", "description": says }))
}

struct Pruning {
    nodes: usize,
    words: bool,
}

impl Pruning {
    fn schema(&mut self, schema: &Value, depth: usize) -> Map<String, Value> {
        self.nodes += 1;
        let mut shown = Map::new();
        // What is beyond any form is not walked through to its end.
        if self.nodes > NODES {
            return shown;
        }
        let schema = merged(schema);
        let kind = kind_of(&schema);
        if let Some(kind) = kind {
            shown.insert("type".into(), json!(kind));
        }
        if let Some(words) = schema.get("description").and_then(Value::as_str).filter(|_| self.words) {
            let words = in_line(words, WORDS);
            if !words.is_empty() {
                shown.insert("description".into(), json!(words));
            }
        }
        if let Some(values) = choices(&schema) {
            shown.insert("enum".into(), values);
        }
        if let Some(format) = schema.get("format").and_then(Value::as_str).filter(|it| FORMATS.contains(it)) {
            shown.insert("format".into(), json!(format));
        }
        for bound in BOUNDS {
            if let Some(number) = schema.get(*bound).filter(|bound| bound.is_number()) {
                shown.insert((*bound).into(), number.clone());
            }
        }
        match kind {
            Some("object") if depth > 0 => self.object(&schema, &mut shown, depth),
            Some("array") => {
                let items = schema.get("items").filter(|_| depth > 0);
                let items = items.map(|items| self.schema(items, depth - 1)).unwrap_or_default();
                shown.insert("items".into(), Value::Object(items));
            }
            None if depth > 0 => self.ways(&schema, &mut shown, depth),
            _ => {}
        }
        shown
    }

    fn object(&mut self, schema: &Value, shown: &mut Map<String, Value>, depth: usize) {
        let Some(fields) = fields(schema) else { return };
        let mut properties = Map::new();
        let mut required = Vec::new();
        for (name, field, is_required) in fields {
            // What looks otherwise than it is would be sent as it looks.
            if hides(name) || name.len() > 128 {
                continue;
            }
            properties.insert(name.to_owned(), Value::Object(self.schema(field, depth - 1)));
            if is_required {
                required.push(name.to_owned());
            }
        }
        shown.insert("properties".into(), Value::Object(properties));
        if !required.is_empty() {
            shown.insert("required".into(), json!(required));
        }
    }

    /// Several ways of which one is taken.
    fn ways(&mut self, schema: &Value, shown: &mut Map<String, Value>, depth: usize) {
        for word in ["oneOf", "anyOf"] {
            let Some(ways) = schema.get(word).and_then(Value::as_array) else { continue };
            // `null` beside one way only says that it may be left out.
            let ways: Vec<&Value> =
                ways.iter().filter(|way| way.get("type") != Some(&json!("null"))).take(8).collect();
            match ways.as_slice() {
                [] => {}
                [only] => {
                    let only = self.schema(only, depth - 1);
                    for (name, value) in only {
                        shown.entry(name).or_insert(value);
                    }
                }
                several => {
                    let ways: Vec<Value> =
                        several.iter().map(|way| Value::Object(self.schema(way, depth - 1))).collect();
                    shown.insert("anyOf".into(), json!(ways));
                }
            }
            return;
        }
    }
}

/// The type, the first that is not `null`; where none is said, by what else is.
fn kind_of(schema: &Value) -> Option<&'static str> {
    const KINDS: [&str; 6] = ["object", "array", "string", "number", "integer", "boolean"];
    let named = match schema.get("type") {
        Some(Value::String(kind)) => Some(kind.as_str()),
        Some(Value::Array(kinds)) => {
            let mut kinds = kinds.iter().filter_map(Value::as_str).filter(|kind| *kind != "null");
            match (kinds.next(), kinds.next()) {
                (Some(only), None) => Some(only),
                _ => return None,
            }
        }
        _ if schema.get("properties").is_some() => Some("object"),
        _ if schema.get("items").is_some() => Some("array"),
        _ => None,
    };
    KINDS.into_iter().find(|kind| named == Some(*kind))
}

/// Scalars to choose from; without what hides something, and none at all where there are too many.
fn choices(schema: &Value) -> Option<Value> {
    let values = schema.get("enum").and_then(Value::as_array)?;
    let fits = |value: &&Value| match value {
        Value::String(text) => text.len() <= 100 && !hides(text),
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    };
    let kept: Vec<&Value> = values.iter().take(VALUES + 1).filter(fits).collect();
    (!kept.is_empty() && kept.len() <= VALUES && values.len() <= VALUES).then(|| json!(kept))
}

/// The schema with what `allOf` adds to it.
pub fn merged(schema: &Value) -> Value {
    merged_within(schema, MERGED)
}

fn merged_within(schema: &Value, levels: usize) -> Value {
    let mut whole = object(schema);
    let Some(Value::Array(parts)) = whole.shift_remove("allOf") else { return Value::Object(whole) };
    if levels == 0 {
        return Value::Object(whole);
    }
    for part in parts.iter().take(20) {
        let part = object(&merged_within(part, levels - 1));
        for (name, value) in part {
            match (name.as_str(), whole.get_mut(&name), value) {
                ("properties", Some(Value::Object(known)), Value::Object(further)) => {
                    for (name, field) in further {
                        known.entry(name).or_insert(field);
                    }
                }
                ("required", Some(Value::Array(known)), Value::Array(further)) => known.extend(further),
                (_, Some(_), _) => {}
                (_, None, value) => drop(whole.insert(name, value)),
            }
        }
    }
    Value::Object(whole)
}

/// The fields of an object that a request may carry; `None` where it names none.
pub fn fields(schema: &Value) -> Option<Fields<'_>> {
    let properties = schema.get("properties").and_then(Value::as_object)?;
    if properties.is_empty() {
        return None;
    }
    let required: Vec<&str> = names_in(schema.get("required")).collect();
    let read_only = |field: &Value| field.get("readOnly") == Some(&Value::Bool(true));
    let given = properties.iter().filter(|(_, field)| !read_only(field));
    Some(given.map(|(name, field)| (name.as_str(), field, required.contains(&name.as_str()))).collect())
}

/// A field of a form that is a file.
pub fn is_binary(schema: &Value) -> bool {
    schema.get("format") == Some(&json!("binary"))
        || schema.get("contentMediaType").is_some()
        || (kind_of(schema) == Some("string") && schema.get("contentEncoding").is_some())
}

/// True for a list of objects, by itself or as the only such list in its envelope.
pub fn holds_records(schema: &Value) -> bool {
    let schema = merged(schema);
    if is_list_of_objects(&schema) {
        return true;
    }
    let Some(fields) = schema.get("properties").and_then(Value::as_object) else { return false };
    !fields.contains_key("id") && fields.values().filter(|field| is_list_of_objects(field)).count() == 1
}

fn is_list_of_objects(schema: &Value) -> bool {
    let items = schema.get("items").map(merged);
    items.is_some_and(|items| kind_of(&items) == Some("object"))
}

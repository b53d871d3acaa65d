//! Schemas without references: what `$ref` and `allOf` bring is put in place, what is recursive or too deep is left open.
//! The words of OpenAPI 3.0 become those of JSON Schema.

use serde_json::{Map, Value, json};

use super::parameters::is_name;
use super::reading::{LeftOut, Reader, cut};
use crate::text::hides;

/// Levels of schemas: all that are followed, then fewer where the whole would be too large.
const LEVELS: [usize; 7] = [16, 8, 5, 4, 3, 2, 1];
/// References in each other.
const HOPS: usize = 64;
/// Characters of a title or a description, bytes of any other text.
const TEXT: usize = 1_000;

/// Keywords whose values are no schemas.
const LITERALS: [&str; 28] = [
    "type",
    "format",
    "enum",
    "const",
    "default",
    "required",
    "readOnly",
    "writeOnly",
    "deprecated",
    "nullable",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "contentMediaType",
    "contentEncoding",
    "dependentRequired",
];

/// There is no room for the rest.
struct Full;

struct Inlining<'r, 'a> {
    reader: &'r mut Reader<'a>,
    left: usize,
    /// What is being put in place, from the outside in.
    around: Vec<&'a Value>,
    whole: bool,
}

/// The schema in at most `most` values, how many were looked at, and whether nothing but recursion was left open.
pub fn inlined<'a>(reader: &mut Reader<'a>, schema: &'a Value, most: usize) -> (Value, usize, bool) {
    let mut used = 0;
    for (turn, levels) in LEVELS.into_iter().enumerate() {
        let mut inlining = Inlining { reader, left: most, around: Vec::new(), whole: turn == 0 };
        let value = inlining.schema(schema, levels);
        used += most - inlining.left;
        if let Ok(value) = value {
            return (value, most - inlining.left, inlining.whole);
        }
    }
    (Value::Object(Map::new()), used.min(most), false)
}

impl<'a> Inlining<'_, 'a> {
    fn spend(&mut self, values: usize) -> Result<(), Full> {
        self.left = self.left.checked_sub(values).ok_or(Full)?;
        Ok(())
    }

    fn schema(&mut self, schema: &'a Value, levels: usize) -> Result<Value, Full> {
        self.spend(1)?;
        let fields = match schema {
            Value::Object(fields) => {
                // Words that are passed over take time too.
                self.spend(fields.len() / 4)?;
                fields
            }
            Value::Bool(false) => return Ok(json!({"not": {}})),
            _ => return Ok(json!({})),
        };
        if levels == 0 {
            self.whole = false;
            return Ok(json!({}));
        }
        let mut merged = Map::new();
        if let Some(reference) = fields.get("$ref").and_then(Value::as_str) {
            merge(&mut merged, self.referred(reference, levels)?);
        }
        let parts = fields.get("allOf").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        for part in parts {
            if let Value::Object(part) = self.schema(part, levels - 1)? {
                merge(&mut merged, part);
            }
        }
        let mut own = Map::new();
        for (name, value) in fields {
            if let Some(value) = self.keyword(name, value, levels - 1)? {
                own.insert(name.clone(), value);
            }
        }
        merge(&mut merged, own);
        modernise(&mut merged);
        Ok(Value::Object(merged))
    }

    /// What a reference leads to; nothing where that is around it.
    fn referred(&mut self, reference: &str, levels: usize) -> Result<Map<String, Value>, Full> {
        let target = self.reader.target(reference);
        let Some(target) = target.filter(|target| !self.around.iter().any(|one| std::ptr::eq(*one, *target)))
        else {
            return Ok(Map::new());
        };
        if self.around.len() >= HOPS {
            self.whole = false;
            return Ok(Map::new());
        }
        self.around.push(target);
        let value = self.schema(target, levels);
        self.around.pop();
        match value? {
            Value::Object(fields) => Ok(fields),
            _ => Ok(Map::new()),
        }
    }

    fn keyword(&mut self, name: &str, value: &'a Value, levels: usize) -> Result<Option<Value>, Full> {
        Ok(Some(match name {
            "title" | "description" => match value.as_str() {
                Some(text) => {
                    let text = cut(text, TEXT);
                    self.spend(1 + text.len() / 64)?;
                    Value::String(text)
                }
                None => return Ok(None),
            },
            "properties" | "patternProperties" | "dependentSchemas" | "$defs" | "definitions"
                if matches!(name, "$defs" | "definitions") || !value.is_object() =>
            {
                return Ok(None);
            }
            "properties" | "patternProperties" | "dependentSchemas" => self.named(value, levels)?,
            "oneOf" | "anyOf" | "prefixItems" => self.listed(value, levels)?,
            "items" if value.is_array() => self.listed(value, levels)?,
            "additionalProperties" | "unevaluatedProperties" | "unevaluatedItems" | "items"
                if value.is_boolean() =>
            {
                value.clone()
            }
            "items"
            | "additionalProperties"
            | "unevaluatedProperties"
            | "unevaluatedItems"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "propertyNames" => self.schema(value, levels)?,
            name if LITERALS.contains(&name) || (name.starts_with("x-") && is_name(name)) => {
                if name.starts_with("x-") && (value.is_object() || value.is_array()) {
                    return Ok(None);
                }
                match literal(value, &mut self.left, 8) {
                    None if self.left == 0 => return Err(Full),
                    literal => return Ok(literal),
                }
            }
            _ => return Ok(None),
        }))
    }

    fn named(&mut self, schemas: &'a Value, levels: usize) -> Result<Value, Full> {
        let mut out = Map::new();
        for (name, schema) in schemas.as_object().into_iter().flatten() {
            if is_name(name) {
                out.insert(name.clone(), self.schema(schema, levels)?);
            } else {
                self.spend(1)?;
                LeftOut::note(&mut self.reader.left_out.names, name);
            }
        }
        Ok(Value::Object(out))
    }

    fn listed(&mut self, schemas: &'a Value, levels: usize) -> Result<Value, Full> {
        let mut out = Vec::new();
        for schema in schemas.as_array().into_iter().flatten() {
            out.push(self.schema(schema, levels)?);
        }
        Ok(Value::Array(out))
    }
}

/// A copy of data, of which `left` is taken: without texts that hide something or are too long. `None` where nothing is
/// left of it, or no room.
pub fn literal(value: &Value, left: &mut usize, levels: usize) -> Option<Value> {
    let Some(rest) = left.checked_sub(1) else {
        *left = 0;
        return None;
    };
    *left = rest;
    match value {
        Value::String(text) if text.len() > TEXT || hides(text) => None,
        Value::String(text) => {
            *left = left.saturating_sub(text.len() / 64);
            Some(value.clone())
        }
        Value::Number(number) if number.as_str().len() > 64 => None,
        Value::Array(_) | Value::Object(_) if levels == 0 => None,
        Value::Array(items) => {
            let mut out = Vec::new();
            for item in items {
                if *left == 0 {
                    return None;
                }
                out.extend(literal(item, left, levels - 1));
            }
            Some(Value::Array(out))
        }
        Value::Object(fields) => {
            let mut out = Map::new();
            for (name, value) in fields.iter().filter(|(name, _)| is_name(name)) {
                if *left == 0 {
                    return None;
                }
                if let Some(value) = literal(value, left, levels - 1) {
                    out.insert(name.clone(), value);
                }
            }
            Some(Value::Object(out))
        }
        other => Some(other.clone()),
    }
}

/// Puts what `more` says over what `fields` says: properties and what is required come together.
fn merge(fields: &mut Map<String, Value>, more: Map<String, Value>) {
    for (name, value) in more {
        match (name.as_str(), fields.get_mut(&name), value) {
            ("properties" | "patternProperties", Some(Value::Object(known)), Value::Object(further)) => {
                for (name, schema) in further {
                    match (known.get_mut(&name), schema) {
                        (Some(Value::Object(known)), Value::Object(further)) => merge(known, further),
                        (_, schema) => drop(known.insert(name, schema)),
                    }
                }
            }
            ("required", Some(Value::Array(known)), Value::Array(further)) => {
                for name in further {
                    if !known.contains(&name) {
                        known.push(name);
                    }
                }
            }
            (_, _, value) => drop(fields.insert(name, value)),
        }
    }
}

/// The words of 3.0 as those of 3.1: `nullable`, and limits that are a yes or no.
fn modernise(fields: &mut Map<String, Value>) {
    if fields.remove("nullable") == Some(Value::Bool(true)) {
        let null = Value::String("null".to_owned());
        match fields.get_mut("type") {
            Some(Value::Array(kinds)) if !kinds.contains(&null) => kinds.push(null),
            Some(kind @ Value::String(_)) if *kind != null => {
                *kind = Value::Array(vec![kind.take(), null]);
            }
            _ => {}
        }
        if let Some(Value::Array(values)) = fields.get_mut("enum")
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
    }
    for (limit, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        match fields.get(exclusive) {
            Some(Value::Bool(true)) => match fields.remove(limit) {
                Some(value) => drop(fields.insert(exclusive.to_owned(), value)),
                None => drop(fields.remove(exclusive)),
            },
            Some(Value::Bool(false)) => drop(fields.remove(exclusive)),
            _ => {}
        }
    }
}

//! Data between the sandbox's words and a variant's, along the schemas of the reconstruction.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::names::Names;
use super::ours::{self, component, follow, subject_of};
use super::plan::Plan;
use super::schema::EXTRA_FIELDS;

/// What the sandbox says, in the variant's words.
pub fn outward(plan: &Plan, schema: &Value, subject: &str, field: &str, value: Value) -> Value {
    let (schema, subject) = entered(schema, subject, &value);
    match value {
        Value::Object(record) => {
            let mut written = Map::new();
            for (name, inner) in record {
                if plan.names.is_lost(&name) {
                    continue;
                }
                let Some(property) = schema["properties"].get(&name) else {
                    // Keys of a map are data; other fields that the document does not name keep to its spelling.
                    let map = schema.get("additionalProperties").is_some_and(Value::is_object);
                    let name = if map { name } else { plan.names.field(&subject, &name) };
                    written.insert(name, inner);
                    continue;
                };
                let below = Names::inner_subject(&subject, &name, property);
                let inner = outward(plan, property, &below, &name, inner);
                written.insert(plan.names.field(&subject, &name), inner);
            }
            if plan.noise && written.contains_key(&plan.names.field(&subject, "id")) {
                for (name, kind) in EXTRA_FIELDS.iter().take(Dice::of(plan.seed, "extra").below(4)) {
                    let made_up = if *kind == "string" { json!("x-1") } else { json!(7) };
                    written.entry(plan.names.fields_case.of(name)).or_insert(made_up);
                }
            }
            Value::Object(written)
        }
        Value::Array(items) => {
            let inner = schema.get("items").unwrap_or(&Value::Null);
            Value::Array(items.into_iter().map(|item| outward(plan, inner, &subject, field, item)).collect())
        }
        Value::String(text) if schema.get("enum").is_some() => Value::String(plan.names.value(field, &text)),
        other => other,
    }
}

/// What a client of the variant sends, in the sandbox's words; fields that the variant does not have are named in
/// `unknown` with their paths.
pub fn inward(
    plan: &Plan,
    schema: &Value,
    at: (&str, &str),
    value: Value,
    unknown: &mut Vec<String>,
) -> Value {
    let (subject, field) = at;
    let (schema, subject) = entered(schema, subject, &value);
    match value {
        Value::Object(record) => {
            let mut read = Map::new();
            for (name, inner) in record {
                let properties = schema["properties"].as_object();
                let ours = properties
                    .into_iter()
                    .flatten()
                    .find(|(ours, _)| plan.names.field(&subject, ours) == name);
                let Some((ours, property)) = ours else {
                    // The document may name these for requests too.
                    if plan.noise
                        && EXTRA_FIELDS.iter().any(|(extra, _)| plan.names.fields_case.of(extra) == name)
                    {
                        continue;
                    }
                    unknown.push(format!("{subject}: {name}"));
                    continue;
                };
                let below = Names::inner_subject(&subject, ours, property);
                read.insert(ours.clone(), inward(plan, property, (&below, ours), inner, unknown));
            }
            Value::Object(read)
        }
        Value::Array(items) => {
            let inner = schema.get("items").unwrap_or(&Value::Null);
            Value::Array(
                items.into_iter().map(|item| inward(plan, inner, (&subject, field), item, unknown)).collect(),
            )
        }
        Value::String(text) => match schema["enum"].as_array() {
            Some(values) => {
                let ours = values
                    .iter()
                    .filter_map(Value::as_str)
                    .find(|ours| plan.names.value(field, ours) == text);
                if ours.is_none() {
                    unknown.push(format!("{subject}: {field} = {text}"));
                }
                json!(ours.unwrap_or("not-a-value"))
            }
            None => Value::String(text),
        },
        other => other,
    }
}

/// The schema itself and what names in it are looked up by.
fn entered<'a>(schema: &'a Value, subject: &str, value: &Value) -> (&'a Value, String) {
    if ours::nullable(schema).is_none()
        && let Some(choices) = schema.get("anyOf").and_then(Value::as_array)
    {
        let fits = choices.iter().find(|choice| {
            let required = follow(choice)["required"].as_array();
            required.into_iter().flatten().all(|name| value.get(name.as_str().unwrap()).is_some())
        });
        return entered(fits.unwrap_or(&choices[0]), subject, value);
    }
    let target = follow(schema);
    match component(schema) {
        Some(name) if target.get("properties").is_some() => (target, subject_of(name)),
        _ => (target, subject.to_owned()),
    }
}

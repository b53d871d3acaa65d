//! The parameters of an operation: its own and its path's, those of the path and the query.

use serde_json::{Map, Value, json};

use super::paths;
use super::reading::{LeftOut, Reader, cut};
use crate::spec::operation::{In, Parameter};
use crate::text::hides;

/// Parameters of one operation.
const MOST: usize = 100;
const NAME: usize = 128;
const DESCRIPTION: usize = 1_000;

/// Headers that requests have anyway.
const OURS: [&str; 8] = [
    "accept",
    "authorization",
    "content-type",
    "idempotency-key",
    "if-match",
    "user-agent",
    "x-api-key",
    "x-profile-id",
];

/// The annotation that says which field of ours it is.
const FIELD: &str = "x-lumabill-field";

impl<'a> Reader<'a> {
    pub fn parameters(
        &mut self,
        path: &str,
        item: &'a Map<String, Value>,
        operation: &'a Map<String, Value>,
    ) -> Vec<Parameter> {
        let in_path = paths::names(path);
        let mut parameters: Vec<Parameter> = Vec::new();
        for holder in [item, operation] {
            let list = holder.get("parameters").and_then(Value::as_array);
            let list = list.map(Vec::as_slice).unwrap_or_default();
            self.left_out.parameters += list.len().saturating_sub(MOST);
            for parameter in list.iter().take(MOST) {
                let Some(read) = self.parameter(parameter, &in_path) else { continue };
                parameters.retain(|known| known.name != read.name || known.place != read.place);
                parameters.push(read);
            }
        }
        // What stands in braces has to be given, whether it is described or not.
        for name in in_path {
            if !parameters.iter().any(|known| known.place == In::Path && known.name == name) {
                parameters.push(Parameter {
                    name: name.to_owned(),
                    place: In::Path,
                    required: true,
                    description: String::new(),
                    schema: json!({"type": "string"}),
                });
            }
        }
        parameters
    }

    fn parameter(&mut self, parameter: &'a Value, in_path: &[&str]) -> Option<Parameter> {
        let parameter = self.resolved(parameter)?;
        let text = |name: &str| parameter.get(name).and_then(Value::as_str).unwrap_or_default();
        let (name, required) = (text("name"), parameter.get("required") == Some(&Value::Bool(true)));
        let place = match text("in") {
            "path" if in_path.contains(&name) => In::Path,
            "query" => In::Query,
            "header" if required && !OURS.contains(&name.to_ascii_lowercase().as_str()) => {
                LeftOut::note(&mut self.left_out.headers, name);
                return None;
            }
            _ => return None,
        };
        if !is_name(name) {
            LeftOut::note(&mut self.left_out.names, name);
            return None;
        }
        let mut schema = match parameter.get("schema") {
            Some(schema) => self.schema(schema),
            // Or as the body of a type of its own.
            None => self.content(parameter, false).map_or_else(|| json!({}), |content| content.schema),
        };
        if let Some(schema) = schema.as_object_mut() {
            for mark in [FIELD, "style"] {
                let value = parameter.get(mark).and_then(Value::as_str).filter(|value| is_name(value));
                let unusual = |value: &str| !matches!(value, "form" | "simple");
                if let Some(value) = value.filter(|value| mark == FIELD || unusual(value)) {
                    let key = if mark == FIELD { mark } else { "x-style" };
                    schema.insert(key.to_owned(), value.into());
                }
            }
            if place == In::Query && parameter.get("explode") == Some(&Value::Bool(false)) {
                schema.insert("x-explode".to_owned(), false.into());
            }
        }
        let required = required || place == In::Path;
        let description = cut(text("description"), DESCRIPTION);
        Some(Parameter { name: name.to_owned(), place, required, description, schema })
    }
}

/// A name that can be shown and sent as it is.
pub fn is_name(name: &str) -> bool {
    // The marker by which numbers of any length pass through the JSON library is no name.
    !name.is_empty()
        && name.len() <= NAME
        && !name.starts_with("$serde_json")
        && !name.contains(['\n', '\t'])
        && !hides(name)
}

//! The same document laid out in other ways: parameters of a path as a whole, shared components, media types.

use serde_json::{Map, Value, json};

use super::dice::Dice;
use super::plan::Plan;

/// Lays the document out as the variant wants it; what it says stays the same.
pub fn arrange(plan: &Plan, document: &mut Value) {
    let mut dice = Dice::of(plan.seed, "arrange");
    let (whole, shared, bodies, media) = (dice.chance(40), dice.chance(40), dice.chance(30), dice.chance(30));
    let mut components = Components::default();
    for item in document["paths"].as_object_mut().unwrap().values_mut() {
        for operation in item.as_object_mut().unwrap().values_mut() {
            if media {
                media_types(operation);
            }
            if shared {
                components.share_parameters(operation);
            }
            if bodies {
                components.share_answers(operation);
            }
        }
        if whole {
            lift_path_parameters(item);
        }
    }
    for (kind, entries) in [("parameters", components.parameters), ("responses", components.responses)] {
        if !entries.is_empty() {
            document["components"][kind] = Value::Object(entries);
        }
    }
}

/// Parameters in the path belong to all operations of it.
fn lift_path_parameters(item: &mut Value) {
    let item = item.as_object_mut().unwrap();
    let mut lifted = Vec::new();
    for operation in item.values_mut() {
        let (path, rest) = operation["parameters"]
            .as_array()
            .unwrap()
            .iter()
            .cloned()
            .partition::<Vec<Value>, _>(|parameter| parameter["in"] == "path");
        operation["parameters"] = Value::Array(rest);
        lifted = path;
    }
    if !lifted.is_empty() {
        item.insert("parameters".to_owned(), Value::Array(lifted));
    }
}

/// `charset` behind the media type, as some generators write it.
fn media_types(operation: &mut Value) {
    let rename = |content: &mut Value| {
        if let Some(content) = content.as_object_mut()
            && let Some(schema) = content.remove("application/json")
        {
            content.insert("application/json; charset=utf-8".to_owned(), schema);
        }
    };
    if let Some(content) = operation.pointer_mut("/requestBody/content") {
        rename(content);
    }
    for response in operation["responses"].as_object_mut().unwrap().values_mut() {
        if let Some(content) = response.get_mut("content") {
            rename(content);
        }
    }
}

#[derive(Default)]
struct Components {
    parameters: Map<String, Value>,
    responses: Map<String, Value>,
}

impl Components {
    /// Parameters without a resource of their own, by name.
    fn share_parameters(&mut self, operation: &mut Value) {
        for parameter in operation["parameters"].as_array_mut().unwrap() {
            if parameter["in"] == "path" || parameter["schema"].get("enum").is_some() {
                continue;
            }
            let name: String =
                parameter["name"].as_str().unwrap().chars().filter(char::is_ascii_alphanumeric).collect();
            let known = self.parameters.entry(name.clone()).or_insert_with(|| parameter.clone());
            if known == parameter {
                *parameter = json!({ "$ref": format!("#/components/parameters/{name}") });
            }
        }
    }

    /// Answers that say the same.
    fn share_answers(&mut self, operation: &mut Value) {
        for (status, response) in operation["responses"].as_object_mut().unwrap() {
            let kind = if status.starts_with('2') { "Answer" } else { "Refusal" };
            let found =
                self.responses.iter().find(|(_, known)| *known == response).map(|(name, _)| name.clone());
            let name = found.unwrap_or_else(|| format!("{kind}{}", self.responses.len()));
            self.responses.entry(name.clone()).or_insert_with(|| response.clone());
            *response = json!({ "$ref": format!("#/components/responses/{name}") });
        }
    }
}

//! An OpenAPI 3.0 or 3.1 document: read from JSON or YAML, bounded, references resolved inside it alone.

use serde_json::{Map, Value};

use super::operation::{Content, In, Operation, Parameter, Verb};

/// Levels of schemas that are followed.
const DEPTH: usize = 16;

/// A parsed document.
#[derive(Clone, Debug)]
pub struct Document {
    root: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    #[error("the file is neither JSON nor YAML: {0}")]
    Unreadable(String),
    #[error("the file is no OpenAPI 3.0 or 3.1 description: {0}")]
    NotOpenApi(String),
}

impl Document {
    /// Reads a document.
    pub fn parse(bytes: &[u8]) -> Result<Self, SpecError> {
        let root: Value =
            serde_json::from_slice(bytes).map_err(|error| SpecError::Unreadable(error.to_string()))?;
        match root.get("openapi").and_then(Value::as_str) {
            Some(version) if version.starts_with("3.") => Ok(Self { root }),
            other => Err(SpecError::NotOpenApi(format!("`openapi` is {other:?}"))),
        }
    }

    /// `info.title` and `info.version`, as they came.
    pub fn title(&self) -> (&str, &str) {
        let info = |name: &str| self.root.pointer(&format!("/info/{name}")).and_then(Value::as_str);
        (info("title").unwrap_or_default(), info("version").unwrap_or_default())
    }

    /// The `url` of each of its servers, as they came: shown, never followed.
    pub fn servers(&self) -> Vec<&str> {
        let servers = self.root.get("servers").and_then(Value::as_array);
        servers.into_iter().flatten().filter_map(|server| server.get("url")?.as_str()).collect()
    }

    /// Every operation, in the order of the document.
    pub fn operations(&self) -> Vec<Operation> {
        let paths = self.root.get("paths").and_then(Value::as_object);
        let mut operations = Vec::new();
        for (path, item) in paths.into_iter().flatten() {
            let item = self.resolved(item);
            for (name, verb) in [
                ("get", Verb::Get),
                ("post", Verb::Post),
                ("put", Verb::Put),
                ("patch", Verb::Patch),
                ("delete", Verb::Delete),
            ] {
                if let Some(operation) = item.get(name).and_then(Value::as_object) {
                    operations.push(self.operation(verb, path, item, operation));
                }
            }
        }
        operations
    }

    fn operation(&self, verb: Verb, path: &str, item: &Value, operation: &Map<String, Value>) -> Operation {
        let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let of = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
        let mut parameters: Vec<Parameter> = Vec::new();
        for parameter in of(item.get("parameters")).iter().chain(of(operation.get("parameters")).iter()) {
            let parameter = self.resolved(parameter);
            let place = match parameter.get("in").and_then(Value::as_str) {
                Some("path") => In::Path,
                Some("query") => In::Query,
                _ => continue,
            };
            let text = |name: &str| parameter.get(name).and_then(Value::as_str).unwrap_or_default();
            let read = Parameter {
                name: text("name").to_owned(),
                place,
                required: parameter.get("required") == Some(&Value::Bool(true)),
                description: text("description").to_owned(),
                schema: self.inlined(parameter.get("schema").unwrap_or(&Value::Null), DEPTH),
            };
            parameters.retain(|known| known.name != read.name || known.place != read.place);
            parameters.push(read);
        }
        let body = operation.get("requestBody").map(|body| self.resolved(body));
        let answers = operation.get("responses").and_then(Value::as_object);
        let answer = answers
            .into_iter()
            .flatten()
            .filter(|(status, _)| status.starts_with('2'))
            .find_map(|(_, answer)| self.content(self.resolved(answer), false));
        Operation {
            verb,
            path: path.to_owned(),
            id: operation.get("operationId").and_then(Value::as_str).map(str::to_owned),
            tags: of(operation.get("tags")).iter().filter_map(|tag| Some(tag.as_str()?.to_owned())).collect(),
            summary: text("summary"),
            description: text("description"),
            deprecated: operation.get("deprecated") == Some(&Value::Bool(true)),
            parameters,
            body: body.and_then(|body| self.content(body, body.get("required") == Some(&Value::Bool(true)))),
            answer,
            extensions: operation
                .iter()
                .filter(|(name, _)| name.starts_with("x-"))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        }
    }

    fn content(&self, holder: &Value, required: bool) -> Option<Content> {
        let content = holder.get("content")?.as_object()?;
        let rank = |media: &str| match media {
            media if media.contains("json") => 0,
            media if media.starts_with("multipart/") => 1,
            _ => 2,
        };
        let (media, inner) = content.iter().min_by_key(|(media, _)| rank(media))?;
        Some(Content {
            media_type: media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase(),
            required,
            schema: self.inlined(inner.get("schema").unwrap_or(&Value::Null), DEPTH),
        })
    }

    /// What a local reference leads to; the value itself where it is none.
    fn resolved<'a>(&'a self, value: &'a Value) -> &'a Value {
        let mut value = value;
        for _ in 0..DEPTH {
            let Some(target) = value.get("$ref").and_then(Value::as_str) else { return value };
            match target.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) {
                Some(found) => value = found,
                None => return &Value::Null,
            }
        }
        &Value::Null
    }

    fn inlined(&self, schema: &Value, depth: usize) -> Value {
        if depth == 0 {
            return Value::Object(Map::new());
        }
        match self.resolved(schema) {
            Value::Object(fields) => Value::Object(
                fields.iter().map(|(name, value)| (name.clone(), self.inlined(value, depth - 1))).collect(),
            ),
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.inlined(item, depth - 1)).collect())
            }
            other => other.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Document;
    use crate::spec::{OURS, Verb};

    #[test]
    fn our_own_description_is_read() {
        let ours = Document::parse(OURS.as_bytes()).unwrap();
        let operations = ours.operations();
        let create = operations.iter().find(|one| one.id.as_deref() == Some("create_invoice")).unwrap();
        assert_eq!((create.verb, create.path.as_str()), (Verb::Post, "/v1/invoices"));
        assert!(
            create.body.as_ref().unwrap().schema["properties"]["lines"]["items"]["properties"]["price"]
                .is_object()
        );
        // `get_report` is any report by its name, which no path of ours is written for.
        for row in crate::catalogue::all().filter(|row| row.tool != "get_report") {
            assert!(operations.iter().any(|one| one.path == row.path), "{}", row.tool);
        }
    }
}

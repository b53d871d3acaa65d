//! Arguments that a modern server wants to see in headers too: `x-mcp-header` in a tool's input schema.

use std::sync::{Mutex, MutexGuard, PoisonError};

use http::header::{HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::Request;
use super::era::header;

/// No server has more of them for all its tools together.
const MOST: usize = 1_000;
/// How deep an argument may lie.
const DEPTH: usize = 16;

/// Which arguments of which tools are repeated in which headers, as far as lists have told.
#[derive(Default)]
pub struct Mirrored(Mutex<Vec<Argument>>);

struct Argument {
    tool: String,
    /// Names of properties, from the outermost to the innermost.
    path: Vec<String>,
    header: HeaderName,
}

impl Mirrored {
    /// Learns from a list of tools, in place of what was known.
    pub fn learn(&self, tools: &[Value]) {
        let mut found = Vec::new();
        for tool in tools {
            if let (Some(Value::String(name)), Some(schema)) = (tool.get("name"), tool.get("inputSchema")) {
                collect(name, schema, &mut Vec::new(), &mut found);
            }
        }
        *self.arguments() = found;
    }

    /// The headers of a call.
    pub fn headers(&self, request: &Request) -> Vec<(HeaderName, HeaderValue)> {
        let Some(Value::String(tool)) = request.params.get("name") else { return Vec::new() };
        let arguments = self.arguments();
        let of_tool = arguments.iter().filter(|argument| argument.tool == *tool);
        let value = |argument: &Argument| {
            let mut value = request.params.get("arguments")?;
            for name in &argument.path {
                value = value.get(name)?;
            }
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(_) | Value::Bool(_) => value.to_string(),
                _ => return None,
            };
            Some((argument.header.clone(), header(&text)?))
        };
        of_tool.filter_map(value).collect()
    }

    fn arguments(&self) -> MutexGuard<'_, Vec<Argument>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Looks through the properties of a schema, and theirs.
fn collect(tool: &str, schema: &Value, path: &mut Vec<String>, found: &mut Vec<Argument>) {
    let empty = Map::new();
    let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&empty);
    for (name, schema) in properties {
        if found.len() >= MOST || path.len() >= DEPTH {
            return;
        }
        path.push(name.clone());
        let named = schema.get("x-mcp-header").and_then(Value::as_str);
        let header = named.and_then(|named| format!("mcp-param-{named}").to_ascii_lowercase().parse().ok());
        found.extend(header.map(|header| Argument { tool: tool.to_owned(), path: path.clone(), header }));
        collect(tool, schema, path, found);
        path.pop();
    }
}

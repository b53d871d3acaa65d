//! An OpenAPI 3.0 or 3.1 document: read from JSON or YAML, bounded, references resolved inside it alone.

mod bytes;
mod inlining;
mod parameters;
mod paths;
mod problem;
mod reading;
mod yaml;

#[cfg(test)]
mod tests;

use serde_json::Value;

pub use problem::SpecError;

use super::operation::Operation;
use crate::text::in_line;
use reading::Reader;

/// Bytes of a file.
pub const MOST_BYTES: usize = 10_000_000;
/// Values in a file, and behind YAML's aliases.
const MOST_PARTS: usize = 400_000;
/// Lists and maps in each other.
const DEEPEST: usize = 100;
/// Operations that are read.
const MOST_OPERATIONS: usize = 2_000;

const TITLE: usize = 120;
const VERSION: usize = 40;
const ADDRESS: usize = 200;

/// A parsed document: what is used of it.
#[derive(Clone, Debug)]
pub struct Document {
    title: String,
    version: String,
    servers: Vec<String>,
    operations: Vec<Operation>,
    left_out: Vec<String>,
}

impl Document {
    /// Reads a document: JSON or YAML by what is in it.
    pub fn parse(bytes: &[u8]) -> Result<Self, SpecError> {
        let root = value(bytes::text(bytes)?)?;
        check_version(&root)?;
        let info = |name: &str, most: usize| match root.pointer(&format!("/info/{name}")) {
            Some(Value::String(text)) => in_line(text, most),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let (title, version) = (info("title", TITLE), info("version", VERSION));
        let servers = root.get("servers").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let servers = servers.iter().filter_map(paths::address);
        let servers = servers.map(|url| in_line(&url, ADDRESS)).take(20).collect();
        let (operations, left_out) = Reader::new(&root).read();
        if operations.is_empty() {
            return Err(match left_out.first() {
                Some(why) => SpecError::NotOpenApi(why.clone()),
                None => SpecError::NoOperations,
            });
        }
        Ok(Self { title, version, servers, operations, left_out })
    }

    /// `info.title` and `info.version`, each on one line.
    pub fn title(&self) -> (&str, &str) {
        (&self.title, &self.version)
    }

    /// The `url` of each of its servers, variables replaced: shown, never followed.
    pub fn servers(&self) -> Vec<&str> {
        self.servers.iter().map(String::as_str).collect()
    }

    /// Every operation, in the order of the document: a copy.
    pub fn operations(&self) -> Vec<Operation> {
        self.operations.clone()
    }

    /// What of the document is not used, one sentence each, for people.
    pub fn left_out(&self) -> &[String] {
        &self.left_out
    }

    /// Takes `prefix` off all paths where all have it: an origin that has a path of its own brings it already.
    pub fn without_prefix(&mut self, prefix: &str) {
        let rest =
            |path: &str| path.strip_prefix(prefix).filter(|rest| rest.starts_with('/')).map(str::to_owned);
        if prefix.is_empty() || !self.operations.iter().all(|operation| rest(&operation.path).is_some()) {
            return;
        }
        for operation in &mut self.operations {
            operation.path = rest(&operation.path).unwrap_or_default();
        }
    }
}

fn value(text: &str) -> Result<Value, SpecError> {
    let first = text.trim_start().bytes().next();
    if first == Some(b'<') {
        return Err(SpecError::Page);
    }
    let of_yaml = || yaml::read(text, MOST_PARTS);
    if !matches!(first, Some(b'{' | b'[')) {
        return of_yaml().map_err(SpecError::Unreadable);
    }
    if bytes::parts_of_json(text) > MOST_PARTS {
        return Err(SpecError::TooManyParts(MOST_PARTS));
    }
    // YAML writes maps in braces too, with or without quotes.
    serde_json::from_str(text)
        .or_else(|error| of_yaml().map_err(|_| SpecError::Unreadable(error.to_string())))
}

fn check_version(root: &Value) -> Result<(), SpecError> {
    let Value::Object(fields) = root else {
        return Err(SpecError::NotOpenApi("it is no map of fields".to_owned()));
    };
    let text = |name: &str| match fields.get(name) {
        Some(Value::String(text)) => Some(in_line(text, VERSION)),
        Some(Value::Number(number)) => Some(in_line(&number.to_string(), VERSION)),
        _ => None,
    };
    if let Some(version) = text("openapi") {
        return match version.split('.').next() {
            Some("3") => Ok(()),
            _ => Err(SpecError::NotOpenApi(format!("it says `openapi: {version}`"))),
        };
    }
    if let Some(version) = text("swagger") {
        return Err(SpecError::Swagger(version));
    }
    let schema = root.pointer("/info/schema").and_then(Value::as_str);
    if schema.is_some_and(|schema| schema.contains("postman")) {
        return Err(SpecError::Postman);
    }
    let other = ["asyncapi", "openrpc", "arazzo", "overlay", "$schema", "swaggerVersion"];
    Err(SpecError::NotOpenApi(match other.iter().find(|name| fields.contains_key(**name)) {
        Some(name) => format!("it says `{name}` where `openapi: 3…` should stand"),
        None => "`openapi: 3…` does not stand in it".to_owned(),
    }))
}

//! The list of tools, as the bytes that go out: made once for each era, until the tools change.

use std::sync::Arc;

use rmcp::model::ErrorData;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::server::FRESH_MS;
use super::session::Prepared;
use crate::gateway::Tool;

/// The whole result of `tools/list`. `meta` is that of the modern era.
pub(super) fn tools(tools: &[Tool], meta: Option<&Map<String, Value>>) -> Result<Prepared, ErrorData> {
    let list = List { tools, meta };
    let json = serde_json::to_vec(&list).map_err(|_| {
        ErrorData::internal_error("the list of tools is no JSON; its defect is lumabill's", None)
    })?;
    Ok(Prepared { member: "result", json: Arc::new(json) })
}

struct List<'a> {
    tools: &'a [Tool],
    meta: Option<&'a Map<String, Value>>,
}

impl Serialize for List<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let modern = self.meta.is_some();
        let mut list = serializer.serialize_map(None)?;
        if let Some(meta) = self.meta {
            list.serialize_entry("resultType", "complete")?;
            list.serialize_entry("_meta", meta)?;
            list.serialize_entry("ttlMs", &FRESH_MS)?;
            list.serialize_entry("cacheScope", "private")?;
        }
        let rows: Vec<_> = self.tools.iter().map(|tool| Row { tool, modern }).collect();
        list.serialize_entry("tools", &rows)?;
        list.end()
    }
}

struct Row<'a> {
    tool: &'a Tool,
    modern: bool,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let tool = self.tool;
        let mut row = serializer.serialize_map(None)?;
        row.serialize_entry("name", &tool.name)?;
        row.serialize_entry("description", &tool.description)?;
        row.serialize_entry("inputSchema", &*tool.input_schema)?;
        // Clients of the older era refuse a whole list for one schema of anything but an object.
        let schema = tool.output_schema.as_ref();
        if let Some(schema) = schema.filter(|schema| self.modern || is_of_object(schema)) {
            row.serialize_entry("outputSchema", &**schema)?;
        }
        row.serialize_entry("annotations", &tool.annotations())?;
        for (name, value) in tool.further() {
            row.serialize_entry(name, value)?;
        }
        row.end()
    }
}

fn is_of_object(schema: &Map<String, Value>) -> bool {
    schema.get("type").and_then(Value::as_str) == Some("object")
}

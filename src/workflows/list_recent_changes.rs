//! `list_recent_changes`: what was written through this machine, from its journal. Sends nothing.

use serde_json::{Map, Value, json};

use super::Workflow;
use crate::catalogue::params::{integer, text};
use crate::catalogue::{Endpoint, Toolset};
use crate::failure::here;
use crate::gateway::calls::{Calls, Stop};

/// Entries in one answer where `limit` is not given, and at the most.
const DEFAULT_LIMIT: usize = 25;
const LARGEST_LIMIT: usize = 200;

pub const WORKFLOW: Workflow = Workflow {
    row: Endpoint {
        tool: "list_recent_changes",
        toolset: Toolset::Settings,
        default: true,
        about: "What was written through this machine, newest first, and what became of it.",
        params: &[text("since").gateway().about("today, 7d or a date"), integer("limit").gateway()],
        ..Endpoint::COMPOSED
    },
    creates: None,
    output: &[],
    run: |calls| Box::pin(run(calls)),
};

async fn run(calls: &dyn Calls) -> Result<Map<String, Value>, Stop> {
    let arguments = calls.arguments();
    let since = arguments.get("since").and_then(Value::as_str);
    let limit = arguments.get("limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok());
    let limit = limit.map_or(DEFAULT_LIMIT, |limit| limit.clamp(1, LARGEST_LIMIT));
    // One more shows whether there are more.
    let mut entries = calls.recent_changes(since, limit + 1).await?;
    let complete = entries.len() <= limit;
    entries.truncate(limit);
    let mut facts = Map::new();
    facts.insert("n".into(), json!(entries.len()));
    facts.insert("of".into(), if complete { json!(entries.len()) } else { Value::Null });
    facts.insert("complete".into(), json!(complete));
    facts.insert("items".into(), Value::Array(entries));
    if !complete {
        let go_on = format!(
            "more: give a larger `limit` (at most {LARGEST_LIMIT}), or all in the terminal: `lumabill history`"
        );
        facts.insert("go_on".into(), json!(here(&go_on)));
    }
    Ok(facts)
}

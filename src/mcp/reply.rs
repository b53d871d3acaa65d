//! Turns what became of a call into a tool result: text and structured content carry the same facts,
//! since some clients show the model only one of them. Also the tools as they are listed.

use std::sync::Arc;

use rmcp::model::{CallToolResult, ContentBlock, ErrorData, MetaObject, Tool, ToolAnnotations};
use serde_json::Value;

use crate::failure::Failure;
use crate::gateway::{self, Done};

/// The result of a call that did what it was asked for.
pub(super) fn done(done: Done, meta: Option<MetaObject>) -> CallToolResult {
    let mut result = CallToolResult::success(vec![ContentBlock::text(done.text)]);
    result.structured_content = Some(Value::Object(done.structured));
    result.meta = meta;
    result
}

/// The result of a call that did not.
pub(super) fn failed(failure: &Failure, meta: Option<MetaObject>) -> CallToolResult {
    let mut result = CallToolResult::error(vec![ContentBlock::text(text(failure))]);
    result.structured_content = Some(failure.json());
    result.meta = meta;
    result
}

/// The terminal's lines, and what besides them the structured content says.
pub(super) fn text(failure: &Failure) -> String {
    let mut text = failure.text();
    let mut add = |name: &str, value: &str| {
        text.push('\n');
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
    };
    add("code", failure.code);
    add("sent", failure.sent.word());
    for (name, value) in &failure.facts {
        match value {
            Value::String(value) => add(name, value),
            value => add(name, &value.to_string()),
        }
    }
    text
}

/// A tool that is not served is an error of the protocol; it names the one that was probably meant.
pub(super) fn unknown_tool(failure: &Failure, asked: &str, tools: &[gateway::Tool]) -> ErrorData {
    let mut message = failure.message.clone();
    let nearest = tools.iter().map(|tool| (distance(asked, &tool.name), &tool.name)).min();
    match (&failure.hint, nearest) {
        (Some(hint), _) => {
            message.push_str("; ");
            message.push_str(hint);
        }
        (None, Some((distance, nearest))) if distance <= asked.chars().count().div_ceil(2) => {
            message.push_str("; did you mean `");
            message.push_str(nearest);
            message.push_str("`?");
        }
        (None, _) => message.push_str("; tools/list names those that are served"),
    }
    ErrorData::invalid_params(message, None)
}

/// How many letters have to change to get from one name to the other.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (at, letter) in from.chars().enumerate() {
        let mut diagonal = at;
        let mut left = at + 1;
        for (cell, other) in row.iter_mut().skip(1).zip(to.chars()) {
            let here = (diagonal + usize::from(letter != other)).min(*cell + 1).min(left + 1);
            diagonal = std::mem::replace(cell, here);
            left = here;
        }
        if let Some(first) = row.first_mut() {
            *first = at + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

/// The tools as the SDK lists them: hints only where they say something.
pub(super) fn listed(tools: &[gateway::Tool]) -> Arc<Vec<Tool>> {
    let listed = tools.iter().map(|tool| {
        let hints = ToolAnnotations::from_raw(
            None,
            Some(tool.read_only),
            tool.destructive,
            tool.idempotent,
            tool.open_world,
        );
        let mut listed =
            Tool::new(tool.name.clone(), tool.description.clone(), Arc::clone(&tool.input_schema))
                .with_annotations(hints);
        listed.output_schema.clone_from(&tool.output_schema);
        listed
    });
    Arc::new(listed.collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::{distance, failed, text, unknown_tool};
    use crate::failure::{Exit, Failure, Sent};
    use crate::gateway::Tool;

    #[test]
    fn text_and_structured_content_of_a_failure_carry_the_same_facts() {
        let failure = Failure::new("rate_limited", Exit::Unavailable, "the API is busy")
            .because("429 from the API")
            .hint("wait")
            .sent(Sent::Refused)
            .fact("retry_after_s", 12)
            .fact("field_issues", json!([{"field": "due_date"}]));
        assert_eq!(
            text(&failure),
            "error: the API is busy\ncaused by: 429 from the API\nhint: wait\ncode: rate_limited\n\
             sent: refused_by_api\nretry_after_s: 12\nfield_issues: [{\"field\":\"due_date\"}]"
        );
        let result = failed(&failure, None);
        assert_eq!(result.is_error, Some(true));
        let structured = result.structured_content.unwrap();
        let words = text(&failure);
        for (name, value) in structured["error"].as_object().unwrap() {
            let value = if name == "caused_by" { &value[0] } else { value };
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert!(words.contains(&value), "{name} is missing from the text");
        }
    }

    #[test]
    fn an_unknown_tool_names_the_nearest_one() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        let tool = |name: &str| Tool {
            name: name.into(),
            description: String::new(),
            input_schema: Map::new().into(),
            output_schema: None,
            more: None,
            read_only: true,
            destructive: None,
            idempotent: None,
            open_world: None,
        };
        let tools = [tool("list_clients"), tool("list_invoices")];
        let failure = Failure::new("unknown_tool", Exit::Refused, "there is no tool `x`");
        let error = unknown_tool(&failure, "list_invoice", &tools);
        assert_eq!(error.code.0, -32602);
        assert_eq!(error.message, "there is no tool `x`; did you mean `list_invoices`?");
        let error = unknown_tool(&failure, "weather", &tools);
        assert_eq!(error.message, "there is no tool `x`; tools/list names those that are served");
    }
}

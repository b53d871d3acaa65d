//! Turns what became of a call into a tool result: text and structured content carry the same facts,
//! since some clients show the model only one of them.

use rmcp::model::ErrorData;
use serde_json::{Map, Value, json};

use super::session::Prepared;
use crate::failure::Failure;
use crate::gateway::{self, Done};

/// What a request is answered with.
pub(super) enum Reply {
    Result(Value),
    Prepared(Prepared),
}

/// The result of a call that did what it was asked for. `meta` is that of the modern era.
pub(super) fn done(done: Done, meta: Option<Map<String, Value>>) -> Value {
    result(done.text, Value::Object(done.structured), false, meta)
}

/// The result of a call that did not.
pub(super) fn failed(failure: &Failure, meta: Option<Map<String, Value>>) -> Value {
    result(text(failure), failure.json(), true, meta)
}

fn result(text: String, structured: Value, failed: bool, meta: Option<Map<String, Value>>) -> Value {
    let mut result = Map::new();
    if meta.is_some() {
        result.insert("resultType".to_owned(), json!("complete"));
    }
    result.insert("content".to_owned(), Value::Array(vec![text_block(text)]));
    result.insert("structuredContent".to_owned(), structured);
    result.insert("isError".to_owned(), Value::Bool(failed));
    if let Some(meta) = meta {
        result.insert("_meta".to_owned(), Value::Object(meta));
    }
    Value::Object(result)
}

/// A text for the model.
pub(super) fn text_block(text: String) -> Value {
    let mut block = Map::new();
    block.insert("type".to_owned(), json!("text"));
    block.insert("text".to_owned(), Value::String(text));
    Value::Object(block)
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
        assert_eq!(result["isError"], true);
        let structured = &result["structuredContent"];
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

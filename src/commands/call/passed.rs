//! A remote server's own result as a person reads it: texts as texts, facts as fields and tables, and of what is no text
//! how much of it there is.

use serde_json::{Map, Value};

use super::super::present;
use crate::failure::{Exit, Failure, Sent};
use crate::gateway::Rejected;
use crate::text::in_line;

/// A word this long is a file's content, and nothing that a person reads.
const LONGEST_WORD: usize = 400;

/// Characters of a block that nobody here knows.
const MOST: usize = 2000;

/// The text of a result, ending with a line break; `width` in columns, where there is a terminal.
pub fn text(tool: &str, result: &Map<String, Value>, width: Option<usize>) -> String {
    let structured = result.get("structuredContent").filter(|facts| !facts.is_null());
    let mut parts: Vec<String> = structured.map(|facts| shown(tool, facts, width)).into_iter().collect();
    for block in blocks(result) {
        let said = block.get("text").and_then(Value::as_str);
        let facts = said.and_then(as_json);
        match (block.get("type").and_then(Value::as_str), said) {
            // The same facts once more, for clients that read only the one or the other.
            (Some("text"), Some(_)) if structured.is_some() && facts.as_ref() == structured => {}
            (Some("text"), Some(said)) => {
                parts.push(facts.map_or_else(|| line_by_line(said), |facts| shown(tool, &facts, width)));
            }
            _ => parts.push(other(block)),
        }
    }
    let text = parts.iter().map(|part| part.trim_end()).filter(|part| !part.is_empty()).collect::<Vec<_>>();
    if text.is_empty() { "done; the server said nothing\n".to_owned() } else { text.join("\n\n") + "\n" }
}

/// The failure that a result says; `None` where it is none.
pub fn failure(tool: &str, result: &Map<String, Value>) -> Option<Failure> {
    if result.get("isError") != Some(&Value::Bool(true)) {
        return None;
    }
    let said: Vec<_> = blocks(result).filter_map(|block| block.get("text")?.as_str()).collect();
    let said = in_line(&said.join(" "), MOST);
    let message = if said.is_empty() {
        format!("the server refused `{tool}` and did not say why")
    } else {
        format!("the server refused `{tool}`: {said}")
    };
    Some(Failure::new("refused_by_server", Exit::Refused, message).sent(Sent::Refused))
}

/// The same for an error of the protocol.
pub fn rejected(tool: &str, rejected: &Rejected) -> Failure {
    let message = format!(
        "the server answered `{tool}` with error {}: {}",
        rejected.code,
        in_line(&rejected.message, MOST)
    );
    let failure = Failure::new("refused_by_server", Exit::Refused, message)
        .sent(Sent::Refused)
        .fact("rpc_code", rejected.code)
        .hint(format!("see what it takes: `lumabill tools {tool}`"));
    match &rejected.data {
        Some(data) => failure.because(in_line(&data.to_string(), MOST)).fact("data", data.clone()),
        None => failure,
    }
}

fn blocks(result: &Map<String, Value>) -> impl Iterator<Item = &Value> {
    result.get("content").and_then(Value::as_array).into_iter().flatten()
}

/// Records and lists of them; a single word or number is a text.
fn as_json(text: &str) -> Option<Value> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    serde_json::from_str(text).ok()
}

fn shown(tool: &str, facts: &Value, width: Option<usize>) -> String {
    match without_content(facts) {
        Value::Object(fields) => present::result(tool, &fields, width),
        Value::Array(rows) if rows.iter().all(Value::is_object) => {
            let fields = std::iter::once(("result".to_owned(), Value::Array(rows))).collect();
            present::result(tool, &fields, width)
        }
        other => format!("{other:#}"),
    }
}

/// The facts with words in the place of the content of files.
fn without_content(facts: &Value) -> Value {
    match facts {
        Value::String(text) if text.len() > LONGEST_WORD && !text.contains([' ', '\n']) => {
            Value::String(format!("{} of text (not shown)", size(text.len())))
        }
        Value::Array(items) => items.iter().map(without_content).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), without_content(value))).collect()
        }
        other => other.clone(),
    }
}

fn line_by_line(text: &str) -> String {
    let long = |word: &str| word.len() > LONGEST_WORD;
    if !text.split_whitespace().any(long) {
        return text.to_owned();
    }
    let words = |line: &str| {
        line.split(' ')
            .map(|word| if long(word) { content(word.len()) } else { word.to_owned() })
            .collect::<Vec<_>>()
    };
    text.lines().map(|line| words(line).join(" ")).collect::<Vec<_>>().join("\n")
}

fn content(bytes: usize) -> String {
    format!("({} not shown)", size(bytes))
}

/// What is no text.
fn other(block: &Value) -> String {
    let field = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(|text| in_line(text, 300));
    let encoded = |of: &Value, name: &str| {
        let bytes = of.get(name)?.as_str()?.len() / 4 * 3;
        let kind = field(of, "mimeType").unwrap_or_else(|| "of an unknown kind".to_owned());
        Some(format!("{kind}, {} (not shown)", size(bytes)))
    };
    let said = match field(block, "type").as_deref() {
        Some("image" | "audio") => encoded(block, "data"),
        Some("resource") => block.get("resource").and_then(|resource| {
            let place = field(resource, "uri").unwrap_or_default();
            match resource.get("text").and_then(Value::as_str) {
                Some(text) => Some(format!("{place}:\n{}", line_by_line(text))),
                None => encoded(resource, "blob").map(|blob| format!("{place}: {blob}")),
            }
        }),
        Some("resource_link") => field(block, "uri").map(|place| {
            let name = field(block, "title").or_else(|| field(block, "name"));
            name.map_or_else(|| place.clone(), |name| format!("{name}: {place}"))
        }),
        _ => None,
    };
    said.unwrap_or_else(|| in_line(&without_content(block).to_string(), MOST))
}

fn size(bytes: usize) -> String {
    match bytes {
        small @ ..1000 => format!("{small} bytes"),
        kilo @ ..1_000_000 => format!("{} kB", kilo.div_ceil(1000)),
        mega => format!("{}.{} MB", mega / 1_000_000, mega % 1_000_000 / 100_000),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{failure, text};

    fn result(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(fields) => fields,
            _ => Map::new(),
        }
    }

    #[test]
    fn blocks_are_read_by_a_person() {
        let shown = text(
            "t",
            &result(json!({"content": [
                {"type": "text", "text": "two\nlines"},
                {"type": "image", "data": "A".repeat(16_000), "mimeType": "image/png"},
                {"type": "resource", "resource": {"uri": "file:///a.txt", "text": "inside"}},
                {"type": "resource", "resource": {"uri": "file:///a.pdf", "blob": "AAAA", "mimeType": "application/pdf"}},
                {"type": "resource_link", "uri": "https://x/1", "name": "one"},
                {"type": "hologram", "depth": 3},
            ]})),
            None,
        );
        assert_eq!(
            shown,
            "two\nlines\n\nimage/png, 12 kB (not shown)\n\nfile:///a.txt:\ninside\n\n\
            file:///a.pdf: application/pdf, 3 bytes (not shown)\n\none: https://x/1\n\n\
            {\"type\":\"hologram\",\"depth\":3}\n"
        );
    }

    #[test]
    fn facts_are_shown_once_and_content_of_files_is_not() {
        let facts = json!({"faktooraId": "INV-0042", "base64Content": "A".repeat(3000)});
        let both =
            json!({"content": [{"type": "text", "text": facts.to_string()}], "structuredContent": facts});
        let shown = text("t", &result(both), None);
        assert_eq!(shown.matches("INV-0042").count(), 1, "{shown}");
        assert!(shown.contains("3 kB of text (not shown)") && !shown.contains("AAAA"), "{shown}");
        let only = json!({"content": [{"type": "text", "text": facts.to_string()}]});
        assert_eq!(text("t", &result(only), None), shown);
        let money = json!({"content": [{"type": "text", "text": "{\"total\": 8000.00}"}]});
        assert!(text("t", &result(money), None).contains("000.00"));
        assert!(text("t", &result(json!({})), None).contains("said nothing"));
    }

    #[test]
    fn an_error_is_a_failure_with_the_servers_words() {
        let refused = json!({"isError": true, "content": [{"type": "text", "text": "no such\u{1b} client"}]});
        let failure = failure("t", &result(refused)).unwrap();
        assert!(
            failure.message.contains("no such") && !failure.message.contains('\u{1b}'),
            "{}",
            failure.message
        );
        assert!(super::failure("t", &result(json!({"content": []}))).is_none());
    }
}

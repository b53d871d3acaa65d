//! Results as a person reads them in a terminal: reports as statements, lists as tables with amounts under each
//! other, records as fields, the notes below. Ids are never shortened.

mod breakdown;
mod figures;
mod grid;
mod statement;
mod table;

use serde_json::{Map, Value};

use crate::gateway::reports;
use crate::text::in_line;
use figures::{amount, are_money};
use table::Around;

/// Labels of accounts are set in by up to so many spaces.
const DEEPEST: usize = 16;

/// Texts and names of fields on one line each, so that none passes for a line of ours. Indentation stays.
fn on_one_line(value: &Value) -> Value {
    match value {
        Value::String(text) => {
            let indent = text.len() - text.trim_start_matches(' ').len();
            Value::String(" ".repeat(indent.min(DEEPEST)) + &in_line(text, usize::MAX))
        }
        Value::Array(items) => items.iter().map(on_one_line).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (in_line(name, usize::MAX), on_one_line(value))).collect()
        }
        other => other.clone(),
    }
}

/// How wide it may be, and whether the amounts have a currency that is said above them.
#[derive(Clone, Copy, Default)]
struct Look {
    width: Option<usize>,
    in_currency: bool,
}

impl Look {
    fn set_in(self, by: usize) -> Self {
        Self { width: self.width.map(|width| width.saturating_sub(by)), ..self }
    }

    /// A table below a heading.
    fn table(self, rows: &[Value]) -> String {
        let around =
            Around { width: self.width, in_currency: self.in_currency, whole: true, ..Around::default() };
        table::table(rows, around)
    }
}

/// The text of a tool's result, ending with a line break; `width` in columns, where there is a terminal.
pub fn result(tool: &str, structured: &Map<String, Value>, width: Option<usize>) -> String {
    let structured = &structured
        .iter()
        .map(|(name, value)| (in_line(name, usize::MAX), on_one_line(value)))
        .collect::<Map<_, _>>();
    let look = Look { width, in_currency: structured.get("currency").is_some_and(Value::is_string) };
    let (mut parts, mut scalars) = (Vec::new(), Vec::new());
    for (name, value) in structured.iter().filter(|(name, value)| !is_said_elsewhere(name, value, structured))
    {
        match part(tool, (name, value), structured, look) {
            Some(part) => {
                flush(&mut scalars, look, &mut parts);
                parts.push(part);
            }
            None => scalars.push((name.as_str(), value)),
        }
    }
    flush(&mut scalars, look, &mut parts);
    let has = |name: &str| structured.contains_key(name);
    if has("n") && has("complete") && !has("items") {
        parts.push(counted(structured));
    }
    format!("{}\n", parts.join("\n"))
}

/// Facts that stand within another part.
fn is_said_elsewhere(name: &str, value: &Value, structured: &Map<String, Value>) -> bool {
    let has = |name: &str| structured.contains_key(name);
    match name {
        "n" | "of" | "complete" => has("n") && has("complete"),
        "currency" | "sums" => has("items"),
        "method" | "basis" | "notice" => has("report"),
        "go_on" => has("next_cursor") && value.as_str().is_some_and(|text| text.starts_with("more: call")),
        _ => value.is_null(),
    }
}

/// What is more than a name and a value.
fn part(
    tool: &str,
    (name, value): (&str, &Value),
    structured: &Map<String, Value>,
    look: Look,
) -> Option<String> {
    let width = look.width;
    Some(match (name, value) {
        ("environment", value) => format!("{}: practice data, not real books", scalar(value)),
        ("profile", profile) => {
            format!("profile: {}", profile.get("name").map_or_else(|| scalar(profile), scalar))
        }
        ("items", Value::Array(rows)) => {
            let currency = structured.get("currency").and_then(Value::as_str);
            let sums = structured.get("sums").and_then(Value::as_object);
            let table = table::table(rows, Around { currency, sums, width, ..Around::default() });
            let parts = [table, counted(structured)].into_iter().filter(|part| !part.is_empty());
            parts.collect::<Vec<_>>().join("\n")
        }
        ("report", report) => {
            statement::statement(tool, structured, &reports::compact(report.clone()), width)
        }
        ("record", Value::Object(fields)) => fields_of(fields, look),
        ("next_cursor", cursor) => format!("more: the same with cursor={}", scalar(cursor)),
        ("filtered_here", names) => format!("filtered here, since the API does not: {}", inline(names)),
        ("notes", Value::Array(notes)) => {
            let note = |note: &Value| grid::hanging(&format!("note: {}", inline(note)), 0, width);
            notes.iter().map(note).collect::<Vec<_>>().join("\n")
        }
        (name, Value::Array(rows)) if rows.iter().any(Value::is_object) => {
            format!("{name}:\n{}", indented(&look.set_in(2).table(rows), 2))
        }
        (_, Value::Object(currencies)) if currencies.iter().any(is_broken_down) => {
            let part = |(name, value): (&String, &Value)| match value {
                Value::Object(fields) => format!("\n{}", breakdown::breakdown(name, fields, width)),
                other => format!("{name}: {}", inline(other)),
            };
            currencies.iter().map(part).collect::<Vec<_>>().join("\n")
        }
        (name, Value::Object(fields)) => {
            format!("{name}:\n{}", indented(&fields_of(fields, look.set_in(2)), 2))
        }
        _ => return None,
    })
}

/// Facts of one value each; many of them with their values under each other.
fn flush(scalars: &mut Vec<(&str, &Value)>, look: Look, parts: &mut Vec<String>) {
    let many = scalars.len() > 3;
    let longest = scalars.iter().map(|(name, _)| grid::width_of(name)).max().unwrap_or_default();
    for (name, value) in scalars.drain(..) {
        let space = if many && !value.is_boolean() { longest - grid::width_of(name) } else { 0 };
        let text = grid::hanging(&shown(name, value, look), grid::width_of(name) + 2 + space, look.width);
        parts.push(format!("{name}: {}{text}", " ".repeat(space)));
    }
}

/// A value under its name.
fn shown(name: &str, value: &Value, look: Look) -> String {
    if figures::is_figure(value) && are_money(name, [value], look.in_currency) {
        amount(value)
    } else {
        inline(value)
    }
}

fn counted(structured: &Map<String, Value>) -> String {
    let n = structured.get("n").map(scalar).unwrap_or_default();
    let of = structured.get("of").filter(|of| !of.is_null()).map_or("unknown".to_owned(), scalar);
    let complete = structured.get("complete") == Some(&Value::Bool(true));
    format!("{n} of {of}{}", if complete { "" } else { " (not the whole list)" })
}

/// Fields one per line; lists of objects as tables below their name. Below the name of a currency all amounts
/// are in it.
fn fields_of(fields: &Map<String, Value>, look: Look) -> String {
    let in_currency = look.in_currency || fields.contains_key("currency");
    let look = Look { in_currency, ..look };
    let longest = fields.keys().map(|name| grid::width_of(name)).max().unwrap_or_default();
    let line = |(name, value): (&String, &Value)| match value {
        Value::Null => None,
        Value::Array(rows) if rows.iter().any(Value::is_object) => {
            let rows: Vec<Value> = rows.iter().map(without_id).collect();
            Some(format!("{name}:\n{}", indented(&look.set_in(2).table(&rows), 2)))
        }
        Value::Object(inner)
            if inner.values().any(|value| value.is_object() || value.is_array()) || inner.len() > 4 =>
        {
            let look = Look { in_currency: look.in_currency || is_currency(name), ..look.set_in(2) };
            Some(format!("{name}:\n{}", indented(&fields_of(inner, look), 2)))
        }
        value => {
            let space = " ".repeat(longest - grid::width_of(name));
            let look = Look { in_currency: look.in_currency || is_currency(name), ..look };
            let text = grid::hanging(&shown(name, value, look), longest + 2, look.width);
            Some(format!("{name}{space}  {text}"))
        }
    };
    fields.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

/// The facts of a currency, in lists that have their columns in common.
fn is_broken_down((name, value): (&String, &Value)) -> bool {
    is_currency(name) && value.as_object().is_some_and(breakdown::is_breakdown)
}

fn is_currency(name: &str) -> bool {
    name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// A row inside a record is never called by its id.
fn without_id(row: &Value) -> Value {
    let mut row = row.clone();
    if let Some(fields) = row.as_object_mut().filter(|fields| fields.len() > 2) {
        fields.shift_remove("id");
    }
    row
}

/// Names and values one pair a line.
fn pairs(fields: impl Iterator<Item = (String, String)>, width: Option<usize>) -> String {
    let mut grid = grid::Grid::of_two(false);
    fields.for_each(|(name, value)| grid.push(vec![name, value]));
    grid.text(width).or_else(|| grid.text(None)).unwrap_or_default()
}

fn indented(text: &str, by: usize) -> String {
    let pad = " ".repeat(by);
    text.lines().map(|line| format!("{pad}{line}")).collect::<Vec<_>>().join("\n")
}

/// The name of a field in words.
fn words(name: &str) -> String {
    name.replace(['_', '-'], " ")
}

fn inline(value: &Value) -> String {
    match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| format!("{name} {}", inline(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Value::Array(items) if items.is_empty() => "none".to_owned(),
        Value::Array(items) => items.iter().map(inline).collect::<Vec<_>>().join("; "),
        other => scalar(other),
    }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields.get("name").map_or_else(|| inline(value), scalar),
        Value::Array(_) => inline(value),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;

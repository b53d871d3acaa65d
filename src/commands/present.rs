//! Results as a person reads them in a terminal: reports as statements, lists as tables with amounts under each
//! other, records as fields, the notes below. Ids are never shortened.

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

/// The text of a tool's result, ending with a line break; `width` in columns, where there is a terminal.
pub fn result(tool: &str, structured: &Map<String, Value>, width: Option<usize>) -> String {
    let structured = &structured
        .iter()
        .map(|(name, value)| (in_line(name, usize::MAX), on_one_line(value)))
        .collect::<Map<_, _>>();
    let currency = structured.get("currency").and_then(Value::as_str);
    let sums = structured.get("sums").and_then(Value::as_object);
    let has = |name: &str| structured.contains_key(name);
    let mut parts = Vec::new();
    for (name, value) in structured {
        match (name.as_str(), value) {
            ("n" | "of" | "complete" | "currency" | "sums", _) if has("items") => {}
            ("method" | "basis" | "notice", _) if has("report") => {}
            ("environment", value) => parts.push(format!("{}: practice data, not real books", scalar(value))),
            ("profile", profile) => parts
                .push(format!("profile: {}", profile.get("name").map_or_else(|| scalar(profile), scalar))),
            ("items", Value::Array(rows)) => {
                parts.push(table::table(rows, Around { currency, sums, width, whole: false }));
                parts.push(counted(structured));
            }
            ("report", report) => {
                let report = reports::compact(report.clone());
                parts.push(statement::statement(tool, structured, &report, width));
            }
            ("record", Value::Object(fields)) => parts.push(fields_of(fields, 0, width)),
            (name, Value::Array(rows)) if rows.iter().any(Value::is_object) => {
                let around = Around { currency, width, whole: true, ..Around::default() };
                parts.push(format!("{name}:\n{}", table::table(rows, around)));
            }
            (name, Value::Object(fields)) => parts.push(format!("{name}:\n{}", fields_of(fields, 1, width))),
            (name, value) => parts.push(format!("{name}: {}", inline(value))),
        }
    }
    format!("{}\n", parts.join("\n"))
}

fn counted(structured: &Map<String, Value>) -> String {
    let n = structured.get("n").map(scalar).unwrap_or_default();
    let of = structured.get("of").filter(|of| !of.is_null()).map_or("unknown".to_owned(), scalar);
    let complete = structured.get("complete") == Some(&Value::Bool(true));
    format!("{n} of {of}{}", if complete { "" } else { " (not the whole list)" })
}

/// Fields one per line; lists of objects as tables below their name.
fn fields_of(fields: &Map<String, Value>, depth: usize, width: Option<usize>) -> String {
    let pad = "  ".repeat(depth);
    let longest = fields.keys().map(|name| grid::width_of(name)).max().unwrap_or_default();
    let line = |(name, value): (&String, &Value)| match value {
        Value::Null => None,
        Value::Array(rows) if rows.iter().any(Value::is_object) => {
            let currency = fields.get("currency").and_then(Value::as_str);
            let around = Around {
                currency,
                width: width.map(|width| width.saturating_sub(2 * (depth + 1))),
                whole: true,
                ..Around::default()
            };
            Some(format!("{pad}{name}:\n{}", indented(&table::table(rows, around), 2 * (depth + 1))))
        }
        Value::Object(inner)
            if inner.values().any(|value| value.is_object() || value.is_array()) || inner.len() > 4 =>
        {
            Some(format!("{pad}{name}:\n{}", fields_of(inner, depth + 1, width)))
        }
        value => {
            let shown = if are_money(name, [value]) { amount(value) } else { inline(value) };
            let space = " ".repeat(longest - grid::width_of(name));
            Some(format!("{pad}{name}{space}  {shown}"))
        }
    };
    fields.iter().filter_map(line).collect::<Vec<_>>().join("\n")
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

//! Results as a person reads them in a terminal: lists as tables with aligned amounts, records as
//! fields, the notes below. Ids are never shortened.

use comfy_table::presets::NOTHING;
use comfy_table::{CellAlignment, Table};
use serde_json::{Map, Value};

use crate::rules::money;
use crate::text::in_line;

/// Columns of lists in the order a person asks for them; a list shows those that its rows have.
const COLUMNS: [&str; 32] = [
    "at",
    "what",
    "outcome",
    "number",
    "name",
    "company_name",
    "code",
    "status",
    "client",
    "counterparty_name",
    "payer",
    "invoice_number",
    "type",
    "title",
    "interval",
    "date",
    "booking_date",
    "issue_date",
    "start_date",
    "end_date",
    "due_date",
    "valid_until",
    "next_run",
    "category",
    "description",
    "price",
    "net_amount",
    "amount",
    "total",
    "amount_due",
    "currency",
    "why",
];

/// Columns whose numbers are money: shown with two decimals at least, so that amounts stand under each other.
const MONEY: [&str; 15] = [
    "price",
    "net_amount",
    "tax_amount",
    "gross_amount",
    "amount",
    "total",
    "amount_due",
    "amount_paid",
    "subtotal",
    "tax_total",
    "debit",
    "credit",
    "balance",
    "comparison_amount",
    "base",
];

/// Columns in one table, so that a line stays readable.
const MOST_COLUMNS: usize = 8;

/// Texts and names of fields on one line each, so that none passes for a line of ours.
fn on_one_line(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(in_line(text, usize::MAX)),
        Value::Array(items) => items.iter().map(on_one_line).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (in_line(name, usize::MAX), on_one_line(value))).collect()
        }
        other => other.clone(),
    }
}

/// The text of a result, ending with a line break.
pub fn result(structured: &Map<String, Value>) -> String {
    let structured = &structured
        .iter()
        .map(|(name, value)| (in_line(name, usize::MAX), on_one_line(value)))
        .collect::<Map<_, _>>();
    let mut parts = Vec::new();
    if let Some(Value::String(environment)) = structured.get("environment") {
        parts.push(format!("{environment}: practice data, not real books"));
    }
    for (name, value) in structured {
        match (name.as_str(), value) {
            ("environment" | "n" | "of" | "complete" | "go_on", _) => {}
            ("profile", profile) => parts
                .push(format!("profile: {}", profile.get("name").map_or_else(|| scalar(profile), scalar))),
            ("items", Value::Array(rows)) => parts.push(table(rows)),
            ("record" | "report", Value::Object(fields)) => parts.push(fields_of(fields, 0)),
            ("sums", Value::Object(sums)) => parts
                .extend(sums.iter().map(|(currency, fields)| format!("sum {currency}: {}", inline(fields)))),
            (name, Value::Array(rows)) if rows.iter().any(Value::is_object) => {
                parts.push(format!("{name}:\n{}", table(rows)));
            }
            (name, Value::Object(fields)) => parts.push(format!("{name}:\n{}", fields_of(fields, 1))),
            (name, value) => parts.push(format!("{name}: {}", inline(value))),
        }
    }
    if structured.contains_key("items") {
        parts.push(counted(structured));
    }
    format!("{}\n", parts.join("\n"))
}

fn counted(structured: &Map<String, Value>) -> String {
    let n = structured.get("n").map(scalar).unwrap_or_default();
    let of = structured.get("of").filter(|of| !of.is_null()).map_or("unknown".to_owned(), scalar);
    let complete = structured.get("complete") == Some(&Value::Bool(true));
    format!("{n} of {of}{}", if complete { "" } else { " (not the whole list)" })
}

/// A table of the columns that the rows have, and the whole id last.
fn table(rows: &[Value]) -> String {
    let filled =
        |column: &&&str| rows.iter().any(|row| row.get(**column).is_some_and(|value| !value.is_null()));
    let columns: Vec<&str> = COLUMNS
        .iter()
        .filter(filled)
        .copied()
        .take(MOST_COLUMNS)
        .chain(["id"])
        .filter(|column| filled(&column))
        .collect();
    let columns = if columns.is_empty() { scalar_names(rows) } else { columns };
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(columns.iter().map(|column| column.replace('_', " ")));
    for row in rows {
        table.add_row(columns.iter().map(|column| cell(column, row)));
    }
    for (index, column) in columns.iter().enumerate() {
        let numbers =
            rows.iter().filter_map(|row| row.get(*column)).all(|value| value.is_number() || value.is_null());
        if let (true, Some(column)) = (numbers, table.column_mut(index)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn scalar_names(rows: &[Value]) -> Vec<&str> {
    let first = rows.first().and_then(Value::as_object);
    first
        .into_iter()
        .flatten()
        .filter(|(_, value)| !value.is_array() && !value.is_object())
        .map(|(name, _)| name.as_str())
        .take(MOST_COLUMNS)
        .collect()
}

/// Fields one per line; lists of objects as tables below their name.
fn fields_of(fields: &Map<String, Value>, indent: usize) -> String {
    let pad = "  ".repeat(indent);
    let width = fields.keys().map(String::len).max().unwrap_or_default();
    let line = |(name, value): (&String, &Value)| match value {
        Value::Null => None,
        Value::Array(rows) if rows.iter().any(Value::is_object) => {
            let body = table_or_fields(rows, indent + 1);
            Some(format!("{pad}{name}:\n{body}"))
        }
        Value::Object(inner)
            if inner.values().any(|value| value.is_object() || value.is_array()) || inner.len() > 4 =>
        {
            Some(format!("{pad}{name}:\n{}", fields_of(inner, indent + 1)))
        }
        value if MONEY.contains(&name.as_str()) => {
            Some(format!("{pad}{name:width$}  {}", money::shown(value)))
        }
        value => Some(format!("{pad}{name:width$}  {}", inline(value))),
    };
    fields.iter().filter_map(line).collect::<Vec<_>>().join("\n")
}

fn table_or_fields(rows: &[Value], indent: usize) -> String {
    let pad = "  ".repeat(indent);
    let body = rows_with_all_columns(rows);
    body.lines().map(|line| format!("{pad}{line}")).collect::<Vec<_>>().join("\n")
}

/// Nested rows (lines of a document, rows of a report) with every scalar column they have.
fn rows_with_all_columns(rows: &[Value]) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for row in rows.iter().filter_map(Value::as_object) {
        for (name, value) in row {
            if !columns.contains(&name.as_str())
                && !value.is_null()
                && !value.is_array()
                && !value.is_object()
                && name != "id"
            {
                columns.push(name);
            }
        }
    }
    let mut table = Table::new();
    table.load_style(NOTHING);
    table.set_header(columns.iter().map(|column| column.replace('_', " ")));
    add_nested(&mut table, rows, &columns, 0);
    for (index, name) in columns.iter().enumerate() {
        let numbers =
            rows.iter().filter_map(|row| row.get(*name)).all(|value| value.is_number() || value.is_null());
        if let (true, Some(column)) = (numbers, table.column_mut(index)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.to_string().lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

fn add_nested(table: &mut Table, rows: &[Value], columns: &[&str], depth: usize) {
    for row in rows {
        let cells = columns.iter().enumerate().map(|(index, column)| {
            let text = cell(column, row);
            if index == 0 { format!("{}{text}", "  ".repeat(depth)) } else { text }
        });
        table.add_row(cells);
        if let Some(children) = row.get("children").and_then(Value::as_array) {
            add_nested(table, children, columns, depth + 1);
        }
    }
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

fn cell(column: &str, row: &Value) -> String {
    let Some(value) = row.get(column) else { return String::new() };
    if MONEY.contains(&column) && value.is_number() { money::shown(value) } else { scalar(value) }
}

fn scalar(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Object(fields) => fields.get("name").map_or_else(|| inline(value), scalar),
        other => other.to_string(),
    }
}

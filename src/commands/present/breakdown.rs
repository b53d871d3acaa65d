//! What was counted and summed in one currency, by one thing after another: all of it in the same columns.

use serde_json::{Map, Value};

use super::figures::{amount, are_money, is_figure};
use super::grid::{Grid, hanging};
use super::words;

/// True for facts in one currency with several lists of rows that begin with a label.
pub fn is_breakdown(fields: &Map<String, Value>) -> bool {
    lists(fields).count() > 1
}

fn lists(fields: &Map<String, Value>) -> impl Iterator<Item = (&String, &Vec<Value>)> {
    let labelled =
        |row: &Value| row.as_object().is_some_and(|row| row.values().next().is_some_and(Value::is_string));
    fields
        .iter()
        .filter_map(|(name, value)| Some((name, value.as_array()?)))
        .filter(move |(_, rows)| !rows.is_empty() && rows.iter().all(labelled))
}

/// The facts in this currency: sums first, then list after list.
pub fn breakdown(currency: &str, fields: &Map<String, Value>, width: Option<usize>) -> String {
    let mut sums = Grid::of_two(true);
    let mut said = Vec::new();
    for (name, value) in fields {
        match value {
            value if is_figure(value) => {
                let money = are_money(name, [value], true);
                sums.push(vec![
                    format!("  {}", words(name)),
                    if money { amount(value) } else { super::scalar(value) },
                ]);
            }
            Value::Array(rows) if rows.is_empty() || lists(fields).any(|(list, _)| list == name) => {}
            Value::Null => {}
            other => {
                let label = format!("  {}: ", words(name));
                said.push(format!("{label}{}", hanging(&super::inline(other), 4, width)));
            }
        }
    }
    let parts = [sums.text(width), Some(rows(fields, width)), Some(said.join("\n"))];
    let parts = parts.into_iter().flatten().filter(|part| !part.is_empty());
    [currency.to_owned()].into_iter().chain(parts).collect::<Vec<_>>().join("\n")
}

/// All lists under one head.
fn rows(fields: &Map<String, Value>, width: Option<usize>) -> String {
    let mut columns: Vec<&str> = Vec::new();
    for row in lists(fields).flat_map(|(_, rows)| rows).filter_map(Value::as_object) {
        for name in row.keys().skip(1) {
            if !columns.contains(&name.as_str()) {
                columns.push(name);
            }
        }
    }
    let all = columns.len();
    loop {
        if let Some(text) = lay(fields, &columns).text(width) {
            let left_out = "\n  some columns are left out here; all with --json";
            return if columns.len() < all { text + left_out } else { text };
        }
        if columns.len() < 2 {
            return lay(fields, &columns).text(None).unwrap_or_default();
        }
        columns.pop();
    }
}

fn lay(fields: &Map<String, Value>, columns: &[&str]) -> Grid {
    let mut grid = Grid::default();
    grid.column("", false);
    for name in columns {
        grid.column(&words(name), true);
    }
    for (name, rows) in lists(fields) {
        grid.space();
        grid.push(vec![format!("  {}", heading(name, rows))]);
        for row in rows.iter().filter_map(Value::as_object) {
            let label = row.values().next().map(super::scalar).unwrap_or_default();
            let cell = |name: &&str| match row.get(*name) {
                Some(value) if is_figure(value) && are_money(name, [value], true) => amount(value),
                Some(value) => super::scalar(value),
                None => String::new(),
            };
            grid.push([format!("    {label}")].into_iter().chain(columns.iter().map(cell)).collect());
        }
    }
    grid.space();
    grid
}

/// `by client`; what the rows are labelled with, where the name does not say it.
fn heading(name: &str, rows: &[Value]) -> String {
    let label = rows.first().and_then(|row| row.as_object()?.keys().next().cloned()).unwrap_or_default();
    let said = name.contains(&label);
    if said { words(name) } else { format!("{} ({})", words(name), words(&label)) }
}

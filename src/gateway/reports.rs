//! Reports as answers: what every VAT answer opens with, and rows of a report as a table that says each name
//! once, with every figure digit for digit. A shape that is not recognised is passed on without its nulls.

use serde_json::{Map, Value, json};

use super::Work;

/// What an API may call a row, best first, and the number before it.
const LABELS: [&str; 5] = ["label", "name", "title", "account_name", "description"];
const CODES: [&str; 4] = ["account", "account_number", "number", "code"];
/// Where the rows below a row stand.
const BELOW: [&str; 6] = ["children", "rows", "accounts", "lines", "items", "sections"];
/// Sums that say again what rows say.
const SUMS: [&str; 2] = ["totals", "summary"];
const NOT_SAID: &str = "not said by the API: check";

/// The facts of a report: a VAT report says first by which method and on which basis it was made, and that
/// nothing was filed. `detail: "full"` keeps the report as it came.
pub(super) fn facts(work: &Work, report: Value) -> Map<String, Value> {
    let mut facts = Map::new();
    if work.endpoint.writes() {
        facts.insert("report".to_owned(), report);
        return facts;
    }
    let full = work.arguments.get("detail").is_some_and(|detail| detail == "full");
    let mut report = if full { report } else { compact(report) };
    if is_vat(work, &report) {
        for (fact, names) in [
            ("method", &["method", "vatmethod", "taxmethod", "settlementmethod", "reportingmethod"][..]),
            ("basis", &["basis", "vatbasis", "taxbasis", "accountingbasis", "reportingbasis"]),
        ] {
            facts.insert(
                fact.to_owned(),
                json!(said(&mut report, names, !full).as_deref().unwrap_or(NOT_SAID)),
            );
        }
        facts.insert("notice".to_owned(), json!("prepared, not filed"));
    }
    if let (false, Some(fields)) = (full, report.as_object_mut())
        && fields.get("profile_id").is_some_and(|id| id == work.profile.id())
    {
        // The profile of the call, which its answer names where there are several.
        fields.shift_remove("profile_id");
    }
    facts.insert("report".to_owned(), report);
    facts
}

fn is_vat(work: &Work, report: &Value) -> bool {
    let vat = |text: &str| {
        text.to_lowercase()
            .split(|letter: char| !letter.is_alphanumeric())
            .any(|word| matches!(word, "vat" | "mwst" | "tva" | "iva" | "ust"))
    };
    let named = work.arguments.get("name").and_then(Value::as_str);
    let kind = report.get("type").and_then(Value::as_str);
    vat(&work.endpoint.tool.replace('_', " ")) || named.into_iter().chain(kind).any(vat)
}

/// A word that the report says under one of these names, at the top or one level below; taken out of the top
/// where it is not to be said twice.
fn said(report: &mut Value, names: &[&str], take: bool) -> Option<String> {
    let is = |name: &str| {
        let plain: String =
            name.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
        names.contains(&plain.as_str())
    };
    let word = |value: &Value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let fields = report.as_object_mut()?;
    if let Some((name, found)) =
        fields.iter().find_map(|(name, value)| is(name).then_some((name.clone(), word(value)?)))
    {
        if take {
            fields.shift_remove(&name);
        }
        return Some(found);
    }
    let inner = fields.values().filter_map(Value::as_object).flatten();
    inner.filter(|(name, _)| is(name)).find_map(|(_, value)| word(value))
}

/// The same report in fewer words. Rows that have a label and figures become `[[names], [label, figures…], …]`,
/// each below another one indented by two spaces, its account number before the label; sums that repeat the
/// figure of a row are left out, and so are nulls. No figure is lost.
pub fn compact(report: Value) -> Value {
    match report {
        Value::Array(rows) => table(&rows)
            .map_or_else(|| rows.into_iter().map(compact).collect(), |table| table.value(&mut Map::new())),
        Value::Object(fields) => {
            let mut said = Vec::new();
            let mut shown = Map::new();
            for (name, value) in fields {
                match value {
                    Value::Null => {}
                    Value::String(text) if text.is_empty() => {}
                    Value::Array(rows) => {
                        if let Some(table) = table(&rows) {
                            said.extend(keyed(&rows));
                            let value = table.value(&mut shown);
                            shown.insert(name, value);
                        } else {
                            shown.insert(name, rows.into_iter().map(compact).collect());
                        }
                    }
                    other => drop(shown.insert(name, compact(other))),
                }
            }
            for name in SUMS {
                let Some(Value::Object(sums)) = shown.get_mut(name) else { continue };
                sums.retain(|key, sum| {
                    !said.iter().any(|(row, figures)| row == key && figures.contains(sum))
                });
                if sums.is_empty() {
                    shown.shift_remove(name);
                }
            }
            Value::Object(shown)
        }
        other => other,
    }
}

/// The keys of rows with their figures.
fn keyed(rows: &[Value]) -> impl Iterator<Item = (String, Vec<Value>)> {
    rows.iter().filter_map(Value::as_object).filter_map(|row| {
        let figures = row.values().filter(|value| value.is_number()).cloned().collect();
        Some((row.get("key")?.as_str()?.to_owned(), figures))
    })
}

/// Rows under common names.
struct Table {
    label: String,
    columns: Vec<String>,
    lines: Vec<(String, Map<String, Value>)>,
}

/// The rows as a table, if each of them has a label, and figures or rows below it, and nothing else that a table
/// cannot hold. A row or two are no table.
fn table(rows: &[Value]) -> Option<Table> {
    let label = LABELS.into_iter().find(|name| rows.first().is_some_and(|row| row.get(*name).is_some()))?;
    let mut table = Table { label: label.to_owned(), columns: Vec::new(), lines: Vec::new() };
    table.add(rows, 0)?;
    let figures = table.lines.iter().any(|(_, cells)| cells.values().any(Value::is_number));
    (figures && table.lines.len() > 2).then_some(table)
}

impl Table {
    fn add(&mut self, rows: &[Value], depth: usize) -> Option<()> {
        for row in rows {
            let row = row.as_object()?;
            let label_name = LABELS.into_iter().find(|name| row.get(*name).is_some_and(Value::is_string))?;
            let label = row.get(label_name)?.as_str()?.trim();
            let code_name = CODES.into_iter().find(|name| row.get(*name).is_some_and(is_code));
            let key = row.get("key").filter(|key| code_name.is_none() && is_code(key));
            let code = code_name.and_then(|name| row.get(name)).or(key).map(text);
            let label = [code.as_deref(), Some(label)].into_iter().flatten().collect::<Vec<_>>().join(" ");
            let (mut cells, mut below) = (Map::new(), None);
            for (name, value) in row {
                match value {
                    Value::Null => {}
                    _ if name == label_name || Some(name.as_str()) == code_name => {}
                    Value::String(_) if name == "key" => {}
                    Value::Array(rows) if rows.is_empty() => {}
                    Value::Array(rows) if below.is_none() && BELOW.contains(&name.as_str()) => {
                        below = Some(rows);
                    }
                    Value::Array(_) | Value::Object(_) => return None,
                    scalar => {
                        if !self.columns.contains(name) {
                            self.columns.push(name.clone());
                        }
                        cells.insert(name.clone(), scalar.clone());
                    }
                }
            }
            self.lines.push((format!("{}{label}", "  ".repeat(depth)), cells));
            if let Some(rows) = below {
                self.add(rows, depth + 1)?;
            }
        }
        Some(())
    }

    /// The names, then the rows. A text that is the same in all rows is said once, in `beside`.
    fn value(mut self, beside: &mut Map<String, Value>) -> Value {
        let lines = &self.lines;
        self.columns.retain(|column| {
            let first = lines.first().and_then(|(_, cells)| cells.get(column));
            let Some(word) = first.filter(|value| value.is_string()) else { return true };
            let once = lines.iter().all(|(_, cells)| cells.get(column) == Some(word))
                && beside.get(column).is_none_or(|said| said == word);
            if once {
                beside.insert(column.clone(), word.clone());
            }
            !once
        });
        let head = [json!(self.label)].into_iter().chain(self.columns.iter().map(|name| json!(name)));
        let row = |(label, cells): &(String, Map<String, Value>)| {
            let cell = |name: &String| cells.get(name).cloned().unwrap_or_default();
            let mut row: Vec<Value> =
                [json!(label)].into_iter().chain(self.columns.iter().map(cell)).collect();
            while row.last().is_some_and(Value::is_null) {
                row.pop();
            }
            Value::Array(row)
        };
        [head.collect()].into_iter().chain(self.lines.iter().map(row)).collect()
    }
}

/// The number of an account or a box: short, without spaces, and it begins with a digit.
fn is_code(value: &Value) -> bool {
    let code = text(value);
    (value.is_string() || value.is_number())
        && code.len() <= 12
        && code.starts_with(|first: char| first.is_ascii_digit())
        && !code.contains(char::is_whitespace)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests;

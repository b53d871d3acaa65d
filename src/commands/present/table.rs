//! Lists of records as tables: one row a line, amounts under each other, the currency in the head where it is one,
//! sums below. Where a terminal is too narrow for the ids, they stand below their rows.

use serde_json::{Map, Value};

use super::figures::{amount, are_money, is_figure};
use super::grid::Grid;
use super::words;

/// Columns of full records in the order a person asks for them; records with few fields are shown whole.
const COLUMNS: &[&str] = &[
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
/// Fields that a record may have to be shown whole.
const FEW: usize = 10;
/// Columns in one table of full records, so that a line stays readable.
const MOST_COLUMNS: usize = 8;

/// What stands around a table.
#[derive(Clone, Copy, Default)]
pub struct Around<'a> {
    /// Of all amounts that name none.
    pub currency: Option<&'a str>,
    /// By currency: sums of columns.
    pub sums: Option<&'a Map<String, Value>>,
    /// Columns of the terminal.
    pub width: Option<usize>,
    /// Every field of every row is wanted.
    pub whole: bool,
}

/// The rows as a table; where it has no place, each row as a block of fields.
pub fn table(rows: &[Value], around: Around) -> String {
    let rows: Vec<&Map<String, Value>> = rows.iter().filter_map(Value::as_object).collect();
    let columns = columns(&rows, around.whole);
    let alike = |name: &&str| {
        rows.first()
            .and_then(|row| row.get(*name))
            .is_some_and(|first| first.is_string() && rows.iter().all(|row| row.get(*name) == Some(first)))
    };
    let own = Some("currency").filter(|name| columns.contains(name)).filter(alike);
    let own = own.and_then(|name| rows.first()?.get(name)?.as_str());
    let currency = own.or(around.currency);
    let columns: Vec<&str> =
        columns.into_iter().filter(|name| own.is_none() || *name != "currency").collect();
    let laid = |columns: &[&str], below: Option<&str>| {
        lay(&rows, columns, currency, &around, below).text(around.width)
    };
    let without: Vec<&str> = columns.iter().copied().filter(|name| *name != "id").collect();
    laid(&columns, None)
        .or_else(|| (without.len() < columns.len()).then(|| laid(&without, Some("id"))).flatten())
        .unwrap_or_else(|| blocks(&rows, &columns, around.width))
}

fn columns<'a>(rows: &[&'a Map<String, Value>], whole: bool) -> Vec<&'a str> {
    let mut all: Vec<&str> = Vec::new();
    for (name, value) in rows.iter().copied().flatten() {
        let shown = match value {
            Value::Null => false,
            Value::Object(fields) => fields.contains_key("name"),
            Value::Array(items) => !items.is_empty() && !items.iter().any(Value::is_object),
            _ => true,
        };
        if shown && !all.contains(&name.as_str()) {
            all.push(name);
        }
    }
    if all.len() > FEW && !whole {
        let known: Vec<&str> =
            COLUMNS.iter().filter_map(|name| all.iter().copied().find(|other| other == name)).collect();
        if !known.is_empty() {
            let id = all.into_iter().find(|name| *name == "id");
            return known.into_iter().take(MOST_COLUMNS).chain(id).collect();
        }
    }
    let (id, mut named): (Vec<&str>, Vec<&str>) = all.into_iter().partition(|name| *name == "id");
    named.extend(id);
    named
}

/// `below` is a field that stands on a line of its own under each row.
fn lay(
    rows: &[&Map<String, Value>],
    columns: &[&str],
    currency: Option<&str>,
    around: &Around,
    below: Option<&str>,
) -> Grid {
    let values = |name: &str| {
        rows.iter().filter_map(|row| row.get(name)).filter(|value| !value.is_null()).collect::<Vec<_>>()
    };
    let money: Vec<bool> = columns
        .iter()
        .map(|name| {
            let values = values(name);
            values.iter().any(|value| is_figure(value)) && are_money(name, values)
        })
        .collect();
    let mut grid = Grid::default();
    for (name, money) in columns.iter().zip(&money) {
        let head = match currency.filter(|_| *money) {
            Some(currency) => format!("{} {currency}", words(name)),
            None => words(name),
        };
        let right = *money || values(name).iter().all(|value| value.is_number());
        grid.column(&head, right);
    }
    for row in rows {
        let cell = |(name, money): (&&str, &bool)| match row.get(*name) {
            Some(value) if *money => amount(value),
            Some(value) => super::scalar(value),
            None => String::new(),
        };
        grid.push(columns.iter().zip(&money).map(cell).collect());
        if let Some(id) = below.and_then(|name| row.get(name)) {
            grid.whole(format!("  {}", super::scalar(id)));
        }
    }
    sums(&mut grid, columns, &money, around.sums);
    grid
}

/// Sums per currency under the columns that they are of.
fn sums(grid: &mut Grid, columns: &[&str], money: &[bool], sums: Option<&Map<String, Value>>) {
    let Some(sums) = sums else { return };
    let mut first = true;
    for (currency, fields) in sums {
        let Some(fields) = fields.as_object() else { continue };
        let cell = |(index, (name, money)): (usize, (&&str, &bool))| match fields.get(*name) {
            Some(sum) if *money => amount(sum),
            _ if index == 0 => format!("sum {currency}"),
            _ => String::new(),
        };
        let cells: Vec<String> = columns.iter().zip(money).enumerate().map(cell).collect();
        if cells.iter().skip(1).all(String::is_empty) {
            continue;
        }
        if std::mem::take(&mut first) {
            grid.rule();
        }
        grid.push(cells);
    }
}

/// Each row as its fields, for a terminal that is too narrow for a table.
fn blocks(rows: &[&Map<String, Value>], columns: &[&str], width: Option<usize>) -> String {
    let block = |row: &&Map<String, Value>| {
        let fields = columns.iter().filter_map(|name| {
            let value = row.get(*name).filter(|value| !value.is_null())?;
            Some((words(name), if are_money(name, [value]) { amount(value) } else { super::scalar(value) }))
        });
        super::pairs(fields, width)
    };
    rows.iter().map(block).collect::<Vec<_>>().join("\n\n")
}

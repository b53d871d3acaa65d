//! Lists of records as tables: one row a line, amounts under each other, the currency in the head where it is one,
//! sums below. Where a terminal is too narrow for the ids, they stand below their rows.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::figures::{amount, are_money, is_figure};
use super::grid::{Grid, hanging};
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
const FEW: usize = 14;
/// Columns in one table of full records, so that a line stays readable.
const MOST_COLUMNS: usize = 8;

/// What is left out of a table that is too wide, the first first.
const LEAST: &[&str] = &[
    "id",
    "vendor_id",
    "client_id",
    "bank_reference",
    "reference_type",
    "reference_valid",
    "debtor_iban",
    "collective",
    "customer_number",
    "vat_number",
    "bank_name",
    "balance_date",
    "legal_form",
    "account",
    "type",
    "source",
    "title",
    "issue_date",
    "tax_rate",
    "tax_amount",
    "net_amount",
];

/// What stands around a table.
#[derive(Clone, Copy, Default)]
pub struct Around<'a> {
    /// Of all amounts that name none, for the head.
    pub currency: Option<&'a str>,
    /// It is said above.
    pub in_currency: bool,
    /// By currency: sums of columns.
    pub sums: Option<&'a Map<String, Value>>,
    /// Columns of the terminal.
    pub width: Option<usize>,
    /// Every field of every row is wanted.
    pub whole: bool,
}

/// The rows as a table. Where it is too wide, ids stand below their rows unless these have names of their own, and
/// what a person asks for least is left out; where that is not enough, each row is a block of fields.
pub fn table(rows: &[Value], around: Around) -> String {
    let rows: Vec<Value> = rows.iter().map(flat).collect();
    let rows: Vec<&Map<String, Value>> = rows.iter().filter_map(Value::as_object).collect();
    let all = columns(&rows, around.whole);
    let own = all.contains(&"currency").then(|| alike(&rows, "currency")).flatten();
    let all: Vec<&str> = all.into_iter().filter(|name| own.is_none() || *name != "currency").collect();
    let table = Table { currency: own.or(around.currency), rows, around };
    let ids = all.contains(&"id") && !table.has_names();
    let mut columns = all.clone();
    let mut left_out = Vec::new();
    let mut least = LEAST.iter();
    loop {
        if let Some(text) = table.lay(&columns, ids && !columns.contains(&"id")).text(around.width) {
            left_out.retain(|name| !(ids && *name == "id"));
            if left_out.is_empty() {
                return text;
            }
            let names: Vec<String> = left_out.into_iter().map(words).collect();
            let left_out = format!("left out here: {}; all with --json", names.join(", "));
            return format!("{text}\n{}", hanging(&left_out, 0, around.width));
        }
        let Some(name) = least.find(|name| columns.contains(name)).filter(|_| columns.len() > 3) else {
            break;
        };
        columns.retain(|other| other != name);
        left_out.push(*name);
    }
    table.blocks(&all)
}

/// The row with the values of small objects in it as fields of its own: `opening.amount` as `opening_amount`.
fn flat(row: &Value) -> Value {
    let Value::Object(fields) = row else { return row.clone() };
    let small = |inner: &Map<String, Value>| {
        inner.len() < 4
            && !inner.contains_key("name")
            && !inner.values().any(|value| value.is_object() || value.is_array())
    };
    let mut shown = Map::new();
    for (name, value) in fields {
        match value {
            Value::Object(inner) if small(inner) => {
                shown.extend(inner.iter().map(|(field, value)| (format!("{name}_{field}"), value.clone())));
            }
            value => drop(shown.insert(name.clone(), value.clone())),
        }
    }
    Value::Object(shown)
}

/// The text that all rows have under this name.
fn alike<'a>(rows: &[&'a Map<String, Value>], name: &str) -> Option<&'a str> {
    let first = rows.first()?.get(name)?;
    first.as_str().filter(|_| rows.iter().all(|row| row.get(name) == Some(first)))
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

struct Table<'a> {
    rows: Vec<&'a Map<String, Value>>,
    /// For the head.
    currency: Option<&'a str>,
    around: Around<'a>,
}

impl Table<'_> {
    /// Every row has a number or a name of its own, by which it can be called.
    fn has_names(&self) -> bool {
        ["number", "name"].iter().any(|name| {
            let names: HashSet<&str> = self
                .rows
                .iter()
                .filter_map(|row| row.get(*name)?.as_str())
                .filter(|name| !name.is_empty())
                .collect();
            names.len() == self.rows.len()
        })
    }

    fn values(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.rows.iter().filter_map(move |row| row.get(name)).filter(|value| !value.is_null())
    }

    fn is_money(&self, name: &str) -> bool {
        let in_currency = self.around.in_currency || self.currency.is_some();
        self.values(name).any(is_figure) && are_money(name, self.values(name), in_currency)
    }

    /// `ids`: on lines of their own, under their rows.
    fn lay(&self, columns: &[&str], ids: bool) -> Grid {
        let money: Vec<bool> = columns.iter().map(|name| self.is_money(name)).collect();
        let mut grid = Grid::default();
        for (name, money) in columns.iter().zip(&money) {
            let head = match self.currency.filter(|_| *money) {
                Some(currency) => format!("{} {currency}", words(name)),
                None => words(name),
            };
            grid.column(&head, *money || self.values(name).all(Value::is_number));
        }
        for row in &self.rows {
            let cell = |(name, money): (&&str, &bool)| match row.get(*name) {
                Some(value) if *money => amount(value),
                Some(value) => super::scalar(value),
                None => String::new(),
            };
            grid.push(columns.iter().zip(&money).map(cell).collect());
            if let Some(id) = row.get("id").filter(|_| ids) {
                grid.whole(format!("  {}", super::scalar(id)));
            }
            self.below(row, &mut grid);
        }
        self.sums(&mut grid, columns, &money);
        grid
    }

    /// The rows of a row, one a line.
    fn below(&self, row: &Map<String, Value>, grid: &mut Grid) {
        if self.around.whole || row.len() > FEW {
            return;
        }
        let parts = row.values().filter_map(Value::as_array).flatten().filter_map(Value::as_object);
        for part in parts {
            let word = |(name, value): (&String, &Value)| {
                let money = is_figure(value) && are_money(name, [value], true);
                format!("{} {}", words(name), if money { amount(value) } else { super::inline(value) })
            };
            let said = part.iter().filter(|(name, value)| *name != "id" && !value.is_null()).map(word);
            grid.whole(format!("    {}", said.collect::<Vec<_>>().join(", ")));
        }
    }

    /// Sums per currency under the columns that they are of; those of others in words.
    fn sums(&self, grid: &mut Grid, columns: &[&str], money: &[bool]) {
        let mut ruled = false;
        for (currency, fields) in self.around.sums.into_iter().flatten() {
            let Some(fields) = fields.as_object() else { continue };
            let of = |(name, money): (&&str, &bool)| fields.get(*name).filter(|_| *money).map(amount);
            let mut cells: Vec<Option<String>> = columns.iter().zip(money).map(of).collect();
            let other = |name: &str| !columns.contains(&name);
            if let Some(said) = in_words(currency, fields, other) {
                grid.whole(said);
            }
            if cells.iter().all(Option::is_none) {
                continue;
            }
            if !std::mem::replace(&mut ruled, true) {
                grid.rule(&cells.iter().map(Option::is_some).collect::<Vec<_>>());
            }
            if let Some(first) = cells.first_mut().filter(|first| first.is_none()) {
                *first = Some(format!("sum {currency}"));
            }
            grid.push(cells.into_iter().map(Option::unwrap_or_default).collect());
        }
    }

    /// Each row as its fields, for a terminal that is too narrow for a table.
    fn blocks(&self, columns: &[&str]) -> String {
        let money: Vec<bool> = columns.iter().map(|name| self.is_money(name)).collect();
        let block = |row: &&Map<String, Value>| {
            let fields = columns.iter().zip(&money).filter_map(|(name, money)| {
                let value = row.get(*name).filter(|value| !value.is_null())?;
                Some((words(name), if *money { amount(value) } else { super::scalar(value) }))
            });
            super::pairs(fields, self.around.width)
        };
        let sums = self.around.sums.into_iter().flatten();
        let sums = sums.filter_map(|(currency, fields)| in_words(currency, fields.as_object()?, |_| true));
        self.rows.iter().map(block).chain(sums).collect::<Vec<_>>().join("\n\n")
    }
}

/// The sums in a currency in one line.
fn in_words(currency: &str, sums: &Map<String, Value>, wanted: impl Fn(&str) -> bool) -> Option<String> {
    let word = |(name, sum): (&String, &Value)| format!("{} {}", words(name), amount(sum));
    let said: Vec<String> =
        sums.iter().filter(|(name, sum)| wanted(name) && are_money(name, [*sum], true)).map(word).collect();
    (!said.is_empty()).then(|| format!("sum {currency}: {}", said.join(", ")))
}

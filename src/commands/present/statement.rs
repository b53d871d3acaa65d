//! Reports as statements: title, period and currency once, accounts set in below their headings, subtotals set
//! apart, the boxes of a VAT return by their sections.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::figures::{amount, is_figure};
use super::grid::Grid;
use super::table::{self, Around};
use super::words;
use crate::rules::{money::decimal, period};

/// What the title says.
const HEAD: &[&str] = &[
    "type",
    "title",
    "currency",
    "from",
    "to",
    "period",
    "as_of",
    "comparison_from",
    "comparison_to",
    "method",
    "basis",
];
/// The boxes of the Swiss VAT return, with their sections.
const BOXES: &[(&str, &[(&str, &str)])] = &[
    (
        "Turnover",
        &[
            ("200", "all supplies"),
            ("205", "of them opted for"),
            ("220", "exempt, exports"),
            ("221", "supplied abroad"),
            ("225", "notification procedure"),
            ("230", "exempt without credit"),
            ("235", "reductions"),
            ("280", "other"),
            ("289", "deductions (220 to 280)"),
            ("299", "taxable turnover"),
        ],
    ),
    (
        "Tax due",
        &[
            ("302", "7.7 %, supplies to 2023"),
            ("303", "8.1 %"),
            ("312", "2.5 %, supplies to 2023"),
            ("313", "2.6 %"),
            ("322", "net tax rate, supplies to 2023"),
            ("323", "net tax rate"),
            ("342", "3.7 %, supplies to 2023"),
            ("343", "3.8 %"),
            ("382", "acquisition tax, to 2023"),
            ("383", "acquisition tax"),
            ("399", "tax due"),
        ],
    ),
    (
        "Input tax",
        &[
            ("400", "material and services"),
            ("405", "investments and other"),
            ("410", "later credit"),
            ("415", "corrections"),
            ("420", "reductions"),
            ("479", "input tax"),
        ],
    ),
    ("Result", &[("500", "to pay"), ("510", "credit")]),
    ("Not turnover", &[("900", "subsidies"), ("910", "gifts, dividends, damages")]),
];

/// A report with the facts that stand beside it in its answer.
pub fn statement(tool: &str, facts: &Map<String, Value>, report: &Value, width: Option<usize>) -> String {
    let nothing = Map::new();
    let fields = report.as_object().unwrap_or(&nothing);
    let text = |name: &str| fields.get(name).or(facts.get(name)).and_then(Value::as_str);
    let mut parts = vec![String::new(), title(tool, fields)];
    let vat: Vec<String> = ["method", "basis", "notice"]
        .iter()
        .filter_map(|name| {
            let said = facts.get(*name)?.as_str()?;
            Some(if *name == "notice" { said.to_owned() } else { format!("{name}: {said}") })
        })
        .collect();
    if !vat.is_empty() {
        parts.push(vat.join(" · "));
    }
    let periods = [
        span(text("from"), text("to")).or_else(|| text("as_of").map(str::to_owned)),
        span(text("comparison_from"), text("comparison_to")),
    ];
    let mut rest = Map::new();
    for (name, value) in fields.iter().filter(|(name, _)| !HEAD.contains(&name.as_str())) {
        let body = match value {
            Value::Array(rows) if is_table(rows) => Some(accounts(rows, &periods, width)),
            Value::Array(rows) if rows.iter().any(Value::is_object) => {
                Some(table::table(rows, Around { width, whole: true, ..Around::default() }))
            }
            Value::Object(boxes) if is_return(boxes) => Some(vat_return(boxes, width)),
            Value::Object(inner) => Some(ledger(inner, width)),
            _ => None,
        };
        match body {
            Some(body) if matches!(name.as_str(), "rows" | "fields" | "totals") => {
                parts.extend([String::new(), body]);
            }
            Some(body) => parts.extend([String::new(), capital(&words(name)), body]),
            None => drop(rest.insert(name.clone(), value.clone())),
        }
    }
    if !rest.is_empty() {
        parts.extend([String::new(), ledger(&rest, width)]);
    }
    match report {
        Value::Object(_) => {}
        Value::Array(rows) if is_table(rows) => parts.push(accounts(rows, &periods, width)),
        Value::Array(rows) if rows.iter().any(Value::is_object) => {
            parts.push(table::table(rows, Around { width, ..Around::default() }));
        }
        other => parts.push(super::inline(other)),
    }
    parts.join("\n").trim_end().to_owned()
}

/// What it is, of when, in which currency.
fn title(tool: &str, fields: &Map<String, Value>) -> String {
    let text = |name: &str| fields.get(name).and_then(Value::as_str);
    let kind = text("title").or(text("type")).unwrap_or_else(|| tool.trim_start_matches("get_"));
    let kind = match kind {
        "profit-loss" | "profit_and_loss" => "Profit and loss".to_owned(),
        "vat" | "vat_report" => "VAT report".to_owned(),
        other => capital(&words(other)),
    };
    let when = match (text("from"), text("to")) {
        (Some(from), Some(to)) => match span(Some(from), Some(to)) {
            Some(name) if !name.contains(" to ") => format!(" {name} ({from} to {to})"),
            _ => format!(" {from} to {to}"),
        },
        _ => text("as_of").or(text("period")).map(|day| format!(" {day}")).unwrap_or_default(),
    };
    let currency = text("currency").map(|currency| format!(", {currency}")).unwrap_or_default();
    format!("{kind}{when}{currency}")
}

/// A period by its shortest name.
fn span(from: Option<&str>, to: Option<&str>) -> Option<String> {
    let (from, to) = (from?, to?);
    let (first, last): (jiff::civil::Date, jiff::civil::Date) = (from.parse().ok()?, to.parse().ok()?);
    let (year, month) = (first.year(), first.month());
    let names = [
        format!("{year}"),
        format!("{year}-H{}", (month + 5) / 6),
        format!("{year}-Q{}", (month + 2) / 3),
        format!("{year}-{month:02}"),
    ];
    let short =
        names.into_iter().find(|name| period::parse(name, first).is_ok_and(|span| span == (first, last)));
    Some(short.unwrap_or_else(|| format!("{from} to {to}")))
}

/// A head of names, then rows that begin with a label.
fn is_table(rows: &[Value]) -> bool {
    rows.len() > 1
        && rows.iter().all(|row| row.get(0).is_some_and(Value::is_string))
        && rows.first().and_then(Value::as_array).is_some_and(|head| head.iter().all(Value::is_string))
}

/// The rows of a statement; `periods` name the figures and those that they are compared with.
fn accounts(rows: &[Value], periods: &[Option<String>; 2], width: Option<usize>) -> String {
    let Some((head, rows)) = rows.split_first() else { return String::new() };
    let names: Vec<&str> = head.as_array().into_iter().flatten().skip(1).filter_map(Value::as_str).collect();
    let cell = |row: &Value, at: usize| row.get(at + 1).cloned().unwrap_or_default();
    let mut grid = Grid::default();
    grid.column("", false);
    for (at, name) in names.iter().enumerate() {
        let head = match (*name, periods) {
            ("amount", [Some(period), _]) | ("comparison_amount", [_, Some(period)]) => period.clone(),
            (name, _) => words(name),
        };
        let figures = |row| matches!(cell(row, at), value if value.is_null() || is_figure(&value));
        grid.column(&head, rows.iter().all(figures));
    }
    let shown = |row: &Value, (at, name): (usize, &&str)| figure(name, &cell(row, at));
    let deep = rows.iter().any(|row| depth(row) > 0);
    let mut sums = vec![Decimal::ZERO; names.len()];
    for (index, row) in rows.iter().enumerate() {
        let figures: Vec<_> =
            (0..names.len()).map(|at| decimal(&cell(row, at)).unwrap_or_default()).collect();
        let heads = rows.get(index + 1).is_some_and(|next| depth(next) > depth(row));
        let top = depth(row) == 0;
        // What the sections before it come to is a subtotal.
        let subtotal =
            deep && top && !heads && figures == sums && figures.iter().any(|figure| !figure.is_zero());
        if subtotal {
            grid.rule(&[]);
        } else if top && heads {
            grid.space();
        }
        let cells = names.iter().enumerate().map(|column| shown(row, column));
        grid.push([label(row).to_owned()].into_iter().chain(cells).collect());
        if subtotal {
            grid.space();
        } else if top {
            for (sum, figure) in sums.iter_mut().zip(figures) {
                *sum = sum.checked_add(figure).unwrap_or_default();
            }
        }
    }
    whole(&grid, width)
}

fn label(row: &Value) -> &str {
    row.get(0).and_then(Value::as_str).unwrap_or_default()
}

/// Spaces before the label.
fn depth(row: &Value) -> usize {
    label(row).len() - label(row).trim_start().len()
}

/// The lines of a grid; where they do not fit, the terminal breaks them.
fn whole(grid: &Grid, width: Option<usize>) -> String {
    grid.text(width).or_else(|| grid.text(None)).unwrap_or_default()
}

fn is_return(fields: &Map<String, Value>) -> bool {
    fields.len() > 3
        && fields.keys().all(|name| name.len() == 3 && name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Boxes under their sections; those at nothing in one line.
fn vat_return(fields: &Map<String, Value>, width: Option<usize>) -> String {
    let is_zero = |value: &Value| decimal(value).is_some_and(|figure| figure.is_zero());
    let mut grid = Grid::of_two(true);
    for (section, boxes) in BOXES {
        let filled: Vec<_> = boxes
            .iter()
            .filter_map(|(number, label)| {
                Some((number, label, fields.get(*number).filter(|value| !is_zero(value))?))
            })
            .collect();
        if filled.is_empty() {
            continue;
        }
        grid.space();
        grid.push(vec![(*section).to_owned()]);
        for (number, label, value) in filled {
            grid.push(vec![format!("  {number} {label}"), amount(value)]);
        }
    }
    let known = |number: &str| BOXES.iter().any(|(_, boxes)| boxes.iter().any(|(known, _)| *known == number));
    for (number, value) in fields.iter().filter(|(number, value)| !known(number) && !is_zero(value)) {
        grid.push(vec![format!("  {number}"), amount(value)]);
    }
    let none: Vec<&str> =
        fields.iter().filter(|(_, value)| is_zero(value)).map(|(number, _)| number.as_str()).collect();
    if !none.is_empty() {
        grid.space();
        grid.whole(format!("  0.00 in {}", none.join(", ")));
    }
    whole(&grid, width)
}

/// Named figures one below the other.
fn ledger(fields: &Map<String, Value>, width: Option<usize>) -> String {
    let mut grid = Grid::of_two(true);
    let mut below = Vec::new();
    entries(fields, 1, &mut grid, &mut below, width);
    let text = whole(&grid, width);
    [text].into_iter().chain(below).filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n")
}

fn entries(
    fields: &Map<String, Value>,
    depth: usize,
    grid: &mut Grid,
    below: &mut Vec<String>,
    width: Option<usize>,
) {
    for (name, value) in fields {
        let label = format!("{}{}", "  ".repeat(depth), words(name));
        match value {
            Value::Object(inner) => {
                grid.push(vec![label, String::new()]);
                entries(inner, depth + 1, grid, below, width);
            }
            Value::Array(rows) if rows.iter().any(Value::is_object) => {
                let around = Around { width, whole: true, ..Around::default() };
                let indent = 2 * (depth + 1);
                below.push(format!("{label}\n{}", super::indented(&table::table(rows, around), indent)));
            }
            value => {
                grid.push(vec![
                    label,
                    if value.is_number() { figure(name, value) } else { super::scalar(value) },
                ]);
            }
        }
    }
}

/// A figure of a report: all are amounts but rates and counts.
fn figure(name: &str, value: &Value) -> String {
    let counted = |word: &str| matches!(word, "rate" | "percent" | "count" | "n" | "days" | "quantity");
    if !is_figure(value) || name.split(|letter: char| !letter.is_alphanumeric()).any(counted) {
        return super::scalar(value);
    }
    amount(value)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

//! Revenue: what was invoiced by date of issue, and other income that was booked by hand or from the bank.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::answer::{Answer, Error, Record};
use super::context::{Context, Input, Query};
use super::dispatch::Handlers;
use super::postings::{Entry, Ledger, Source};
use super::{chart, fields, list, money};

pub const HANDLERS: Handlers = &[("list_revenue", list_revenue)];

/// One piece of revenue.
struct Item {
    id: String,
    date: Date,
    source: &'static str,
    invoice_id: Option<String>,
    client_id: Option<String>,
    client_name: Option<String>,
    description: String,
    currency: String,
    net: Decimal,
    tax: Decimal,
    gross: Decimal,
}

fn list_revenue(cx: &Context<'_>, input: &Input) -> Result<Answer, Error> {
    let query = &input.query;
    let mut items = Vec::new();
    if query.text("source") != Some("other") {
        items.extend(cx.tx.all("invoices")?.iter().filter_map(invoice));
    }
    if query.text("source") != Some("invoice") {
        let ledger = Ledger::read(cx)?;
        items.extend(ledger.entries.iter().filter_map(|entry| other(entry, cx.currency())));
    }
    let (from, to) = (query.date("from"), query.date("to"));
    items.retain(|item| from.is_none_or(|from| from <= item.date) && to.is_none_or(|to| item.date <= to));
    match query.text("group_by") {
        None | Some("none") => {
            sort(&mut items, query);
            Ok(list::cut(query, items.iter().map(Item::record).collect()))
        }
        Some(by) => Ok(list::cut(query, groups(&items, by))),
    }
}

fn invoice(doc: &Record) -> Option<Item> {
    if matches!(fields::text(doc, "status"), "draft" | "cancelled" | "") {
        return None;
    }
    let client = doc.get("client").and_then(Value::as_object);
    let id = fields::text(doc, "id").to_owned();
    let (net, tax) = (amount(doc, "subtotal"), amount(doc, "tax_total"));
    Some(Item {
        invoice_id: Some(id.clone()),
        id,
        date: fields::date(doc, "issue_date")?,
        source: "invoice",
        client_id: fields::said(doc, "client_id").map(str::to_owned),
        client_name: client.and_then(|client| fields::said(client, "name")).map(str::to_owned),
        description: format!("Invoice {}", fields::text(doc, "number")),
        currency: fields::text(doc, "currency").to_owned(),
        net,
        tax,
        gross: amount(doc, "total"),
    })
}

/// Income accounts of an entry that no invoice made.
fn other(entry: &Entry, currency: &str) -> Option<Item> {
    if !matches!(entry.source, Source::Manual | Source::Bank) {
        return None;
    }
    let sum = |picked: &dyn Fn(&str) -> bool| -> Decimal {
        -entry.lines.iter().filter(|line| picked(&line.account)).map(|line| line.amount).sum::<Decimal>()
    };
    let net = sum(&|number| number.starts_with('3'));
    if net.is_zero() {
        return None;
    }
    let tax = sum(&|number| number == chart::VAT_OWED);
    Some(Item {
        id: entry.id.clone(),
        date: entry.date,
        source: "other",
        invoice_id: None,
        client_id: None,
        client_name: None,
        description: entry.description.clone(),
        currency: currency.to_owned(),
        net,
        tax,
        gross: net + tax,
    })
}

fn amount(record: &Record, name: &str) -> Decimal {
    money::field(record, name).unwrap_or_default()
}

impl Item {
    fn record(&self) -> Record {
        let mut record = Record::new();
        record.insert("id".to_owned(), json!(self.id));
        record.insert("date".to_owned(), json!(self.date.to_string()));
        record.insert("source".to_owned(), json!(self.source));
        record.insert("invoice_id".to_owned(), json!(self.invoice_id));
        record.insert("client_id".to_owned(), json!(self.client_id));
        record.insert("client_name".to_owned(), json!(self.client_name));
        record.insert("description".to_owned(), json!(self.description));
        record.insert("currency".to_owned(), json!(self.currency));
        put_amounts(&mut record, self.net, self.tax, self.gross);
        record
    }
}

fn put_amounts(record: &mut Record, net: Decimal, tax: Decimal, gross: Decimal) {
    record.insert("net_amount".to_owned(), money::json(net));
    record.insert("tax_amount".to_owned(), money::json(tax));
    record.insert("gross_amount".to_owned(), money::json(gross));
}

/// By one of the fields that the OpenAPI file allows, `date` where it is another.
fn sort(items: &mut [Item], query: &Query) {
    let order = query.text("sort").unwrap_or("-date");
    let (field, descending) = order.strip_prefix('-').map_or((order, false), |field| (field, true));
    // A pointer: every closure would bring a sort of its own into the binary.
    let order: fn(&Item, &Item) -> Ordering = match field {
        "net_amount" => |a, b| a.net.cmp(&b.net),
        "gross_amount" => |a, b| a.gross.cmp(&b.gross),
        "currency" => |a, b| a.currency.cmp(&b.currency),
        _ => |a, b| a.date.cmp(&b.date),
    };
    items.sort_by(order);
    if descending {
        items.reverse();
    }
}

/// Sums per group and currency: amounts of different currencies are never added.
fn groups(items: &[Item], by: &str) -> Vec<Record> {
    let mut sums: BTreeMap<(String, String), (&Item, u64, [Decimal; 3])> = BTreeMap::new();
    for item in items {
        let key = match by {
            "year" => item.date.year().to_string(),
            "quarter" => format!("{}-Q{}", item.date.year(), (item.date.month() - 1) / 3 + 1),
            "client" => item.client_id.clone().unwrap_or_default(),
            _ => format!("{}-{:02}", item.date.year(), item.date.month()),
        };
        let (_, count, [net, tax, gross]) =
            sums.entry((key, item.currency.clone())).or_insert((item, 0, [Decimal::ZERO; 3]));
        *count += 1;
        *net += item.net;
        *tax += item.tax;
        *gross += item.gross;
    }
    sums.into_iter()
        .map(|((key, currency), (first, count, [net, tax, gross]))| {
            let mut record = Record::new();
            if by == "client" {
                let name = first.client_name.as_deref().unwrap_or("No client");
                record.insert("group".to_owned(), json!(name));
                record.insert("client_id".to_owned(), json!(first.client_id));
            } else {
                record.insert("group".to_owned(), json!(key));
            }
            record.insert("currency".to_owned(), json!(currency));
            record.insert("count".to_owned(), json!(count));
            put_amounts(&mut record, net, tax, gross);
            record
        })
        .collect()
}

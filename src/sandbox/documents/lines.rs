//! The lines of a document: what the catalog fills in, what is missing, what each comes to.

use rust_decimal::Decimal;
use serde_json::Value;

use super::totals::{Item, Totals};
use super::vat;
use crate::sandbox::answer::{Error, Issue, Record};
use crate::sandbox::context::Context;
use crate::sandbox::{fields, ids, money};

/// What the server computes on a line; ignored in a body.
const COMPUTED: &[&str] = &["position", "net_amount", "tax_amount", "gross_amount"];
/// What a client may set on a line, in the order of the answer.
const WRITABLE: &[&str] =
    &["description", "quantity", "unit", "price", "tax_rate", "discount_percent", "catalog_item_id"];

/// Resolves the lines of a body whose currency is set: records in the order of the answer, and the figures.
/// `rate` is the document's VAT rate.
pub fn resolve(cx: &Context<'_>, body: &Record, rate: Decimal) -> Result<(Vec<Record>, Vec<Item>), Error> {
    let currency = fields::text(body, "currency");
    let mut lines = Vec::new();
    let mut items = Vec::new();
    let mut issues = Vec::new();
    for (index, given) in fields::objects(body, "lines").enumerate() {
        let mut given = given.clone();
        if let Some(id) = fields::said(&given, "catalog_item_id").map(str::to_ascii_lowercase) {
            match cx.tx.get("catalog", &id)? {
                Some(item) => fill(&mut given, &item, currency),
                None => issues.push(issue(
                    index,
                    "catalog_item_id",
                    "no catalog item with this id in this profile",
                )),
            }
        }
        for name in ["description", "price"] {
            if !given.contains_key(name) {
                issues.push(issue(
                    index,
                    name,
                    "is required unless a catalog item in the same currency fills it",
                ));
            }
        }
        given.entry("tax_rate").or_insert_with(|| money::json(rate));
        let number = |name| money::field(&given, name).unwrap_or_default();
        let item = Item {
            quantity: number("quantity"),
            price: number("price"),
            discount: number("discount_percent"),
            rate: number("tax_rate"),
        };
        if vat::refuse_unregistered(cx.profile, item.rate, "").is_err() {
            issues.push(issue(index, "tax_rate", vat::UNREGISTERED));
        }
        lines.push(line(index, given));
        items.push(item);
    }
    if issues.is_empty() { Ok((lines, items)) } else { Err(Error::invalid(issues)) }
}

fn issue(index: usize, name: &str, issue: &str) -> Issue {
    Issue { field: format!("lines[{index}].{name}"), issue: issue.to_owned() }
}

fn fill(line: &mut Record, item: &Record, currency: &str) {
    let description =
        if item.get("description").is_some_and(Value::is_string) { "description" } else { "name" };
    for (name, source) in
        [("description", description), ("unit", "unit"), ("tax_rate", "tax_rate"), ("price", "price")]
    {
        if name == "price" && fields::text(item, "currency") != currency {
            continue;
        }
        if let Some(value) = item.get(source).filter(|value| !value.is_null()) {
            line.entry(name).or_insert_with(|| value.clone());
        }
    }
}

fn line(index: usize, given: Record) -> Record {
    let mut line = Record::new();
    let id = given.get("id").filter(|id| id.as_str().is_some_and(|id| uuid::Uuid::try_parse(id).is_ok()));
    line.insert("id".to_owned(), id.cloned().unwrap_or_else(|| ids::new().into()));
    line.insert("position".to_owned(), (index + 1).into());
    for name in WRITABLE {
        line.insert((*name).to_owned(), given.get(*name).cloned().unwrap_or(Value::Null));
    }
    for (name, value) in given {
        if name != "id" && !COMPUTED.contains(&name.as_str()) {
            line.insert(name, value);
        }
    }
    line
}

/// Writes what each line comes to.
pub fn write_amounts(lines: &mut [Record], totals: &Totals) {
    for (line, amounts) in lines.iter_mut().zip(&totals.lines) {
        for (name, amount) in
            [("net_amount", amounts.net), ("tax_amount", amounts.tax), ("gross_amount", amounts.gross)]
        {
            line.insert(name.to_owned(), money::json(amount));
        }
    }
}

//! Which fields of arguments and results name a record, and how much a document comes to: the one table of names, and
//! what is read by it. Pure.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use crate::rules::money;

/// Fields that hold a record's id, the most telling first.
const IDS: &[&str] = &[
    "faktooraId",
    "invoice_id",
    "invoiceId",
    "importId",
    "import_id",
    "client_id",
    "clientId",
    "customer_id",
    "customerId",
    "product_id",
    "productId",
    "webhook_id",
    "webhookId",
    "offer_id",
    "quote_id",
    "expense_id",
    "payment_id",
    "id",
    "uuid",
    "_id",
];
/// Fields that hold the number or name by which people call a record.
const NUMBERS: &[&str] = &[
    "number",
    "invoice_number",
    "invoiceNumber",
    "offer_number",
    "customer_number",
    "customerNumber",
    "product_code",
    "productCode",
];
/// In a result the record's own id comes before those that it refers to.
const OWN_IDS: &[&str] = &["id", "uuid", "faktooraId", "_id"];
/// Fields of a result in which the record may lie.
const WRAPPERS: &[&str] = &[
    "invoice", "data", "result", "record", "client", "customer", "product", "bundle", "webhook", "offer",
    "item",
];
/// Fields with the lines of a document.
const LINES: &[&str] = &["line_items", "lineItems", "invoiceItems", "lines", "items"];
const QUANTITIES: &[&str] = &["quantity", "qty"];
const PRICES: &[&str] = &["unit_price", "unitPrice", "price"];
/// Results larger than this are not read for ids.
const LARGEST: usize = 1024 * 1024;

/// The id of the record that arguments name.
pub fn id_in(arguments: &Map<String, Value>) -> Option<String> {
    first(arguments, IDS)
}

/// The number of the record that arguments name.
pub fn number_in(arguments: &Map<String, Value>) -> Option<String> {
    first(arguments, NUMBERS)
}

/// What a record is called that a result shows.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Named {
    pub id: Option<String>,
    pub number: Option<String>,
}

/// The record of a result of `tools/call`.
pub fn named_in(result: &Map<String, Value>) -> Named {
    let structured = result.get("structuredContent").and_then(Value::as_object).map(named);
    if let Some(found) = structured.filter(|found| found.id.is_some() || found.number.is_some()) {
        return found;
    }
    texts(result)
        .filter(|text| text.len() <= LARGEST && text.trim_start().starts_with('{'))
        .filter_map(|text| serde_json::from_str::<Map<String, Value>>(text).ok())
        .map(|record| named(&record))
        .find(|found| found.id.is_some() || found.number.is_some())
        .unwrap_or_default()
}

/// The texts of a result that a person or model reads.
pub fn texts(result: &Map<String, Value>) -> impl Iterator<Item = &str> {
    let blocks = result.get("content").and_then(Value::as_array).into_iter().flatten();
    blocks.filter_map(|block| block.get("text")?.as_str())
}

/// What a record is called, or the one that lies in it.
pub fn named(record: &Map<String, Value>) -> Named {
    let own = |record: &Map<String, Value>| Named {
        id: first(record, OWN_IDS).or_else(|| first(record, IDS)),
        number: first(record, NUMBERS),
    };
    let found = own(record);
    let inner = || WRAPPERS.iter().filter_map(|name| record.get(*name)?.as_object()).map(own);
    match found {
        Named { id: None, number: None } => {
            inner().find(|inner| inner.id.is_some() || inner.number.is_some()).unwrap_or_default()
        }
        found => found,
    }
}

fn first(record: &Map<String, Value>, names: &[&str]) -> Option<String> {
    names.iter().find_map(|name| match record.get(*name)? {
        Value::String(text) => Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

/// Whom a document is for, by id or else by name, in one spelling.
pub fn party_in(arguments: &Map<String, Value>) -> Option<String> {
    let id = party_id_in(arguments);
    let name = |field: &str| first(arguments.get(field)?.as_object()?, &["id", "uuid", "name"]);
    id.or_else(|| name("buyer")).or_else(|| name("client")).map(|party| party.to_lowercase())
}

/// The id of whom a document is for.
pub fn party_id_in(arguments: &Map<String, Value>) -> Option<String> {
    first(arguments, &["client_id", "clientId", "customer_id", "customerId", "vendor_id"])
}

/// The currency that arguments name.
pub fn currency_in(arguments: &Map<String, Value>) -> Option<String> {
    first(arguments, &["currency", "currencyCode", "currency_code"]).map(|code| code.to_uppercase())
}

/// Quantity by price over all lines, exactly; `None` where there are no lines, or one of them has no such numbers.
pub fn net_total(arguments: &Map<String, Value>) -> Option<Decimal> {
    let lines = LINES.iter().find_map(|name| arguments.get(*name)?.as_array())?;
    if lines.is_empty() {
        return None;
    }
    lines.iter().try_fold(Decimal::ZERO, |sum, line| {
        let line = line.as_object()?;
        let inner = line.get("product").and_then(Value::as_object).unwrap_or(line);
        let of = |names: &[&str]| names.iter().find_map(|name| inner.get(*name).or_else(|| line.get(*name)));
        let quantity = of(QUANTITIES).map_or(Some(Decimal::ONE), money::decimal)?;
        let amount = quantity.checked_mul(money::decimal(of(PRICES)?)?)?;
        sum.checked_add(amount)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::{Named, id_in, named_in, net_total, party_in};

    fn map(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(map) => map,
            _ => unreachable!(),
        }
    }

    fn called(id: &str, number: &str) -> Named {
        let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Named { id: some(id), number: some(number) }
    }

    #[test]
    fn totals_of_the_pages_examples_are_exact() {
        let greenleaf = map(json!({"client_id": "cl_abc123", "due_days": 30, "line_items": [
            {"description": "Website redesign", "quantity": 60, "unit_price": 125.00},
            {"description": "Stock photography", "quantity": 1, "unit_price": 500.00}]}));
        assert_eq!(net_total(&greenleaf).unwrap().normalize().to_string(), "8000");
        assert_eq!(party_in(&greenleaf).as_deref(), Some("cl_abc123"));
        let zugferd = map(json!({"buyer": {"name": "Acme GmbH"}, "invoiceItems": [
            {"id": "1", "product": {"name": "Consulting", "quantity": 8, "price": 150.10}},
            {"id": "2", "product": {"name": "Travel", "quantity": 0.3, "price": "0.10"}}]}));
        assert_eq!(net_total(&zugferd).unwrap().normalize().to_string(), "1200.83");
        assert_eq!(party_in(&zugferd).as_deref(), Some("acme gmbh"));
    }

    #[test]
    fn an_amount_that_cannot_be_told_is_none() {
        for lines in [
            json!([]),
            json!([{"description": "x"}]),
            json!([{"quantity": "many", "price": 1}]),
            json!(["x"]),
        ] {
            assert_eq!(net_total(&map(json!({"line_items": lines}))), None);
        }
        assert_eq!(net_total(&map(json!({"client_id": "c"}))), None);
    }

    #[test]
    fn a_record_is_found_wherever_a_result_has_it() {
        let text = |text: &str| map(json!({"content": [{"type": "text", "text": text}]}));
        assert_eq!(named_in(&text("{\"faktooraId\":\"INV-0042\"}")), called("INV-0042", ""));
        assert_eq!(
            named_in(&text("{\"id\":\"inv_1\",\"number\":\"INV-2026-0015\",\"client_id\":\"cl_1\"}")),
            called("inv_1", "INV-2026-0015")
        );
        assert_eq!(named_in(&text("{\"ok\":true,\"invoice\":{\"id\":7}}")), called("7", ""));
        assert_eq!(named_in(&text("Created INV-1")), called("", ""));
        let both = map(
            json!({"content": [{"type": "text", "text": "{\"id\":\"a\"}"}], "structuredContent": {"data": {"uuid": "b"}}}),
        );
        assert_eq!(named_in(&both), called("b", ""));
        assert_eq!(named_in(&map(json!({"contents": 1}))), called("", ""));
    }

    #[test]
    fn an_argument_names_the_record() {
        assert_eq!(id_in(&map(json!({"invoiceId": 12}))).as_deref(), Some("12"));
        assert_eq!(id_in(&map(json!({"id": " x ", "client_id": ""}))).as_deref(), Some("x"));
        assert_eq!(id_in(&map(json!({"message": "x"}))), None);
    }
}

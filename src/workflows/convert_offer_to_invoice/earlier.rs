//! Whether an offer was billed before, by whomever: by the link of either record where the API sets one, else by an
//! invoice of the same client over the same lines.

use rust_decimal::Decimal;
use serde_json::{Map, Value, json};

use crate::failure::Failure;
use crate::gateway::calls::{Calls, quoted};
use crate::rules::{invoice, money};
use crate::workflows::copying::{self, named, text};

/// Invoices that are read one by one since the list does not show their lines.
const MOST_READ: usize = 3;

/// What a look for earlier invoices came to.
pub struct Earlier {
    /// Sure ones first.
    pub found: Vec<Found>,
    /// Why there may be more.
    pub note: Option<String>,
}

/// An invoice that bills the offer.
pub struct Found {
    invoice: Value,
    /// One of the two records names the other.
    linked: bool,
}

impl Found {
    /// A clause with the invoice's number.
    pub fn words(&self) -> String {
        let number = invoice::name(&self.invoice);
        let why = if self.linked { "was made of it" } else { "has the same client, lines and total" };
        format!("invoice `{}` {why}", quoted(&number))
    }

    pub fn json(&self) -> Value {
        let mut row = named(&self.invoice);
        if let Some(row) = row.as_object_mut() {
            let shown = ["status", "issue_date", "total", "currency"];
            row.extend(
                shown.iter().filter_map(|name| Some(((*name).to_owned(), self.invoice.get(*name)?.clone()))),
            );
            row.insert("linked".into(), json!(self.linked));
        }
        row
    }
}

/// Looks through the invoices of the offer's client.
pub async fn look(calls: &dyn Calls, offer: &Value) -> Result<Earlier, Failure> {
    let mut suspects = Vec::new();
    let Some(client) = copying::client_of(offer) else {
        return Ok(Earlier { found: linked(offer), note: None });
    };
    let filters = Map::from_iter([("client_id".to_owned(), client)]);
    let mut take = |rows: Vec<Value>| suspects.extend(rows.into_iter().filter(|row| is_suspect(offer, row)));
    let walked = calls.walk("list_invoices", filters, &mut take).await?;
    let mut found = Vec::new();
    let mut reads = 0;
    for mut invoice in suspects {
        if is_linked(offer, &invoice) {
            found.insert(0, Found { invoice, linked: true });
            continue;
        }
        if invoice.get("lines").is_none()
            && reads < MOST_READ
            && let Some(id) = copying::id_of(&invoice)
        {
            reads += 1;
            invoice = calls.record("get_invoice", &id).await?;
        }
        if same_lines(offer, &invoice) {
            found.push(Found { invoice, linked: false });
        }
    }
    if !found.iter().any(|found| found.linked) {
        found.splice(0..0, linked(offer));
    }
    let note = (!walked.complete).then(|| {
        "the client's invoices could not be read to the end, so an earlier invoice of this offer may not have been seen".to_owned()
    });
    Ok(Earlier { found, note })
}

/// The invoice that the offer itself names.
fn linked(offer: &Value) -> Vec<Found> {
    let id = offer.get("invoice_id").filter(|id| !copying::is_empty(id));
    id.map(|id| Found { invoice: json!({ "id": id }), linked: true }).into_iter().collect()
}

fn is_linked(offer: &Value, invoice: &Value) -> bool {
    let same = |one: Option<&Value>, other: Option<&Value>| {
        one.is_some_and(|id| !copying::is_empty(id)) && one == other
    };
    same(invoice.get("offer_id"), offer.get("id")) || same(offer.get("invoice_id"), invoice.get("id"))
}

/// Linked, or not older than the offer and over the same amount in the same currency.
fn is_suspect(offer: &Value, billed: &Value) -> bool {
    if copying::is_undone(billed) {
        return false;
    }
    if is_linked(offer, billed) {
        return true;
    }
    if copying::client_of(offer).is_some_and(|client| !copying::is_of(&client, billed)) {
        return false;
    }
    let younger = match (invoice::day(offer, "issue_date"), invoice::day(billed, "issue_date")) {
        // The day of issue may be set back; the day on which it was made may not.
        (Some(offered), Some(day)) => {
            offered <= day || invoice::day(billed, "created_at").is_some_and(|made| offered <= made)
        }
        _ => true,
    };
    let same_currency = match (invoice::currency(offer), invoice::currency(billed)) {
        (Some(one), Some(other)) => one == other,
        _ => true,
    };
    let same_amount = [net, |record: &Value| record.get("total").and_then(money::decimal)]
        .iter()
        .any(|amount| amount(offer).is_some_and(|total| amount(billed) == Some(total)));
    younger && same_currency && same_amount
}

/// The record's own, else what its lines come to.
fn net(record: &Value) -> Option<Decimal> {
    let own = record.get("subtotal").and_then(money::decimal);
    own.or_else(|| money::preview(record)?.get("subtotal").and_then(money::decimal))
}

/// False where the lines show that it bills something else.
fn same_lines(offer: &Value, invoice: &Value) -> bool {
    let lines = |record: &Value| record.get("lines").and_then(Value::as_array).cloned();
    let (Some(offered), Some(billed)) = (lines(offer), lines(invoice)) else { return true };
    let same = |(one, other): (&Value, &Value)| {
        text(one, "description") == text(other, "description")
            && ["quantity", "price"].iter().all(|name| {
                let number = |line: &Value| line.get(*name).and_then(money::decimal);
                number(one) == number(other)
            })
    };
    offered.len() == billed.len() && offered.iter().zip(&billed).all(same)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{is_suspect, same_lines};

    fn offer() -> Value {
        json!({ "id": "O", "client_id": "C", "issue_date": "2026-09-01", "currency": "CHF", "subtotal": 540, "total": 583.75,
            "lines": [{ "description": "Consulting", "quantity": 3, "price": 180 }] })
    }

    #[test]
    fn an_invoice_that_names_the_offer_is_one_whatever_it_says() {
        assert!(is_suspect(&offer(), &json!({ "offer_id": "O", "issue_date": "2020-01-01" })));
        assert!(!is_suspect(&offer(), &json!({ "offer_id": "O", "status": "Cancelled" })));
        assert!(!is_suspect(&json!({ "id": null, "total": 1 }), &json!({ "offer_id": null })));
    }

    #[test]
    fn the_same_amount_and_lines_after_the_offer_are_suspicious() {
        let billed = |change: Value| {
            let mut invoice = offer();
            invoice["id"] = json!("I");
            invoice["subtotal"] = json!(540.00);
            invoice["issue_date"] = json!("2026-09-02");
            for (name, value) in change.as_object().unwrap() {
                invoice[name] = value.clone();
            }
            is_suspect(&offer(), &invoice) && same_lines(&offer(), &invoice)
        };
        assert!(billed(json!({})));
        assert!(billed(json!({ "subtotal": null, "total": null })));
        assert!(billed(json!({ "issue_date": "2026-01-01", "created_at": "2026-09-02T10:00:00Z" })));
        assert!(billed(json!({ "lines": null, "total": null, "currency": "chf" })));
        for other in [
            json!({ "issue_date": "2026-08-31" }),
            json!({ "currency": "EUR" }),
            json!({ "subtotal": 541, "total": 584.80 }),
            json!({ "subtotal": null, "total": null, "lines": [{ "description": "Consulting", "quantity": 4, "price": 180 }] }),
            json!({ "lines": [{ "description": "Workshop", "quantity": 3, "price": 180 }] }),
            json!({ "status": "void" }),
            json!({ "client_id": "D" }),
        ] {
            assert!(!billed(other.clone()), "{other}");
        }
    }
}

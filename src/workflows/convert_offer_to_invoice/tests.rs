//! When a person is asked, and what they are shown.

use jiff::civil::date;
use serde_json::{Map, Value, json};

use super::{ANEW, proposal, state_of};
use crate::workflows::copying::Copy;

fn offer(status: &str, valid_until: &Value) -> Value {
    json!({
        "id": "O", "number": "OF-003", "status": status, "valid_until": valid_until, "issue_date": "2026-11-07",
        "client_id": "C", "client": { "id": "C", "name": "Muster \u{202e}AG" }, "currency": "CHF", "title": "Schulung",
        "service_date_from": "2026-12-01", "payment_info": "IBAN …", "invoice_id": null, "total": 4669.9,
        "lines": [{ "id": "L", "description": "Workshop", "quantity": 3, "price": 1600, "discount_percent": 10 }],
    })
}

#[test]
fn only_an_accepted_offer_is_billed_without_a_question() {
    let today = date(2026, 11, 21);
    let state = |status, until: Value| state_of(&offer(status, &until), today);
    assert_eq!(state("accepted", json!("2026-11-01")), None);
    assert_eq!(state("Accepted", Value::Null), None);
    assert_eq!(state("sent", json!("2026-11-21")).as_deref(), Some("\"sent\""));
    assert_eq!(state("sent", json!("2026-11-20")).as_deref(), Some("\"sent\", expired on 2026-11-20"));
    assert_eq!(state("declined", Value::Null).as_deref(), Some("\"declined\""));
    assert_eq!(state("", Value::Null).as_deref(), Some("of an unknown state"));
}

#[test]
fn an_invoice_takes_over_the_content_and_the_days_of_service() {
    let copy = Copy::of(&offer("accepted", &Value::Null), &Map::new(), ANEW);
    assert_eq!(copy.missed("offer"), ["number", "issue_date", "payment_info"]);
    assert_eq!(
        Value::Object(copy.arguments),
        json!({
            "client_id": "C", "currency": "CHF", "title": "Schulung", "service_from": "2026-12-01",
            "lines": [{ "description": "Workshop", "quantity": 3, "price": 1600, "discount_percent": 10 }],
        })
    );
}

#[test]
fn the_question_names_state_amount_and_lines() {
    let offer = offer("sent", &Value::Null);
    let Copy { arguments, .. } = Copy::of(&offer, &Map::new(), ANEW);
    let asked = proposal(&offer, Some("sent"), &arguments, &[], None);
    assert_eq!(asked.label, "OF-003");
    assert!(asked.what.contains("\"OF-003\"") && asked.what.contains("sent"), "{}", asked.what);
    assert!(asked.what.ends_with("Amount: CHF 4669.90."), "{}", asked.what);
    assert!(asked.lines[1].contains("Workshop"), "{:?}", asked.lines);
    assert!(!asked.lines.iter().any(|line| line.contains('\u{202e}')), "{:?}", asked.lines);
    let other = proposal(&offer, Some("declined"), &arguments, &[], None);
    assert_ne!(asked.exactly, other.exactly);
    let unsure = proposal(&offer, None, &arguments, &[], Some("not all invoices were read"));
    assert!(!unsure.what.contains("once more"), "{}", unsure.what);
    assert!(unsure.what.ends_with("Take care: not all invoices were read."), "{}", unsure.what);
}

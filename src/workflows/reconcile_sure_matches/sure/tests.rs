//! The rule, case by case: one thing wrong, and nothing is sure.

use serde_json::{Value, json};

use super::{Found, find};

const QRR: &str = "21 00000 00003 13947 14300 09017";

fn credit() -> Value {
    json!({
        "id": "t1", "status": "unmatched", "amount": 1959.20, "currency": "CHF", "booking_date": "2026-11-20",
        "reference": "210000000003139471430009017", "counterparty_name": "Hotel Alpenblick AG",
    })
}

fn invoice() -> Value {
    json!({
        "id": "i1", "number": "IV-027", "status": "sent", "total": 1959.2, "amount_paid": 0, "amount_due": 1959.2,
        "currency": "CHF", "payment_reference": QRR,
    })
}

/// The record with these fields set; null takes one away.
fn with(mut record: Value, fields: &Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        if value.is_null() {
            record.as_object_mut().unwrap().shift_remove(name);
        } else {
            record[name] = value.clone();
        }
    }
    record
}

fn reasons(found: &Found) -> Vec<(&'static str, usize)> {
    found.left_out.iter().map(|(why, count)| (*why, *count)).collect()
}

#[test]
fn a_credit_with_reference_currency_and_open_amount_of_one_invoice_is_sure() {
    let same = [
        json!({}),
        json!({ "status": "suggested" }),
        json!({ "amount": "1959.20" }),
        json!({ "amount": 1959.2000 }),
        json!({ "currency": "chf" }),
        json!({ "reference": null, "payment_reference": QRR }),
        json!({ "credit_debit": "CRDT", "reversal": false }),
        json!({ "unknown": { "x": 1 } }),
    ];
    for fields in same {
        let found = find(&[with(credit(), &fields)], &[invoice()]);
        assert_eq!(found.matches.len(), 1, "{fields}: {found:?}");
        assert!(found.left_out.is_empty(), "{fields}");
    }
    let zeros = json!({ "reference": "000000000000000000000000420" });
    let short = json!({ "payment_reference": "420" });
    assert_eq!(find(&[with(credit(), &zeros)], &[with(invoice(), &short)]).matches.len(), 1);
    let derived = json!({ "amount_due": null, "total": 2459.20, "amount_paid": 500.00 });
    assert_eq!(find(&[credit()], &[with(invoice(), &derived)]).matches.len(), 1);
}

#[test]
fn one_thing_wrong_with_the_transaction_and_nothing_is_sure() {
    let cases = [
        (json!({ "status": "matched" }), "not shown as unmatched"),
        (json!({ "status": "ignored" }), "not shown as unmatched"),
        (json!({ "status": null }), "not shown as unmatched"),
        (json!({ "amount": -1959.20 }), "money out"),
        (json!({ "direction": "outgoing" }), "money out"),
        (json!({ "credit_debit_indicator": "DBIT" }), "money out"),
        (json!({ "amount": null }), "no amount"),
        (json!({ "amount": "viel" }), "no amount"),
        (json!({ "reversal": true }), "a reversal"),
        (json!({ "reference": null }), "no payment reference"),
        (json!({ "reference": "Rechnung IV-027" }), "no valid payment reference"),
        (json!({ "reference": "210000000003139471430009018" }), "no valid payment reference"),
        (json!({ "reference": "420" }), "no open invoice has its reference"),
        (json!({ "currency": "EUR" }), "another currency than the invoice's"),
        (json!({ "currency": null }), "no currency"),
        (json!({ "amount": 1959.21 }), "another amount than the invoice's open amount"),
        (json!({ "id": null }), "a record without id"),
    ];
    for (fields, why) in cases {
        let found = find(&[with(credit(), &fields)], &[invoice()]);
        assert!(found.matches.is_empty(), "{fields}: {found:?}");
        assert_eq!(reasons(&found), [(why, 1)], "{fields}");
    }
    // From text, so that no digit is lost on the way.
    let precise: Value = serde_json::from_str(r#"{ "amount": 1959.2000000000000001 }"#).unwrap();
    assert!(find(&[with(credit(), &precise)], &[invoice()]).matches.is_empty());
}

#[test]
fn one_thing_wrong_with_the_invoice_and_nothing_is_sure() {
    let cases = [
        json!({ "status": "draft" }),
        json!({ "status": "paid" }),
        json!({ "status": null }),
        json!({ "payment_reference": null }),
        json!({ "payment_reference": "IV-027", "reference": QRR }),
        json!({ "currency": "EUR" }),
        json!({ "amount_due": 1959.25 }),
        json!({ "amount_due": 0 }),
        json!({ "amount_due": null, "amount_paid": null }),
        json!({ "id": null }),
    ];
    for fields in cases {
        let found = find(&[credit()], &[with(invoice(), &fields)]);
        assert!(found.matches.is_empty(), "{fields}: {found:?}");
        assert_eq!(found.left_out.values().sum::<usize>(), 1, "{fields}");
    }
}

#[test]
fn two_invoices_with_one_reference_and_two_payments_of_one_invoice_are_left_out() {
    let other = with(invoice(), &json!({ "id": "i2", "number": "IV-028", "amount_due": 5 }));
    let found = find(&[credit()], &[invoice(), other]);
    assert_eq!(reasons(&found), [("several open invoices have its reference", 1)]);
    let again = with(credit(), &json!({ "id": "t2" }));
    let found = find(&[credit(), again], &[invoice()]);
    assert!(found.matches.is_empty());
    assert_eq!(reasons(&found), [("the same invoice is paid twice", 2)]);
    // A part payment beside the whole one does not make the whole one doubtful.
    let part = with(credit(), &json!({ "id": "t2", "amount": 100 }));
    assert_eq!(find(&[credit(), part], &[invoice()]).matches.len(), 1);
}

#[test]
fn a_match_is_looked_at_again() {
    let found = find(&[credit()], &[invoice()]);
    let sure = &found.matches[0];
    assert_eq!(sure.exactly(), "t1 pays i1 CHF 1959.2");
    assert!(sure.is_of(&credit()) && sure.pays(&invoice()));
    for fields in [json!({ "status": "matched" }), json!({ "amount": 1 }), json!({ "id": "t2" })] {
        assert!(!sure.is_of(&with(credit(), &fields)), "{fields}");
    }
    for fields in [json!({ "status": "paid" }), json!({ "amount_due": 1 }), json!({ "currency": "EUR" })] {
        assert!(!sure.pays(&with(invoice(), &fields)), "{fields}");
    }
}

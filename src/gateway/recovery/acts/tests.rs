//! What counts as shown, and what as unchanged.

use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Value, json};

use super::{lists_parts, shown, without_marks};
use crate::gateway::fingerprint::normal;
use crate::journal::{Digest, Field};

const INVOICE: &str = "6f1d8e0a-2a57-4a0e-9d55-00000000000a";
const OTHER: &str = "6f1d8e0a-2a57-4a0e-9d55-00000000000b";

fn digest(path: &str, value: &Value) -> Digest {
    let mut hasher = DefaultHasher::new();
    (path, normal(value)).hash(&mut hasher);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&hasher.finish().to_be_bytes());
    Digest(bytes)
}

fn sent(allocations: &Value) -> Vec<Field> {
    let mut fields = vec![Field { path: "note".into(), hash: digest("note", &json!("n")) }];
    for (index, allocation) in allocations.as_array().unwrap().iter().enumerate() {
        for (name, value) in allocation.as_object().unwrap() {
            let path = format!("allocations.{index}.{name}");
            fields.push(Field { hash: digest(&path, value), path });
        }
    }
    fields
}

fn shows(allocations: &Value, record: &Value) -> (usize, usize) {
    let same = |field: &Field, form: &Value| Ok::<_, Infallible>(digest(&field.path, form) == field.hash);
    shown(&sent(allocations), record, same).unwrap()
}

#[test]
fn an_allocation_is_known_by_its_target_and_amount_under_any_name() {
    let one = json!([{ "invoice_id": INVOICE, "amount": 40 }]);
    let upper = INVOICE.to_uppercase();
    for record in [
        json!({ "allocations": [{ "invoice_id": INVOICE, "amount": 40.00 }] }),
        json!({ "matches": [{ "invoice": { "id": upper, "number": "R-1" }, "allocated": "-40.00" }] }),
        json!({ "data": { "rows": [{ "document": INVOICE, "value": "40" }] } }),
        json!({ "amount": 40, "matched_invoice_id": INVOICE }),
        json!({ "amount": 40, "matched_to": [INVOICE] }),
    ] {
        assert_eq!(shows(&one, &record), (1, 1), "{record}");
    }
    for record in [
        json!({ "amount": 100, "allocations": [{ "invoice_id": INVOICE, "amount": 60 }] }),
        json!({ "amount": 40, "allocations": [{ "invoice_id": OTHER, "amount": 40 }] }),
        json!({ "amount": 40, "suggestions": [{ "invoice_id": INVOICE, "amount": 40 }] }),
        json!({ "suggested_matches": [{ "invoice_id": INVOICE, "amount": 40 }], "matches": [] }),
        json!({ "allocations": [{ "invoice_id": INVOICE, "amount": 60 }, { "invoice_id": OTHER, "amount": 40 }] }),
        json!({ "amount": 40, "status": "matched" }),
    ] {
        assert_eq!(shows(&one, &record), (0, 1), "{record}");
    }
}

#[test]
fn an_account_of_the_transaction_itself_is_no_allocation() {
    let one = json!([{ "account": "1020", "amount": 40 }]);
    assert_eq!(shows(&one, &json!({ "amount": 40, "bank_account": { "account": "1020" } })), (0, 1));
    assert_eq!(shows(&one, &json!({ "allocations": [{ "account_number": 1020, "amount": 40 }] })), (1, 1));
    assert_eq!(shows(&one, &json!({ "lines": [{ "position": 1020, "amount": 40 }] })), (0, 1));
}

#[test]
fn each_allocation_has_a_part_of_its_own() {
    let same = json!({ "expense_id": OTHER, "amount": 5 });
    let two = json!([same, same]);
    assert_eq!(shows(&two, &json!({ "allocations": [same] })), (1, 2));
    assert_eq!(
        shows(&two, &json!({ "allocations": [same, same, { "account": "6000", "amount": 1 }] })),
        (2, 2)
    );
    assert_eq!(shows(&json!([{ "amount": 5 }]), &json!({ "amount": 5 })), (0, 1), "an amount alone");
    assert_eq!(shows(&json!([]), &json!({ "allocations": [same] })), (0, 0));
}

#[test]
fn marks_and_emptiness_make_no_other_record_and_all_else_does() {
    let before =
        json!({ "status": "suggested", "remaining": 100, "version": 1, "allocations": [], "note": null });
    let same = |record: Value| normal(&without_marks(&before)) == normal(&without_marks(&record));
    assert!(same(json!({ "status": "suggested", "remaining": 100.0, "updatedAt": "x", "etag": "y" })));
    for record in [
        json!({ "status": "matched", "remaining": 100 }),
        json!({ "status": "suggested", "remaining": 60 }),
        json!({ "status": "suggested", "remaining": 100, "allocations": [{ "amount": 40 }] }),
        json!({ "status": "suggested", "remaining": 100, "note": "n" }),
    ] {
        assert!(!same(record.clone()), "{record}");
    }
}

#[test]
fn a_list_of_matches_is_one_even_while_it_is_empty() {
    for record in [
        json!({ "allocations": [] }),
        json!({ "allocations": null }),
        json!({ "matchedInvoices": [] }),
        json!({ "reconciliation": { "by": "x" } }),
    ] {
        assert!(lists_parts(&record), "{record}");
    }
    for record in [
        json!({ "status": "matched", "matched_at": "2026-11-21T10:00:00Z", "reconciled": true }),
        json!({ "suggestions": [], "suggested_matches": [{ "id": 1 }] }),
    ] {
        assert!(!lists_parts(&record), "{record}");
    }
}

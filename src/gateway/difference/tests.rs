//! What counts as a difference, row by row.

use serde_json::{Value, json};

use super::{Difference, differences, holds, moved_on, version_of};
use crate::catalogue::{self, Endpoint, Kind};

fn row(tool: &str) -> &'static Endpoint {
    catalogue::find(tool).unwrap()
}

fn fields(tool: &str, before: &Value, now: &Value) -> Vec<&'static str> {
    differences(row(tool), before, now).iter().map(|difference| difference.field).collect()
}

#[test]
fn other_spellings_are_no_difference() {
    for (tool, before, now) in [
        (
            "update_invoice",
            json!({"tax_rate": 8.10, "total": "10.50"}),
            json!({"tax_rate": "8.1", "total": 10.5}),
        ),
        ("update_invoice", json!({"notes": null, "title": ""}), json!({})),
        ("update_invoice", json!({"due_date": "2026-12-01"}), json!({"due_date": "2026-12-01T00:00:00Z"})),
        ("update_invoice", json!({"client_id": "AB-1"}), json!({"client_id": "ab-1"})),
        (
            "update_vendor",
            json!({"iban": "CH93 0076 2011 6238 5295 7"}),
            json!({"iban": "CH9300762011623852957"}),
        ),
        (
            "update_client",
            json!({"address": {"city": "Bern", "geo": 1}}),
            json!({"address": {"geo": 2, "city": "Bern"}}),
        ),
        ("update_client", json!({"address": {"street": null}}), json!({"address": null})),
        (
            "update_invoice",
            json!({"lines": [{"id": "a", "quantity": 3.00, "price": 180, "net_amount": 540}]}),
            json!({"lines": [{"id": "b", "quantity": 3, "price": 180.0}]}),
        ),
    ] {
        assert_eq!(fields(tool, &before, &now), [""; 0], "{before} {now}");
        assert_eq!(version_of(&before, row(tool)), version_of(&now, row(tool)), "{before} {now}");
    }
}

#[test]
fn what_the_row_does_not_know_may_change_by_itself() {
    let (before, now) =
        (json!({"notes": "a", "views": 1}), json!({"notes": "a", "views": 2, "seen_at": "now"}));
    assert_eq!(fields("update_invoice", &before, &now), [""; 0]);
    assert_eq!(version_of(&before, row("update_invoice")), version_of(&now, row("update_invoice")));
}

#[test]
fn differences_are_named_by_argument_with_both_values() {
    let (before, now) =
        (json!({"service_date_from": "2026-01-01"}), json!({"service_date_from": "2026-02-01"}));
    let expected = Difference { field: "service_from", from: json!("2026-01-01"), to: json!("2026-02-01") };
    assert_eq!(differences(row("update_invoice"), &before, &now), [expected]);
    for (tool, before, now, field) in [
        (
            "update_invoice",
            json!({"lines": [{"price": 1}]}),
            json!({"lines": [{"price": 1}, {"price": 2}]}),
            "lines",
        ),
        ("update_invoice", json!({"lines": [{"price": 1}]}), json!({"lines": [{"price": 1.01}]}), "lines"),
        ("update_invoice", json!({"status": "draft"}), json!({"status": "sent"}), "status"),
        ("update_invoice", json!({"amount_due": 10}), json!({"amount_due": 0}), "amount_due"),
        // A delete compares what an update may change.
        ("delete_invoice", json!({"notes": "a"}), json!({"notes": "b"}), "notes"),
        ("reconcile_transaction", json!({"status": "unmatched"}), json!({"status": "matched"}), "status"),
        ("update_fiscal_year", json!({"status": "open"}), json!({"status": "closed"}), "status"),
    ] {
        assert_eq!(fields(tool, &before, &now), [field], "{tool}");
        assert_ne!(version_of(&before, row(tool)), version_of(&now, row(tool)), "{tool}");
    }
}

#[test]
fn the_server_s_own_mark_tells_of_changes_nobody_else_sees() {
    let (before, now) =
        (json!({"updated_at": "2026-11-20T09:00:00Z"}), json!({"updated_at": "2026-11-20T09:00:01Z"}));
    assert!(moved_on(&before, &now) && !moved_on(&before, &before));
    assert!(moved_on(&json!({"version": 3}), &json!({"version": 4})));
    assert_ne!(version_of(&before, row("update_client")), version_of(&now, row("update_client")));
}

#[test]
fn a_record_holds_what_was_given_whatever_the_server_adds() {
    let kind = |field: &str| {
        let fields = ["update_invoice", "update_client"].map(|tool| row(tool).changes()).concat();
        fields.iter().find(|known| known.name == field).unwrap().kind
    };
    let given = json!([{"description": "Work", "quantity": 3, "price": 180}]);
    let there =
        json!([{"id": "l", "description": "Work", "quantity": 3.00, "price": 180.00, "tax_rate": 8.1}]);
    assert!(holds(kind("lines"), &there, &given));
    let more = json!([there[0], there[0]]);
    assert!(!holds(kind("lines"), &more, &given) && !holds(kind("lines"), &Value::Null, &given));
    assert!(holds(kind("address"), &json!({"city": "Bern", "street": "Weg"}), &json!({"city": "Bern"})));
    assert!(!holds(kind("address"), &json!({"city": "Bern"}), &json!({"city": "Bern", "street": "Weg"})));
    assert!(holds(Kind::Text, &Value::Null, &Value::Null) && holds(Kind::Text, &json!(""), &Value::Null));
    assert!(!holds(Kind::Text, &json!("old"), &Value::Null) && !holds(Kind::Decimal, &json!(1), &json!(2)));
}

//! Findings of documents that are put together by hand.

use jiff::civil::date;
use serde_json::{Value, json};

use super::subject::Subject;
use super::{Findings, amounts, dates, vat};

fn subject(document: Value) -> Subject {
    let sender = json!({ "company_name": "Muster GmbH", "vat_registered": true, "vat_number": "CHE-123.456.788 MWST",
        "address": { "country": "CH" } });
    Subject { document, is_record: false, client: None, sender: Some(sender), today: date(2026, 11, 21) }
}

fn document(from: &str, to: &str, rate: &Value) -> Value {
    json!({ "issue_date": "2026-11-21", "service_date_from": from, "service_date_to": to,
        "lines": [{ "description": "Consulting", "quantity": 1, "price": 100, "tax_rate": rate }] })
}

/// What `check` says of a document, a text each.
fn said(document: Value, check: fn(&Subject, &mut Findings)) -> Vec<String> {
    let mut findings = Findings::default();
    check(&subject(document), &mut findings);
    findings
        .0
        .into_iter()
        .map(|finding| format!("{:?} {}: {}", finding.severity, finding.field, finding.what))
        .collect()
}

#[test]
fn the_days_of_supply_pick_the_rate() {
    for (from, to, rate) in [
        ("2023-11-01", "2023-12-31", json!(7.7)),
        ("2024-01-01", "2024-01-31", json!(8.1)),
        ("2023-11-01", "2024-01-31", json!(0)),
        ("2026-11-01", "2026-11-20", json!("2.60")),
    ] {
        assert_eq!(said(document(from, to, &rate), vat::check), [""; 0], "{from} {rate}");
    }
    let across = said(document("2023-12-15", "2024-01-15", &json!(8.1)), vat::check);
    assert!(across[0].contains("does not hold for all of 2023-12-15 to 2024-01-15 in CH"), "{across:?}");
    let old = said(document("2026-11-01", "2026-11-20", &json!(7.7)), vat::check);
    assert_eq!(
        old,
        ["Warning lines[0].tax_rate: 7.7 % is not in force in CH on 2026-11-20 (there are 8.1, 2.6, 3.8)"]
    );
    // The rate of another country is none here.
    assert_eq!(said(document("2026-11-01", "2026-11-20", &json!(19)), vat::check).len(), 1);
}

#[test]
fn the_rate_of_the_document_counts_where_a_line_has_none() {
    let mut invoice = document("2026-11-01", "2026-11-20", &Value::Null);
    assert_eq!(said(invoice.clone(), vat::check), [""; 0]);
    invoice["tax_rate"] = json!(7.7);
    let old = said(invoice, vat::check);
    assert!(old[0].starts_with("Warning tax_rate: 7.7 %"), "{old:?}");
}

#[test]
fn days_that_cannot_be_are_errors_and_other_quarters_a_note() {
    let of = |from: &str, to: &str| said(document(from, to, &json!(8.1)), dates::check);
    assert_eq!(of("2026-10-01", "2026-11-21"), [""; 0]);
    assert!(of("2026-10-02", "2026-10-01")[0].starts_with("Error service_to"));
    assert!(of("2026-10-02", "2026-11-22")[0].starts_with("Warning service_to: 2026-11-22 is in the future"));
    assert_eq!(
        of("", "2026-09-30"),
        ["Note service_to: supplied in 2026-Q3, billed in 2026-Q4: check the VAT period"]
    );
}

#[test]
fn totals_are_exact_and_told_without_vat_where_no_rate_is_known() {
    let totals = |document: Value| {
        let mut findings = Findings::default();
        (amounts::check(&subject(document), &mut findings), findings.0.len())
    };
    let line =
        json!({ "description": "Consulting", "quantity": "0.1", "price": "0.30", "discount_percent": 10 });
    let (found, findings) = totals(json!({ "lines": [line], "tax_rate": 8.1, "currency": "CHF" }));
    let found = found.unwrap();
    assert_eq!((found["subtotal"].to_string(), findings), ("0.03".to_owned(), 0));
    let (found, _) = totals(json!({ "lines": [line] }));
    assert_eq!(found.as_ref().and_then(amounts::payable), Some("0.03".parse().unwrap()));
    let huge = json!({ "description": "x", "quantity": "79228162514264337593543950335", "price": 10 });
    assert_eq!(totals(json!({ "lines": [huge] })), (None, 1));
    assert_eq!(
        totals(json!({ "lines": [{ "description": "x", "quantity": 1, "price": "ten" }] })),
        (None, 1)
    );
    assert_eq!(totals(json!({ "lines": [] })), (None, 1));
}

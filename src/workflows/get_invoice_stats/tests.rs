//! How the figures are laid out.

use jiff::civil::date;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{Fold, figures, unsaid};
use crate::rules::money::decimal;

/// Amounts keep the digits that they are written with.
fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn figures_of(records: &Value, by: Option<&str>) -> Value {
    let mut fold = Fold::new(date(2026, 11, 21));
    fold.take(records.as_array().unwrap());
    figures(&fold.currencies["CHF"], by).unwrap()
}

fn bill(n: u64, month: u64) -> Value {
    json!({
        "status": if n.is_multiple_of(2) { "paid" } else { "sent" }, "currency": "CHF", "client_id": format!("C{n:02}"),
        "client": { "name": format!("Client {n:02}") }, "issue_date": format!("2025-{month:02}-05"),
        "due_date": format!("2025-{month:02}-28"), "paid_at": "2025-12-31", "total": n, "amount_paid": if n.is_multiple_of(2) { n } else { 0 },
        "amount_due": if n.is_multiple_of(2) { 0 } else { n },
    })
}

#[test]
fn figures_are_compact_tables() {
    let told = figures_of(&json!([bill(1, 1), bill(2, 2), bill(3, 2)]), None);
    assert_eq!(
        told,
        read(
            r#"{
                "invoices": 3, "invoiced": 6.00, "paid": 2.00, "open": 4.00,
                "by_status": [{ "status": "paid", "n": 1, "total": 2.00, "open": 0.00 }, { "status": "sent", "n": 2, "total": 4.00, "open": 4.00 }],
                "by_client": [
                    { "client": "Client 03", "n": 1, "total": 3.00, "open": 3.00 },
                    { "client": "Client 02", "n": 1, "total": 2.00, "open": 0.00 },
                    { "client": "Client 01", "n": 1, "total": 1.00, "open": 1.00 }
                ],
                "by_month": [{ "month": "2025-02", "n": 2, "total": 5.00, "open": 3.00 }, { "month": "2025-01", "n": 1, "total": 1.00, "open": 1.00 }],
                "aging": [{ "days_overdue": "over 90", "n": 2, "open": 4.00 }],
                "days_to_pay": { "n": 1, "of": 1, "average": 329, "median": 329 }
        }"#
        )
    );
    let only = figures_of(&json!([bill(1, 1)]), Some("aging"));
    let names: Vec<_> = only.as_object().unwrap().keys().collect();
    assert_eq!(names, ["invoices", "invoiced", "paid", "open", "aging"]);
}

#[test]
fn long_tables_end_with_the_sum_of_the_rest() {
    let records = json!((1..=40).map(|n| bill(n, 1 + n % 12)).collect::<Vec<_>>());
    let told = figures_of(&records, None);
    let clients = told["by_client"].as_array().unwrap();
    assert_eq!((clients.len(), &clients[0]["client"]), (13, &json!("Client 40")));
    assert_eq!(
        clients[12],
        read(r#"{ "client": "others", "clients": 28, "n": 28, "total": 406.00, "open": 196.00 }"#)
    );
    let sum: Decimal = clients.iter().map(|row| decimal(&row["total"]).unwrap()).sum();
    assert_eq!(sum, Decimal::from(820));
    assert_eq!(told["by_month"].as_array().unwrap().len(), 12);
    assert_eq!(figures_of(&records, Some("client"))["by_client"].as_array().unwrap().len(), 40);
}

#[test]
fn clients_of_one_name_are_told_apart() {
    let (mut one, mut other, mut nameless) = (bill(1, 1), bill(2, 1), bill(3, 1));
    for twin in [&mut one, &mut other] {
        twin["client"]["name"] = json!("Muster AG\u{202e}");
    }
    nameless["client"] = Value::Null;
    let told = figures_of(&json!([one, other, nameless, bill(4, 1)]), Some("client"));
    let clients: Vec<_> =
        told["by_client"].as_array().unwrap().iter().map(|row| (&row["client"], &row["client_id"])).collect();
    let name = json!("Muster AG\\u{202e}");
    assert_eq!(
        clients,
        [
            (&json!("Client 04"), &Value::Null),
            (&json!("no name shown"), &json!("C03")),
            (&name, &json!("C02")),
            (&name, &json!("C01")),
        ]
    );
}

#[test]
fn a_figure_that_not_all_show_is_left_out_and_said() {
    let mut fold = Fold::new(date(2026, 11, 21));
    let records = json!([
        { "status": "sent", "currency": "CHF", "total": 5 },
        { "status": "partially_paid", "currency": "CHF", "total": 7 },
    ]);
    fold.take(records.as_array().unwrap());
    let books = &fold.currencies["CHF"];
    let told = figures(books, Some("status")).unwrap();
    assert_eq!(told["invoiced"], read("12.00"));
    assert!(told.get("open").is_none() && told.get("paid").is_none(), "{told}");
    let notes = unsaid("CHF", books).join("\n");
    assert!(notes.contains("CHF: 1 of 2 invoices show no open amount"), "{notes}");
    assert!(notes.contains("CHF: 1 unpaid invoices show neither"), "{notes}");
}

#[test]
fn drafts_and_cancelled_ones_are_counted_and_owe_nothing() {
    let records = json!([
        { "status": "draft", "currency": "CHF", "total": 5, "amount_due": 5 },
        { "status": "Void", "currency": "CHF", "total": 7.50, "amount_due": 7.50 },
    ]);
    let told = figures_of(&records, None);
    assert_eq!(
        told,
        read(
            r#"{
                "invoices": 0, "invoiced": 0.00, "paid": 0.00, "open": 0.00,
                "by_status": [{ "status": "draft", "n": 1, "total": 5.00 }, { "status": "void", "n": 1, "total": 7.50 }],
                "by_client": [], "by_month": []
        }"#
        )
    );
}

//! What is overdue, in which order, and what has totals.

use jiff::civil::date;
use serde_json::{Value, json};

use super::Overdue;
use crate::gateway::calls::Walked;

/// Amounts keep the digits that they are written with.
fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn overdue(limit: usize, min_days: i64, complete: bool, pages: &[Value]) -> Value {
    let mut overdue = Overdue { today: date(2026, 11, 21), min_days, limit, ..Overdue::default() };
    for page in pages {
        overdue.take(page.as_array().unwrap());
    }
    Value::Object(overdue.answer(&Walked { n: 0, of: None, complete, note: None, go_on: None }, Vec::new()))
}

fn bill(number: &str, status: &str, due: Option<&str>, open: &Value, currency: &str) -> Value {
    json!({ "id": format!("id-{number}"), "number": number, "status": status, "due_date": due, "amount_due": open,
        "total": 99, "currency": currency, "client": { "name": "Muster AG" } })
}

fn books() -> Vec<Value> {
    vec![
        json!([
            bill("4", "sent", Some("2026-11-20"), &json!(0.1), "CHF"),
            bill("3", "overdue", Some("2026-10-01T00:00:00Z"), &json!("0.2"), "chf"),
            bill("x", "sent", Some("2026-11-21"), &json!(50), "CHF"),
            bill("x", "draft", Some("2026-01-01"), &json!(50), "CHF"),
        ]),
        json!([
            bill("2", "Legal_Action", Some("2026-10-01"), &json!(7.005), "EUR"),
            bill("x", "paid", Some("2026-01-01"), &json!(50), "CHF"),
            bill("x", "VOID", Some("2026-01-01"), &json!(50), "CHF"),
            bill("x", "Canceled", Some("2026-01-01"), &json!(50), "CHF"),
            bill("U", "sent", None, &json!(50), "CHF"),
        ]),
    ]
}

#[test]
fn the_oldest_come_first_and_totals_are_over_all() {
    let told = overdue(2, 1, true, &books());
    assert_eq!((&told["n"], &told["of"], &told["complete"]), (&json!(2), &json!(3), &json!(false)));
    assert_eq!(
        told["items"],
        json!([
            { "id": "id-2", "number": "2", "client": "Muster AG", "due_date": "2026-10-01", "days_overdue": 51, "open": 7.005,
                "currency": "EUR" },
            { "id": "id-3", "number": "3", "client": "Muster AG", "due_date": "2026-10-01", "days_overdue": 51, "open": read("0.20"),
                "currency": "CHF" },
        ])
    );
    assert_eq!(
        told["sums"],
        json!({ "CHF": { "n": 2, "open": read("0.30") }, "EUR": { "n": 1, "open": 7.005 } })
    );
    assert_eq!(told["without_due_date"], json!({ "n": 1, "numbers": ["U"] }));
    assert!(told["go_on"].as_str().unwrap().contains("over all 3"), "{told}");
    assert_eq!(overdue(25, 1, true, &books())["complete"], true);
    let old = overdue(25, 2, true, &books());
    assert_eq!((&old["of"], &old["sums"]["CHF"]["n"]), (&json!(2), &json!(1)));
}

#[test]
fn a_part_of_a_list_has_no_totals() {
    let told = overdue(25, 1, false, &books());
    assert_eq!((&told["n"], &told["of"], &told["complete"]), (&json!(3), &Value::Null, &json!(false)));
    assert!(told.get("sums").is_none(), "{told}");
}

#[test]
fn an_amount_that_is_not_exact_or_not_there_takes_its_total_away() {
    let page = json!([
        bill("1", "sent", Some("2026-10-01"), &json!("fifty"), "CHF"),
        bill("2", "sent", Some("2026-10-02"), &json!(5), "EUR"),
        { "number": "3", "status": "sent", "due_date": "2026-10-03", "total": 5 },
    ]);
    let told = overdue(25, 1, true, &[page]);
    assert_eq!(told["sums"], json!({ "EUR": { "n": 1, "open": read("5.00") } }));
    assert_eq!((&told["items"][0]["open"], &told["items"][2]["open"]), (&Value::Null, &read("5.00")));
    let notes = told["notes"].to_string();
    for part in
        ["CHF: no total of 1", "1 overdue invoices show no currency", "no exact number: 1", "1 show neither"]
    {
        assert!(notes.contains(part), "{part}: {notes}");
    }
}

//! `list_overdue_invoices` and `get_invoice_status` against the sandbox's raw records, against long lists, and where
//! not all of a list can be read.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::invoice_stats::{amount, day, invoices, unpaid};
use crate::scripted_books::{answer, id, listing, profiles, run};
use crate::support::{Era, McpSession, SandboxProcess, ScriptedServer};

const TOOL: &str = "list_overdue_invoices";

/// What is overdue among the records, as (due date, number, days, open).
fn overdue(records: &[Value], today: &Value) -> Vec<(String, String, i64, Decimal)> {
    let today = day(today);
    let mut rows: Vec<_> = records
        .iter()
        .filter(|row| unpaid(row) && day(&row["due_date"]) < today)
        .map(|row| {
            let due = day(&row["due_date"]);
            let number = row["number"].as_str().unwrap().to_owned();
            (due.to_string(), number, i64::from((today - due).get_days()), amount(&row["amount_due"]))
        })
        .collect();
    rows.sort();
    rows
}

fn told(answer: &Value) -> Vec<(String, String, i64, Decimal)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let row = |row: &Value| {
        (
            text(&row["due_date"]),
            text(&row["number"]),
            row["days_overdue"].as_i64().unwrap(),
            amount(&row["open"]),
        )
    };
    answer["items"].as_array().unwrap().iter().map(row).collect()
}

fn totals(records: &[Value], today: &Value) -> BTreeMap<String, (u64, Decimal)> {
    let mut totals = BTreeMap::<String, (u64, Decimal)>::new();
    for row in records.iter().filter(|row| unpaid(row) && day(&row["due_date"]) < day(today)) {
        let total = totals.entry(row["currency"].as_str().unwrap().to_owned()).or_default();
        *total = (total.0 + 1, total.1 + amount(&row["amount_due"]));
    }
    totals
}

#[track_caller]
fn told_totals(answer: &Value) -> BTreeMap<String, (u64, Decimal)> {
    let sums = answer["sums"].as_object().unwrap_or_else(|| panic!("no sums in {answer}"));
    sums.iter()
        .map(|(name, sum)| (name.clone(), (sum["n"].as_u64().unwrap(), amount(&sum["open"]))))
        .collect()
}

#[test]
fn the_sandbox_s_overdue_invoices_come_oldest_first_with_their_total() {
    let sandbox = SandboxProcess::start(&[]);
    let records = sandbox.all("/v1/invoices");
    for era in Era::BOTH {
        let mut session = McpSession::start(&sandbox.lumabill(&["serve"]), era);
        let all = session.call(TOOL, json!({})).done().structured;
        let wanted = overdue(&records, &all["today"]);
        assert!(wanted.len() >= 3, "{wanted:?}");
        assert_eq!(told(&all), wanted);
        assert_eq!(
            (&all["n"], &all["of"], &all["complete"]),
            (&json!(wanted.len()), &json!(wanted.len()), &json!(true))
        );
        assert_eq!(told_totals(&all), totals(&records, &all["today"]));
        let by_client = session.call(TOOL, json!({ "client_name": "Muster AG" })).done().structured;
        assert!(
            by_client["items"].as_array().unwrap().iter().all(|row| row["client"] == "Muster AG"),
            "{by_client}"
        );
        let older = session.call(TOOL, json!({ "min_days": wanted[1].2 })).done().structured;
        assert!(told(&older).len() < wanted.len() && told(&older)[0] == wanted[0], "{older}");
        let euros = session.call(TOOL, json!({ "currency": "EUR" })).done().structured;
        assert!(euros["items"].as_array().unwrap().iter().all(|row| row["currency"] == "EUR"), "{euros}");
    }
}

#[test]
fn totals_are_over_all_of_ten_thousand_whatever_is_shown() {
    let mut records = invoices(10_000);
    let server = {
        let mut rows = records.clone();
        rows[7]["due_date"] = Value::Null;
        listing(rows)
    };
    records.remove(7);
    let mut session = McpSession::start(&run(&server, &["serve"]), Era::Modern);
    let first = session.call(TOOL, json!({ "limit": 3 })).done().structured;
    let wanted = overdue(&records, &first["today"]);
    assert_eq!(told(&first), wanted[..3]);
    assert_eq!(
        (&first["n"], &first["of"], &first["complete"]),
        (&json!(3), &json!(wanted.len()), &json!(false))
    );
    assert_eq!(told_totals(&first), totals(&records, &first["today"]));
    assert_eq!(first["without_due_date"], json!({ "n": 1, "numbers": ["IV-00007"] }));
    assert!(first["go_on"].as_str().unwrap().contains("limit"), "{first}");
}

#[test]
fn what_is_not_the_whole_list_has_no_totals_and_says_so() {
    // An API that repeats its page.
    let server = ScriptedServer::start(|request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        answer(200, &json!({ "data": invoices(100), "total": 5_000 }))
    });
    let part = McpSession::start(&run(&server, &["serve"]), Era::Legacy).call(TOOL, json!({})).done();
    let facts = &part.structured;
    assert_eq!((&facts["of"], &facts["complete"]), (&Value::Null, &json!(false)));
    assert!(facts.get("sums").is_none(), "{facts}");
    assert!(facts["notes"][0].as_str().unwrap().contains("there are no totals"), "{facts}");
    assert!(facts["go_on"].as_str().unwrap().contains("call again"), "{facts}");
}

#[test]
fn a_status_says_where_an_invoice_stands_and_nothing_of_its_delivery() {
    let sandbox = SandboxProcess::start(&[]);
    let serve = ["serve", "--tools", "get_invoice_status"];
    let mut session = McpSession::start(&sandbox.lumabill(&serve), Era::Modern);
    for record in sandbox.all("/v1/invoices") {
        let told =
            session.call("get_invoice_status", json!({ "number": record["number"] })).done().structured;
        assert_eq!((&told["id"], &told["status"]), (&record["id"], &record["status"]));
        assert_eq!(amount(&told["total"]), amount(&record["total"]));
        assert_eq!(amount(&told["open"]), amount(&record["amount_due"]));
        assert!(told["delivery"].as_str().unwrap().contains("not known"), "{told}");
    }
    let missing = session.call("get_invoice_status", json!({ "id": id(1) })).refused();
    assert_eq!(missing.structured["error"]["http_status"], 404);
}

//! What was billed: frozen once an invoice is issued; totals of the server against our own.

use serde_json::{Value, json};

use crate::changing_record::{ALL, Record, books, error, merge, notes, update};
use crate::scripted_books::{id, run};
use crate::support::{Era, McpSession, SandboxProcess};

/// Every frozen field with another value than the seed's.
fn frozen() -> Vec<(&'static str, Value)> {
    vec![
        ("client_id", json!(id(9))),
        ("lines", json!([{ "description": "W", "quantity": 1, "price": 1 }])),
        ("number", json!("X-1")),
        ("issue_date", json!("2020-01-01")),
        ("service_from", json!("2020-01-01")),
        ("service_to", json!("2020-01-01")),
        ("currency", json!("USD")),
        ("tax_rate", json!(1.5)),
    ]
}

#[test]
fn what_was_billed_with_an_issued_invoice_is_frozen_and_the_rest_is_not() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&ALL), Era::Modern);
    for status in ["sent", "partially_paid", "paid", "overdue", "cancelled"] {
        let invoice = sandbox.all(&format!("/v1/invoices?status={status}"))[0].clone();
        let path = format!("/v1/invoices/{}", invoice["id"].as_str().unwrap());
        let before = sandbox.get(&path);
        for (field, value) in frozen() {
            for dry in [true, false] {
                let arguments =
                    json!({ "id": invoice["id"], "changes": { field: value, "notes": "n" }, "dry_run": dry });
                let refused = session.call("update_invoice", arguments).refused();
                assert_eq!(error(&refused)["code"], "not_a_draft", "{status} {field}: {}", refused.text);
                assert_eq!(error(&refused)["frozen"], json!([field]), "{status}");
                assert_eq!(error(&refused)["sent"], "nothing_sent", "{status}");
                let hint = error(&refused)["hint"].as_str().unwrap();
                assert!(hint.contains("cancel") && hint.contains("credit note"), "{hint}");
            }
        }
        assert_eq!(sandbox.get(&path), before, "{status}");
        // The same value again changes nothing.
        let changes =
            json!({ "notes": "thanks", "number": invoice["number"], "currency": invoice["currency"] });
        session.call("update_invoice", json!({ "id": invoice["id"], "changes": changes })).done();
        assert_eq!(sandbox.get(&path)["notes"], "thanks", "{status}");
    }
}

#[test]
fn the_status_is_changed_by_no_update_and_an_unknown_one_stops_none() {
    let record = Record::new(json!({ "status": "in_dispute" }));
    let read = record.clone();
    let server = books(move |_| read.shown(), {
        let record = record.clone();
        move |request, _| {
            record.store(request);
            record.shown()
        }
    });
    let refused = update(&server, json!({ "status": "sent" })).refused();
    assert!(
        refused.text.contains("changes.status") && refused.text.contains("nothing was sent"),
        "{}",
        refused.text
    );
    assert!(server.requests().is_empty());
    update(&server, json!({ "number": "X-1" })).done();
    assert_eq!((&record.get()["number"], &record.get()["status"]), (&json!("X-1"), &json!("in_dispute")));
}

#[test]
fn totals_that_the_server_adds_up_otherwise_are_said() {
    let lines = json!([{ "description": "Work", "quantity": 3, "price": 180 }]);
    for (record, said_so) in [
        (json!({ "tax_rate": 8.1, "subtotal": 540, "tax_total": 43.74, "total": 583.74 }), false),
        (
            json!({ "tax_rate": 8.1, "subtotal": 540, "tax_total": 43.74, "rounding": 0.01, "total": 583.75 }),
            false,
        ),
        (json!({ "tax_rate": 7.7, "subtotal": 540, "tax_total": 41.58, "total": 581.58 }), false),
        (json!({ "tax_rate": 8.1, "subtotal": 540, "tax_total": 41.58, "total": 581.58 }), true),
        (json!({ "notes": "no totals" }), false),
    ] {
        let record = Record::new(record);
        let (read, written) = (record.clone(), record.clone());
        let server = books(move |_| read.shown(), move |_, _| written.shown());
        let made = McpSession::start(&run(&server, &ALL), Era::Modern)
            .call("create_invoice", json!({ "client_id": id(7), "lines": lines }))
            .done();
        let changed = update(&server, json!({ "lines": lines })).done();
        for result in [made, changed] {
            assert_eq!(result.text.contains("totals differ"), said_so, "{}", result.text);
            if said_so {
                assert!(
                    notes(&result).contains("`total` is 581.58, by our arithmetic 583.74"),
                    "{}",
                    result.text
                );
            }
        }
        let touched = update(&server, json!({ "title": "Other" })).done();
        assert!(!touched.text.contains("totals differ"), "{}", touched.text);
    }
}

#[test]
fn the_sandbox_adds_up_as_we_do() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&ALL), Era::Modern);
    let client = sandbox.all("/v1/clients")[0]["id"].clone();
    let line = |quantity: &str, price: &str, rest: Value| {
        let mut line = json!({ "description": "Work", "quantity": quantity, "price": price });
        merge(&mut line, &rest);
        line
    };
    for tool in ["create_invoice", "create_offer"] {
        for (lines, rest) in [
            (json!([line("3", "180", json!({}))]), json!({})),
            (json!([line("3", "180", json!({}))]), json!({ "round_to_five_rappen": true })),
            (
                json!([
                    line("1", "0.33", json!({})),
                    line("1.333", "99.95", json!({ "discount_percent": 12.5 })),
                    line("7", "0.07", json!({ "tax_rate": 2.6 })),
                    line("1", "10", json!({ "tax_rate": 0 }))
                ]),
                json!({ "tax_rate": 8.1 }),
            ),
            (
                json!([line("2", "49.95", json!({}))]),
                json!({ "prices_include_tax": true, "currency": "EUR" }),
            ),
        ] {
            let mut arguments = json!({ "client_id": client, "lines": lines });
            merge(&mut arguments, &rest);
            let made = session.call(tool, arguments).done();
            assert!(!made.text.contains("totals differ"), "{tool}: {}", made.text);
            assert!(made.structured["record"]["total"].is_number(), "{tool}: {}", made.text);
        }
    }
}

#[test]
fn a_server_that_rounds_line_by_line_is_contradicted_even_after_a_lost_answer() {
    for (fault, recovered) in [("latency=1@create_invoice", false), ("reset-after:1@create_invoice", true)] {
        let sandbox = SandboxProcess::start(&["--rounding", "line", "--fault", fault]);
        let mut session = McpSession::start(&sandbox.lumabill(&ALL), Era::Modern);
        // 8.1 % of 0.06 is nothing to a cent, of twenty times as much it is 0.10.
        let line = json!({ "description": "Screw", "quantity": 1, "price": 0.06, "tax_rate": 8.1 });
        let arguments = json!({ "client_id": sandbox.all("/v1/clients")[0]["id"], "currency": "CHF", "lines": vec![line; 20] });
        let made = session.call("create_invoice", arguments).done();
        assert_eq!(made.structured.get("recovered").is_some(), recovered, "{}", made.text);
        assert!(notes(&made).contains("`tax_total` is 0, by our arithmetic 0.10"), "{}", made.text);
    }
}

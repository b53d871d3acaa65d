//! `check_invoice`: a draft in the books, or the arguments of one that is not made yet.

use serde_json::{Value, json};

use crate::scripted_books::{PROFILE, answer, id, run};
use crate::support::{Era, McpSession, SandboxProcess, ScriptedServer};

const TOOL: &str = "check_invoice";
const SERVE: [&str; 2] = ["serve", "--read-only"];

fn check(session: &mut McpSession, arguments: Value) -> Value {
    session.call(TOOL, arguments).done().structured
}

/// `severity field` of each finding.
fn found(facts: &Value) -> Vec<String> {
    let word = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    let findings = facts["findings"].as_array().unwrap();
    findings.iter().map(|one| format!("{} {}", word(one, "severity"), word(one, "field"))).collect()
}

#[test]
fn arguments_are_checked_before_anything_is_made() {
    for era in Era::BOTH {
        let sandbox = SandboxProcess::start(&[]);
        let mut session = McpSession::start(&sandbox.lumabill(&SERVE), era);
        let line = json!({ "description": "Consulting", "quantity": 3, "price": 180 });
        let facts = check(
            &mut session,
            json!({ "client_name": "Anna Keller", "lines": [line], "issue_date": "2026-11-21" }),
        );
        assert_eq!((&facts["ok"], found(&facts)), (&json!(true), vec![]), "{facts}");
        assert_eq!(
            facts["totals"].to_string(),
            r#"{"subtotal":540.00,"tax_breakdown":[{"rate":8.1,"base":540.00,"tax":43.74}],"tax_total":43.74,"rounding":0.01,"total":583.75}"#
        );
        let wrong = json!({
            "client_name": "Nordlicht Software GmbH", "issue_date": "2026-11-21", "due_date": "2026-11-01",
            "service_from": "2023-12-01", "service_to": "2024-01-31", "currency": "eur",
            "lines": [{ "quantity": -3, "price": 180, "tax_rate": 7.7 }],
        });
        let facts = check(&mut session, wrong);
        assert_eq!(facts["ok"], false);
        assert_eq!(
            found(&facts),
            [
                "error lines[0].description",
                "error due_date",
                "warning total",
                "warning lines[0].tax_rate",
                "note lines[0].tax_rate",
                "note service_to",
                "note currency",
            ],
            "{facts}"
        );
        assert_eq!(facts["supply_date"], "2024-01-31");
    }
}

#[test]
fn a_draft_that_is_like_another_invoice_is_suspected() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&["serve"]), Era::Modern);
    let line = json!({ "description": "Consulting", "quantity": 3, "price": 180 });
    let bill = json!({ "client_name": "Anna Keller", "lines": [line] });
    let made = session.call("create_invoice", bill.clone()).done().structured;
    let draft = check(&mut session, json!({ "id": made["record"]["id"] }));
    assert_eq!(
        (&draft["ok"], &draft["invoice"]["number"]),
        (&json!(true), &made["record"]["number"]),
        "{draft}"
    );
    assert_eq!(draft["totals"]["total"], made["record"]["total"]);
    let facts = check(&mut session, bill);
    assert_eq!(found(&facts), ["warning duplicate"], "{facts}");
    let number = made["record"]["number"].as_str().unwrap();
    assert!(facts["findings"][0]["what"].as_str().unwrap().contains(number), "{facts}");
}

/// A profile, a client and an invoice that are what a test wants, and nothing else.
fn books(profile: Value, client: Value, invoice: Value) -> ScriptedServer {
    ScriptedServer::start(move |request| {
        let path = request.target.split('?').next().unwrap();
        let record = match path {
            "/v1/profiles" => return answer(200, &json!({ "data": [profile], "total": 1 })),
            "/v1/invoices" => return answer(200, &json!({ "data": [invoice], "total": 1 })),
            _ if path.starts_with("/v1/profiles/") => &profile,
            _ if path.starts_with("/v1/clients/") => &client,
            _ => &invoice,
        };
        if record.is_null() {
            answer(404, &json!({ "error": { "message": "not found" } }))
        } else {
            answer(200, record)
        }
    })
}

fn address() -> Value {
    json!({ "street": "Seeweg", "postal_code": "6003", "city": "Luzern", "country": "CH" })
}

fn profile() -> Value {
    json!({ "id": PROFILE, "company_name": "Muster GmbH", "address": address(), "vat_registered": true,
        "vat_number": "CHE-123.456.788 MWST", "iban": "CH44 3199 9123 0008 8901 2" })
}

fn client() -> Value {
    json!({ "id": id(7), "name": "Kunde AG", "address": address() })
}

/// 2 × 100 at 8.1 %.
fn invoice() -> Value {
    json!({
        "id": id(1), "number": "IV-001", "status": "draft", "client_id": id(7), "currency": "CHF",
        "issue_date": "2026-02-01", "due_date": "2026-03-03",
        "lines": [{ "description": "Consulting", "quantity": 2, "price": 100, "tax_rate": 8.1 }],
        "subtotal": 200, "tax_total": 16.2, "total": 216.2, "payment_reference": "210000000003139471430009017",
    })
}

fn with(mut record: Value, name: &str, value: Value) -> Value {
    record[name] = value;
    record
}

fn findings_of(profile: Value, client: Value, invoice: Value) -> (Vec<String>, Value) {
    let server = books(profile, client, invoice);
    let mut session = McpSession::start(&run(&server, &SERVE), Era::Modern);
    let facts = check(&mut session, json!({ "number": "IV-001" }));
    (found(&facts), facts)
}

#[test]
fn a_whole_record_has_no_findings_and_each_fault_has_its_own() {
    let (none, facts) = findings_of(profile(), client(), invoice());
    assert!(none.is_empty() && facts["ok"] == true, "{facts}");
    let creditor = json!("RF18539007547034");
    for (fault, value, wanted) in [
        ("total", json!(261.2), "warning total"),
        ("tax_total", json!(12.6), "warning tax_total"),
        ("lines", json!([]), "error lines"),
        ("due_date", json!("2026-01-01"), "error due_date"),
        ("due_date", Value::Null, "warning due_date"),
        ("service_date_from", json!("2999-01-01"), "warning service_from"),
        ("service_date_to", json!("2025-12-31"), "note service_to"),
        ("currency", json!("USD"), "note currency"),
        ("currency", json!("EUR"), "note currency"),
        ("payment_reference", creditor, "error payment_reference"),
        ("payment_reference", json!("210000000003139471430009018"), "error payment_reference"),
        ("payment_reference", Value::Null, "warning payment_reference"),
        ("iban", json!("CH93 0076 2011 6238 5295 7"), "error payment_reference"),
        ("iban", json!("CH93 0076 2011 6238 5295 8"), "error iban"),
        ("payment_info", json!("Konto CH93 0076 2011 6238 5295 7"), "warning payment_info"),
        ("status", json!("sent"), "note status"),
        ("client_id", Value::Null, "error client_id"),
    ] {
        let (found, facts) = findings_of(profile(), client(), with(invoice(), fault, value));
        assert_eq!(found, [wanted], "{facts}");
    }
}

#[test]
fn addresses_and_registration_are_looked_at() {
    let part = |name: &str, value: Value| with(address(), name, value);
    for (record, wanted) in [
        (with(profile(), "address", Value::Null), "error sender.address"),
        (with(profile(), "address", json!("Seeweg 1, 6003 Luzern")), "error sender.address"),
        (with(profile(), "address", part("postal_code", json!(""))), "error sender.address.postal_code"),
        (with(profile(), "address", part("street", Value::Null)), "warning sender.address.street"),
        (with(profile(), "address", part("country", json!("Schweiz"))), "error sender.address.country"),
        (with(profile(), "company_name", json!("G".repeat(71))), "warning sender.name"),
        (with(profile(), "vat_registered", json!(false)), "error lines[0].tax_rate"),
        (with(profile(), "vat_number", Value::Null), "warning sender.vat_number"),
    ] {
        let (found, facts) = findings_of(record, client(), invoice());
        assert_eq!(found, [wanted], "{facts}");
    }
    for (record, wanted) in [
        (with(client(), "address", Value::Null), "warning client.address"),
        (with(client(), "address", part("city", Value::Null)), "warning client.address.city"),
        (with(client(), "address", part("country", json!("DE"))), "note lines[0].tax_rate"),
        (Value::Null, "note client"),
    ] {
        let (found, facts) = findings_of(profile(), record, invoice());
        assert_eq!(found, [wanted], "{facts}");
    }
}

#[test]
fn what_is_no_question_is_refused() {
    let server = books(profile(), client(), invoice());
    let mut session = McpSession::start(&run(&server, &SERVE), Era::Modern);
    for (arguments, code) in [
        (json!({}), "missing_argument"),
        (json!({ "currency": "CHF" }), "missing_argument"),
        (json!({ "id": id(1), "currency": "CHF" }), "bad_arguments"),
        (json!({ "id": id(1), "number": "IV-001" }), "bad_arguments"),
        (json!({ "number": "IV-002" }), "not_found"),
    ] {
        let refused = session.call(TOOL, arguments).refused();
        assert_eq!(refused.structured["error"]["code"], code, "{}", refused.text);
    }
}

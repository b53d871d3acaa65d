//! `suggest_invoice_number` and `verify_invoice_number`: guesses and look-ups that never promise a number.

use serde_json::{Value, json};

use crate::scripted_books::{PROFILE, answer, id, listing, run};
use crate::support::{Era, McpSession, SandboxProcess, ScriptedServer};

const SERVE: [&str; 3] = ["serve", "--toolsets", "all"];
const SUGGEST: &str = "suggest_invoice_number";
const VERIFY: &str = "verify_invoice_number";

fn invoice(n: usize, number: &str, day: &str) -> Value {
    json!({ "id": id(n), "number": number, "issue_date": day, "status": "sent", "client": { "id": id(7), "name": "Muster AG" } })
}

fn ask(session: &mut McpSession, tool: &str, arguments: Value) -> Value {
    session.call(tool, arguments).done().structured
}

#[test]
fn the_suggestion_is_what_the_server_assigns_next() {
    for era in Era::BOTH {
        let sandbox = SandboxProcess::start(&[]);
        let mut session = McpSession::start(&sandbox.lumabill(&SERVE), era);
        let facts = ask(&mut session, SUGGEST, json!({}));
        assert_eq!(
            (&facts["basis"], &facts["complete"]),
            (&json!("the profile's `next_invoice_number`"), &json!(true))
        );
        assert!(facts["advice"].as_str().unwrap().starts_with("advisory: leave `number` out"), "{facts}");
        let line = json!([{ "description": "Consulting", "quantity": 1, "price": 180 }]);
        let made = ask(&mut session, "create_invoice", json!({ "client_name": "Muster AG", "lines": line }));
        assert_eq!(facts["number"], made["record"]["number"]);
    }
}

#[test]
fn without_a_counter_the_numbers_tell() {
    let rows = vec![
        invoice(1, "IV-009", "2026-10-01"),
        invoice(2, "IV-011", "2026-11-01"),
        invoice(3, "RE-77", "2025-01-01"),
    ];
    let server = listing(rows);
    let mut session = McpSession::start(&run(&server, &SERVE), Era::Modern);
    let facts = ask(&mut session, SUGGEST, json!({}));
    assert_eq!((&facts["number"], &facts["complete"]), (&json!("IV-012"), &json!(true)), "{facts}");
    assert_eq!(facts["basis"], "the pattern `IV-000` in 3 of 3 invoices");
    assert!(facts.get("warning").is_none(), "{facts}");
}

#[test]
fn a_long_list_is_read_to_its_end() {
    let rows = (1..=2_345).map(|n| invoice(n, &format!("IV-{n:05}"), "2026-10-01")).collect();
    let server = listing(rows);
    let mut session = McpSession::start(&run(&server, &SERVE), Era::Legacy);
    let facts = ask(&mut session, VERIFY, json!({ "number": "IV-02345" }));
    assert_eq!(
        (&facts["found"], &facts["n"], &facts["of"]),
        (&json!(true), &json!(2_345), &json!(2_345)),
        "{facts}"
    );
    let facts = ask(&mut session, SUGGEST, json!({}));
    assert_eq!((&facts["number"], &facts["complete"]), (&json!("IV-02346"), &json!(true)), "{facts}");
}

/// One invoice, of a list that says it has 40.
fn cut_off() -> ScriptedServer {
    ScriptedServer::start(|request| {
        if request.target.starts_with(&format!("/v1/profiles/{PROFILE}")) {
            return answer(404, &json!({ "error": { "message": "no such path" } }));
        }
        if request.target.starts_with("/v1/profiles") {
            return crate::scripted_books::profiles();
        }
        answer(200, &json!({ "data": [invoice(1, "IV-009", "2026-10-01")], "total": 40 }))
    })
}

#[test]
fn what_was_not_read_to_the_end_says_so() {
    let server = cut_off();
    let mut session = McpSession::start(&run(&server, &SERVE), Era::Modern);
    let facts = ask(&mut session, SUGGEST, json!({}));
    assert_eq!((&facts["number"], &facts["complete"]), (&json!("IV-010"), &json!(false)), "{facts}");
    assert!(facts["warning"].as_str().unwrap().starts_with("a higher number may be"), "{facts}");
    let facts = ask(&mut session, VERIFY, json!({ "number": "IV-077" }));
    assert_eq!((&facts["found"], &facts["complete"]), (&json!(false), &json!(false)), "{facts}");
    assert!(facts["answer"].as_str().unwrap().starts_with("not found among 1 of "), "{facts}");
    assert!(facts["note"].is_string(), "{facts}");
}

#[test]
fn a_number_is_found_or_not_found_and_never_free() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&SERVE), Era::Modern);
    let all = sandbox.all("/v1/invoices");
    let one = all.iter().find(|invoice| invoice["number"] == "IV-005").unwrap();
    let facts = ask(&mut session, VERIFY, json!({ "number": "IV-005" }));
    assert_eq!(
        (&facts["found"], &facts["complete"], &facts["n"]),
        (&json!(true), &json!(true), &json!(all.len()))
    );
    let shown = json!({ "id": one["id"], "number": "IV-005", "status": one["status"], "client": one["client"]["name"] });
    assert_eq!(facts["invoices"], json!([shown]));
    for written in ["iv-5", "IV 0005", "iv/005"] {
        let facts = ask(&mut session, VERIFY, json!({ "number": written }));
        assert_eq!(facts["found"], false, "{facts}");
        assert_eq!(facts["answer"], format!("not found among {0} of {0}", all.len()));
        assert_eq!(facts["near"], json!([shown]), "{written}");
    }
    let text = session.call(VERIFY, json!({ "number": "IV-999" })).done().text;
    assert!(!text.contains("near") && !text.contains("free") && !text.contains("available"), "{text}");
    let error = session.call(VERIFY, json!({})).refused().structured["error"].clone();
    assert_eq!(error["code"], "missing_argument", "{error}");
}

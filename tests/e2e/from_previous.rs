//! `create_invoice_from_previous`: the newest invoice of a client once more. The newest is another one after each
//! call, and yet neither a repeat nor a lost answer makes a second invoice.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::ledger::{Fate, Ledger, invoice_of};
use crate::scripted_books::{answer, id, profiles, run};
use crate::support::{
    Answer, Era, Gate, Home, Lumabill, McpSession, PLANTED_KEY, SandboxProcess, ScriptedServer, ToolResult,
};

const SERVE: [&str; 3] = ["serve", "--tools", TOOL];
const ALL: [&str; 3] = ["serve", "--toolsets", "all"];
const TOOL: &str = "create_invoice_from_previous";

fn bill(words: &str) -> Value {
    json!({ "client_id": id(7), "lines": [{ "description": words, "quantity": 3, "price": 180 }] })
}

/// Invoice `L-00n` with this state and day of issue.
fn invoice(n: usize, status: &str, day: &str) -> Value {
    let mut invoice = invoice_of(&bill("Consulting"), 86_400, n);
    invoice["status"] = json!(status);
    invoice["issue_date"] = json!(day);
    invoice
}

/// A ledger with an issued invoice and an older one.
fn ledger(fate: impl Fn(usize) -> Fate + Send + Sync + 'static) -> Ledger {
    Ledger::with(vec![invoice(1, "sent", "2026-10-01"), invoice(2, "paid", "2026-09-01")], fate)
}

fn copy() -> Value {
    json!({ "client_id": id(7) })
}

fn with(mut arguments: Value, name: &str, value: Value) -> Value {
    arguments[name] = value;
    arguments
}

fn at(home: &Arc<Home>, ledger: &Ledger) -> Lumabill {
    Lumabill::at(home, &ALL).with_api(&ledger.server.url(), PLANTED_KEY)
}

#[track_caller]
fn made(result: ToolResult) -> Value {
    let result = result.done();
    assert_eq!(result.structured["created"], true, "{}", result.text);
    result.structured
}

#[track_caller]
fn not_again(result: ToolResult, words: &str) -> Value {
    let result = result.done();
    assert!(result.text.starts_with(words), "{}", result.text);
    assert_eq!(result.structured["created"], false, "{}", result.text);
    result.structured
}

#[track_caller]
fn refused(result: ToolResult, code: &str) -> Value {
    let refused = result.refused();
    let error = refused.structured["error"].clone();
    assert_eq!((&error["code"], &error["sent"]), (&json!(code), &json!("nothing_sent")), "{}", refused.text);
    error
}

/// A month passes for what the journal holds.
fn a_month_later(home: &Home) {
    let journal = rusqlite::Connection::open(home.path().join("state/journal.db")).unwrap();
    let month = 31_i64 * 86_400_000;
    let aged = format!(
        "update intent set claimed_at = claimed_at - {month}, sent_at = sent_at - {month}, settled_at = settled_at - {month}"
    );
    journal.execute_batch(&aged).unwrap();
}

#[test]
fn the_newest_invoice_is_made_once_more_with_what_is_to_be_different() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&ALL), Era::Modern);
    let client = sandbox.all("/v1/clients").into_iter().find(|client| client["name"] == "Muster AG").unwrap();
    let of_client = |invoice: &Value| invoice["client_id"] == client["id"] && invoice["status"] != "draft";
    let source = sandbox.all("/v1/invoices").into_iter().filter(of_client);
    let source = source.max_by_key(|invoice| invoice["issue_date"].as_str().unwrap().to_owned()).unwrap();
    let facts =
        made(session.call(TOOL, json!({ "client_name": "Muster AG", "title": "Once more", "due_days": 10 })));
    assert_eq!(
        facts["made_from"],
        json!({ "id": source["id"], "number": source["number"], "issue_date": source["issue_date"] })
    );
    for same in ["client_id", "currency", "subtotal", "total", "language"] {
        assert_eq!(facts["record"][same], source[same], "{same}");
    }
    assert_eq!(
        (&facts["record"]["status"], &facts["record"]["title"]),
        (&json!("draft"), &json!("Once more"))
    );
    assert_eq!(facts["dropped"], json!(["number", "issue_date", "due_date", "payment_info"]));
    let lines = json!([{ "description": "Workshop", "quantity": 1, "price": 900 }]);
    let facts = made(session.call(TOOL, json!({ "client_id": client["id"], "lines": &lines })));
    assert_eq!((&facts["record"]["subtotal"], &facts["made_from"]["id"]), (&json!(900), &source["id"]));
    let spelt = client["id"].as_str().unwrap().to_uppercase();
    not_again(
        session.call(TOOL, json!({ "client_id": spelt, "lines": lines })),
        "NOT CREATED AGAIN: same as ",
    );
    assert!(
        facts["notes"][0].as_str().unwrap().starts_with("newer drafts of the client were left aside: `"),
        "{facts}"
    );
}

#[test]
fn the_same_call_again_is_answered_with_what_is_there() {
    for era in Era::BOTH {
        let ledger = ledger(|_| Fate::Commit);
        let mut session = McpSession::start(&run(&ledger.server, &SERVE), era);
        let first = made(session.call(TOOL, copy()));
        assert_eq!(first["made_from"]["number"], "L-001");
        let said = not_again(session.call(TOOL, copy()), "NOT CREATED AGAIN: same as L-100 of ");
        assert_eq!(said["record"]["id"], first["record"]["id"]);
        // Also once it is the newest that was issued.
        ledger.edit(|records| {
            records[2]["status"] = json!("sent");
            records[2]["issue_date"] = json!("2026-11-21");
        });
        not_again(session.call(TOOL, copy()), "NOT CREATED AGAIN: same as L-100 of ");
        assert_eq!(ledger.posts().len(), 1);
        // Another period is another invoice, and one on purpose too: both are made from what is the newest by now.
        let another = made(session.call(TOOL, with(copy(), "service_from", json!("2026-11-01"))));
        assert_eq!(another["made_from"]["number"], "L-100");
        let wanted = made(session.call(TOOL, with(copy(), "allow_duplicate", json!(true))));
        assert_eq!((&wanted["made_from"]["number"], ledger.posts().len()), (&json!("L-100"), 3));
    }
}

#[test]
fn a_client_with_drafts_only_gets_one_more_and_not_two() {
    let ledger = Ledger::with(vec![invoice(1, "draft", "2026-10-01")], |_| Fate::Commit);
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
    let first = made(session.call(TOOL, copy()));
    assert_eq!(first["made_from"]["number"], "L-001");
    assert!(first["notes"].to_string().contains("drafts only"), "{first}");
    // By now the newest is the one that was made.
    ledger.edit(|records| records[1]["issue_date"] = json!("2026-11-21"));
    not_again(session.call(TOOL, copy()), "NOT CREATED AGAIN: same as L-100 of ");
    assert_eq!(ledger.posts().len(), 1);
}

#[test]
fn a_month_later_the_same_call_makes_the_next_invoice() {
    let ledger = ledger(|_| Fate::Commit);
    let home = Arc::new(Home::new());
    made(McpSession::start(&at(&home, &ledger), Era::Modern).call(TOOL, copy()));
    ledger.edit(|records| {
        records[2]["status"] = json!("sent");
        records[2]["issue_date"] = json!("2026-10-31");
        records[2]["created_at"] = json!("2026-10-31T08:00:00.000Z");
    });
    a_month_later(&home);
    let next = made(McpSession::start(&at(&home, &ledger), Era::Legacy).call(TOOL, copy()));
    assert_eq!((&next["made_from"]["number"], &next["record"]["number"]), (&json!("L-100"), &json!("L-101")));
}

#[test]
fn a_lost_answer_is_looked_up_and_the_source_is_never_taken_for_it() {
    let lost: fn() -> Answer = || Answer::Reset;
    // The source is of this minute.
    let mut fresh = invoice_of(&bill("Consulting"), 20, 1);
    fresh["status"] = json!("sent");
    let ledger = Ledger::with(vec![fresh.clone()], move |_| Fate::CommitThen(lost));
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
    let facts = made(session.call(TOOL, copy()));
    assert_eq!((&facts["recovered"], &facts["record"]["number"]), (&json!(true), &json!("L-100")));
    assert_eq!(facts["made_from"]["number"], "L-001");
    not_again(session.call(TOOL, copy()), "NOT CREATED AGAIN: same as L-100 of ");
    assert_eq!(ledger.posts().len(), 1);

    let fate = move |n| if n == 0 { Fate::Lose(lost) } else { Fate::Commit };
    let ledger = Ledger::with(vec![fresh], fate);
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
    let error = session.call(TOOL, copy()).refused().structured["error"].clone();
    assert_eq!(error["code"], "not_created", "{error}");
    made(session.call(TOOL, copy()));
    assert_eq!(ledger.records().len(), 2);
}

#[test]
fn what_is_in_doubt_is_found_again_and_not_made_by_another_tool() {
    let in_other_words = "NOT CREATED AGAIN: in other words the same as L-100 of ";
    let cases = [
        (TOOL, copy(), TOOL, copy(), "NOT CREATED AGAIN: same as L-100 of "),
        (
            TOOL,
            copy(),
            TOOL,
            with(copy(), "allow_duplicate", json!(true)),
            "NOT CREATED AGAIN: same as L-100 of ",
        ),
        (TOOL, copy(), "create_invoice", bill("Workshop"), in_other_words),
        ("create_invoice", bill("Workshop"), TOOL, copy(), in_other_words),
    ];
    for status in ["sent", "draft"] {
        for (first, first_arguments, second, second_arguments, words) in cases.clone() {
            let gate = Gate::default();
            let held = gate.clone();
            let fate = move |n| if n == 0 { Fate::CommitAndHold(held.clone()) } else { Fate::Commit };
            let ledger = Ledger::with(vec![invoice(1, status, "2026-10-01")], fate);
            let home = Arc::new(Home::new());
            let mut killed = McpSession::start(&at(&home, &ledger), Era::Modern);
            killed.send_call(first, first_arguments);
            ledger.wait_for_posts(1);
            killed.signal("KILL");
            killed.gone_within(Duration::from_secs(5));
            gate.open();
            // As the newest draft it would be the source of the second call.
            ledger.edit(|records| records[1]["issue_date"] = json!("2026-11-21"));
            let mut session = McpSession::start(&at(&home, &ledger), Era::Modern);
            let told = not_again(session.call(second, second_arguments), words);
            assert_eq!(told["record"]["number"], "L-100");
            assert_eq!(ledger.posts().len(), 1);
        }
    }
}

#[test]
fn other_prices_and_rates_by_now_are_said() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&ALL), Era::Modern);
    let client =
        session.call("create_client", json!({ "name": "Neu AG" })).done().structured["record"]["id"].clone();
    let item = json!({ "name": "Audit", "price": 120, "tax_rate": 8.1, "currency": "CHF" });
    let item = session.call("create_catalog_item", item).done().structured["record"]["id"].clone();
    let line = json!({ "description": "Audit", "quantity": 1, "price": 99.50, "tax_rate": 7.7, "catalog_item_id": item });
    let first = json!({ "client_id": client, "lines": [line], "service_from": "2023-11-01", "service_to": "2023-11-30", "tax_rate": 7.7 });
    made(session.call("create_invoice", first));
    let notes = made(session.call(TOOL, json!({ "client_id": client })))["notes"].to_string();
    assert!(notes.contains("costs 120.00 in the catalog now, the line has 99.50"), "{notes}");
    assert!(notes.contains("has 8.1 % VAT in the catalog now, the line 7.7 %"), "{notes}");
    assert!(notes.contains("7.7 % is no VAT rate in force"), "{notes}");
    // Lines that are given are priced on purpose.
    let lines = json!([{ "description": "Audit", "quantity": 1, "price": 99.50, "catalog_item_id": item }]);
    let facts = made(session.call(TOOL, json!({ "client_id": client, "lines": lines })));
    assert!(!facts["notes"].to_string().contains("catalog"), "{facts}");
}

#[test]
fn without_the_whole_list_nothing_is_the_newest() {
    let server = ScriptedServer::start(|request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        // More than there are rows.
        answer(200, &json!({ "data": [invoice(1, "sent", "2026-10-01")], "total": 40 }))
    });
    let mut session = McpSession::start(&run(&server, &SERVE), Era::Modern);
    let error = refused(session.call(TOOL, copy()), "list_incomplete");
    assert!(error["hint"].as_str().unwrap().contains("duplicate_invoice"), "{error}");
    assert!(server.requests().iter().all(|request| request.method == "GET"));
}

#[test]
fn what_there_is_no_model_for_is_refused() {
    let ledger = Ledger::with(vec![invoice(1, "cancelled", "2026-10-01")], |_| Fate::Commit);
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
    refused(session.call(TOOL, copy()), "nothing_to_copy");
    refused(session.call(TOOL, json!({})), "missing_argument");
    refused(session.call(TOOL, with(copy(), "number", json!("L-001"))), "unknown_argument");
    assert_eq!(ledger.posts().len(), 0);
}

#[test]
fn where_every_write_is_asked_about_this_is_too() {
    for era in Era::BOTH {
        let ledger = ledger(|_| Fate::Commit);
        let serve = ["serve", "--confirm", "writes", "--tools", TOOL];
        let mut session = McpSession::with_elicitation(&run(&ledger.server, &serve), era);
        let (question, declined) = session.call_and_answer(TOOL, copy(), "decline");
        assert!(question["message"].as_str().unwrap().contains("Consulting"), "{question}");
        refused(declined, "declined");
        assert_eq!(ledger.posts().len(), 0);
        made(session.call_and_answer(TOOL, copy(), "accept").1);
        assert_eq!(ledger.posts().len(), 1);
    }
}

//! A copy made on purpose is made; the same copy asked for again is not; and what is in doubt is not made by
//! another tool either.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::ledger::{Fate, Ledger, invoice_of};
use crate::scripted_books::{id, run};
use crate::support::{
    Answer, Era, Gate, Home, Lumabill, McpSession, PLANTED_KEY, SandboxProcess, ToolResult,
};

const SERVE: [&str; 1] = ["serve"];
const TOOL: &str = "duplicate_invoice";

/// What `create_invoice` takes, and a record of it has.
fn bill(words: &str) -> Value {
    json!({ "client_id": id(7), "lines": [{ "description": words, "quantity": 3, "price": 180 }] })
}

/// A ledger that holds invoice `L-001` of an hour ago.
fn ledger(fate: impl Fn(usize) -> Fate + Send + Sync + 'static) -> Ledger {
    Ledger::with(vec![invoice_of(&bill("Consulting"), 3600, 1)], fate)
}

fn copy() -> Value {
    json!({ "id": id(1) })
}

fn with(mut arguments: Value, name: &str, value: Value) -> Value {
    arguments[name] = value;
    arguments
}

fn at(home: &Arc<Home>, ledger: &Ledger) -> Lumabill {
    Lumabill::at(home, &SERVE).with_api(&ledger.server.url(), PLANTED_KEY)
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

#[test]
fn a_copy_is_a_draft_with_the_same_content_and_a_life_of_its_own() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&SERVE), Era::Modern);
    let source = sandbox.all("/v1/invoices").into_iter().find(|invoice| invoice["status"] == "paid").unwrap();
    let by_number = json!({ "number": source["number"], "title": "Once more", "due_days": 10 });
    let preview = session.call(TOOL, with(by_number.clone(), "dry_run", json!(true))).done().structured;
    let before = sandbox.all("/v1/invoices").len();
    let facts = made(session.call(TOOL, by_number));
    assert_eq!(sandbox.all("/v1/invoices").len(), before + 1);
    let record = &facts["record"];
    assert_eq!((&record["status"], &record["title"]), (&json!("draft"), &json!("Once more")));
    for same in ["client_id", "currency", "subtotal", "tax_total", "total", "language"] {
        assert_eq!(record[same], source[same], "{same}");
    }
    for new in ["id", "number", "issue_date", "payment_reference"] {
        assert_ne!(record[new], source[new], "{new}");
    }
    assert_eq!(facts["copy_of"], json!({ "id": source["id"], "number": source["number"] }));
    for name in ["number", "status", "issue_date", "due_date", "paid_at", "payment_reference", "lines.id"] {
        assert!(facts["dropped"].as_array().unwrap().contains(&json!(name)), "{name}: {}", facts["dropped"]);
    }
    assert_eq!(preview["dry_run"], true, "{preview}");
    assert_eq!(preview["request"]["path"], "/v1/invoices");
    let body = &preview["request"]["body"];
    assert_eq!((&body["title"], &body["due_date"]), (&json!("Once more"), &record["due_date"]));
    assert!(["id", "number", "status", "issue_date"].iter().all(|name| body.get(*name).is_none()), "{body}");
    let amount = |value: &Value| value.to_string().parse::<rust_decimal::Decimal>().unwrap();
    assert_eq!(amount(&preview["totals"]["total"]), amount(&record["total"]), "{preview}");
    let spelt = source["id"].as_str().unwrap().to_uppercase();
    let again = session.call(TOOL, json!({ "id": spelt, "title": "Once more", "due_days": 10 }));
    not_again(again, "NOT CREATED AGAIN: same as ");
    let told = session.call("list_recent_changes", json!({})).done().structured;
    let number = record["number"].as_str().unwrap();
    assert_eq!(told["items"][0]["tool"], TOOL);
    assert_eq!(told["items"][0]["what"], format!("duplicated invoice as {number}"));
}

#[test]
fn the_same_copy_again_is_answered_with_what_is_there_and_another_one_is_made() {
    for era in Era::BOTH {
        let ledger = ledger(|_| Fate::Commit);
        let mut session = McpSession::start(&run(&ledger.server, &SERVE), era);
        let first = made(session.call(TOOL, copy()));
        let said = not_again(session.call(TOOL, copy()), "NOT CREATED AGAIN: same as L-100 of ");
        assert_eq!(said["record"]["id"], first["record"]["id"]);
        assert_eq!(said["copy_of"]["number"], "L-001");
        not_again(session.call(TOOL, json!({ "number": "L-001" })), "NOT CREATED AGAIN: same as L-100 of ");
        // Another period is another copy, and so is one of the copy.
        made(session.call(TOOL, with(copy(), "service_from", json!("2026-11-01"))));
        made(session.call(TOOL, json!({ "id": first["record"]["id"] })));
        made(session.call(TOOL, with(copy(), "allow_duplicate", json!(true))));
        assert_eq!(ledger.records().len(), 1 + 4);
        // A copy that is gone, as the others of this call, is made again.
        ledger.edit(|records| records.truncate(1));
        made(session.call(TOOL, copy()));
        assert_eq!(ledger.posts().len(), 5);
    }
}

#[test]
fn what_was_made_a_moment_ago_is_copied_and_not_swallowed() {
    let lost: fn() -> Answer = || Answer::Reset;
    for first in [Fate::Commit, Fate::CommitThen(lost)] {
        let recovered = matches!(first, Fate::CommitThen(_));
        let ledger = Ledger::start(move |n| if n == 0 { first.clone() } else { Fate::Commit });
        let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
        let original = made(session.call("create_invoice", bill("Consulting")));
        assert_eq!(original.get("recovered").is_some(), recovered);
        let copied = made(session.call(TOOL, json!({ "id": original["record"]["id"] })));
        assert_eq!(copied["record"]["number"], "L-101");
        assert_eq!(ledger.records().len(), 2);
        // Each is still the same as itself.
        not_again(session.call("create_invoice", bill("Consulting")), "NOT CREATED AGAIN: same as L-100 of ");
        let again = session.call(TOOL, json!({ "id": original["record"]["id"] }));
        not_again(again, "NOT CREATED AGAIN: same as L-101 of ");
        assert_eq!(ledger.posts().len(), 2);
    }
}

#[test]
fn a_lost_answer_is_looked_up_and_the_source_is_never_taken_for_its_copy() {
    let lost: fn() -> Answer = || Answer::Reset;
    // The source is of this minute, or tells no age at all.
    let fresh = invoice_of(&bill("Consulting"), 20, 1);
    let mut ageless = with(fresh.clone(), "issue_date", json!("2026-11-21"));
    ageless.as_object_mut().unwrap().remove("created_at");
    for source in [fresh, ageless] {
        let arguments = with(copy(), "issue_date", json!("2026-11-21"));
        let ledger = Ledger::with(vec![source.clone()], move |_| Fate::CommitThen(lost));
        let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
        let facts = made(session.call(TOOL, arguments.clone()));
        assert_eq!((&facts["recovered"], &facts["record"]["number"]), (&json!(true), &json!("L-100")));
        assert_eq!(facts["copy_of"]["number"], "L-001");
        not_again(session.call(TOOL, arguments.clone()), "NOT CREATED AGAIN: same as L-100 of ");
        assert_eq!(ledger.posts().len(), 1);

        let ledger =
            Ledger::with(vec![source], move |n| if n == 0 { Fate::Lose(lost) } else { Fate::Commit });
        let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
        let began = Instant::now();
        let refused = session.call(TOOL, arguments.clone()).refused();
        let error = &refused.structured["error"];
        assert_eq!(error["code"], "not_created", "{}", refused.text);
        assert!(error["message"].as_str().unwrap().starts_with("`duplicate_invoice` was sent"), "{error}");
        assert!(began.elapsed() >= Duration::from_secs(10), "{:?}", began.elapsed());
        made(session.call(TOOL, arguments));
        assert_eq!(ledger.records().len(), 2);
    }
}

/// Calls a tool whose request is committed, and kills the process before the answer comes.
fn killed_in_doubt(home: &Arc<Home>, ledger: &Ledger, gate: &Gate, tool: &str, arguments: Value) {
    let mut killed = McpSession::start(&at(home, ledger), Era::Modern);
    killed.send_call(tool, arguments);
    ledger.wait_for_posts(1);
    killed.signal("KILL");
    killed.gone_within(Duration::from_secs(5));
    gate.open();
}

/// A ledger that holds the first answer back.
fn holding() -> (Ledger, Gate) {
    let gate = Gate::default();
    let held = gate.clone();
    (ledger(move |n| if n == 0 { Fate::CommitAndHold(held.clone()) } else { Fate::Commit }), gate)
}

#[test]
fn a_copy_whose_process_was_killed_is_found_again() {
    for again in [copy(), with(copy(), "allow_duplicate", json!(true))] {
        let (ledger, gate) = holding();
        let home = Arc::new(Home::new());
        killed_in_doubt(&home, &ledger, &gate, TOOL, copy());
        let mut session = McpSession::start(&at(&home, &ledger), Era::Legacy);
        let told = not_again(session.call(TOOL, again), "NOT CREATED AGAIN: same as L-100 of ");
        assert_eq!(told["record"]["number"], "L-100");
        assert_eq!(ledger.posts().len(), 1);
        made(session.call(TOOL, with(copy(), "allow_duplicate", json!(true))));
        assert_eq!(ledger.records().len(), 3);
    }
}

#[test]
fn what_is_in_doubt_is_not_made_by_the_other_tool() {
    let words = "NOT CREATED AGAIN: in other words the same as L-100 of ";
    let pairs = [("create_invoice", bill("Workshop")), (TOOL, copy())];
    for (first, second) in [(0, 1), (1, 0)] {
        let (ledger, gate) = holding();
        let home = Arc::new(Home::new());
        let (tool, arguments) = pairs[first].clone();
        killed_in_doubt(&home, &ledger, &gate, tool, arguments);
        let mut session = McpSession::start(&at(&home, &ledger), Era::Modern);
        let (tool, arguments) = pairs[second].clone();
        let told = not_again(session.call(tool, arguments.clone()), words);
        assert_eq!(told["record"]["number"], "L-100");
        assert_eq!(ledger.posts().len(), 1);
        // That answer told of it: from here on another one is the person's decision.
        made(session.call(tool, with(arguments, "allow_duplicate", json!(true))));
        assert_eq!(ledger.records().len(), 3);
    }
}

#[test]
fn whoever_names_the_record_of_a_lost_create_knows_of_it() {
    let (ledger, gate) = holding();
    let home = Arc::new(Home::new());
    killed_in_doubt(&home, &ledger, &gate, "create_invoice", bill("Consulting"));
    let made_by_it = ledger.records()[1]["id"].clone();
    let mut session = McpSession::start(&at(&home, &ledger), Era::Modern);
    let copied = made(session.call(TOOL, json!({ "id": made_by_it })));
    assert_eq!(copied["record"]["number"], "L-101");
}

#[test]
fn two_processes_at_the_same_moment_make_one_copy() {
    let (ledger, gate) = holding();
    let home = Arc::new(Home::new());
    let mut sessions = [Era::Legacy, Era::Modern].map(|era| McpSession::start(&at(&home, &ledger), era));
    let calls = sessions.each_mut().map(|session| session.send_call(TOOL, copy()));
    ledger.wait_for_posts(1);
    gate.open();
    let mut created: Vec<_> = (sessions.iter_mut().zip(&calls))
        .map(|(session, id)| session.answer(id)["result"]["structuredContent"]["created"].clone())
        .collect();
    created.sort_by_key(|created| created == true);
    assert_eq!((created, ledger.posts().len()), (vec![json!(false), json!(true)], 1));
}

#[test]
fn a_copy_carries_no_bank_details_on() {
    let said = with(bill("Consulting"), "payment_info", json!("IBAN CH93 0076 2011 6238 5295 7"));
    let ledger = Ledger::with(vec![invoice_of(&said, 3600, 1)], |_| Fate::Commit);
    let mut session = McpSession::with_elicitation(&run(&ledger.server, &SERVE), Era::Modern);
    let facts = made(session.call(TOOL, copy()));
    assert_eq!(ledger.records()[1].get("payment_info"), None);
    assert!(facts["dropped"].as_array().unwrap().contains(&json!("payment_info")), "{facts}");
    assert!(facts["notes"][0].as_str().unwrap().starts_with("`payment_info` is not that"), "{facts}");
}

#[test]
fn where_every_write_is_asked_about_a_copy_is_too() {
    for era in Era::BOTH {
        let ledger = ledger(|_| Fate::Commit);
        let serve = ["serve", "--confirm", "writes"];
        let mut session = McpSession::with_elicitation(&run(&ledger.server, &serve), era);
        let (question, answer) = session.call_and_answer(TOOL, copy(), "decline");
        let message = question["message"].as_str().unwrap();
        assert!(message.contains("Consulting") && message.contains("Muster GmbH"), "{message}");
        assert!(answer.refused().text.contains("`duplicate_invoice`"));
        assert_eq!(ledger.posts().len(), 0);
        made(session.call_and_answer(TOOL, copy(), "accept").1);
        assert_eq!(ledger.posts().len(), 1);

        let mut alone = McpSession::start(&run(&ledger.server, &serve), era);
        let error = alone.call(TOOL, copy()).refused().structured["error"].clone();
        assert_eq!(error["code"], "confirmation_required", "{error}");
        assert!(error["message"].as_str().unwrap().contains("`duplicate_invoice`"), "{error}");
        // What the yes was for has changed meanwhile: it counts no more.
        ledger.edit(|records| records[0]["lines"][0]["price"] = json!(280));
        let confirmed = with(copy(), "confirm_number", error["confirm_number"].clone());
        let void = alone.call(TOOL, confirmed.clone()).refused();
        assert_eq!(void.structured["error"]["code"], "confirmation_required", "{}", void.text);
        assert_eq!(ledger.posts().len(), 1);
        alone.call(TOOL, copy()).refused();
        made(alone.call(TOOL, confirmed));
        assert_eq!(ledger.records()[2]["lines"][0]["price"], 280);
    }
}

#[test]
fn what_may_not_be_copied_is_refused_before_anything_is_sent() {
    let bare = json!({ "client_id": id(7) });
    let odd = json!({ "client_id": id(7), "lines": [{ "text": "Consulting", "amount": 3 }] });
    let sources = [invoice_of(&bill("a"), 3600, 1), invoice_of(&bare, 3600, 2), invoice_of(&odd, 3600, 3)];
    let ledger = Ledger::with(sources.to_vec(), |_| Fate::Commit);
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
    for (arguments, code) in [
        (json!({ "id": id(2) }), "nothing_to_copy"),
        (json!({ "id": id(3) }), "missing_argument"),
        (json!({ "id": id(4) }), "not_found"),
        (json!({ "number": "L-004" }), "not_found"),
        (json!({ "id": id(1), "number": "L-001" }), "bad_arguments"),
        (json!({}), "missing_argument"),
        (json!({ "id": id(1), "lines": [] }), "unknown_argument"),
    ] {
        let refused = session.call(TOOL, arguments.clone()).refused();
        let error = &refused.structured["error"];
        assert_eq!(
            (&error["code"], &error["sent"]),
            (&json!(code), &json!("nothing_sent")),
            "{}",
            refused.text
        );
    }
    let mut reads = McpSession::start(&run(&ledger.server, &["serve", "--read-only"]), Era::Modern);
    let listed = reads.ask("tools/list", json!({}));
    assert!(listed["tools"].as_array().unwrap().iter().all(|tool| tool["name"] != TOOL));
    assert_eq!(reads.call(TOOL, copy()).refused().structured["error"]["code"], "read_only");
    assert_eq!(ledger.posts().len(), 0);
}

#[test]
fn a_wall_around_one_company_holds_for_copies() {
    let sandbox = SandboxProcess::start(&[]);
    let other = sandbox.ready["profiles"].as_array().unwrap();
    let other = other.iter().find(|profile| profile["company_name"] != "Muster Consulting GmbH").unwrap();
    let source = sandbox.all("/v1/invoices")[0]["id"].clone();
    let mut session = McpSession::start(&sandbox.lumabill(&SERVE), Era::Modern);
    let refused = session.call(TOOL, json!({ "id": source, "profile_id": other["id"] })).refused();
    assert_eq!(refused.structured["error"]["sent"], "nothing_sent", "{}", refused.text);
    let run = Lumabill::new(&SERVE).with_api(&sandbox.url, &sandbox.key());
    let unchosen = McpSession::start(&run, Era::Modern).call(TOOL, json!({ "id": source })).refused();
    assert!(unchosen.text.contains("Muster Consulting GmbH"), "{}", unchosen.text);
}

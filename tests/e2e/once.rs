//! A create happens once: the same again is answered with what is there, a lost answer is looked up, and
//! what a person wants twice is made twice.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::ledger::{Fate, Ledger, invoice_of};
use crate::scripted_books::{answer, id, run};
use crate::support::{Answer, Era, Gate, Home, Lumabill, McpSession, PLANTED_KEY, SandboxProcess};

const SERVE: [&str; 3] = ["serve", "--toolsets", "all"];

fn bill(words: &str) -> Value {
    json!({ "client_id": id(7), "lines": [{ "description": words, "quantity": 3, "price": 180 }] })
}

fn duplicate(mut arguments: Value) -> Value {
    arguments["allow_duplicate"] = json!(true);
    arguments
}

fn at(home: &Arc<Home>, ledger: &Ledger) -> Lumabill {
    Lumabill::at(home, &SERVE).with_api(&ledger.server.url(), PLANTED_KEY)
}

#[test]
fn the_same_create_again_is_answered_with_what_is_there() {
    for era in Era::BOTH {
        let ledger = Ledger::start(|_| Fate::Commit);
        let mut session = McpSession::start(&run(&ledger.server, &SERVE), era);
        let first = session.call("create_invoice", bill("Consulting")).done();
        assert_eq!(first.structured["created"], true);
        let mut again = bill(" Consulting ");
        again["lines"][0]["price"] = json!("180.00");
        let second = session.call("create_invoice", again).done();
        assert!(second.text.starts_with("NOT CREATED AGAIN: same as L-100 of "), "{}", second.text);
        assert_eq!(second.structured["created"], false, "{}", second.text);
        assert_eq!(second.structured["record"]["id"], first.structured["record"]["id"]);
        assert_eq!(ledger.posts().len(), 1);
        // What differs is another one: no guessing.
        session.call("create_invoice", bill("Workshop")).done();
        assert_eq!(ledger.records().len(), 2);
    }
}

#[test]
fn another_one_on_purpose_is_made_and_so_is_one_whose_first_is_gone() {
    let ledger = Ledger::start(|_| Fate::Commit);
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
    let create = |session: &mut McpSession, arguments| {
        session.call("create_invoice", arguments).done().structured["created"] == true
    };
    assert!(create(&mut session, bill("Consulting")));
    assert!(create(&mut session, duplicate(bill("Consulting"))));
    assert_eq!(ledger.records().len(), 2);
    ledger.edit(|records| records[1]["status"] = json!("cancelled"));
    assert!(!create(&mut session, bill("Consulting")), "the first is still there");
    ledger.edit(|records| drop(records.remove(0)));
    assert!(create(&mut session, bill("Consulting")), "one is gone and the other cancelled");
    assert!(!create(&mut session, bill("Consulting")));
    assert_eq!(ledger.posts().len(), 3);
}

#[test]
fn a_second_bus_ticket_of_the_same_price_is_the_person_s_decision() {
    let sandbox = SandboxProcess::start(&[]);
    let before = sandbox.all("/v1/expenses").len();
    let mut session = McpSession::start(&sandbox.lumabill(&SERVE), Era::Modern);
    let ticket = json!({ "amount": 4.6, "date": "2026-11-20", "description": "bus", "category": "travel" });
    session.call("create_expense", ticket.clone()).done();
    let second = session.call("create_expense", ticket.clone()).done();
    assert_eq!(second.structured["created"], false, "{}", second.text);
    assert!(second.text.contains("allow_duplicate"), "{}", second.text);
    session.call("create_expense", duplicate(ticket)).done();
    assert_eq!(sandbox.all("/v1/expenses").len(), before + 2);
}

#[test]
fn two_processes_at_the_same_moment_make_one_request() {
    let gate = Gate::default();
    let held = gate.clone();
    let ledger = Ledger::start(move |_| Fate::CommitAndHold(held.clone()));
    let home = Arc::new(Home::new());
    let mut sessions = [Era::Legacy, Era::Modern].map(|era| McpSession::start(&at(&home, &ledger), era));
    let calls = sessions.each_mut().map(|session| session.send_call("create_invoice", bill("Consulting")));
    ledger.wait_for_posts(1);
    gate.open();
    let mut created: Vec<_> = (sessions.iter_mut().zip(&calls))
        .map(|(session, id)| session.answer(id)["result"]["structuredContent"]["created"].clone())
        .collect();
    created.sort_by_key(|created| created == true);
    assert_eq!(created, [false, true]);
    assert_eq!(ledger.posts().len(), 1);
}

#[test]
fn an_answer_lost_after_the_commit_is_found_again() {
    let endings: [fn() -> Answer; 4] = [
        || Answer::Reset,
        || answer(500, &json!({ "message": "boom" })),
        || {
            Answer::Last(b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{\"id\":".to_vec())
        },
        || answer(503, &json!({})),
    ];
    for ending in endings {
        // Identical invoices of an hour and of a week ago are nobody's business.
        let body = json!({ "client_id": id(7), "lines": [{ "description": "Consulting", "quantity": 3, "price": 180 }] });
        let strangers = vec![invoice_of(&body, 3600, 1), invoice_of(&body, 7 * 86_400, 2)];
        let ledger = Ledger::with(strangers, move |_| Fate::CommitThen(ending));
        let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
        let result = session.call("create_invoice", bill("Consulting")).done();
        assert_eq!(
            (&result.structured["created"], &result.structured["recovered"]),
            (&json!(true), &json!(true))
        );
        assert_eq!(result.structured["record"]["number"], "L-100", "{}", result.text);
        let again = session.call("create_invoice", bill("Consulting")).done();
        assert_eq!(again.structured["created"], false, "{}", again.text);
        assert_eq!(ledger.posts().len(), 1);
    }
}

#[test]
fn an_answer_lost_before_the_commit_is_told_after_the_settling_time() {
    let ledger = Ledger::start(|n| if n == 0 { Fate::Lose(|| Answer::Reset) } else { Fate::Commit });
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
    let began = std::time::Instant::now();
    let result = session.call("create_invoice", bill("Consulting")).refused();
    let error = &result.structured["error"];
    assert_eq!(
        (&error["code"], &error["sent"]),
        (&json!("not_created"), &json!("sent_without_effect")),
        "{}",
        result.text
    );
    assert!(began.elapsed() >= Duration::from_secs(10), "{:?}", began.elapsed());
    let again = session.call("create_invoice", bill("Consulting")).done();
    assert_eq!(again.structured["created"], true, "{}", again.text);
    assert_eq!(ledger.records().len(), 1);
}

#[test]
fn a_commit_that_comes_late_is_waited_for() {
    let ledger = Ledger::start(|_| Fate::CommitAfter(Duration::from_secs(6)));
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
    let result = session.call("create_invoice", bill("Consulting")).done();
    assert_eq!(result.structured["recovered"], true, "{}", result.text);
    assert_eq!((ledger.records().len(), ledger.posts().len()), (1, 1));
}

#[test]
fn what_is_in_doubt_is_not_made_in_other_words_nor_on_purpose() {
    let other = json!({ "client_id": id(7), "title": "November", "lines": [
        { "description": "Workshop", "quantity": 1, "price": 500 },
        { "description": "Travel", "quantity": 2, "price": 20 },
    ] });
    for arguments in [duplicate(other.clone()), other, duplicate(bill("Consulting"))] {
        let gate = Gate::default();
        let held = gate.clone();
        let ledger =
            Ledger::start(move |n| if n == 0 { Fate::CommitAndHold(held.clone()) } else { Fate::Commit });
        let home = Arc::new(Home::new());
        let mut killed = McpSession::start(&at(&home, &ledger), Era::Modern);
        killed.send_call("create_invoice", bill("Consulting"));
        ledger.wait_for_posts(1);
        killed.signal("KILL");
        killed.gone_within(Duration::from_secs(5));
        gate.open();
        let mut session = McpSession::start(&at(&home, &ledger), Era::Modern);
        let told = session.call("create_invoice", arguments.clone()).done();
        assert_eq!(told.structured["created"], false, "{}", told.text);
        assert_eq!(told.structured["record"]["lines"][0]["description"], "Consulting", "{}", told.text);
        assert_eq!(ledger.posts().len(), 1);
        // That answer told those who used these words: from here on another one is the person's decision.
        let wanted = session.call("create_invoice", duplicate(arguments)).done();
        assert_eq!(wanted.structured["created"], true, "{}", wanted.text);
        assert_eq!(ledger.records().len(), 2);
    }
}

#[test]
fn a_call_that_was_cancelled_after_it_left_is_settled_all_the_same() {
    for era in Era::BOTH {
        let gate = Gate::default();
        let held = gate.clone();
        let ledger =
            Ledger::start(move |n| if n == 0 { Fate::CommitAndHold(held.clone()) } else { Fate::Commit });
        let mut session = McpSession::start(&run(&ledger.server, &SERVE), era);
        let call = session.send_call("create_invoice", bill("Consulting"));
        ledger.wait_for_posts(1);
        session.notify("notifications/cancelled", json!({ "requestId": call, "reason": "changed my mind" }));
        session.lives();
        gate.open();
        // Its answer reached nobody: not even a second one on purpose is made before it was told.
        let told = session.call("create_invoice", duplicate(bill("Consulting"))).done();
        assert_eq!(told.structured["created"], false, "{}", told.text);
        assert_eq!(ledger.records().len(), 1);
        let wanted = session.call("create_invoice", duplicate(bill("Consulting"))).done();
        assert_eq!(wanted.structured["created"], true, "{}", wanted.text);
    }
}

#[test]
fn a_silent_server_leaves_the_create_unknown_and_the_next_call_finds_it() {
    let ledger = Ledger::start(|n| if n == 0 { Fate::CommitThen(|| Answer::Silence) } else { Fate::Commit });
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Legacy);
    let call = session.send_call("create_invoice", bill("Consulting"));
    let result = session.answer_within(&call, Duration::from_secs(50));
    let structured = &result["result"]["structuredContent"];
    assert_eq!(structured["recovered"], true, "{result}");
    assert_eq!(ledger.records().len(), 1);
}

#[test]
fn a_statement_is_imported_once_whatever_its_file_is_called() {
    let sandbox = SandboxProcess::start(&[]);
    let account = sandbox.all("/v1/bank-accounts")[0].clone();
    let (iban, currency) = (account["iban"].as_str().unwrap(), account["currency"].as_str().unwrap());
    let statement = format!(
        r#"<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId><CreDtTm>2026-11-20T08:00:00</CreDtTm></GrpHdr><Stmt><Id>S1</Id><CreDtTm>2026-11-20T08:00:00</CreDtTm><Acct><Id><IBAN>{iban}</IBAN></Id></Acct><Ntry><NtryRef>E1</NtryRef><Amt Ccy="{currency}">12.30</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-20</Dt></BookgDt><ValDt><Dt>2026-11-20</Dt></ValDt><AcctSvcrRef>A-NEW-1</AcctSvcrRef></Ntry></Stmt></BkToCstmrStmt></Document>"#
    );
    let home = Arc::new(Home::new());
    let folder = home.path().join("statements");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["november.xml", "november (1).xml"] {
        std::fs::write(folder.join(name), &statement).unwrap();
    }
    let serve = Lumabill::at(&home, &["serve", "--toolsets", "all", "--files", folder.to_str().unwrap()])
        .with_api(&sandbox.url, &sandbox.key())
        .env("LUMABILL_PROFILE_ID", &sandbox.profile("Muster Consulting GmbH"));
    let mut session = McpSession::start(&serve, Era::Modern);
    let import =
        |name: &str| json!({ "bank_account_id": account["id"], "file": folder.join(name).to_str().unwrap() });
    let before = sandbox.all("/v1/bank-transactions").len();
    session.call("import_bank_transactions", import("november.xml")).done();
    assert_eq!(sandbox.all("/v1/bank-transactions").len(), before + 1);
    let again = session.call("import_bank_transactions", import("november (1).xml")).done();
    assert!(again.text.starts_with("NOT DONE AGAIN"), "{}", again.text);
    assert_eq!(again.structured["done"], false);
}

#[test]
fn the_idempotency_key_is_sent_and_is_the_intent_s_own() {
    let ledger = Ledger::start(|_| Fate::Commit);
    let mut session = McpSession::start(&run(&ledger.server, &SERVE), Era::Modern);
    session.call("create_invoice", bill("a")).done();
    session.call("create_invoice", bill("b")).done();
    let keys: Vec<_> =
        ledger.posts().iter().map(|post| post.header("idempotency-key").unwrap().to_owned()).collect();
    assert_ne!(keys[0], keys[1]);
    assert!(keys.iter().all(|key| key.len() == 36), "{keys:?}");
}

#[test]
fn what_stays_unknown_costs_other_writes_little_and_not_each_of_them() {
    let gate = Gate::default();
    let held = gate.clone();
    let body = bill("Consulting");
    // Pages enough for any walk that is not kept short.
    let strangers = (200..3200).map(|n| invoice_of(&body, 86_400, n)).collect();
    let ledger = Ledger::with(strangers, move |n| {
        if n == 0 { Fate::HoldAndLose(held.clone(), || Answer::Reset) } else { Fate::Commit }
    });
    let home = Arc::new(Home::new());
    let mut killed = McpSession::start(&at(&home, &ledger), Era::Modern);
    killed.send_call("create_invoice", bill("Consulting"));
    ledger.wait_for_posts(1);
    killed.signal("KILL");
    killed.gone_within(Duration::from_secs(5));
    gate.open();
    let journal = rusqlite::Connection::open(home.path().join("state/journal.db")).unwrap();
    journal.execute_batch("update intent set sent_at = sent_at - 700000").unwrap();
    drop(journal);
    let mut session = McpSession::start(&at(&home, &ledger), Era::Modern);
    let mut walked = Vec::new();
    for name in ["Neu", "Alt", "Dritte"] {
        let before = ledger.server.requests().len();
        session.call("create_client", json!({ "name": name })).done();
        let new = ledger.server.requests().split_off(before);
        walked.push(new.iter().filter(|request| request.target.starts_with("/v1/invoices")).count());
    }
    assert!((1..=5).contains(&walked[0]), "{walked:?}");
    assert_eq!(walked[1..], [0, 0], "{walked:?}");
}

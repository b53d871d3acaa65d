//! A reconciling that leaves the transaction's status as it was happens once all the same; one that was undone
//! elsewhere may happen again; one whose answer was lost is known by what the record shows of it.

use std::time::Duration;

use serde_json::{Value, json};

use crate::changing_record::{ALL, Record, body, books, error, writes};
use crate::scripted_books::{answer, id, run};
use crate::support::{Answer, Era, McpSession, ScriptedServer, ToolResult};

/// A transaction as it is before.
fn open(status: &str) -> Value {
    json!({ "status": status, "amount": 100, "open_amount": 100, "allocations": [], "updated_at": "2026-11-20T09:00:00Z",
        "suggestions": [{ "invoice_id": id(3), "amount": 40 }] })
}

fn allocations() -> Value {
    json!([{ "invoice_id": id(3), "amount": 40 }])
}

/// Books what was sent, with this status.
fn post(record: &Record, allocations: &Value, status: &str) {
    let mut all = record.get()["allocations"].as_array().cloned().unwrap_or_default();
    all.extend(allocations.as_array().cloned().unwrap());
    let open = 100 - 40 * all.len();
    record.set(&json!({ "status": status, "allocations": all, "open_amount": open, "updated_at": "2026-11-21T09:00:00Z" }));
}

/// A server that posts each reconciling and leaves the status as it is.
fn keeping(record: &Record, status: &'static str) -> ScriptedServer {
    let (read, record) = (record.clone(), record.clone());
    books(
        move |_| read.shown(),
        move |request, _| {
            post(&record, &body(request)["allocations"], status);
            record.shown()
        },
    )
}

fn reconcile(session: &mut McpSession, more: Value) -> ToolResult {
    let mut arguments = json!({ "id": id(1), "allocations": allocations() });
    crate::changing_record::merge(&mut arguments, &more);
    session.call("reconcile_transaction", arguments)
}

#[test]
fn the_same_part_again_is_not_done_again_whatever_the_status() {
    for era in Era::BOTH {
        for status in ["suggested", "partially_matched", "unmatched"] {
            let record = Record::new(open(status));
            let server = keeping(&record, status);
            let mut session = McpSession::start(&run(&server, &ALL), era);
            reconcile(&mut session, json!({})).done();
            let again = reconcile(&mut session, json!({})).done();
            assert!(again.text.contains("NOT DONE AGAIN"), "{status}: {}", again.text);
            assert_eq!(again.structured["done"], false, "{status}: {}", again.text);
            assert_eq!(writes(&server).len(), 1, "{status}");
            let wanted = reconcile(&mut session, json!({ "allow_duplicate": true })).done();
            assert_ne!(wanted.structured["done"], false, "{status}: {}", wanted.text);
            assert_eq!(writes(&server).len(), 2, "{status}");
        }
    }
}

#[test]
fn what_was_undone_is_done_again() {
    let record = Record::new(open("suggested"));
    let server = keeping(&record, "suggested");
    let mut session = McpSession::start(&run(&server, &ALL), Era::Modern);
    reconcile(&mut session, json!({})).done();
    // Taken back in the web app: the record is as before, but for its mark.
    record.set(&open("suggested"));
    record.set(&json!({ "updated_at": "2026-11-21T09:05:00Z" }));
    let again = reconcile(&mut session, json!({})).done();
    assert_ne!(again.structured["done"], false, "{}", again.text);
    assert_eq!(writes(&server).len(), 2);
    // Taken back in part: something else stands there now.
    record.set(&json!({ "allocations": [{ "invoice_id": id(4), "amount": 10 }], "open_amount": 90 }));
    let third = reconcile(&mut session, json!({})).done();
    assert_eq!(third.structured["done"], false, "{}", third.text);
    assert_eq!(writes(&server).len(), 2);
}

/// What happens to the record before the answer is lost, how it was, and what comes of it.
type Case = (&'static str, fn(&Record), Value, Value);

/// What the record is like after a reconciling whose answer is lost, and what is said then.
fn lost(after: fn(&Record), before: Value) -> Value {
    let record = Record::new(before);
    let read = record.clone();
    let server = books(
        move |_| read.shown(),
        move |_, _| {
            after(&record);
            Answer::Reset
        },
    );
    let mut session = McpSession::start(&run(&server, &ALL), Era::Modern);
    let arguments = json!({ "id": id(1), "allocations": allocations() });
    let call = session.send_call("reconcile_transaction", arguments);
    let answer = session.answer_within(&call, Duration::from_secs(50));
    assert_eq!(writes(&server).len(), 1, "{answer}");
    answer["result"]["structuredContent"].clone()
}

#[test]
fn a_lost_answer_is_known_by_the_allocations_that_the_record_shows() {
    let without_list = json!({ "status": "suggested", "amount": 100 });
    let cases: [Case; 5] = [
        ("part", |record| post(record, &allocations(), "suggested"), open("suggested"), json!(true)),
        ("not", |record| record.set(&json!({ "version": 2 })), open("suggested"), json!("not_done")),
        (
            "somebody else",
            |record| post(record, &json!([{ "invoice_id": id(9), "amount": 100 }]), "matched"),
            open("suggested"),
            json!("outcome_unknown"),
        ),
        ("no list", |record| record.set(&json!({ "status": "matched" })), without_list.clone(), json!(true)),
        (
            "no list, still open",
            |record| record.set(&json!({ "open_amount": 60 })),
            without_list,
            json!("outcome_unknown"),
        ),
    ];
    std::thread::scope(|scope| {
        for (what, after, before, wanted) in cases {
            scope.spawn(move || {
                let said = lost(after, before);
                if wanted == true {
                    assert_eq!(said["recovered"], true, "{what}: {said}");
                } else {
                    assert_eq!(said["error"]["code"], wanted, "{what}: {said}");
                }
                if wanted == "outcome_unknown" {
                    assert_eq!(said["error"]["candidates"][0]["id"], id(1), "{what}: {said}");
                }
            });
        }
    });
}

#[test]
fn a_wanted_second_one_is_not_taken_for_done_by_the_first_one_s_allocation() {
    let record = Record::new(open("suggested"));
    let read = record.clone();
    let server = books(
        move |_| read.shown(),
        move |request, nth| {
            if nth == 0 {
                post(&record, &body(request)["allocations"], "suggested");
                return record.shown();
            }
            // Not carried out, and somebody else wrote a note.
            record.set(&json!({ "note": "theirs" }));
            answer(500, &json!({ "message": "boom" }))
        },
    );
    let mut session = McpSession::start(&run(&server, &ALL), Era::Modern);
    reconcile(&mut session, json!({})).done();
    let mut arguments = json!({ "id": id(1), "allocations": allocations() });
    arguments["allow_duplicate"] = json!(true);
    let call = session.send_call("reconcile_transaction", arguments);
    let said = session.answer_within(&call, Duration::from_secs(50));
    let said = ToolResult::from(&said["result"]).refused();
    assert_eq!(error(&said)["code"], "outcome_unknown", "{}", said.text);
}

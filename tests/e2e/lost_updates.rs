//! Updates and deletes whose answers get lost: they are found out, or sent once more where the record shows that
//! nothing has happened.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::changing_record::{
    ALL, Record, body, books, delete, error, notes, reads, said, tagged, update, writes,
};
use crate::scripted_books::{id, run};
use crate::support::{Answer, Era, Gate, McpSession, PATIENCE, SandboxProcess, ScriptedServer, html, http};

type Loss = (&'static str, fn() -> Answer);

/// How an answer gets lost.
fn losses() -> [Loss; 6] {
    [
        ("reset", || Answer::Reset),
        ("closed", || Answer::Last(Vec::new())),
        ("500", || said(500, &json!({ "message": "boom" }))),
        ("408", || said(408, &json!({}))),
        ("redirect", || Answer::Bytes(http(307, &["location: /v2"], ""))),
        ("web page", || Answer::Bytes(html(200))),
    ]
}

#[test]
fn an_update_that_took_effect_is_found_in_the_record() {
    for (what, lost) in losses() {
        let record = Record::new(json!({ "lines": [] }));
        let read = record.clone();
        let server = books(move |_| read.shown(), {
            let record = record.clone();
            move |request, _| {
                record.store(request);
                // The server adds to the lines and moves its mark on.
                let mut lines = record.get()["lines"].clone();
                lines[0]["id"] = json!("l-1");
                lines[0]["tax_rate"] = json!(8.10);
                record.set(&json!({ "lines": lines, "updated_at": "2026-11-21T10:00:00Z" }));
                lost()
            }
        });
        let lines = json!([{ "description": "Work", "quantity": "3.0", "price": 180 }]);
        let result = update(&server, json!({ "notes": "new", "lines": lines })).done();
        assert_eq!(result.structured["recovered"], true, "{what}: {}", result.text);
        assert_eq!(result.structured["record"], record.get(), "{what}");
        assert!(notes(&result).contains("the record shows the change"), "{what}: {}", result.text);
        assert_eq!(writes(&server).len(), 1, "{what}: sent again");
    }
}

#[test]
fn an_update_that_did_nothing_is_sent_once_more() {
    for (what, lost) in losses() {
        let record = Record::new(json!({}));
        let read = record.clone();
        let server = books(move |_| tagged(&read, "\"v1\""), {
            let record = record.clone();
            move |request, nth| {
                if nth == 0 {
                    return lost();
                }
                record.store(request);
                record.shown()
            }
        });
        let result = update(&server, json!({ "notes": "new" })).done();
        assert_eq!(result.structured.get("recovered"), None, "{what}: {}", result.text);
        assert!(notes(&result).contains("sent once more"), "{what}: {}", result.text);
        let written = writes(&server);
        assert_eq!(written.len(), 2, "{what}");
        assert_eq!(body(&written[0]), body(&written[1]), "{what}");
        assert_eq!(written[1].header("if-match"), Some("\"v1\""), "{what}");
    }
}

#[test]
fn a_late_first_update_is_found_after_the_second_was_turned_away() {
    let record = Record::new(json!({}));
    let read = record.clone();
    let server = books(move |_| tagged(&read, "\"v1\""), {
        let record = record.clone();
        move |request, nth| {
            if nth == 0 {
                return Answer::Reset;
            }
            // The first one lands only now.
            record.store(request);
            said(412, &json!({ "message": "precondition failed" }))
        }
    });
    let result = update(&server, json!({ "notes": "new" })).done();
    assert_eq!(result.structured["recovered"], true, "{}", result.text);
    assert_eq!(writes(&server).len(), 2);
}

#[test]
fn after_a_lost_update_another_one_s_change_is_shown_and_left() {
    let record = Record::new(json!({}));
    let read = record.clone();
    let server = books(move |_| read.shown(), {
        let record = record.clone();
        move |_, _| {
            record.set(&json!({ "notes": "theirs" }));
            Answer::Reset
        }
    });
    let refused = update(&server, json!({ "notes": "ours" })).refused();
    assert_eq!(error(&refused)["code"], "outcome_unknown", "{}", refused.text);
    assert_eq!(error(&refused)["sent"], "unknown", "{}", refused.text);
    assert!(refused.text.contains("is now `theirs`; you wanted `ours`"), "{}", refused.text);
    assert_eq!(error(&refused)["changed_meanwhile"]["notes"]["to"], "theirs");
    assert_eq!(writes(&server).len(), 1);
}

#[test]
fn an_update_that_was_half_done_is_sent_once_more() {
    let record = Record::new(json!({ "updated_at": "2026-11-20T09:00:00Z" }));
    let read = record.clone();
    let server = books(move |_| read.shown(), {
        let record = record.clone();
        move |request, nth| {
            if nth == 0 {
                record.set(&json!({ "notes": "new", "updated_at": "2026-11-20T10:00:00Z" }));
                return Answer::Reset;
            }
            record.store(request);
            record.shown()
        }
    });
    let result = update(&server, json!({ "notes": "new", "title": "New" })).done();
    assert_eq!(record.get()["title"], "New");
    let changed = json!({ "title": { "from": "T", "to": "New" }, "notes": { "from": "old", "to": "new" } });
    assert_eq!(result.structured["changed"], changed, "{}", result.text);
    assert_eq!(writes(&server).len(), 2);
}

#[test]
fn a_repetition_waits_as_long_as_the_api_wants_or_is_left_out() {
    for (wait, times) in [(1, 2), (60, 1)] {
        let record = Record::new(json!({}));
        let read = record.clone();
        let server = books(
            move |_| read.shown(),
            move |request, nth| {
                if nth == 0 {
                    return Answer::Bytes(http(503, &[&format!("retry-after: {wait}")], ""));
                }
                record.store(request);
                record.shown()
            },
        );
        let began = Instant::now();
        let result = update(&server, json!({ "notes": "new" }));
        assert_eq!(result.failed, times == 1, "{}", result.text);
        assert!(times == 1 || began.elapsed() >= Duration::from_secs(1));
        assert_eq!(writes(&server).len(), times, "{}", result.text);
    }
}

#[test]
fn a_cancelled_update_is_found_out_and_not_sent_again() {
    let (record, gate) = (Record::new(json!({})), Gate::default());
    let held = gate.clone();
    let server =
        books(move |_| record.shown(), move |_, _| Answer::Held(held.clone(), Box::new(Answer::Reset)));
    let mut session = McpSession::start(&run(&server, &ALL), Era::Legacy);
    let call = session.send_call("update_invoice", json!({ "id": id(1), "changes": { "notes": "new" } }));
    // Profiles, the record, the update.
    server.wait_for(3);
    session.notify("notifications/cancelled", json!({ "requestId": call }));
    session.ask("ping", json!({}));
    gate.open();
    server.wait_for(4);
    session.close_input();
    session.gone_within(PATIENCE);
    assert_eq!((reads(&server), writes(&server).len()), (2, 1));
}

#[test]
fn a_record_that_cannot_be_looked_up_leaves_it_open() {
    for delete_it in [false, true] {
        for (what, unread) in [
            ("gone dark", (|| said(500, &json!({ "message": "down" }))) as fn() -> Answer),
            ("a proxy's 404", || Answer::Bytes(html(404))),
            ("a router's 404", || {
                Answer::Bytes(http(404, &["content-type: text/plain"], "404 page not found"))
            }),
        ] {
            let record = Record::new(json!({}));
            let server =
                books(move |nth| if nth == 0 { record.shown() } else { unread() }, |_, _| Answer::Reset);
            let refused =
                if delete_it { delete(&server) } else { update(&server, json!({ "notes": "new" })) }
                    .refused();
            assert_eq!(error(&refused)["code"], "outcome_unknown", "{what}: {}", refused.text);
            assert_eq!(error(&refused)["sent"], "unknown", "{what}: {}", refused.text);
            assert!(refused.text.contains("looking it up failed"), "{what}: {}", refused.text);
            assert!(error(&refused)["hint"].as_str().unwrap().contains("look"), "{what}: {}", refused.text);
            assert_eq!(writes(&server).len(), 1, "{what}");
        }
    }
}

#[test]
fn an_update_that_is_never_answered_is_looked_up_in_time_for_the_client() {
    let record = Record::new(json!({}));
    let read = record.clone();
    let server = books(move |_| read.shown(), {
        let record = record.clone();
        move |request, _| {
            record.store(request);
            Answer::Silence
        }
    });
    let result = update(&server, json!({ "notes": "new" })).done();
    assert_eq!(result.structured["recovered"], true, "{}", result.text);
    assert_eq!(writes(&server).len(), 1);
}

#[test]
fn a_server_that_never_answers_holds_no_call_beyond_50_seconds() {
    let record = Record::new(json!({}));
    let server = books(move |_| record.shown(), |_, _| Answer::Silence);
    let mut session = McpSession::start(&run(&server, &ALL), Era::Modern);
    let call = session.send_call("update_invoice", json!({ "id": id(1), "changes": { "notes": "new" } }));
    let answer = session.answer_within(&call, Duration::from_secs(50));
    let error = &answer["result"]["structuredContent"]["error"];
    assert_eq!((&error["code"], &error["sent"]), (&json!("outcome_unknown"), &json!("unknown")), "{answer}");
    assert_eq!(writes(&server).len(), 2, "{answer}");
}

/// A record that is there or gone; the answers to deletes are up to the test.
fn deletable(write: impl Fn(&Mutex<bool>, usize) -> Answer + Send + Sync + 'static) -> ScriptedServer {
    let gone = Arc::new(Mutex::new(false));
    let (record, seen) = (Record::new(json!({})), Arc::clone(&gone));
    books(
        move |_| {
            if *seen.lock().unwrap() {
                return said(404, &json!({ "error": { "code": "not_found", "message": "no such invoice" } }));
            }
            record.shown()
        },
        move |_, nth| write(&gone, nth),
    )
}

#[test]
fn a_delete_whose_answer_was_lost_is_found_out() {
    for (what, lost) in losses() {
        let server = deletable(move |gone, _| {
            *gone.lock().unwrap() = true;
            lost()
        });
        let result = delete(&server).done();
        assert_eq!(
            (&result.structured["deleted"], &result.structured["recovered"]),
            (&json!(true), &json!(true)),
            "{what}: {}",
            result.text
        );
        assert_eq!(result.structured["number"], "R-1", "{what}");
        assert_eq!(writes(&server).len(), 1, "{what}");
        let server = deletable(move |gone, nth| {
            if nth == 0 {
                return lost();
            }
            *gone.lock().unwrap() = true;
            Answer::Bytes(http(204, &[], ""))
        });
        let result = delete(&server).done();
        assert_eq!(result.structured["deleted"], true, "{what}: {}", result.text);
        assert_eq!(writes(&server).len(), 2, "{what}");
    }
}

#[test]
fn a_repeated_delete_that_finds_nothing_has_deleted() {
    let server = deletable(move |gone, nth| {
        if nth == 0 {
            return Answer::Reset;
        }
        *gone.lock().unwrap() = true;
        said(404, &json!({ "message": "no such invoice" }))
    });
    let result = delete(&server).done();
    assert_eq!(
        (&result.structured["deleted"], &result.structured["recovered"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(writes(&server).len(), 2);
}

#[test]
fn a_delete_that_was_not_lost_and_finds_nothing_has_not_deleted() {
    let server = deletable(|_, _| said(404, &json!({ "message": "no such invoice" })));
    let refused = delete(&server).refused();
    assert_eq!(error(&refused)["code"], "not_found", "{}", refused.text);
}

#[test]
fn the_sandbox_s_lost_answers_leave_the_record_changed_once() {
    for (fault, recovered) in [
        ("reset-after", true),
        ("500-after", true),
        ("cut", true),
        ("half-json", true),
        ("reset-before", false),
        ("500-before", false),
        ("503-before", false),
        ("html", false),
    ] {
        let faults = [format!("{fault}:1@PUT /v1/invoices"), format!("{fault}:1@DELETE /v1/invoices")];
        let sandbox = SandboxProcess::start(&["--fault", &faults[0], "--fault", &faults[1]]);
        let mut session = McpSession::start(&sandbox.lumabill(&ALL), Era::Modern);
        let drafts = sandbox.all("/v1/invoices?status=draft");
        let draft = drafts[0]["id"].clone();
        let changes = json!({ "notes": "n", "lines": [{ "description": "W", "quantity": 3, "price": 180 }] });
        let result = session.call("update_invoice", json!({ "id": draft, "changes": changes })).done();
        assert_eq!(result.structured.get("recovered").is_some(), recovered, "{fault}: {}", result.text);
        let path = format!("/v1/invoices/{}", draft.as_str().unwrap());
        let (now, answered) = (sandbox.get(&path), &result.structured["record"]);
        assert_eq!((&now["notes"], &now["total"]), (&answered["notes"], &answered["total"]), "{fault}");
        let result = session.call("delete_invoice", json!({ "id": draft })).done();
        // An answer without a body cannot be cut.
        let lost = recovered && !["cut", "half-json"].contains(&fault);
        assert_eq!(result.structured.get("recovered").is_some(), lost, "{fault}: {}", result.text);
        assert_eq!(sandbox.all("/v1/invoices?status=draft").len(), drafts.len() - 1, "{fault}");
    }
}

//! Updates and deletes of records that others change at the same time: nothing of theirs is overwritten, and
//! what changed is shown.

use serde_json::{Value, json};

use crate::changing_record::{
    ALL, Record, books, delete, error, notes, reads, said, tagged, turned_away, update, writes,
};
use crate::scripted_books::{id, run};
use crate::support::{Answer, Era, McpSession, ScriptedServer};

#[test]
fn the_answer_says_what_was_changed_from_what_to_what() {
    let record = Record::new(json!({ "payment_terms": 30 }));
    let theirs = record.clone();
    let server = books(move |_| theirs.shown(), {
        let record = record.clone();
        move |request, _| {
            record.store(request);
            record.shown()
        }
    });
    let result =
        update(&server, json!({ "notes": "new", "title": "T", "service_from": "2026-11-01" })).done();
    let changed = json!({
        "service_from": { "from": null, "to": "2026-11-01" }, "notes": { "from": "old", "to": "new" },
    });
    assert_eq!(result.structured["changed"], changed, "{}", result.text);
    assert_eq!(result.structured["updated"], true);
    assert_eq!(reads(&server), 1, "a read of a moment ago is not repeated");
    assert_eq!(writes(&server)[0].header("if-match"), None);
    assert_eq!(result.structured.get("notes"), None, "{}", result.text);
}

#[test]
fn a_field_that_the_api_left_as_it_was_is_said() {
    let record = Record::new(json!({}));
    let same = record.clone();
    let server = books(move |_| record.shown(), move |_, _| same.shown());
    let result = update(&server, json!({ "notes": "new" })).done();
    assert_eq!(result.structured["changed"], json!({}), "{}", result.text);
    assert!(notes(&result).contains("still shows `old`"), "{}", result.text);
}

#[test]
fn a_strong_tag_is_sent_back_and_a_weak_one_is_not() {
    for (tag, expected) in [("\"v1\"", Some("\"v1\"")), ("W/\"v1\"", None), ("v1", None), ("\"a\"b\"", None)]
    {
        for tool in ["update_invoice", "delete_invoice"] {
            let record = Record::new(json!({}));
            let server = books(move |_| tagged(&record, tag), |_, _| said(200, &json!({})));
            let mut arguments = json!({ "id": id(1) });
            if tool == "update_invoice" {
                arguments["changes"] = json!({ "notes": "new" });
            }
            McpSession::start(&run(&server, &ALL), Era::Modern).call(tool, arguments).done();
            assert_eq!(writes(&server)[0].header("if-match"), expected, "{tool} {tag}");
        }
    }
}

#[test]
fn a_tag_that_no_longer_matches_shows_what_changed_and_overwrites_nothing() {
    for tool in ["update_invoice", "delete_invoice"] {
        for status in [412, 409, 428] {
            let record = Record::new(json!({}));
            let theirs = record.clone();
            let server = books(
                move |nth| {
                    if nth > 0 {
                        theirs.set(&json!({ "notes": "theirs", "title": "Theirs" }));
                    }
                    tagged(&theirs, if nth == 0 { "\"v1\"" } else { "\"v2\"" })
                },
                move |_, _| said(status, &json!({ "message": "the record was modified" })),
            );
            let mut arguments = json!({ "id": id(1) });
            if tool == "update_invoice" {
                arguments["changes"] = json!({ "notes": "ours" });
            }
            let mut session = McpSession::start(&run(&server, &ALL), Era::Modern);
            let refused = session.call(tool, arguments).refused();
            assert_eq!(error(&refused)["code"], "changed_meanwhile", "{tool} {status}: {}", refused.text);
            assert_eq!(error(&refused)["sent"], "refused_by_api", "{}", refused.text);
            let fields = &error(&refused)["changed_meanwhile"];
            assert_eq!(fields["title"], json!({ "from": "T", "to": "Theirs" }), "{}", refused.text);
            assert_eq!((&fields["notes"]["from"], &fields["notes"]["to"]), (&json!("old"), &json!("theirs")));
            assert!(refused.text.contains("nothing was overwritten"), "{}", refused.text);
            if tool == "update_invoice" {
                assert_eq!(fields["notes"]["yours"], "ours");
                assert!(refused.text.contains("is now `theirs`; you wanted `ours`"), "{}", refused.text);
            }
            assert_eq!(writes(&server).len(), 1, "{tool} {status}");
        }
    }
}

#[test]
fn a_server_that_does_not_know_its_own_tag_is_written_to_without() {
    let record = Record::new(json!({}));
    let theirs = record.clone();
    let server = books(move |_| tagged(&theirs, "\"v1-gzip\""), {
        let record = record.clone();
        move |request, _| {
            if request.header("if-match").is_some() {
                return said(412, &json!({ "message": "precondition failed" }));
            }
            record.store(request);
            record.shown()
        }
    });
    update(&server, json!({ "notes": "new" })).done();
    assert_eq!(record.get()["notes"], "new");
    assert_eq!(writes(&server).len(), 2);
}

#[test]
fn a_conflict_about_something_else_stays_the_api_s_own() {
    let record = Record::new(json!({}));
    let server =
        books(move |_| record.shown(), |_, _| said(409, &json!({ "message": "the fiscal year is closed" })));
    let refused = update(&server, json!({ "notes": "new" })).refused();
    assert_eq!(error(&refused)["code"], "conflict", "{}", refused.text);
    assert_eq!(reads(&server), 1);
}

/// The first write is told to wait two seconds; meanwhile somebody else sets `theirs`.
fn waiting(theirs: Value, before: Value) -> (Record, ScriptedServer) {
    let record = Record::new(before);
    let (read, write) = (record.clone(), record.clone());
    let server = books(
        move |_| read.shown(),
        move |request, nth| {
            if nth == 0 {
                write.set(&theirs);
                return turned_away(2);
            }
            write.store(request);
            write.shown()
        },
    );
    (record, server)
}

#[test]
fn what_others_change_during_a_wait_is_kept_where_we_leave_it_alone() {
    let (record, server) = waiting(
        json!({ "title": "Theirs", "x_unknown": 5, "updated_at": "2026-11-20T10:00:00Z" }),
        json!({ "x_unknown": 4, "updated_at": "2026-11-20T09:00:00Z" }),
    );
    let result = update(&server, json!({ "notes": "ours" })).done();
    let now = record.get();
    assert_eq!(
        (&now["notes"], &now["title"], &now["x_unknown"]),
        (&json!("ours"), &json!("Theirs"), &json!(5)),
        "{now}"
    );
    assert!(notes(&result).contains("changed `title` from `T` to `Theirs`"), "{}", result.text);
    assert_eq!(result.structured["changed"], json!({ "notes": { "from": "old", "to": "ours" } }));
    assert_eq!((reads(&server), writes(&server).len()), (2, 2));
}

#[test]
fn what_others_change_during_a_wait_is_not_overwritten() {
    let (record, server) = waiting(json!({ "notes": "theirs" }), json!({}));
    let refused = update(&server, json!({ "notes": "ours" })).refused();
    assert_eq!(error(&refused)["code"], "changed_meanwhile", "{}", refused.text);
    let fields = json!({ "notes": { "from": "old", "to": "theirs", "yours": "ours" } });
    assert_eq!(error(&refused)["changed_meanwhile"], fields, "{}", refused.text);
    assert_eq!(record.get()["notes"], "theirs");
    assert_eq!(writes(&server).len(), 1);
}

#[test]
fn the_same_change_by_others_is_no_conflict() {
    let (record, server) = waiting(json!({ "notes": "ours" }), json!({}));
    update(&server, json!({ "notes": "ours" })).done();
    assert_eq!(record.get()["notes"], "ours");
}

#[test]
fn a_record_that_was_issued_during_a_wait_is_neither_changed_nor_deleted() {
    let (_, server) = waiting(json!({ "status": "sent" }), json!({}));
    let refused = update(&server, json!({ "notes": "ours" })).refused();
    let fields = json!({ "status": { "from": "draft", "to": "sent" } });
    assert_eq!(error(&refused)["changed_meanwhile"], fields, "{}", refused.text);
    let (_, other) = waiting(json!({ "status": "sent" }), json!({}));
    let refused = delete(&other).refused();
    assert_eq!(error(&refused)["changed_meanwhile"], fields, "{}", refused.text);
    assert_eq!((writes(&server).len(), writes(&other).len()), (1, 1));
}

#[test]
fn a_yes_is_not_carried_over_to_a_record_that_changed_during_a_wait() {
    let record = json!({ "name": "Papier AG", "iban": "CH9300762011623852957" });
    let (_, server) = waiting(json!({ "title": "Theirs", "name": "Holz AG" }), record);
    let mut session =
        McpSession::with_elicitation(&run(&server, &["serve", "--toolsets", "all"]), Era::Modern);
    let arguments = json!({ "id": id(1), "changes": { "iban": "DE89370400440532013000" } });
    let (_, refused) = session.call_and_answer("update_vendor", arguments, "accept");
    let refused = refused.refused();
    assert_eq!(error(&refused)["code"], "changed_meanwhile", "{}", refused.text);
    assert_eq!(writes(&server).len(), 1);
}

#[test]
fn a_yes_holds_for_the_version_that_was_shown() {
    for field in ["notes", "updated_at", "version"] {
        let record = Record::new(json!({ "updated_at": "2026-11-20T09:00:00Z", "version": "1" }));
        let theirs = record.clone();
        let server = books(
            move |nth| {
                if nth > 0 {
                    theirs.set(&json!({ field: "2026-11-20T09:00:01Z" }));
                }
                theirs.shown()
            },
            |_, _| said(204, &json!({})),
        );
        let serve = run(&server, &["serve", "--toolsets", "all"]);
        let mut session = McpSession::with_elicitation(&serve, Era::Modern);
        let (_, refused) = session.call_and_answer("delete_invoice", json!({ "id": id(1) }), "accept");
        assert!(refused.refused().text.contains("changed since"), "{field}");
        assert_eq!(writes(&server).len(), 0, "{field}");
    }
}

#[test]
fn every_further_attempt_takes_a_permit() {
    // The tag is not honoured; the answer is lost.
    let ends: [fn() -> Answer; 2] =
        [|| said(412, &json!({ "message": "precondition failed" })), || Answer::Reset];
    for (end, code) in ends.into_iter().zip(["rate_limited", "outcome_unknown"]) {
        let record = Record::new(json!({}));
        let server = books(move |_| tagged(&record, "\"v1\""), move |_, _| end());
        let serve = run(&server, &ALL).env("LUMABILL_RATE_LIMIT", "60/1");
        let arguments = json!({ "id": id(1), "changes": { "notes": "new" } });
        let refused = McpSession::start(&serve, Era::Modern).call("update_invoice", arguments).refused();
        assert_eq!(error(&refused)["code"], code, "{}", refused.text);
        assert_eq!((writes(&server).len(), reads(&server)), (1, 2), "{}", refused.text);
    }
}

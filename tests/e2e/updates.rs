//! Updates and deletes of records that others change at the same time, and whose answers get lost: nothing of
//! theirs is overwritten, nothing of ours is claimed that is not so.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use crate::scripted_books::{id, profiles, run};
use crate::support::{
    Answer, Era, McpSession, Recorded, SandboxProcess, ScriptedServer, ToolResult, html, http,
};

const ALL: [&str; 5] = ["serve", "--toolsets", "all", "--confirm", "never"];
const JSON: &str = "content-type: application/json";

/// A record that the test, too, can change, and what was written to it.
#[derive(Clone)]
struct Record(Arc<Mutex<Value>>);

impl Record {
    fn new(fields: Value) -> Self {
        let mut record =
            json!({ "id": id(1), "number": "R-1", "status": "draft", "notes": "old", "title": "T" });
        merge(&mut record, &fields);
        Self(Arc::new(Mutex::new(record)))
    }

    fn get(&self) -> Value {
        self.0.lock().unwrap().clone()
    }

    fn set(&self, fields: &Value) {
        merge(&mut self.0.lock().unwrap(), fields);
    }

    /// What a PUT does.
    fn store(&self, request: &Recorded) {
        self.set(&serde_json::from_slice(&request.body).unwrap());
    }

    fn shown(&self) -> Answer {
        said(200, &self.get())
    }
}

fn merge(record: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().unwrap() {
        record[name] = value.clone();
    }
}

fn said(status: u16, body: &Value) -> Answer {
    Answer::Bytes(http(status, &[JSON], &body.to_string()))
}

fn tagged(record: &Record, tag: &str) -> Answer {
    Answer::Bytes(http(200, &[JSON, &format!("etag: {tag}")], &record.get().to_string()))
}

fn turned_away(seconds: u8) -> Answer {
    Answer::Bytes(http(429, &[JSON, &format!("retry-after: {seconds}")], "{}"))
}

/// A server whose reads and writes of the record are up to the test; both are told how many came before.
fn books(
    read: impl Fn(usize) -> Answer + Send + Sync + 'static,
    write: impl Fn(&Recorded, usize) -> Answer + Send + Sync + 'static,
) -> ScriptedServer {
    let counts = Mutex::new((0, 0));
    ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        let mut counts = counts.lock().unwrap();
        if request.method == "GET" {
            counts.0 += 1;
            return read(counts.0 - 1);
        }
        counts.1 += 1;
        write(request, counts.1 - 1)
    })
}

fn sent(server: &ScriptedServer, methods: &[&str]) -> Vec<Recorded> {
    let mut requests = server.requests();
    requests.retain(|request| {
        methods.contains(&request.method.as_str()) && !request.target.starts_with("/v1/profiles")
    });
    requests
}

fn writes(server: &ScriptedServer) -> Vec<Recorded> {
    sent(server, &["PUT", "DELETE", "POST"])
}

fn reads(server: &ScriptedServer) -> usize {
    sent(server, &["GET"]).len()
}

fn body(request: &Recorded) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn update(server: &ScriptedServer, changes: Value) -> ToolResult {
    let arguments = json!({ "id": id(1), "changes": changes });
    McpSession::start(&run(server, &ALL), Era::Modern).call("update_invoice", arguments)
}

fn delete(server: &ScriptedServer) -> ToolResult {
    McpSession::start(&run(server, &ALL), Era::Legacy).call("delete_invoice", json!({ "id": id(1) }))
}

fn error(result: &ToolResult) -> &Value {
    &result.structured["error"]
}

fn notes(result: &ToolResult) -> String {
    result.structured["notes"].to_string()
}

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

/// How an answer gets lost.
fn losses() -> [(&'static str, fn() -> Answer); 6] {
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
    assert_eq!(error(&refused)["code"], "changed_meanwhile", "{}", refused.text);
    assert_eq!(error(&refused)["sent"], "unknown", "{}", refused.text);
    assert_eq!(error(&refused)["changed_meanwhile"]["notes"]["to"], "theirs");
    assert_eq!(writes(&server).len(), 1);
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

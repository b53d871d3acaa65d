//! Writes: sent once, whatever becomes of the answer; updates keep what they do not change; a key that only reads
//! writes nothing.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use crate::scripted_books::{PROFILE, answer, id, profiles, run};
use crate::support::{
    Answer, Era, McpSession, PLANTED_KEY, Recorded, SandboxProcess, ScriptedServer, html, http,
    json as json_answer,
};

const ALL: [&str; 5] = ["serve", "--toolsets", "all", "--confirm", "never"];

fn invoice() -> Value {
    json!({ "client_id": id(7), "lines": [{ "description": "Consulting", "quantity": 1, "price": 100 }] })
}

/// One write of each kind.
fn kinds() -> [(&'static str, Value); 4] {
    let allocations = json!([{ "invoice_id": id(3), "amount": 100 }]);
    [
        ("create_invoice", invoice()),
        ("update_client", json!({ "id": id(1), "changes": { "notes": "n" } })),
        ("delete_invoice", json!({ "id": id(1) })),
        ("reconcile_transaction", json!({ "id": id(1), "allocations": allocations })),
    ]
}

/// Reads give a draft; what becomes of a write is up to `write`.
fn books(write: impl Fn(&Recorded) -> Answer + Send + Sync + 'static) -> ScriptedServer {
    ScriptedServer::start(move |request| match request.method.as_str() {
        "GET" if request.target.starts_with("/v1/profiles") => profiles(),
        "GET" => {
            answer(200, &json!({ "id": id(1), "name": "Muster AG", "number": "R-1", "status": "draft" }))
        }
        _ => write(request),
    })
}

fn written(server: &ScriptedServer) -> Vec<Recorded> {
    server.requests().into_iter().filter(|request| request.method != "GET").collect()
}

fn cut() -> Answer {
    Answer::Last(
        b"HTTP/1.1 201 Created\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{\"id\":"
            .to_vec(),
    )
}

/// Calls once, with the time that looking up takes, and gives the error and the text.
#[track_caller]
fn lost(server: &ScriptedServer, tool: &str, arguments: Value) -> (Value, String) {
    let mut session = McpSession::start(&run(server, &ALL), Era::Modern);
    let call = session.send_call(tool, arguments);
    let answer = session.answer_within(&call, Duration::from_secs(50));
    assert_eq!(answer["result"]["isError"], true, "{answer}");
    (answer["result"]["structuredContent"]["error"].clone(), answer.to_string())
}

/// The books show nothing that can be read, so the create must say that nobody knows what became of it, and
/// what to do; it was sent once.
#[track_caller]
fn unknown(server: &ScriptedServer, what: &str) {
    let (error, text) = lost(server, "create_invoice", invoice());
    assert_eq!(error["code"], "outcome_unknown", "{what}: {text}");
    assert_eq!((&error["sent"], &error["retryable"]), (&json!("unknown"), &json!(false)), "{what}");
    assert!(error["hint"].as_str().unwrap().contains("look"), "{what}: {text}");
    assert!(text.contains("create_invoice") && text.contains("may"), "{what}: {text}");
    assert_eq!(written(server).len(), 1, "{what}");
}

type Ending = (&'static str, fn() -> Answer);

const ENDINGS: [Ending; 9] = [
    ("500", || answer(500, &json!({ "message": "boom" }))),
    ("503", || Answer::Bytes(http(503, &["retry-after: 1"], ""))),
    ("408", || answer(408, &json!({}))),
    ("redirect", || Answer::Bytes(http(307, &["location: /v2/invoices"], ""))),
    ("reset", || Answer::Reset),
    ("closed", || Answer::Last(Vec::new())),
    ("cut", cut),
    ("half JSON", || Answer::Bytes(json_answer(201, "{\"id\":\"6f1d8e0a\",\"numb"))),
    ("web page", || Answer::Bytes(html(200))),
];

/// Side by side, since each takes its settling time.
fn at_once<T: Sync>(cases: &[T], test: impl Fn(&T) + Sync) {
    std::thread::scope(|scope| {
        for case in cases {
            scope.spawn(|| test(case));
        }
    });
}

#[test]
fn a_create_without_a_clear_answer_that_no_list_shows_is_unknown_and_not_repeated() {
    at_once(&ENDINGS, |(what, ending)| {
        let ending = *ending;
        unknown(&books(move |_| ending()), what);
    });
}

#[test]
fn an_act_without_a_clear_answer_is_not_repeated_before_its_record_was_read() {
    at_once(&ENDINGS[..5], |(what, ending)| {
        let ending = *ending;
        let server = books(move |_| ending());
        let (tool, arguments) = kinds()[3].clone();
        let (error, text) = lost(&server, tool, arguments);
        // A gateway that gave up leaves it open for longer than a call may take.
        let told = if *what == "408" { "outcome_unknown" } else { "not_done" };
        assert_eq!(error["code"], told, "{what}: {text}");
        assert_eq!(written(&server).len(), 1, "{what}");
        let reads_after =
            server.requests().iter().rev().take_while(|request| request.method == "GET").count();
        assert!(reads_after >= 1, "{what}");
    });
}

#[test]
fn a_create_that_is_never_answered_is_unknown_in_time_for_the_client() {
    unknown(&books(|_| Answer::Silence), "silence");
}

#[test]
fn the_sandbox_s_lost_answers_leave_one_invoice_or_none() {
    let cases = [
        ("500-after", 1),
        ("reset-after", 1),
        ("cut", 1),
        ("half-json", 1),
        ("503-before", 0),
        ("reset-before", 0),
    ];
    at_once(&cases, |(fault, made)| {
        let sandbox = SandboxProcess::start(&["--fault", &format!("{fault}:1@create_invoice")]);
        let before = sandbox.all("/v1/invoices").len();
        let mut session = McpSession::start(&sandbox.lumabill(&["serve"]), Era::Legacy);
        let mut arguments = invoice();
        arguments["client_id"] = sandbox.all("/v1/clients")[0]["id"].clone();
        let result = session.call("create_invoice", arguments.clone());
        if *made == 1 {
            assert_eq!(result.structured["recovered"], true, "{fault}: {}", result.text);
        } else {
            assert_eq!(result.structured["error"]["code"], "not_created", "{fault}: {}", result.text);
        }
        assert_eq!(sandbox.all("/v1/invoices").len(), before + made, "{fault}");
        // Repeated, as an assistant does: there is one afterwards, whatever was lost.
        let again = session.call("create_invoice", arguments).done();
        assert_eq!(again.structured["created"], *made == 0, "{fault}: {}", again.text);
        assert_eq!(sandbox.all("/v1/invoices").len(), before + 1, "{fault}");
    });
}

#[test]
fn a_write_that_was_turned_away_is_sent_again() {
    for (tool, arguments) in kinds() {
        let turned = Mutex::new(0);
        let server = books(move |_| {
            let mut turned = turned.lock().unwrap();
            *turned += 1;
            if *turned == 1 {
                return Answer::Bytes(http(429, &["retry-after: 1", "content-type: application/json"], "{}"));
            }
            answer(201, &json!({ "id": id(2) }))
        });
        McpSession::start(&run(&server, &ALL), Era::Modern).call(tool, arguments).done();
        let sent = written(&server);
        assert_eq!(sent.len(), 2, "{tool}");
        assert_eq!((&sent[0].target, &sent[0].body), (&sent[1].target, &sent[1].body), "{tool}");
        assert_eq!(sent[0].header("idempotency-key"), sent[1].header("idempotency-key"), "{tool}");
    }
}

#[test]
fn a_write_that_finds_nobody_was_not_sent() {
    let ended = crate::support::Lumabill::new(&["call", "create_client", "name=Neu", "--json"])
        .with_api(&ScriptedServer::refusing(), PLANTED_KEY)
        .run()
        .exits(4);
    assert_eq!(ended.json()["error"]["sent"], "nothing_sent", "{}", ended.stdout);
}

#[test]
fn a_refused_write_says_that_nothing_was_changed() {
    let server =
        books(|_| answer(409, &json!({ "error": { "code": "locked", "message": "the year is closed" } })));
    for (tool, arguments) in kinds() {
        let result = McpSession::start(&run(&server, &ALL), Era::Modern).call(tool, arguments).refused();
        let error = &result.structured["error"];
        assert_eq!(
            (&error["sent"], &error["http_status"]),
            (&json!("refused_by_api"), &json!(409)),
            "{tool}"
        );
        assert!(result.text.contains("the year is closed"), "{}", result.text);
    }
}

#[test]
fn an_update_sends_the_whole_record_with_the_change_and_without_what_is_computed() {
    let record = r#"{"id":"ID","profile_id":"PP","number":"R-1","client_id":"CC","client":{"name":"Muster AG"},
        "status":"draft","currency":"CHF","tax_rate":8.10,"x_discount":1234567.890123456789012,"x_deep":{"a":[1.50,null]},
        "lines":[{"id":"L","position":1,"description":"Work","quantity":3.00,"price":49.90,"x_ref":"A-1","net_amount":149.7}],
        "notes":null,"subtotal":149.7,"total":161.85,"amount_due":161.85,"created_at":"2026-11-20T09:00:00Z"}"#;
    let record = record.replace("ID", &id(1));
    let given = record.clone();
    let server = ScriptedServer::start(move |request| {
        if request.target.starts_with("/v1/profiles") {
            return profiles();
        }
        Answer::Bytes(json_answer(200, &given))
    });
    for era in Era::BOTH {
        let mut session = McpSession::start(&run(&server, &ALL), era);
        session.call("update_invoice", json!({ "id": id(1), "changes": { "notes": "thanks" } })).done();
    }
    for put in written(&server) {
        assert_eq!(
            (put.method.as_str(), put.target.as_str()),
            ("PUT", format!("/v1/invoices/{}", id(1)).as_str())
        );
        let text = String::from_utf8(put.body).unwrap();
        for digits in ["1234567.890123456789012", "1.50", "8.10", "3.00", "49.90"] {
            assert!(text.contains(digits), "{digits} in {text}");
        }
        let body: Value = serde_json::from_str(&text).unwrap();
        assert_eq!((&body["notes"], &body["x_deep"]["a"][1]), (&json!("thanks"), &Value::Null));
        assert_eq!(body["lines"][0]["x_ref"], "A-1");
        for computed in ["id", "client", "subtotal", "total", "amount_due", "created_at"] {
            assert!(body.get(computed).is_none(), "{computed} in {text}");
        }
        assert!(body["lines"][0].get("net_amount").is_none(), "{text}");
    }
}

#[test]
fn an_update_of_one_field_leaves_every_other_as_it_was() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&ALL), Era::Modern);
    for (tool, path, changes) in [
        ("update_invoice", "/v1/invoices?status=draft", json!({ "notes": "n" })),
        ("update_offer", "/v1/offers?status=draft", json!({ "notes": "n" })),
        ("update_recurring_invoice", "/v1/recurring-invoices", json!({ "notes": "n" })),
        ("update_client", "/v1/clients", json!({ "notes": "n" })),
        ("update_vendor", "/v1/vendors", json!({ "notes": "n" })),
        ("update_expense", "/v1/expenses", json!({ "description": "n" })),
        ("update_catalog_item", "/v1/catalog", json!({ "description": "n" })),
        ("update_bank_account", "/v1/bank-accounts", json!({ "name": "n" })),
        ("update_fiscal_year", "/v1/fiscal-years", json!({ "name": "n" })),
    ] {
        let list = sandbox.get(path);
        let rows = list["data"].as_array().unwrap();
        let id =
            rows.iter().find(|row| row["status"] != "closed").unwrap_or(&rows[rows.len() - 1])["id"].clone();
        let one = format!("{}/{}", path.split('?').next().unwrap(), id.as_str().unwrap());
        let (mut before, field) =
            (sandbox.get(&one), changes.as_object().unwrap().keys().next().unwrap().clone());
        session.call(tool, json!({ "id": id, "changes": changes })).done();
        let mut after = sandbox.get(&one);
        assert_eq!(after[&field], "n", "{tool}");
        for record in [&mut before, &mut after] {
            record[&field] = Value::Null;
            record["updated_at"] = Value::Null;
            for line in record.get_mut("lines").and_then(Value::as_array_mut).into_iter().flatten() {
                // A line that is written again may get another id.
                line["id"] = Value::Null;
            }
        }
        assert_eq!(before.to_string(), after.to_string(), "{tool}");
    }
}

/// Writes are forbidden, the probe too or not.
fn forbidding(probe: u16) -> ScriptedServer {
    books(move |request| {
        let nil = request.target.contains("00000000-0000-0000-0000-000000000000");
        answer(if nil { probe } else { 403 }, &json!({ "message": "forbidden" }))
    })
}

fn writing_tools(session: &mut McpSession) -> usize {
    let listed = session.ask("tools/list", json!({}));
    let tools = listed["tools"].as_array().unwrap().iter();
    tools.filter(|tool| tool["annotations"]["readOnlyHint"] != true).count()
}

#[test]
fn a_key_that_only_reads_is_probed_once_and_then_no_writing_tool_is_left() {
    for era in Era::BOTH {
        let server = forbidding(403);
        let mut session = McpSession::start(&run(&server, &ALL), era);
        if era == Era::Modern {
            session.request("subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } }));
        }
        assert!(writing_tools(&mut session) > 20);
        session.call("create_invoice", invoice()).refused();
        let sent: Vec<String> = written(&server).iter().map(|sent| sent.method.clone()).collect();
        assert_eq!(sent, ["POST", "DELETE"], "one probe");
        session.notified("notifications/tools/list_changed");
        assert_eq!(writing_tools(&mut session), 0, "{era:?}");
        let id = session.send_call("create_invoice", invoice());
        let answer = session.answer(&id).to_string();
        assert!(answer.contains("only reading is allowed"), "{answer}");
        assert_eq!(written(&server).len(), 2, "{era:?}: written again");
        session.call("get_invoice", json!({ "id": crate::scripted_books::id(1) })).done();
    }
}

#[test]
fn a_single_refused_write_takes_no_tool_away() {
    let server = forbidding(404);
    let mut session = McpSession::start(&run(&server, &ALL), Era::Modern);
    let before = writing_tools(&mut session);
    session.call("create_invoice", invoice()).refused();
    assert_eq!(writing_tools(&mut session), before);
    // The next refusal is probed again: the key may have changed.
    session.call("create_invoice", invoice()).refused();
    assert_eq!(written(&server).len(), 4);
}

#[test]
fn where_only_reading_is_allowed_a_write_is_refused_before_anything_is_sent() {
    for era in Era::BOTH {
        let server = books(|_| answer(200, &json!({})));
        let mut session =
            McpSession::start(&run(&server, &["serve", "--toolsets", "all", "--read-only"]), era);
        for (tool, mut arguments) in kinds() {
            for dry in [false, true] {
                arguments["dry_run"] = json!(dry);
                let id = session.send_call(tool, arguments.clone());
                let answer = session.answer(&id).to_string();
                assert!(answer.contains("only reading is allowed"), "{era:?} {tool}: {answer}");
            }
        }
        assert!(server.requests().is_empty(), "{era:?}: {:?}", server.requests());
    }
}

#[test]
fn every_write_goes_to_the_profile_that_its_answer_names() {
    let server = books(|_| answer(201, &json!({ "id": id(2) })));
    for (tool, arguments) in kinds() {
        let serve = run(&server, &ALL).env("LUMABILL_PROFILE_ID", PROFILE);
        let result = McpSession::start(&serve, Era::Modern).call(tool, arguments).done();
        assert_eq!(
            result.structured["profile"],
            json!({ "id": PROFILE, "name": "Muster GmbH" }),
            "{}",
            result.text
        );
        assert_eq!(written(&server).pop().unwrap().header("x-profile-id"), Some(PROFILE));
    }
}

//! Confirmations that are forged, replayed, too old, or for something else: nothing happens, in either era, by either
//! way. A scripted API counts what arrives.

use std::fs::{self, File};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::confirmation::{OTHER_IBAN, SERVE, answered, asking, books, question, writes};
use crate::scripted_books::{answer, id, profiles, run};
use crate::support::{Era, Home, Lumabill, McpSession, PATIENCE, PLANTED_KEY, ScriptedServer};

fn at(home: &Arc<Home>, server: &ScriptedServer) -> Lumabill {
    Lumabill::at(home, &SERVE).with_api(&server.url(), PLANTED_KEY)
}

/// Answers a question of the legacy era.
fn reply(session: &mut McpSession, id: &Value, action: &str) {
    session.line(&json!({ "jsonrpc": "2.0", "id": id, "result": { "action": action } }).to_string());
}

/// Makes every mark of a first call this much older.
fn age(home: &Home, by: Duration) -> usize {
    let folder = home.path().join("state").join("confirmations");
    let marks = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let pending = marks.filter(|mark| mark.file_name().to_str().unwrap().starts_with("pending-"));
    pending
        .map(|mark| {
            let file = File::options().write(true).open(mark.path()).unwrap();
            file.set_modified(SystemTime::now() - by).unwrap();
        })
        .count()
}

#[test]
fn answers_that_nobody_asked_for_do_nothing() {
    let server = books();
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Legacy);
    for guess in [json!(0), json!(1), json!(2), json!("0"), json!("1")] {
        reply(&mut session, &guess, "accept");
    }
    let call = session.send_call("delete_invoice", json!({ "id": id(1) }));
    let asked = session.asked_within(PATIENCE);
    // For another question, in other words, or as an error.
    reply(&mut session, &json!("nobody"), "accept");
    reply(&mut session, &json!(format!("{}x", asked["id"])), "accept");
    reply(&mut session, &asked["id"], "decline");
    let declined = session.answer(&call);
    assert_eq!(declined["result"]["isError"], true, "{declined}");
    // Too late, twice, and after the call is over.
    reply(&mut session, &asked["id"], "accept");
    reply(&mut session, &asked["id"], "accept");
    session.lives();
    let call = session.send_call("delete_invoice", json!({ "id": id(1) }));
    let second = session.asked_within(PATIENCE);
    reply(&mut session, &asked["id"], "accept");
    session.line(
        &json!({ "jsonrpc": "2.0", "id": second["id"], "error": { "code": 1, "message": "accept" } })
            .to_string(),
    );
    let refused = session.answer(&call);
    assert_eq!(refused["result"]["isError"], true, "{refused}");
    for odd in
        [json!({ "action": "ACCEPT" }), json!({ "action": true }), json!({ "accept": true }), json!("accept")]
    {
        let call = session.send_call("delete_invoice", json!({ "id": id(2) }));
        let asked = session.asked_within(PATIENCE);
        session.line(&json!({ "jsonrpc": "2.0", "id": asked["id"], "result": odd }).to_string());
        let refused = session.answer(&call);
        assert_eq!(refused["result"]["isError"], true, "{odd}: {refused}");
    }
    assert_eq!(writes(&server), 0);
}

#[test]
fn each_answer_counts_for_its_own_question() {
    let server = books();
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Legacy);
    let calls = [1, 2].map(|n| session.send_call("delete_invoice", json!({ "id": id(n) })));
    let mut asked = [session.asked_within(PATIENCE), session.asked_within(PATIENCE)];
    asked.sort_by_key(|asked| !asked["params"]["message"].as_str().unwrap().contains("R-1"));
    // The last one first.
    reply(&mut session, &asked[1]["id"], "decline");
    reply(&mut session, &asked[0]["id"], "accept");
    let answers = calls.map(|call| session.answer(&call)["result"].take());
    assert_eq!(
        (&answers[0]["isError"], &answers[1]["isError"]),
        (&json!(false), &json!(true)),
        "{answers:?}"
    );
    let sent: Vec<_> = server.requests().into_iter().filter(|request| request.method == "DELETE").collect();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].target.ends_with(&id(1)), "{}", sent[0].target);
}

#[test]
fn a_yes_after_the_call_was_cancelled_does_nothing() {
    let server = books();
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Legacy);
    let call = session.send_call("delete_invoice", json!({ "id": id(1) }));
    let asked = session.asked_within(PATIENCE);
    session.notify("notifications/cancelled", json!({ "requestId": call }));
    session.notified("notifications/cancelled");
    reply(&mut session, &asked["id"], "accept");
    session.lives();
    assert!(session.answered(&call).is_none());
    assert_eq!(writes(&server), 0);
}

/// A legacy session asks by itself: a state in its call is no answer.
#[test]
fn a_sealed_state_is_no_answer_in_the_legacy_era() {
    let (server, home) = (books(), Arc::new(Home::new()));
    let arguments = json!({ "id": id(1) });
    let mut modern = McpSession::with_elicitation(&at(&home, &server), Era::Modern);
    let asked = question(&mut modern, "delete_invoice", &arguments);
    let mut legacy = McpSession::with_elicitation(&at(&home, &server), Era::Legacy);
    let call = legacy.request(
        "tools/call",
        json!({
            "name": "delete_invoice", "arguments": arguments, "requestState": asked["requestState"],
            "inputResponses": { "confirm": { "action": "accept", "content": {} } },
        }),
    );
    let again = legacy.asked_within(PATIENCE);
    reply(&mut legacy, &again["id"], "decline");
    assert_eq!(legacy.answer(&call)["result"]["isError"], true);
    assert_eq!(writes(&server), 0);
}

#[test]
fn a_yes_to_another_account_address_profile_or_call_does_nothing() {
    let two = json!([{ "id": id(70), "name": "Eins" }, { "id": id(71), "name": "Zwei" }]);
    let api = move || {
        let two = two.clone();
        ScriptedServer::start(move |request| {
            if request.target.starts_with("/v1/profiles") {
                return answer(200, &json!({ "data": two, "total": 2 }));
            }
            answer(200, &json!({ "id": id(1), "number": "R-1", "status": "draft", "total": 1 }))
        })
    };
    let (here, there, home) = (api(), api(), Arc::new(Home::new()));
    let arguments = json!({ "id": id(1), "profile_id": id(70) });
    let mut session = McpSession::with_elicitation(&at(&home, &here), Era::Modern);
    let asked = question(&mut session, "delete_invoice", &arguments);
    let refused = |session: &mut McpSession, arguments: &Value, what: &str| {
        let refused = answered(session, "delete_invoice", arguments, &asked, "accept").refused();
        assert!(refused.contains("another call"), "{what}: {refused}");
    };
    refused(&mut session, &json!({ "id": id(1), "profile_id": id(71) }), "another profile");
    refused(&mut session, &json!({ "id": id(2), "profile_id": id(70) }), "another record");
    let named = at(&home, &here).env("LUMABILL_ACCOUNT", "other");
    refused(&mut McpSession::with_elicitation(&named, Era::Modern), &arguments, "another account");
    refused(
        &mut McpSession::with_elicitation(&at(&home, &there), Era::Modern),
        &arguments,
        "another address",
    );
    let stranger = at(&Arc::new(Home::new()), &here);
    refused(&mut McpSession::with_elicitation(&stranger, Era::Modern), &arguments, "another user");
    assert_eq!((writes(&here), writes(&there)), (0, 0));
    // None of that used it up, and any process of this user may bring it.
    let mut second = McpSession::with_elicitation(&at(&home, &here), Era::Modern);
    answered(&mut second, "delete_invoice", &arguments, &asked, "accept").done();
    assert_eq!(writes(&here), 1);
}

#[test]
fn a_state_that_was_changed_by_one_character_does_nothing() {
    let server = books();
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Modern);
    let arguments = json!({ "id": id(1) });
    let asked = question(&mut session, "delete_invoice", &arguments);
    let state = asked["requestState"].as_str().unwrap().to_owned();
    for at in [0, 31, 33, 40, state.len() - 1] {
        let mut bytes = state.clone().into_bytes();
        bytes[at] = if bytes[at] == b'1' { b'2' } else { b'1' };
        let mut forged = asked.clone();
        forged["requestState"] = json!(String::from_utf8(bytes).unwrap());
        answered(&mut session, "delete_invoice", &arguments, &forged, "accept").refused();
    }
    assert_eq!(writes(&server), 0);
}

/// The record as the n-th read sees it.
type Reread = fn(u32) -> Value;

#[test]
fn a_yes_does_not_hold_for_a_record_that_changed_since() {
    // Each read sees another total, another IBAN, or only a younger record.
    let tools: [(&str, Value, Reread); 3] = [
        (
            "delete_invoice",
            json!({ "id": id(1) }),
            |n| json!({ "number": "R-1", "status": "draft", "total": 100 + n }),
        ),
        (
            "update_vendor",
            json!({ "id": id(1), "changes": { "iban": OTHER_IBAN } }),
            |n| json!({ "name": "Papier AG", "iban": format!("CH{n}") }),
        ),
        ("delete_client", json!({ "id": id(1) }), |n| json!({ "name": "Muster AG", "updated_at": n })),
    ];
    for (tool, arguments, record) in tools {
        for era in Era::BOTH {
            let reads = AtomicU32::new(0);
            let server = ScriptedServer::start(move |request| {
                if request.target.starts_with("/v1/profiles") {
                    return profiles();
                }
                let mut record = record(reads.fetch_add(1, Ordering::SeqCst));
                record["id"] = json!(id(1));
                answer(200, &record)
            });
            let mut session = McpSession::with_elicitation(&run(&server, &SERVE), era);
            let (_, refused) = session.call_and_answer(tool, arguments.clone(), "accept");
            let refused = refused.refused().text;
            assert!(refused.contains("changed since"), "{era:?} {tool}: {refused}");
            // Nor does the second call count for what the first one did not say.
            let mut session = McpSession::start(&run(&server, &SERVE), era);
            let first = session.call(tool, arguments.clone()).refused();
            let mut again = arguments.clone();
            again["confirm_number"] = first.structured["error"]["confirm_number"].clone();
            session.call(tool, again).refused();
            assert_eq!(writes(&server), 0, "{era:?} {tool}");
        }
    }
}

#[test]
fn a_number_that_comes_after_ten_minutes_does_nothing() {
    for era in Era::BOTH {
        for (tool, arguments, label) in asking() {
            let (server, home) = (books(), Arc::new(Home::new()));
            let mut session = McpSession::start(&at(&home, &server), era);
            session.call(tool, arguments.clone()).refused();
            assert_eq!(age(&home, Duration::from_secs(601)), 1);
            let mut numbered = arguments.clone();
            numbered["confirm_number"] = json!(label);
            let late = session.call(tool, numbered.clone()).refused();
            assert!(late.text.contains("last 10 minutes"), "{}", late.text);
            assert_eq!(writes(&server), 0, "{era:?} {tool}");
            // A number opens nothing, however often it comes.
            session.call(tool, numbered.clone()).refused();
            session.call(tool, arguments).refused();
            assert_eq!(age(&home, Duration::from_secs(590)), 1);
            session.call(tool, numbered).done();
            assert_eq!(writes(&server), 1, "{era:?} {tool}");
        }
    }
}

#[test]
fn another_record_s_number_does_nothing() {
    for era in Era::BOTH {
        let server = books();
        let mut session = McpSession::start(&run(&server, &SERVE), era);
        for n in [1, 2] {
            session.call("delete_invoice", json!({ "id": id(n) })).refused();
        }
        for (n, number) in [(1, "R-2"), (2, "R-1"), (1, &id(1)), (2, "")] {
            let swapped = json!({ "id": id(n), "confirm_number": number });
            session.call("delete_invoice", swapped).refused();
        }
        // Right number, first call of another tool or with other changes.
        session.call("update_vendor", json!({ "id": id(1), "changes": { "iban": OTHER_IBAN } })).refused();
        let changes = json!({ "iban": OTHER_IBAN, "email": "x@y.example" });
        session
            .call("update_vendor", json!({ "id": id(1), "changes": changes, "confirm_number": "Papier AG" }))
            .refused();
        session.call("delete_vendor", json!({ "id": id(1), "confirm_number": "Papier AG" })).refused();
        assert_eq!(writes(&server), 0, "{era:?}");
    }
}

#[test]
fn an_answer_of_the_person_closes_the_way_by_number() {
    for era in Era::BOTH {
        for (action, wanted) in [("decline", 0), ("accept", 1)] {
            let server = books();
            let mut session = McpSession::with_elicitation(&run(&server, &SERVE), era);
            let (tool, arguments, label) = asking()[2].clone();
            // Dismissed once, which opens the number; then asked again, and answered.
            session.call_and_answer(tool, arguments.clone(), "cancel").1.refused();
            let (_, result) = session.call_and_answer(tool, arguments.clone(), action);
            assert_eq!(result.failed, wanted == 0, "{}", result.text);
            let mut numbered = arguments;
            numbered["confirm_number"] = json!(label);
            let (_, asked_again) = session.call_and_answer(tool, numbered, "decline");
            asked_again.refused();
            assert_eq!(writes(&server), wanted, "{era:?} after {action}");
        }
    }
}

#[test]
fn a_dismissed_question_takes_no_yes() {
    let server = books();
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Modern);
    let arguments = json!({ "id": id(1) });
    let asked = question(&mut session, "delete_invoice", &arguments);
    answered(&mut session, "delete_invoice", &arguments, &asked, "cancel").refused();
    let late = answered(&mut session, "delete_invoice", &arguments, &asked, "accept").refused();
    assert!(late.contains("used before"), "{late}");
    assert_eq!(writes(&server), 0);
}

/// Several processes bring the same yes at the same moment.
#[test]
fn of_many_who_bring_one_yes_at_once_one_acts() {
    for (tool, arguments, label) in asking() {
        let (server, home) = (books(), Arc::new(Home::new()));
        let mut sessions: Vec<McpSession> =
            (0..4).map(|_| McpSession::with_elicitation(&at(&home, &server), Era::Modern)).collect();
        let asked = question(&mut sessions[0], tool, &arguments);
        let yes = json!({
            "name": tool, "arguments": arguments, "requestState": asked["requestState"],
            "inputResponses": { "confirm": { "action": "accept", "content": {} } },
        });
        let results = at_once(&mut sessions, &yes);
        assert_eq!(results.iter().filter(|failed| !**failed).count(), 1, "{tool}: {results:?}");
        assert_eq!(writes(&server), 1, "{tool}");
        // The same by number.
        let mut sessions: Vec<McpSession> =
            (0..4).map(|n| McpSession::start(&at(&home, &server), Era::BOTH[n % 2])).collect();
        sessions[0].call(tool, arguments.clone()).refused();
        let mut numbered = json!({ "name": tool, "arguments": arguments });
        numbered["arguments"]["confirm_number"] = json!(label);
        let results = at_once(&mut sessions, &numbered);
        assert_eq!(results.iter().filter(|failed| !**failed).count(), 1, "{tool}: {results:?}");
        assert_eq!(writes(&server), 2, "{tool}");
    }
}

/// Whether the call failed in each session, sent to all before any answer is read.
fn at_once(sessions: &mut [McpSession], call: &Value) -> Vec<bool> {
    let ids: Vec<Value> =
        sessions.iter_mut().map(|session| session.request("tools/call", call.clone())).collect();
    let answers = sessions.iter_mut().zip(&ids).map(|(session, id)| session.answer(id));
    answers.map(|answer| answer["result"]["isError"] == true).collect()
}

#[test]
fn where_every_write_asks_a_create_takes_no_forged_yes_either() {
    let strict = [&SERVE[..], &["--confirm", "writes"]].concat();
    for (tool, arguments, other) in [
        ("create_client", json!({ "name": "Neu AG" }), json!({ "name": "Alt AG" })),
        (
            "create_expense",
            json!({ "amount": 49.90, "date": "2026-11-20" }),
            json!({ "amount": 499, "date": "2026-11-20" }),
        ),
    ] {
        let server = books();
        let mut session = McpSession::with_elicitation(&run(&server, &strict), Era::Modern);
        let asked = question(&mut session, tool, &arguments);
        answered(&mut session, tool, &other, &asked, "accept").refused();
        assert_eq!(writes(&server), 0, "{tool}");
        answered(&mut session, tool, &arguments, &asked, "accept").done();
        answered(&mut session, tool, &arguments, &asked, "accept").refused();
        assert_eq!(writes(&server), 1, "{tool}");
        for era in Era::BOTH {
            let server = books();
            let mut session = McpSession::start(&run(&server, &strict), era);
            let first = session.call(tool, arguments.clone()).refused();
            let number = first.structured["error"]["confirm_number"].clone();
            let mut swapped = other.clone();
            swapped["confirm_number"] = number.clone();
            session.call(tool, swapped).refused();
            assert_eq!(writes(&server), 0, "{era:?} {tool}");
            let mut numbered = arguments.clone();
            numbered["confirm_number"] = number;
            session.call(tool, numbered.clone()).done();
            session.call(tool, numbered).refused();
            assert_eq!(writes(&server), 1, "{era:?} {tool}");
        }
    }
}

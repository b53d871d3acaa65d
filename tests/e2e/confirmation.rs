//! A person is asked before something is deleted, posted or sent elsewhere: one yes, one act; everything else does
//! nothing. The requests that arrive at a scripted API are counted.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::scripted_books::{answer, id, profiles, run};
use crate::support::{Era, Home, Lumabill, McpSession, PLANTED_KEY, SandboxProcess, ScriptedServer};

const IBAN: &str = "CH9300762011623852957";
pub const OTHER_IBAN: &str = "DE89370400440532013000";

/// Two drafts, a sent invoice, a vendor and a bank transaction; every write is accepted.
pub fn books() -> ScriptedServer {
    ScriptedServer::start(|request| {
        let path = request.target.split('?').next().unwrap();
        let (list, number) = path.trim_start_matches("/v1/").split_once('/').unwrap_or((path, ""));
        let record = match list {
            "invoices" => json!({
                "status": if number.starts_with(&id(3)) { "sent" } else { "draft" }, "total": 583.75, "currency": "CHF",
                "number": format!("R-{}", number.trim_end_matches("/reconcile").chars().last().unwrap_or('0')),
            }),
            "vendors" => json!({ "name": "Papier AG", "iban": IBAN, "email": "a@papier.example" }),
            "bank-transactions" => {
                json!({ "amount": 100, "currency": "CHF", "counterparty_name": "Muster AG" })
            }
            _ => return profiles(),
        };
        let mut record = record;
        record["id"] = json!(number.split('/').next().unwrap());
        answer(200, &record)
    })
}

pub fn writes(server: &ScriptedServer) -> usize {
    server.requests().iter().filter(|request| request.method != "GET").count()
}

/// Calls that ask, and how the record of each is called.
pub fn asking() -> [(&'static str, Value, String); 3] {
    let allocations = json!([{ "invoice_id": id(3), "amount": 100 }]);
    [
        ("delete_invoice", json!({ "id": id(1) }), "R-1".to_owned()),
        ("reconcile_transaction", json!({ "id": id(1), "allocations": allocations }), id(1)),
        ("update_vendor", json!({ "id": id(1), "changes": { "iban": OTHER_IBAN } }), "Papier AG".to_owned()),
    ]
}

pub const SERVE: [&str; 3] = ["serve", "--toolsets", "all"];

/// A modern call that carries an answer to a question.
pub fn answered(
    session: &mut McpSession,
    tool: &str,
    arguments: &Value,
    asked: &Value,
    action: &str,
) -> Answered {
    let (key, _) = asked["inputRequests"].as_object().unwrap().iter().next().unwrap();
    let params = json!({
        "name": tool, "arguments": arguments, "requestState": asked["requestState"],
        "inputResponses": { key: { "action": action, "content": {} } },
    });
    let result = session.ask("tools/call", params);
    Answered { failed: result["isError"] == true, text: result["content"][0]["text"].to_string() }
}

/// What came of a call that carried an answer.
pub struct Answered {
    failed: bool,
    text: String,
}

impl Answered {
    #[track_caller]
    pub fn done(self) {
        assert!(!self.failed, "{}", self.text);
    }

    /// What the refusal says.
    #[track_caller]
    pub fn refused(self) -> String {
        assert!(self.failed, "{}", self.text);
        self.text
    }
}

pub fn question(session: &mut McpSession, tool: &str, arguments: &Value) -> Value {
    let asked = session.ask("tools/call", json!({ "name": tool, "arguments": arguments }));
    assert_eq!(asked["resultType"], "input_required", "{asked}");
    asked
}

#[test]
fn a_yes_acts_once() {
    for era in Era::BOTH {
        for (tool, arguments, label) in asking() {
            let server = books();
            let mut session = McpSession::with_elicitation(&run(&server, &SERVE), era);
            let (question, result) = session.call_and_answer(tool, arguments, "accept");
            let message = question["message"].as_str().unwrap();
            assert!(message.contains(&label) && message.contains("Muster GmbH"), "{message}");
            result.done();
            assert_eq!(writes(&server), 1, "{era:?} {tool}");
        }
    }
}

#[test]
fn the_question_names_amount_and_change() {
    let server = books();
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Modern);
    let wanted: [&[&str]; 3] = [&["CHF 583.75", "cannot be undone"], &["100", &id(3)], &[IBAN, OTHER_IBAN]];
    for ((tool, arguments, _), words) in asking().into_iter().zip(wanted) {
        let (question, _) = session.call_and_answer(tool, arguments, "decline");
        let message = question["message"].as_str().unwrap();
        assert!(words.iter().all(|word| message.contains(word)), "{words:?} in {message}");
    }
}

#[test]
fn a_yes_that_is_replayed_does_nothing() {
    for (tool, arguments, _) in asking() {
        let server = books();
        let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Modern);
        let asked = question(&mut session, tool, &arguments);
        answered(&mut session, tool, &arguments, &asked, "accept").done();
        let again = answered(&mut session, tool, &arguments, &asked, "accept").refused();
        assert!(again.contains("used before"), "{again}");
        assert_eq!(writes(&server), 1, "{tool}");
    }
}

#[test]
fn a_yes_to_another_call_does_nothing() {
    let server = books();
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Modern);
    let asked = question(&mut session, "delete_invoice", &json!({ "id": id(1) }));
    for (tool, arguments) in [
        ("delete_invoice", json!({ "id": id(2) })),
        ("delete_vendor", json!({ "id": id(1) })),
        ("update_vendor", json!({ "id": id(1), "changes": { "iban": OTHER_IBAN } })),
    ] {
        let refused = answered(&mut session, tool, &arguments, &asked, "accept").refused();
        assert!(refused.contains("another call"), "{tool}: {refused}");
    }
    let mut forged = asked.clone();
    let state = asked["requestState"].as_str().unwrap();
    forged["requestState"] = json!(format!("{state}00"));
    answered(&mut session, "delete_invoice", &json!({ "id": id(1) }), &forged, "accept").refused();
    forged["requestState"] = json!("x");
    answered(&mut session, "delete_invoice", &json!({ "id": id(1) }), &forged, "accept").refused();
    assert_eq!(writes(&server), 0);
}

#[test]
fn a_no_is_final() {
    for era in Era::BOTH {
        for (tool, arguments, label) in asking() {
            let server = books();
            let mut session = McpSession::with_elicitation(&run(&server, &SERVE), era);
            let (_, declined) = session.call_and_answer(tool, arguments.clone(), "decline");
            assert!(declined.refused().text.contains("said no"));
            // Nor does the number open what a person refused: they are asked again.
            let mut numbered = arguments;
            numbered["confirm_number"] = json!(label);
            for _ in 0..2 {
                session.call_and_answer(tool, numbered.clone(), "decline").1.refused();
            }
            assert_eq!(writes(&server), 0, "{era:?} {tool}");
        }
    }
    let server = books();
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Modern);
    let arguments = json!({ "id": id(1) });
    let asked = question(&mut session, "delete_invoice", &arguments);
    answered(&mut session, "delete_invoice", &arguments, &asked, "decline").refused();
    answered(&mut session, "delete_invoice", &arguments, &asked, "accept").refused();
    assert_eq!(writes(&server), 0, "a yes after the no");
}

#[test]
fn a_client_that_dismisses_by_itself_goes_on_by_number() {
    for era in Era::BOTH {
        for (tool, mut arguments, label) in asking() {
            let server = books();
            let mut session = McpSession::with_elicitation(&run(&server, &SERVE), era);
            let (_, dismissed) = session.call_and_answer(tool, arguments.clone(), "cancel");
            let dismissed = dismissed.refused();
            assert_eq!(dismissed.structured["error"]["confirm_number"], label, "{}", dismissed.text);
            assert_eq!(writes(&server), 0);
            arguments["confirm_number"] = json!(label);
            session.call(tool, arguments).done();
            assert_eq!(writes(&server), 1, "{era:?} {tool}");
        }
    }
}

#[test]
fn a_number_without_a_first_call_does_not_act_and_neither_does_a_wrong_one() {
    for era in Era::BOTH {
        for (tool, arguments, label) in asking() {
            let server = books();
            let mut session = McpSession::start(&run(&server, &SERVE), era);
            let with = |number: &str| {
                let mut arguments = arguments.clone();
                arguments["confirm_number"] = json!(number);
                arguments
            };
            let first = session.call(tool, with(&label)).refused();
            assert!(
                first.text.contains("nothing was sent") && first.text.contains("would"),
                "{}",
                first.text
            );
            for wrong in ["R-9", "yes", "true", &label[1..]] {
                let refused = session.call(tool, with(wrong)).refused();
                assert!(refused.text.contains(wrong) && refused.text.contains(&label), "{}", refused.text);
            }
            assert_eq!(writes(&server), 0, "{era:?} {tool}");
            session.call(tool, with(&label)).done();
            // Used up: the third call is a first one again.
            session.call(tool, with(&label)).refused();
            assert_eq!(writes(&server), 1, "{era:?} {tool}");
        }
    }
}

#[test]
fn the_second_call_may_come_from_another_process() {
    for era in Era::BOTH {
        let server = books();
        let home = Arc::new(Home::new());
        let serve = || Lumabill::at(&home, &SERVE).with_api(&server.url(), PLANTED_KEY);
        for (tool, mut arguments, label) in asking() {
            McpSession::start(&serve(), era).call(tool, arguments.clone()).refused();
            arguments["confirm_number"] = json!(label);
            // Not from the state folder of another user.
            McpSession::start(&run(&server, &SERVE), era).call(tool, arguments.clone()).refused();
            let before = writes(&server);
            McpSession::start(&serve(), era).call(tool, arguments).done();
            assert_eq!(writes(&server), before + 1, "{era:?} {tool}");
        }
    }
}

#[test]
fn every_write_is_asked_about_where_a_person_wants_that() {
    let lines = json!([{ "description": "Consulting", "quantity": 3, "price": 180 }]);
    let create = json!({ "client_id": id(7), "currency": "CHF", "tax_rate": 8.1, "lines": lines });
    let update = json!({ "id": id(1), "changes": { "notes": "paid by card" } });
    let strict = [&SERVE[..], &["--confirm", "writes"]].concat();
    for era in Era::BOTH {
        for (tool, arguments, words) in [
            ("create_invoice", &create, ["CHF 583.74", "Consulting", &id(7)]),
            ("update_vendor", &update, ["Papier AG", "notes", "paid by card"]),
        ] {
            let server = books();
            let mut session = McpSession::with_elicitation(&run(&server, &strict), era);
            let (question, declined) = session.call_and_answer(tool, arguments.clone(), "decline");
            let message = question["message"].as_str().unwrap();
            assert!(words.iter().all(|word| message.contains(word)), "{words:?} in {message}");
            declined.refused();
            // Without elicitation, by number; the schema says so.
            let mut session = McpSession::start(&run(&server, &strict), era);
            let listed = session.ask("tools/list", json!({}));
            let row = listed["tools"].as_array().unwrap().iter().find(|row| row["name"] == tool).unwrap();
            assert!(row["inputSchema"]["properties"]["confirm_number"].is_object(), "{row}");
            let first = session.call(tool, arguments.clone()).refused();
            assert_eq!(writes(&server), 0);
            let mut again = arguments.clone();
            again["confirm_number"] = first.structured["error"]["confirm_number"].clone();
            session.call(tool, again).done();
            assert_eq!(writes(&server), 1, "{era:?} {tool}");
        }
    }
}

#[test]
fn a_flag_does_not_loosen_what_the_settings_ask_for() {
    for (level, tool, arguments) in [
        ("destructive", "delete_invoice", json!({ "id": id(1) })),
        ("writes", "create_client", json!({ "name": "Neu AG" })),
    ] {
        let server = books();
        let home = Arc::new(Home::new());
        Lumabill::at(&home, &["config", "confirm", level]).run().exits(0);
        let flags = [&SERVE[..], &["--confirm", "never"]].concat();
        let serve = Lumabill::at(&home, &flags).with_api(&server.url(), PLANTED_KEY);
        let refused = McpSession::start(&serve, Era::Modern).call(tool, arguments).refused();
        assert!(refused.text.contains("yes first"), "{}", refused.text);
        assert_eq!(writes(&server), 0, "{level}");
    }
}

#[test]
fn only_changes_of_where_money_or_mail_goes_are_asked_about() {
    let sandbox = SandboxProcess::start(&[]);
    let mut session = McpSession::start(&sandbox.lumabill(&SERVE), Era::Modern);
    let first = |list: &str| sandbox.all(list)[0]["id"].clone();
    let draft = sandbox.all("/v1/invoices?status=draft")[0]["id"].clone();
    for (tool, id, asks, free) in [
        (
            "update_vendor",
            first("/v1/vendors"),
            json!({ "iban": OTHER_IBAN }),
            json!({ "phone": "+41 44 555 00 00" }),
        ),
        ("update_vendor", first("/v1/vendors"), json!({ "email": "x@y.example" }), json!({ "notes": "n" })),
        ("update_client", first("/v1/clients"), json!({ "email": "x@y.example" }), json!({ "notes": "n" })),
        (
            "update_bank_account",
            first("/v1/bank-accounts"),
            json!({ "iban": IBAN }),
            json!({ "name": "Konto" }),
        ),
        (
            "update_bank_account",
            first("/v1/bank-accounts"),
            json!({ "bic": "POFICHBEXXX" }),
            json!({ "bank_name": "Postfinance" }),
        ),
        (
            "update_bank_account",
            first("/v1/bank-accounts"),
            json!({ "is_qr_iban": true }),
            json!({ "name": "Konto 2" }),
        ),
        ("update_invoice", draft, json!({ "payment_info": "elsewhere" }), json!({ "notes": "n" })),
    ] {
        let refused = session.call(tool, json!({ "id": id, "changes": asks })).refused();
        assert_eq!(refused.structured["error"]["code"], "confirmation_required", "{tool}: {}", refused.text);
        session.call(tool, json!({ "id": id, "changes": free })).done();
    }
}

#[test]
fn a_sent_invoice_is_not_deleted_and_nothing_reaches_the_api() {
    for era in Era::BOTH {
        for elicits in [true, false] {
            let server = books();
            let run = run(&server, &[&SERVE[..], &["--confirm", "never"]].concat());
            let capabilities = if elicits { json!({ "elicitation": { "form": {} } }) } else { json!({}) };
            let mut session = McpSession::with_capabilities(&run, era, capabilities);
            for arguments in [json!({ "id": id(3) }), json!({ "id": id(3), "confirm_number": "R-3" })] {
                let refused = session.call("delete_invoice", arguments).refused();
                assert!(refused.text.contains("credit note"), "{}", refused.text);
                assert!(refused.text.contains("nothing was sent"), "{}", refused.text);
            }
            assert_eq!(writes(&server), 0, "{era:?}");
        }
    }
}

#[test]
fn a_new_record_asks_where_it_decides_who_is_paid() {
    let lines = json!([{ "description": "Consulting", "quantity": 1, "price": 100 }]);
    let document = json!({ "client_id": id(7), "lines": lines });
    for (tool, arguments, field, value) in [
        ("create_invoice", document.clone(), "payment_info", "Pay to DE89 3704 0044 0532 0130 00"),
        ("create_offer", document.clone(), "payment_info", "Pay to DE89 3704 0044 0532 0130 00"),
        ("create_bank_account", json!({ "name": "Neu" }), "iban", OTHER_IBAN),
    ] {
        let mut redirecting = arguments.clone();
        redirecting[field] = json!(value);
        for era in Era::BOTH {
            let server = books();
            let mut session = McpSession::with_elicitation(&run(&server, &SERVE), era);
            let (question, declined) = session.call_and_answer(tool, redirecting.clone(), "decline");
            let message = question["message"].as_str().unwrap();
            assert!(message.contains(&format!("{field}: \"{value}\"")), "{message}");
            assert!(message.contains("This decides where money or mail goes"), "{message}");
            declined.refused();
            McpSession::start(&run(&server, &SERVE), era).call(tool, redirecting.clone()).refused();
            assert_eq!(writes(&server), 0, "{era:?} {tool}");
        }
        if tool != "create_bank_account" {
            let server = books();
            McpSession::start(&run(&server, &SERVE), Era::Modern).call(tool, arguments).done();
            assert_eq!(writes(&server), 1, "{tool} without `{field}` asks nobody");
        }
    }
}

#[test]
fn what_a_person_is_shown_is_whole_and_stands_in_order() {
    let server = books();
    let mut session = McpSession::with_elicitation(&run(&server, &SERVE), Era::Modern);
    let (question, _) = session.call_and_answer("delete_invoice", json!({ "id": id(1) }), "decline");
    assert_eq!(
        question["message"],
        "Delete invoice \"R-1\"?\nThis cannot be undone.\nAmount: CHF 583.75\nProfile: \"Muster GmbH\"\n\
         Status in the record: \"draft\""
    );
    let change = json!({ "id": id(1), "changes": { "iban": OTHER_IBAN, "notes": "n" } });
    let (question, _) = session.call_and_answer("update_vendor", change, "decline");
    assert_eq!(
        question["message"],
        format!(
            "Change vendor \"Papier AG\"?\nThis decides where money or mail goes: please compare every character.\n\
             Profile: \"Muster GmbH\"\niban: \"{IBAN}\" becomes \"{OTHER_IBAN}\"\n\
             notes: \"\" becomes \"n\""
        )
    );
    // What comes after many harmless words is not cut off.
    let text = format!("{} {OTHER_IBAN}", "thank you ".repeat(100));
    let change = json!({ "id": id(1), "changes": { "payment_info": text } });
    let (question, _) = session.call_and_answer("update_invoice", change, "decline");
    assert!(question["message"].as_str().unwrap().contains(OTHER_IBAN), "{question}");
}

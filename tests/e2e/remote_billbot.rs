//! Billbot: its page's walk-through through the built program, and what the stand-in itself does.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::remote::billbot::{self, Billbot, KEY, PATH};
use crate::remote::breaks::{Break, On};
use crate::remote::plain::Plain;
use crate::remote::{Remote, Speaks};
use crate::support::{Era, Gate, Home, Lumabill, McpSession, PATIENCE};

/// The page's arguments, numbers as it writes them.
const GREENLEAF: &str = r#"{
    "client_id": "cl_abc123",
    "line_items": [
        { "description": "Website redesign — design work", "quantity": 60, "unit_price": 125.00 },
        { "description": "Stock photography", "quantity": 1, "unit_price": 500.00 }
    ],
    "due_days": 30
}"#;

fn greenleaf() -> Value {
    serde_json::from_str(GREENLEAF).unwrap()
}

/// What the server may speak, for walk-throughs that should not care.
fn ways() -> Vec<Speaks> {
    vec![
        Speaks::sessions(PATH),
        Speaks::sessions(PATH).resumable(),
        Speaks::stateless(PATH, "2025-06-18"),
        Speaks::modern(PATH),
        Speaks::sessions(PATH).and_modern(),
    ]
}

/// Logged in at the stand-in; the key lies in a file.
fn logged_in(server: &Remote) -> Arc<Home> {
    let home = Arc::new(Home::new());
    let url = server.url();
    let login =
        ["login", "--service", "billbot", "--api-url", url.as_str(), "--with-token", "--insecure-storage"];
    Lumabill::at(&home, &login).input(format!("{KEY}\n")).run().exits(0);
    home
}

fn serve(home: &Arc<Home>) -> Lumabill {
    Lumabill::at(home, &["serve", "--account", "billbot"])
}

fn mails(billbot: &Billbot) -> Vec<(String, String)> {
    billbot.books.lock().unwrap().mails.clone()
}

fn drafted(billbot: &Billbot) -> usize {
    billbot.books.lock().unwrap().invoices.len()
}

#[test]
fn the_stand_in_has_the_tools_of_its_page_and_wants_its_key() {
    for speaks in ways() {
        let (server, billbot) = billbot::start(speaks.clone());
        let refused = Plain::new(&server, &[]).modern().post("tools/list", json!({}));
        assert_eq!(refused.status, 401, "{speaks:?}");
        let bearer = format!("Bearer {KEY}");
        let plain = Plain::new(&server, &[("authorization", &bearer)]);
        let mut plain = if speaks.modern { plain.modern() } else { plain.initialize("2025-11-25").0 };
        assert_eq!(plain.tools().len(), 10, "{speaks:?}");
        let invoice = plain.done("create_invoice", greenleaf());
        assert_eq!(invoice["number"], "INV-2026-0015");
        assert_eq!(invoice["total"].to_string(), "8000.00");
        assert_eq!(invoice["due_date"], "2026-04-08");
        let id = &invoice["id"];
        assert!(mails(&billbot).is_empty());
        plain.done("send_invoice", json!({ "invoice_id": id }));
        assert_eq!(
            mails(&billbot),
            [("billing@greenleaforganic.com".to_owned(), "INV-2026-0015".to_owned())]
        );
        let (failed, why) = plain.call("update_invoice", json!({ "invoice_id": id, "due_days": 10 }));
        assert!(failed && why.contains("immutable"), "{why}");
    }
}

#[test]
fn words_of_the_terminal_have_the_types_of_the_server_s_schema() {
    let (server, _billbot) = billbot::start(Speaks::sessions(PATH));
    let home = logged_in(&server);
    let lines = greenleaf()["line_items"].to_string();
    let words = ["client_id=cl_abc123", "due_days=30", &format!("line_items={lines}")];
    let call = [&["call", "--account", "billbot", "create_invoice"][..], &words].concat();
    Lumabill::at(&home, &call).run().exits(0);
    assert_eq!(*server.calls("create_invoice")[0].arguments(), greenleaf());
}

#[test]
fn the_page_s_conversation_sends_only_after_a_yes() {
    for (speaks, era) in
        ways().into_iter().zip([Era::Legacy, Era::Modern, Era::Legacy, Era::Modern, Era::Legacy])
    {
        let (server, billbot) = billbot::start(speaks.clone());
        let home = logged_in(&server);
        let mut session = McpSession::with_elicitation(&serve(&home), era);
        let clients = session.call("list_clients", json!({})).done();
        assert!(
            clients.text.contains("cl_abc123") && clients.text.contains("GreenLeaf Organic"),
            "{}",
            clients.text
        );

        let created = session.call("create_invoice", greenleaf()).done();
        assert!(created.text.contains("INV-2026-0015"), "{speaks:?}: {}", created.text);
        assert!(created.text.contains("8000.00"), "{}", created.text);
        assert!(mails(&billbot).is_empty(), "creating sent something");
        let sent = server.calls("create_invoice");
        assert_eq!(sent.len(), 1);
        // Exactly the arguments of the page, to the digit, and nothing of ours.
        assert_eq!(*sent[0].arguments(), greenleaf());
        assert!(String::from_utf8_lossy(&sent[0].body).contains("125.00"));

        let invoice = json!({ "invoice_id": "inv_15" });
        let (question, declined) = session.call_and_answer("send_invoice", invoice.clone(), "decline");
        let words = question["message"].as_str().unwrap();
        assert!(words.contains("e-mail") || words.contains("email"), "{words}");
        assert!(declined.failed, "{}", declined.text);
        assert!(mails(&billbot).is_empty(), "a no sent something");
        assert!(server.calls("send_invoice").is_empty(), "a no reached the server");

        let (_, yes) = session.call_and_answer("send_invoice", invoice, "accept");
        let yes = yes.done();
        assert!(yes.text.contains("billing@greenleaforganic.com"), "{}", yes.text);
        assert_eq!(mails(&billbot).len(), 1);
        assert_eq!(*server.calls("send_invoice")[0].arguments(), json!({ "invoice_id": "inv_15" }));
    }
}

#[test]
fn the_same_invoice_again_is_not_created_again() {
    let (server, billbot) = billbot::start(Speaks::sessions(PATH));
    let home = logged_in(&server);
    let mut session = McpSession::start(&serve(&home), Era::Modern);
    session.call("create_invoice", greenleaf()).done();
    let again = session.call("create_invoice", greenleaf());
    assert!(again.text.contains("NOT CREATED AGAIN"), "{}", again.text);
    assert_eq!(drafted(&billbot), 1);
    // The same in another process, in the other era, with its numbers written otherwise.
    drop(session);
    let mut session = McpSession::start(&serve(&home), Era::Legacy);
    let mut otherwise = greenleaf();
    otherwise["line_items"][0]["unit_price"] = json!(125);
    let again = session.call("create_invoice", otherwise);
    assert!(again.text.contains("NOT CREATED AGAIN"), "{}", again.text);
    assert_eq!(drafted(&billbot), 1);
    // Another one is another one, and the same one on purpose is created.
    let mut other = greenleaf();
    other["line_items"][1]["quantity"] = json!(2);
    session.call("create_invoice", other).done();
    let mut on_purpose = greenleaf();
    on_purpose["allow_duplicate"] = json!(true);
    session.call("create_invoice", on_purpose).done();
    assert_eq!(drafted(&billbot), 3);
    for sent in server.calls("create_invoice") {
        assert!(sent.arguments().get("allow_duplicate").is_none(), "{:?}", sent.json);
    }
}

#[test]
fn a_lost_answer_is_not_sent_again() {
    for lost in [Break::ResetAfter, Break::CutAnswer] {
        let (server, billbot) = billbot::start(Speaks::sessions(PATH));
        let home = logged_in(&server);
        let mut session = McpSession::start(&serve(&home), Era::Legacy);
        server.break_once(On::Tool("create_invoice"), lost);
        let unknown = session.call("create_invoice", greenleaf()).refused();
        assert!(unknown.text.contains("history settle"), "{}", unknown.text);
        let again = session.call("create_invoice", greenleaf()).refused();
        assert_eq!(drafted(&billbot), 1, "{}", again.text);
        assert_eq!(server.calls("create_invoice").len(), 1);
    }
}

#[test]
fn a_client_that_asks_nobody_repeats_what_it_sends() {
    let (server, billbot) = billbot::start(Speaks::sessions(PATH));
    let home = logged_in(&server);
    let mut session = McpSession::start(&serve(&home), Era::Legacy);
    session.call("create_invoice", greenleaf()).done();
    let first = session.call("send_invoice", json!({ "invoice_id": "inv_15" }));
    assert!(first.text.contains("confirm_number"), "{}", first.text);
    assert!(mails(&billbot).is_empty());
    let wrong = session.call("send_invoice", json!({ "invoice_id": "inv_15", "confirm_number": "inv_16" }));
    assert!(mails(&billbot).is_empty(), "{}", wrong.text);
    let number = session.call("send_invoice", json!({ "invoice_id": "inv_15", "confirm_number": "inv_15" }));
    number.done();
    assert_eq!(mails(&billbot).len(), 1);
    assert_eq!(*server.calls("send_invoice")[0].arguments(), json!({ "invoice_id": "inv_15" }));
}

#[test]
fn a_dry_run_shows_the_request_and_sends_nothing() {
    let (server, billbot) = billbot::start(Speaks::sessions(PATH));
    let home = logged_in(&server);
    let mut session = McpSession::start(&serve(&home), Era::Modern);
    let mut dry = greenleaf();
    dry["dry_run"] = json!(true);
    let shown = session.call("create_invoice", dry).done();
    assert!(shown.text.contains("cl_abc123") && shown.text.contains("125.00"), "{}", shown.text);
    assert!(!shown.text.contains(KEY));
    assert_eq!(drafted(&billbot), 0);
    assert!(server.calls("create_invoice").is_empty());
}

#[test]
fn a_sent_invoice_s_refusal_is_passed_on() {
    let (server, _) = billbot::start(Speaks::sessions(PATH));
    let home = logged_in(&server);
    let mut session = McpSession::with_elicitation(&serve(&home), Era::Legacy);
    session.call("create_invoice", greenleaf()).done();
    session.call_and_answer("send_invoice", json!({ "invoice_id": "inv_15" }), "accept").1.done();
    let change = json!({ "invoice_id": "inv_15", "due_days": 10 });
    let refused = session.call("update_invoice", change).refused();
    assert!(refused.text.contains("immutable"), "{}", refused.text);
}

#[test]
fn a_key_that_the_server_refuses_is_not_stored_and_one_of_another_service_is_not_sent() {
    let (server, _) = billbot::start(Speaks::sessions(PATH));
    let home = Arc::new(Home::new());
    let url = server.url();
    let login =
        ["login", "--service", "billbot", "--api-url", url.as_str(), "--with-token", "--insecure-storage"];
    let refused = Lumabill::at(&home, &login).input("bb_sk_not_this_one\n").run();
    assert_ne!(refused.code, Some(0), "{}", refused.stdout);
    assert!(!format!("{}{}", refused.stdout, refused.stderr).contains("bb_sk_not_this_one"));
    let seen = server.requests().len();
    for foreign in ["lmb_live_0123456789", "ghp_0123456789"] {
        let refused = Lumabill::at(&home, &login).input(format!("{foreign}\n")).run();
        assert_ne!(refused.code, Some(0), "{}", refused.stdout);
    }
    assert_eq!(server.requests().len(), seen, "a key of another service was sent");
    for (path, bytes) in home.files() {
        assert!(!String::from_utf8_lossy(&bytes).contains("bb_sk_not_this_one"), "{}", path.display());
    }
}

#[test]
fn a_key_that_dies_while_serving_is_said_so_and_the_new_one_is_taken_without_a_restart() {
    let (server, billbot) = billbot::start(Speaks::sessions(PATH));
    let home = logged_in(&server);
    let mut session = McpSession::start(&serve(&home), Era::Legacy);
    session.call("list_clients", json!({})).done();
    *billbot.key.lock().unwrap() = "bb_sk_rotated_0123456789".to_owned();
    let refused = session.call("list_clients", json!({})).refused();
    assert!(refused.text.contains("login"), "{}", refused.text);
    let url = server.url();
    let login =
        ["login", "--service", "billbot", "--api-url", url.as_str(), "--with-token", "--insecure-storage"];
    Lumabill::at(&home, &login).input("bb_sk_rotated_0123456789\n").run().exits(0);
    session.call("list_clients", json!({})).done();
}

#[test]
fn two_processes_that_create_the_same_invoice_at_once_create_it_once() {
    let (server, billbot) = billbot::start(Speaks::sessions(PATH));
    let home = logged_in(&server);
    let (mut one, mut two) =
        (McpSession::start(&serve(&home), Era::Legacy), McpSession::start(&serve(&home), Era::Modern));
    let gate = Gate::default();
    server.break_once(On::Tool("create_invoice"), Break::HoldAnswer(gate.clone()));
    let first = one.send_call("create_invoice", greenleaf());
    server.wait_for(1, |request| request.tool() == "create_invoice");
    let second = two.send_call("create_invoice", greenleaf());
    two.call("list_clients", json!({})).done();
    gate.open();
    let (first, second) = (one.answer(&first).to_string(), two.answer(&second).to_string());
    assert!(first.contains("INV-2026-0015"), "{first}");
    assert!(second.contains("NOT CREATED AGAIN") || second.contains("under way"), "{second}");
    assert_eq!(drafted(&billbot), 1);
}

#[test]
fn history_shows_what_was_done_and_none_of_its_text() {
    let (server, _) = billbot::start(Speaks::sessions(PATH));
    let home = logged_in(&server);
    let mut session = McpSession::with_elicitation(&serve(&home), Era::Legacy);
    session.call("list_clients", json!({})).done();
    session.call("create_invoice", greenleaf()).done();
    session.call_and_answer("send_invoice", json!({ "invoice_id": "inv_15" }), "accept").1.done();
    session.close_input();
    session.gone_within(PATIENCE);
    for (form, created, sent) in [
        (&["history"][..], "created invoice INV-2026-0015", "sent invoice INV-2026-0015"),
        (&["history", "--json"], "create_invoice", "send_invoice"),
    ] {
        let shown = Lumabill::at(&home, form).run().exits(0).stdout;
        assert!(shown.contains(created) && shown.contains(sent), "{shown}");
        assert!(!shown.contains("list_clients"), "{shown}");
        assert!(!shown.contains(KEY) && !shown.contains("Website redesign"), "{shown}");
    }
    let shown = Lumabill::at(&home, &["history", "--json"]).run().exits(0).json();
    assert!(shown.to_string().contains("INV-2026-0015"), "{shown}");
    for (path, bytes) in home.files() {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(!text.contains("Website redesign"), "{}", path.display());
    }
}

#[test]
fn a_create_that_is_turned_away_is_sent_when_the_server_takes_it_again() {
    let (server, billbot) = billbot::start(Speaks::sessions(PATH));
    let home = logged_in(&server);
    let mut session = McpSession::start(&serve(&home), Era::Modern);
    server.break_once(On::Tool("create_invoice"), Break::too_many("1"));
    session.call("create_invoice", greenleaf()).done();
    assert_eq!((drafted(&billbot), server.calls("create_invoice").len()), (1, 2));
    // Too long to wait for: told as the server's own refusal, and nothing stays open.
    let mut other = greenleaf();
    other["line_items"][0]["quantity"] = json!(61);
    server.break_once(On::Tool("create_invoice"), Break::too_many("50"));
    let told = session.call("create_invoice", other.clone()).refused();
    assert!(told.text.contains("refused_by_api"), "{}", told.text);
    assert_eq!(drafted(&billbot), 1);
    session.call("create_invoice", other).done();
    assert_eq!(drafted(&billbot), 2);
}

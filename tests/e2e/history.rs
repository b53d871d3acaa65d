//! `lumabill history`: what a person finds on Friday of what was written on Monday.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::ledger::{Fate, Ledger};
use crate::scripted_books::id;
use crate::support::{Era, Gate, Home, Lumabill, McpSession, PLANTED_KEY};

#[test]
fn nothing_written_is_a_sentence_and_leaves_nothing_behind() {
    let home = Arc::new(Home::new());
    let ended = Lumabill::at(&home, &["history"]).run().exits(0);
    assert_eq!((ended.stdout.lines().count(), ended.stderr.as_str()), (1, ""), "{}", ended.stdout);
    assert!(ended.stdout.contains("nothing was written"), "{}", ended.stdout);
    let json = Lumabill::at(&home, &["history", "--since", "7d", "--json"]).run().exits(0).json();
    assert_eq!(
        (&json["n"], &json["open"], &json["complete"]),
        (&0.into(), &0.into(), &true.into()),
        "{json}"
    );
    assert_eq!(json["changes"], json!([]));
    let forgot = Lumabill::at(&home, &["history", "--forget", "now"]).run().exits(0);
    assert_eq!(forgot.stdout, "forgot 0 settled writes\n");
    let none = Lumabill::at(&home, &["history", "settle", "1", "--not-created"]).run().exits(1);
    assert!(none.stderr.contains("there is no write 1;"), "{}", none.stderr);
    assert!(home.files().is_empty(), "{:?}", home.files());
}

#[test]
fn a_wrong_command_line_is_said_and_changes_nothing() {
    let home = Arc::new(Home::new());
    for wrong in [
        &["history", "--since", "soon"][..],
        &["history", "--since", "2099-01-01"],
        &["history", "--forget", "2099-01-01"],
        &["history", "--forget", "tomorrow"],
        &["history", "--forget", "7d", "--since", "7d"],
        &["history", "--since", "7d", "settle", "1", "--not-created"],
        &["history", "settle", "1"],
        &["history", "settle", "one", "--not-created"],
        &["history", "settle", "1", "--not-created", "--created", "x"],
        &["history", "all"],
    ] {
        let ended = Lumabill::at(&home, wrong).run().exits(2);
        assert!(
            ended.stdout.is_empty() && ended.stderr.starts_with("error: "),
            "{wrong:?}: {}",
            ended.stderr
        );
    }
    let forms = Lumabill::at(&home, &["history", "--since", "soon"]).run().exits(2).stderr;
    for form in ["`soon`", "`today`", "`yesterday`", "`12h`", "`7d`", "`2026-11-01`"] {
        assert!(forms.contains(form), "{form}: {forms}");
    }
}

fn history(home: &Arc<Home>, arguments: &[&str]) -> Lumabill {
    Lumabill::at(home, &[&["history"], arguments].concat()).env("TZ", "UTC")
}

fn listed(home: &Arc<Home>) -> Value {
    history(home, &["--json"]).run().exits(0).json()
}

#[test]
fn on_friday_it_shows_what_was_done_by_whom_and_how_it_was_confirmed() {
    let home = Arc::new(Home::new());
    let practice = Lumabill::at(&home, &["serve", "--sandbox"]);
    let mut session = McpSession::start(&practice, Era::Modern);
    let lines = json!([{ "description": "Consulting SECRET-TEXT", "quantity": 3, "price": 180 }]);
    let invoice = json!({ "client_name": "Muster AG", "lines": lines });
    let created = session.call("create_invoice", invoice.clone()).done().structured["record"].clone();
    let number = created["number"].as_str().unwrap();
    // It works while servers run, and shows a write once.
    session.call("create_invoice", invoice).done();
    let (named, confirm) = (format!("number={number}"), format!("confirm_number={number}"));
    let delete = ["call", "--sandbox", "delete_invoice", &named];
    Lumabill::at(&home, &delete).run().exits(1);
    Lumabill::at(&home, &[&delete[..], &[&confirm]].concat()).run().exits(0);

    let json = listed(&home);
    assert_eq!(
        (&json["n"], &json["open"], &json["complete"]),
        (&json!(2), &json!(0), &json!(true)),
        "{json}"
    );
    let (deleted, made) = (&json["changes"][0], &json["changes"][1]);
    let common = json!({ "environment": "SANDBOX", "account": "sandbox", "profile_name": "Muster Consulting GmbH", "answered": true });
    for (entry, expected) in [
        (
            made,
            json!({ "number": 1, "tool": "create_invoice", "outcome": "created", "client": "e2e", "confirmed": "not_needed" }),
        ),
        (
            deleted,
            json!({ "tool": "delete_invoice", "outcome": "deleted", "client": "terminal", "confirmed": "repeated_by_client" }),
        ),
    ] {
        for (name, value) in expected.as_object().unwrap().iter().chain(common.as_object().unwrap()) {
            assert_eq!(entry[name], *value, "{name}: {entry}");
        }
        assert_eq!(entry["record"], json!({ "id": created["id"], "number": number }));
    }
    let text = history(&home, &["--since", "today"]).run().exits(0);
    assert!(text.stderr.is_empty(), "{}", text.stderr);
    for part in [
        &format!("created invoice {number}  done    -          e2e"),
        &format!("deleted invoice {number}  done    client     terminal"),
        "SANDBOX, Muster Consulting GmbH",
        "2 writes (times in UTC)",
    ] {
        assert!(text.stdout.contains(part), "`{part}` is not in {}", text.stdout);
    }
    // Ids, times and hashes, and nothing of what was written.
    for (file, bytes) in home.files().iter().filter(|(file, _)| file.to_string_lossy().contains("journal.")) {
        for word in ["SECRET-TEXT", "Muster AG"] {
            assert!(
                !bytes.windows(word.len()).any(|part| part == word.as_bytes()),
                "{word} in {}",
                file.display()
            );
        }
    }
    let forgot = history(&home, &["--forget", "now"]).run().exits(0);
    assert!(forgot.stdout.starts_with("forgot 2 settled writes\n"), "{}", forgot.stdout);
    assert!(history(&home, &[]).run().exits(0).stdout.contains("nothing was written"));
    session.lives();
}

/// A server whose create has left and is not answered.
fn sending(home: &Arc<Home>, ledger: &Ledger) -> McpSession {
    let serve = Lumabill::at(home, &["serve"]).with_api(&ledger.server.url(), PLANTED_KEY);
    let mut session = McpSession::start(&serve, Era::Modern);
    session.send_call("create_invoice", bill());
    ledger.wait_for_posts(1);
    session
}

fn bill() -> Value {
    json!({ "client_id": id(7), "lines": [{ "description": "Consulting", "quantity": 3, "price": 180 }] })
}

fn create_again(home: &Arc<Home>, ledger: &Ledger) -> Value {
    let call = ["call", "create_invoice", "--args", &bill().to_string(), "--json"];
    Lumabill::at(home, &call).with_api(&ledger.server.url(), PLANTED_KEY).run().exits(0).json()
}

#[test]
fn an_open_write_is_shown_first_and_a_person_says_what_became_of_it() {
    for created in [true, false] {
        let gate = Gate::default();
        let held = gate.clone();
        let ledger =
            Ledger::start(move |n| if n == 0 { Fate::CommitAndHold(held.clone()) } else { Fate::Commit });
        let home = Arc::new(Home::new());
        let mut session = sending(&home, &ledger);
        let made = ledger.records()[0]["id"].as_str().unwrap().to_owned();
        let fate = if created { vec!["--created", &made] } else { vec!["--not-created"] };
        let settle = [vec!["settle", "1"], fate].concat();

        let busy = history(&home, &settle).run().exits(1);
        assert!(busy.stderr.contains("works on write 1"), "{}", busy.stderr);
        session.signal("KILL");
        session.gone_within(Duration::from_secs(5));
        gate.open();

        assert_eq!((&listed(&home)["open"], &listed(&home)["changes"][0]["open"]), (&json!(1), &json!(true)));
        let shown = history(&home, &["--since", "today"]).run().exits(0).stdout;
        assert!(shown.starts_with("OPEN: of 1 write"), "{shown}");
        assert!(shown.contains("history settle 1 --not-created\n"), "{shown}");
        let kept = history(&home, &["--forget", "now"]).run().exits(0).stdout;
        assert_eq!(kept, "forgot 0 settled writes; 1 open write stays until it is settled\n");

        if created {
            let wrong = history(&home, &["settle", "1", "--created", "L-100"]).run().exits(1);
            assert!(wrong.stderr.contains("UUID"), "{}", wrong.stderr);
        } else {
            ledger.edit(Vec::clear);
        }
        let said = history(&home, &settle).run().exits(0).stdout;
        assert!(said.contains("write 1 is settled: "), "{said}");
        let again = history(&home, &settle).run().exits(1);
        assert!(again.stderr.contains("write 1 is not open"), "{}", again.stderr);
        assert_eq!(listed(&home)["open"], 0);

        assert_eq!(create_again(&home, &ledger)["created"], !created);
        assert_eq!(ledger.posts().len(), if created { 1 } else { 2 });
        assert_eq!(ledger.records().len(), 1);
    }
}
